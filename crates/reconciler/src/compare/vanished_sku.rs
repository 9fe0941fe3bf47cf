//! Items that a complete snapshot leaves out: missing at first, and none there in the end.
//!
//! `missing` counts the complete snapshots in a row that did not vouch for the item, be it that
//! they left the item out or its number open. It counts as gone with the first one that leaves it
//! out once that are `missing_after`.

use onhand_core::{DifferenceKind, Findings, ItemNo, Ledger, Said, SaidLine};

use super::budget::Budget;
use super::classify::Verdict;
use super::confidence::VANISHED;
use super::view::View;
use super::weigh::Balance;
use crate::{Head, Past, Surveyed};

/// What a complete snapshot leaves out, beginning with the item `from`: at most `most` items, and
/// where to go on. Of one that is not complete there is nothing to tell.
pub fn vanished(
    ledger: &Ledger,
    past: &dyn Past,
    head: &Head,
    survey: &Surveyed,
    budget: &mut Budget,
    from: ItemNo,
    most: usize,
) -> (Findings, Option<ItemNo>) {
    let view = View::new(ledger, past, head, survey);
    let mut findings = view.findings();
    if !head.complete {
        return (findings, None);
    }
    let mut told = 0;
    for number in from.0..ledger.items().len() as u32 {
        let item = ItemNo(number);
        let said = left_out(&view, item);
        if said.is_none() && !is_never_named(&view, item) {
            continue;
        }
        if told == most {
            return (findings, Some(item));
        }
        told += 1;
        miss(&view, budget, item, said, &mut findings);
    }
    (findings, None)
}

/// What was said before of an item that it should name and does not.
pub(super) fn left_out<'a>(view: &View<'a>, item: ItemNo) -> Option<&'a Said> {
    let said = view.said(item).filter(|it| it.as_of.is_some())?;
    (is_meant(view, Some(said)) && !view.survey.seen.has(item)).then_some(said)
}

fn is_meant(view: &View<'_>, said: Option<&Said>) -> bool {
    let place = said.map_or(0, |it| it.tier) as usize;
    let tier = view.feed.terms.tiers.get(place);
    view.head.tier.as_ref().is_none_or(|meant| tier.is_some_and(|it| it.tier == *meant))
}

/// The feed never named it, and the book has units of it there.
fn is_never_named(view: &View<'_>, item: ItemNo) -> bool {
    let said = view.said(item);
    said.is_none_or(|it| it.as_of.is_none())
        && view.cell(item).is_some_and(|it| it.sellable != 0)
        && is_meant(view, said)
        && !view.survey.seen.has(item)
        && !view.ledger.item(item).is_closed()
}

fn miss(
    view: &View<'_>,
    budget: &mut Budget,
    item: ItemNo,
    said: Option<&Said>,
    to: &mut Findings,
) {
    let enough = view.feed.terms.missing_after.max(1);
    let (before, again) = view.missed(item);
    let missing = (before + u64::from(!again)).min(enough.max(view.steps(item))).max(before);
    let gone = missing >= enough;
    let left = said.and_then(|it| it.quantity);
    let quantity = if gone { Some(0) } else { left };
    let sku = view.ledger.item(item).sku.clone();
    if (missing, quantity) != (before, left) {
        let next_restock_at = said.and_then(|it| it.next_restock_at);
        to.said.push(SaidLine { sku, quantity, next_restock_at, missing });
    }
    let known = view.ledger.item(item);
    if !gone || known.is_closed() || !known.mode().is_finite() || view.is_stale(item) {
        return;
    }
    let Some(balance) = Balance::of(view, item, 0) else { return };
    if balance.is_settled(view, to) {
        return;
    }
    let tolerance = &view.feed.terms.tolerance;
    let cost = balance.source(view).and_then(|it| it.unit_cost);
    let within = tolerance.allows(balance.theirs, balance.ours, cost);
    if within && budget.take(balance.apart()) {
        return balance.count(view, to);
    }
    balance.find(view, Verdict::of(DifferenceKind::VanishedSku, VANISHED), to);
}
