//! The fold of a merge: names, pools, windows, supply and transfers of one item become another's.

use super::evolve::Recorded;
use super::{Expected, History, ItemNo, Ledger, Supply};
use crate::*;

impl Ledger {
    /// Every name of the one means the other; balances and claims moved with the entry's
    /// movements, and everything else that is still to come moves here.
    pub(super) fn record_merge(&mut self, it: &ItemsMerged) -> Recorded {
        let (from, into) = (self.stored_item(&it.from)?, self.stored_item(&it.into)?);
        if from == into {
            return Err(format!("merges {} with itself", it.from));
        }
        self.touch_item(from);
        self.touch_item(into);
        let names = self.names_of(from);
        for name in &names {
            self.touch_name_moved(name, from);
            self.by_sku.insert(name.clone(), into);
        }
        self.merge_pools(from, into);
        self.merge_transfers(from, into);
        self.merge_shortages(from, into);
        let (position, time) = (self.position, self.time);
        let gone = self.items[from.0 as usize].info_mut();
        (gone.merged_into, gone.closed) = (Some(into), Some(position));
        let windows = std::mem::take(&mut gone.windows);
        let expected: Vec<Expected> =
            gone.expected.iter_mut().filter_map(|it| it.pass_on(position)).collect();
        let kept = self.items[into.0 as usize].info_mut();
        kept.aliases.extend(names);
        kept.expected.extend(expected);
        for (window, used) in windows {
            let sum = kept.windows.entry(window).or_default();
            (sum.held, sum.taken) = (sum.held + used.held, sum.taken + used.taken);
        }
        kept.merged.push(from);
        kept.merged_at = Some(time);
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

    /// What was sent of the one was sent of the other: its surplus is one of the same transfer.
    fn merge_transfers(&mut self, from: ItemNo, into: ItemNo) {
        let carries = |it: &&TransferId| self.transfers[*it].sent.contains_key(&from.0);
        let ids: Vec<TransferId> = self.transfers.keys().filter(carries).cloned().collect();
        for id in ids {
            self.touch_transfer(&id);
            let Some(transfer) = self.transfers.get_mut(&id) else { continue };
            if let Some(sent) = transfer.sent.remove(&from.0) {
                *transfer.sent.entry(into.0).or_default() += sent;
            }
        }
    }

    fn merge_shortages(&mut self, from: ItemNo, into: ItemNo) {
        let ours: Vec<_> = self.short.keys().filter(|(it, _)| *it == from).copied().collect();
        if ours.is_empty() {
            return;
        }
        self.touch_short();
        for place in ours {
            let units = self.short.remove(&place).unwrap_or(0);
            *self.short.entry((into, place.1)).or_default() += units;
        }
    }
}

impl Expected {
    /// What is still expected, as another item's from `position` on. Nothing is expected here then.
    fn pass_on(&mut self, position: u64) -> Option<Expected> {
        let supply = *self.supply.now()?;
        if supply.left == 0 {
            return None;
        }
        self.supply.set(position, Supply { left: 0, ..supply });
        let (inbound, location) = (self.inbound.clone(), self.location);
        Some(Expected { inbound, location, supply: History::begin(position, supply) })
    }
}
