//! A no and a moment as messages.

use onhand_core::Time;
use onhand_proto::v1;
use prost_types::Timestamp;
use serde_json::{Map, Value};

use crate::Problem;

/// What stands in fields of its own, or with the page.
const NOT_FACTS: [&str; 6] = ["type", "title", "status", "detail", "code", "retryable"];

/// The problem as a message.
pub fn problem_message(problem: &Problem) -> v1::Problem {
    let text = |name: &str| problem.body[name].as_str().unwrap_or_default().to_owned();
    let facts = facts(problem);
    let facts_json = match facts.is_empty() {
        true => String::new(),
        false => serde_json::to_string(&facts).unwrap_or_default(),
    };
    v1::Problem {
        code: problem.page.code.to_owned(),
        detail: text("detail"),
        field: text("field"),
        retryable: problem.page.retryable,
        retry_after_ms: retry_after_ms(problem),
        facts_json,
        status: u32::from(problem.status()),
    }
}

/// Milliseconds after which to try again; 0 if that is not known.
pub fn retry_after_ms(problem: &Problem) -> u64 {
    let told = problem.body["retry_after_ms"].as_u64();
    told.unwrap_or_else(|| problem.retry_after_seconds.unwrap_or(0) * 1_000)
}

/// The facts that decided.
pub fn facts(problem: &Problem) -> Map<String, Value> {
    let Value::Object(body) = &problem.body else { return Map::new() };
    let facts = body.iter().filter(|(name, _)| !NOT_FACTS.contains(&name.as_str()));
    facts.map(|(name, fact)| (name.clone(), fact.clone())).collect()
}

/// A moment as a message.
pub fn timestamp(time: Time) -> Timestamp {
    let us = time.as_us();
    let nanos = (us % 1_000_000) as i32 * 1_000;
    Timestamp { seconds: (us / 1_000_000) as i64, nanos }
}
