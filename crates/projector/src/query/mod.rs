//! Questions and answers. Every answer says what it saw: position, height and age.

mod affected;
mod availability;
mod discrepancy;
mod entry;
mod explain;
mod feeds;
mod figures;
mod freshness;
mod handovers;
mod inbox;
mod kit;
mod movements;
mod notices;
mod order;
mod past;
mod places;
mod policies;
mod pools;
mod preview;
mod promise;
mod quotes;
mod replacements;
mod scorecard;
mod stock;
mod suppliers;
mod tiers;
mod timeline;

pub use affected::{AffectedOrder, AffectedOrders};
pub use availability::{
    Amount, AvailabilityQuery, AvailabilityRow, FreeAt, KitRow, OwnPool, PartRow, Published,
};
pub use discrepancy::{Accepting, DiscrepancyView, EntryTold, HistoryRow, HistoryStep};
pub use entry::{EntryPlace, EntryView};
pub use explain::{
    Behind, DoubtTold, EntryLink, Explain, ExplainQuery, Explained, FiguresBehind, KitTold,
    LocationTold, PartTold, PoolTold, Ruled, Said, StaleTold, SupplyTold, TrancheTold, WindowTold,
};
pub use feeds::{FeedAnswer, FeedView, FeedsView, SnapshotView, TierView};
pub use figures::{Figures, FiguresPage};
pub use freshness::{FreshAt, FreshOf};
pub use handovers::{HandoverAnswer, HandoverQuery, HandoverRow, HandoverStanding, WaitingView};
pub use inbox::{InboxOrder, InboxQuery, InboxRow, InboxState};
pub use kit::{KitPartView, KitView, RecipeView};
pub use movements::{
    BlockMovements, ClaimView, FeedPlace, MovementView, MovementsPage, OriginView, SideView,
};
pub use notices::{NoticeKind, NoticePage, NoticeQuery, NoticeRow};
pub use order::{HoldLineView, HoldView, LineState, OrderLineView, OrderView, UnitsAt};
pub use past::PastAvailability;
pub use places::{ChannelView, LedgerView, LocationView, PlacesView, TransferView};
pub use policies::{PastRule, PolicyQuery, PolicyRow};
pub use pools::{
    LeftAt, PoolAnswer, PoolPartView, PoolState, PoolView, PoolsView, TrancheLineView, TrancheView,
};
pub use preview::{PreviewQuery, Previewed};
pub use promise::{ExpectedQuery, ExpectedRow, ExpectedView, PromiseBy, PromiseStep};
pub use quotes::Quote;
pub use replacements::{Replacement, Replacements};
pub use scorecard::{
    Card, Rate, Scorecard, ScorecardQuery, ScoredPeriod, Spread, Trend, Warehouse,
};
pub use stock::{StockQuery, StockRow};
pub use suppliers::{MappedRow, SupplierAnswer, SupplierView, SuppliersView};
pub use tiers::{Pace, TierQuery, TierRow};
pub use timeline::{TimelineFigures, TimelineQuery, TimelineRow};

use onhand_core::{Ledger, LedgerId, Time};
use onhand_journal::Fault;
use serde::Serialize;

use crate::projector::Projector;
use crate::state::State;

/// Most rows of one answer.
pub const ROWS_MAX: usize = 1_000;

/// How much of the journal an answer has seen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Seen {
    /// Position of the ledger's last entry that is in the answer.
    pub position: u64,
    pub height: u64,
    /// When that entry was recorded.
    pub recorded_at: Time,
    /// Milliseconds since the end of the journal was last seen.
    pub age_ms: u64,
    /// The journal may have gone on without this answer: too old, or halted.
    pub stale: bool,
    /// Why nothing new is seen any more, if so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub halted: Option<String>,
}

/// Some rows, and where the next page begins.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Page<T, C> {
    pub seen: Seen,
    pub rows: Vec<T>,
    /// What to name as `after` for more. None: there is no more.
    pub next: Option<C>,
}

/// What was asked for and is not there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Missing {
    Ledger,
    Sku,
    Location,
    Channel,
    Order,
    Hold,
    Transfer,
    Position,
    /// Timelines are switched off.
    Timeline,
    Pool,
    Kit,
    Supplier,
    Handover,
    Feed,
    Discrepancy,
    /// Some of what was asked for is not kept any more; the oldest notice or entry that is has this
    /// number or position.
    TooOld {
        oldest: u64,
    },
    /// The feed has not come as far as the place named; its ledger is at this position.
    Ahead {
        position: u64,
    },
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum QueryError {
    #[error("there is no such {0:?}")]
    Missing(Missing),
    #[error(transparent)]
    Fault(#[from] Fault),
}

impl From<Missing> for QueryError {
    fn from(missing: Missing) -> QueryError {
        QueryError::Missing(missing)
    }
}

impl Projector {
    pub(crate) fn seen(&self, state: &State, ledger: &Ledger) -> Seen {
        Seen {
            position: ledger.position(),
            height: state.tip.height,
            recorded_at: ledger.time(),
            age_ms: self.age_ms(),
            stale: self.is_stale(state),
            halted: state.halted.clone(),
        }
    }
}

impl State {
    pub(crate) fn known_ledger(&self, id: &LedgerId) -> Result<&Ledger, Missing> {
        self.book.ledger(id).ok_or(Missing::Ledger)
    }
}

/// At least one row, at most [`ROWS_MAX`].
pub(crate) fn bounded(limit: usize) -> usize {
    limit.clamp(1, ROWS_MAX)
}
