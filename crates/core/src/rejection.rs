//! Every way the ledger says no. A rejection is an answer with the facts that decided, not a failure.

use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

use crate::{
    ChannelId, Condition, FeedId, HoldId, Label, LineRef, LocationId, OrderId, PoolId, Sku,
    SupplierId, Time, TrancheId, TransferId,
};

/// In order of precedence: when several apply, the first listed is returned.
///
/// Codes are stored and promised to callers: never rename or reuse one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum Rejection {
    /// A name or number contradicts another field of the same command. Correct the field.
    Contradiction { field: SmolStr, message: SmolStr },
    /// The claimed time is too far from the ledger's. Correct the clock, or import as history.
    OccurredAtOutOfRange { occurred_at: Time, earliest: Time, latest: Time },
    /// The same line or SKU stands twice where it may stand once. Sum the lines.
    DuplicateInBatch { field: SmolStr, value: SmolStr },
    /// No item has this SKU or alias. Register it, or correct the spelling.
    UnknownSku { sku: Sku },
    /// No location has this name. Register it, or correct the spelling.
    UnknownLocation { location: LocationId },
    /// The location is closed. Use another one.
    LocationClosed { location: LocationId },
    /// No channel has this name. Register it, or correct the spelling.
    UnknownChannel { channel: ChannelId },
    /// No order has this number. Name SKU and location if it should be recorded all the same.
    UnknownOrder { order: OrderId },
    /// The order has no such line. Name a line of the order.
    UnknownLine { order: OrderId, line: LineRef },
    /// No hold has this name.
    UnknownHold { hold: HoldId },
    /// The hold has no such line. Name a line of the hold.
    UnknownHoldLine { hold: HoldId, line: LineRef },
    /// No transfer has this name.
    UnknownTransfer { transfer: TransferId },
    /// The transfer carries no such item.
    NotInTransfer { transfer: TransferId, sku: Sku },
    /// No pool has this name. Open it, or correct the spelling.
    UnknownPool { pool: PoolId },
    /// The pool has no such tranche.
    UnknownTranche { pool: PoolId, tranche: TrancheId },
    /// The item is no kit. Define it as one, or name a kit.
    NotAKit { sku: Sku },
    /// No supplier has this name. Set it, or correct the spelling.
    UnknownSupplier { supplier: SupplierId },
    /// No feed has this name. Set it, or correct the spelling.
    UnknownFeed { feed: FeedId },
    /// The feed has no such tier.
    UnknownTier { feed: FeedId, tier: Label },
    /// No snapshot of this name is held for somebody to judge.
    UnknownSnapshot { feed: FeedId, snapshot: Label },
    /// No discrepancy has this number.
    UnknownDiscrepancy { number: u64 },
    /// The supplier was handed over nothing under this name.
    UnknownHandover { supplier: SupplierId, handover: Label },
    /// Nothing is recorded at that position.
    UnknownPosition { position: u64 },
    /// Neither the line nor its channel says where from. Name a location or a channel with locations.
    NoLocation { line: LineRef },
    /// The item is closed: nothing of it can be promised any more. Sell another one.
    ItemClosed { sku: Sku },
    /// The pool is closed, or past its end.
    PoolClosed { pool: PoolId },
    /// The tranche is released; `position` is that of its release.
    TrancheAlreadyReleased { pool: PoolId, tranche: TrancheId, position: u64 },
    /// That name is taken. Choose another one, or leave it: it exists.
    AlreadyExists { kind: SmolStr, name: SmolStr },
    /// The feed has a snapshot of this name; `same` tells whether it is of the same bytes.
    SnapshotAlreadyRecorded { feed: FeedId, snapshot: Label, position: u64, same: bool },
    /// The difference is settled; `position` is that of the entry that settled it.
    DiscrepancySettled { number: u64, position: u64 },
    /// The supplier confirmed it; `position` is that of the entry.
    HandoverAlreadyConfirmed { supplier: SupplierId, handover: Label, position: u64 },
    /// The order line is booked already; `same` tells whether it says the same.
    LineAlreadyCommitted { order: OrderId, line: LineRef, same: bool },
    /// The line was committed for another item. Correct the line or the SKU.
    LineOfAnotherItem { order: OrderId, line: LineRef, recorded: Sku, requested: Sku },
    /// The hold ended before it was used, and what it held is not there any more.
    HoldExpired { hold: HoldId, expired_at: Time, lines: Vec<Shortfall> },
    /// The hold was released.
    HoldAlreadyReleased { hold: HoldId },
    /// The hold became an order.
    HoldAlreadyConverted { hold: HoldId, order: OrderId },
    /// More was to be released than is held. Release at most `held`.
    ExceedsHeld { hold: HoldId, line: LineRef, requested: u64, held: u64 },
    /// More was to be cancelled than is committed. Cancel at most `committed`; what was shipped comes back as a return.
    ExceedsCommitted { order: OrderId, line: LineRef, requested: u64, committed: u64 },
    /// More was to be undone than was shipped.
    ExceedsShipped { order: OrderId, line: LineRef, requested: u64, shipped: u64 },
    /// More was to leave the pool than it holds. Take at most `pooled`.
    ExceedsPooled { pool: PoolId, sku: Sku, requested: u64, pooled: u64 },
    /// Fewer units are free than were asked for. Ask for less, or wait for stock.
    InsufficientStock { lines: Vec<Shortfall> },
    /// What may be promised beyond the stock is promised. Ask for less, or wait for stock.
    OversellLimitReached { lines: Vec<Shortfall> },
    /// The book says another number than the caller expected. Read it again and decide anew.
    StaleExpectation {
        sku: Sku,
        location: LocationId,
        condition: Condition,
        expected: u64,
        actual: i64,
    },
    /// The book moved while the count was looked up. Send the count again.
    BookMoved { sku: Sku, location: LocationId, touched: u64, looked_up: u64 },
    /// The book moved while the snapshot was compared with it. Send the snapshot again.
    SnapshotMoved { feed: FeedId, position: u64, looked_up: u64 },
    /// The transfer is done.
    TransferClosed { transfer: TransferId },
    /// The location still holds units or claims. Move them first.
    LocationNotEmpty { location: LocationId, items: u64, first: Sku },
    /// The item still has units or claims. Move, ship or write them off first.
    ItemNotEmpty { sku: Sku, location: LocationId },
    /// The entry was undone before.
    AlreadyReversed { position: u64 },
    /// Such an entry is undone by another command.
    NotReversible { position: u64, kind: SmolStr, instead: SmolStr },
    /// A balance would pass the largest number the book can hold. Check the unit of the quantity.
    BalanceTooLarge { sku: Sku },
    /// Another command of the same atomic batch was refused; nothing of the batch is booked.
    BatchRefused { index: u64 },
}

/// What is missing of one line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shortfall {
    /// Place of the line in the command, from 0.
    pub index: u64,
    pub line: LineRef,
    pub sku: Sku,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub location: Option<LocationId>,
    pub requested: u64,
    pub available: u64,
    pub shortfall: u64,
    /// What limits: `free_stock`, `buffer`, `share_percent`, `exclusive`, `oversell`, `capacity`,
    /// `safety` or `routing` for a promise, `sellable_stock` for a shipment.
    pub limiting: SmolStr,
    /// The part that is short, where the line is of a kit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub part: Option<Sku>,
}

impl Rejection {
    /// The stable name callers switch on.
    pub fn code(&self) -> &'static str {
        match self {
            Rejection::Contradiction { .. } => "contradiction",
            Rejection::OccurredAtOutOfRange { .. } => "occurred_at_out_of_range",
            Rejection::DuplicateInBatch { .. } => "duplicate_in_batch",
            Rejection::UnknownSku { .. } => "unknown_sku",
            Rejection::UnknownLocation { .. } => "unknown_location",
            Rejection::LocationClosed { .. } => "location_closed",
            Rejection::UnknownChannel { .. } => "unknown_channel",
            Rejection::UnknownOrder { .. } => "unknown_order",
            Rejection::UnknownLine { .. } => "unknown_line",
            Rejection::UnknownHold { .. } => "unknown_hold",
            Rejection::UnknownHoldLine { .. } => "unknown_hold_line",
            Rejection::UnknownTransfer { .. } => "unknown_transfer",
            Rejection::NotInTransfer { .. } => "not_in_transfer",
            Rejection::UnknownPool { .. } => "unknown_pool",
            Rejection::UnknownTranche { .. } => "unknown_tranche",
            Rejection::NotAKit { .. } => "not_a_kit",
            Rejection::UnknownSupplier { .. } => "unknown_supplier",
            Rejection::UnknownFeed { .. } => "unknown_feed",
            Rejection::UnknownTier { .. } => "unknown_tier",
            Rejection::UnknownSnapshot { .. } => "unknown_snapshot",
            Rejection::UnknownDiscrepancy { .. } => "unknown_discrepancy",
            Rejection::UnknownHandover { .. } => "unknown_handover",
            Rejection::UnknownPosition { .. } => "unknown_position",
            Rejection::NoLocation { .. } => "no_location",
            Rejection::ItemClosed { .. } => "item_closed",
            Rejection::PoolClosed { .. } => "pool_closed",
            Rejection::TrancheAlreadyReleased { .. } => "tranche_already_released",
            Rejection::AlreadyExists { .. } => "already_exists",
            Rejection::SnapshotAlreadyRecorded { .. } => "snapshot_already_recorded",
            Rejection::DiscrepancySettled { .. } => "discrepancy_settled",
            Rejection::HandoverAlreadyConfirmed { .. } => "handover_already_confirmed",
            Rejection::LineAlreadyCommitted { .. } => "line_already_committed",
            Rejection::LineOfAnotherItem { .. } => "line_of_another_item",
            Rejection::HoldExpired { .. } => "hold_expired",
            Rejection::HoldAlreadyReleased { .. } => "hold_already_released",
            Rejection::HoldAlreadyConverted { .. } => "hold_already_converted",
            Rejection::ExceedsHeld { .. } => "exceeds_held",
            Rejection::ExceedsCommitted { .. } => "exceeds_committed",
            Rejection::ExceedsShipped { .. } => "exceeds_shipped",
            Rejection::ExceedsPooled { .. } => "exceeds_pooled",
            Rejection::InsufficientStock { .. } => "insufficient_stock",
            Rejection::OversellLimitReached { .. } => "oversell_limit_reached",
            Rejection::StaleExpectation { .. } => "stale_expectation",
            Rejection::BookMoved { .. } => "book_moved",
            Rejection::SnapshotMoved { .. } => "snapshot_moved",
            Rejection::TransferClosed { .. } => "transfer_closed",
            Rejection::LocationNotEmpty { .. } => "location_not_empty",
            Rejection::ItemNotEmpty { .. } => "item_not_empty",
            Rejection::AlreadyReversed { .. } => "already_reversed",
            Rejection::NotReversible { .. } => "not_reversible",
            Rejection::BalanceTooLarge { .. } => "balance_too_large",
            Rejection::BatchRefused { .. } => "batch_refused",
        }
    }

    /// Whether the same command may succeed when sent again unchanged: then the key is not burnt.
    pub fn is_transient(&self) -> bool {
        matches!(
            self,
            Rejection::BookMoved { .. }
                | Rejection::SnapshotMoved { .. }
                | Rejection::BatchRefused { .. }
        )
    }
}
