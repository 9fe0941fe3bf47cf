//! Every message of a command, with its fields named once: a field that is missing on either side
//! does not compile.

use onhand_core as core;
use onhand_core::Quantity;
use onhand_proto::v1;

use super::read::{Read, at, missing, wrong};
use crate::Invalid;

/// `message => type { fields; fields that callers do not send }`. `by` names how a field is read
/// whose meaning depends on more than its type.
macro_rules! messages {
    ($($message:ty => $type:path {
        $($field:ident $(by $how:path)?),* $(; $($own:ident: $value:expr),*)?
    })*) => {$(
        impl Read<$type> for $message {
            fn read(self) -> Result<$type, Invalid> {
                type Message = $message;
                type Made = $type;
                let Message { $($field),* } = self;
                Ok(Made {
                    $($field: field!($field $(by $how)?),)*
                    $($($own: $value,)*)?
                })
            }
        }
    )*};
}

macro_rules! field {
    ($field:ident) => {
        at(name(stringify!($field)), $field)?
    };
    ($field:ident by $how:path) => {
        $how($field).map_err(|it| it.inside(name(stringify!($field))))?
    };
}

/// Without the mark of words that Rust keeps for itself.
fn name(field: &str) -> &str {
    field.strip_prefix("r#").unwrap_or(field)
}

fn sure(percent: Option<u64>) -> Result<u64, Invalid> {
    Ok(percent.unwrap_or(100))
}

fn first(part: u64) -> Result<u64, Invalid> {
    Ok(part.max(1))
}

fn one(pack: u64) -> Result<Quantity, Invalid> {
    pack.max(1).read()
}

messages! {
    v1::Reason => core::Reason { code, note }
    v1::RegisterItem => core::RegisterItem { sku, aliases, name, category, scale }
    v1::AddAlias => core::AddAlias { sku, alias }
    v1::RegisterLocation => core::RegisterLocation { location, name, kind, supplier }
    v1::CloseLocation => core::CloseLocation { location }
    v1::RegisterChannel => core::RegisterChannel { channel, name, locations }
    v1::ChangeChannel => core::ChangeChannel { channel, locations }
    v1::receive_stock::Line => core::ReceiveLine { sku, quantity, lot, unit_cost }
    v1::ReceiveStock => core::ReceiveStock {
        location, lines, to, from, supplier, inbound, create_items
    }
    v1::inspect_stock::Line => core::InspectLine { sku, passed, rejected }
    v1::InspectStock => core::InspectStock { location, lines, rejected_to }
    v1::ClaimLine => core::ClaimLine { r#ref, sku, quantity, location, slot }
    v1::HoldStock => core::HoldStock {
        hold, owner, channel, expires_in, lines, partial, campaign, customer, ship_to
    }
    v1::ExtendHold => core::ExtendHold { hold, expires_in }
    v1::release_hold::Line => core::ReleaseLine { r#ref, quantity }
    v1::ReleaseHold => core::ReleaseHold { hold, lines }
    v1::CommitOrder => core::CommitOrder {
        order, channel, hold, lines, partial, if_short, campaign, customer, ship_to
    }
    v1::cancel_order::Line => core::CancelLine { r#ref, quantity }
    v1::CancelOrder => core::CancelOrder { order, lines, reason }
    v1::ship_order::Line => core::ShipLine { r#ref, quantity, sku, location }
    v1::ShipOrder => core::ShipOrder { order, location, lines, refuse_if_short }
    v1::return_stock::Line => core::ReturnLine { r#ref, sku, quantity, condition }
    v1::ReturnStock => core::ReturnStock { order, location, lines, reason }
    v1::ConditionLine => core::ConditionLine { sku, quantity, condition }
    v1::DamageStock => core::DamageStock { location, lines, reason }
    v1::WriteOffStock => core::WriteOffStock { location, lines, reason }
    v1::change_condition::Line => core::ChangeLine { sku, quantity, from, to }
    v1::ChangeCondition => core::ChangeCondition { location, lines, reason }
    v1::start_transfer::Line => core::TransferLine { sku, quantity }
    v1::StartTransfer => core::StartTransfer { transfer, from, to, lines }
    v1::receive_transfer::Line => core::ArrivedLine { sku, received, damaged, missing }
    v1::ReceiveTransfer => core::ReceiveTransfer { transfer, lines }
    v1::CancelTransfer => core::CancelTransfer { transfer, outcome }
    v1::ReturnToSupplier => core::ReturnToSupplier { location, lines, supplier, reason }
    v1::count_stock::Line => core::CountLine { sku, condition, quantity }
    v1::CountStock => core::CountStock {
        location, counted_at, lines, create_items; book: Vec::new()
    }
    v1::AdjustStock => core::AdjustStock { location, lines, reason, create_items }
    v1::ReverseEntry => core::ReverseEntry { position, reason; entry: None }
    v1::RenameItem => core::RenameItem { sku, to }
    v1::MergeItems => core::MergeItems { sku, into }
    v1::CloseItem => core::CloseItem { sku }
    v1::set_mode::Count => core::ModeCount { location, quantity }
    v1::set_mode::Capacity => core::Capacity { limit, window, zone }
    v1::SetPolicy => core::SetPolicy { sku, category, channel, location, supplier, set, clear }
    v1::rule::KeptBack => core::KeptBack { units, percent }
    v1::rule::Oversell => core::Oversell { limit, ratio }
    v1::rule::LowStock => core::LowStock { at, clear }
    v1::rule::Routing => core::Routing { by, split }
    v1::Rule => core::Rule {
        buffer, share_percent, exclusive, oversell, max_listed, end_when, locations, hold_seconds,
        sell_ahead_days, low_stock, routing, safety, trust_percent, cost, regions, return_to
    }
    v1::expect_stock::Line => core::ExpectLine { sku, quantity, expected_at, confidence by sure }
    v1::ExpectStock => core::ExpectStock { inbound, location, supplier, lines }
    v1::PoolStock => core::PoolStock { sku, quantity, location }
    v1::open_pool::Units => core::TrancheUnits { sku, quantity }
    v1::open_pool::Tranche => core::OpenTranche { tranche, release_at, lines }
    v1::OpenPool => core::OpenPool {
        pool, channel, campaign, customer, draw, priority, ends_at, lines, tranches
    }
    v1::ReleaseTranche => core::ReleaseTranche { pool, tranche }
    v1::MovePool => core::MovePool { from, to, lines }
    v1::ClosePool => core::ClosePool { pool }
    v1::define_kit::Part => core::KitPartUnits { sku, quantity }
    v1::DefineKit => core::DefineKit { sku, parts }
    v1::AssembleKit => core::AssembleKit { sku, location, quantity }
    v1::DisassembleKit => core::DisassembleKit { sku, location, quantity }
    v1::relocate_order::Line => core::RelocateLine { r#ref, quantity, from, to }
    v1::RelocateOrder => core::RelocateOrder { order, lines }
    v1::SetSupplier => core::SetSupplier {
        supplier, name, contact, time_zone, cut_off, confirm_within, on_shortage
    }
    v1::map_supplier_sku::Line => core::MappedLine {
        supplier_sku, sku, pack by one, unit_cost, valid_from, valid_until
    }
    v1::MapSupplierSku => core::MapSupplierSku { supplier, lines }
    v1::set_feed::Step => core::LadderStep { after_minutes, trust_percent, buffer }
    v1::set_feed::Tier => core::TierTerms { tier, every_minutes, ladder }
    v1::set_feed::Breakers => core::Breakers {
        to_zero_percent, missing_percent, change_percent, quantity_max
    }
    v1::set_feed::Pull => core::Pull { url, directory }
    v1::Tolerance => core::Tolerance { units, percent, value, daily_units, lower, first }
    v1::SetFeed => core::SetFeed {
        feed, supplier, location, basis, changes_only, missing_after, tiers, breakers, tolerance,
        profile, pull
    }
    v1::assign_tier::Line => core::TierLine { sku, tier }
    v1::AssignTier => core::AssignTier { feed, lines }
    v1::record_snapshot::Line => core::SnapshotLine {
        supplier_sku, quantity, pack, next_restock_at
    }
    v1::RecordSnapshot => core::RecordSnapshot {
        feed, snapshot, as_of, complete, tier, basis, orders_seen_through, lines, hash,
        part by first; findings: None
    }
    v1::JudgeSnapshot => core::JudgeSnapshot { feed, snapshot, verdict, reason }
    v1::SettleDiscrepancy => core::SettleDiscrepancy {
        action, numbers, reason, until; book: Vec::new()
    }
    v1::record_stocktake::Line => core::StocktakeLine { sku, quantity }
    v1::RecordStocktake => core::RecordStocktake {
        stocktake, location, counted_at, lines, tolerance; book: Vec::new()
    }
    v1::ListedLine => core::ListedLine { sku, quantity }
    v1::ListStock => core::ListStock { channel, lines }
    v1::HearStock => core::HearStock { channel, heard_at, lines }
    v1::HandOverOrders => core::HandOverOrders { supplier, handover }
    v1::confirm_handover::Short => core::ShortageLine { order, r#ref, short }
    v1::ConfirmHandover => core::ConfirmHandover { supplier, handover, short, on_shortage }
}

impl Read<core::AdjustLine> for v1::adjust_stock::Line {
    fn read(self) -> Result<core::AdjustLine, Invalid> {
        let v1::adjust_stock::Line { sku, condition, change, set, expected, unchecked } = self;
        if unchecked && expected.is_some() {
            let message = "stands beside `expected`; keep one of them";
            return Err(wrong(message).inside("unchecked"));
        }
        Ok(core::AdjustLine {
            sku: at("sku", sku)?,
            condition: at("condition", condition)?,
            change,
            set,
            // What is not checked is written as an open number in JSON.
            expected: if unchecked { Some(None) } else { expected.map(Some) },
        })
    }
}

impl Read<core::SetMode> for v1::SetMode {
    fn read(self) -> Result<core::SetMode, Invalid> {
        let v1::SetMode { sku, mode, counts } = self;
        let mode = match mode.ok_or_else(|| missing().inside("mode"))? {
            v1::set_mode::Mode::Finite(v1::set_mode::Finite {}) => core::Mode::Finite,
            v1::set_mode::Mode::Unlimited(v1::set_mode::Unlimited {}) => core::Mode::Unlimited,
            v1::set_mode::Mode::Capacity(it) => core::Mode::Capacity(at("capacity", it)?),
        };
        Ok(core::SetMode { sku: at("sku", sku)?, mode, counts: at("counts", counts)? })
    }
}

impl Read<Vec<core::ModeCount>> for v1::set_mode::Counts {
    fn read(self) -> Result<Vec<core::ModeCount>, Invalid> {
        at("counts", self.counts)
    }
}

impl<T> Read<Vec<T>> for v1::rule::Names
where
    String: Read<T>,
{
    fn read(self) -> Result<Vec<T>, Invalid> {
        at("names", self.names)
    }
}
