//! What came of a snapshot against what is true, and somebody who settles what was there twice.

use onhand_core::*;
use serde_json::json;

use crate::history::{History, ITEMS, TOLERANCE};
use crate::shop::minute;
use crate::world::{Counting, NEVER};

impl History {
    pub fn judge(
        &mut self,
        item: usize,
        at: Counting,
        theirs: Option<i64>,
        said: &SnapshotRecorded,
    ) {
        let it = &self.items[item];
        let means = self.shop.ledger.item_of_code(
            SupplierNo(0),
            &Sku::new(&it.code).unwrap(),
            minute(at.as_of),
        );
        let (Some(theirs), true) = (theirs, means.is_some()) else { return };
        let mut by_kind = it.apart(at);
        let mistaken = theirs - it.number(at);
        if mistaken != 0 {
            by_kind.push((DifferenceKind::PackMistake, mistaken));
        }
        let apart: i64 = by_kind.iter().map(|(_, units)| units).sum();
        let open = self.open_difference(item);
        let counted = said.counted.iter().any(|line| line.sku.as_str() == it.sku);
        let true_kinds = true_kinds(&by_kind, apart);
        self.watched[item].misled = mistaken > 0;
        if mistaken == 0 {
            (self.watched[item].said, self.watched[item].claimed) = (at.truly, at.as_of);
        }
        if counted {
            let kind = true_kinds.first().copied().unwrap_or(DifferenceKind::UnexplainedGain);
            self.cause(item, kind, apart, NEVER, at.as_of);
            return;
        }
        let sightings =
            if self.watched[item].apart == apart { self.watched[item].sightings + 1 } else { 1 };
        (self.watched[item].apart, self.watched[item].sightings) = (apart, sightings);
        if apart == 0 {
            self.tally.invented += u64::from(open.is_some());
            return;
        }
        if apart.abs() <= TOLERANCE {
            return;
        }
        let figures = |it: &Difference| it.theirs.map(|theirs| theirs - it.ours);
        if let Some(open) = open.as_ref().filter(|it| figures(it) != Some(apart)) {
            // What looks like a mistaken pack leaves what is open as it was, once.
            if mistaken != 0 || sightings == 1 && open.theirs < Some(open.ours) {
                self.tally.behind += 1;
                return;
            }
            let about =
                format!("seed {} {} {open:?} is {apart} {by_kind:?} {at:?}", self.seed, it.sku);
            self.tally.wrong.push(about);
        }
        let verdict = open.map(|it| it.kind);
        self.note_verdict(item, sightings, &by_kind, &true_kinds, verdict);
        if sightings == 2 {
            self.settle(item, at, &by_kind, apart);
        }
    }

    /// What is open about the item with the supplier.
    fn open_difference(&self, item: usize) -> Option<Difference> {
        let number = self.shop.item(&self.items[item].sku);
        let witness = Witness::Feed(FeedId::new("F").unwrap());
        let location = LocationId::new("L").unwrap();
        let open = self.shop.ledger.open_difference(number, &witness, Some(&location));
        open.map(|it| it.difference.clone())
    }

    fn note_verdict(
        &mut self,
        item: usize,
        sightings: u64,
        by_kind: &[(DifferenceKind, i64)],
        true_kinds: &[DifferenceKind],
        verdict: Option<DifferenceKind>,
    ) {
        let truth = verdict.filter(|it| true_kinds.contains(it)).or(true_kinds.first().copied());
        let table = match sightings {
            1 if by_kind.len() == 1 => &mut self.tally.first,
            1 => &mut self.tally.mixed,
            2 => &mut self.tally.second,
            _ => return,
        };
        *table.entry((truth.unwrap(), verdict)).or_default() += 1;
        if std::env::var("SHOW").is_ok() && verdict.is_some_and(|it| !true_kinds.contains(&it)) {
            println!("seed {} {} {by_kind:?} called {verdict:?}", self.seed, self.items[item].sku);
        }
    }

    /// Somebody who knows: what is gone or there for good is counted, and goods that are for sale
    /// already are passed.
    fn settle(&mut self, item: usize, at: Counting, by_kind: &[(DifferenceKind, i64)], apart: i64) {
        let only = |kinds: &[DifferenceKind]| by_kind.iter().all(|(it, _)| kinds.contains(it));
        let sku = self.items[item].sku.clone();
        use DifferenceKind as Kind;
        if only(&[Kind::UnexplainedLoss, Kind::UnexplainedGain, Kind::FirstSeen]) {
            let book = self.shop.cell(&sku, "L").sellable;
            // Only where nothing moved since: then the count of now is that of then.
            let ours: i64 = {
                let it = &self.items[item];
                it.causes.iter().filter(|it| it.ours <= at.as_of).map(|it| it.units).sum()
            };
            if book != ours {
                self.watched[item].sightings = 1;
                return;
            }
            let counted = book + apart;
            let line = json!([{ "sku": sku, "quantity": counted }]);
            let count = json!({ "location": "L", "counted_at": minute(at.as_of), "lines": line });
            self.shop.ask(json!({ "count_stock": count })).unwrap();
            self.cause(item, by_kind[0].0, apart, NEVER, at.as_of);
        } else if only(&[Kind::SilentRestock]) && apart > 0 {
            let line = json!([{ "sku": sku, "passed": apart }]);
            let inspect = json!({ "inspect_stock": { "location": "L", "lines": line } });
            if self.shop.ask(inspect).is_ok() {
                self.cause(item, Kind::SilentRestock, apart, NEVER, self.now);
            }
        }
    }

    pub fn rename(&mut self, item: usize) {
        if !self.watched[item].nameless {
            self.items[item].code = format!("{}N", self.items[item].code);
            self.watched[item].nameless = true;
        }
    }

    /// What is not named any more may be so few that it settles itself.
    pub fn note_gone(
        &mut self,
        at: Counting,
        said: &SnapshotRecorded,
        reported: &[Option<Option<i64>>; ITEMS],
    ) {
        for line in &said.counted {
            let item = self.items.iter().position(|it| it.sku == line.sku.as_str()).unwrap();
            if reported[item].is_none() || self.watched[item].nameless {
                let units = line.counted as i64 - line.book;
                self.cause(item, DifferenceKind::VanishedSku, units, NEVER, at.as_of);
            }
        }
    }

    /// What became of codes that nobody knows: somebody says in the end what they mean.
    pub fn see_renamed(
        &mut self,
        at: Counting,
        complete: bool,
        said: &SnapshotRecorded,
        reported: &[Option<Option<i64>>; ITEMS],
    ) {
        for (item, theirs) in reported.iter().enumerate() {
            if !self.watched[item].nameless || theirs.is_none() {
                continue;
            }
            let it = &self.items[item];
            let code = Sku::new(&it.code).unwrap();
            let found = said
                .found
                .iter()
                .find(|found| found.supplier_sku.as_ref() == Some(&code) && found.sku.is_none());
            if let Some(found) = found.filter(|_| complete) {
                self.tally.renamed += 1;
                let first = found.suggestions.first();
                self.tally.suggested +=
                    u64::from(first.is_some_and(|first| first.sku.as_str() == it.sku));
            }
            let number = self.shop.item(&it.sku);
            let gone = self.shop.ledger.item(number).supplied.as_ref();
            let gone = gone.and_then(|it| it.said_by(FeedNo(0))).map_or(0, |it| it.missing);
            if gone < 2 && !self.dice.percent(30) {
                continue;
            }
            if gone == 2 {
                self.judge_vanished(item, at);
            }
            let open = self.shop.ledger.open_unknown(SupplierNo(0), &code);
            let it = &self.items[item];
            let line = json!({ "supplier_sku": it.code, "sku": it.sku, "pack": it.pack });
            let former = it.code.strip_suffix('N').unwrap_or(&it.code);
            self.shop.fact(json!({ "supplier_sku_mapped": {
                "supplier": "S", "lines": [{ "supplier_sku": former }, line],
                "settled": open.into_iter().collect::<Vec<u64>>() } }));
            self.watched[item].nameless = false;
        }
    }

    fn judge_vanished(&mut self, item: usize, at: Counting) {
        let it = &self.items[item];
        let there: i64 = it.causes.iter().filter(|it| it.ours <= at.as_of).map(|it| it.units).sum();
        let open = self.open_difference(item);
        if there > TOLERANCE {
            let verdict = open.map(|it| it.kind);
            *self.tally.first.entry((DifferenceKind::VanishedSku, verdict)).or_default() += 1;
        }
    }
}

/// The kinds that make up most of a difference.
fn true_kinds(by_kind: &[(DifferenceKind, i64)], apart: i64) -> Vec<DifferenceKind> {
    let same = |units: &i64| apart == 0 || units.signum() == apart.signum();
    let most = by_kind.iter().map(|(_, it)| it).filter(|it| same(it)).map(|it| it.abs()).max();
    let kinds = by_kind.iter().filter(|(_, it)| same(it) && Some(it.abs()) == most);
    kinds.map(|(kind, _)| *kind).collect()
}
