//! The movement feed: every unit that moved and every claim that changed, in the ledger's order.

use std::sync::Arc;

use axum::Router;
use onhand_core::{ChannelId, LedgerId, Sku};
use onhand_projector::{FeedPlace, MovementsPage};
use onhand_wire::{No, Problem, Trouble, problem};
use smol_str::SmolStr;

use super::Feeds;
use crate::http::Rooms;

/// What a subscriber wants to hear of; of each kind all, if none is named.
#[derive(Clone, Debug, Default)]
pub(crate) struct Filter {
    /// Kinds of entries, such as `order_shipped`.
    pub kinds: Vec<SmolStr>,
    pub skus: Vec<Sku>,
    pub channels: Vec<ChannelId>,
}

impl Feeds {
    /// The next events behind `after`, oldest first, at most about `most` of them that pass the
    /// filter. Never waits; an empty page says how far it looked. Blocks: reads the journal.
    ///
    /// # Errors
    /// The ledger is not known, or the journal cannot be read.
    pub fn movements(
        &self,
        _ledger: &LedgerId,
        _after: FeedPlace,
        _filter: &Filter,
        _most: usize,
    ) -> Result<MovementsPage, Problem> {
        Err(problem(No::Trouble(&Trouble::Unavailable { message: "is not built yet".to_owned() })))
    }
}

pub(crate) fn routes() -> Router<Arc<Rooms>> {
    Router::new()
}
