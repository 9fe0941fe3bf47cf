//! Everything a caller may ask for. One file per command: its fields, its rules, its tests.

/// A command's own fields, as read from JSON: unknown and doubled fields are refused.
macro_rules! args {
    ($(#[$doc:meta])* $name:ident { $($body:tt)* }) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(deny_unknown_fields)]
        pub struct $name { $($body)* }
    };
}

mod add_alias;
mod adjust_stock;
mod assemble_kit;
mod assign_tier;
mod came_early;
mod cancel_order;
mod cancel_transfer;
mod change_channel;
mod change_condition;
mod claim;
mod close_item;
mod close_location;
mod close_pool;
mod commit_order;
mod confirm_handover;
mod convert;
mod count_stock;
mod counting;
mod damage_stock;
mod define_kit;
mod disassemble_kit;
mod expand;
mod expect_stock;
mod expire_hold;
mod extend_hold;
mod feed_terms;
mod hand_over_orders;
mod hear_stock;
mod hold_stock;
mod inspect_stock;
mod judge_snapshot;
mod kit_line;
mod lines;
mod list_stock;
mod map_supplier_sku;
mod merge_items;
mod miss_handover;
mod move_pool;
mod named;
mod numbering;
mod open_pool;
mod prelude;
mod receive_stock;
mod receive_transfer;
mod record_snapshot;
mod record_stocktake;
mod register_channel;
mod register_item;
mod register_location;
mod release_hold;
mod release_tranche;
mod relocate_order;
mod rename_item;
mod return_stock;
mod return_to_supplier;
mod reverse_entry;
mod route;
mod route_plan;
mod route_table;
mod route_told;
mod set_aside;
mod set_feed;
mod set_mode;
mod set_policy;
mod set_supplier;
mod settle_discrepancy;
mod ship_kits;
mod ship_order;
mod shrink_pools;
mod start_transfer;
mod step_feed;
mod write_off_stock;

use serde::{Deserialize, Serialize};

use crate::{Fact, Flag, Ledger, Movement, Rejection, Time};

pub use add_alias::AddAlias;
pub use adjust_stock::{AdjustLine, AdjustStock};
pub use assemble_kit::AssembleKit;
pub use assign_tier::AssignTier;
pub use cancel_order::{CancelLine, CancelOrder};
pub use cancel_transfer::{CancelTransfer, TransferOutcome};
pub use change_channel::ChangeChannel;
pub use change_condition::{ChangeCondition, ChangeLine};
pub use claim::LINES_MAX;
pub use close_item::CloseItem;
pub use close_location::CloseLocation;
pub use close_pool::ClosePool;
pub use commit_order::{CommitOrder, IfShort};
pub use confirm_handover::{ConfirmHandover, ShortageLine};
pub use count_stock::{BookAt, CountLine, CountStock};
pub use damage_stock::{ConditionLine, DamageStock};
pub use define_kit::{DefineKit, KitPartUnits};
pub use disassemble_kit::DisassembleKit;
pub use expect_stock::{ExpectLine, ExpectStock};
pub use expire_hold::ExpireHold;
pub use extend_hold::ExtendHold;
pub use hand_over_orders::HandOverOrders;
pub use hear_stock::HearStock;
pub use hold_stock::{ClaimLine, HoldStock, Partial};
pub use inspect_stock::{InspectLine, InspectStock, RejectedTo};
pub use judge_snapshot::JudgeSnapshot;
pub use list_stock::ListStock;
pub use map_supplier_sku::MapSupplierSku;
pub use merge_items::MergeItems;
pub use miss_handover::MissHandover;
pub use move_pool::MovePool;
pub use open_pool::{OpenPool, OpenTranche, PoolStock, TrancheUnits};
pub use receive_stock::{ReceiveFrom, ReceiveLine, ReceiveStock, ReceiveTo};
pub use receive_transfer::{ArrivedLine, ReceiveTransfer};
pub use record_snapshot::{Findings, RecordSnapshot, SnapshotLine};
pub use record_stocktake::{RecordStocktake, StocktakeLine};
pub use register_channel::RegisterChannel;
pub use register_item::RegisterItem;
pub use register_location::RegisterLocation;
pub use release_hold::{ReleaseHold, ReleaseLine};
pub use release_tranche::ReleaseTranche;
pub use relocate_order::{RelocateLine, RelocateOrder};
pub use rename_item::RenameItem;
pub use return_stock::{ReturnLine, ReturnStock};
pub use return_to_supplier::ReturnToSupplier;
pub use reverse_entry::ReverseEntry;
pub use set_feed::SetFeed;
pub use set_mode::{ModeCount, SetMode};
pub use set_policy::SetPolicy;
pub use set_supplier::SetSupplier;
pub use settle_discrepancy::SettleDiscrepancy;
pub use ship_order::{ShipLine, ShipOrder};
pub use shrink_pools::ShrinkPools;
pub use start_transfer::{StartTransfer, TransferLine};
pub use step_feed::StepFeed;
pub use write_off_stock::WriteOffStock;

pub(crate) use commit_order::explained as explain_commitment;
pub(crate) use hold_stock::explained as explain_hold;

/// What a command makes happen: stored as the body of one entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    pub fact: Fact,
    pub movements: Vec<Movement>,
    pub flags: Vec<Flag>,
}

/// One thing a caller may ask of one ledger.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Command {
    RegisterItem(RegisterItem),
    AddAlias(AddAlias),
    RegisterLocation(RegisterLocation),
    CloseLocation(CloseLocation),
    RegisterChannel(RegisterChannel),
    ChangeChannel(ChangeChannel),
    ReceiveStock(ReceiveStock),
    InspectStock(InspectStock),
    HoldStock(HoldStock),
    ExtendHold(ExtendHold),
    ReleaseHold(ReleaseHold),
    ExpireHold(ExpireHold),
    CommitOrder(CommitOrder),
    CancelOrder(CancelOrder),
    ShipOrder(ShipOrder),
    ReturnStock(ReturnStock),
    DamageStock(DamageStock),
    WriteOffStock(WriteOffStock),
    ChangeCondition(ChangeCondition),
    StartTransfer(StartTransfer),
    ReceiveTransfer(ReceiveTransfer),
    CancelTransfer(CancelTransfer),
    ReturnToSupplier(ReturnToSupplier),
    CountStock(CountStock),
    AdjustStock(AdjustStock),
    ReverseEntry(ReverseEntry),
    RenameItem(RenameItem),
    MergeItems(MergeItems),
    CloseItem(CloseItem),
    SetMode(SetMode),
    SetPolicy(Box<SetPolicy>),
    ExpectStock(ExpectStock),
    OpenPool(OpenPool),
    ReleaseTranche(ReleaseTranche),
    MovePool(MovePool),
    ClosePool(ClosePool),
    DefineKit(DefineKit),
    AssembleKit(AssembleKit),
    DisassembleKit(DisassembleKit),
    RelocateOrder(RelocateOrder),
    ShrinkPools(ShrinkPools),
    SetSupplier(SetSupplier),
    MapSupplierSku(MapSupplierSku),
    SetFeed(SetFeed),
    AssignTier(AssignTier),
    RecordSnapshot(RecordSnapshot),
    JudgeSnapshot(JudgeSnapshot),
    SettleDiscrepancy(SettleDiscrepancy),
    RecordStocktake(RecordStocktake),
    ListStock(ListStock),
    HearStock(HearStock),
    HandOverOrders(HandOverOrders),
    ConfirmHandover(ConfirmHandover),
    StepFeed(StepFeed),
    MissHandover(MissHandover),
}

impl Command {
    /// The stems callers may use, in the order of the documentation.
    pub const STEMS: &[&str] = &[
        "register_item",
        "add_alias",
        "register_location",
        "close_location",
        "register_channel",
        "change_channel",
        "receive_stock",
        "inspect_stock",
        "hold_stock",
        "extend_hold",
        "release_hold",
        "commit_order",
        "cancel_order",
        "ship_order",
        "return_stock",
        "damage_stock",
        "write_off_stock",
        "change_condition",
        "start_transfer",
        "receive_transfer",
        "cancel_transfer",
        "return_to_supplier",
        "count_stock",
        "adjust_stock",
        "reverse_entry",
        "rename_item",
        "merge_items",
        "close_item",
        "set_mode",
        "set_policy",
        "expect_stock",
        "open_pool",
        "release_tranche",
        "move_pool",
        "close_pool",
        "define_kit",
        "assemble_kit",
        "disassemble_kit",
        "relocate_order",
        "set_supplier",
        "map_supplier_sku",
        "set_feed",
        "assign_tier",
        "record_snapshot",
        "judge_snapshot",
        "settle_discrepancy",
        "record_stocktake",
        "list_stock",
        "hear_stock",
        "hand_over_orders",
        "confirm_handover",
    ];

    pub fn stem(&self) -> &'static str {
        match self {
            Command::RegisterItem(_) => "register_item",
            Command::AddAlias(_) => "add_alias",
            Command::RegisterLocation(_) => "register_location",
            Command::CloseLocation(_) => "close_location",
            Command::RegisterChannel(_) => "register_channel",
            Command::ChangeChannel(_) => "change_channel",
            Command::ReceiveStock(_) => "receive_stock",
            Command::InspectStock(_) => "inspect_stock",
            Command::HoldStock(_) => "hold_stock",
            Command::ExtendHold(_) => "extend_hold",
            Command::ReleaseHold(_) => "release_hold",
            Command::ExpireHold(_) => "expire_hold",
            Command::CommitOrder(_) => "commit_order",
            Command::CancelOrder(_) => "cancel_order",
            Command::ShipOrder(_) => "ship_order",
            Command::ReturnStock(_) => "return_stock",
            Command::DamageStock(_) => "damage_stock",
            Command::WriteOffStock(_) => "write_off_stock",
            Command::ChangeCondition(_) => "change_condition",
            Command::StartTransfer(_) => "start_transfer",
            Command::ReceiveTransfer(_) => "receive_transfer",
            Command::CancelTransfer(_) => "cancel_transfer",
            Command::ReturnToSupplier(_) => "return_to_supplier",
            Command::CountStock(_) => "count_stock",
            Command::AdjustStock(_) => "adjust_stock",
            Command::ReverseEntry(_) => "reverse_entry",
            Command::RenameItem(_) => "rename_item",
            Command::MergeItems(_) => "merge_items",
            Command::CloseItem(_) => "close_item",
            Command::SetMode(_) => "set_mode",
            Command::SetPolicy(_) => "set_policy",
            Command::ExpectStock(_) => "expect_stock",
            Command::OpenPool(_) => "open_pool",
            Command::ReleaseTranche(_) => "release_tranche",
            Command::MovePool(_) => "move_pool",
            Command::ClosePool(_) => "close_pool",
            Command::DefineKit(_) => "define_kit",
            Command::AssembleKit(_) => "assemble_kit",
            Command::DisassembleKit(_) => "disassemble_kit",
            Command::RelocateOrder(_) => "relocate_order",
            Command::ShrinkPools(_) => "shrink_pools",
            Command::SetSupplier(_) => "set_supplier",
            Command::MapSupplierSku(_) => "map_supplier_sku",
            Command::SetFeed(_) => "set_feed",
            Command::AssignTier(_) => "assign_tier",
            Command::RecordSnapshot(_) => "record_snapshot",
            Command::JudgeSnapshot(_) => "judge_snapshot",
            Command::SettleDiscrepancy(_) => "settle_discrepancy",
            Command::RecordStocktake(_) => "record_stocktake",
            Command::ListStock(_) => "list_stock",
            Command::HearStock(_) => "hear_stock",
            Command::HandOverOrders(_) => "hand_over_orders",
            Command::ConfirmHandover(_) => "confirm_handover",
            Command::StepFeed(_) => "step_feed",
            Command::MissHandover(_) => "miss_handover",
        }
    }
}

/// Decide what a command makes happen at `now`, or why not. Reads the ledger, changes nothing.
///
/// # Errors
/// The first [`Rejection`] that applies, in the order of that enum.
pub fn decide(ledger: &Ledger, now: Time, command: &Command) -> Result<Decision, Rejection> {
    match command {
        Command::RegisterItem(it) => register_item::decide(ledger, now, it),
        Command::AddAlias(it) => add_alias::decide(ledger, now, it),
        Command::RegisterLocation(it) => register_location::decide(ledger, now, it),
        Command::CloseLocation(it) => close_location::decide(ledger, now, it),
        Command::RegisterChannel(it) => register_channel::decide(ledger, now, it),
        Command::ChangeChannel(it) => change_channel::decide(ledger, now, it),
        Command::ReceiveStock(it) => receive_stock::decide(ledger, now, it),
        Command::InspectStock(it) => inspect_stock::decide(ledger, now, it),
        Command::HoldStock(it) => hold_stock::decide(ledger, now, it),
        Command::ExtendHold(it) => extend_hold::decide(ledger, now, it),
        Command::ReleaseHold(it) => release_hold::decide(ledger, now, it),
        Command::ExpireHold(it) => expire_hold::decide(ledger, now, it),
        Command::CommitOrder(it) => commit_order::decide(ledger, now, it),
        Command::CancelOrder(it) => cancel_order::decide(ledger, now, it),
        Command::ShipOrder(it) => ship_order::decide(ledger, now, it),
        Command::ReturnStock(it) => return_stock::decide(ledger, now, it),
        Command::DamageStock(it) => damage_stock::decide(ledger, now, it),
        Command::WriteOffStock(it) => write_off_stock::decide(ledger, now, it),
        Command::ChangeCondition(it) => change_condition::decide(ledger, now, it),
        Command::StartTransfer(it) => start_transfer::decide(ledger, now, it),
        Command::ReceiveTransfer(it) => receive_transfer::decide(ledger, now, it),
        Command::CancelTransfer(it) => cancel_transfer::decide(ledger, now, it),
        Command::ReturnToSupplier(it) => return_to_supplier::decide(ledger, now, it),
        Command::CountStock(it) => count_stock::decide(ledger, now, it),
        Command::AdjustStock(it) => adjust_stock::decide(ledger, now, it),
        Command::ReverseEntry(it) => reverse_entry::decide(ledger, now, it),
        Command::RenameItem(it) => rename_item::decide(ledger, now, it),
        Command::MergeItems(it) => merge_items::decide(ledger, now, it),
        Command::CloseItem(it) => close_item::decide(ledger, now, it),
        Command::SetMode(it) => set_mode::decide(ledger, now, it),
        Command::SetPolicy(it) => set_policy::decide(ledger, now, it),
        Command::ExpectStock(it) => expect_stock::decide(ledger, now, it),
        Command::OpenPool(it) => open_pool::decide(ledger, now, it),
        Command::ReleaseTranche(it) => release_tranche::decide(ledger, now, it),
        Command::MovePool(it) => move_pool::decide(ledger, now, it),
        Command::ClosePool(it) => close_pool::decide(ledger, now, it),
        Command::DefineKit(it) => define_kit::decide(ledger, now, it),
        Command::AssembleKit(it) => assemble_kit::decide(ledger, now, it),
        Command::DisassembleKit(it) => disassemble_kit::decide(ledger, now, it),
        Command::RelocateOrder(it) => relocate_order::decide(ledger, now, it),
        Command::ShrinkPools(it) => shrink_pools::decide(ledger, now, it),
        Command::SetSupplier(it) => set_supplier::decide(ledger, now, it),
        Command::MapSupplierSku(it) => map_supplier_sku::decide(ledger, now, it),
        Command::SetFeed(it) => set_feed::decide(ledger, now, it),
        Command::AssignTier(it) => assign_tier::decide(ledger, now, it),
        Command::RecordSnapshot(it) => record_snapshot::decide(ledger, now, it),
        Command::JudgeSnapshot(it) => judge_snapshot::decide(ledger, now, it),
        Command::SettleDiscrepancy(it) => settle_discrepancy::decide(ledger, now, it),
        Command::RecordStocktake(it) => record_stocktake::decide(ledger, now, it),
        Command::ListStock(it) => list_stock::decide(ledger, now, it),
        Command::HearStock(it) => hear_stock::decide(ledger, now, it),
        Command::HandOverOrders(it) => hand_over_orders::decide(ledger, now, it),
        Command::ConfirmHandover(it) => confirm_handover::decide(ledger, now, it),
        Command::StepFeed(it) => step_feed::decide(ledger, now, it),
        Command::MissHandover(it) => miss_handover::decide(ledger, now, it),
    }
}
