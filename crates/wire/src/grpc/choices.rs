//! Which of a few: enum numbers to the values of the core. A number that is not known is refused,
//! never taken for the first one.

use onhand_core::{
    Basis, Condition, IfShort, LocationKind, OnShortage, Partial, PoolDraw, ReceiveFrom, ReceiveTo,
    RejectedTo, ReversalReason, RouteBy, RouteSplit, Settling, TransferOutcome, Verdict,
};
use onhand_proto::v1;

use super::read::{Read, missing, wrong};
use crate::Invalid;

fn unknown(number: i32, known: &[&str]) -> Invalid {
    wrong(format_args!("is {number}, which is none of its values; it must be {}", known.join(", ")))
}

/// Every number is a value.
macro_rules! closed {
    ($($choice:ident is $message:ty { $($value:ident)* })*) => {$(
        impl Read<$choice> for i32 {
            fn read(self) -> Result<$choice, Invalid> {
                match <$message>::try_from(self) {
                    $(Ok(<$message>::$value) => Ok($choice::$value),)*
                    Err(_) => Err(unknown(self, &[$(<$message>::$value.as_str_name()),*])),
                }
            }
        }
    )*};
}

/// The number 0 means: not given. `$zero` is what that comes to where a value is needed.
macro_rules! open {
    ($($choice:ident is $message:ty { $($value:ident)* } else $zero:expr;)*) => {$(
        impl Read<Option<$choice>> for i32 {
            fn read(self) -> Result<Option<$choice>, Invalid> {
                match <$message>::try_from(self) {
                    Ok(<$message>::Unspecified) => Ok(None),
                    $(Ok(<$message>::$value) => Ok(Some($choice::$value)),)*
                    Err(_) => Err(unknown(self, &[$(<$message>::$value.as_str_name()),*])),
                }
            }
        }
        impl Read<$choice> for i32 {
            fn read(self) -> Result<$choice, Invalid> {
                let given: Option<$choice> = self.read()?;
                given.map_or_else($zero, Ok)
            }
        }
    )*};
}

fn needed<T>() -> Result<T, Invalid> {
    Err(missing())
}

fn usual<T: Default>() -> Result<T, Invalid> {
    Ok(T::default())
}

closed! {
    Partial is v1::Partial { None PerLine BestEffort }
    LocationKind is v1::register_location::Kind { Own Platform Supplier }
    ReceiveTo is v1::receive_stock::To { Sellable QualityControl }
    ReceiveFrom is v1::receive_stock::From { Supplier Opening }
    RejectedTo is v1::inspect_stock::RejectedTo { Damaged Supplier }
    IfShort is v1::commit_order::IfShort { Refuse AcceptOversold }
    PoolDraw is v1::open_pool::Draw { First Only }
    RouteBy is v1::rule::routing::By { Priority HighestStock Cost Nearest }
    RouteSplit is v1::rule::routing::Split { Allowed Fewest Never }
}

open! {
    Condition is v1::Condition { Sellable QualityControl Damaged Quarantined } else needed;
    TransferOutcome is v1::cancel_transfer::Outcome { Restock WriteOff } else needed;
    ReversalReason is v1::reverse_entry::Why { DidNotOccur IncorrectData } else needed;
    Verdict is v1::judge_snapshot::Verdict { Confirm Reject } else needed;
    Settling is v1::settle_discrepancy::Action {
        AcceptTheirs KeepOurs Dispute Snooze AskSupplier Reopen
    } else needed;
    OnShortage is v1::OnShortage { Keep Cancel Reroute } else usual;
    Basis is v1::Basis { OnHand BeforeOurOrders AfterOurOrders } else usual;
}
