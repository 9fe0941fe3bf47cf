//! The availability feed: the newest number of each item and channel, and which changed last.

mod board;
mod change;
mod http;
mod keeper;
mod watching;

use std::io;
use std::sync::Arc;

use axum::Router;
use axum::routing::get;
use onhand_core::LedgerId;
use onhand_wire::{No, Problem, Trouble, problem};
use smol_str::format_smolstr;
use tokio::sync::watch;

use super::Feeds;
use crate::Node;
use crate::http::{Rooms, reads_trouble};
use keeper::Keeper;

pub(crate) use board::{Board, Filter};
pub(crate) use change::{AvailabilityChange, Place};
pub(crate) use watching::{News, Watching};

/// The boards of all ledgers that somebody asked for.
pub(crate) struct Boards {
    /// By shard.
    keepers: Vec<Arc<Keeper>>,
    /// Turns with every change of any board.
    news: watch::Sender<u64>,
}

impl Boards {
    /// # Errors
    /// None now: threads are started when they are needed.
    pub fn begin(node: &Arc<Node>) -> io::Result<Boards> {
        let run = format_smolstr!("{:x}", crate::node::now().as_us());
        let news = watch::Sender::new(0);
        let keepers = node.projectors().into_iter();
        let keepers = keepers.map(|it| Arc::new(Keeper::new(it, run.clone(), news.clone())));
        Ok(Boards { keepers: keepers.collect(), news })
    }

    /// Turns whenever something of any board may have changed.
    pub fn follow(&self) -> watch::Receiver<u64> {
        self.news.subscribe()
    }

    /// Boards of a shard.
    pub fn boards(&self, shard: usize) -> u64 {
        self.keepers[shard].boards().len() as u64
    }

    /// Items on channels that the boards of a shard keep.
    pub fn rows(&self, shard: usize) -> u64 {
        self.keepers[shard].boards().iter().map(|it| it.size() as u64).sum()
    }

    /// Blocks of a shard that are folded and not yet looked through.
    pub fn lag_blocks(&self, shard: usize) -> u64 {
        self.keepers[shard].lag_blocks()
    }

    pub fn end(&self) {
        self.keepers.iter().for_each(|it| it.end());
    }
}

impl Feeds {
    /// The board of a ledger. It is filled in the background from the first call on.
    ///
    /// # Errors
    /// The ledger is not known, or no thread can be started.
    pub fn board(&self, ledger: &LedgerId) -> Result<Arc<Board>, Problem> {
        let projector = self.node.projector(ledger);
        projector.known_names(ledger, &[], &[]).map_err(|it| no(&reads_trouble(&it.into())))?;
        let keeper = &self.availability.keepers[usize::from(self.node.shard_of(ledger))];
        keeper.board(ledger).map_err(|error| {
            no(&Trouble::Unavailable { message: format!("no thread for this feed: {error}") })
        })
    }

    /// Begins to follow what channels are told: everything first, or what changed behind `after`
    /// if that is a place of this run of the server.
    ///
    /// # Errors
    /// The ledger, a channel or a SKU is not known.
    pub fn watch_availability(
        &self,
        ledger: &LedgerId,
        after: Option<&Place>,
        filter: Filter,
    ) -> Result<Watching, Problem> {
        let names = self.node.projector(ledger).known_names(ledger, &filter.channels, &filter.skus);
        let skus = names.map_err(|it| no(&reads_trouble(&it.into())))?;
        let board = self.board(ledger)?;
        let after = after.map_or(0, |it| board.version_at(it));
        Ok(Watching::new(board, after, Filter { skus, ..filter }))
    }
}

fn no(trouble: &Trouble) -> Problem {
    problem(No::Trouble(trouble))
}

pub(crate) fn routes() -> Router<Arc<Rooms>> {
    Router::new().route("/v1/{ledger}/availability/changes", get(http::changes))
}
