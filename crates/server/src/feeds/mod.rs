//! What others live from: movements, availability and notices, as streams that can be resumed.
//!
//! Everything here is derived from the journal and can be told again from any place in it.

pub(crate) mod availability;
pub(crate) mod movements;
pub(crate) mod notices;
mod pulse;
mod seat;

pub(crate) use seat::wants_stream;

use std::io;
use std::sync::Arc;

use axum::Router;
use onhand_core::LedgerId;
use onhand_wire::Trouble;
use tokio::sync::{Semaphore, watch};

use crate::Node;
use crate::http::Rooms;
use availability::Boards;
use movements::Publishing;
use pulse::Pulse;

/// The feeds of a node.
pub(crate) struct Feeds {
    pub node: Arc<Node>,
    /// By shard.
    pulses: Vec<Pulse>,
    pub availability: Boards,
    /// Streams that are open, against their bound.
    pub seats: Arc<Semaphore>,
    /// How far movements are published, by shard.
    pub publishing: Vec<Arc<Publishing>>,
    /// Pages of movements that are put together at once. Readers who catch up with a long past
    /// would take the processor from those who book.
    pub pages: Semaphore,
    ended: watch::Sender<bool>,
}

const PAGES_MAX: usize = 2;

impl Feeds {
    /// # Errors
    /// No thread can be started.
    pub fn begin(node: Arc<Node>) -> io::Result<Arc<Feeds>> {
        let pulses = node.projectors().into_iter().map(Pulse::begin);
        let pulses = pulses.collect::<io::Result<Vec<Pulse>>>()?;
        let seats = Arc::new(Semaphore::new(node.config().feed_subscribers_max as usize));
        let publishing = pulses.iter().map(|_| Arc::default()).collect();
        let availability = Boards::begin(&node)?;
        let (pages, ended) = (Semaphore::new(PAGES_MAX), watch::Sender::new(false));
        Ok(Arc::new(Feeds { node, pulses, availability, seats, publishing, pages, ended }))
    }

    /// Turns whenever something of the ledger's shard was folded; the value is the height.
    pub fn pulse(&self, ledger: &LedgerId) -> watch::Receiver<u64> {
        self.pulse_of(usize::from(self.node.shard_of(ledger)))
    }

    /// As [`Feeds::pulse`], of a shard by its number.
    pub fn pulse_of(&self, shard: usize) -> watch::Receiver<u64> {
        self.pulses[shard].follow()
    }

    /// Turns true when the server stops: streams end then.
    pub fn ending(&self) -> watch::Receiver<bool> {
        self.ended.subscribe()
    }

    /// Ends every stream.
    pub fn end(&self) {
        self.ended.send_replace(true);
        self.availability.end();
    }
}

/// Work that may wait for a projector, away from the threads that serve connections.
///
/// # Errors
/// The server stops.
pub(crate) async fn apart<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Trouble> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|error| Trouble::Unavailable { message: error.to_string() })
}

/// Their addresses.
pub(crate) fn routes() -> Router<Arc<Rooms>> {
    movements::routes().merge(availability::routes())
}
