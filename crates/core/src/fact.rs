//! The facts an entry records: one variant per command that took effect, and the expiry of a hold.
//!
//! Every type here is stored for ever: add variants and optional fields, never change one.

use serde::{Deserialize, Serialize};

use crate::{
    ChannelId, Condition, DiscrepancySettled, FeedSet, FeedStepped, HandoverConfirmed,
    HandoverMissed, HoldId, ItemClosed, ItemRenamed, ItemsMerged, KitAssembled, KitDefined,
    KitDisassembled, KitUse, Label, LineRef, LocationId, ModeSet, OrderId, OrderRelocated,
    OrdersHandedOver, PolicySet, PoolClosed, PoolId, PoolMoved, PoolOpened, PoolShrunk, Quantity,
    SettledLine, Sku, SnapshotJudged, SnapshotRecorded, StockExpected, StockHeard, StockListed,
    StocktakeRecorded, SupplierId, SupplierSet, SupplierSkuMapped, TierAssigned, Time,
    TrancheReleased, TransferId,
};

/// What happened. The name of the variant is the past tense of its command.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fact {
    ItemRegistered(ItemRegistered),
    AliasAdded(AliasAdded),
    LocationRegistered(LocationRegistered),
    LocationClosed(LocationClosed),
    ChannelRegistered(ChannelRegistered),
    ChannelChanged(ChannelChanged),
    StockReceived(StockReceived),
    StockInspected(StockInspected),
    StockHeld(StockHeld),
    HoldExtended(HoldExtended),
    HoldReleased(HoldReleased),
    HoldExpired(HoldExpired),
    OrderCommitted(OrderCommitted),
    OrderCancelled(OrderCancelled),
    OrderShipped(OrderShipped),
    StockReturned(StockReturned),
    StockDamaged(StockDamaged),
    StockWrittenOff(StockWrittenOff),
    ConditionChanged(ConditionChanged),
    TransferStarted(TransferStarted),
    TransferReceived(TransferReceived),
    TransferCancelled(TransferCancelled),
    StockReturnedToSupplier(StockReturnedToSupplier),
    StockCounted(StockCounted),
    StockAdjusted(StockAdjusted),
    EntryReversed(EntryReversed),
    ItemRenamed(ItemRenamed),
    ItemsMerged(ItemsMerged),
    ItemClosed(ItemClosed),
    ModeSet(ModeSet),
    PolicySet(Box<PolicySet>),
    PoolOpened(PoolOpened),
    TrancheReleased(TrancheReleased),
    PoolMoved(PoolMoved),
    PoolClosed(PoolClosed),
    PoolShrunk(PoolShrunk),
    KitDefined(KitDefined),
    KitAssembled(KitAssembled),
    KitDisassembled(KitDisassembled),
    OrderRelocated(OrderRelocated),
    StockExpected(StockExpected),
    SupplierSet(SupplierSet),
    SupplierSkuMapped(SupplierSkuMapped),
    FeedSet(FeedSet),
    TierAssigned(TierAssigned),
    FeedStepped(FeedStepped),
    SnapshotRecorded(Box<SnapshotRecorded>),
    SnapshotJudged(SnapshotJudged),
    DiscrepancySettled(DiscrepancySettled),
    StocktakeRecorded(StocktakeRecorded),
    StockListed(StockListed),
    StockHeard(StockHeard),
    OrdersHandedOver(OrdersHandedOver),
    HandoverConfirmed(HandoverConfirmed),
    HandoverMissed(HandoverMissed),
}

impl Fact {
    /// The stem, past tense: what timelines and feeds call this entry.
    pub fn kind(&self) -> &'static str {
        match self {
            Fact::ItemRegistered(_) => "item_registered",
            Fact::AliasAdded(_) => "alias_added",
            Fact::LocationRegistered(_) => "location_registered",
            Fact::LocationClosed(_) => "location_closed",
            Fact::ChannelRegistered(_) => "channel_registered",
            Fact::ChannelChanged(_) => "channel_changed",
            Fact::StockReceived(_) => "stock_received",
            Fact::StockInspected(_) => "stock_inspected",
            Fact::StockHeld(_) => "stock_held",
            Fact::HoldExtended(_) => "hold_extended",
            Fact::HoldReleased(_) => "hold_released",
            Fact::HoldExpired(_) => "hold_expired",
            Fact::OrderCommitted(_) => "order_committed",
            Fact::OrderCancelled(_) => "order_cancelled",
            Fact::OrderShipped(_) => "order_shipped",
            Fact::StockReturned(_) => "stock_returned",
            Fact::StockDamaged(_) => "stock_damaged",
            Fact::StockWrittenOff(_) => "stock_written_off",
            Fact::ConditionChanged(_) => "condition_changed",
            Fact::TransferStarted(_) => "transfer_started",
            Fact::TransferReceived(_) => "transfer_received",
            Fact::TransferCancelled(_) => "transfer_cancelled",
            Fact::StockReturnedToSupplier(_) => "stock_returned_to_supplier",
            Fact::StockCounted(_) => "stock_counted",
            Fact::StockAdjusted(_) => "stock_adjusted",
            Fact::EntryReversed(_) => "entry_reversed",
            Fact::ItemRenamed(_) => "item_renamed",
            Fact::ItemsMerged(_) => "items_merged",
            Fact::ItemClosed(_) => "item_closed",
            Fact::ModeSet(_) => "mode_set",
            Fact::PolicySet(_) => "policy_set",
            Fact::PoolOpened(_) => "pool_opened",
            Fact::TrancheReleased(_) => "tranche_released",
            Fact::PoolMoved(_) => "pool_moved",
            Fact::PoolClosed(_) => "pool_closed",
            Fact::PoolShrunk(_) => "pool_shrunk",
            Fact::KitDefined(_) => "kit_defined",
            Fact::KitAssembled(_) => "kit_assembled",
            Fact::KitDisassembled(_) => "kit_disassembled",
            Fact::OrderRelocated(_) => "order_relocated",
            Fact::StockExpected(_) => "stock_expected",
            Fact::SupplierSet(_) => "supplier_set",
            Fact::SupplierSkuMapped(_) => "supplier_sku_mapped",
            Fact::FeedSet(_) => "feed_set",
            Fact::TierAssigned(_) => "tier_assigned",
            Fact::FeedStepped(_) => "feed_stepped",
            Fact::SnapshotRecorded(_) => "snapshot_recorded",
            Fact::SnapshotJudged(_) => "snapshot_judged",
            Fact::DiscrepancySettled(_) => "discrepancy_settled",
            Fact::StocktakeRecorded(_) => "stocktake_recorded",
            Fact::StockListed(_) => "stock_listed",
            Fact::StockHeard(_) => "stock_heard",
            Fact::OrdersHandedOver(_) => "orders_handed_over",
            Fact::HandoverConfirmed(_) => "handover_confirmed",
            Fact::HandoverMissed(_) => "handover_missed",
        }
    }

    /// The order whose claims it changes, if it changes those of one.
    pub fn order(&self) -> Option<&OrderId> {
        match self {
            Fact::OrderCommitted(it) => Some(&it.order),
            Fact::OrderCancelled(it) => Some(&it.order),
            Fact::OrderShipped(it) => Some(&it.order),
            Fact::OrderRelocated(it) => Some(&it.order),
            Fact::EntryReversed(it) => it.order.as_ref(),
            _ => None,
        }
    }

    /// Items that the fact registers on its way, because the caller asked for it.
    pub fn created(&self) -> &[Sku] {
        match self {
            Fact::StockReceived(it) => &it.created,
            Fact::StockCounted(it) => &it.created,
            Fact::StockAdjusted(it) => &it.created,
            _ => &[],
        }
    }
}

/// Optional fields are left out of the stored text when empty: blocks stay small and readable.
macro_rules! fact {
    ($(#[$doc:meta])* $name:ident { $($(#[$field_attr:meta])* $field:ident: $type:ty),* $(,)? }) => {
        #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
        $(#[$doc])*
        #[serde(deny_unknown_fields)]
        pub struct $name { $($(#[$field_attr])* pub $field: $type,)* }
    };
}

fact!(/** An item exists from now on; `scale` is the number of decimals its base unit stands for. */
ItemRegistered {
    sku: Sku,
    #[serde(default, skip_serializing_if = "Vec::is_empty")] aliases: Vec<Sku>,
    #[serde(default, skip_serializing_if = "Option::is_none")] name: Option<Label>,
    #[serde(default, skip_serializing_if = "Option::is_none")] category: Option<Label>,
    #[serde(default, skip_serializing_if = "is_zero")] scale: u8,
});
fact!(/** `alias` means the same item as `sku` from now on. */
AliasAdded { sku: Sku, alias: Sku });
fact!(/** A location exists from now on. */
LocationRegistered {
    location: LocationId,
    #[serde(default, skip_serializing_if = "Option::is_none")] name: Option<Label>,
    #[serde(default, skip_serializing_if = "LocationKind::is_own")] kind: LocationKind,
    #[serde(default, skip_serializing_if = "Option::is_none")] supplier: Option<SupplierId>,
});
fact!(/** Nothing lies there any more and nothing may. */
LocationClosed { location: LocationId });
fact!(/** A channel exists; its locations in the order in which they are drawn on. */
ChannelRegistered {
    channel: ChannelId,
    #[serde(default, skip_serializing_if = "Option::is_none")] name: Option<Label>,
    locations: Vec<LocationId>,
});
fact!(/** The channel is served by these locations from now on, in this order. */
ChannelChanged { channel: ChannelId, locations: Vec<LocationId> });

/// Who runs a location.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LocationKind {
    #[default]
    Own,
    Platform,
    Supplier,
}

impl LocationKind {
    fn is_own(&self) -> bool {
        *self == LocationKind::Own
    }
}

fact!(/** Goods arrived; the movements say which and in what condition. */
StockReceived {
    location: LocationId,
    #[serde(default, skip_serializing_if = "Option::is_none")] supplier: Option<SupplierId>,
    #[serde(default, skip_serializing_if = "Option::is_none")] inbound: Option<Label>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")] details: Vec<ReceiptDetail>,
    /** Items registered by this entry. */
    #[serde(default, skip_serializing_if = "Vec::is_empty")] created: Vec<Sku>,
});
fact!(/** What is known of a received line beyond its quantity. `unit_cost` in minor currency units. */
ReceiptDetail {
    sku: Sku,
    #[serde(default, skip_serializing_if = "Option::is_none")] lot: Option<Label>,
    #[serde(default, skip_serializing_if = "Option::is_none")] unit_cost: Option<u64>,
});
fact!(/** Goods in quality control were passed or rejected. */
StockInspected { location: LocationId });

fact!(/** Units at one location. */
Split {
    location: LocationId,
    quantity: Quantity,
    /** The pool that the units are drawn from. */
    #[serde(default, skip_serializing_if = "Option::is_none")] pool: Option<PoolId>,
    /** The pool is closed, or the units are not there: what is given back goes to the shared stock. */
    #[serde(default, skip_serializing_if = "std::ops::Not::not")] shared: bool,
    /** Beginning of the window whose capacity the units take. */
    #[serde(default, skip_serializing_if = "Option::is_none")] window: Option<Time>,
});
fact!(/** A line of a hold: what it holds where. `requested` is larger than the sum of `at` only where the caller asked for less than all. */
HeldLine {
    r#ref: LineRef,
    sku: Sku,
    requested: Quantity,
    at: Vec<Split>,
    #[serde(default, skip_serializing_if = "Option::is_none")] kit: Option<Box<KitUse>>,
});
fact!(/** Units are reserved until `expires_at`. */
StockHeld {
    hold: HoldId,
    owner: Label,
    #[serde(default, skip_serializing_if = "Option::is_none")] channel: Option<ChannelId>,
    #[serde(default, skip_serializing_if = "Option::is_none")] campaign: Option<Label>,
    #[serde(default, skip_serializing_if = "Option::is_none")] customer: Option<Label>,
    /** The region that the goods are to go to. */
    #[serde(default, skip_serializing_if = "Option::is_none")] ship_to: Option<Label>,
    expires_at: Time,
    lines: Vec<HeldLine>,
});
fact!(/** A live hold ends later than it would have. */
HoldExtended { hold: HoldId, expires_at: Time });
fact!(/** A line's units that a hold, an order or both no longer claim. */
ReleasedLine { r#ref: LineRef, sku: Sku, at: Vec<Split> });
fact!(/** Units went back to the shelf's free stock. `whole`: nothing is left of the hold. */
HoldReleased { hold: HoldId, lines: Vec<ReleasedLine>, whole: bool });
fact!(/** The writer found the hold past its end. All that was left of it is free again. */
HoldExpired { hold: HoldId, lines: Vec<ReleasedLine> });

fact!(/** A line of an order at its commitment. */
CommittedLine {
    r#ref: LineRef,
    sku: Sku,
    /** What the order has of this line: all that was asked for, less what is `short`. */
    ordered: u64,
    /** Claims that the commitment adds, by location. */
    #[serde(default, skip_serializing_if = "Vec::is_empty")] at: Vec<Split>,
    /** Claims of the hold that the commitment consumes. */
    #[serde(default, skip_serializing_if = "Vec::is_empty")] from_hold: Vec<Split>,
    /** Cancelled before it arrived: that many units were never committed. */
    #[serde(default, skip_serializing_if = "is_zero_u64")] cancelled: u64,
    /** Shipped before it arrived: that many units need no commitment any more. */
    #[serde(default, skip_serializing_if = "is_zero_u64")] shipped: u64,
    /** Asked for, not there, and the caller wanted the rest all the same: not part of the order. */
    #[serde(default, skip_serializing_if = "is_zero_u64")] short: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")] kit: Option<Box<KitUse>>,
});
fact!(/** Units are promised to a placed order. */
OrderCommitted {
    order: OrderId,
    #[serde(default, skip_serializing_if = "Option::is_none")] channel: Option<ChannelId>,
    #[serde(default, skip_serializing_if = "Option::is_none")] campaign: Option<Label>,
    #[serde(default, skip_serializing_if = "Option::is_none")] customer: Option<Label>,
    #[serde(default, skip_serializing_if = "Option::is_none")] hold: Option<HoldId>,
    /** The hold had expired or was released, and the units were found afresh. */
    #[serde(default, skip_serializing_if = "std::ops::Not::not")] converted_late: bool,
    lines: Vec<CommittedLine>,
    /** What the hold held beyond the order: free again, since a hold resolves once. */
    #[serde(default, skip_serializing_if = "Vec::is_empty")] released: Vec<ReleasedLine>,
});
fact!(/** A cancelled line. `early`: units cancelled before their commitment arrived. */
CancelledLine {
    r#ref: LineRef,
    #[serde(default, skip_serializing_if = "Option::is_none")] sku: Option<Sku>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")] at: Vec<Split>,
    #[serde(default, skip_serializing_if = "Option::is_none")] early: Option<EarlyCancel>,
});

/// How much of a line was cancelled before the line arrived.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EarlyCancel {
    All,
    Units(Quantity),
}

impl EarlyCancel {
    /// Both together: all is all, units add up.
    pub fn and(self, more: EarlyCancel) -> EarlyCancel {
        match (self, more) {
            (EarlyCancel::Units(some), EarlyCancel::Units(more)) => {
                // A sum above the largest quantity cancels every line there can be.
                Quantity::new(some.units() + more.units())
                    .map_or(EarlyCancel::All, EarlyCancel::Units)
            }
            (EarlyCancel::All, _) | (_, EarlyCancel::All) => EarlyCancel::All,
        }
    }
}

fact!(/** What was still committed is released, or a tombstone waits for the late order. */
OrderCancelled {
    order: OrderId,
    lines: Vec<CancelledLine>,
    /** The whole order was cancelled before any of it arrived. */
    #[serde(default, skip_serializing_if = "std::ops::Not::not")] tombstone: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")] reason: Option<Reason>,
});
fact!(/** A shipped line: goods left `location`, and claims at `released` are consumed. */
ShippedLine {
    r#ref: LineRef,
    sku: Sku,
    quantity: Quantity,
    location: LocationId,
    #[serde(default, skip_serializing_if = "Vec::is_empty")] released: Vec<Split>,
    /** Of a kit line that has not come yet: what it is made of. */
    #[serde(default, skip_serializing_if = "Option::is_none")] kit: Option<Box<KitUse>>,
});
fact!(/** Goods left for the customer. */
OrderShipped { order: OrderId, lines: Vec<ShippedLine> });
fact!(/** A returned line. `linked` is the part that belongs to the order line. */
ReturnedLine {
    #[serde(default, skip_serializing_if = "Option::is_none")] r#ref: Option<LineRef>,
    sku: Sku,
    quantity: Quantity,
    linked: u64,
});
fact!(/** Goods came back from a customer. */
StockReturned {
    #[serde(default, skip_serializing_if = "Option::is_none")] order: Option<OrderId>,
    location: LocationId,
    lines: Vec<ReturnedLine>,
    #[serde(default, skip_serializing_if = "Option::is_none")] reason: Option<Reason>,
});
fact!(/** Goods are damaged from now on. */
StockDamaged { location: LocationId, #[serde(default, skip_serializing_if = "Option::is_none")] reason: Option<Reason> });
fact!(/** Goods are gone for good. */
StockWrittenOff { location: LocationId, #[serde(default, skip_serializing_if = "Option::is_none")] reason: Option<Reason> });
fact!(/** Goods changed their condition where they lie. */
ConditionChanged { location: LocationId, #[serde(default, skip_serializing_if = "Option::is_none")] reason: Option<Reason> });
fact!(/** Goods left one location for another. */
TransferStarted { transfer: TransferId, from: LocationId, to: LocationId });
fact!(/** Goods of a transfer arrived, arrived damaged, or are missing. */
TransferReceived { transfer: TransferId, /** Nothing is left in transit. */ whole: bool });
fact!(/** The rest of a transfer came back or was lost. */
TransferCancelled { transfer: TransferId });
fact!(/** Goods went back to the supplier. */
StockReturnedToSupplier {
    location: LocationId,
    #[serde(default, skip_serializing_if = "Option::is_none")] supplier: Option<SupplierId>,
    #[serde(default, skip_serializing_if = "Option::is_none")] reason: Option<Reason>,
});
fact!(/** One counted balance: what was seen, what the book said at that moment, and whether the count took effect. */
CountedLine {
    sku: Sku,
    condition: Condition,
    counted: u64,
    /** The book at `counted_at`, as it was when the count was decided. */
    book: i64,
    /** The position up to which entries were considered for `book`. */
    book_position: u64,
    /** False where a later count had been booked already, or one of the same moment contradicts it. */
    applied: bool,
});
fact!(/** Somebody counted. */
StockCounted {
    location: LocationId,
    counted_at: Time,
    lines: Vec<CountedLine>,
    /** Items registered by this entry. */
    #[serde(default, skip_serializing_if = "Vec::is_empty")] created: Vec<Sku>,
});
fact!(/** Somebody corrected the book. */
StockAdjusted {
    location: LocationId,
    reason: Reason,
    /** Items registered by this entry. */
    #[serde(default, skip_serializing_if = "Vec::is_empty")] created: Vec<Sku>,
});
fact!(/** An earlier entry is undone by exact counter-movements. */
EntryReversed {
    reversed: u64,
    why: ReversalReason,
    /** Order-line counters that go back, where the entry had moved any. */
    #[serde(default, skip_serializing_if = "Option::is_none")] order: Option<OrderId>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")] unshipped: Vec<ShippedLine>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")] unreturned: Vec<ReturnedLine>,
    /** Differences that are open again, and the counts that are taken back. */
    #[serde(default, skip_serializing_if = "Vec::is_empty")] unsettled: Vec<SettledLine>,
});

/// Why an entry is undone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReversalReason {
    DidNotOccur,
    IncorrectData,
}

/// Why stock changed other than by trade. `note` is free text.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reason {
    pub code: ReasonCode,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<crate::Note>,
}

/// The closed list of reasons; `other` needs a note.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReasonCode {
    Correction,
    CountVariance,
    Received,
    Restock,
    DamagedWarehouse,
    DamagedCarrier,
    DamagedCustomer,
    Defective,
    Expired,
    Shrinkage,
    Promotion,
    QualityControl,
    Found,
    LostInTransit,
    SupplierShortShip,
    SupplierDiscontinued,
    OversellCancel,
    Recall,
    DataImport,
    Other,
}

fn is_zero(number: &u8) -> bool {
    *number == 0
}

pub(crate) fn is_zero_u64(number: &u64) -> bool {
    *number == 0
}
