//! Items that a complete snapshot leaves out: missing at first, and none there in the end.

use onhand_core::{DifferenceKind, Findings, ItemNo, Ledger, Said, SaidLine};

use super::budget::{Budget, is_within};
use super::classify::Verdict;
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
        let Some(said) = left_out(&view, item) else { continue };
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
    let meant = view.head.tier.as_ref().is_none_or(|tier| {
        view.feed.terms.tiers.get(said.tier as usize).is_some_and(|it| it.tier == *tier)
    });
    (meant && !view.survey.seen.has(item)).then_some(said)
}

fn miss(view: &View<'_>, budget: &mut Budget, item: ItemNo, said: &Said, to: &mut Findings) {
    let enough = view.feed.terms.missing_after.max(1);
    let missing = (said.missing + 1).min(enough);
    let gone = missing == enough;
    let quantity = if gone { Some(0) } else { said.quantity };
    let sku = view.ledger.item(item).sku.clone();
    if (missing, quantity) != (said.missing, said.quantity) {
        to.said.push(SaidLine { sku, quantity, next_restock_at: said.next_restock_at, missing });
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
    let within = is_within(tolerance, balance.theirs, balance.ours, balance.source(view));
    if within && budget.take(balance.apart()) {
        return balance.count(view, to);
    }
    balance.find(view, Verdict::of(DifferenceKind::VanishedSku, 90), to);
}
