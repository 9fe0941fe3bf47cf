//! Snapshots of a history: what the supplier's files say, good and bad.

use onhand_core::*;
use onhand_reconciler::{Head, Line, compare_whole};

use crate::history::{Flaws, History, ITEMS, MISSING_PERCENT};
use crate::shop::minute;
use crate::world::Counting;

impl History {
    pub fn hear(&mut self, counting: Counting, flaws: [Flaws; ITEMS]) {
        if self.dice.percent(8) {
            self.hear_damaged(counting);
        }
        let complete = self.dice.percent(80);
        let mut lines = Vec::new();
        let mut reported = [None; ITEMS];
        for item in 0..ITEMS {
            if !complete && self.dice.percent(30) {
                continue;
            }
            if flaws[item].renamed {
                self.rename(item);
            }
            let (line, theirs) = self.line(item, counting, flaws[item]);
            reported[item] = Some(theirs);
            lines.push(line);
        }
        let head = self.head(counting, complete);
        let has_number = |it: usize| matches!(reported[it], Some(Some(_)));
        let gappy = complete && self.is_suspicious(has_number, true);
        let name = format!("S{}", counting.as_of);
        let recorded = self.record(&name, &head, &lines);
        if recorded.outcome != SnapshotOutcome::Applied {
            self.tally.gappy += u64::from(gappy);
            self.tally.held_wrongly += u64::from(!gappy);
            return;
        }
        self.tally.snapshots += 1;
        self.tally.lines += lines.len() as u64;
        for (item, theirs) in reported.iter().enumerate() {
            if let Some(theirs) = theirs {
                self.judge(item, counting, *theirs, &recorded);
            }
        }
        self.note_gone(counting, &recorded, &reported);
        self.see_renamed(counting, complete, &recorded, &reported);
        if self.dice.percent(8) {
            self.hear_late(counting, &lines);
        }
    }

    fn head(&self, counting: Counting, complete: bool) -> Head {
        let mut head = self.shop.head(minute(counting.as_of));
        head.complete = complete;
        head.orders_seen_through = counting.seen.map(minute);
        head
    }

    fn record(&mut self, name: &str, head: &Head, lines: &[Line]) -> Box<SnapshotRecorded> {
        let findings = compare_whole(&self.shop.ledger, &self.shop, head, lines, false).unwrap();
        self.shop.record_snapshot(name, head, findings).unwrap()
    }

    /// The first few lines of a file that claims to be complete.
    fn hear_damaged(&mut self, counting: Counting) {
        let lines: Vec<Line> = (0..3).map(|it| self.plain_line(it, counting)).collect();
        let head = self.head(Counting { as_of: counting.as_of - 1, ..counting }, true);
        let said = self.items.iter().any(|it| {
            let item = self.shop.ledger.item(self.shop.item(&it.sku));
            item.supplied.as_ref().is_some_and(|it| !it.said.is_empty())
        });
        let few = !self.is_suspicious(|it| it < 3, false);
        let recorded = said.then(|| self.record(&format!("D{}", counting.as_of), &head, &lines));
        if let Some(recorded) = recorded {
            self.tally.damaged += 1;
            self.tally.few += u64::from(few);
            self.tally.held += u64::from(recorded.outcome == SnapshotOutcome::Held);
        }
    }

    /// Whether a complete file that gives numbers of these leaves out enough of what was ever named
    /// to be suspicious: five items, and more than the feed's terms let pass. What was left open
    /// before may be so again, where the file has its line.
    fn is_suspicious(&self, has_number: impl Fn(usize) -> bool, is_there: bool) -> bool {
        let (mut known, mut left_out) = (0, 0);
        for (place, it) in self.items.iter().enumerate() {
            let item = self.shop.ledger.item(self.shop.item(&it.sku));
            let said = item.supplied.as_ref().and_then(|it| it.said_by(FeedNo(0)));
            let Some(said) = said.filter(|it| it.as_of.is_some() && it.missing == 0) else {
                continue;
            };
            let means = !self.watched[place].nameless;
            let is_named = has_number(place) || is_there && said.quantity.is_none();
            known += 1;
            left_out += u64::from(!(means && is_named));
        }
        left_out >= 5 && left_out * 100 > known * MISSING_PERCENT
    }

    /// The same lines once more under another name, of a moment before.
    fn hear_late(&mut self, counting: Counting, lines: &[Line]) {
        let before = self.shop.ledger.clone();
        let head = self.head(Counting { as_of: counting.as_of - 200, ..counting }, false);
        let recorded = self.record(&format!("L{}", counting.as_of), &head, lines);
        assert_eq!(recorded.outcome, SnapshotOutcome::OutOfOrder);
        assert!(
            recorded.said.is_empty() && recorded.found.is_empty() && recorded.counted.is_empty()
        );
        for it in &self.items {
            let item = self.shop.item(&it.sku);
            assert_eq!(before.item(item), self.shop.ledger.item(item));
        }
        self.tally.late += 1;
    }

    fn plain_line(&self, item: usize, counting: Counting) -> Line {
        let it = &self.items[item];
        let number = it.number(counting).max(0) / it.pack;
        let code = it.code.as_str().into();
        Line { line: item as u64 + 1, code, quantity: Some(number as u64), ..Line::default() }
    }

    /// What the file says of the item, and what that is in our units.
    fn line(&mut self, item: usize, counting: Counting, flaws: Flaws) -> (Line, Option<i64>) {
        let mut line = self.plain_line(item, counting);
        let pack = self.items[item].pack;
        let mut number = line.quantity.unwrap_or(0) as i64;
        if flaws.blank {
            line.quantity = None;
            return (line, None);
        }
        // They send whole packs where we count pieces, or pieces where we count packs.
        let packs = [6, 10, 12, 24].into_iter().filter(|it| number % it == 0 && number / it > 1);
        let packs: Vec<i64> = packs.collect();
        if flaws.wrong_pack && pack > 1 {
            number *= pack;
        } else if flaws.wrong_pack && !packs.is_empty() {
            number /= self.dice.of(&packs);
        }
        line.quantity = Some(number as u64);
        (line, Some(number * pack))
    }
}
