//! A checkpoint that is written by changed keys alone: what is not reported as changed goes stale.

use std::collections::BTreeMap;

use onhand_core::*;

pub struct Checkpoint {
    ledger: Ledger,
    items: BTreeMap<u32, Item>,
    orders: BTreeMap<OrderId, Order>,
    holds: BTreeMap<HoldId, Hold>,
    transfers: BTreeMap<TransferId, Transfer>,
    pools: BTreeMap<u32, Pool>,
}

impl Checkpoint {
    pub fn new(mut ledger: Ledger) -> Checkpoint {
        ledger.track(Tracking::Keys);
        Checkpoint {
            ledger,
            items: BTreeMap::new(),
            orders: BTreeMap::new(),
            holds: BTreeMap::new(),
            transfers: BTreeMap::new(),
            pools: BTreeMap::new(),
        }
    }

    pub fn write(&mut self, entry: &Entry, time: Time) {
        self.ledger.evolve(entry, time).unwrap();
        let touched = self.ledger.take_touched();
        for key in touched.items {
            self.items.insert(key, self.ledger.item(ItemNo(key)).clone());
        }
        for key in touched.orders {
            let order = self.ledger.order(&key).unwrap().clone();
            self.orders.insert(key, order);
        }
        for key in touched.holds {
            let hold = self.ledger.hold(&key).unwrap().clone();
            self.holds.insert(key, hold);
        }
        for key in touched.transfers {
            let transfer = self.ledger.transfer(&key).unwrap().clone();
            self.transfers.insert(key, transfer);
        }
        for key in touched.pools {
            self.pools.insert(key, self.ledger.pool(PoolNo(key)).clone());
        }
    }

    /// The ledger as it comes back from what was written.
    pub fn read(&self) -> Ledger {
        let mut ledger = Ledger::from_frame(self.ledger.frame());
        self.items.values().for_each(|it| ledger.put_item(it.clone()));
        self.orders.iter().for_each(|(id, it)| ledger.put_order(id.clone(), it.clone()));
        self.holds.iter().for_each(|(id, it)| ledger.put_hold(id.clone(), it.clone()));
        self.transfers.iter().for_each(|(id, it)| ledger.put_transfer(id.clone(), it.clone()));
        self.pools.values().for_each(|it| ledger.put_pool(it.clone()));
        ledger
    }
}
