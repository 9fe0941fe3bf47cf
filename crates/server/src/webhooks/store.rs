//! `webhooks.redb`: subscriptions, how far each is, what waits, what was given up, and the log.
//!
//! Every change is durable when its call returns. Keys are `<ledger>/<name>` and a number that
//! grows; values are JSON. The file belongs to webhooks alone: where it cannot be read, they stop.

use std::fs::OpenOptions;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{PoisonError, RwLock};

use onhand_core::Time;
use redb::{
    Database, Durability, ReadableDatabase, ReadableTable, Table, TableDefinition, WriteTransaction,
};
use serde::Serialize;
use serde::de::DeserializeOwned;
use thiserror::Error;

use super::subscription::{Cursor, Delivery, Disabled, Pending, Subscription};
use super::view::Standing;

/// The format that is written.
const FORMAT: u64 = 1;
/// Pages that are kept in memory.
const CACHE_BYTES: usize = 8 << 20;

type Rows = TableDefinition<'static, &'static str, &'static [u8]>;
type Lists = TableDefinition<'static, (&'static str, u64), &'static [u8]>;

const META: TableDefinition<&str, u64> = TableDefinition::new("meta");
const SUBSCRIPTIONS: Rows = TableDefinition::new("subscriptions");
const CURSORS: Rows = TableDefinition::new("cursors");
const PENDING: Lists = TableDefinition::new("pending");
const DEAD: Lists = TableDefinition::new("dead");
const LOG: Lists = TableDefinition::new("log");

/// The file cannot be used.
#[derive(Debug, Error)]
pub(crate) enum StoreFault {
    #[error("{0} is of format {1}, which is not known to this release; update the server")]
    Newer(String, u64),
    #[error("{0} cannot be read: {1}; move it aside to begin without subscriptions, or restore it")]
    Damaged(String, String),
    #[error("the file of subscriptions cannot be used: {0}")]
    Failed(String),
    #[error("the server stops")]
    Closed,
}

impl<E: Into<redb::Error>> From<E> for StoreFault {
    fn from(error: E) -> StoreFault {
        StoreFault::Failed(error.into().to_string())
    }
}

/// What a subscription's thread begins with.
pub(super) struct Loaded {
    pub subscription: Subscription,
    pub cursor: Cursor,
    pub pending: Vec<(u64, Pending)>,
    pub dead: u64,
}

/// What one attempt changes, all of it or nothing.
#[derive(Clone, Debug, Default)]
pub(super) struct Change {
    pub cursor: Option<Cursor>,
    /// Waits from now on, or anew. Without a number it is given the next one.
    pub wait: Option<(Option<u64>, Pending)>,
    /// Waits no more.
    pub done: Option<u64>,
    pub bury: Option<Pending>,
    pub log: Vec<Delivery>,
    pub disable: Option<Disabled>,
}

pub(super) struct Store {
    /// None once it is closed.
    database: RwLock<Option<Database>>,
    log_max: u64,
}

impl Store {
    /// # Errors
    /// The file is damaged, newer than this release, or cannot be made.
    pub fn open(path: &Path, log_max: u64) -> Result<Store, StoreFault> {
        let shown = path.display().to_string();
        let damaged = |why: String| StoreFault::Damaged(shown.clone(), why);
        private(path).map_err(|error| StoreFault::Failed(error.to_string()))?;
        let owned: PathBuf = path.to_owned();
        // Some damage is met by assertions instead of errors.
        let opened = std::panic::catch_unwind(move || {
            let mut builder = Database::builder();
            builder.set_cache_size(CACHE_BYTES).create(owned)
        });
        let database = opened.map_err(|_| damaged("its pages contradict themselves".to_owned()))?;
        let database = database.map_err(|error| damaged(error.to_string()))?;
        let store = Store { database: RwLock::new(Some(database)), log_max };
        match store.write(begin).map_err(|error| damaged(error.to_string()))? {
            FORMAT => {}
            newer => return Err(StoreFault::Newer(shown, newer)),
        }
        // Whatever cannot be read is met now, and not by a thread later.
        for it in store.subscriptions().map_err(|error| damaged(error.to_string()))? {
            store.load(&it.key()).map_err(|error| damaged(error.to_string()))?;
        }
        Ok(store)
    }

    /// Lets go of the file. Whoever still writes is told so.
    pub fn close(&self) {
        self.database.write().unwrap_or_else(PoisonError::into_inner).take();
    }

    fn with<T>(
        &self,
        work: impl FnOnce(&Database) -> Result<T, StoreFault>,
    ) -> Result<T, StoreFault> {
        let database = self.database.read().unwrap_or_else(PoisonError::into_inner);
        work(database.as_ref().ok_or(StoreFault::Closed)?)
    }

    fn write<T>(
        &self,
        work: impl FnOnce(&WriteTransaction) -> Result<T, StoreFault>,
    ) -> Result<T, StoreFault> {
        self.with(|database| {
            let mut transaction = database.begin_write()?;
            transaction.set_durability(Durability::Immediate)?;
            let done = work(&transaction)?;
            transaction.commit()?;
            Ok(done)
        })
    }

    /// All of them, by ledger and name.
    pub fn subscriptions(&self) -> Result<Vec<Subscription>, StoreFault> {
        self.with(|database| {
            let table = database.begin_read()?.open_table(SUBSCRIPTIONS)?;
            table.range::<&str>(..)?.map(|it| read(it?.1.value())).collect()
        })
    }

    pub fn subscription(&self, key: &str) -> Result<Option<Subscription>, StoreFault> {
        self.with(|database| {
            let table = database.begin_read()?.open_table(SUBSCRIPTIONS)?;
            table.get(key)?.map(|it| read(it.value())).transpose()
        })
    }

    /// False: the name is taken. None: there are as many as may be.
    pub fn add(
        &self,
        it: &Subscription,
        cursor: Cursor,
        most: u64,
    ) -> Result<Option<bool>, StoreFault> {
        self.write(|transaction| {
            let mut table = transaction.open_table(SUBSCRIPTIONS)?;
            if table.get(&*it.key())?.is_some() {
                return Ok(Some(false));
            }
            if table.range::<&str>(..)?.count() as u64 >= most {
                return Ok(None);
            }
            table.insert(&*it.key(), &*json(it)?)?;
            transaction.open_table(CURSORS)?.insert(&*it.key(), &*json(&cursor)?)?;
            Ok(Some(true))
        })
    }

    /// Changes a subscription. None: it is not there.
    pub fn change(
        &self,
        key: &str,
        change: impl FnOnce(&mut Subscription),
    ) -> Result<Option<Subscription>, StoreFault> {
        self.write(|transaction| {
            let mut table = transaction.open_table(SUBSCRIPTIONS)?;
            let Some(mut it) = one::<Subscription>(&table, key)? else { return Ok(None) };
            change(&mut it);
            table.insert(key, &*json(&it)?)?;
            Ok(Some(it))
        })
    }

    /// Forgets a subscription with all that belongs to it. False: it is not there.
    pub fn remove(&self, key: &str) -> Result<bool, StoreFault> {
        self.write(|transaction| {
            for list in [PENDING, DEAD, LOG] {
                let mut table = transaction.open_table(list)?;
                table.retain_in((key, 0)..=(key, u64::MAX), |_, _| false)?;
            }
            transaction.open_table(CURSORS)?.remove(key)?;
            Ok(transaction.open_table(SUBSCRIPTIONS)?.remove(key)?.is_some())
        })
    }

    /// None: it is not there.
    pub fn load(&self, key: &str) -> Result<Option<Loaded>, StoreFault> {
        self.with(|database| {
            let transaction = database.begin_read()?;
            let Some(subscription) = one(&transaction.open_table(SUBSCRIPTIONS)?, key)? else {
                return Ok(None);
            };
            let cursor = one(&transaction.open_table(CURSORS)?, key)?.unwrap_or_default();
            let pending = list(&transaction.open_table(PENDING)?, key, 0, usize::MAX)?;
            let dead = transaction.open_table(DEAD)?;
            let dead = dead.range((key, 0)..=(key, u64::MAX))?.count() as u64;
            Ok(Some(Loaded { subscription, cursor, pending, dead }))
        })
    }

    /// How far it is and how much waits, without reading all of it.
    pub fn standing(&self, key: &str) -> Result<Standing, StoreFault> {
        self.with(|database| {
            let transaction = database.begin_read()?;
            let cursor = one(&transaction.open_table(CURSORS)?, key)?.unwrap_or_default();
            let count = |list| -> Result<u64, StoreFault> {
                let table = transaction.open_table(list)?;
                Ok(table.range((key, 0)..=(key, u64::MAX))?.count() as u64)
            };
            Ok(Standing { cursor, pending: count(PENDING)?, dead: count(DEAD)? })
        })
    }

    /// Writes what an attempt came to. Answers the number of what waits now.
    pub fn commit(&self, key: &str, change: &Change) -> Result<Option<u64>, StoreFault> {
        self.write(|transaction| {
            if let Some(cursor) = &change.cursor {
                transaction.open_table(CURSORS)?.insert(key, &*json(cursor)?)?;
            }
            let mut pending = transaction.open_table(PENDING)?;
            if let Some(number) = change.done {
                pending.remove((key, number))?;
            }
            let mut waits = None;
            if let Some((number, it)) = &change.wait {
                let number = number.map_or_else(|| next(&pending, key), Ok)?;
                pending.insert((key, number), &*json(it)?)?;
                waits = Some(number);
            }
            if let Some(it) = &change.bury {
                let mut dead = transaction.open_table(DEAD)?;
                let number = next(&dead, key)?;
                dead.insert((key, number), &*json(it)?)?;
            }
            let mut log = transaction.open_table(LOG)?;
            for it in &change.log {
                let number = next(&log, key)?;
                log.insert((key, number), &*json(it)?)?;
                let old = number.saturating_sub(self.log_max);
                log.retain_in((key, 0)..=(key, old), |_, _| false)?;
            }
            if let Some(disabled) = &change.disable {
                disable(transaction, key, disabled)?;
            }
            Ok(waits)
        })
    }

    /// Lets some events wait, at most until as many wait as may. Answers how many were added.
    pub fn enqueue(&self, key: &str, some: &[Pending], most: usize) -> Result<usize, StoreFault> {
        self.write(|transaction| {
            let mut pending = transaction.open_table(PENDING)?;
            let there = pending.range((key, 0)..=(key, u64::MAX))?.count();
            let some = some.iter().take(most.saturating_sub(there));
            let mut added = 0;
            for it in some {
                let number = next(&pending, key)?;
                pending.insert((key, number), &*json(it)?)?;
                added += 1;
            }
            Ok(added)
        })
    }

    /// Lets what was given up wait anew, oldest first, as far as there is room. Answers how many.
    pub fn revive(&self, key: &str, now: Time, most: usize) -> Result<usize, StoreFault> {
        self.write(|transaction| {
            let mut pending = transaction.open_table(PENDING)?;
            let mut dead = transaction.open_table(DEAD)?;
            let there = pending.range((key, 0)..=(key, u64::MAX))?.count();
            let room = most.saturating_sub(there);
            let some: Vec<(u64, Pending)> = list(&dead, key, 0, room)?;
            for (buried, it) in &some {
                let fresh = Pending { attempts: 0, since: now, next_at: now, ..it.clone() };
                let number = next(&pending, key)?;
                pending.insert((key, number), &*json(&fresh)?)?;
                dead.remove((key, *buried))?;
            }
            Ok(some.len())
        })
    }

    /// Attempts, newest first, older than the one with the number `before`.
    pub fn deliveries(
        &self,
        key: &str,
        before: u64,
        most: usize,
    ) -> Result<Vec<(u64, Delivery)>, StoreFault> {
        self.with(|database| {
            let table = database.begin_read()?.open_table(LOG)?;
            let rows = table.range((key, 0)..(key, before))?.rev().take(most);
            rows.map(|it| {
                let (at, bytes) = it?;
                Ok((at.value().1, read(bytes.value())?))
            })
            .collect()
        })
    }

    /// What was given up, oldest first, behind the number `after`.
    pub fn dead(
        &self,
        key: &str,
        after: u64,
        most: usize,
    ) -> Result<Vec<(u64, Pending)>, StoreFault> {
        self.with(|database| {
            let table = database.begin_read()?.open_table(DEAD)?;
            list(&table, key, after.saturating_add(1), most)
        })
    }
}

/// Makes what is missing. Answers the format of the file.
fn begin(transaction: &WriteTransaction) -> Result<u64, StoreFault> {
    let mut meta = transaction.open_table(META)?;
    let format = meta.get("format")?.map(|it| it.value());
    match format {
        Some(FORMAT) => {}
        Some(other) => return Ok(other),
        None => {
            meta.insert("format", FORMAT)?;
        }
    }
    for rows in [SUBSCRIPTIONS, CURSORS] {
        transaction.open_table(rows)?;
    }
    for list in [PENDING, DEAD, LOG] {
        transaction.open_table(list)?;
    }
    Ok(FORMAT)
}

/// Secrets are in it: only its owner may read it.
fn private(path: &Path) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.create(true).truncate(false).read(true).write(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    options.open(path).map(drop)
}

fn disable(
    transaction: &WriteTransaction,
    key: &str,
    disabled: &Disabled,
) -> Result<(), StoreFault> {
    let mut table = transaction.open_table(SUBSCRIPTIONS)?;
    if let Some(mut it) = one::<Subscription>(&table, key)? {
        it.disabled = Some(disabled.clone());
        table.insert(key, &*json(&it)?)?;
    }
    Ok(())
}

fn one<T: DeserializeOwned>(
    table: &impl ReadableTable<&'static str, &'static [u8]>,
    key: &str,
) -> Result<Option<T>, StoreFault> {
    table.get(key)?.map(|it| read(it.value())).transpose()
}

fn list<T: DeserializeOwned>(
    table: &impl ReadableTable<(&'static str, u64), &'static [u8]>,
    key: &str,
    from: u64,
    most: usize,
) -> Result<Vec<(u64, T)>, StoreFault> {
    let rows = table.range((key, from)..=(key, u64::MAX))?.take(most);
    rows.map(|it| {
        let (at, bytes) = it?;
        Ok((at.value().1, read(bytes.value())?))
    })
    .collect()
}

/// The number behind the last one.
fn next(
    table: &Table<'_, (&'static str, u64), &'static [u8]>,
    key: &str,
) -> Result<u64, StoreFault> {
    let last = table.range((key, 0)..=(key, u64::MAX))?.next_back().transpose()?;
    Ok(last.map_or(1, |(at, _)| at.value().1 + 1))
}

fn json(it: &impl Serialize) -> Result<Vec<u8>, StoreFault> {
    serde_json::to_vec(it).map_err(|error| StoreFault::Failed(error.to_string()))
}

fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, StoreFault> {
    serde_json::from_slice(bytes).map_err(|error| StoreFault::Failed(error.to_string()))
}

#[cfg(test)]
mod tests {
    use onhand_core::{Label, LedgerId};

    use super::*;

    fn subscription() -> Subscription {
        Subscription {
            ledger: LedgerId::new("acme").unwrap(),
            name: Label::new("shop").unwrap(),
            url: "https://shop.example/".to_owned(),
            types: vec!["onhand.".into()],
            channels: Vec::new(),
            sku_prefix: None,
            secrets: Vec::new(),
            disabled: None,
            created_at: Time(1),
        }
    }

    fn delivery(id: u64) -> Delivery {
        Delivery {
            id: id.to_string(),
            kind: "onhand.stock.low".into(),
            at: Time(id),
            attempt: 1,
            result: super::super::subscription::Attempted::Delivered,
            status: Some(200),
            why: String::new(),
            took_ms: 1,
            next_at: None,
        }
    }

    #[test]
    fn the_log_keeps_the_newest_and_outlives_a_restart() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("webhooks.redb");
        let store = Store::open(&path, 10).unwrap();
        assert_eq!(store.add(&subscription(), Cursor::default(), 1).unwrap(), Some(true));
        assert_eq!(store.add(&subscription(), Cursor::default(), 9).unwrap(), Some(false));
        for id in 1..=25 {
            let change = Change { log: vec![delivery(id)], ..Change::default() };
            store.commit("acme/shop", &change).unwrap();
        }
        store.close();
        assert!(matches!(store.subscriptions(), Err(StoreFault::Closed)));
        let store = Store::open(&path, 10).unwrap();
        let kept = store.deliveries("acme/shop", u64::MAX, 100).unwrap();
        let ids: Vec<String> = kept.into_iter().map(|(_, it)| it.id).collect();
        assert_eq!(ids, (16..=25).rev().map(|it| it.to_string()).collect::<Vec<_>>());
        assert!(store.remove("acme/shop").unwrap());
        assert!(store.deliveries("acme/shop", u64::MAX, 100).unwrap().is_empty());
    }

    #[test]
    fn a_newer_file_is_not_touched() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("webhooks.redb");
        drop(Store::open(&path, 10).unwrap());
        let database = Database::create(&path).unwrap();
        let transaction = database.begin_write().unwrap();
        transaction.open_table(META).unwrap().insert("format", 2).unwrap();
        transaction.commit().unwrap();
        drop(database);
        let fault = Store::open(&path, 10).map(drop).unwrap_err();
        assert!(matches!(fault, StoreFault::Newer(_, 2)), "{fault}");
    }
}
