//! Questions: the reads of the HTTP door under subjects, their parameters in the body.

use async_nats::Message;
use axum::body::Body;
use axum::http::{Method, Request, StatusCode};
use axum::response::{IntoResponse, Response};
use onhand_wire::{Invalid, Trouble};
use serde_json::{Map, Value};
use tower::ServiceExt;

use super::Desk;
use super::request::decoded;
use crate::http::respond::Refused;

impl Desk {
    /// `qry.<ledger>.<question>`: `/v1/<ledger>/<question>`, token by segment.
    pub(super) async fn question(&self, message: &Message) -> Response {
        let prefix = &self.rooms.node.config().nats_subject_prefix;
        let uri = match uri(prefix, &message.subject, &message.payload) {
            Ok(uri) => uri,
            Err(invalid) => return Refused::from(invalid).into_response(),
        };
        let request = Request::builder().method(Method::GET).uri(uri).body(Body::empty());
        let Ok(request) = request else {
            let message = "the subject makes no address".to_owned();
            return Refused::from(Trouble::NotFound { message }).into_response();
        };
        // The router never fails: it answers.
        match self.router.clone().oneshot(request).await {
            Ok(response) if response.status() == StatusCode::METHOD_NOT_ALLOWED => {
                let message = "there is no question of this name; commands go to cmd.".to_owned();
                Refused::from(Trouble::NotFound { message }).into_response()
            }
            Ok(response) => response,
            Err(never) => match never {},
        }
    }
}

/// The address of what is asked for.
///
/// # Errors
/// A token that stands for no text, or a body that is no object of parameters.
fn uri(prefix: &str, subject: &str, payload: &[u8]) -> Result<String, Invalid> {
    let rest = subject.strip_prefix(prefix).unwrap_or(subject);
    let tokens: Vec<&str> = rest.split('.').skip(1).collect();
    let mut uri = match tokens[..] {
        ["meta", contract @ ("openapi" | "asyncapi")] => format!("/{contract}.json"),
        ["meta", "ledgers"] => "/v1/ledgers".to_owned(),
        _ => {
            let mut path = "/v1".to_owned();
            for (place, token) in tokens.iter().enumerate() {
                let field = if place == 0 { "ledger" } else { "question" };
                path.push('/');
                escape(&decoded(field, token)?, &mut path);
            }
            path
        }
    };
    for (place, (name, value)) in parameters(payload)?.into_iter().enumerate() {
        uri.push(if place == 0 { '?' } else { '&' });
        escape(&name, &mut uri);
        uri.push('=');
        escape(&value, &mut uri);
    }
    Ok(uri)
}

/// `{"channel":"eu","sku":["A","B"]}`; an empty body has none.
fn parameters(payload: &[u8]) -> Result<Vec<(String, String)>, Invalid> {
    if payload.trim_ascii().is_empty() {
        return Ok(Vec::new());
    }
    let object: Map<String, Value> =
        serde_json::from_slice(payload).map_err(|error| match error.is_data() {
            true => Invalid::new("invalid_field", "", "must be an object of parameters"),
            false => Invalid::not_json(&error),
        })?;
    let mut pairs = Vec::new();
    for (name, value) in object {
        let values = match value {
            Value::Array(values) => values,
            value => vec![value],
        };
        for value in values {
            let text = match value {
                Value::String(text) => text,
                Value::Number(_) | Value::Bool(_) => value.to_string(),
                Value::Null | Value::Array(_) | Value::Object(_) => {
                    let message = "must be a text, a number, true or false, or an array of these";
                    return Err(Invalid::new("invalid_field", &name, message));
                }
            };
            pairs.push((name.clone(), text));
        }
    }
    Ok(pairs)
}

/// Percent-encodes all but letters, digits, `-` and `_`.
fn escape(text: &str, into: &mut String) {
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' => into.push(byte.into()),
            _ => into.push_str(&format!("%{byte:02X}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(subject: &str, payload: &str, expected: &str) {
        let told = uri("onhand.", subject, payload.as_bytes());
        assert_eq!(told.unwrap_or_else(|it| format!("{} {}", it.field, it.code)), expected);
    }

    #[test]
    fn a_subject_is_an_address() {
        check("onhand.qry.acme.stock.W", "", "/v1/acme/stock/W");
        check("onhand.qry.a=2Eb.stock.W=2F1", "", "/v1/a%2Eb/stock/W%2F1");
        let two = r#"{"channel":"eu","sku":["A","B&C"],"limit":5}"#;
        let address = "/v1/acme/availability?channel=eu&limit=5&sku=A&sku=B%26C";
        check("onhand.qry.acme.availability", two, address);
        check("onhand.qry.meta.asyncapi", "", "/asyncapi.json");
        check("onhand.qry.meta.ledgers", " ", "/v1/ledgers");
        check("onhand.qry.*.stock", "", "ledger invalid_field");
        check("onhand.qry.acme.stock", "[1]", " invalid_field");
        check("onhand.qry.acme.stock", "{", " not_json");
        check("onhand.qry.acme.stock", r#"{"sku":{}}"#, "sku invalid_field");
    }
}
