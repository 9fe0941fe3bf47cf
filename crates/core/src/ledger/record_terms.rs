//! The fold of how stock is sold: rules, modes, recipes, expected supply, and the names of items.

use super::evolve::Recorded;
use super::{Anchor, Expected, ItemNo, Ledger, Recipe, Supply, Where, WindowUse};
use crate::*;

/// How long the use of a window is known after its end: a week.
const WINDOWS_KEPT_MINUTES: u32 = 7 * 24 * 60;

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
        let (item, position, time) = (self.stored_item(&it.sku)?, self.position, self.time);
        self.touch_item(item);
        self.items[item.0 as usize].info_mut().mode.set(position, it.mode.clone());
        for count in &it.counts {
            let anchor = Anchor {
                location: self.stored_location(&count.location)?,
                condition: Condition::Sellable,
                counted_at: time,
                counted: count.counted,
                position,
            };
            self.items[item.0 as usize].set_anchor(anchor);
        }
        Ok(())
    }

    /// A promise takes of a window's capacity, or gives back. What is shipped stays taken.
    pub(super) fn record_window(
        &mut self,
        item: ItemNo,
        window: Time,
        change: &ClaimChange<'_>,
    ) -> Recorded {
        let forgotten = self.forgotten_until(item);
        let windows = &mut self.items[item.0 as usize].info_mut().windows;
        let used = windows.entry(window.minutes()).or_default();
        let side = match change.claim {
            Claim::Held => &mut used.held,
            Claim::Committed => &mut used.taken,
            Claim::Pooled => return Ok(()),
        };
        // What is given back to a window that was forgotten is given back to nobody. The claims
        // themselves are checked where they are summed.
        *side = side.saturating_add_signed(change.units);
        if *used == WindowUse::default() {
            windows.remove(&window.minutes());
        }
        while windows.first_key_value().is_some_and(|(begin, _)| *begin < forgotten) {
            windows.pop_first();
        }
        Ok(())
    }

    /// The minute before which beginnings of windows are forgotten: of windows that ended a week
    /// ago. A promise for one of them begins its count anew, and nobody can keep it any more.
    fn forgotten_until(&self, item: ItemNo) -> u32 {
        let longest = match self.item(item).mode() {
            Mode::Capacity(capacity) => capacity.window.minutes_at_most(),
            Mode::Finite | Mode::Unlimited => Window::LONGEST_MINUTES,
        };
        self.time.minutes().saturating_sub(longest + WINDOWS_KEPT_MINUTES)
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
            // There may be several where items were merged: the first says it for all of them.
            let mut known = all.iter_mut().filter(same);
            match known.next() {
                Some(first) => {
                    first.supply.set(position, supply);
                    known.for_each(|it| it.supply.set(position, Supply { left: 0, ..supply }));
                }
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
        let location = self.stored_location(&it.location)?;
        // What an earlier count takes back has arrived all the same.
        let arrived = |it: &&Movement| matches!(it.from, Account::Supplier | Account::Opening);
        for movement in movements.iter().filter(arrived) {
            let item = self.stored_item(&movement.sku)?;
            let waits = |it: &Expected| it.inbound == *inbound && it.location == location;
            if self.item(item).expected().iter().any(waits) {
                self.touch_item(item);
                self.arrive(item, movement.quantity.units(), waits);
            }
        }
        Ok(())
    }

    fn arrive(&mut self, item: ItemNo, mut units: u64, waits: impl Fn(&Expected) -> bool) {
        let position = self.position;
        let all = &mut self.items[item.0 as usize].info_mut().expected;
        for known in all.iter_mut().filter(|it| waits(it)) {
            let Some(mut supply) = known.supply.now().copied() else { continue };
            let part = units.min(supply.left);
            if part > 0 {
                supply.left -= part;
                units -= part;
                known.supply.set(position, supply);
            }
        }
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
}
