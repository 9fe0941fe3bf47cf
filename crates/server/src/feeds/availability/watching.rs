//! Following a board: a reader with a place of its own.

use std::collections::VecDeque;
use std::sync::Arc;

use onhand_core::{ChannelId, Sku};
use tokio::sync::watch;

use super::board::{Board, ChangesPage, Filter};
use super::change::{AvailabilityChange, Place};

/// Changes that are read in one go.
const PAGE: usize = 256;

/// What a reader is told next.
#[derive(Debug)]
pub(crate) enum News {
    Change(Box<AvailabilityChange>),
    /// All that was known at the beginning has been told. Once.
    CaughtUp(Place),
}

/// Somebody who follows a board. Nothing waits for it, and nothing is kept for it.
pub(crate) struct Watching {
    board: Arc<Board>,
    filter: Filter,
    after: u64,
    caught_up: bool,
    read: VecDeque<AvailabilityChange>,
    news: watch::Receiver<u64>,
}

impl Watching {
    pub(super) fn new(board: Arc<Board>, after: u64, filter: Filter) -> Watching {
        let news = board.follow();
        Watching { board, filter, after, caught_up: false, read: VecDeque::new(), news }
    }

    /// The place behind which to go on: all before it was read, told or passed over.
    pub fn place(&self) -> Place {
        self.board.place(self.after)
    }

    /// Tells that a name is not one of an item, where somebody was told so. False: there is no such
    /// channel.
    pub fn close(&self, channel: &ChannelId, sku: &Sku) -> bool {
        self.board.close(channel, sku)
    }

    /// Up to so many changes behind the place, without waiting.
    pub fn page(&mut self, most: usize) -> ChangesPage {
        self.news.mark_unchanged();
        let page = self.board.read(self.after, &self.filter, most);
        self.after = page.reached;
        page
    }

    /// Waits until there may be something to read.
    pub async fn changed(&mut self) {
        // The board outlives its readers.
        let _board_is_there = self.news.changed().await;
    }

    /// What comes next; waits for it. May be dropped while it waits.
    pub async fn next(&mut self) -> News {
        loop {
            if let Some(change) = self.read.pop_front() {
                return News::Change(Box::new(change));
            }
            let before = self.after;
            let page = self.page(PAGE);
            self.read.extend(page.changes);
            if !self.read.is_empty() {
                continue;
            }
            if page.caught_up && !self.caught_up {
                self.caught_up = true;
                return News::CaughtUp(self.place());
            }
            if self.after == before || page.caught_up {
                self.changed().await;
            }
        }
    }
}
