//! The movement feed: every unit that moved and every claim that changed, in the ledger's order.

mod ask;
mod page;
mod publishing;
mod stream;

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::routing::get;
use onhand_core::{ChannelId, LedgerId, Sku};
use onhand_projector::{FeedPlace, Missing, MovementView, MovementsPage, QueryError};
use onhand_wire::{CloudEvent, Invalid, No, Problem, problem};
use smol_str::{SmolStr, format_smolstr};

pub(crate) use ask::{at_most, kinds, place};

use super::Feeds;
use crate::http::Rooms;
use crate::http::reads_trouble;
pub(crate) use publishing::Publishing;

/// Events that are looked at for one page of a filter, at most.
const LOOKED_AT_MAX: usize = 20_000;
/// Events that are looked at at once.
const LOOK_AT: usize = 2_000;
/// Longest wait for what was answered to be folded: whoever names the place of its own command is
/// not told that nothing is there.
const SETTLE_MAX: Duration = Duration::from_secs(1);

/// Names of each kind in one filter.
pub(crate) const NAMES_MAX: usize = 1_000;

/// What a subscriber wants to hear of; of each kind all, if none is named.
#[derive(Clone, Debug, Default)]
pub(crate) struct Filter {
    /// Kinds of entries, such as `order_shipped`.
    pub kinds: HashSet<SmolStr>,
    pub skus: HashSet<Sku>,
    pub channels: HashSet<ChannelId>,
}

impl Filter {
    pub fn is_all(&self) -> bool {
        self.kinds.is_empty() && self.skus.is_empty() && self.channels.is_empty()
    }

    /// `skus`: all names of the items that are asked for.
    fn passes(&self, event: &MovementView, skus: &HashSet<Sku>) -> bool {
        let kind = || self.kinds.contains(event.kind);
        let sku = || skus.contains(&event.sku);
        let channel = || event.channel.as_ref().is_some_and(|it| self.channels.contains(it));
        (self.kinds.is_empty() || kind())
            && (self.skus.is_empty() || sku())
            && (self.channels.is_empty() || channel())
    }
}

/// The event as others are told it.
pub fn cloud_event(event: &MovementView) -> CloudEvent<&MovementView> {
    let (place, kind) =
        (event.place().to_string(), format_smolstr!("onhand.movement.{}", event.kind));
    CloudEvent::new(&event.ledger, &place, &kind, event.recorded_at, event)
        .about(&event.sku)
        .occurred(event.occurred_at)
        .traced(event.traceparent.clone())
}

impl Feeds {
    /// The next events behind `after`, oldest first, at most about `most` of them that pass the
    /// filter. An empty page says how far it looked. Blocks: may read the journal, and waits for
    /// nothing but what was answered already.
    ///
    /// # Errors
    /// The ledger is not known, `after` is beyond what is booked or before what can be read, or the
    /// journal cannot be read.
    pub fn movements(
        &self,
        ledger: &LedgerId,
        after: FeedPlace,
        filter: &Filter,
        most: usize,
    ) -> Result<MovementsPage, Problem> {
        let mut found = self.look(ledger, after, filter, most);
        if is_too_early(&found) && self.node.settle(ledger, SETTLE_MAX) {
            found = self.look(ledger, after, filter, most);
        }
        found.map_err(|error| told(&error, after))
    }

    fn look(
        &self,
        ledger: &LedgerId,
        after: FeedPlace,
        filter: &Filter,
        most: usize,
    ) -> Result<MovementsPage, QueryError> {
        let projector = self.node.projector(ledger);
        if filter.is_all() {
            return projector.movements(ledger, after, most);
        }
        let skus: Vec<Sku> = filter.skus.iter().cloned().collect();
        let skus: HashSet<Sku> = projector.names_of(ledger, &skus).into_iter().collect();
        let mut page = MovementsPage { events: Vec::new(), reached: after, at_end: false };
        let mut looked_at = 0;
        while page.events.len() < most && looked_at < LOOKED_AT_MAX && !page.at_end {
            let all = projector.movements(ledger, page.reached, LOOK_AT)?;
            // A look without events counts too: it went over many blocks.
            looked_at += all.events.len().max(LOOK_AT / 4);
            (page.reached, page.at_end) = (all.reached, all.at_end);
            for event in all.events.into_iter().filter(|it| filter.passes(it, &skus)) {
                if page.events.len() == most {
                    (page.reached, page.at_end) = (before(&page.events), false);
                    return Ok(page);
                }
                page.events.push(event);
            }
        }
        Ok(page)
    }
}

/// The place of the last of them.
fn before(events: &[MovementView]) -> FeedPlace {
    events.last().map(MovementView::place).unwrap_or_default()
}

fn is_too_early<T>(found: &Result<T, QueryError>) -> bool {
    matches!(found, Err(QueryError::Missing(Missing::Ledger | Missing::Ahead { .. })))
}

fn told(error: &QueryError, after: FeedPlace) -> Problem {
    match error {
        QueryError::Missing(Missing::Ahead { position }) => {
            let message = format!(
                "is {after}, beyond the end of the feed: the ledger is at position {position}. \
                 Begin again from a place that the feed has told"
            );
            problem(No::Invalid(&Invalid::new("invalid_field", "after", message)))
        }
        QueryError::Missing(_) | QueryError::Fault(_) => {
            problem(No::Trouble(&reads_trouble(error)))
        }
    }
}

pub(crate) fn routes() -> Router<Arc<Rooms>> {
    Router::new().route("/v1/{ledger}/movements", get(page::movements))
}
