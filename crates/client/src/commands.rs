//! One method per stem.

use onhand_proto::v1;
use onhand_proto::v1::command::Command;

use crate::{Error, IntoEnvelope, Ledger};

macro_rules! commands {
    ($($stem:ident $name:ident)*) => {
        impl Ledger {
            $(
                /// As [`Ledger::book`]; what it does and refuses: `docs/commands.md`.
                ///
                /// # Errors
                /// As [`Ledger::book`].
                pub async fn $stem(
                    &self,
                    key: impl IntoEnvelope,
                    command: v1::$name,
                ) -> Result<v1::Accepted, Error> {
                    self.book(key, Command::$name(command)).await
                }
            )*
        }
    };
}

commands! {
    register_item RegisterItem
    add_alias AddAlias
    register_location RegisterLocation
    close_location CloseLocation
    register_channel RegisterChannel
    change_channel ChangeChannel
    receive_stock ReceiveStock
    inspect_stock InspectStock
    hold_stock HoldStock
    extend_hold ExtendHold
    release_hold ReleaseHold
    commit_order CommitOrder
    cancel_order CancelOrder
    ship_order ShipOrder
    return_stock ReturnStock
    damage_stock DamageStock
    write_off_stock WriteOffStock
    change_condition ChangeCondition
    start_transfer StartTransfer
    receive_transfer ReceiveTransfer
    cancel_transfer CancelTransfer
    return_to_supplier ReturnToSupplier
    count_stock CountStock
    adjust_stock AdjustStock
    reverse_entry ReverseEntry
    rename_item RenameItem
    merge_items MergeItems
    close_item CloseItem
    set_mode SetMode
    set_policy SetPolicy
    expect_stock ExpectStock
    open_pool OpenPool
    release_tranche ReleaseTranche
    move_pool MovePool
    close_pool ClosePool
    define_kit DefineKit
    assemble_kit AssembleKit
    disassemble_kit DisassembleKit
    relocate_order RelocateOrder
    set_supplier SetSupplier
    map_supplier_sku MapSupplierSku
    set_feed SetFeed
    assign_tier AssignTier
    record_snapshot RecordSnapshot
    judge_snapshot JudgeSnapshot
    settle_discrepancy SettleDiscrepancy
    record_stocktake RecordStocktake
    list_stock ListStock
    hear_stock HearStock
    hand_over_orders HandOverOrders
    confirm_handover ConfirmHandover
}
