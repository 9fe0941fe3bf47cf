//! The entries behind a figure: the newest that changed it, and how many in all.

use onhand_core::{LedgerId, LocationId, LocationNo, PoolNo, Sku};
use rustc_hash::FxHashMap;
use serde::Serialize;

use crate::timeline::{Figures, Holder, ItemLog};

/// Entries told of one figure.
const NEWEST: usize = 10;

/// An entry, and where to read it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct EntryLink {
    pub position: u64,
    pub link: String,
}

/// The entries that changed a figure.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Behind {
    /// How many in all.
    pub count: u64,
    /// The newest of them, newest first.
    pub entries: Vec<EntryLink>,
    /// Where to read on.
    pub timeline: String,
}

/// Which figure of a holder.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Figure {
    Sellable,
    Committed,
    Held,
    Pooled,
}

const FIGURES: [Figure; 4] = [Figure::Sellable, Figure::Committed, Figure::Held, Figure::Pooled];

impl Figure {
    fn of(self, figures: &Figures) -> i64 {
        match self {
            Figure::Sellable => figures.sellable,
            Figure::Committed => figures.committed,
            Figure::Held => figures.held,
            Figure::Pooled => figures.pooled,
        }
    }
}

#[derive(Default)]
struct Changed {
    count: u64,
    newest: Vec<u64>,
}

/// What is remembered of one holder.
#[derive(Default)]
pub struct Known {
    /// As of the position.
    pub figures: Figures,
    changed: [Changed; 4],
    /// Entries that changed anything of it.
    all: Changed,
}

/// An item's log up to a position, added up.
#[derive(Default)]
pub struct Past {
    pub holders: FxHashMap<Holder, Known>,
    /// Whether anything of the item is recorded at all.
    pub begun: bool,
}

impl Past {
    /// Reads the whole log: an item's entries are thousands rather than millions.
    pub fn read(log: Option<&ItemLog>, position: u64) -> Past {
        let mut past = Past::default();
        for stretch in log.into_iter().flat_map(|log| log.stretches()) {
            for record in stretch.records.iter().rev().filter(|it| it.position <= position) {
                past.begun = true;
                for change in &record.changes {
                    past.holders.entry(change.at).or_default().add(record.position, change.by);
                }
            }
        }
        past
    }

    pub fn figures(&self, holder: Holder) -> Figures {
        self.holders.get(&holder).map_or(Figures::default(), |it| it.figures)
    }

    /// The entries that changed one figure of a holder.
    pub fn behind(&self, links: &Links<'_>, holder: Holder, figure: Figure) -> Behind {
        let known = self.holders.get(&holder).map(|it| &it.changed[figure as usize]);
        links.behind(known)
    }

    /// The entries that changed anything of a holder.
    pub fn behind_all(&self, links: &Links<'_>, holder: Holder) -> Behind {
        links.behind(self.holders.get(&holder).map(|it| &it.all))
    }

    /// The entries that changed anything of a pool, wherever it has units.
    pub fn behind_pool(&self, links: &Links<'_>, pool: PoolNo) -> Behind {
        let mut all = Changed::default();
        for known in self.of_pool(pool).map(|(_, known)| &known.all) {
            all.count += known.count;
            all.newest.extend(&known.newest);
        }
        all.newest.sort_unstable_by(|one, other| other.cmp(one));
        all.newest.dedup();
        all.newest.truncate(NEWEST);
        links.behind(Some(&all))
    }

    /// A pool's figures, location by location.
    pub fn of_pool(&self, pool: PoolNo) -> impl Iterator<Item = (LocationNo, &Known)> {
        self.holders.iter().filter_map(move |(holder, known)| match holder {
            Holder::Pool(it, location) if *it == pool => Some((*location, known)),
            Holder::Pool(..) | Holder::Location(_) | Holder::Window(_) => None,
        })
    }

    /// Every pool that ever had units of the item.
    pub fn pools(&self) -> Vec<PoolNo> {
        let pool = |holder: &Holder| match holder {
            Holder::Pool(it, _) => Some(*it),
            Holder::Location(_) | Holder::Window(_) => None,
        };
        let mut pools: Vec<PoolNo> = self.holders.keys().filter_map(pool).collect();
        pools.sort_unstable();
        pools.dedup();
        pools
    }
}

impl Known {
    /// Adds a change; changes come newest first.
    fn add(&mut self, position: u64, by: Figures) {
        self.figures += by;
        for figure in FIGURES {
            if figure.of(&by) != 0 {
                self.changed[figure as usize].add(position);
            }
        }
        if by != Figures::default() {
            self.all.add(position);
        }
    }
}

impl Changed {
    fn add(&mut self, position: u64) {
        self.count += 1;
        if self.newest.len() < NEWEST {
            self.newest.push(position);
        }
    }
}

/// Where to read about an item, perhaps at one location.
pub struct Links<'a> {
    pub ledger: &'a LedgerId,
    pub sku: &'a Sku,
    pub location: Option<&'a LocationId>,
    /// Older entries than this one; all if not given.
    pub before: Option<u64>,
}

impl Links<'_> {
    fn behind(&self, changed: Option<&Changed>) -> Behind {
        let newest = changed.map_or(&[][..], |it| &it.newest);
        Behind {
            count: changed.map_or(0, |it| it.count),
            entries: newest.iter().map(|it| entry_link(self.ledger, *it)).collect(),
            timeline: self.timeline(),
        }
    }

    fn timeline(&self) -> String {
        let mut link = format!("/v1/{}/timeline/{}", self.ledger, escaped(self.sku.as_str()));
        let location = self.location.map(|it| format!("location={}", escaped(it.as_str())));
        let before = self.before.map(|it| format!("after={it}"));
        for (number, pair) in location.into_iter().chain(before).enumerate() {
            link.push(if number == 0 { '?' } else { '&' });
            link.push_str(&pair);
        }
        link
    }
}

pub fn entry_link(ledger: &LedgerId, position: u64) -> EntryLink {
    EntryLink { position, link: format!("/v1/{ledger}/entries/{position}") }
}

/// As a part of an address: names may hold anything that can be seen.
fn escaped(name: &str) -> String {
    let mut text = String::with_capacity(name.len());
    for byte in name.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                text.push(char::from(byte));
            }
            _ => text.push_str(&format!("%{byte:02X}")),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_lead_to_any_name() {
        let (ledger, sku) = (LedgerId::new("shop").unwrap(), Sku::new("A/B 茶").unwrap());
        let location = LocationId::new("main & co").unwrap();
        let links =
            Links { ledger: &ledger, sku: &sku, location: Some(&location), before: Some(8) };
        let link = "/v1/shop/timeline/A%2FB%20%E8%8C%B6?location=main%20%26%20co&after=8";
        assert_eq!(links.timeline(), link);
    }
}
