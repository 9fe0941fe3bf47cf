//! The demonstration's warehouses: restocks, inspections, damage, transfers, counts.

use onhand_core::{
    AdjustLine, AdjustStock, ArrivedLine, Command, Condition, ConditionLine, CountLine, CountStock,
    DamageStock, InspectLine, InspectStock, InvalidName, Quantity, Reason, ReasonCode, ReceiveFrom,
    ReceiveTo, ReceiveTransfer, RejectedTo, StartTransfer, TransferId, TransferLine, WriteOffStock,
};

use super::shop::{FIRST_SUPPLIER, LEEDS, PLATFORM};
use super::weeks::{Due, Weeks};

/// Below this many free units an item is ordered again.
const REORDER_BELOW: u64 = 12;
/// Items of one stocktake: a part of the shelves each week.
const COUNTED_ITEMS: usize = 25;

impl Weeks<'_> {
    pub(super) fn restock(&mut self, place: usize) -> Result<(), InvalidName> {
        let supplied = place >= FIRST_SUPPLIER;
        let mut lines = Vec::new();
        for good in 0..self.shop.goods.len() {
            let wrong_supplier = supplied && self.shop.supplier_place(good) != place;
            if wrong_supplier || self.shelves.at(good, place).free() >= REORDER_BELOW {
                continue;
            }
            let units = self.dice.between(2, 8) * 12;
            let shelf = self.shelves.at_mut(good, place);
            match supplied {
                true => shelf.sellable += units,
                false => shelf.quality_control += units,
            }
            lines.extend(self.receive_line(good, units));
        }
        if lines.is_empty() {
            return Ok(());
        }
        let to = if supplied { ReceiveTo::Sellable } else { ReceiveTo::QualityControl };
        let command = self.receive(place, lines, to, ReceiveFrom::Supplier);
        let cause = format!("purchase_order:PO-{}", self.number());
        self.say(command, "goods-in", &cause)
    }

    /// What waits in quality control is passed, but for a few pieces.
    pub(super) fn inspect(&mut self, place: usize) -> Result<(), InvalidName> {
        let mut lines = Vec::new();
        for (good, units) in self.shelves.having(place, |it| it.quality_control) {
            let rejected =
                if self.dice.chance(12) { self.dice.between(1, units.min(4)) } else { 0 };
            let passed = units - rejected;
            let shelf = self.shelves.at_mut(good, place);
            shelf.quality_control = 0;
            shelf.sellable += passed;
            shelf.damaged += rejected;
            lines.push(InspectLine { sku: self.shop.goods[good].sku.clone(), passed, rejected });
        }
        if lines.is_empty() {
            return Ok(());
        }
        let location = self.shop.places[place].id.clone();
        let rejected_to = RejectedTo::Damaged;
        self.say(
            Command::InspectStock(InspectStock { location, lines, rejected_to }),
            "quality",
            "",
        )
    }

    pub(super) fn damage(&mut self, place: usize) -> Result<(), InvalidName> {
        let free = self.shelves.having(place, |it| it.free());
        if free.is_empty() || self.dice.chance(50) {
            return Ok(());
        }
        let (good, units) = free[self.dice.index(free.len())];
        let units = self.dice.between(1, units.min(3));
        let shelf = self.shelves.at_mut(good, place);
        shelf.sellable -= units;
        shelf.damaged += units;
        let lines: Vec<ConditionLine> = self.condition_line(good, units).into_iter().collect();
        let location = self.shop.places[place].id.clone();
        let reason = Some(Reason { code: ReasonCode::DamagedWarehouse, note: None });
        self.say(Command::DamageStock(DamageStock { location, lines, reason }), "warehouse", "")
    }

    fn condition_line(&self, good: usize, units: u64) -> Option<ConditionLine> {
        let sku = self.shop.goods[good].sku.clone();
        Some(ConditionLine { sku, quantity: Quantity::new(units)?, condition: None })
    }

    pub(super) fn write_off(&mut self, place: usize) -> Result<(), InvalidName> {
        let damaged = self.shelves.having(place, |it| it.damaged);
        if damaged.is_empty() {
            return Ok(());
        }
        let mut lines = Vec::with_capacity(damaged.len());
        for (good, units) in damaged {
            self.shelves.at_mut(good, place).damaged = 0;
            lines.extend(self.condition_line(good, units));
        }
        let location = self.shop.places[place].id.clone();
        let reason = Some(Reason { code: ReasonCode::Defective, note: None });
        self.say(Command::WriteOffStock(WriteOffStock { location, lines, reason }), "warehouse", "")
    }

    /// Bestsellers go from Leeds to the platform's warehouse, and are on the road for two days.
    pub(super) fn send_transfer(&mut self) -> Result<(), InvalidName> {
        let mut sent = Vec::new();
        for good in 0..120 {
            let (there, here) =
                (self.shelves.at(good, PLATFORM), self.shelves.at(good, LEEDS).free());
            if there.free() < 6 && here > 12 {
                let units = self.dice.between(4, 12.min(here - 4));
                self.shelves.at_mut(good, LEEDS).sellable -= units;
                sent.push((good, units));
            }
        }
        if sent.is_empty() {
            return Ok(());
        }
        let number = self.number();
        let line = |(good, units): &(usize, u64)| {
            let sku = self.shop.goods[*good].sku.clone();
            Some(TransferLine { sku, quantity: Quantity::new(*units)? })
        };
        let command = StartTransfer {
            transfer: TransferId::new(&format!("T-{number}"))?,
            from: self.shop.places[LEEDS].id.clone(),
            to: self.shop.places[PLATFORM].id.clone(),
            lines: sent.iter().filter_map(line).collect(),
        };
        self.say(Command::StartTransfer(command), "warehouse", &format!("transfer:T-{number}"))?;
        let seconds = self.dice.between(40, 60) * 3_600;
        self.later(seconds, Due::ArriveTransfer { number, lines: sent });
        Ok(())
    }

    pub(super) fn arrive_transfer(
        &mut self,
        number: u64,
        sent: &[(usize, u64)],
    ) -> Result<(), InvalidName> {
        let mut lines = Vec::with_capacity(sent.len());
        for (good, units) in sent {
            let damaged = u64::from(self.dice.chance(4));
            let missing = u64::from(self.dice.chance(3));
            let received = units - damaged - missing;
            let shelf = self.shelves.at_mut(*good, PLATFORM);
            shelf.sellable += received;
            shelf.damaged += damaged;
            let sku = self.shop.goods[*good].sku.clone();
            lines.push(ArrivedLine { sku, received, damaged, missing });
        }
        let command = ReceiveTransfer { transfer: TransferId::new(&format!("T-{number}"))?, lines };
        self.say(Command::ReceiveTransfer(command), "platform", &format!("transfer:T-{number}"))
    }

    /// A part of the shelves is counted; most of it is as the book says.
    pub(super) fn count(&mut self, place: usize) -> Result<(), InvalidName> {
        let mut here = self.shelves.having(place, |it| it.sellable);
        let mut lines = Vec::new();
        while lines.len() < COUNTED_ITEMS && !here.is_empty() {
            let (good, book) = here.swap_remove(self.dice.index(here.len()));
            let quantity = match self.dice.between(1, 20) {
                1 | 2 => book.saturating_sub(self.dice.between(1, 3)),
                3 => book + self.dice.between(1, 2),
                _ => book,
            };
            self.shelves.at_mut(good, place).sellable = quantity;
            let sku = self.shop.goods[good].sku.clone();
            lines.push(CountLine { sku, condition: Some(Condition::Sellable), quantity });
        }
        let command = CountStock {
            location: self.shop.places[place].id.clone(),
            counted_at: Some(self.now),
            lines,
            create_items: false,
            book: Vec::new(),
        };
        let cause = format!("stocktake:ST-{}", self.number());
        self.say(Command::CountStock(command), "stocktaker", &cause)
    }

    /// A box turns up behind a rack, or one is gone.
    pub(super) fn correct(&mut self, place: usize) -> Result<(), InvalidName> {
        let free = self.shelves.having(place, |it| it.free());
        if free.is_empty() {
            return Ok(());
        }
        let (good, units) = free[self.dice.index(free.len())];
        let found = self.dice.chance(60);
        let many = self.dice.between(1, units.min(4));
        let shelf = self.shelves.at_mut(good, place);
        let change = match found {
            true => {
                shelf.sellable += many;
                many as i64
            }
            false => {
                shelf.sellable -= many;
                -(many as i64)
            }
        };
        let sku = self.shop.goods[good].sku.clone();
        let line =
            AdjustLine { sku, condition: None, change: Some(change), set: None, expected: None };
        let code = if found { ReasonCode::Found } else { ReasonCode::Shrinkage };
        let command = AdjustStock {
            location: self.shop.places[place].id.clone(),
            lines: vec![line],
            reason: Reason { code, note: None },
            create_items: false,
        };
        self.say(Command::AdjustStock(command), "warehouse", "")
    }
}
