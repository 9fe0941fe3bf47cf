//! The first look at a whole snapshot: what keeps it from being believed, and what a single line
//! cannot know.

use onhand_core::{
    Basis, Feed, ItemNo, Ledger, LocationNo, QUANTITY_MAX, Said, Sku, Source, Suspicion, Time,
};
use rustc_hash::{FxHashMap, FxHashSet};
use smol_str::SmolStr;

use crate::breakers::Measures;
use crate::{Complaint, Complaints, Head, Line};

/// So many codes that mean nothing are told one by one.
pub const UNKNOWN_MAX: usize = 1_000;

/// A snapshot while its lines come.
pub struct Survey {
    head: Head,
    measures: Measures,
    surveyed: Surveyed,
}

/// What a whole snapshot comes to before any of it is set against the book.
#[derive(Clone, Debug, Default)]
pub struct Surveyed {
    pub lines: u64,
    /// Why it is not believed at once. Whoever knows better empties them.
    pub suspicions: Vec<Suspicion>,
    /// Codes that mean nothing.
    pub unknown: u64,
    /// What is wrong with lines: with any of it nothing of the snapshot is booked.
    pub complaints: Complaints,
    /// The first codes that mean nothing and of which nobody was told yet.
    pub(crate) news: Vec<UnknownLine>,
    /// Differences about unknown codes that it names again.
    pub(crate) told: FxHashSet<u64>,
    /// Items that it names.
    pub(crate) seen: Bits,
    /// What several codes say of one item together.
    pub(crate) shared: FxHashMap<ItemNo, Shared>,
    /// Units that the supplier was given to ship and did not yet. None: it was never given any, or
    /// nothing of its numbers depends on it.
    pub(crate) handed: Option<FxHashMap<ItemNo, u64>>,
    /// Units of ours on their way to it.
    pub(crate) coming: FxHashMap<ItemNo, u64>,
}

/// A line whose code means nothing.
#[derive(Clone, Debug)]
pub(crate) struct UnknownLine {
    pub code: Sku,
    pub quantity: Option<u64>,
    pub pack: Option<u64>,
    pub description: Option<SmolStr>,
    pub gtin: Option<SmolStr>,
}

/// What several codes say of one item.
#[derive(Clone, Debug)]
pub(crate) struct Shared {
    /// The first of them: the item is compared where it stands.
    pub first: Sku,
    /// In our units. None: one of them leaves it open.
    pub units: Option<u64>,
    pub next_restock_at: Option<Time>,
}

/// A set of items.
#[derive(Clone, Debug, Default)]
pub(crate) struct Bits(Vec<u64>);

impl Bits {
    pub fn has(&self, item: ItemNo) -> bool {
        let word = self.0.get(item.0 as usize / 64).copied().unwrap_or(0);
        word >> (item.0 % 64) & 1 == 1
    }

    pub fn add(&mut self, item: ItemNo) {
        let at = item.0 as usize / 64;
        if self.0.len() <= at {
            self.0.resize(at + 1, 0);
        }
        self.0[at] |= 1 << (item.0 % 64);
    }
}

/// A line whose code means an item.
pub(crate) struct Known<'a> {
    pub item: ItemNo,
    pub source: &'a Source,
    pub code: Sku,
    /// In our units. None: the line leaves it open.
    pub units: Option<u64>,
}

/// What a line's code means when the snapshot was made. `Ok(None)`: nothing.
pub(crate) fn known<'a>(
    ledger: &'a Ledger,
    head: &Head,
    line: &Line,
) -> Result<Option<Known<'a>>, Complaint> {
    let code = Sku::try_from(line.code.clone())
        .map_err(|invalid| Complaint::at(line.line, "supplier_sku", invalid.to_string()))?;
    let supplier = ledger.feed(head.feed).supplier;
    let Some((item, source)) = ledger.item_of_code(supplier, &code, head.as_of) else {
        return Ok(None);
    };
    let pack = line.pack.unwrap_or(source.pack);
    let units = line.quantity.map(|it| in_our_units(line.line, it, pack)).transpose()?;
    Ok(Some(Known { item, source, code, units }))
}

fn in_our_units(line: u64, quantity: u64, pack: u64) -> Result<u64, Complaint> {
    quantity.checked_mul(pack).filter(|it| *it <= QUANTITY_MAX).ok_or_else(|| {
        let message = format!(
            "{quantity} in packs of {pack} is above {QUANTITY_MAX}; correct the quantity or the \
             pack of the code"
        );
        Complaint::at(line, "quantity", message)
    })
}

impl Survey {
    pub fn new(ledger: &Ledger, head: &Head) -> Survey {
        let feed = ledger.feed(head.feed);
        let measures = Measures::new(ledger, head);
        let surveyed = Surveyed {
            handed: tells_by_handovers(head).then(|| handed(ledger, feed, head.as_of)).flatten(),
            coming: coming(ledger, feed.location),
            ..Surveyed::default()
        };
        Survey { head: head.clone(), measures, surveyed }
    }

    pub fn add(&mut self, ledger: &Ledger, line: &Line) {
        self.surveyed.lines += 1;
        match known(ledger, &self.head, line) {
            Ok(Some(known)) => self.add_known(ledger, line, &known),
            Ok(None) => self.add_unknown(ledger, line),
            Err(complaint) => self.surveyed.complaints.add(complaint),
        }
    }

    fn add_known(&mut self, ledger: &Ledger, line: &Line, known: &Known<'_>) {
        let item = known.item;
        if !has_more_codes(ledger, item, known.source, self.head.as_of) {
            self.surveyed.seen.add(item);
            self.measures.note(said(ledger, &self.head, item), known.units);
            return;
        }
        let sum = |one: Option<u64>, other: Option<u64>| one?.checked_add(other?);
        match self.surveyed.shared.get_mut(&item) {
            None => {
                self.surveyed.seen.add(item);
                let (first, units) = (known.code.clone(), known.units);
                let shared = Shared { first, units, next_restock_at: line.next_restock_at };
                self.surveyed.shared.insert(item, shared);
            }
            Some(shared) => {
                shared.units = sum(shared.units, known.units);
                shared.next_restock_at = match (shared.next_restock_at, line.next_restock_at) {
                    (Some(one), Some(other)) => Some(one.min(other)),
                    (one, other) => one.or(other),
                };
                if shared.units.is_some_and(|it| it > QUANTITY_MAX) {
                    let message = format!("with its item's other codes is above {QUANTITY_MAX}");
                    self.surveyed.complaints.add(Complaint::at(line.line, "quantity", message));
                }
            }
        }
    }

    fn add_unknown(&mut self, ledger: &Ledger, line: &Line) {
        let Ok(code) = Sku::try_from(line.code.clone()) else { return };
        self.surveyed.unknown += 1;
        match ledger.open_unknown(ledger.feed(self.head.feed).supplier, &code) {
            Some(number) => drop(self.surveyed.told.insert(number)),
            None if self.surveyed.news.len() < UNKNOWN_MAX => {
                self.surveyed.news.push(UnknownLine {
                    code,
                    quantity: line.quantity,
                    pack: line.pack,
                    description: line.description.clone(),
                    gtin: line.gtin.clone(),
                });
            }
            None => {}
        }
    }

    pub fn close(mut self, ledger: &Ledger) -> Surveyed {
        for (item, shared) in &self.surveyed.shared {
            self.measures.note(said(ledger, &self.head, *item), shared.units);
        }
        self.surveyed.suspicions = self.measures.suspicions(&self.head);
        self.surveyed
    }
}

fn said<'a>(ledger: &'a Ledger, head: &Head, item: ItemNo) -> Option<&'a Said> {
    ledger.item(item).supplied.as_ref()?.said_by(head.feed)
}

fn has_more_codes(ledger: &Ledger, item: ItemNo, source: &Source, at: Time) -> bool {
    let Some(supplied) = &ledger.item(item).supplied else { return false };
    let same = |it: &&Source| it.supplier == source.supplier && it.is_valid(at);
    supplied.sources.len() > 1 && supplied.sources.iter().filter(same).count() > 1
}

/// Orders of ours are off its numbers, and it does not say up to when it knew of them.
fn tells_by_handovers(head: &Head) -> bool {
    head.basis == Basis::AfterOurOrders && head.orders_seen_through.is_none()
}

/// Units of orders at the location that the supplier got by `at`, by item.
fn handed(ledger: &Ledger, feed: &Feed, at: Time) -> Option<FxHashMap<ItemNo, u64>> {
    let supplier = &ledger.supplier(feed.supplier).terms.supplier;
    let location = &ledger.location(feed.location).id;
    let mut got = None;
    let mut counted = FxHashSet::default();
    for handover in ledger.handovers() {
        if handover.told.supplier != *supplier || handover.told.cut_off > at {
            continue;
        }
        let units: &mut FxHashMap<ItemNo, u64> = got.get_or_insert_default();
        for line in handover.told.lines.iter().filter(|it| it.location == *location) {
            let order = ledger.order(&line.order).and_then(|it| it.line(&line.r#ref));
            let left = order.map_or(0, |it| it.handed_there(feed.location));
            // A line handed over in two parts counts once: what is left of it is known as a whole.
            if left > 0
                && counted.insert((&line.order, &line.r#ref))
                && let Some(item) = ledger.item_no(&line.sku)
            {
                *units.entry(item).or_default() += left;
            }
        }
    }
    got
}

/// Units in transit to the location, by item.
fn coming(ledger: &Ledger, location: LocationNo) -> FxHashMap<ItemNo, u64> {
    let to = &ledger.location(location).id;
    let mut units = FxHashMap::default();
    for (_, transfer) in ledger.transfers().filter(|(_, it)| it.to == *to) {
        for (item, left) in &transfer.in_transit {
            *units.entry(ItemNo(*item)).or_default() += left;
        }
    }
    units
}
