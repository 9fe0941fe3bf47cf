//! What the sale's journal says, entry by entry: units held, promised, given back, and the most at once.

use std::collections::BTreeMap;

use onhand_core::{Entry, Fact, HoldExpired, OrderId, PoolLine, Sku, Split, Time, TrancheId};

use super::terms::{Good, OVERSELL_RATIO, Terms};

/// Units of one good, by what became of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    pub pooled: u64,
    /// Released so far, by tranche.
    pub released: Vec<(TrancheId, u64)>,
    pub held: u64,
    pub expired: u64,
    pub committed: u64,
    pub cancelled: u64,
    /// Left in the pool when it closed.
    pub closed: u64,
    /// Promised beyond the pool when it closed.
    pub owed: u64,
    /// Given back after the pool had closed: to the shared stock.
    pub shared: u64,
    /// Most units promised at one moment, and how many were allowed then.
    pub peak: (u64, u64),
    /// The first moment at which more was promised than allowed.
    pub broken: Option<String>,
    /// Units of each order, the oldest first.
    pub orders: Vec<(OrderId, u64)>,
}

pub fn tally(terms: &Terms, good: &Good, entries: &[(Time, Entry)]) -> Tally {
    let mut tally = Tally::default();
    for (time, entry) in entries {
        tally.add(terms, good, &entry.fact);
        tally.watch(*time, entry);
    }
    tally
}

/// Units of the splits, and those of them that go to the shared stock.
fn units(at: &[Split]) -> (u64, u64) {
    let all = |shared: bool| {
        let some = at.iter().filter(|it| !shared || it.shared);
        some.map(|it| it.quantity.units()).sum()
    };
    (all(false), all(true))
}

fn pool_units(lines: &[PoolLine], sku: &Sku) -> u64 {
    lines.iter().filter(|it| it.sku == *sku).map(|it| units(&it.at).0).sum()
}

impl Tally {
    fn add(&mut self, terms: &Terms, good: &Good, fact: &Fact) {
        let sku = &good.sku;
        match fact {
            Fact::PoolOpened(it) => self.pooled += pool_units(&it.lines, sku),
            Fact::TrancheReleased(it) => {
                let number =
                    (0..).find(|number| terms.tranche(*number).as_ref() == Ok(&it.tranche));
                let units = number.map_or(0, |number| good.tranche_units(number));
                self.released.push((it.tranche.clone(), units));
            }
            Fact::PoolClosed(it) => {
                self.closed += pool_units(&it.lines, sku);
                self.owed += pool_units(&it.owed, sku);
            }
            Fact::StockHeld(it) => {
                let ours = it.lines.iter().filter(|line| line.sku == *sku);
                self.held += ours.map(|line| units(&line.at).0).sum::<u64>();
            }
            Fact::HoldExpired(HoldExpired { lines, .. }) => {
                for line in lines.iter().filter(|line| line.sku == *sku) {
                    let (all, shared) = units(&line.at);
                    (self.expired, self.shared) = (self.expired + all, self.shared + shared);
                }
            }
            Fact::OrderCommitted(it) => {
                for line in it.lines.iter().filter(|line| line.sku == *sku) {
                    let all = units(&line.from_hold).0 + units(&line.at).0;
                    self.committed += all;
                    self.orders.push((it.order.clone(), all));
                }
            }
            Fact::OrderCancelled(it) => {
                for line in it.lines.iter().filter(|line| line.sku.as_ref() == Some(sku)) {
                    let (all, shared) = units(&line.at);
                    (self.cancelled, self.shared) = (self.cancelled + all, self.shared + shared);
                    self.orders.retain(|(order, _)| *order != it.order);
                }
            }
            _ => {}
        }
    }

    /// Units promised now, by holds and orders.
    pub fn promised(&self) -> u64 {
        self.held.saturating_sub(self.expired + self.cancelled)
    }

    /// Units that may be promised now.
    pub fn allowed(&self) -> u64 {
        self.released.iter().map(|(_, units)| units).sum::<u64>() * OVERSELL_RATIO / 100
    }

    fn watch(&mut self, time: Time, entry: &Entry) {
        let (promised, allowed) = (self.promised(), self.allowed());
        if promised > self.peak.0 {
            self.peak = (promised, allowed);
        }
        if promised > allowed && self.broken.is_none() {
            let position = entry.position;
            self.broken = Some(format!("{promised} of {allowed} at {time}, position {position}"));
        }
    }

    /// Orders that cannot all be served, the newest first, until `units` are found.
    pub fn affected(&self, units: u64) -> u64 {
        let mut found = 0;
        let newest = self.orders.iter().rev().take_while(|(_, some)| {
            let before = found;
            found += some;
            before < units
        });
        newest.count() as u64
    }

    /// Units of every tranche, by its name.
    pub fn tranches(&self) -> BTreeMap<&str, u64> {
        self.released.iter().map(|(tranche, units)| (tranche.as_str(), *units)).collect()
    }
}
