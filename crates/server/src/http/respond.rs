//! From values to responses: JSON, or a problem as RFC 9457 has it.

use axum::body::Body;
use axum::http::{HeaderValue, Response, StatusCode, header};
use axum::response::IntoResponse;
use onhand_wire::{Invalid, No, Problem, Trouble, problem};
use serde::Serialize;

/// A request that ends in a no.
pub(crate) struct Refused(pub Problem);

impl From<Invalid> for Refused {
    fn from(invalid: Invalid) -> Refused {
        Refused(problem(No::Invalid(&invalid)))
    }
}

impl From<Trouble> for Refused {
    fn from(trouble: Trouble) -> Refused {
        Refused(problem(No::Trouble(&trouble)))
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response<Body> {
        problem_response(&self.0)
    }
}

/// `body` as JSON.
pub(crate) fn json(status: u16, body: &impl Serialize) -> Response<Body> {
    match serde_json::to_vec(body) {
        Ok(bytes) => bytes_response(status, "application/json", bytes),
        Err(error) => {
            let message = format!("the answer cannot be written as JSON: {error}");
            problem_response(&problem(No::Trouble(&Trouble::Unavailable { message })))
        }
    }
}

pub(crate) fn problem_response(problem: &Problem) -> Response<Body> {
    let body = problem.body.to_string().into_bytes();
    let mut response = bytes_response(problem.status(), "application/problem+json", body);
    if let Some(seconds) = problem.retry_after_seconds {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}

pub(crate) fn bytes_response(status: u16, kind: &'static str, bytes: Vec<u8>) -> Response<Body> {
    let mut response = Response::new(Body::from(bytes));
    *response.status_mut() =
        StatusCode::from_u16(status).unwrap_or(StatusCode::SERVICE_UNAVAILABLE);
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    // What a ledger says is true for one moment.
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
