//! What all services stand on: the rooms of the server, and each call's own bounds.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use onhand_core::TraceParent;
use tonic::Status;
use tonic::metadata::MetadataMap;

use super::status::late;
use crate::http::Rooms;

/// Longest wait for an answer if the caller does not say.
const PATIENCE_MAX: Duration = Duration::from_secs(600);

#[derive(Clone)]
pub(super) struct Door {
    pub rooms: Arc<Rooms>,
    /// What answers questions over HTTP.
    pub http: Router,
}

/// What a call says beside its message.
#[derive(Clone)]
pub(super) struct Call {
    pub trace: Option<TraceParent>,
    /// What the caller said; some that say nothing may wait for long.
    deadline: Option<Duration>,
}

impl Call {
    pub fn of(metadata: &MetadataMap) -> Call {
        let text = |name| metadata.get(name).and_then(|it| it.to_str().ok());
        let trace = text("traceparent").and_then(TraceParent::parse);
        Call { trace, deadline: text("grpc-timeout").and_then(timeout) }
    }

    /// The answer to something that may be booked, unless the caller's deadline comes first.
    ///
    /// # Errors
    /// `DEADLINE_EXCEEDED`: it may be booked or not.
    pub async fn within<T>(&self, work: impl Future<Output = T>) -> Result<T, Status> {
        let patience = self.deadline.unwrap_or(PATIENCE_MAX).min(PATIENCE_MAX);
        tokio::time::timeout(patience, work).await.map_err(|_| late(LATE))
    }

    /// As [`Call::within`], of a stream: it may be open as long as its caller likes.
    ///
    /// # Errors
    /// As there.
    pub async fn stream_within<T>(&self, work: impl Future<Output = T>) -> Result<T, Status> {
        match self.deadline {
            Some(deadline) => tokio::time::timeout(deadline, work).await.map_err(|_| late(LATE)),
            None => Ok(work.await),
        }
    }
}

const LATE: &str = "the deadline came before the answer: it may be booked or not; send the same \
                    again with the same id to find out";

/// The value of `grpc-timeout`: at most eight digits and a unit.
fn timeout(text: &str) -> Option<Duration> {
    let (digits, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    let number: u64 = digits.parse().ok().filter(|_| digits.len() <= 8)?;
    Some(match unit {
        "H" => Duration::from_secs(number * 3_600),
        "M" => Duration::from_secs(number * 60),
        "S" => Duration::from_secs(number),
        "m" => Duration::from_millis(number),
        "u" => Duration::from_micros(number),
        "n" => Duration::from_nanos(number),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_timeout_has_a_unit() {
        assert_eq!(timeout("100m"), Some(Duration::from_millis(100)));
        assert_eq!(timeout("2S"), Some(Duration::from_secs(2)));
        assert_eq!(timeout("1H"), Some(Duration::from_secs(3_600)));
        for wrong in ["", "S", "1", "1x", "123456789S", "-1S", "é"] {
            assert_eq!(timeout(wrong), None, "{wrong}");
        }
    }
}
