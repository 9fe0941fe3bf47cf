//! The fold of pools: what they hold, what is drawn, and where stock fell below them.

use super::evolve::Recorded;
use super::{ItemNo, Ledger, LocationNo, Pool, PoolNo, Shortages, Tranche};
use crate::*;

/// A shelf of an item with pools before an entry: item, location, units promised to nobody.
pub(super) type Watched = Vec<(ItemNo, LocationNo, i64)>;

impl Ledger {
    pub(super) fn stored_pool(&self, id: &PoolId) -> Result<PoolNo, String> {
        self.pool_no(id).ok_or_else(|| format!("names the unknown pool {id}"))
    }

    pub(super) fn record_pool(&mut self, it: &PoolOpened) -> Recorded {
        if self.by_pool.contains_key(&it.pool) {
            return Err(format!("opens the pool {} again", it.pool));
        }
        let number = PoolNo(u32::try_from(self.pools.len()).map_err(|_| "too many pools")?);
        let channel = match &it.channel {
            Some(channel) => Some(self.channel_no(channel).ok_or("names an unknown channel")?),
            None => None,
        };
        let tranches = it.tranches.iter().map(|plan| self.stored_tranche(plan));
        let tranches = tranches.collect::<Result<Vec<_>, String>>()?;
        self.touch_pool(number);
        self.by_pool.insert(it.pool.clone(), number);
        self.pools.push(Pool {
            id: it.pool.clone(),
            channel,
            campaign: it.campaign.clone(),
            customer: it.customer.clone(),
            draw: it.draw,
            priority: it.priority,
            ends_at: it.ends_at,
            position: self.position,
            closed: None,
            parts: Vec::new(),
            tranches,
        });
        self.appoint(number);
        Ok(())
    }

    fn stored_tranche(&self, plan: &TranchePlan) -> Result<Tranche, String> {
        let line = |it: &TrancheLine| Ok((self.stored_item(&it.sku)?, it.quantity.units()));
        Ok(Tranche {
            id: plan.tranche.clone(),
            release_at: plan.release_at,
            released: None,
            lines: plan.lines.iter().map(line).collect::<Result<_, String>>()?,
        })
    }

    /// A pool's units at a location changed: drawn by a promise, or set aside and given up.
    pub(super) fn record_pooled(
        &mut self,
        id: &PoolId,
        item: ItemNo,
        location: LocationNo,
        change: &ClaimChange<'_>,
    ) -> Recorded {
        let number = self.stored_pool(id)?;
        self.touch_pool(number);
        let part = self.pools[number.0 as usize].part_mut(item);
        let found = part.left.iter().position(|(it, _)| *it == location);
        let index = found.unwrap_or_else(|| {
            part.left.push((location, 0));
            part.left.len() - 1
        });
        let left = part.left[index].1 + change.units;
        // Only a promise may go beyond what is there.
        if left < 0 && change.units < 0 && !change.drawn {
            return Err(format!("takes more from {id} than it holds"));
        }
        part.left[index].1 = left;
        part.left.retain(|(_, units)| *units != 0);
        if change.drawn {
            let drawn = part.drawn.checked_add_signed(-change.units);
            part.drawn = drawn.ok_or_else(|| format!("gives {id} more back than was drawn"))?;
        }
        let info = self.items[item.0 as usize].info_mut();
        if !info.pools.contains(&number) {
            info.pools.push(number);
        }
        Ok(())
    }

    pub(super) fn record_tranche(&mut self, it: &TrancheReleased) -> Recorded {
        let number = self.stored_pool(&it.pool)?;
        self.unappoint(number);
        self.touch_pool(number);
        let position = self.position;
        let tranches = &mut self.pools[number.0 as usize].tranches;
        let tranche = tranches.iter_mut().find(|known| known.id == it.tranche);
        tranche.ok_or("releases an unknown tranche")?.released = Some(position);
        self.appoint(number);
        self.touch_items_of(number);
        Ok(())
    }

    pub(super) fn record_pool_end(&mut self, id: &PoolId) -> Recorded {
        let number = self.stored_pool(id)?;
        self.unappoint(number);
        self.touch_pool(number);
        self.touch_items_of(number);
        self.pools[number.0 as usize].closed = Some(self.position);
        for item in self.items_of(number) {
            self.items[item.0 as usize].info_mut().pools.retain(|it| *it != number);
        }
        Ok(())
    }

    fn items_of(&self, number: PoolNo) -> Vec<ItemNo> {
        self.pools[number.0 as usize].parts.iter().map(|part| part.item).collect()
    }

    fn touch_items_of(&mut self, number: PoolNo) {
        self.items_of(number).into_iter().for_each(|item| self.touch_item(item));
    }

    pub(super) fn record_shrinking(&mut self, it: &PoolShrunk) -> Recorded {
        self.touch_short();
        for loss in &it.losses {
            let place = (self.stored_item(&loss.sku)?, self.stored_location(&loss.location)?);
            self.short.remove(&place);
        }
        Ok(())
    }

    /// Shelves of items with pools that the movements are about to change.
    pub(super) fn watch_pools(&self, movements: &[Movement]) -> Watched {
        let mut watched = Watched::new();
        if self.pools.is_empty() {
            return watched;
        }
        for movement in movements {
            for account in [&movement.from, &movement.to] {
                let Account::Shelf(location, Condition::Sellable) = account else { continue };
                let (Some(item), Some(location)) =
                    (self.item_no(&movement.sku), self.location_no(location))
                else {
                    continue;
                };
                let cell = self.cell(item, location);
                let known = watched.iter().any(|(it, at, _)| (*it, *at) == (item, location));
                if !self.item(item).pools().is_empty() && !known {
                    watched.push((item, location, cell.unpromised()));
                }
            }
        }
        watched
    }

    /// Where a fact took stock below the pools, they are to lose what is missing; also where they
    /// are given back what is not there any more. What promises beyond the stock take away is the
    /// promises' own affair.
    pub(super) fn note_shortages(&mut self, watched: &Watched, fact: &Fact) -> Recorded {
        for (item, location, before) in watched {
            let fell = before - self.cell(*item, *location).unpromised();
            let missing = u64::try_from(fell).unwrap_or(0).min(self.pool_deficit(*item, *location));
            self.note_shortage((*item, *location), missing);
        }
        for (place, back) in self.given_back(fact)? {
            let missing = back.min(self.pool_deficit(place.0, place.1));
            self.note_shortage(place, missing);
        }
        Ok(())
    }

    /// Units that the fact gives back to pools, by shelf.
    fn given_back(&self, fact: &Fact) -> Result<Shortages, String> {
        let mut back = Shortages::new();
        if self.pools.is_empty() {
            return Ok(back);
        }
        let mut found = Ok(());
        fact.claims(&mut |it| {
            let units = u64::try_from(it.units).unwrap_or(0);
            if it.claim != Claim::Pooled || !it.drawn || units == 0 {
                return;
            }
            match (self.stored_item(it.sku), self.stored_location(it.location)) {
                (Ok(item), Ok(location)) => *back.entry((item, location)).or_default() += units,
                (Err(unknown), _) | (_, Err(unknown)) => found = Err(unknown),
            }
        });
        found.map(|()| back)
    }

    fn note_shortage(&mut self, place: (ItemNo, LocationNo), missing: u64) {
        if missing > 0 {
            self.touch_short();
            *self.short.entry(place).or_default() += missing;
        }
    }

    /// A shelf that has enough for its pools again, or no pool any more, is short of nothing. So
    /// whatever is left here has something to lose, and what is due once is not due for ever.
    pub(super) fn heal_shortages(&mut self) {
        let healed =
            |(item, location): &(ItemNo, LocationNo)| self.pool_deficit(*item, *location) == 0;
        let healed: Vec<_> = self.short.keys().filter(|it| healed(it)).copied().collect();
        if !healed.is_empty() {
            self.touch_short();
            self.short.retain(|place, _| !healed.contains(place));
        }
    }
}
