//! The board of one ledger: the newest numbers of each item on each channel, by when they changed.
//!
//! Whoever reads it takes what changed behind its own place, in the order of the changes. A slow
//! reader finds each item once, with its newest numbers: nothing waits for it, and nothing is kept
//! for it.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};

use onhand_core::{ChannelId, LedgerId, Sku, Time};
use onhand_projector::Figures;
use smol_str::SmolStr;
use tokio::sync::watch;

use super::change::{AvailabilityChange, Place};

/// Changes that one reading looks through, passed by the filter or not.
const LOOKED_AT_MAX: usize = 4_096;

/// What a reader wants to hear of; of each kind all, if none is named.
#[derive(Clone, Debug, Default)]
pub(crate) struct Filter {
    pub channels: Vec<ChannelId>,
    /// By the names that items have now.
    pub skus: Vec<Sku>,
}

/// Some changes, in their order.
#[derive(Debug)]
pub(crate) struct ChangesPage {
    pub changes: Vec<AvailabilityChange>,
    /// Everything up to here was looked at.
    pub reached: u64,
    /// That is all there is now, and all items were looked at once.
    pub caught_up: bool,
}

/// The entry by which something changed.
#[derive(Clone, Copy, Debug)]
pub(super) struct By {
    pub position: u64,
    pub recorded_at: Time,
    /// None: it was found so.
    pub reason: Option<&'static str>,
}

pub(crate) struct Board {
    pub ledger: LedgerId,
    run: SmolStr,
    rows: Mutex<Rows>,
    /// Turns with every version, and once all items were looked at.
    news: watch::Sender<u64>,
    /// The same of all boards together.
    any: watch::Sender<u64>,
}

/// A channel by its number, and an item by its name.
type Key = (u32, Sku);

#[derive(Default)]
struct Rows {
    channels: Vec<ChannelId>,
    rows: HashMap<Key, Row>,
    /// By version; of each row its newest.
    order: BTreeMap<u64, Key>,
    /// The name under which an item was told last.
    names: HashMap<u32, Sku>,
    version: u64,
    filled: bool,
}

#[derive(Clone, Debug)]
struct Row {
    version: u64,
    closed: bool,
    told: Told,
    as_of: Option<Time>,
    by: By,
}

/// What makes a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Told {
    unlimited: bool,
    published: u64,
    available: i64,
    sellable: i64,
    step: u64,
}

impl Told {
    const NOTHING: Told =
        Told { unlimited: false, published: 0, available: 0, sellable: 0, step: 0 };
}

impl Board {
    pub fn new(ledger: LedgerId, run: SmolStr, any: watch::Sender<u64>) -> Board {
        Board { ledger, run, rows: Mutex::default(), news: watch::Sender::new(0), any }
    }

    fn lock(&self) -> MutexGuard<'_, Rows> {
        self.rows.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Turns whenever there may be something to read.
    pub fn follow(&self) -> watch::Receiver<u64> {
        self.news.subscribe()
    }

    /// The version behind which to go on: 0, which is everything, for a place of another run.
    pub fn version_at(&self, place: &Place) -> u64 {
        match place.run == self.run {
            true => place.version.min(self.lock().version),
            false => 0,
        }
    }

    pub fn place(&self, version: u64) -> Place {
        Place { run: self.run.clone(), version }
    }

    /// Items on channels that are kept.
    pub(super) fn size(&self) -> usize {
        self.lock().rows.len()
    }

    /// Channels there are, as far as it was looked.
    pub(super) fn channels(&self) -> usize {
        self.lock().channels.len()
    }

    /// What changed behind a version, oldest change first.
    pub fn read(&self, after: u64, filter: &Filter, most: usize) -> ChangesPage {
        let now = crate::node::now();
        let rows = self.lock();
        let wanted = |channel: u32| {
            filter.channels.is_empty() || filter.channels.contains(&rows.channels[channel as usize])
        };
        let (mut changes, mut reached) = (Vec::new(), after);
        let mut behind = rows.order.range(after.saturating_add(1)..);
        if !filter.skus.is_empty() {
            // A few items are looked up rather than looked for.
            let mut found = rows.named(&filter.skus, after, wanted);
            let at_end = found.len() <= most;
            found.truncate(most);
            reached = match found.last() {
                Some((version, _)) if !at_end => *version,
                _ => rows.version,
            };
            changes.extend(found.iter().filter_map(|(_, key)| self.change(&rows, key, now)));
            return ChangesPage { changes, reached, caught_up: at_end && rows.filled };
        }
        for (version, key) in behind.by_ref().take(LOOKED_AT_MAX) {
            if wanted(key.0) {
                if changes.len() == most {
                    break;
                }
                changes.extend(self.change(&rows, key, now));
            }
            reached = *version;
        }
        let caught_up = rows.filled && reached >= rows.version;
        ChangesPage { changes, reached, caught_up }
    }

    fn change(&self, rows: &Rows, key: &Key, now: Time) -> Option<AvailabilityChange> {
        let Row { version, closed, told, as_of, by } = rows.rows.get(key)?;
        let (channel, sku) = (rows.channels[key.0 as usize].clone(), key.1.clone());
        Some(AvailabilityChange {
            ledger: self.ledger.clone(),
            channel,
            sku,
            closed: *closed,
            unlimited: told.unlimited,
            published: (!told.unlimited).then_some(told.published),
            available: (!told.unlimited).then_some(told.available),
            sellable: told.sellable,
            position: by.position,
            reason: by.reason,
            recorded_at: by.recorded_at,
            freshness_step: told.step,
            freshness_seconds: as_of.map(|it| now.as_us().saturating_sub(it.as_us()) / 1_000_000),
            version: self.place(*version),
        })
    }

    /// Writes down what was found; only what differs is a change.
    pub(super) fn put(&self, channels: &[ChannelId], found: Vec<(By, Figures)>) {
        let mut rows = self.lock();
        if rows.channels.len() < channels.len() {
            rows.channels = channels.to_vec();
        }
        let before = rows.version;
        for (by, figures) in found {
            rows.put(figures, by);
        }
        let (version, changed) = (rows.version, rows.version != before);
        drop(rows);
        if changed {
            self.turn(version);
        }
    }

    /// A name of before this run that no item has. False: there is no such channel.
    pub(super) fn close(&self, channel: &ChannelId, sku: &Sku) -> bool {
        let mut rows = self.lock();
        let Some(channel) = rows.channels.iter().position(|it| it == channel) else { return false };
        let key = (channel as u32, sku.clone());
        if !rows.rows.contains_key(&key) {
            let by = By { position: 0, recorded_at: crate::node::now(), reason: None };
            rows.replace(
                key,
                Row { version: 0, closed: true, told: Told::NOTHING, as_of: None, by },
            );
        }
        let version = rows.version;
        drop(rows);
        self.turn(version);
        true
    }

    fn turn(&self, version: u64) {
        self.news.send_replace(version);
        self.any.send_replace(version);
    }

    /// All items were looked at.
    pub(super) fn fill(&self) {
        let mut rows = self.lock();
        rows.filled = true;
        let version = rows.version;
        drop(rows);
        self.turn(version);
    }
}

impl Rows {
    fn put(&mut self, figures: Figures, by: By) {
        let item = figures.item.0;
        let known = self.names.get(&item);
        if figures.gone || known.is_some_and(|it| *it != figures.sku) {
            if let Some(name) = self.names.remove(&item) {
                self.close(&name, by);
            }
            if figures.gone {
                return;
            }
        }
        let key = (figures.channel.0, figures.sku.clone());
        let told = Told {
            unlimited: figures.unlimited,
            published: figures.published,
            available: figures.available,
            sellable: figures.sellable,
            step: figures.step,
        };
        let known = self.rows.get_mut(&key);
        match known {
            Some(row) if row.told == told && !row.closed => {
                row.as_of = figures.as_of;
                return;
            }
            // What never was on the channel is not told of.
            None if !figures.may_have => return,
            Some(_) | None => {}
        }
        self.names.entry(item).or_insert_with(|| figures.sku.clone());
        self.replace(key, Row { version: 0, closed: false, told, as_of: figures.as_of, by });
    }

    /// Nothing more is told under this name.
    fn close(&mut self, name: &Sku, by: By) {
        for channel in 0..self.channels.len() as u32 {
            let key = (channel, name.clone());
            if self.rows.get(&key).is_some_and(|it| !it.closed) {
                let told = Told::NOTHING;
                self.replace(key, Row { version: 0, closed: true, told, as_of: None, by });
            }
        }
    }

    fn replace(&mut self, key: Key, row: Row) {
        self.version += 1;
        let row = Row { version: self.version, ..row };
        if let Some(before) = self.rows.insert(key.clone(), row) {
            self.order.remove(&before.version);
        }
        self.order.insert(self.version, key);
    }

    /// The rows of some items behind a version, in its order.
    fn named(&self, skus: &[Sku], after: u64, wanted: impl Fn(u32) -> bool) -> Vec<(u64, Key)> {
        let channels = (0..self.channels.len() as u32).filter(|it| wanted(*it));
        let keys = channels.flat_map(|channel| skus.iter().map(move |sku| (channel, sku.clone())));
        let found = keys.filter_map(|key| Some((self.rows.get(&key)?.version, key)));
        let mut found: Vec<(u64, Key)> = found.filter(|(version, _)| *version > after).collect();
        found.sort_unstable();
        found.dedup();
        found
    }
}
