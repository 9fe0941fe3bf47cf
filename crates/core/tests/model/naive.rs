//! The naive model: sums over the full list of entries, nothing remembered between questions.

use std::collections::BTreeMap;

use onhand_core::*;

/// An entry with the moment at which it was recorded.
#[derive(Clone, Debug)]
pub struct Recorded {
    pub time: Time,
    pub entry: Entry,
}

impl Recorded {
    /// When it happened: as claimed, but never after it was recorded.
    pub fn occurred_at(&self) -> Time {
        match &self.entry.fact {
            Fact::StockCounted(it) => it.counted_at,
            _ => self.entry.envelope.occurred_at.map_or(self.time, |it| it.min(self.time)),
        }
    }

    /// What the entry moves onto an account, less what it takes away.
    pub fn change(&self, sku: &Sku, account: &Account) -> i64 {
        let moves = self.entry.movements.iter().filter(|it| it.sku == *sku);
        moves
            .map(|it| {
                let units = it.quantity.signed();
                i64::from(it.to == *account) * units - i64::from(it.from == *account) * units
            })
            .sum()
    }
}

/// Balance of every account by SKU.
pub fn balances(entries: &[Recorded]) -> BTreeMap<(Sku, Account), i64> {
    let mut balances = BTreeMap::new();
    for movement in entries.iter().flat_map(|it| &it.entry.movements) {
        let units = movement.quantity.signed();
        *balances.entry((movement.sku.clone(), movement.from.clone())).or_default() -= units;
        *balances.entry((movement.sku.clone(), movement.to.clone())).or_default() += units;
    }
    balances
}

/// The book at a past moment.
pub fn book_at(entries: &[Recorded], sku: &Sku, account: &Account, at: Time) -> i64 {
    entries.iter().filter(|it| it.occurred_at() <= at).map(|it| it.change(sku, account)).sum()
}

/// The last count of a balance, and what happened since: none if it was never counted.
pub fn since_count(
    entries: &[Recorded],
    sku: &Sku,
    location: &LocationId,
    condition: Condition,
) -> Option<i64> {
    let counted = entries.iter().enumerate().filter_map(|(index, it)| match &it.entry.fact {
        Fact::StockCounted(fact) if fact.location == *location => {
            let same = |line: &&CountedLine| line.sku == *sku && line.condition == condition;
            let line = fact.lines.iter().find(same).filter(|line| line.applied)?;
            Some((fact.counted_at, index, line.counted as i64))
        }
        _ => None,
    });
    let (counted_at, index, counted) = counted.max()?;
    let account = Account::Shelf(location.clone(), condition);
    let later = |(place, it): &(usize, &Recorded)| match place.cmp(&index) {
        std::cmp::Ordering::Less => it.occurred_at() > counted_at,
        std::cmp::Ordering::Equal => false,
        std::cmp::Ordering::Greater => it.occurred_at() >= counted_at,
    };
    let since = entries.iter().enumerate().filter(later);
    Some(counted + since.map(|(_, it)| it.change(sku, &account)).sum::<i64>())
}

/// Units that the splits claim at a location.
fn at(splits: &[Split], location: &LocationId) -> i64 {
    splits.iter().filter(|it| it.location == *location).map(|it| it.quantity.signed()).sum()
}

/// Units of an item that orders were promised at a location.
pub fn committed(entries: &[Recorded], sku: &Sku, location: &LocationId) -> i64 {
    let mut sum = 0;
    for recorded in entries {
        match &recorded.entry.fact {
            Fact::OrderCommitted(it) => {
                for line in it.lines.iter().filter(|line| line.sku == *sku) {
                    sum += at(&line.at, location) + at(&line.from_hold, location);
                }
            }
            Fact::OrderCancelled(it) => {
                for line in it.lines.iter().filter(|line| line.sku.as_ref() == Some(sku)) {
                    sum -= at(&line.at, location);
                }
            }
            Fact::OrderShipped(it) => {
                for line in it.lines.iter().filter(|line| line.sku == *sku) {
                    sum -= at(&line.released, location);
                }
            }
            Fact::EntryReversed(it) => {
                for line in it.unshipped.iter().filter(|line| line.sku == *sku) {
                    sum += at(&line.released, location);
                }
            }
            _ => {}
        }
    }
    sum
}

/// Units of an item that holds hold at a location at `now`.
pub fn held(entries: &[Recorded], sku: &Sku, location: &LocationId, now: Time) -> i64 {
    let mut holds: BTreeMap<HoldId, (Time, i64)> = BTreeMap::new();
    for recorded in entries {
        match &recorded.entry.fact {
            Fact::StockHeld(it) => {
                let lines = it.lines.iter().filter(|line| line.sku == *sku);
                let units = lines.map(|line| at(&line.at, location)).sum();
                holds.insert(it.hold.clone(), (it.expires_at, units));
            }
            Fact::HoldExtended(it) => holds.get_mut(&it.hold).unwrap().0 = it.expires_at,
            Fact::HoldReleased(it) => {
                let lines = it.lines.iter().filter(|line| line.sku == *sku);
                holds.get_mut(&it.hold).unwrap().1 -=
                    lines.map(|line| at(&line.at, location)).sum::<i64>();
            }
            Fact::HoldExpired(HoldExpired { hold, .. }) => drop(holds.remove(hold)),
            Fact::OrderCommitted(it) => drop(it.hold.as_ref().map(|hold| holds.remove(hold))),
            _ => {}
        }
    }
    holds.values().filter(|(end, _)| *end > now).map(|(_, units)| units).sum()
}

/// How far an order line has come: ordered, committed, shipped, cancelled, returned.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Line {
    pub ordered: i64,
    pub committed: i64,
    pub shipped: i64,
    pub cancelled: i64,
    pub returned: i64,
}

pub fn order_lines(entries: &[Recorded]) -> BTreeMap<(OrderId, LineRef), Line> {
    let mut lines: BTreeMap<(OrderId, LineRef), Line> = BTreeMap::new();
    let all = |splits: &[Split]| splits.iter().map(|it| it.quantity.signed()).sum::<i64>();
    for recorded in entries {
        let mut line = |order: &OrderId, line: &LineRef, add: Line| {
            let sum = lines.entry((order.clone(), line.clone())).or_default();
            sum.ordered += add.ordered;
            sum.committed += add.committed;
            sum.shipped += add.shipped;
            sum.cancelled += add.cancelled;
            sum.returned += add.returned;
        };
        let none = Line::default();
        match &recorded.entry.fact {
            Fact::OrderCommitted(it) => it.lines.iter().for_each(|a| {
                let committed = all(&a.at) + all(&a.from_hold);
                let (ordered, cancelled) = (a.ordered as i64, a.cancelled as i64);
                line(&it.order, &a.r#ref, Line { ordered, committed, cancelled, ..none });
            }),
            Fact::OrderCancelled(it) => it.lines.iter().for_each(|a| {
                let units = all(&a.at);
                line(&it.order, &a.r#ref, Line { committed: -units, cancelled: units, ..none });
            }),
            Fact::OrderShipped(it) => it.lines.iter().for_each(|a| {
                let (shipped, committed) = (a.quantity.signed(), -all(&a.released));
                line(&it.order, &a.r#ref, Line { shipped, committed, ..none });
            }),
            Fact::StockReturned(it) => it.lines.iter().for_each(|a| {
                let Some((order, named)) = it.order.as_ref().zip(a.r#ref.as_ref()) else { return };
                if a.linked > 0 {
                    line(order, named, Line { returned: a.linked as i64, ..none });
                }
            }),
            Fact::EntryReversed(it) => {
                for a in &it.unshipped {
                    let (shipped, committed) = (-a.quantity.signed(), all(&a.released));
                    let order = it.order.as_ref().unwrap();
                    line(order, &a.r#ref, Line { shipped, committed, ..none });
                }
                for a in &it.unreturned {
                    let order = it.order.as_ref().unwrap();
                    let returned = -(a.linked as i64);
                    line(order, a.r#ref.as_ref().unwrap(), Line { returned, ..none });
                }
            }
            _ => {}
        }
    }
    lines
}
