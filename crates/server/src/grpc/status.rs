//! A no as a status of gRPC, with all that was said of it as details.

use std::collections::HashMap;
use std::time::Duration;

use bytes::Bytes;
use onhand_proto::v1;
use onhand_wire::{
    Invalid, No, Problem, Trouble, facts, grpc_code, problem, problem_message, retry_after_ms,
};
use prost::Message;
use prost_types::Any;
use serde_json::Value;
use tonic::{Code, Status};
use tonic_types::pb;

/// Who gives the codes their meaning.
const DOMAIN: &str = "onhand";
/// Longest text of one fact: all details travel in one header.
const FACT_BYTES_MAX: usize = 512;
/// Largest details; what is larger is told without facts.
const DETAILS_BYTES_MAX: usize = 4 << 10;

/// The problem as a status whose details are `ErrorInfo`, `BadRequest`, `RetryInfo` and `Problem`.
pub(super) fn of_problem(problem: &Problem) -> Status {
    with_code(Code::from_i32(grpc_code(problem.page) as i32), problem)
}

/// The deadline came before the answer. Code and message stand in the details too, since some
/// libraries compare them.
pub(super) fn late(message: &str) -> Status {
    let unknown = Trouble::OutcomeUnknown { message: message.to_owned() };
    with_code(Code::DeadlineExceeded, &problem(No::Trouble(&unknown)))
}

fn with_code(code: Code, problem: &Problem) -> Status {
    let told = problem_message(problem);
    let mut details = details(code, problem, &told, true);
    if details.len() > DETAILS_BYTES_MAX {
        details = self::details(code, problem, &told, false);
    }
    Status::with_details(code, told.detail, details)
}

pub(super) fn of_invalid(invalid: &Invalid) -> Status {
    of_problem(&problem(No::Invalid(invalid)))
}

pub(super) fn of_trouble(trouble: &Trouble) -> Status {
    of_problem(&problem(No::Trouble(trouble)))
}

fn details(code: Code, problem: &Problem, told: &v1::Problem, with_facts: bool) -> Bytes {
    let mut told = told.clone();
    let mut details = vec![error_info(problem, with_facts)];
    if !told.field.is_empty() {
        details.push(field_violation(&told));
    }
    if told.retryable {
        details.push(retry_info(retry_after_ms(problem)));
    }
    if !with_facts {
        told.facts_json.clear();
    }
    details.push(any("onhand.v1.Problem", &told));
    let message = told.detail;
    pb::Status { code: code as i32, message, details }.encode_to_vec().into()
}

fn error_info(problem: &Problem, with_facts: bool) -> Any {
    let mut metadata = HashMap::new();
    if with_facts {
        for (name, fact) in facts(problem) {
            let text = match fact {
                Value::String(text) => text,
                other => other.to_string(),
            };
            if text.len() <= FACT_BYTES_MAX {
                metadata.insert(name, text);
            }
        }
    }
    let (reason, domain) = (problem.page.code.to_owned(), DOMAIN.to_owned());
    any("google.rpc.ErrorInfo", &pb::ErrorInfo { reason, domain, metadata })
}

fn field_violation(told: &v1::Problem) -> Any {
    let violation = pb::bad_request::FieldViolation {
        field: told.field.clone(),
        description: told.detail.clone(),
        reason: told.code.clone(),
        ..Default::default()
    };
    any("google.rpc.BadRequest", &pb::BadRequest { field_violations: vec![violation] })
}

fn retry_info(after_ms: u64) -> Any {
    let delay = Duration::from_millis(after_ms);
    let retry_delay = prost_types::Duration::try_from(delay).ok();
    any("google.rpc.RetryInfo", &pb::RetryInfo { retry_delay })
}

fn any(name: &str, message: &impl Message) -> Any {
    let type_url = format!("type.googleapis.com/{name}");
    Any { type_url, value: message.encode_to_vec() }
}
