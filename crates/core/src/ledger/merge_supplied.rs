//! What suppliers and channels say of an item that is merged into another, they say of that one.

use super::evolve::Recorded;
use super::record_supply::DiscrepancyEnd;
use super::{ItemNo, Ledger};

impl Ledger {
    /// Both items are touched already, and the names of the one mean the other. What the other is
    /// said to have stands: it is said anew of both together with the next numbers.
    pub(super) fn merge_supplied(&mut self, from: ItemNo, into: ItemNo) -> Recorded {
        let Some(gone) = &mut self.items[from.0 as usize].supplied else { return Ok(()) };
        let (sources, listed) = (std::mem::take(&mut gone.sources), gone.listed.clone());
        let (said, open) = (gone.said.clone(), std::mem::take(&mut gone.open));
        let doubts: Vec<_> = gone.doubts.iter().map(|it| it.location).collect();
        for source in &sources {
            let code = (source.supplier, source.code.clone());
            self.unmean(&code, from);
            self.mean(code, into);
        }
        let kept = self.items[into.0 as usize].supplied_mut();
        kept.sources.extend(sources);
        for it in said {
            if kept.said_by(it.feed).is_none() {
                kept.said.push(it);
            }
        }
        for it in listed {
            if kept.listed.iter().all(|known| known.channel != it.channel) {
                kept.listed.push(it);
            }
        }
        for number in open {
            self.merge_open(number, into)?;
        }
        for at in doubts {
            let location = self.location(at).id.clone();
            self.set_doubt(from, at, &location);
        }
        Ok(())
    }

    /// An open difference is about the other item now, unless the same witness has one about it.
    fn merge_open(&mut self, number: u64, into: ItemNo) -> Recorded {
        let known = self.discrepancy(number).ok_or("names an unknown difference")?;
        if self.in_place_of(known).is_some() {
            return self.end_discrepancy(number, DiscrepancyEnd::Cleared);
        }
        let location = known.difference.location.clone();
        self.items[into.0 as usize].supplied_mut().open.push(number);
        let Some(location) = location else { return Ok(()) };
        let at = self.stored_location(&location)?;
        self.set_doubt(into, at, &location);
        Ok(())
    }
}
