//! One append: a publish with an expected last sequence, and what its answer means.

use super::link::Link;
use super::stream;
use crate::block::Block;
use crate::fault::{AppendError, Fault};
use async_nats::{HeaderMap, Request, RequestError, RequestErrorKind};
use serde::Deserialize;

/// Publishes the block at the height it was sealed for.
pub(super) fn append(
    link: &Link,
    stream: &str,
    subject: &str,
    block: &Block,
) -> Result<(), AppendError> {
    // Refused here, a block cannot wait in the client's queue and be stored after a reconnect.
    if !link.connected() {
        let reason = "the connection to the NATS server is down".to_string();
        return Err(AppendError::NotStored(Fault::Unavailable(reason)));
    }
    let mut headers = HeaderMap::new();
    headers.insert("Nats-Expected-Stream", stream);
    headers.insert("Nats-Expected-Last-Sequence", (block.height - 1).to_string());
    let request = Request::new().headers(headers).payload(block.bytes.clone());
    match link.request(subject, request).map_err(AppendError::NotStored)? {
        Ok(answer) => read_answer(&answer, stream, block),
        Err(error) => Err(read_refusal(link, &error, stream, block)),
    }
}

/// An election ends by itself; a stream that is gone does not come back.
fn why_nobody_answered(link: &Link, stream: &str) -> Fault {
    match stream::info(link, stream) {
        Ok(None) => Fault::Missing(format!("the stream {stream} is gone")),
        Ok(Some(_)) | Err(_) => Fault::Unavailable(format!("the stream {stream} has no leader")),
    }
}

fn read_refusal(link: &Link, error: &RequestError, stream: &str, block: &Block) -> AppendError {
    match error.kind() {
        RequestErrorKind::NoResponders => AppendError::NotStored(why_nobody_answered(link, stream)),
        RequestErrorKind::MaxPayloadExceeded => AppendError::NotStored(Fault::TooLarge {
            bytes: block.bytes.len(),
            bytes_max: link.client().max_payload(),
        }),
        RequestErrorKind::InvalidSubject => AppendError::NotStored(Fault::Gate(error.to_string())),
        RequestErrorKind::TimedOut | RequestErrorKind::Other => {
            AppendError::Unknown(error.to_string())
        }
    }
}

#[derive(Deserialize)]
struct Answer {
    #[serde(default)]
    stream: String,
    #[serde(default)]
    seq: u64,
    #[serde(default)]
    duplicate: bool,
    error: Option<ApiError>,
}

#[derive(Deserialize)]
struct ApiError {
    #[serde(default)]
    err_code: u64,
    #[serde(default)]
    description: String,
}

/// Only the acknowledgement of this very height of this very stream says that the block is durable.
fn read_answer(bytes: &[u8], stream: &str, block: &Block) -> Result<(), AppendError> {
    let answer: Answer = match serde_json::from_slice(bytes) {
        Ok(answer) => answer,
        Err(error) => return Err(AppendError::Unknown(format!("an unreadable answer: {error}"))),
    };
    if let Some(error) = answer.error {
        return Err(read_error(&error, block));
    }
    if answer.duplicate {
        return Err(AppendError::Unknown("the server calls the block a duplicate".to_string()));
    }
    if answer.stream != stream || answer.seq != block.height {
        return Err(AppendError::Unknown(format!(
            "expected an acknowledgement of {stream} {}, found {} {}",
            block.height, answer.stream, answer.seq
        )));
    }
    Ok(())
}

/// What an error of the server means for the block. What is not known to be definite is unknown.
fn read_error(error: &ApiError, block: &Block) -> AppendError {
    let text = format!("{} ({})", error.description, error.err_code);
    match error.err_code {
        10071 => match last_sequence(&error.description) {
            Some(last) => AppendError::WrongHeight { last },
            None => AppendError::Unknown(text),
        },
        // Expected stream does not match: the subject leads somewhere else.
        10060 => AppendError::NotStored(Fault::Gate(format!(
            "the subject of this shard belongs to another stream: {text}"
        ))),
        // Message size exceeds the stream's maximum.
        10054 => AppendError::NotStored(Fault::TooLarge {
            bytes: block.bytes.len(),
            bytes_max: crate::BLOCK_BYTES_MAX,
        }),
        // Insufficient resources, insufficient storage.
        10023 | 10047 => AppendError::NotStored(Fault::Full(text)),
        // The store refused: a limit is definite, anything else is not.
        10077 if error.description.contains("maximum") => AppendError::NotStored(Fault::Full(text)),
        _ => AppendError::Unknown(text),
    }
}

/// The number in "wrong last sequence: 41".
fn last_sequence(description: &str) -> Option<u64> {
    description.rsplit_once(": ")?.1.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::block::{Identity, genesis};
    use uuid::Uuid;

    /// What the answer to the append of height 1 means.
    fn verdict(answer: &str) -> String {
        let block = genesis(&Identity { installation: Uuid::nil(), shard: 0 }, 1, 0);
        match read_answer(answer.as_bytes(), "S", &block) {
            Ok(()) => "stored".to_string(),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn only_the_exact_acknowledgement_counts() {
        assert_eq!(verdict(r#"{"stream":"S","seq":1}"#), "stored");
        assert_eq!(verdict(r#"{"stream":"S","seq":1,"domain":"onhand"}"#), "stored");
        assert!(verdict(r#"{"stream":"S","seq":2}"#).starts_with("outcome unknown"));
        assert!(verdict(r#"{"stream":"T","seq":1}"#).starts_with("outcome unknown"));
        assert!(verdict(r#"{"stream":"S","seq":1,"duplicate":true}"#).contains("duplicate"));
        assert!(verdict("-ERR").starts_with("outcome unknown"));
    }

    #[test]
    fn errors_are_definite_only_if_nothing_can_be_stored() {
        let error = |code: u64, text: &str| {
            verdict(&format!(
                r#"{{"error":{{"code":400,"err_code":{code},"description":"{text}"}},"stream":"S","seq":0}}"#
            ))
        };
        assert_eq!(
            error(10071, "wrong last sequence: 41"),
            "not the next height: the journal's last height is 41"
        );
        assert!(error(10060, "expected stream does not match").starts_with("not stored"));
        assert!(error(10047, "insufficient storage").starts_with("not stored"));
        assert!(error(10077, "maximum bytes exceeded").starts_with("not stored"));
        assert!(error(10077, "error opening msg block file").starts_with("outcome unknown"));
        assert!(error(10164, "wrong last sequence").starts_with("outcome unknown"));
        assert!(error(0, "?").starts_with("outcome unknown"));
    }
}
