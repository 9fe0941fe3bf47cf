//! JSON bodies and status codes: the only crate that knows how commands and answers look outside.
//!
//! A body is one flat object: the envelope's fields beside the command's own. It is read once,
//! into the types of `core`; what cannot be read is an [`Invalid`] that names the field and the
//! remedy. Every no, whoever says it, becomes a [`Problem`] by one exhaustive map.

mod answer;
mod batch;
mod cloud_event;
mod command;
mod grpc;
mod invalid;
mod key;
mod line;
mod pages;
mod print;
mod problem;
mod read;
mod request;
mod sentence;
pub mod token;

pub use answer::{Answer, Would, answer};
pub use batch::{COMMANDS_MAX, Format, batch};
pub use cloud_event::{CLOUD_EVENT, CLOUD_EVENTS, CloudEvent};

pub use grpc::{
    GrpcCode, facts, grpc_code, ledger_of, problem_message, request_of_call, request_of_item,
    retry_after_ms, timestamp,
};
pub use invalid::Invalid;
pub use key::idempotency_key;
pub use line::claim_line;
pub use pages::{PAGES, Page, page};
pub use print::{differing_field, request_print};
pub use problem::{Complaint, No, Problem, Trouble, problem};
pub use read::read_json;
pub use request::{EnvelopeExtra, body, build, request};
