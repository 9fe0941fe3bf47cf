//! The history of an item together with that of the items that were merged into it.

use onhand_core::{ItemNo, Ledger};

use super::{Figures, Holder, ItemLog, LedgerLog, Record, Stretch};

/// A record, with the figures before and after it of every holder that it changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// The item whose log it is of.
    pub item: ItemNo,
    pub record: Record,
    pub figures: Vec<(Holder, Figures, Figures)>,
}

/// The item, then all that were merged into it, directly or not.
pub fn united(ledger: &Ledger, item: ItemNo) -> Vec<ItemNo> {
    let mut all = vec![item];
    let mut next = 0;
    while let Some(item) = all.get(next) {
        all.extend_from_slice(ledger.merged(*item));
        next += 1;
    }
    all
}

/// Records of all these items, newest first; those of one position stand together.
pub fn records<'a>(
    log: Option<&'a LedgerLog>,
    items: &[ItemNo],
) -> impl Iterator<Item = Vec<(ItemNo, Record)>> + 'a {
    let walk = |(item, log): (ItemNo, &'a ItemLog)| {
        let records = log.stretches().flat_map(|stretch| stretch.records.into_iter().rev());
        records.map(move |record| (item, record))
    };
    newest_first(logs(log, items).map(walk).collect(), |(_, record)| record.position)
}

/// As [`records`], with figures, before the position `before`.
pub fn steps<'a>(
    log: Option<&'a LedgerLog>,
    items: &[ItemNo],
    before: Option<u64>,
) -> impl Iterator<Item = Vec<Step>> + 'a {
    let before = before.unwrap_or(u64::MAX);
    let walk = |(item, log): (ItemNo, &'a ItemLog)| {
        let old = move |it: &Stretch| it.records.first().is_some_and(|it| it.position < before);
        let steps = log.stretches().filter(old).flat_map(move |it| walk_back(item, it));
        steps.filter(move |step| step.record.position < before)
    };
    newest_first(logs(log, items).map(walk).collect(), |step| step.record.position)
}

fn logs<'a>(
    log: Option<&'a LedgerLog>,
    items: &[ItemNo],
) -> impl Iterator<Item = (ItemNo, &'a ItemLog)> {
    items.iter().filter_map(move |item| Some((*item, log?.item(*item)?)))
}

/// The steps of a stretch, newest first.
fn walk_back(item: ItemNo, stretch: Stretch) -> Vec<Step> {
    let mut now = stretch.after();
    let mut step = |record: Record| {
        let mut figures = Vec::with_capacity(record.changes.len());
        for change in &record.changes {
            if let Some((_, known)) = now.iter_mut().find(|(holder, _)| *holder == change.at) {
                let after = *known;
                *known -= change.by;
                figures.push((change.at, *known, after));
            }
        }
        Step { item, record, figures }
    };
    stretch.records.into_iter().rev().map(&mut step).collect()
}

/// Merges walks that each go from new to old; what has one position comes together.
fn newest_first<T>(
    walks: Vec<impl Iterator<Item = T>>,
    position: impl Fn(&T) -> u64,
) -> impl Iterator<Item = Vec<T>> {
    let mut walks: Vec<_> = walks.into_iter().map(Iterator::peekable).collect();
    std::iter::from_fn(move || {
        let newest = walks.iter_mut().filter_map(|it| it.peek().map(&position)).max()?;
        let of_newest = |it: &T| position(it) == newest;
        Some(walks.iter_mut().filter_map(|it| it.next_if(of_newest)).collect())
    })
}
