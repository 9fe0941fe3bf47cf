//! The authoritative read of one block: `STREAM.MSG.GET`, answered by the stream's leader.

use super::link::Link;
use crate::fault::Fault;
use async_nats::jetstream::ErrorCode;
use async_nats::jetstream::stream::RawMessageErrorKind;
use bytes::Bytes;

/// None: nothing is stored at that height.
pub(super) fn read(link: &Link, stream: &str, height: u64) -> Result<Option<Bytes>, Fault> {
    if !link.connected() {
        return Err(Fault::Unavailable("the connection to the NATS server is down".to_string()));
    }
    link.wait(async {
        let opened = link.context().get_stream_no_info(stream).await;
        let handle = opened.map_err(|error| Fault::Unavailable(error.to_string()))?;
        match handle.get_raw_message(height).await {
            Ok(message) => Ok(Some(message.payload)),
            Err(error) => match error.kind() {
                RawMessageErrorKind::NoMessageFound => Ok(None),
                RawMessageErrorKind::JetStream(cause)
                    if cause.error_code() == ErrorCode::STREAM_NOT_FOUND =>
                {
                    Err(Fault::Missing(format!("the stream {stream} does not exist")))
                }
                RawMessageErrorKind::JetStream(_)
                | RawMessageErrorKind::InvalidSubject
                | RawMessageErrorKind::Other => {
                    Err(Fault::Unavailable(format!("read height {height}: {error}")))
                }
            },
        }
    })
}
