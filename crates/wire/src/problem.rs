//! The one map from every no to its page, in the shape of RFC 9457.
#![deny(clippy::wildcard_enum_match_arm)]

use onhand_core::{CommandId, Rejection};
use serde::Serialize;
use serde_json::{Map, Value};

use crate::pages::*;
use crate::sentence::sentence;
use crate::{Invalid, Page};

/// What went wrong beside reading the request and deciding it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// The key belongs to another command, recorded in the block at `height`.
    KeyReused {
        id: CommandId,
        field: String,
        height: u64,
    },
    /// The mailbox is full.
    Overloaded {
        retry_after_ms: u64,
    },
    /// Known not to be booked.
    Unavailable {
        message: String,
    },
    /// Booked or not: only a retry with the same key tells.
    OutcomeUnknown {
        message: String,
    },
    Halted {
        message: String,
    },
    PositionNotReached {
        position: u64,
        min_position: u64,
    },
    /// An atomic batch with items that cannot be read.
    BatchInvalid {
        invalid: Vec<(u64, Invalid)>,
    },
    NotFound {
        message: String,
    },
    /// A supplier's file with mistakes; nothing of it is booked.
    FileUnreadable {
        /// The first of them.
        complaints: Vec<Complaint>,
        count: u64,
    },
    /// Notices or entries that are not kept any more.
    Gone {
        /// Number or position of the oldest that is kept.
        oldest: u64,
    },
    /// All seats of those who follow feeds are taken.
    TooManySubscribers {
        subscribers_max: u64,
    },
    MethodNotAllowed {
        method: String,
    },
    RequestTimeout {
        seconds: u64,
    },
    BodyTooLarge {
        bytes_max: u64,
    },
    MediaType {
        found: String,
    },
}

/// One mistake in a supplier's file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Complaint {
    /// Line, row or segment, from 1. None: the file as a whole.
    pub line: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub column: Option<String>,
    /// What is wrong and what to do.
    pub message: String,
}

/// Every way to be told no.
#[derive(Clone, Copy, Debug)]
pub enum No<'a> {
    Invalid(&'a Invalid),
    /// `position`: the ledger's, when it was decided; 0 if that is not known any more.
    Rejected {
        rejection: &'a Rejection,
        position: u64,
    },
    Trouble(&'a Trouble),
}

/// A no as a caller is told it: `application/problem+json`.
#[derive(Clone, Debug, PartialEq)]
pub struct Problem {
    pub page: &'static Page,
    pub body: Value,
    /// Seconds after which to try again, for the header.
    pub retry_after_seconds: Option<u64>,
}

impl Problem {
    pub fn status(&self) -> u16 {
        self.page.status
    }
}

/// The problem that a no is told as.
pub fn problem(no: No<'_>) -> Problem {
    let (page, detail, facts) = match no {
        No::Invalid(it) => (of_invalid(it), in_sentence(it), facts_of_invalid(it)),
        No::Rejected { rejection, position } => {
            (of_rejection(rejection), sentence(rejection), facts_of_rejection(rejection, position))
        }
        No::Trouble(it) => (of_trouble(it), detail_of_trouble(it), facts_of_trouble(it)),
    };
    let mut body = Map::new();
    body.insert("type".into(), format!("/errors/{}", page.code).into());
    body.insert("title".into(), page.title.into());
    body.insert("status".into(), page.status.into());
    body.insert("detail".into(), detail.into());
    body.insert("code".into(), page.code.into());
    body.insert("retryable".into(), page.retryable.into());
    for (name, fact) in facts {
        // A fact never hides what the problem itself says.
        body.entry(name).or_insert(fact);
    }
    Problem { page, body: Value::Object(body), retry_after_seconds: retry_after_seconds(no) }
}

/// An unreadable request's code is its page's; a code without a page would be a slip of ours, and
/// is told as what it is: a field that cannot be read.
fn of_invalid(invalid: &Invalid) -> &'static Page {
    page(invalid.code).unwrap_or(INVALID_FIELD)
}

fn in_sentence(invalid: &Invalid) -> String {
    let subject = if invalid.field.is_empty() { "the body" } else { &invalid.field };
    match invalid.line {
        Some(line) => format!("line {line}: {subject} {}", invalid.message),
        None => format!("{subject} {}", invalid.message),
    }
}

fn of_rejection(rejection: &Rejection) -> &'static Page {
    match rejection {
        Rejection::Contradiction { .. } => CONTRADICTION,
        Rejection::OccurredAtOutOfRange { .. } => OCCURRED_AT,
        Rejection::DuplicateInBatch { .. } => DUPLICATE_IN_BATCH,
        Rejection::UnknownSku { .. } => UNKNOWN_SKU,
        Rejection::UnknownLocation { .. } => UNKNOWN_LOCATION,
        Rejection::LocationClosed { .. } => LOCATION_CLOSED,
        Rejection::UnknownChannel { .. } => UNKNOWN_CHANNEL,
        Rejection::UnknownOrder { .. } => UNKNOWN_ORDER,
        Rejection::UnknownLine { .. } => UNKNOWN_LINE,
        Rejection::UnknownHold { .. } => UNKNOWN_HOLD,
        Rejection::UnknownHoldLine { .. } => UNKNOWN_HOLD_LINE,
        Rejection::UnknownTransfer { .. } => UNKNOWN_TRANSFER,
        Rejection::NotInTransfer { .. } => NOT_IN_TRANSFER,
        Rejection::UnknownPool { .. } => UNKNOWN_POOL,
        Rejection::UnknownTranche { .. } => UNKNOWN_TRANCHE,
        Rejection::NotAKit { .. } => NOT_A_KIT,
        Rejection::UnknownSupplier { .. } => UNKNOWN_SUPPLIER,
        Rejection::UnknownFeed { .. } => UNKNOWN_FEED,
        Rejection::UnknownTier { .. } => UNKNOWN_TIER,
        Rejection::UnknownSnapshot { .. } => UNKNOWN_SNAPSHOT,
        Rejection::UnknownDiscrepancy { .. } => UNKNOWN_DISCREPANCY,
        Rejection::UnknownHandover { .. } => UNKNOWN_HANDOVER,
        Rejection::UnknownPosition { .. } => UNKNOWN_POSITION,
        Rejection::NoLocation { .. } => NO_LOCATION,
        Rejection::ItemClosed { .. } => ITEM_CLOSED,
        Rejection::PoolClosed { .. } => POOL_CLOSED,
        Rejection::TrancheAlreadyReleased { .. } => TRANCHE_RELEASED,
        Rejection::AlreadyExists { .. } => ALREADY_EXISTS,
        Rejection::SnapshotAlreadyRecorded { .. } => SNAPSHOT_RECORDED,
        Rejection::DiscrepancySettled { .. } => DISCREPANCY_SETTLED,
        Rejection::HandoverAlreadyConfirmed { .. } => HANDOVER_CONFIRMED,
        Rejection::LineAlreadyCommitted { .. } => LINE_ALREADY_COMMITTED,
        Rejection::LineOfAnotherItem { .. } => LINE_OF_ANOTHER_ITEM,
        Rejection::HoldExpired { .. } => HOLD_EXPIRED,
        Rejection::HoldAlreadyReleased { .. } => HOLD_RELEASED,
        Rejection::HoldAlreadyConverted { .. } => HOLD_CONVERTED,
        Rejection::ExceedsHeld { .. } => EXCEEDS_HELD,
        Rejection::ExceedsCommitted { .. } => EXCEEDS_COMMITTED,
        Rejection::ExceedsShipped { .. } => EXCEEDS_SHIPPED,
        Rejection::ExceedsPooled { .. } => EXCEEDS_POOLED,
        Rejection::InsufficientStock { .. } => INSUFFICIENT_STOCK,
        Rejection::OversellLimitReached { .. } => OVERSELL_LIMIT,
        Rejection::StaleExpectation { .. } => STALE_EXPECTATION,
        Rejection::BookMoved { .. } => BOOK_MOVED,
        Rejection::SnapshotMoved { .. } => SNAPSHOT_MOVED,
        Rejection::TransferClosed { .. } => TRANSFER_CLOSED,
        Rejection::LocationNotEmpty { .. } => LOCATION_NOT_EMPTY,
        Rejection::ItemNotEmpty { .. } => ITEM_NOT_EMPTY,
        Rejection::AlreadyReversed { .. } => ALREADY_REVERSED,
        Rejection::NotReversible { .. } => NOT_REVERSIBLE,
        Rejection::BalanceTooLarge { .. } => BALANCE_TOO_LARGE,
        Rejection::BatchRefused { .. } => BATCH_REFUSED,
    }
}

fn of_trouble(trouble: &Trouble) -> &'static Page {
    match trouble {
        Trouble::KeyReused { .. } => KEY_REUSED,
        Trouble::Overloaded { .. } => OVERLOADED,
        Trouble::Unavailable { .. } => UNAVAILABLE,
        Trouble::OutcomeUnknown { .. } => OUTCOME_UNKNOWN,
        Trouble::Halted { .. } => HALTED,
        Trouble::PositionNotReached { .. } => POSITION_NOT_REACHED,
        Trouble::BatchInvalid { .. } => BATCH_INVALID,
        Trouble::NotFound { .. } => NOT_FOUND,
        Trouble::FileUnreadable { .. } => FILE_UNREADABLE,
        Trouble::Gone { .. } => GONE,
        Trouble::TooManySubscribers { .. } => TOO_MANY_SUBSCRIBERS,
        Trouble::MethodNotAllowed { .. } => METHOD_NOT_ALLOWED,
        Trouble::RequestTimeout { .. } => REQUEST_TIMEOUT,
        Trouble::BodyTooLarge { .. } => BODY_TOO_LARGE,
        Trouble::MediaType { .. } => MEDIA_TYPE,
    }
}

fn detail_of_trouble(trouble: &Trouble) -> String {
    match trouble {
        Trouble::KeyReused { id, field, .. } => {
            format!("the key `{id}` was used for a command with another `{field}`")
        }
        Trouble::Overloaded { retry_after_ms } => {
            format!("more waits than is taken on; try again in {retry_after_ms} ms")
        }
        Trouble::Unavailable { message }
        | Trouble::OutcomeUnknown { message }
        | Trouble::Halted { message }
        | Trouble::NotFound { message } => message.clone(),
        Trouble::FileUnreadable { complaints, count } => {
            let first = complaints.first().map(in_file).unwrap_or_default();
            match count {
                1 => format!("a mistake was found, nothing was booked: {first}"),
                _ => format!("{count} mistakes were found, nothing was booked; the first: {first}"),
            }
        }
        Trouble::Gone { oldest } => format!(
            "some of what was asked for is not kept any more: the oldest that is has the number {oldest}"
        ),
        Trouble::PositionNotReached { position, min_position } => {
            format!("asked for position {min_position}; what can be read reaches {position}")
        }
        Trouble::BatchInvalid { invalid } => {
            let first = invalid.first().map(|(_, it)| in_sentence(it)).unwrap_or_default();
            format!("{} of the items cannot be read, so nothing was booked; {first}", invalid.len())
        }
        Trouble::TooManySubscribers { subscribers_max } => {
            format!("{subscribers_max} follow already (feed.subscribers_max)")
        }
        Trouble::MethodNotAllowed { method } => {
            format!("this address does not take {method}; the header Allow lists what it takes")
        }
        Trouble::RequestTimeout { seconds } => format!("it must arrive within {seconds} s"),
        Trouble::BodyTooLarge { bytes_max } => format!("at most {bytes_max} bytes are taken"),
        Trouble::MediaType { found } => format!("`{found}` is not read here"),
    }
}

fn in_file(complaint: &Complaint) -> String {
    let Complaint { line, column, message } = complaint;
    match (line, column) {
        (Some(line), Some(column)) => format!("line {line}, {column}: {message}"),
        (Some(line), None) => format!("line {line}: {message}"),
        (None, Some(column)) => format!("{column}: {message}"),
        (None, None) => message.clone(),
    }
}

fn facts_of_invalid(invalid: &Invalid) -> Map<String, Value> {
    let mut facts = Map::new();
    facts.insert("field".into(), invalid.field.as_str().into());
    if let Some(line) = invalid.line {
        facts.insert("line".into(), line.into());
    }
    facts
}

fn facts_of_rejection(rejection: &Rejection, position: u64) -> Map<String, Value> {
    let mut facts = match serde_json::to_value(rejection) {
        Ok(Value::Object(facts)) => facts,
        Ok(_) | Err(_) => Map::new(),
    };
    if position > 0 {
        facts.insert("decided_at_position".into(), position.into());
    }
    facts
}

fn facts_of_trouble(trouble: &Trouble) -> Map<String, Value> {
    let pairs: Vec<(&str, Value)> = match trouble {
        Trouble::KeyReused { id, field, height } => vec![
            ("id", id.as_str().into()),
            ("field", field.as_str().into()),
            ("height", (*height).into()),
        ],
        Trouble::Overloaded { retry_after_ms } => {
            vec![("retry_after_ms", (*retry_after_ms).into()), ("outcome", "not_booked".into())]
        }
        Trouble::Unavailable { .. } | Trouble::Halted { .. } => {
            vec![("outcome", "not_booked".into())]
        }
        Trouble::OutcomeUnknown { .. } => vec![("outcome", "unknown".into())],
        Trouble::PositionNotReached { position, min_position } => {
            vec![("position", (*position).into()), ("min_position", (*min_position).into())]
        }
        Trouble::BatchInvalid { invalid } => vec![("invalid", items(invalid))],
        Trouble::FileUnreadable { complaints, count } => vec![
            ("complaints", serde_json::to_value(complaints).unwrap_or_default()),
            ("complaints_count", (*count).into()),
        ],
        Trouble::Gone { oldest } => vec![("oldest", (*oldest).into())],
        Trouble::TooManySubscribers { subscribers_max } => {
            vec![("subscribers_max", (*subscribers_max).into())]
        }
        Trouble::BodyTooLarge { bytes_max } => vec![("bytes_max", (*bytes_max).into())],
        Trouble::NotFound { .. }
        | Trouble::MethodNotAllowed { .. }
        | Trouble::RequestTimeout { .. }
        | Trouble::MediaType { .. } => Vec::new(),
    };
    pairs.into_iter().map(|(name, fact)| (name.to_owned(), fact)).collect()
}

/// Most unreadable items that one answer lists.
const ITEMS_LISTED_MAX: usize = 100;

fn items(invalid: &[(u64, Invalid)]) -> Value {
    let listed = invalid.iter().take(ITEMS_LISTED_MAX).map(|(index, it)| {
        serde_json::json!({
            "index": index, "line": it.line, "code": it.code, "field": it.field,
            "detail": in_sentence(it),
        })
    });
    Value::Array(listed.collect())
}

/// After which a seat may be free.
const SEAT_SECONDS: u64 = 5;

fn retry_after_seconds(no: No<'_>) -> Option<u64> {
    match no {
        No::Trouble(Trouble::Overloaded { retry_after_ms }) => {
            Some(retry_after_ms.div_ceil(1000).max(1))
        }
        No::Trouble(Trouble::Unavailable { .. } | Trouble::OutcomeUnknown { .. }) => Some(1),
        No::Trouble(Trouble::TooManySubscribers { .. }) => Some(SEAT_SECONDS),
        No::Trouble(_) | No::Invalid(_) | No::Rejected { .. } => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_kept_any_more_says_where_to_go_on() {
        let gone = problem(No::Trouble(&Trouble::Gone { oldest: 7 }));
        assert_eq!((gone.status(), &gone.body["code"]), (410, &"gone".into()));
        assert_eq!(gone.body["oldest"], 7);
    }
}
