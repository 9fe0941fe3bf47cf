//! What a channel may still sell, and why that much.

use onhand_core::{
    ChannelId, ChannelNo, Claimant, ItemNo, Label, Ledger, LedgerId, LocationId, Mode, NOW, Offer,
    Pending, PoolId, ShelfTerms, Sku, Terms, Time,
};
use serde::{Serialize, Serializer};

use super::freshness::{FreshAt, fresh_at};
use super::stock::page_items;
use super::{Missing, Page};
use crate::projector::Projector;

/// Which availability to tell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AvailabilityQuery {
    pub channel: ChannelId,
    /// These, by SKU or alias; if empty all, page by page in the order of their registration.
    pub skus: Vec<Sku>,
    /// Behind this SKU; where all are told.
    pub after: Option<Sku>,
    pub limit: usize,
    /// The moment whose window is asked for, of items with capacity; now if not given.
    pub slot: Option<Time>,
    /// What the buyer may draw from pools with.
    pub campaign: Option<Label>,
    pub customer: Option<Label>,
}

/// A number of units, or no end to them. In JSON the number, or `"unlimited"`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Amount<T> {
    Units(T),
    Unlimited,
}

/// What to tell a channel of an item.
pub type Published = Amount<u64>;

impl<T> From<Option<T>> for Amount<T> {
    fn from(units: Option<T>) -> Amount<T> {
        units.map_or(Amount::Unlimited, Amount::Units)
    }
}

impl<T: Serialize> Serialize for Amount<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Amount::Units(units) => units.serialize(serializer),
            Amount::Unlimited => serializer.serialize_str("unlimited"),
        }
    }
}

/// One item on one channel, in base units: the sum over the channel's locations, with its terms.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AvailabilityRow {
    pub sku: Sku,
    pub channel: ChannelId,
    /// What a hold or commitment may take. Below zero where promises exceed the stock.
    pub available: Amount<i64>,
    /// What to tell the channel: never below zero.
    pub published: Published,
    /// How the item is counted, if not by its units.
    #[serde(skip_serializing_if = "Mode::is_finite")]
    pub mode: Mode,
    /// The terms of the formula; of a kit those of what is assembled.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub terms: Option<Terms>,
    /// In the order in which the channel draws on them. None for an item without shelves.
    pub locations: Vec<FreeAt>,
    /// Pools that serve the channel, the first to be drawn on first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub pools: Vec<OwnPool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kit: Option<KitRow>,
    /// How old the suppliers' numbers are, by location. Of a kit those of what is assembled.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub freshness: Vec<FreshAt>,
}

/// The terms of one location: `free = believed - committed - held - pooled - kept`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FreeAt {
    pub location: LocationId,
    pub sellable: i64,
    /// The part of what is sellable that counts.
    pub believed: i64,
    pub committed: i64,
    /// By holds that are live now.
    pub held: i64,
    /// Set aside in pools and not drawn.
    pub pooled: i64,
    /// Kept back as safety stock.
    pub kept: i64,
    pub free: i64,
}

/// A pool that serves the channel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct OwnPool {
    pub pool: PoolId,
    /// Units that can be drawn now: set aside, released, not drawn.
    pub own: i64,
    /// Units set aside and not drawn, released or not.
    pub left: i64,
}

/// What the parts of a kit allow.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct KitRow {
    /// Of the recipe.
    pub version: u64,
    pub parts: Vec<PartRow>,
}

/// One part of a kit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PartRow {
    pub sku: Sku,
    /// Units of it in one kit.
    pub need: u64,
    /// Units of it published on the channel.
    pub published: Published,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub freshness: Vec<FreshAt>,
}

impl Projector {
    /// What to tell a channel of an item now: one number, in as many steps however much is stored.
    ///
    /// # Errors
    /// Unknown ledger, channel or SKU.
    pub fn published(
        &self,
        ledger: &LedgerId,
        channel: &ChannelId,
        sku: &Sku,
    ) -> Result<Published, Missing> {
        let state = self.read();
        let known = state.known_ledger(ledger)?;
        let channel = known.channel_no(channel).ok_or(Missing::Channel)?;
        let item = known.item_no(sku).ok_or(Missing::Sku)?;
        let listed = state.listed.get(ledger);
        // Nothing is due: what is remembered is what the formula would say.
        let next_due = known.next_due();
        let is_settled = next_due.is_none_or(|at| at > self.now(known.time()));
        if let Some(number) = listed.filter(|_| is_settled).and_then(|it| it.get(item, channel)) {
            return Ok(Some(number).into());
        }
        let who = Claimant { channel: Some(channel), ..Claimant::default() };
        let offer = known.offer(item, &who, None, self.now(known.time()));
        if let (true, Some(listed), Some(number)) = (is_settled, listed, offer.published()) {
            listed.put(known, item, channel, number);
        }
        Ok(offer.published().into())
    }

    /// What is available of these items on a channel; with no items named, of all, page by page.
    ///
    /// # Errors
    /// Unknown ledger, channel or SKU.
    pub fn availability(
        &self,
        ledger: &LedgerId,
        channel: &ChannelId,
        skus: &[Sku],
        after: Option<&Sku>,
        limit: usize,
    ) -> Result<Page<AvailabilityRow, Sku>, Missing> {
        let query = AvailabilityQuery {
            channel: channel.clone(),
            skus: skus.to_vec(),
            after: after.cloned(),
            limit,
            slot: None,
            campaign: None,
            customer: None,
        };
        self.availability_for(ledger, &query)
    }

    /// As [`Projector::availability`], for a moment, a campaign, a customer.
    ///
    /// # Errors
    /// Unknown ledger, channel or SKU.
    pub fn availability_for(
        &self,
        ledger: &LedgerId,
        query: &AvailabilityQuery,
    ) -> Result<Page<AvailabilityRow, Sku>, Missing> {
        let state = self.read();
        let known = state.known_ledger(ledger)?;
        let channel = known.channel_no(&query.channel).ok_or(Missing::Channel)?;
        let (campaign, customer) = (query.campaign.as_ref(), query.customer.as_ref());
        let who = Claimant { channel: Some(channel), campaign, customer, region: None };
        let (slot, now) = (query.slot, self.now(known.time()));
        let asked = Asked { ledger: known, channel, who, slot, now };
        let (items, next) = page_items(known, &query.skus, query.after.as_ref(), query.limit)?;
        let rows = items.into_iter().map(|item| asked.row(item)).collect();
        Ok(Page { seen: self.seen(&state, known), rows, next })
    }
}

/// Who asks for what moment.
struct Asked<'a> {
    ledger: &'a Ledger,
    channel: ChannelNo,
    who: Claimant<'a>,
    slot: Option<Time>,
    now: Time,
}

impl Asked<'_> {
    fn row(&self, item: ItemNo) -> AvailabilityRow {
        let known = self.ledger.item(item);
        let offer = self.ledger.offer(item, &self.who, self.slot, self.now);
        let has_shelves = known.mode().is_finite() || known.recipe().is_some();
        AvailabilityRow {
            sku: known.sku.clone(),
            channel: self.ledger.channel(self.channel).id.clone(),
            available: offer.reservable().into(),
            published: offer.published().into(),
            mode: known.mode().clone(),
            terms: match offer {
                Offer::Unlimited => None,
                Offer::Units(terms) | Offer::Kit { assembled: terms, .. } => Some(terms),
            },
            locations: if has_shelves { self.locations(item) } else { Vec::new() },
            pools: self.pools(item),
            kit: self.kit(item),
            freshness: if has_shelves { self.freshness(item) } else { Vec::new() },
        }
    }

    fn freshness(&self, item: ItemNo) -> Vec<FreshAt> {
        let serving = self.ledger.serving(item, self.channel, NOW).iter();
        serving.filter_map(|at| fresh_at(self.ledger, item, *at, NOW, self.now)).collect()
    }

    fn locations(&self, item: ItemNo) -> Vec<FreeAt> {
        let serving = self.ledger.serving(item, self.channel, NOW).iter();
        let at = serving.map(|location| {
            let terms = self.ledger.shelf_terms(item, *location, self.now, &Pending::default());
            free_at(self.ledger.location(*location).id.clone(), &terms)
        });
        at.collect()
    }

    fn pools(&self, item: ItemNo) -> Vec<OwnPool> {
        let pools = self.ledger.pools_for(item, &self.who, self.now).into_iter();
        let own = pools.map(|number| {
            let pool = self.ledger.pool(number);
            OwnPool {
                pool: pool.id.clone(),
                own: self.ledger.own_in(number, item, self.now),
                left: pool.part(item).map_or(0, |it| it.units_left()),
            }
        });
        own.collect()
    }

    fn kit(&self, item: ItemNo) -> Option<KitRow> {
        let recipe = self.ledger.item(item).recipe()?;
        let part = |(part, need): &(ItemNo, u64)| PartRow {
            sku: self.ledger.item(*part).sku.clone(),
            need: *need,
            published: self
                .ledger
                .plain_offer(*part, &self.who, self.slot, self.now)
                .published()
                .into(),
            freshness: self.freshness(*part),
        };
        Some(KitRow { version: recipe.version, parts: recipe.parts.iter().map(part).collect() })
    }
}

pub(super) fn free_at(location: LocationId, terms: &ShelfTerms) -> FreeAt {
    FreeAt {
        location,
        sellable: terms.shelf.sellable,
        believed: terms.believed,
        committed: terms.shelf.committed,
        held: terms.shelf.held,
        pooled: terms.shelf.pooled,
        kept: terms.kept,
        free: terms.free,
    }
}
