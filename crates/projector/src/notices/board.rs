//! Levels and notices of one ledger.

use std::collections::VecDeque;

use onhand_core::{ChannelNo, Claimant, Entry, Flag, ItemNo, Ledger, LocationNo, NOW, Time};
use serde::{Deserialize, Serialize};

use super::level::{Edge, Level};

/// Notices of a ledger that are kept.
pub const KEPT_MAX: usize = 100_000;

/// What a notice says, in base units.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum What {
    Low { channel: ChannelNo, published: u64, at: u64 },
    Out { channel: ChannelNo },
    Back { channel: ChannelNo, published: u64 },
    Oversold { location: LocationNo, by: u64 },
}

/// One notice. Its number is its place among all of the ledger's, counted from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    /// Of the last entry of its block that touched the item.
    pub position: u64,
    pub time: Time,
    pub item: ItemNo,
    pub what: What,
}

/// Levels by item and channel, and the newest notices.
#[derive(Clone, Debug, Default)]
pub struct Notices {
    /// A byte for each item and channel; those of one item stand together.
    levels: Vec<u8>,
    channels: usize,
    kept: VecDeque<Notice>,
    /// The number of the last notice; 0 before the first.
    last: u64,
    /// Whether changes are remembered for a checkpoint.
    pub tracked: bool,
    /// Items whose levels changed since they were last taken.
    changed: Vec<u32>,
}

impl Notices {
    pub fn new(tracked: bool) -> Notices {
        Notices { tracked, ..Notices::default() }
    }

    pub fn last(&self) -> u64 {
        self.last
    }

    /// The number of the oldest notice that is kept, or of the next one.
    pub fn oldest(&self) -> u64 {
        self.last + 1 - self.kept.len() as u64
    }

    /// Kept notices behind the number `after`, oldest first, with their numbers.
    pub fn after(&self, after: u64) -> impl Iterator<Item = (u64, &Notice)> {
        let oldest = self.oldest();
        let skipped =
            usize::try_from(after.saturating_add(1).saturating_sub(oldest)).unwrap_or(usize::MAX);
        let kept = self.kept.iter().enumerate().skip(skipped);
        kept.map(move |(index, notice)| (oldest + index as u64, notice))
    }

    /// Adds notices of one block: by position, then as they came.
    pub fn tell(&mut self, mut news: Vec<Notice>) {
        news.sort_by_key(|it| it.position);
        self.last += news.len() as u64;
        self.kept.extend(news);
        let over = self.kept.len().saturating_sub(KEPT_MAX);
        self.kept.drain(..over);
    }

    /// What the entry's flags say of stock that is sold beyond what is there.
    pub fn note_oversold(ledger: &Ledger, entry: &Entry, time: Time, news: &mut Vec<Notice>) {
        for flag in &entry.flags {
            let Flag::Oversold { sku, location, by } = flag else { continue };
            let item = ledger.item_no_at(sku, entry.position);
            let (Some(item), Some(location)) = (item, ledger.location_no(location)) else {
                continue;
            };
            let what = What::Oversold { location, by: *by };
            news.push(Notice { position: entry.position, time, item, what });
        }
    }

    /// Looks at an item and at the kits that it is a part of, on one channel or on all.
    pub fn look(
        &mut self,
        ledger: &Ledger,
        item: ItemNo,
        only: Option<ChannelNo>,
        position: u64,
        time: Time,
        news: &mut Vec<Notice>,
    ) {
        self.fit(ledger);
        self.look_at(ledger, item, only, position, time, news);
        let kits = ledger.item(item).info.as_ref().map_or(&[][..], |it| &it.used_in);
        for kit in kits {
            self.look_at(ledger, *kit, only, position, time, news);
        }
    }

    fn look_at(
        &mut self,
        ledger: &Ledger,
        item: ItemNo,
        only: Option<ChannelNo>,
        position: u64,
        time: Time,
        news: &mut Vec<Notice>,
    ) {
        let known = ledger.item(item);
        let counted = known.mode().is_finite() || known.recipe().is_some();
        let merged = known.info.as_ref().is_some_and(|it| it.merged_into.is_some());
        let channels = match only {
            Some(channel) => channel.0..channel.0 + 1,
            None => 0..self.channels as u32,
        };
        for channel in channels.map(ChannelNo) {
            let level = self.level(item, channel);
            if !counted || merged {
                self.set(item, channel, level, Level::Unknown);
                continue;
            }
            if level == Level::Unknown && !may_have(ledger, item, channel) {
                continue;
            }
            let who = Claimant { channel: Some(channel), ..Claimant::default() };
            let Some(published) = ledger.offer(item, &who, None, time).published() else {
                self.set(item, channel, level, Level::Unknown);
                continue;
            };
            let low = ledger.low_stock(item, channel);
            let (next, edge) = level.next(published, low.as_ref());
            self.set(item, channel, level, next);
            let what = edge.map(|edge| match edge {
                Edge::Low => What::Low { channel, published, at: low.map_or(0, |it| it.at) },
                Edge::Out => What::Out { channel },
                Edge::Back => What::Back { channel, published },
            });
            news.extend(what.map(|what| Notice { position, time, item, what }));
        }
    }

    fn level(&self, item: ItemNo, channel: ChannelNo) -> Level {
        Level::of(self.levels[item.0 as usize * self.channels + channel.0 as usize])
    }

    fn set(&mut self, item: ItemNo, channel: ChannelNo, before: Level, level: Level) {
        if level != before {
            self.levels[item.0 as usize * self.channels + channel.0 as usize] = level as u8;
            if self.tracked {
                self.changed.push(item.0);
            }
        }
    }

    /// Makes room for the ledger's items and channels.
    fn fit(&mut self, ledger: &Ledger) {
        let (items, channels) = (ledger.items().len(), ledger.channels().len());
        if channels != self.channels {
            let before = std::mem::take(&mut self.levels);
            self.levels = vec![0; items * channels];
            if self.channels > 0 {
                let rows = self.levels.chunks_mut(channels).zip(before.chunks(self.channels));
                rows.for_each(|(row, before)| row[..before.len()].copy_from_slice(before));
            }
            self.channels = channels;
        }
        if self.levels.len() < items * channels {
            self.levels.resize(items * channels, 0);
        }
    }

    /// Items whose levels changed since the last call.
    pub fn take_changes(&mut self) -> Vec<u32> {
        std::mem::take(&mut self.changed)
    }

    /// The levels of some items, and of how many channels each; nothing where all are unknown.
    pub fn levels_of(&self, items: std::ops::Range<usize>) -> (u32, &[u8]) {
        let end = self.levels.len().min(items.end * self.channels);
        let levels = &self.levels[end.min(items.start * self.channels)..end];
        match levels.iter().all(|it| *it == Level::Unknown as u8) {
            true => (0, &[]),
            false => (self.channels as u32, levels),
        }
    }

    /// Brings back the levels of items from the number `first` on.
    pub fn put_levels(&mut self, ledger: &Ledger, first: usize, channels: u32, levels: &[u8]) {
        self.fit(ledger);
        if channels == 0 || self.channels == 0 {
            return;
        }
        let rows = self.levels[first * self.channels..].chunks_mut(self.channels);
        for (row, stored) in rows.zip(levels.chunks(channels as usize)) {
            let known = row.len().min(stored.len());
            row[..known].copy_from_slice(&stored[..known]);
        }
    }

    /// Brings back notices, the first of them with this number. False: they do not follow.
    pub fn put_notices(&mut self, first: u64, notices: Vec<Notice>) -> bool {
        if !self.kept.is_empty() && first != self.last + 1 {
            return false;
        }
        self.last = first + notices.len() as u64 - 1;
        self.kept.extend(notices);
        let over = self.kept.len().saturating_sub(KEPT_MAX);
        self.kept.drain(..over);
        true
    }
}

/// Whether there could be anything of the item on the channel: most items lie at few locations.
pub fn may_have(ledger: &Ledger, item: ItemNo, channel: ChannelNo) -> bool {
    let known = ledger.item(item);
    if known.recipe().is_some() || !known.pools().is_empty() || !known.expected().is_empty() {
        return true;
    }
    let serving = ledger.serving(item, channel, NOW);
    known.cells.iter().any(|cell| serving.contains(&cell.location))
}
