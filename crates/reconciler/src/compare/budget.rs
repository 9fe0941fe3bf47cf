//! What may settle itself, and how much of it in a day.

use onhand_core::{Ledger, Source, Tolerance};

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

/// Whether a difference is too small to bother anybody. Where nothing is said, none is.
pub(super) fn is_within(
    tolerance: &Tolerance,
    theirs: i64,
    ours: i64,
    source: Option<&Source>,
) -> bool {
    let apart = u128::from(theirs.abs_diff(ours));
    let book = u128::from(u64::try_from(ours).unwrap_or(0));
    let cost = source.and_then(|it| it.unit_cost).map(u128::from);
    let units = tolerance.units.map(|it| apart <= u128::from(it));
    let percent = tolerance.percent.map(|it| apart * 100 <= book * u128::from(it));
    let value = tolerance.value.map(|most| cost.is_some_and(|it| apart * it <= u128::from(most)));
    let mut said = [units, percent, value].into_iter().flatten().peekable();
    said.peek().is_some() && said.all(|it| it)
}
