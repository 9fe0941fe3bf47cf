//! From a stem and its fields to a typed command.

use onhand_core::Command;
use serde::Deserialize;
use serde::de::value::MapDeserializer;
use serde_json::value::RawValue;

use crate::Invalid;

/// The members of a flat object, in the order in which they were written.
pub(crate) type Fields<'a> = Vec<(&'a str, &'a RawValue)>;

/// Reads the fields of one object into its type.
///
/// # Errors
/// [`Invalid`] names the first field that cannot be read.
pub(crate) fn read<'a, T: Deserialize<'a>>(fields: Fields<'a>) -> Result<T, Invalid> {
    let map = MapDeserializer::<_, serde_json::Error>::new(fields.into_iter());
    serde_path_to_error::deserialize(map).map_err(|it| Invalid::of_field(it.path(), it.inner()))
}

/// # Errors
/// `unknown_command` for a stem that callers cannot use, else as [`read`].
pub(crate) fn command(stem: &str, fields: Fields<'_>) -> Result<Command, Invalid> {
    Ok(match stem {
        "register_item" => Command::RegisterItem(read(fields)?),
        "add_alias" => Command::AddAlias(read(fields)?),
        "register_location" => Command::RegisterLocation(read(fields)?),
        "close_location" => Command::CloseLocation(read(fields)?),
        "register_channel" => Command::RegisterChannel(read(fields)?),
        "change_channel" => Command::ChangeChannel(read(fields)?),
        "receive_stock" => Command::ReceiveStock(read(fields)?),
        "inspect_stock" => Command::InspectStock(read(fields)?),
        "hold_stock" => Command::HoldStock(read(fields)?),
        "extend_hold" => Command::ExtendHold(read(fields)?),
        "release_hold" => Command::ReleaseHold(read(fields)?),
        "commit_order" => Command::CommitOrder(read(fields)?),
        "cancel_order" => Command::CancelOrder(read(fields)?),
        "ship_order" => Command::ShipOrder(read(fields)?),
        "return_stock" => Command::ReturnStock(read(fields)?),
        "damage_stock" => Command::DamageStock(read(fields)?),
        "write_off_stock" => Command::WriteOffStock(read(fields)?),
        "change_condition" => Command::ChangeCondition(read(fields)?),
        "start_transfer" => Command::StartTransfer(read(fields)?),
        "receive_transfer" => Command::ReceiveTransfer(read(fields)?),
        "cancel_transfer" => Command::CancelTransfer(read(fields)?),
        "return_to_supplier" => Command::ReturnToSupplier(read(fields)?),
        "count_stock" => Command::CountStock(read(fields)?),
        "adjust_stock" => Command::AdjustStock(read(fields)?),
        "reverse_entry" => Command::ReverseEntry(read(fields)?),
        "rename_item" => Command::RenameItem(read(fields)?),
        "merge_items" => Command::MergeItems(read(fields)?),
        "close_item" => Command::CloseItem(read(fields)?),
        "set_mode" => Command::SetMode(read(fields)?),
        "set_policy" => Command::SetPolicy(Box::new(read(fields)?)),
        "expect_stock" => Command::ExpectStock(read(fields)?),
        "open_pool" => Command::OpenPool(read(fields)?),
        "release_tranche" => Command::ReleaseTranche(read(fields)?),
        "move_pool" => Command::MovePool(read(fields)?),
        "close_pool" => Command::ClosePool(read(fields)?),
        "define_kit" => Command::DefineKit(read(fields)?),
        "assemble_kit" => Command::AssembleKit(read(fields)?),
        "disassemble_kit" => Command::DisassembleKit(read(fields)?),
        "relocate_order" => Command::RelocateOrder(read(fields)?),
        "set_supplier" => Command::SetSupplier(read(fields)?),
        "map_supplier_sku" => Command::MapSupplierSku(read(fields)?),
        "set_feed" => Command::SetFeed(read(fields)?),
        "assign_tier" => Command::AssignTier(read(fields)?),
        "record_snapshot" => Command::RecordSnapshot(read(fields)?),
        "judge_snapshot" => Command::JudgeSnapshot(read(fields)?),
        "settle_discrepancy" => Command::SettleDiscrepancy(read(fields)?),
        "record_stocktake" => Command::RecordStocktake(read(fields)?),
        "list_stock" => Command::ListStock(read(fields)?),
        "hear_stock" => Command::HearStock(read(fields)?),
        "hand_over_orders" => Command::HandOverOrders(read(fields)?),
        "confirm_handover" => Command::ConfirmHandover(read(fields)?),
        other => return Err(unknown(other)),
    })
}

fn unknown(stem: &str) -> Invalid {
    let known = Command::STEMS.join(", ");
    let mut invalid = Invalid::new("unknown_command", "command", "");
    // Built after the echo is cut short, so that the list of stems stays whole.
    let shown: String = stem.chars().filter(|it| !it.is_control()).take(64).collect();
    invalid.message = format!("`{shown}` is no command; the commands are {known}");
    invalid
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_stem_is_known_here() {
        for stem in Command::STEMS {
            if let Err(invalid) = command(stem, Vec::new()) {
                assert_ne!(invalid.code, "unknown_command", "{stem}");
            }
        }
        assert_eq!(command("expire_hold", Vec::new()).unwrap_err().code, "unknown_command");
    }
}
