//! What may settle itself, and how much of it in a day.

use onhand_core::Ledger;

use crate::Head;

/// Units that may still settle themselves today.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Budget {
    /// None: there is no bound.
    left: Option<u64>,
}

const DAY_US: u64 = 24 * 60 * 60 * 1_000_000;

impl Budget {
    pub fn new(ledger: &Ledger, head: &Head) -> Budget {
        let feed = ledger.feed(head.feed);
        let (day, settled) = feed.settled;
        let today = if day == head.now.as_us() / DAY_US { settled } else { 0 };
        let most = feed.terms.tolerance.daily_units;
        Budget { left: most.map(|it| it.saturating_sub(today)) }
    }

    /// Takes all of it or nothing.
    pub(super) fn take(&mut self, units: u64) -> bool {
        match &mut self.left {
            None => true,
            Some(left) if *left >= units => {
                *left -= units;
                true
            }
            Some(_) => false,
        }
    }
}
