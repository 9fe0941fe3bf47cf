//! From a moment to the answer, by the one formula.

use onhand_core::{
    ChannelNo, ItemNo, LocationNo, Mode, Offer, Own, Shelf, ShelfRules, ShelfTerms, Sum, Terms,
};

use super::EntryLink;
use super::behind::{Behind, Figure, Links, Past, entry_link};
use super::moment::{Moment, PoolState, SupplyState, WindowState};
use super::rules::Rules;
use super::stale::{self, DoubtTold};
use super::told::{
    Explained, FiguresBehind, KitTold, LocationTold, PartTold, PoolTold, SupplyTold, TrancheTold,
    WindowTold,
};
use crate::query::Missing;
use crate::query::freshness::fresh_at;
use crate::timeline::Holder;

/// Tells of items at one moment on one channel.
pub struct Teller<'a> {
    pub moment: &'a Moment<'a>,
    pub channel: ChannelNo,
}

/// How one item stands: what the formula begins with, and its terms.
struct Stand<'a> {
    past: Past,
    locations: Vec<(LocationNo, ShelfTerms)>,
    supply: Vec<SupplyState<'a>>,
    pools: Vec<PoolState>,
    window: Option<WindowState>,
    terms: Terms,
}

impl<'a> Teller<'a> {
    /// The item with its parts, if it is a kit, and what there is of it.
    ///
    /// # Errors
    /// Unknown SKU: nothing of the item was recorded by then.
    pub fn explained(&self, item: ItemNo) -> Result<(Explained, Offer), Missing> {
        let (mut told, plain) = self.plain(item)?;
        let Some((since, recipe)) = self.moment.recipe(item) else { return Ok((told, plain.0)) };
        let mut parts = Vec::with_capacity(recipe.parts.len());
        let mut offers = Vec::with_capacity(recipe.parts.len());
        for (part, need) in &recipe.parts {
            let (item, (offer, _)) = self.plain(*part)?;
            offers.push((offer.reservable(), offer.published(), *need));
            parts.push(PartTold { need: *need, item });
        }
        let offer = Offer::of_kit(plain.1, offers.into_iter());
        (told.available, told.published) = (offer.reservable().into(), offer.published().into());
        told.terms = Some(plain.1);
        let (version, defined) = (recipe.version, self.entry(since));
        told.kit = Some(KitTold { version, defined, parts });
        Ok((told, offer))
    }

    /// The item as it is: of a kit what is assembled. What there is of it, and its terms.
    fn plain(&self, item: ItemNo) -> Result<(Explained, (Offer, Terms)), Missing> {
        let Moment { ledger, log, position, .. } = *self.moment;
        let past = Past::read(log.item(item), position);
        if !past.begun {
            return Err(Missing::Sku);
        }
        let mode = self.moment.mode(item);
        let mut it = self.terms(item, past);
        if *mode == Mode::Unlimited && self.moment.recipe(item).is_none() {
            // Nothing of the formula applies.
            (it.locations, it.supply, it.pools) = (Vec::new(), Vec::new(), Vec::new());
        }
        let offer = match mode {
            Mode::Unlimited => Offer::Unlimited,
            Mode::Finite | Mode::Capacity(_) => Offer::Units(it.terms),
        };
        let rules = Rules { ledger, item, position };
        let told = Explained {
            sku: ledger.item(item).sku.clone(),
            mode: mode.clone(),
            available: offer.reservable().into(),
            published: offer.published().into(),
            terms: (*mode != Mode::Unlimited).then_some(it.terms),
            rules: rules.on_channel(self.channel),
            served: self.served(item, position),
            locations: it.locations.iter().map(|at| self.location(item, at, &it.past)).collect(),
            supply: it.supply.iter().map(|supply| self.supply(supply)).collect(),
            pools: it.pools.iter().map(|pool| self.pool(item, pool, &it.past)).collect(),
            window: it.window.as_ref().map(|window| self.window(item, window, &it.past)),
            kit: None,
        };
        Ok((told, (offer, it.terms)))
    }

    /// The formula, on how things stood.
    fn terms(&self, item: ItemNo, past: Past) -> Stand<'a> {
        let Moment { ledger, position, .. } = *self.moment;
        let mut rules = ledger.channel_rules(item, Some(self.channel), position);
        if self.moment.recipe(item).is_some() {
            rules = rules.of_assembled();
        }
        let mut sum = Sum::default();
        if let Some(window) = self.moment.window(item, &past) {
            let (sellable, committed) = (window.limit as i64, window.taken as i64);
            sum.add(&Shelf { sellable, committed, ..Shelf::default() }.terms(&ShelfRules::PLAIN));
            let (terms, window) = (sum.terms(&rules, Own::default()), Some(window));
            let (locations, supply, pools) = (Vec::new(), Vec::new(), Vec::new());
            return Stand { past, locations, supply, pools, window, terms };
        }
        let serving = ledger.serving(item, self.channel, position);
        let shelf = |location: &LocationNo| {
            let rules = ledger.shelf_rules(item, *location, position);
            (*location, self.moment.shelf(item, *location, &past).terms(&rules))
        };
        let locations: Vec<_> = serving.iter().map(shelf).collect();
        locations.iter().for_each(|(_, terms)| sum.add(terms));
        let supply = self.moment.supply(item, serving, rules.sell_ahead_days);
        sum.incoming = supply.iter().map(|it| it.counted).sum();
        let pools = self.moment.pools(item, &past);
        let terms = sum.terms(&rules, self.moment.own(&pools));
        Stand { past, locations, supply, pools, window: None, terms }
    }

    fn entry(&self, position: u64) -> EntryLink {
        entry_link(self.moment.ledger.id(), position)
    }

    /// The entry that gave the channel its list, where that is what serves the item.
    fn served(&self, item: ItemNo, position: u64) -> Option<EntryLink> {
        let ruling = self.moment.ledger.ruling_on_channel(item, Some(self.channel), position);
        if ruling.serving().is_some() {
            return None;
        }
        let served = &self.moment.ledger.channel(self.channel).served;
        served.at(position).map(|(since, _)| self.entry(since))
    }

    fn location(
        &self,
        item: ItemNo,
        (location, terms): &(LocationNo, ShelfTerms),
        past: &Past,
    ) -> LocationTold {
        let Moment { ledger, position, .. } = *self.moment;
        let id = &ledger.location(*location).id;
        let links = Links { location: Some(id), ..self.links(item) };
        let behind = |figure| {
            let behind = past.behind(&links, Holder::Location(*location), figure);
            (behind.count > 0).then_some(behind)
        };
        LocationTold {
            location: id.clone(),
            terms: *terms,
            rules: Rules { ledger, item, position }.at_location(*location),
            freshness: fresh_at(ledger, item, *location, position, self.moment.time),
            stale: stale::told(ledger, item, *location, position),
            doubts: self.doubts(item, *location),
            behind: FiguresBehind {
                sellable: behind(Figure::Sellable),
                committed: behind(Figure::Committed),
                held: behind(Figure::Held),
                pooled: behind(Figure::Pooled),
            },
        }
    }

    fn doubts(&self, item: ItemNo, location: LocationNo) -> Vec<DoubtTold> {
        let Moment { ledger, position, supply, .. } = *self.moment;
        stale::doubts(ledger, supply, item, location, position)
    }

    fn links(&self, item: ItemNo) -> Links<'_> {
        let Moment { ledger, position, .. } = *self.moment;
        let before = (!self.moment.is_now()).then(|| position + 1);
        Links { ledger: ledger.id(), sku: &ledger.item(item).sku, location: None, before }
    }

    fn supply(&self, it: &SupplyState<'_>) -> SupplyTold {
        SupplyTold {
            inbound: it.expected.inbound.clone(),
            location: self.moment.ledger.location(it.expected.location).id.clone(),
            left: it.supply.left,
            expected_at: it.supply.expected_at,
            confidence: it.supply.confidence,
            counted: it.counted,
            entry: self.entry(it.since),
        }
    }

    fn pool(&self, item: ItemNo, it: &PoolState, past: &Past) -> PoolTold {
        let pool = self.moment.ledger.pool(it.number);
        PoolTold {
            pool: pool.id.clone(),
            draw: pool.draw,
            priority: pool.priority,
            left: it.left,
            drawn: it.drawn,
            released: it.released,
            own: it.own,
            opened: self.entry(pool.position),
            tranches: self.tranches(item, it),
            behind: past.behind_pool(&self.links(item), it.number),
        }
    }

    fn tranches(&self, item: ItemNo, it: &PoolState) -> Vec<TrancheTold> {
        let position = self.moment.position;
        let tranches = self.moment.ledger.pool(it.number).tranches.iter();
        let told = tranches.map(|tranche| {
            let lines = tranche.lines.iter().filter(|(it, _)| *it == item);
            let released = tranche.released.filter(|it| *it <= position);
            TrancheTold {
                tranche: tranche.id.clone(),
                release_at: tranche.release_at,
                units: lines.map(|(_, units)| units).sum(),
                out: self.moment.is_out(tranche.released, tranche.release_at),
                released: released.map(|it| self.entry(it)),
            }
        });
        told.filter(|it| it.units > 0).collect()
    }

    fn window(&self, item: ItemNo, it: &WindowState, past: &Past) -> WindowTold {
        let behind: Behind =
            past.behind_all(&self.links(item), Holder::Window(it.begins.minutes()));
        WindowTold { begins: it.begins, limit: it.limit, taken: it.taken, behind }
    }
}
