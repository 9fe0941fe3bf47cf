//! The demonstration's customers: they order, change their minds, and send things back.

use onhand_core::{
    CancelOrder, ClaimLine, Command, CommitOrder, Condition, HoldId, HoldStock, IfShort,
    InvalidName, Label, LineRef, OrderId, Partial, Quantity, Reason, ReasonCode, ReturnLine,
    ReturnStock, ShipOrder,
};

use super::shop::{FIRST_SUPPLIER, LEEDS, ROTTERDAM};
use super::weeks::{Due, Weeks};

/// An order that was placed: its number and what it takes from where.
#[derive(Clone)]
pub(super) struct Sold {
    order: OrderId,
    lines: Vec<Take>,
}

#[derive(Clone)]
struct Take {
    good: usize,
    place: usize,
    units: u64,
}

impl Weeks<'_> {
    pub(super) fn order(&mut self) -> Result<(), InvalidName> {
        let outlet = self.pick_outlet();
        let (lines, short) = self.pick_lines(outlet);
        if lines.is_empty() {
            return Ok(());
        }
        let order = OrderId::new(&format!("SO-{}", self.number()))?;
        let sold = Sold { order: order.clone(), lines };
        // Some carts are held before they are paid; the hold becomes the order a little later.
        let held = !short && self.dice.chance(8);
        let hold = if held { Some(self.hold(outlet, &sold)?) } else { None };
        let command = CommitOrder {
            order,
            channel: Some(self.shop.outlets[outlet].id.clone()),
            lines: if held { Vec::new() } else { self.claims(&sold) },
            hold,
            partial: Partial::None,
            if_short: IfShort::Refuse,
            campaign: None,
            customer: None,
            ship_to: None,
        };
        let cause = format!("order:{}", sold.order);
        self.say(Command::CommitOrder(command), self.shop.outlets[outlet].id.as_str(), &cause)?;
        if !short {
            self.promise(sold);
        }
        Ok(())
    }

    fn pick_outlet(&mut self) -> usize {
        let mut roll = self.dice.between(1, 100);
        for (index, outlet) in self.shop.outlets.iter().enumerate() {
            if roll <= outlet.percent {
                return index;
            }
            roll -= outlet.percent;
        }
        0
    }

    /// One to four different items, each from the first place that has enough. True if one is short
    /// everywhere and the customer insists: the book will refuse it.
    fn pick_lines(&mut self, outlet: usize) -> (Vec<Take>, bool) {
        let outlet = &self.shop.outlets[outlet];
        let mut lines: Vec<Take> = Vec::new();
        let mut short = false;
        for _ in 0..self.dice.between(1, 4) {
            let good = self.dice.popular(self.shop.goods.len());
            let units = self.dice.between(1, outlet.units_max);
            if lines.iter().any(|it| it.good == good) {
                continue;
            }
            let serves =
                |it: &&usize| **it < FIRST_SUPPLIER || self.shop.supplier_place(good) == **it;
            let mut places = outlet.places.iter().filter(serves);
            let found = places.clone().find(|it| self.shelves.at(good, **it).free() >= units);
            match (found.copied(), places.next()) {
                (Some(place), _) => lines.push(Take { good, place, units }),
                (None, Some(place)) if self.dice.chance(25) => {
                    short = true;
                    lines.push(Take { good, place: *place, units });
                }
                (None, _) => {}
            }
        }
        (lines, short)
    }

    fn claims(&self, sold: &Sold) -> Vec<ClaimLine> {
        let claim = |take: &Take| {
            Some(ClaimLine {
                r#ref: None,
                sku: self.shop.goods[take.good].sku.clone(),
                quantity: Quantity::new(take.units)?,
                location: Some(self.shop.places[take.place].id.clone()),
                slot: None,
            })
        };
        sold.lines.iter().filter_map(claim).collect()
    }

    fn hold(&mut self, outlet: usize, sold: &Sold) -> Result<HoldId, InvalidName> {
        let hold = HoldId::new(&format!("cart-{}", sold.order))?;
        let command = HoldStock {
            hold: hold.clone(),
            owner: Label::new("checkout")?,
            channel: Some(self.shop.outlets[outlet].id.clone()),
            campaign: None,
            customer: None,
            ship_to: None,
            expires_in: Some(3_600),
            lines: self.claims(sold),
            partial: Partial::None,
        };
        self.say(Command::HoldStock(command), "checkout", &format!("cart:{}", sold.order))?;
        self.now = self.now.plus_seconds(self.dice.between(20, 50));
        Ok(hold)
    }

    /// The units are spoken for; what becomes of the order is decided now and happens later.
    fn promise(&mut self, sold: Sold) {
        for take in &sold.lines {
            self.shelves.at_mut(take.good, take.place).claimed += take.units;
        }
        if self.dice.chance(5) {
            let seconds = self.dice.between(600, 8 * 3_600);
            return self.later(seconds, Due::Cancel(sold));
        }
        let seconds = self.dice.between(9 * 3_600, 30 * 3_600);
        self.later(seconds, Due::Ship(sold));
    }

    pub(super) fn cancel(&mut self, sold: Sold) -> Result<(), InvalidName> {
        for take in &sold.lines {
            self.shelves.at_mut(take.good, take.place).claimed -= take.units;
        }
        let cause = format!("order:{}", sold.order);
        let command = CancelOrder { order: sold.order, lines: Vec::new(), reason: None };
        self.say(Command::CancelOrder(command), "customer-service", &cause)
    }

    pub(super) fn ship(&mut self, sold: Sold) -> Result<(), InvalidName> {
        for take in &sold.lines {
            let shelf = self.shelves.at_mut(take.good, take.place);
            shelf.claimed -= take.units;
            // A count may have found less than is on its way out: the book goes below zero then.
            shelf.sellable = shelf.sellable.saturating_sub(take.units);
        }
        let command = ShipOrder {
            order: sold.order.clone(),
            location: None,
            lines: Vec::new(),
            refuse_if_short: false,
        };
        self.say(Command::ShipOrder(command), "warehouse", &format!("order:{}", sold.order))?;
        if self.dice.chance(7) {
            let seconds = self.dice.between(4, 12) * 86_400;
            self.later(seconds, Due::Return(sold));
        }
        Ok(())
    }

    /// One line of the order comes back, to the warehouse it left or to Leeds.
    pub(super) fn come_back(&mut self, sold: Sold) -> Result<(), InvalidName> {
        let index = self.dice.index(sold.lines.len());
        let take = sold.lines[index].clone();
        let place = if take.place == ROTTERDAM { ROTTERDAM } else { LEEDS };
        let units = self.dice.between(1, take.units);
        let broken = self.dice.chance(15);
        let condition = if broken { Condition::Damaged } else { Condition::QualityControl };
        let Some(quantity) = Quantity::new(units) else { return Ok(()) };
        let shelf = self.shelves.at_mut(take.good, place);
        if broken {
            shelf.damaged += units;
        } else {
            shelf.quality_control += units;
        }
        let r#ref = Some(LineRef::numbered(index + 1));
        let line = ReturnLine { r#ref, sku: None, quantity, condition: Some(condition) };
        let code = if broken { ReasonCode::DamagedCustomer } else { ReasonCode::Restock };
        let command = ReturnStock {
            order: Some(sold.order.clone()),
            location: self.shop.places[place].id.clone(),
            lines: vec![line],
            reason: Some(Reason { code, note: None }),
        };
        self.say(Command::ReturnStock(command), "returns", &format!("return:RMA-{}", sold.order))
    }
}
