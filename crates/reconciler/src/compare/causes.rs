//! What may make their number differ from ours: what one side has booked and the other not.

use onhand_core::{Basis, DifferenceKind, LocationNo, Time};

use super::view::View;
use super::weigh::Balance;
use crate::PastEvent;

/// Something that would make the numbers differ by so many units, theirs less ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Cause {
    pub kind: DifferenceKind,
    pub units: i64,
    /// Of the entry that tells of it.
    pub position: u64,
}

/// All of them, by how they work.
#[derive(Clone, Debug, Default)]
pub(super) struct Causes {
    /// Each happened as a whole or not at all.
    pub whole: Vec<Cause>,
    /// Any part of each may have happened.
    pub part: Vec<Cause>,
    /// Booked by us shortly before, newest first: whoever lags behind misses a first few of them.
    pub lagging: Vec<Cause>,
    /// Booked by us after, oldest first: whoever is ahead knew a first few of them.
    pub ahead: Vec<Cause>,
    /// What somebody of ours corrected there.
    pub corrections: Vec<Cause>,
}

const MINUTE_US: u64 = 60 * 1_000_000;
const DAY_US: u64 = 24 * 60 * MINUTE_US;
/// A supplier's numbers lag behind by no longer than they are apart, within these bounds.
const LAG_MINUTES: (u64, u64) = (30, 240);
/// For so long it may take somebody to notice goods that came.
const NOTICE_DAYS: u64 = 14;
/// For so long goods that customers returned may lie before they are sold again.
const RETURN_DAYS: u64 = 60;
/// So long before its time supply may arrive.
const EARLY_DAYS: u64 = 3;

pub(super) fn causes(view: &View<'_>, balance: &Balance<'_>) -> Causes {
    Search::new(view, balance).causes()
}

struct Search<'a> {
    view: &'a View<'a>,
    balance: &'a Balance<'a>,
    location: LocationNo,
    /// All that happened there until then is in a count already.
    counted_at: Option<Time>,
    /// From here on they may have missed what we booked.
    unseen: Time,
    /// Both numbers were the same then: they knew all that we had booked.
    agreed_at: Option<Time>,
    found: Causes,
}

impl<'a> Search<'a> {
    fn new(view: &'a View<'a>, balance: &'a Balance<'a>) -> Search<'a> {
        let tier = view.said(balance.item).map_or(0, |it| it.tier as usize);
        let every = view.feed.terms.tiers.get(tier).map_or(0, |it| it.every_minutes);
        let lag = every.clamp(LAG_MINUTES.0, LAG_MINUTES.1);
        let as_of = view.head.as_of;
        let unseen = before(as_of, lag * MINUTE_US);
        let unseen = view.head.orders_seen_through.map_or(unseen, |it| it.min(unseen));
        Search {
            view,
            balance,
            location: view.feed.location,
            counted_at: view.counted_at(balance.item),
            unseen,
            agreed_at: agreed_at(view, balance),
            found: Causes::default(),
        }
    }

    fn causes(mut self) -> Causes {
        let since = before(self.view.head.as_of, RETURN_DAYS * DAY_US);
        let mut events = self.view.events(self.balance.item, since);
        events.sort_by_key(|it| (it.occurred_at, it.position));
        events.reverse();
        self.orders_not_known_to_be_shipped(&events);
        self.goods_in_quality_control(&events);
        for event in &events {
            let counted = self.counted_at.is_some_and(|it| event.occurred_at <= it);
            if !counted {
                match event.location == self.location {
                    true => self.event_here(event),
                    false => self.event_elsewhere(event),
                }
            }
        }
        self.expected_supply();
        self.found.ahead.reverse();
        self.found
    }

    /// What an entry there changes of what we expect them to say.
    fn event_here(&mut self, event: &PastEvent) {
        let after = self.view.head.basis == Basis::AfterOurOrders;
        // Committed and shipped units are off their number as soon as they know of the order.
        let units = event.sellable - if after { event.committed } else { 0 };
        let Some(kind) = kind_here(event.kind) else {
            return self.correction(event);
        };
        if units == 0 {
            return;
        }
        let position = event.position;
        let is_order = after && event.committed > 0;
        let seen_through = self.view.head.orders_seen_through.filter(|_| is_order);
        let mark = seen_through.unwrap_or(self.view.head.as_of);
        if event.occurred_at > mark {
            let kind =
                if event.kind == "stock_returned" { DifferenceKind::SilentRestock } else { kind };
            let cause = Cause { kind, units, position };
            self.found.ahead.push(cause);
            self.found.whole.push(cause);
        } else if (event.occurred_at > self.unseen.min(mark) || self.is_slow(event))
            && self.may_be_missed(event, -units)
        {
            let cause = Cause { kind, units: -units, position };
            self.found.lagging.push(cause);
            self.found.whole.push(cause);
        }
        // Which orders they were given is known, but not which of them they took off.
        if is_order && seen_through.is_none() && self.view.survey.handed.is_some() {
            let kind = DifferenceKind::InFlight;
            self.found.whole.push(Cause { kind, units, position });
        }
    }

    /// Not if both sides agreed since, or if a difference that was there is none of it.
    fn may_be_missed(&self, event: &PastEvent, units: i64) -> bool {
        let Some(open) = self.balance.open.map(|it| &it.difference) else {
            return self.agreed_at.is_none_or(|it| event.occurred_at > it);
        };
        let apart = open.theirs.map_or(0, |it| it - open.ours);
        match event.occurred_at > open.as_of {
            // Where they had just so much more, what we booked since is what they had.
            true => apart != self.balance.difference() && apart != -units,
            // It was there when the difference was found, and explained it or not.
            false if apart == self.balance.difference() => {
                open.explained_by.contains(&event.position)
            }
            false => apart.signum() == units.signum() && apart.abs() >= units.abs(),
        }
    }

    /// Goods that we booked as arrived there, and that they have not unpacked yet.
    fn is_slow(&self, event: &PastEvent) -> bool {
        kind_here(event.kind) == Some(DifferenceKind::UnacknowledgedReceipt)
            && event.sellable > 0
            && event.occurred_at >= before(self.view.head.as_of, NOTICE_DAYS * DAY_US)
    }

    fn correction(&mut self, event: &PastEvent) {
        if event.sellable == 0 || event.occurred_at > self.view.head.as_of {
            return;
        }
        let kind = match event.sellable > 0 {
            true => DifferenceKind::UnexplainedLoss,
            false => DifferenceKind::UnexplainedGain,
        };
        let (units, position) = (-event.sellable, event.position);
        self.found.corrections.push(Cause { kind, units, position });
    }

    /// Returns that went elsewhere, and goods that were sent there.
    fn event_elsewhere(&mut self, event: &PastEvent) {
        if event.occurred_at > self.view.head.now {
            return;
        }
        let position = event.position;
        let came = event.sellable + event.quality_control;
        match event.kind {
            "stock_returned" if came > 0 => {
                let kind = DifferenceKind::SilentRestock;
                self.found.whole.push(Cause { kind, units: came, position });
            }
            "stock_returned_to_supplier" if came < 0 => {
                let kind = DifferenceKind::SilentRestock;
                self.found.whole.push(Cause { kind, units: -came, position });
            }
            "transfer_started" if came < 0 => {
                let coming = self.view.survey.coming.get(&self.balance.item).copied();
                let units = (-came).min(coming.unwrap_or(0) as i64);
                if units > 0 {
                    let kind = DifferenceKind::UnacknowledgedReceipt;
                    self.found.part.push(Cause { kind, units, position });
                }
            }
            _ => {}
        }
    }

    /// Orders that may have left without our knowing: the newest that are still committed.
    fn orders_not_known_to_be_shipped(&mut self, events: &[PastEvent]) {
        if self.view.head.basis == Basis::AfterOurOrders {
            return;
        }
        let mut open = self.balance.committed;
        let as_of = self.view.head.as_of;
        for event in events {
            let here = event.location == self.location && event.occurred_at <= as_of;
            let here = here && self.same_since().is_none_or(|it| event.occurred_at <= it);
            if open <= 0 || !here || event.committed <= 0 {
                continue;
            }
            let units = event.committed.min(open);
            open -= units;
            let (kind, position) = (DifferenceKind::InFlight, event.position);
            self.found.whole.push(Cause { kind, units: -units, position });
        }
    }

    /// The difference was the same then already: what came later does not explain it.
    fn same_since(&self) -> Option<Time> {
        let open = self.balance.open.map(|it| &it.difference)?;
        let same = open.theirs.map(|it| it - open.ours) == Some(self.balance.difference());
        same.then_some(open.as_of)
    }

    /// Goods that lie there and wait to be looked at may be for sale already.
    fn goods_in_quality_control(&mut self, events: &[PastEvent]) {
        let mut left = self.view.cell(self.balance.item).map_or(0, |it| it.quality_control);
        for event in events {
            if left <= 0 {
                return;
            }
            if event.location != self.location || event.quality_control <= 0 {
                continue;
            }
            let units = event.quality_control.min(left);
            left -= units;
            let kind = match event.kind {
                "stock_returned" => DifferenceKind::SilentRestock,
                _ => DifferenceKind::UnacknowledgedReceipt,
            };
            self.found.part.push(Cause { kind, units, position: event.position });
        }
    }

    fn expected_supply(&mut self) {
        let by = self.view.head.as_of.plus_seconds(EARLY_DAYS * 24 * 60 * 60);
        let expected = self.view.ledger.item(self.balance.item).expected();
        for it in expected.iter().filter(|it| it.location == self.location) {
            let Some((position, supply)) = it.supply.last() else { continue };
            if supply.left > 0 && supply.expected_at <= by {
                let (kind, units) = (DifferenceKind::UnacknowledgedReceipt, supply.left as i64);
                self.found.part.push(Cause { kind, units, position });
            }
        }
    }
}

/// When it last was as in the book: what is not open agrees. A complete snapshot said it anew.
fn agreed_at(view: &View<'_>, balance: &Balance<'_>) -> Option<Time> {
    let said = view.said(balance.item)?;
    if balance.open.is_some() || said.quantity.is_none() || said.missing > 0 {
        return None;
    }
    let last = view.feed.last.as_ref().filter(|it| it.complete && it.tier.is_none());
    said.as_of.max(last.map(|it| it.as_of))
}

fn before(time: Time, us: u64) -> Time {
    Time(time.as_us().saturating_sub(us))
}

/// What it is if only one side has booked such an entry. None: it corrects the book, which tells
/// of no goods that move.
fn kind_here(kind: &str) -> Option<DifferenceKind> {
    match kind {
        "order_committed"
        | "order_cancelled"
        | "order_shipped"
        | "order_relocated"
        | "transfer_started"
        | "transfer_cancelled"
        | "stock_returned_to_supplier"
        | "kit_assembled"
        | "kit_disassembled"
        | "handover_confirmed"
        | "hold_released"
        | "hold_expired" => Some(DifferenceKind::InFlight),
        "stock_received" | "transfer_received" | "stock_inspected" | "stock_returned" => {
            Some(DifferenceKind::UnacknowledgedReceipt)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Entries that change no goods, or correct what the book says of them.
    const OTHERS: [&str; 39] = [
        "item_registered",
        "alias_added",
        "location_registered",
        "location_closed",
        "channel_registered",
        "channel_changed",
        "stock_held",
        "hold_extended",
        "stock_damaged",
        "stock_written_off",
        "condition_changed",
        "stock_counted",
        "stock_adjusted",
        "entry_reversed",
        "item_renamed",
        "items_merged",
        "item_closed",
        "mode_set",
        "policy_set",
        "pool_opened",
        "tranche_released",
        "pool_moved",
        "pool_closed",
        "pool_shrunk",
        "kit_defined",
        "stock_expected",
        "supplier_set",
        "supplier_sku_mapped",
        "feed_set",
        "tier_assigned",
        "feed_stepped",
        "snapshot_recorded",
        "snapshot_judged",
        "discrepancy_settled",
        "stocktake_recorded",
        "stock_listed",
        "stock_heard",
        "orders_handed_over",
        "handover_missed",
    ];

    /// What each kind of entry tells is decided by somebody, not by default: a new one stands here
    /// or in `kind_here`.
    #[test]
    fn every_kind_of_entry_is_sorted_and_every_name_is_one() {
        let source = include_str!("../../../core/src/fact.rs");
        let (_, names) = source.split_once("pub fn kind(&self)").unwrap();
        let (names, _) = names.split_once("\n    }\n").unwrap();
        let kinds: Vec<&str> = names.split('"').skip(1).step_by(2).collect();
        for kind in &kinds {
            let is_other = OTHERS.contains(kind);
            assert!(is_other != kind_here(kind).is_some(), "{kind} stands in no class, or in both");
        }
        let here = kinds.iter().filter(|it| kind_here(it).is_some()).count();
        assert_eq!((here, kinds.len()), (16, 16 + OTHERS.len()));
    }
}
