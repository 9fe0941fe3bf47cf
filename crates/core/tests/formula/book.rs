//! What the list of entries says, read from its beginning: names, claims, pools, rules, supply.
//!
//! Nothing is remembered between two questions, and nothing of what the ledger keeps is asked.

use std::collections::BTreeMap;

use onhand_core::*;

use crate::supplied::Supplied;

/// An entry with the moment at which it was recorded.
#[derive(Clone, Debug)]
pub struct Recorded {
    pub time: Time,
    pub entry: Entry,
}

/// An item, by the order in which items were registered.
pub type Id = usize;

/// What a scope is about: an item, a category or everything; and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum About {
    Item(Id),
    Category(Label),
    All,
}
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum At {
    Channel(ChannelId),
    Location(LocationId),
    Supplier(SupplierId),
    Anywhere,
}

/// Whose units a claim counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum By {
    Hold(HoldId),
    Order,
    /// Left with the goods: committed no more, and not given back either.
    Shipped,
}

/// Units that somebody was promised, or not any more.
#[derive(Clone, Debug)]
pub struct Promise {
    pub item: Id,
    pub location: LocationId,
    pub units: i64,
    pub pool: Option<PoolId>,
    pub window: Option<Time>,
    pub by: By,
}

/// Units that a pool got or lost other than by promises.
#[derive(Clone, Debug)]
pub struct SetAside {
    pub pool: PoolId,
    pub item: Id,
    pub location: LocationId,
    pub units: i64,
}

#[derive(Clone, Debug, Default)]
pub struct Kind {
    pub category: Option<Label>,
    pub mode: Mode,
    pub recipe: Vec<(Id, u64)>,
    pub merged_into: Option<Id>,
    pub closed: bool,
}

/// A tranche: when it is to be released, and units of its items.
#[derive(Clone, Debug)]
pub struct Wave {
    pub name: TrancheId,
    pub release_at: Time,
    pub units: Vec<(Id, i64)>,
}

#[derive(Clone, Debug)]
pub struct OpenedPool {
    pub opened: PoolOpened,
    pub released: Vec<TrancheId>,
    pub tranches: Vec<Wave>,
    pub closed: bool,
}

#[derive(Clone, Debug)]
pub struct Inbound {
    pub name: Label,
    pub location: LocationId,
    pub item: Id,
    pub left: i64,
    pub expected_at: Time,
    pub confidence: i64,
}

#[derive(Clone, Debug, Default)]
pub struct Book {
    pub names: BTreeMap<Sku, Id>,
    pub items: Vec<Kind>,
    pub locations: Vec<(LocationId, Option<SupplierId>)>,
    pub channels: BTreeMap<ChannelId, Vec<LocationId>>,
    pub sellable: Vec<(Id, LocationId, i64)>,
    pub promises: Vec<Promise>,
    /// Ends of holds that are not resolved.
    pub holds: BTreeMap<HoldId, Time>,
    pub set_aside: Vec<SetAside>,
    pub pools: Vec<OpenedPool>,
    pub policies: Vec<((About, At), PolicySet)>,
    pub inbound: Vec<Inbound>,
    /// Items that are part of another one, in the order in which that happened.
    pub gone: Vec<Id>,
    pub supplied: Supplied,
}

impl Book {
    pub fn read(entries: &[Recorded]) -> Book {
        let mut book = Book::default();
        for it in entries {
            it.entry.fact.created().iter().for_each(|sku| book.register(sku, &[], None));
            book.movements(&it.entry);
            book.fact(&it.entry);
            book.hear(it);
        }
        book.follow_merges();
        book
    }

    pub fn id(&self, name: &Sku) -> Id {
        self.names[name]
    }

    /// The first of an item's names.
    pub fn name_of(&self, id: Id) -> &Sku {
        self.names.iter().find(|it| *it.1 == id).unwrap().0
    }

    /// Every item that is not part of another one by now.
    pub fn one_name_each(&self) -> impl Iterator<Item = (&Sku, Id)> {
        let whole = |id: &Id| self.items[*id].merged_into.is_none();
        (0..self.items.len()).filter(whole).map(|id| (self.name_of(id), id))
    }

    fn register(&mut self, sku: &Sku, aliases: &[Sku], category: Option<Label>) {
        let id = self.items.len();
        self.items.push(Kind { category, ..Kind::default() });
        for name in aliases.iter().chain([sku]) {
            self.names.insert(name.clone(), id);
        }
    }

    fn movements(&mut self, entry: &Entry) {
        for movement in &entry.movements {
            let (id, units) = (self.id(&movement.sku), movement.quantity.signed());
            for (account, units) in [(&movement.from, -units), (&movement.to, units)] {
                if let Account::Shelf(location, Condition::Sellable) = account {
                    self.sellable.push((id, location.clone(), units));
                }
            }
        }
    }

    fn fact(&mut self, entry: &Entry) {
        match &entry.fact {
            Fact::ItemRegistered(it) => self.register(&it.sku, &it.aliases, it.category.clone()),
            Fact::AliasAdded(it) => drop(self.names.insert(it.alias.clone(), self.id(&it.sku))),
            Fact::ItemRenamed(it) => drop(self.names.insert(it.to.clone(), self.id(&it.from))),
            Fact::ItemClosed(it) => self.item(&it.sku).closed = true,
            Fact::ItemsMerged(it) => self.merge(it),
            Fact::ModeSet(it) => self.item(&it.sku).mode = it.mode.clone(),
            Fact::KitDefined(it) => {
                let part = |part: &KitPart| (self.id(&part.sku), part.quantity.units());
                self.item(&it.sku).recipe = it.parts.iter().map(part).collect();
            }
            Fact::LocationRegistered(it) => {
                self.locations.push((it.location.clone(), it.supplier.clone()));
            }
            Fact::ChannelRegistered(ChannelRegistered { channel, locations, .. })
            | Fact::ChannelChanged(ChannelChanged { channel, locations }) => {
                self.channels.insert(channel.clone(), locations.clone());
            }
            Fact::PolicySet(it) => {
                self.policies.push((self.scope(&it.scope), (**it).clone()));
            }
            Fact::StockExpected(it) => self.expect(it),
            Fact::StockReceived(it) => self.arrive(it, &entry.movements),
            _ => {
                self.promise(&entry.fact);
                self.pool(&entry.fact);
            }
        }
    }

    fn scope(&self, scope: &Scope) -> (About, At) {
        let about = match (&scope.sku, &scope.category) {
            (Some(sku), _) => About::Item(self.id(sku)),
            (None, Some(category)) => About::Category(category.clone()),
            (None, None) => About::All,
        };
        let at = match (&scope.channel, &scope.location, &scope.supplier) {
            (Some(channel), _, _) => At::Channel(channel.clone()),
            (_, Some(location), _) => At::Location(location.clone()),
            (_, _, Some(supplier)) => At::Supplier(supplier.clone()),
            (None, None, None) => At::Anywhere,
        };
        (about, at)
    }

    fn item(&mut self, sku: &Sku) -> &mut Kind {
        let id = self.id(sku);
        &mut self.items[id]
    }

    fn merge(&mut self, it: &ItemsMerged) {
        let (from, into) = (self.id(&it.from), self.id(&it.into));
        self.items[from].merged_into = Some(into);
        self.gone.push(from);
        self.names.values_mut().filter(|id| **id == from).for_each(|id| *id = into);
    }

    /// Whatever was said of an item that is part of another by now was said of that other one.
    fn follow_merges(&mut self) {
        let merges: Vec<Option<Id>> = self.items.iter().map(|it| it.merged_into).collect();
        let last = |id: &mut Id| {
            while let Some(into) = merges[*id] {
                *id = into;
            }
        };
        self.sellable.iter_mut().for_each(|it| last(&mut it.0));
        self.promises.iter_mut().for_each(|it| last(&mut it.item));
        self.set_aside.iter_mut().for_each(|it| last(&mut it.item));
        self.inbound.iter_mut().for_each(|it| last(&mut it.item));
        self.items.iter_mut().flat_map(|it| &mut it.recipe).for_each(|it| last(&mut it.0));
        let tranches = self.pools.iter_mut().flat_map(|it| &mut it.tranches);
        tranches.flat_map(|it| &mut it.units).for_each(|it| last(&mut it.0));
    }

    fn expect(&mut self, it: &StockExpected) {
        for line in &it.lines {
            let item = self.id(&line.sku);
            let same = |known: &Inbound| {
                known.name == it.inbound && known.location == it.location && known.item == item
            };
            self.inbound.retain(|known| !same(known));
            self.inbound.push(Inbound {
                name: it.inbound.clone(),
                location: it.location.clone(),
                item,
                left: line.quantity as i64,
                expected_at: line.expected_at,
                confidence: line.confidence as i64,
            });
        }
    }

    fn arrive(&mut self, it: &StockReceived, movements: &[Movement]) {
        let arrives = |it: &&Movement| it.from == Account::Supplier;
        for movement in movements.iter().filter(arrives) {
            let item = self.id(&movement.sku);
            let waits = |known: &&mut Inbound| {
                Some(&known.name) == it.inbound.as_ref()
                    && known.location == it.location
                    && known.item == item
            };
            for known in self.inbound.iter_mut().filter(waits) {
                known.left = (known.left - movement.quantity.signed()).max(0);
            }
        }
    }

    fn promise(&mut self, fact: &Fact) {
        match fact {
            Fact::StockHeld(it) => {
                self.holds.insert(it.hold.clone(), it.expires_at);
                for line in &it.lines {
                    self.claim(&line.sku, &line.at, 1, &By::Hold(it.hold.clone()));
                }
            }
            Fact::HoldExtended(it) => drop(self.holds.insert(it.hold.clone(), it.expires_at)),
            Fact::HoldReleased(it) => {
                for line in &it.lines {
                    self.claim(&line.sku, &line.at, -1, &By::Hold(it.hold.clone()));
                }
                if it.whole {
                    self.holds.remove(&it.hold);
                }
            }
            Fact::HoldExpired(it) => drop(self.holds.remove(&it.hold)),
            Fact::OrderCommitted(it) => {
                it.hold.iter().for_each(|hold| {
                    self.holds.remove(hold);
                });
                for line in &it.lines {
                    self.claim(&line.sku, &line.at, 1, &By::Order);
                    self.claim(&line.sku, &line.from_hold, 1, &By::Order);
                }
            }
            Fact::OrderCancelled(it) => {
                for line in &it.lines {
                    line.sku.iter().for_each(|sku| self.claim(sku, &line.at, -1, &By::Order));
                }
            }
            Fact::OrderShipped(it) => {
                for line in &it.lines {
                    self.claim(&line.sku, &line.released, -1, &By::Shipped);
                }
            }
            Fact::EntryReversed(it) => {
                for line in &it.unshipped {
                    self.claim(&line.sku, &line.released, 1, &By::Shipped);
                }
            }
            Fact::OrderRelocated(it) => {
                for line in &it.lines {
                    self.claim(&line.sku, &line.from, -1, &By::Order);
                    self.claim(&line.sku, &line.to, 1, &By::Order);
                }
            }
            _ => {}
        }
    }

    fn claim(&mut self, sku: &Sku, at: &[Split], sign: i64, by: &By) {
        let item = self.id(sku);
        for split in at {
            self.promises.push(Promise {
                item,
                location: split.location.clone(),
                units: sign * split.quantity.signed(),
                pool: split.pool.clone(),
                window: split.window,
                by: by.clone(),
            });
        }
    }

    fn pool(&mut self, fact: &Fact) {
        match fact {
            Fact::PoolOpened(it) => {
                self.open_pool(it);
                self.set_aside(&it.pool, &it.lines, 1);
            }
            Fact::TrancheReleased(it) => {
                let pool = self.pools.iter_mut().find(|pool| pool.opened.pool == it.pool);
                pool.unwrap().released.push(it.tranche.clone());
            }
            Fact::PoolMoved(it) => {
                it.from.iter().for_each(|pool| self.set_aside(pool, &it.lines, -1));
                it.to.iter().for_each(|pool| self.set_aside(pool, &it.lines, 1));
            }
            Fact::PoolClosed(it) => {
                let pool = self.pools.iter_mut().find(|pool| pool.opened.pool == it.pool);
                pool.unwrap().closed = true;
            }
            Fact::PoolShrunk(it) => {
                for loss in &it.losses {
                    let (item, units) = (self.id(&loss.sku), -loss.quantity.signed());
                    let (pool, location) = (loss.pool.clone(), loss.location.clone());
                    self.set_aside.push(SetAside { pool, item, location, units });
                }
            }
            _ => {}
        }
    }

    fn open_pool(&mut self, it: &PoolOpened) {
        let line = |line: &TrancheLine| (self.id(&line.sku), line.quantity.signed());
        let tranche = |it: &TranchePlan| Wave {
            name: it.tranche.clone(),
            release_at: it.release_at,
            units: it.lines.iter().map(line).collect(),
        };
        let tranches = it.tranches.iter().map(tranche).collect();
        let opened = it.clone();
        self.pools.push(OpenedPool { opened, released: Vec::new(), tranches, closed: false });
    }

    fn set_aside(&mut self, pool: &PoolId, lines: &[PoolLine], sign: i64) {
        for line in lines {
            let item = self.id(&line.sku);
            for split in &line.at {
                let (location, units) = (split.location.clone(), sign * split.quantity.signed());
                self.set_aside.push(SetAside { pool: pool.clone(), item, location, units });
            }
        }
    }
}
