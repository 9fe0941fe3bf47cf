//! The fold of how stock is sold: rules, modes, recipes, expected supply, and the lives of items.

use super::evolve::Recorded;
use super::{Expected, ItemNo, Ledger, Recipe, Supply, Where};
use crate::*;

impl Ledger {
    pub(super) fn record_policy(&mut self, it: &PolicySet) -> Recorded {
        let position = self.position;
        let at = self.stored_where(&it.scope)?;
        let serving = match &it.set.locations {
            Some(ids) => Some(self.stored_locations(ids)?),
            None => None,
        };
        match (&it.scope.sku, &it.scope.category) {
            (Some(sku), _) => {
                let item = self.stored_item(sku)?;
                self.touch_item(item);
                let rules = &mut self.items[item.0 as usize].info_mut().rules;
                rules.set(at, position, &it.set, &it.clear, serving);
            }
            (None, Some(category)) => {
                self.touch_policies();
                let rules = self.policies.by_category.entry(category.clone()).or_default();
                rules.set(at, position, &it.set, &it.clear, serving);
            }
            (None, None) => {
                self.touch_policies();
                self.policies.all.set(at, position, &it.set, &it.clear, serving);
            }
        }
        Ok(())
    }

    fn stored_where(&self, scope: &Scope) -> Result<Where, String> {
        if let Some(channel) = &scope.channel {
            return Ok(Where::Channel(self.channel_no(channel).ok_or("names an unknown channel")?));
        }
        if let Some(location) = &scope.location {
            return Ok(Where::Location(self.stored_location(location)?));
        }
        Ok(scope.supplier.clone().map_or(Where::Anywhere, Where::Supplier))
    }

    pub(super) fn record_mode(&mut self, it: &ModeSet) -> Recorded {
        let (item, position) = (self.stored_item(&it.sku)?, self.position);
        self.touch_item(item);
        self.items[item.0 as usize].info_mut().mode.set(position, it.mode.clone());
        Ok(())
    }

    /// A promise takes of a window's capacity, or gives back. What is shipped stays taken.
    pub(super) fn record_window(
        &mut self,
        item: ItemNo,
        window: Time,
        change: &ClaimChange<'_>,
    ) -> Recorded {
        let used = self.items[item.0 as usize].info_mut().windows.entry(window.minutes());
        let used = used.or_default();
        let side = match change.claim {
            Claim::Held => &mut used.held,
            Claim::Committed => &mut used.taken,
            Claim::Pooled => return Ok(()),
        };
        let after = side.checked_add_signed(change.units);
        *side = after.ok_or("gives back more capacity than was taken")?;
        Ok(())
    }

    pub(super) fn record_kit(&mut self, it: &KitDefined) -> Recorded {
        let (kit, position) = (self.stored_item(&it.sku)?, self.position);
        let part = |it: &KitPart| Ok((self.stored_item(&it.sku)?, it.quantity.units()));
        let parts = it.parts.iter().map(part).collect::<Result<Vec<_>, String>>()?;
        for (item, _) in &parts {
            self.touch_item(*item);
            let used_in = &mut self.items[item.0 as usize].info_mut().used_in;
            if !used_in.contains(&kit) {
                used_in.push(kit);
            }
        }
        self.touch_item(kit);
        let recipe = Recipe { version: it.version, parts };
        self.items[kit.0 as usize].info_mut().recipe.set(position, recipe);
        Ok(())
    }

    pub(super) fn record_expected(&mut self, it: &StockExpected) -> Recorded {
        let (location, position) = (self.stored_location(&it.location)?, self.position);
        for line in &it.lines {
            let item = self.stored_item(&line.sku)?;
            self.touch_item(item);
            let supply = Supply {
                left: line.quantity,
                expected_at: line.expected_at,
                confidence: line.confidence,
            };
            let all = &mut self.items[item.0 as usize].info_mut().expected;
            let same =
                |known: &&mut Expected| known.inbound == it.inbound && known.location == location;
            match all.iter_mut().find(same) {
                Some(known) => known.supply.set(position, supply),
                None => all.push(Expected {
                    inbound: it.inbound.clone(),
                    location,
                    supply: History::begin(position, supply),
                }),
            }
        }
        Ok(())
    }

    /// What arrives under a name is not expected under it any more.
    pub(super) fn record_arrival(
        &mut self,
        it: &StockReceived,
        movements: &[Movement],
    ) -> Recorded {
        let Some(inbound) = &it.inbound else { return Ok(()) };
        let (location, position) = (self.stored_location(&it.location)?, self.position);
        for movement in movements {
            let item = self.stored_item(&movement.sku)?;
            let waits = |it: &Expected| it.inbound == *inbound && it.location == location;
            if !self.item(item).expected().iter().any(waits) {
                continue;
            }
            self.touch_item(item);
            let all = &mut self.items[item.0 as usize].info_mut().expected;
            let Some(known) = all.iter_mut().find(|it| waits(it)) else { continue };
            if let Some(mut supply) = known.supply.now().copied() {
                supply.left -= movement.quantity.units().min(supply.left);
                known.supply.set(position, supply);
            }
        }
        Ok(())
    }

    pub(super) fn record_rename(&mut self, it: &ItemRenamed) -> Recorded {
        let item = self.stored_item(&it.from)?;
        self.touch_item(item);
        if !self.by_sku.contains_key(&it.to) {
            self.touch_name_added(&it.to);
            self.by_sku.insert(it.to.clone(), item);
        }
        let known = &mut self.items[item.0 as usize];
        let before = std::mem::replace(&mut known.sku, it.to.clone());
        let aliases = &mut known.info_mut().aliases;
        aliases.retain(|alias| *alias != it.to);
        aliases.push(before);
        Ok(())
    }

    pub(super) fn record_item_end(&mut self, it: &ItemClosed) -> Recorded {
        let (item, position) = (self.stored_item(&it.sku)?, self.position);
        self.touch_item(item);
        self.items[item.0 as usize].info_mut().closed = Some(position);
        Ok(())
    }

    /// Every name of the one means the other; balances and claims moved with the entry's
    /// movements, and what pools set aside moves here.
    pub(super) fn record_merge(&mut self, it: &ItemsMerged) -> Recorded {
        let (from, into) = (self.stored_item(&it.from)?, self.stored_item(&it.into)?);
        self.touch_item(from);
        self.touch_item(into);
        for name in self.names_of(from) {
            self.touch_name_moved(&name, from);
            self.by_sku.insert(name, into);
        }
        let names = self.names_of(from);
        self.merge_pools(from, into);
        let position = self.position;
        let gone = self.items[from.0 as usize].info_mut();
        let expected = std::mem::take(&mut gone.expected);
        (gone.merged_into, gone.closed) = (Some(into), Some(position));
        let kept = self.items[into.0 as usize].info_mut();
        kept.aliases.extend(names);
        kept.expected.extend(expected);
        kept.merged.push(from);
        Ok(())
    }

    fn names_of(&self, item: ItemNo) -> Vec<Sku> {
        let item = self.item(item);
        std::iter::once(&item.sku).chain(item.aliases()).cloned().collect()
    }

    fn merge_pools(&mut self, from: ItemNo, into: ItemNo) {
        let pools: Vec<_> = self.item(from).pools().to_vec();
        for number in pools {
            self.touch_pool(number);
            let pool = &mut self.pools[number.0 as usize];
            let Some(place) = pool.parts.iter().position(|part| part.item == from) else {
                continue;
            };
            let gone = pool.parts.remove(place);
            let part = pool.part_mut(into);
            part.drawn += gone.drawn;
            for (location, units) in gone.left {
                match part.left.iter_mut().find(|(at, _)| *at == location) {
                    Some((_, sum)) => *sum += units,
                    None => part.left.push((location, units)),
                }
            }
            let lines = pool.tranches.iter_mut().flat_map(|it| &mut it.lines);
            lines.filter(|(item, _)| *item == from).for_each(|(item, _)| *item = into);
            let info = self.items[into.0 as usize].info_mut();
            if !info.pools.contains(&number) {
                info.pools.push(number);
            }
        }
        self.items[from.0 as usize].info_mut().pools.clear();
    }
}
