//! Kinds of entries as one byte each, so that a record tells its kind without its block.

use onhand_core::Fact;

macro_rules! kinds {
    ($($number:literal $fact:ident $name:literal;)*) => {
        /// The number of the fact's kind.
        pub(super) fn number(fact: &Fact) -> u8 {
            match fact { $(Fact::$fact(_) => $number,)* }
        }

        /// The kind's name, as `Fact::kind` has it. None: no kind has this number.
        pub fn name(number: u8) -> Option<&'static str> {
            match number { $($number => Some($name),)* _ => None }
        }
    };
}

// Numbers are stored in checkpoints only: whoever changes one raises the checkpoint's version.
kinds! {
    0 ItemRegistered "item_registered";
    1 AliasAdded "alias_added";
    2 LocationRegistered "location_registered";
    3 LocationClosed "location_closed";
    4 ChannelRegistered "channel_registered";
    5 ChannelChanged "channel_changed";
    6 StockReceived "stock_received";
    7 StockInspected "stock_inspected";
    8 StockHeld "stock_held";
    9 HoldExtended "hold_extended";
    10 HoldReleased "hold_released";
    11 HoldExpired "hold_expired";
    12 OrderCommitted "order_committed";
    13 OrderCancelled "order_cancelled";
    14 OrderShipped "order_shipped";
    15 StockReturned "stock_returned";
    16 StockDamaged "stock_damaged";
    17 StockWrittenOff "stock_written_off";
    18 ConditionChanged "condition_changed";
    19 TransferStarted "transfer_started";
    20 TransferReceived "transfer_received";
    21 TransferCancelled "transfer_cancelled";
    22 StockReturnedToSupplier "stock_returned_to_supplier";
    23 StockCounted "stock_counted";
    24 StockAdjusted "stock_adjusted";
    25 EntryReversed "entry_reversed";
    26 ItemRenamed "item_renamed";
    27 ItemsMerged "items_merged";
    28 ItemClosed "item_closed";
    29 ModeSet "mode_set";
    30 PolicySet "policy_set";
    31 PoolOpened "pool_opened";
    32 TrancheReleased "tranche_released";
    33 PoolMoved "pool_moved";
    34 PoolClosed "pool_closed";
    35 PoolShrunk "pool_shrunk";
    36 KitDefined "kit_defined";
    37 KitAssembled "kit_assembled";
    38 KitDisassembled "kit_disassembled";
    39 OrderRelocated "order_relocated";
    40 StockExpected "stock_expected";
    41 SupplierSet "supplier_set";
    42 SupplierSkuMapped "supplier_sku_mapped";
    43 FeedSet "feed_set";
    44 TierAssigned "tier_assigned";
    45 FeedStepped "feed_stepped";
    46 SnapshotRecorded "snapshot_recorded";
    47 SnapshotJudged "snapshot_judged";
    48 DiscrepancySettled "discrepancy_settled";
    49 StocktakeRecorded "stocktake_recorded";
    50 StockListed "stock_listed";
    51 StockHeard "stock_heard";
    52 OrdersHandedOver "orders_handed_over";
    53 HandoverConfirmed "handover_confirmed";
    54 HandoverMissed "handover_missed";
}
