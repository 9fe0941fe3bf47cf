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
        self.merge_supplied(from, into)?;
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

    /// What one of them is short of the other may have.
    fn merge_shortages(&mut self, from: ItemNo, into: ItemNo) {
        let ours: Vec<_> = self.short.keys().filter(|(it, _)| *it == from).copied().collect();
        if ours.is_empty() {
            return;
        }
        self.touch_short();
        for place in ours {
            let units = self.short.remove(&place).unwrap_or(0);
            let missing = self.pool_deficit(into, place.1);
            let short = self.short.entry((into, place.1)).or_default();
            *short = (*short + units).min(missing);
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

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};
    use serde_json::{Value, json};

    use super::*;

    /// A ledger that is told entries as they are stored, and asked commands.
    struct Shop(Ledger);

    impl Shop {
        /// Two items, a location, a channel, and a pool that holds some of both.
        fn new() -> Shop {
            let mut shop = Shop(Ledger::new(LedgerId::new("shop").unwrap()));
            shop.ask(json!({"register_item": {"sku": "W", "aliases": ["WW"]}}));
            shop.ask(json!({"register_item": {"sku": "G"}}));
            shop.ask(json!({"register_location": {"location": "A"}}));
            shop.ask(json!({"register_channel": {"channel": "web", "locations": ["A"]}}));
            let lines = json!([{"sku": "W", "quantity": 20}, {"sku": "G", "quantity": 10}]);
            shop.ask(json!({"receive_stock": {"location": "A", "lines": lines}}));
            let set_aside = |sku: &str, units: u64| json!({"sku": sku, "at": [{"location": "A", "quantity": units}]});
            let units = json!([{"sku": "W", "quantity": 6}, {"sku": "G", "quantity": 1}]);
            let tranche =
                json!({"tranche": "T1", "release_at": "1970-01-01T00:00:10Z", "lines": units});
            shop.tell(json!({"pool_opened": {"pool": "P1", "channel": "web",
                "lines": [set_aside("W", 8), set_aside("G", 2)], "tranches": [tranche]}}));
            shop
        }

        fn tell(&mut self, fact: Value) {
            let entry = json!({"ledger": "shop", "position": self.0.position() + 1,
                "command": {"id": "c", "request": ""}, "fact": fact});
            self.evolve(serde_json::from_value(entry).unwrap());
        }

        fn ask(&mut self, command: Value) {
            let envelope = serde_json::from_value(json!({"id": "c", "request": ""})).unwrap();
            let command = serde_json::from_value(command).unwrap();
            let request = Request { ledger: self.0.id().clone(), envelope, command };
            let entry = accept(&self.0, Time::from_minutes(1), &Rules::default(), &request);
            self.evolve(entry.unwrap_or_else(|it| panic!("{:?}: {it:?}", request.command)));
        }

        #[track_caller]
        fn refuses(&self, command: Value, field: &str, message: &str) {
            let command = serde_json::from_value(command).unwrap();
            let refused = decide(&self.0, Time::from_minutes(1), &command).unwrap_err();
            let (field, message) = (field.into(), message.into());
            assert_eq!(refused, Rejection::Contradiction { field, message });
        }

        /// A trial leaves no trace, and what comes back from a checkpoint is the same book.
        fn evolve(&mut self, entry: Entry) {
            let (before, now) = (self.0.clone(), Time::from_minutes(1));
            self.0.begin_trial();
            self.0.evolve(&entry, now).unwrap();
            self.0.roll_back();
            assert!(self.0 == before, "the trial of {entry:?} left a trace");
            self.0.track(Tracking::Keys);
            self.0.evolve(&entry, now).unwrap();
            assert!(self.read_back(&before) == self.0, "{entry:?} changed what it does not tell");
        }

        /// The ledger of before with what was touched since written over it.
        fn read_back(&mut self, before: &Ledger) -> Ledger {
            let touched = self.0.take_touched();
            let mut ledger = Ledger::from_frame(self.0.frame());
            for (number, item) in self.0.items().iter().enumerate() {
                let changed = touched.items.contains(&(number as u32));
                let stale = before.items().get(number).filter(|_| !changed);
                ledger.put_item(stale.unwrap_or(item).clone());
            }
            for (number, pool) in self.0.pools().iter().enumerate() {
                let changed = touched.pools.contains(&(number as u32));
                let stale = before.pools().get(number).filter(|_| !changed);
                ledger.put_pool(stale.unwrap_or(pool).clone());
            }
            for (id, hold) in self.0.holds() {
                ledger.put_hold(id.clone(), hold.clone());
            }
            for (id, order) in self.0.orders() {
                ledger.put_order(id.clone(), order.clone());
            }
            for (id, it) in self.0.transfers() {
                let stale = before.transfer(id).filter(|_| !touched.transfers.contains(id));
                ledger.put_transfer(id.clone(), stale.unwrap_or(it).clone());
            }
            ledger
        }

        #[track_caller]
        fn check(&self, said: Expect) {
            let item = self.0.item_no(&Sku::new("W").unwrap()).unwrap();
            let cell = self.0.cell(item, LocationNo(0));
            let mut text = format!(
                "{} sellable {} committed {} held {} pooled {}",
                self.0.item(item).sku,
                cell.sellable,
                cell.committed,
                cell.held,
                cell.pooled
            );
            for (number, pool) in self.0.pools().iter().enumerate() {
                let own = self.0.own_in(PoolNo(number as u32), item, Time::from_minutes(1));
                text += &format!(" | {} own {own}", pool.id);
                for part in &pool.parts {
                    let sku = &self.0.item(part.item).sku;
                    text += &format!(" {sku} left {} drawn {}", part.units_left(), part.drawn);
                }
            }
            said.assert_eq(&text);
        }
    }

    fn order(id: &str, sku: &str, units: u64) -> Value {
        let lines = json!([{"sku": sku, "quantity": units}]);
        json!({"commit_order": {"order": id, "channel": "web", "lines": lines}})
    }

    fn merge() -> Value {
        json!({"merge_items": {"sku": "W", "into": "G"}})
    }

    #[test]
    fn c17_pools_of_the_merged_item_go_on() {
        let mut shop = Shop::new();
        let line = json!([{"sku": "W", "quantity": 4}]);
        shop.ask(
            json!({"hold_stock": {"hold": "H1", "owner": "x", "channel": "web", "lines": line}}),
        );
        shop.ask(order("O1", "W", 1));
        shop.check(expect![
            "W sellable 20 committed 1 held 4 pooled 3 | P1 own 3 W left 3 drawn 5 G left 2 drawn 0"
        ]);
        shop.ask(merge());
        shop.check(expect![
            "G sellable 30 committed 1 held 4 pooled 5 | P1 own 5 G left 5 drawn 5"
        ]);
        shop.ask(json!({"release_hold": {"hold": "H1", "lines": [{"ref": "1", "quantity": 3}]}}));
        shop.check(expect![
            "G sellable 30 committed 1 held 1 pooled 8 | P1 own 8 G left 8 drawn 2"
        ]);
        shop.ask(json!({"commit_order": {"order": "O2", "hold": "H1"}}));
        shop.ask(json!({"cancel_order": {"order": "O1"}}));
        shop.check(expect![
            "G sellable 30 committed 1 held 0 pooled 9 | P1 own 9 G left 9 drawn 1"
        ]);
        shop.ask(order("O3", "WW", 6));
        shop.check(expect![
            "G sellable 30 committed 7 held 0 pooled 3 | P1 own 3 G left 3 drawn 7"
        ]);
        let rest = json!([{"sku": "G", "at": [{"location": "A", "quantity": 3}]}]);
        shop.tell(json!({"pool_closed": {"pool": "P1", "lines": rest}}));
        shop.ask(json!({"cancel_order": {"order": "O3"}}));
        shop.ask(json!({"ship_order": {"order": "O2"}}));
        shop.check(expect![
            "G sellable 29 committed 0 held 0 pooled 0 | P1 own 0 G left 0 drawn 7"
        ]);
    }

    #[test]
    fn c17_what_the_pools_are_still_to_lose_goes_with_the_merged_item() {
        let mut shop = Shop::new();
        shop.ask(json!({"count_stock": {"location": "A", "lines": [{"sku": "W", "quantity": 5}]}}));
        let (w, g) = (ItemNo(0), ItemNo(1));
        assert_eq!(shop.0.short().iter().collect::<Vec<_>>(), [(&(w, LocationNo(0)), &3)]);
        let mut healed = Shop(shop.0.clone());
        healed.ask(merge());
        assert!(healed.0.short().is_empty(), "G has enough for both");
        shop.ask(json!({"count_stock": {"location": "A", "lines": [{"sku": "G", "quantity": 4}]}}));
        shop.ask(merge());
        assert_eq!(shop.0.short().iter().collect::<Vec<_>>(), [(&(g, LocationNo(0)), &1)]);
    }

    #[test]
    fn an_item_in_a_pool_is_neither_closed_nor_uncounted() {
        let shop = Shop::new();
        let close = json!({"close_item": {"sku": "WW"}});
        shop.refuses(close, "sku", "is in the pool P1; close it first");
        let uncount = json!({"set_mode": {"sku": "W", "mode": "unlimited"}});
        shop.refuses(uncount, "mode", "sets no units aside, and the pool P1 does; close it");
    }

    #[test]
    fn kits_and_their_parts_stay_what_they_are() {
        let mut shop = Shop::new();
        shop.ask(json!({"register_item": {"sku": "K"}}));
        shop.ask(json!({"register_item": {"sku": "P"}}));
        let part = |sku: &str| json!({"sku": sku, "quantity": 1});
        shop.tell(json!({"kit_defined": {"sku": "K", "version": 1, "parts": [part("P")]}}));
        let merge = |sku: &str| json!({"merge_items": {"sku": sku, "into": "G"}});
        shop.refuses(json!({"close_item": {"sku": "P"}}), "sku", "is a part of the kit K");
        shop.refuses(merge("P"), "sku", "is a part of the kit K: define that without it first");
        shop.refuses(merge("K"), "sku", "is a kit, and kits are not merged");
        let uncount = json!({"set_mode": {"sku": "K", "mode": "unlimited"}});
        shop.refuses(uncount, "mode", "must be `finite`: a kit has what its parts make");
        shop.tell(json!({"kit_defined": {"sku": "K", "version": 2, "parts": [part("G")]}}));
        shop.ask(merge("P"));
        shop.ask(json!({"close_item": {"sku": "K"}}));
    }

    #[test]
    fn a_merged_item_comes_back_from_a_checkpoint() {
        let mut shop = Shop::new();
        let lines = json!([{"sku": "W", "quantity": 2, "expected_at": "1970-01-02T00:00:00Z"}]);
        shop.ask(json!({"register_location": {"location": "B"}}));
        shop.ask(json!({"expect_stock": {"inbound": "I1", "location": "A", "lines": lines}}));
        let lines = json!([{"sku": "W", "quantity": 2}]);
        let sent = json!({"transfer": "T1", "from": "A", "to": "B", "lines": lines});
        shop.ask(json!({"start_transfer": sent}));
        shop.ask(json!({"rename_item": {"sku": "W", "to": "WX"}}));
        shop.ask(json!({"rename_item": {"sku": "W", "to": "WW"}}));
        shop.ask(merge());
        shop.ask(json!({"rename_item": {"sku": "W", "to": "WX"}}));
        shop.ask(json!({"cancel_transfer": {"transfer": "T1", "outcome": "restock"}}));
        shop.check(expect![
            "WX sellable 30 committed 0 held 0 pooled 10 | P1 own 10 WX left 10 drawn 0"
        ]);
    }
}
