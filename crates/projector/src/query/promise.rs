//! What can be promised by when, and the supply that is on its way.

use onhand_core::{
    ChannelId, ChannelNo, Claimant, Expected, ItemNo, Label, Ledger, LedgerId, LocationId, Mode,
    NOW, Offer, Sku, Time,
};
use serde::Serialize;

use super::freshness::{FreshOf, fresh_of};
use super::{Amount, Missing, Seen};
use crate::projector::Projector;

/// What can be promised of an item on a channel, by date.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PromiseBy {
    pub seen: Seen,
    pub sku: Sku,
    pub channel: ChannelId,
    /// Now, then at each moment at which more can be promised, up to `by` if that was asked.
    pub steps: Vec<PromiseStep>,
    /// How old the suppliers' numbers are that they rest on; of a kit those of its parts, too.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub freshness: Vec<FreshOf>,
}

/// What can be promised from a moment on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct PromiseStep {
    pub from: Time,
    pub quantity: Amount<u64>,
}

/// Which supply.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ExpectedQuery {
    pub sku: Option<Sku>,
    pub location: Option<LocationId>,
}

/// Supply on its way, the next to arrive first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ExpectedView {
    pub seen: Seen,
    pub rows: Vec<ExpectedRow>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ExpectedRow {
    pub inbound: Label,
    pub sku: Sku,
    pub location: LocationId,
    /// Units that have not arrived yet.
    pub left: u64,
    pub expected_at: Time,
    /// Percent.
    pub confidence: u64,
    /// Its moment has passed.
    pub late: bool,
    /// Position of the entry that last changed it.
    pub position: u64,
}

impl Projector {
    /// What can be promised of an item by date: now, and as supply arrives, each by its confidence.
    /// What the channel sells ahead is part of now.
    ///
    /// # Errors
    /// Unknown ledger, channel or SKU.
    pub fn promise_by(
        &self,
        ledger: &LedgerId,
        channel: &ChannelId,
        sku: &Sku,
        by: Option<Time>,
    ) -> Result<PromiseBy, Missing> {
        let state = self.read();
        let known = state.known_ledger(ledger)?;
        let number = known.channel_no(channel).ok_or(Missing::Channel)?;
        let item = known.item_no(sku).ok_or(Missing::Sku)?;
        let ahead = Ahead { ledger: known, channel: number, now: self.now(known.time()) };
        Ok(PromiseBy {
            seen: self.seen(&state, known),
            sku: known.item(item).sku.clone(),
            channel: channel.clone(),
            steps: ahead.steps(item, by),
            freshness: ahead.freshness(item),
        })
    }

    /// Supply on its way of an item, to a location, or all of it.
    ///
    /// # Errors
    /// Unknown ledger, SKU or location.
    pub fn expected(
        &self,
        ledger: &LedgerId,
        query: &ExpectedQuery,
    ) -> Result<ExpectedView, Missing> {
        let state = self.read();
        let known = state.known_ledger(ledger)?;
        let item = query.sku.as_ref().map(|it| known.item_no(it).ok_or(Missing::Sku));
        let at = query.location.as_ref();
        let at = at.map(|it| known.location_no(it).ok_or(Missing::Location)).transpose()?;
        let items = match item.transpose()? {
            Some(item) => item.0..item.0 + 1,
            None => 0..known.items().len() as u32,
        };
        let now = self.now(known.time());
        let all = items.map(ItemNo).flat_map(|item| {
            known.item(item).expected().iter().map(move |expected| (item, expected))
        });
        let here = all.filter(|(_, it)| at.is_none_or(|at| at == it.location));
        let mut rows: Vec<ExpectedRow> =
            here.filter_map(|(item, it)| row(known, item, it, now)).collect();
        rows.sort_by_key(|it| it.expected_at);
        Ok(ExpectedView { seen: self.seen(&state, known), rows })
    }
}

fn row(ledger: &Ledger, item: ItemNo, expected: &Expected, now: Time) -> Option<ExpectedRow> {
    let (position, supply) = expected.supply.last().filter(|(_, it)| it.left > 0)?;
    Some(ExpectedRow {
        inbound: expected.inbound.clone(),
        sku: ledger.item(item).sku.clone(),
        location: ledger.location(expected.location).id.clone(),
        left: supply.left,
        expected_at: supply.expected_at,
        confidence: supply.confidence,
        late: supply.expected_at <= now,
        position,
    })
}

/// A channel, seen from now.
struct Ahead<'a> {
    ledger: &'a Ledger,
    channel: ChannelNo,
    now: Time,
}

impl Ahead<'_> {
    fn steps(&self, item: ItemNo, by: Option<Time>) -> Vec<PromiseStep> {
        let mut moments = self.moments(item);
        moments.retain(|it| *it > self.now && by.is_none_or(|by| *it <= by));
        moments.sort_unstable();
        moments.dedup();
        let mut steps = vec![self.step(item, self.now, None)];
        for moment in moments {
            let step = self.step(item, moment, Some(moment));
            if steps.last().is_none_or(|last| last.quantity != step.quantity) {
                steps.push(step);
            }
        }
        steps
    }

    /// The item, and the parts of a kit.
    fn with_parts(&self, item: ItemNo) -> impl Iterator<Item = ItemNo> {
        let recipe = self.ledger.item(item).recipe();
        let parts = recipe.into_iter().flat_map(|it| it.parts.iter().map(|(part, _)| *part));
        std::iter::once(item).chain(parts)
    }

    /// Where the channel draws on. An item that is not counted rests on no numbers.
    fn freshness(&self, item: ItemNo) -> Vec<FreshOf> {
        let rests = |it: &ItemNo| {
            let known = self.ledger.item(*it);
            known.mode().is_finite() || known.recipe().is_some()
        };
        let all = self.with_parts(item).filter(rests).flat_map(|item| {
            let serving = self.ledger.serving(item, self.channel, NOW).iter().copied();
            fresh_of(self.ledger, item, serving, self.now)
        });
        all.collect()
    }

    /// When supply of the item, or of the parts of a kit, arrives where the channel draws on.
    fn moments(&self, item: ItemNo) -> Vec<Time> {
        let mut moments = Vec::new();
        for item in self.with_parts(item) {
            let serving = self.ledger.serving(item, self.channel, NOW);
            let expected = self.ledger.item(item).expected().iter();
            let here = expected.filter(|it| serving.contains(&it.location));
            moments.extend(here.filter_map(|it| it.supply.now()).map(|it| it.expected_at));
        }
        moments
    }

    fn step(&self, item: ItemNo, from: Time, arrived: Option<Time>) -> PromiseStep {
        let quantity = self.offer(item, arrived).reservable();
        let quantity = quantity.map(|units| u64::try_from(units).unwrap_or(0));
        PromiseStep { from, quantity: quantity.into() }
    }

    /// What there is once all has arrived that is expected by then.
    fn offer(&self, item: ItemNo, arrived: Option<Time>) -> Offer {
        let who = Claimant { channel: Some(self.channel), ..Claimant::default() };
        let by = arrived.unwrap_or_default();
        let terms = |item| self.ledger.terms_by(item, &who, self.now, by);
        let plain = |item| match self.ledger.item(item).mode() {
            Mode::Unlimited => Offer::Unlimited,
            Mode::Finite | Mode::Capacity(_) => Offer::Units(terms(item)),
        };
        let Some(recipe) = self.ledger.item(item).recipe() else { return plain(item) };
        let parts = recipe.parts.iter().map(|(part, need)| {
            let offer = plain(*part);
            (offer.reservable(), offer.published(), *need)
        });
        Offer::of_kit(terms(item), parts)
    }
}
