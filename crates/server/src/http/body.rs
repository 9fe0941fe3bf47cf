//! Reading a request's body within its bounds of size, time and type.

use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, header};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use onhand_wire::{Format, Trouble};

use crate::config::Config;

/// What a body says it is.
///
/// A type is demanded, not guessed: a web page of somebody else cannot make a browser send JSON
/// here without being asked first.
///
/// # Errors
/// `unsupported_media_type`.
pub(crate) fn format(headers: &HeaderMap) -> Result<Format, Trouble> {
    let value = headers.get(header::CONTENT_TYPE).and_then(|it| it.to_str().ok()).unwrap_or("");
    let kind = value.split(';').next().unwrap_or("").trim().to_ascii_lowercase();
    match kind.as_str() {
        "application/json" => Ok(Format::Json),
        "application/x-ndjson" | "application/jsonl" | "application/json-lines" => {
            Ok(Format::Ndjson)
        }
        _ => Err(Trouble::MediaType { found: kind.chars().take(80).collect() }),
    }
}

/// The whole body.
///
/// # Errors
/// `body_too_large`, `request_timeout`, or a connection that ended.
pub(crate) async fn read(config: &Config, body: Body) -> Result<Bytes, Trouble> {
    let bytes_max = config.http_body_bytes_max;
    let limited = Limited::new(body, bytes_max as usize).collect();
    let patience = Duration::from_millis(config.http_body_ms_max);
    match tokio::time::timeout(patience, limited).await {
        Err(_) => Err(Trouble::RequestTimeout { seconds: patience.as_secs().max(1) }),
        Ok(Ok(collected)) => Ok(collected.to_bytes()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => {
            Err(Trouble::BodyTooLarge { bytes_max })
        }
        Ok(Err(error)) => {
            Err(Trouble::Unavailable { message: format!("the body broke off: {error}") })
        }
    }
}
