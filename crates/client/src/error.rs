//! Why there is no answer, or another one than was hoped for.

use onhand_proto::v1;
use prost::Message;
use serde_json::{Map, Value};
use tonic::{Code, Status};
use tonic_types::pb;

/// A no of the server, as of `docs/errors.md`.
#[derive(Clone, Debug, PartialEq)]
pub struct Refusal {
    /// Such as `insufficient_stock`.
    pub code: String,
    /// A sentence for people.
    pub detail: String,
    /// The field that is wrong; empty if none is.
    pub field: String,
    /// What decided, by the names of the API.
    pub facts: Value,
    /// Whether the same may succeed later unchanged.
    pub retryable: bool,
    /// Milliseconds to wait before that; 0 if that is not known.
    pub retry_after_ms: u64,
}

/// A call that did not come to what was asked for.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Error {
    /// Nothing was booked, and the same again will not be either.
    #[error("{}: {}", .0.code, .0.detail)]
    Refused(Refusal),
    /// Nothing was booked; it may be later.
    #[error("not booked, and may be later: {message}")]
    Unavailable { message: String },
    /// It may be booked or not: only the same again, with the same key, finds out.
    #[error("it is not known whether it is booked: {message}")]
    OutcomeUnknown { message: String },
    #[error("the address of the server cannot be read: {message}")]
    Address { message: String },
}

impl From<v1::Problem> for Refusal {
    fn from(told: v1::Problem) -> Refusal {
        let none = || Value::Object(Map::new());
        Refusal {
            facts: serde_json::from_str(&told.facts_json).unwrap_or_else(|_| none()),
            code: told.code,
            detail: told.detail,
            field: told.field,
            retryable: told.retryable,
            retry_after_ms: told.retry_after_ms,
        }
    }
}

impl Refusal {
    /// What a status carries. None: it is not the server's word, but a connection's end.
    pub fn of(status: &Status) -> Option<Refusal> {
        let told = pb::Status::decode(status.details()).ok()?;
        let mut details = told.details.iter();
        let problem = details.find(|it| it.type_url.ends_with("/onhand.v1.Problem"))?;
        v1::Problem::decode(problem.value.as_slice()).ok().map(Refusal::from)
    }

    pub(crate) fn is_unknown(&self) -> bool {
        self.code == "outcome_unknown"
    }
}

/// What one attempt came to, if not to an answer.
#[derive(Clone, Debug)]
pub(crate) enum Failed {
    /// For good.
    Refused(Refusal),
    /// Certainly not booked; the same may be later.
    NotNow(Refusal),
    /// Booked or not.
    Unknown { message: String },
}

impl Failed {
    pub fn of_refusal(refusal: Refusal) -> Failed {
        match () {
            () if refusal.is_unknown() => Failed::Unknown { message: refusal.detail },
            () if refusal.retryable => Failed::NotNow(refusal),
            () => Failed::Refused(refusal),
        }
    }

    pub fn of_status(status: &Status) -> Failed {
        if let Some(refusal) = Refusal::of(status) {
            return Failed::of_refusal(refusal);
        }
        let message = format!("{}: {}", status.code(), status.message());
        match status.code() {
            // The server does not know the call, or refuses the message before it reads it.
            Code::Unimplemented | Code::InvalidArgument | Code::OutOfRange => {
                Failed::Refused(Refusal {
                    code: "invalid_call".to_owned(),
                    detail: message,
                    field: String::new(),
                    facts: Value::Object(Map::new()),
                    retryable: false,
                    retry_after_ms: 0,
                })
            }
            _ => Failed::Unknown { message },
        }
    }

    /// What it comes to when there is no more time. `unknown`: some attempt may have been booked.
    pub fn at_last(self, unknown: bool) -> Error {
        match self {
            Failed::Refused(refusal) => Error::Refused(refusal),
            Failed::Unknown { message } => Error::OutcomeUnknown { message },
            Failed::NotNow(refusal) if unknown => Error::OutcomeUnknown { message: refusal.detail },
            Failed::NotNow(refusal) => Error::Unavailable { message: refusal.detail },
        }
    }
}
