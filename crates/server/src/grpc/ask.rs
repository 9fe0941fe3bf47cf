//! Any question that HTTP has an address for, answered by the very code that answers it there.

use axum::Router;
use axum::body::Body;
use axum::http::{Request, Response, header};
use http_body_util::{BodyExt, Limited};
use onhand_proto::v1;
use onhand_wire::{Invalid, Problem, Trouble, ledger_of, page};
use serde_json::Value;
use tonic::Status;
use tower::ServiceExt;

use super::status::{of_invalid, of_problem, of_trouble};

/// Largest answer.
const ANSWER_BYTES_MAX: usize = 32 << 20;

/// # Errors
/// What HTTP would refuse, and whatever is no question with an answer in JSON.
pub(super) async fn ask(http: &Router, asked: v1::AskRequest) -> Result<v1::AskResponse, Status> {
    let ledger = ledger_of(&asked.ledger).map_err(|it| of_invalid(&it))?;
    if asked.question.is_empty() {
        let message = "is missing; name an address behind the ledger's, such as timeline/MUG";
        return Err(of_invalid(&Invalid::new("missing_field", "question", message)));
    }
    let mut address = format!("/v1/{ledger}/");
    encode(&mut address, &asked.question, b"/%");
    for (index, (name, value)) in asked.parameters.iter().enumerate() {
        address.push(if index == 0 { '?' } else { '&' });
        encode(&mut address, name, b"");
        address.push('=');
        encode(&mut address, value, b"");
    }
    let request = Request::get(&address).body(Body::empty());
    let request = request.map_err(|_| {
        of_invalid(&Invalid::new("invalid_field", "question", "cannot be an address"))
    })?;
    let response = http.clone().oneshot(request).await;
    let Ok(response) = response;
    told(response).await
}

async fn told(response: Response<Body>) -> Result<v1::AskResponse, Status> {
    let (status, headers) = (response.status(), response.headers().clone());
    let kind = headers.get(header::CONTENT_TYPE).and_then(|it| it.to_str().ok()).unwrap_or("");
    if !kind.contains("json") {
        let message = "is answered in another form than JSON; ask it over HTTP";
        return Err(of_invalid(&Invalid::new("invalid_field", "question", message)));
    }
    let retry_after_seconds = headers.get(header::RETRY_AFTER);
    let retry_after_seconds =
        retry_after_seconds.and_then(|it| it.to_str().ok()).and_then(|it| it.parse().ok());
    let body = Limited::new(response.into_body(), ANSWER_BYTES_MAX).collect().await;
    let body = body.map_err(|error| unavailable(&error.to_string()))?.to_bytes();
    if status.is_success() {
        let json = String::from_utf8(body.to_vec());
        let json = json.map_err(|error| unavailable(&error.to_string()))?;
        return Ok(v1::AskResponse { json });
    }
    let body: Value = serde_json::from_slice(&body).unwrap_or_default();
    match body["code"].as_str().and_then(page) {
        Some(page) => Err(of_problem(&Problem { page, body, retry_after_seconds })),
        None => Err(unavailable("the refusal cannot be read")),
    }
}

fn unavailable(message: &str) -> Status {
    of_trouble(&Trouble::Unavailable { message: message.to_owned() })
}

/// As in an address: letters, digits and `-_.~` as they are, and so what is in `kept`.
fn encode(address: &mut String, text: &str, kept: &[u8]) {
    for byte in text.bytes() {
        let plain = byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte);
        match plain || kept.contains(&byte) {
            true => address.push(char::from(byte)),
            false => address.push_str(&format!("%{byte:02X}")),
        }
    }
}
