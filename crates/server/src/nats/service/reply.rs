//! Answers as messages: the body as over HTTP, the rest in headers.

use async_nats::HeaderMap;
use axum::http::header;
use axum::response::Response;
use bytes::Bytes;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use onhand_wire::{Invalid, No, Problem, Trouble, problem};

use super::{Call, Desk};
use crate::http::commands::Told;

/// How the micro protocol tells a no: a code of ours, and the status as over HTTP.
const SERVICE_ERROR: &str = "Nats-Service-Error";
const SERVICE_ERROR_CODE: &str = "Nats-Service-Error-Code";

/// Largest answer, whatever the NATS server would let through.
const ANSWER_BYTES_MAX: usize = 32 << 20;

impl Desk {
    /// Answers a command.
    pub(super) async fn answer(&self, call: &Call, told: Told) {
        let Told { status, body, replayed, no } = told;
        let mut headers = self.headers(status);
        if replayed {
            headers.insert("Idempotency-Replayed", "true");
        }
        if let Some(problem) = &no {
            self.mark(&mut headers, call, problem.page.code, status);
            if let Some(seconds) = problem.retry_after_seconds {
                headers.insert("Retry-After", seconds.to_string());
            }
        }
        self.send(call, Bytes::from(body), headers).await;
    }

    /// Answers with a response of the HTTP door.
    pub(super) async fn pass_on(&self, call: &Call, response: Response) {
        let (parts, body) = response.into_parts();
        let status = parts.status.as_u16();
        let mut headers = self.headers(status);
        for (name, known) in [
            ("Content-Type", header::CONTENT_TYPE),
            ("Retry-After", header::RETRY_AFTER),
            ("Content-Disposition", header::CONTENT_DISPOSITION),
        ] {
            if let Some(value) = parts.headers.get(known).and_then(|it| it.to_str().ok()) {
                headers.insert(name, value);
            }
        }
        let bytes_max = match self.client.max_payload() {
            0 => ANSWER_BYTES_MAX,
            told => told.min(ANSWER_BYTES_MAX),
        };
        let body = match Limited::new(body, bytes_max).collect().await {
            Ok(collected) => collected.to_bytes(),
            Err(error) if error.is::<LengthLimitError>() => {
                return self.answer(call, Told::no(too_long(bytes_max))).await;
            }
            Err(error) => {
                let message = format!("the answer broke off: {error}");
                let problem = problem(No::Trouble(&Trouble::Unavailable { message }));
                return self.answer(call, Told::no(problem)).await;
            }
        };
        if !parts.status.is_success() {
            let code = code_in(&body).unwrap_or_else(|| "refused".to_owned());
            self.mark(&mut headers, call, &code, status);
        }
        self.send(call, body, headers).await;
    }

    fn headers(&self, status: u16) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert("Onhand-Status", status.to_string());
        if self.relaxed {
            headers.insert("Onhand-Durability", "relaxed");
        }
        headers
    }

    fn mark(&self, headers: &mut HeaderMap, call: &Call, code: &str, status: u16) {
        headers.insert(SERVICE_ERROR, code);
        headers.insert(SERVICE_ERROR_CODE, status.to_string());
        if let Some(endpoint) = call.endpoint {
            self.endpoints.all[endpoint].note_error(code, status);
        }
    }

    async fn send(&self, call: &Call, body: Bytes, headers: HeaderMap) {
        if let Some(endpoint) = call.endpoint {
            self.endpoints.all[endpoint].note(call.begun.elapsed());
        }
        let name = call.endpoint.map_or("other", |it| self.endpoints.all[it].name);
        let status = headers.get("Onhand-Status").and_then(|it| it.as_str().parse().ok());
        self.rooms.metrics.nats.answered(name, status.unwrap_or_default());
        let reply = call.reply.clone();
        if let Err(error) = self.client.publish_with_headers(reply, headers, body).await {
            tracing::debug!(%error, "an answer could not be sent");
        }
    }
}

fn code_in(body: &[u8]) -> Option<String> {
    let problem: serde_json::Value = serde_json::from_slice(body).ok()?;
    Some(problem.get("code")?.as_str()?.to_owned())
}

fn too_long(bytes_max: usize) -> Problem {
    let message = format!(
        "makes an answer of more than the {bytes_max} bytes that the NATS server lets through \
         (max_payload); ask for fewer rows, or leave out the entries"
    );
    problem(No::Invalid(&Invalid::new("invalid_field", "limit", message)))
}
