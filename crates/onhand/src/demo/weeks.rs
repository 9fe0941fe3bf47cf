//! Weeks of a shop's life as commands, in the order in which they happened: the same for the same seed.

use std::collections::BTreeMap;

use onhand_core::{
    Command, CommandId, InvalidName, Label, Quantity, ReceiveFrom, ReceiveLine, ReceiveStock,
    ReceiveTo, RegisterChannel, RegisterItem, RegisterLocation, Time,
};

use super::dice::Dice;
use super::shelf::Shelves;
use super::shop::{FIRST_SUPPLIER, LEEDS, PLATFORM, ROTTERDAM, Shop};
use super::trade::Sold;

/// One thing that happened: a command as its source would send it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    pub id: CommandId,
    pub command: Command,
    pub occurred_at: Time,
    pub actor: Label,
    pub cause: Option<Label>,
}

/// Something that will happen at its time.
pub(super) enum Due {
    Order,
    Cancel(Sold),
    Ship(Sold),
    Return(Sold),
    Restock(usize),
    Inspect(usize),
    Damage(usize),
    WriteOff(usize),
    SendTransfer,
    ArriveTransfer { number: u64, lines: Vec<(usize, u64)> },
    Count(usize),
    Correct(usize),
}

/// The shop, its shelves and what is still to come.
pub(super) struct Weeks<'a> {
    pub shop: &'a Shop,
    pub shelves: Shelves,
    pub dice: Dice,
    pub now: Time,
    /// Numbers of orders, transfers, purchase orders.
    pub number: u64,
    end: Time,
    seed: u64,
    agenda: BTreeMap<(Time, usize), Due>,
    planned: usize,
    steps: Vec<Step>,
}

const HOUR: u64 = 3_600;
const DAY: u64 = 24 * HOUR;

/// Everything that happened in the `days` before `end`. The same arguments give the same steps.
///
/// # Errors
/// A made-up name is not allowed: a mistake in the shop's tables.
pub fn weeks(shop: &Shop, seed: u64, days: u64, end: Time) -> Result<Vec<Step>, InvalidName> {
    let start = Time(end.0.saturating_sub(days * DAY * 1_000_000));
    let mut weeks = Weeks {
        shop,
        shelves: Shelves::default(),
        dice: Dice::new(seed),
        now: start,
        number: 10_000,
        end,
        seed,
        agenda: BTreeMap::new(),
        planned: 0,
        steps: Vec::new(),
    };
    weeks.register()?;
    weeks.open_the_book()?;
    for day in 0..days {
        weeks.plan_day(start.plus_seconds(day * DAY), day);
    }
    while let Some(((time, _), due)) = weeks.agenda.pop_first() {
        weeks.now = time;
        weeks.happen(due)?;
    }
    weeks.now = end;
    weeks.agree()?;
    Ok(weeks.steps)
}

impl Weeks<'_> {
    pub fn happen(&mut self, due: Due) -> Result<(), InvalidName> {
        match due {
            Due::Order => self.order(),
            Due::Cancel(sold) => self.cancel(sold),
            Due::Ship(sold) => self.ship(sold),
            Due::Return(sold) => self.come_back(sold),
            Due::Restock(place) => self.restock(place),
            Due::Inspect(place) => self.inspect(place),
            Due::Damage(place) => self.damage(place),
            Due::WriteOff(place) => self.write_off(place),
            Due::SendTransfer => self.send_transfer(),
            Due::ArriveTransfer { number, lines } => self.arrive_transfer(number, &lines),
            Due::Count(place) => self.count(place),
            Due::Correct(place) => self.correct(place),
        }
    }

    /// Something `seconds` from now, unless the story ends before.
    pub fn later(&mut self, seconds: u64, due: Due) {
        self.at(self.now.plus_seconds(seconds), due);
    }

    fn at(&mut self, time: Time, due: Due) {
        if time < self.end {
            self.agenda.insert((time, self.planned), due);
            self.planned += 1;
        }
    }

    pub fn number(&mut self) -> u64 {
        self.number += 1;
        self.number
    }

    /// Books a step as having happened now.
    pub fn say(&mut self, command: Command, actor: &str, cause: &str) -> Result<(), InvalidName> {
        let id = CommandId::new(&format!("demo:{}:{}", self.seed, self.steps.len() + 1))?;
        let cause = if cause.is_empty() { None } else { Some(Label::new(cause)?) };
        let actor = Label::new(actor)?;
        self.steps.push(Step { id, command, occurred_at: self.now, actor, cause });
        Ok(())
    }

    fn register(&mut self) -> Result<(), InvalidName> {
        let shop = self.shop;
        for place in &shop.places {
            let command = Command::RegisterLocation(RegisterLocation {
                location: place.id.clone(),
                name: Some(place.name.clone()),
                kind: place.kind,
                supplier: place.supplier.map(|it| shop.suppliers[it].clone()),
            });
            self.say(command, "setup", "")?;
        }
        for outlet in &shop.outlets {
            let command = Command::RegisterChannel(RegisterChannel {
                channel: outlet.id.clone(),
                name: Some(outlet.name.clone()),
                locations: outlet.places.iter().map(|it| shop.places[*it].id.clone()).collect(),
            });
            self.say(command, "setup", "")?;
        }
        for good in &shop.goods {
            let command = Command::RegisterItem(RegisterItem {
                sku: good.sku.clone(),
                aliases: Vec::new(),
                name: Some(good.name.clone()),
                category: Some(good.category.clone()),
                scale: 0,
            });
            self.say(command, "setup", "")?;
        }
        Ok(())
    }

    /// What was there when the book began.
    fn open_the_book(&mut self) -> Result<(), InvalidName> {
        self.now = self.now.plus_seconds(60);
        for place in 0..self.shop.places.len() {
            let mut lines = Vec::new();
            for good in 0..self.shop.goods.len() {
                let units = self.opening(good, place);
                if let Some(line) = self.receive_line(good, units) {
                    self.shelves.at_mut(good, place).sellable += units;
                    lines.push(line);
                }
            }
            let command = self.receive(place, lines, ReceiveTo::Sellable, ReceiveFrom::Opening);
            self.say(command, "setup", "opening:stocktake")?;
        }
        Ok(())
    }

    fn opening(&mut self, good: usize, place: usize) -> u64 {
        let bestseller = if good < 60 { 3 } else { 1 };
        match place {
            LEEDS => self.dice.between(4, 40) * bestseller,
            ROTTERDAM => self.dice.between(2, 25) * bestseller,
            PLATFORM if good < 120 => self.dice.between(2, 15) * bestseller,
            PLATFORM => 0,
            _ if self.shop.supplier_place(good) == place => self.dice.between(20, 200),
            _ => 0,
        }
    }

    pub fn receive_line(&self, good: usize, units: u64) -> Option<ReceiveLine> {
        let sku = self.shop.goods[good].sku.clone();
        Quantity::new(units).map(|quantity| ReceiveLine {
            sku,
            quantity,
            lot: None,
            unit_cost: None,
        })
    }

    pub fn receive(
        &self,
        place: usize,
        lines: Vec<ReceiveLine>,
        to: ReceiveTo,
        from: ReceiveFrom,
    ) -> Command {
        let supplier = self.shop.places[place].supplier.map(|it| self.shop.suppliers[it].clone());
        let location = self.shop.places[place].id.clone();
        Command::ReceiveStock(ReceiveStock {
            location,
            lines,
            to,
            from,
            supplier,
            inbound: None,
            create_items: false,
        })
    }

    /// What a day brings: orders at random minutes, and the routines of its weekday.
    fn plan_day(&mut self, midnight: Time, day: u64) {
        let weekend = day % 7 >= 5;
        let orders = if weekend { self.dice.between(70, 110) } else { self.dice.between(40, 75) };
        for _ in 0..orders {
            let second = self.dice.between(6 * HOUR, 23 * HOUR);
            self.at(midnight.plus_seconds(second), Due::Order);
        }
        let own = [LEEDS, ROTTERDAM];
        for place in own {
            let damage_at = self.dice.between(9 * HOUR, 17 * HOUR);
            self.at(midnight.plus_seconds(damage_at), Due::Damage(place));
            self.at(midnight.plus_seconds(10 * HOUR), Due::Inspect(place));
        }
        let suppliers = FIRST_SUPPLIER..self.shop.places.len();
        let routines: Vec<(u64, Due)> = match day % 7 {
            0 => own.map(|it| (8, Due::Restock(it))).into(),
            1 | 4 => vec![(11, Due::SendTransfer)],
            2 => own.map(|it| (15, Due::WriteOff(it))).into(),
            3 => vec![(14, Due::Correct(LEEDS))],
            5 => suppliers.map(|it| (7, Due::Restock(it))).collect(),
            _ => own.map(|it| (22, Due::Count(it))).into(),
        };
        for (hour, due) in routines {
            self.at(midnight.plus_seconds(hour * HOUR), due);
        }
    }
}
