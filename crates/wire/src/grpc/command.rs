//! Which command a message holds: one line per stem.

use onhand_core::Command;
use onhand_proto::v1::command::Command as Message;

use super::read::Read;
use crate::Invalid;

macro_rules! commands {
    ($($name:ident $stem:ident)*) => {
        /// The field of the message that is set.
        pub(super) fn stem(command: &Message) -> &'static str {
            match command {
                Message::SetPolicy(_) => "set_policy",
                $(Message::$name(_) => stringify!($stem),)*
            }
        }

        impl Read<Command> for Message {
            fn read(self) -> Result<Command, Invalid> {
                Ok(match self {
                    Message::SetPolicy(it) => Command::SetPolicy(Box::new(it.read()?)),
                    $(Message::$name(it) => Command::$name(it.read()?),)*
                })
            }
        }
    };
}

commands! {
    RegisterItem register_item
    AddAlias add_alias
    RegisterLocation register_location
    CloseLocation close_location
    RegisterChannel register_channel
    ChangeChannel change_channel
    ReceiveStock receive_stock
    InspectStock inspect_stock
    HoldStock hold_stock
    ExtendHold extend_hold
    ReleaseHold release_hold
    CommitOrder commit_order
    CancelOrder cancel_order
    ShipOrder ship_order
    ReturnStock return_stock
    DamageStock damage_stock
    WriteOffStock write_off_stock
    ChangeCondition change_condition
    StartTransfer start_transfer
    ReceiveTransfer receive_transfer
    CancelTransfer cancel_transfer
    ReturnToSupplier return_to_supplier
    CountStock count_stock
    AdjustStock adjust_stock
    ReverseEntry reverse_entry
    RenameItem rename_item
    MergeItems merge_items
    CloseItem close_item
    SetMode set_mode
    ExpectStock expect_stock
    OpenPool open_pool
    ReleaseTranche release_tranche
    MovePool move_pool
    ClosePool close_pool
    DefineKit define_kit
    AssembleKit assemble_kit
    DisassembleKit disassemble_kit
    RelocateOrder relocate_order
    SetSupplier set_supplier
    MapSupplierSku map_supplier_sku
    SetFeed set_feed
    AssignTier assign_tier
    RecordSnapshot record_snapshot
    JudgeSnapshot judge_snapshot
    SettleDiscrepancy settle_discrepancy
    RecordStocktake record_stocktake
    ListStock list_stock
    HearStock hear_stock
    HandOverOrders hand_over_orders
    ConfirmHandover confirm_handover
}
