//! One file fetched over HTTP, within bounds of size, time and place.

use std::io::Read;
use std::time::{Duration, Instant};

use jiff::fmt::rfc2822;
use onhand_core::Time;
use ureq::Agent;
use ureq::http::header;
use ureq::unversioned::transport::DefaultConnector;

use super::address::Guard;
use crate::config::Config;
use crate::node::now;
use crate::snapshots::kept::{Coming, Form, Fresh, Kept};

/// Longest wait for a connection, for an answer to begin and for its next piece.
const PAUSE_MAX: Duration = Duration::from_secs(10);
const REDIRECTS_MAX: u32 = 3;
const PIECE_BYTES: usize = 64 << 10;

/// What a server said of the file that it sent last, so that it need not be sent again.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Known {
    pub etag: Option<String>,
    pub modified: Option<String>,
}

impl Known {
    /// When the file was changed last. What lies in the future is no such moment.
    pub fn changed(&self) -> Option<Time> {
        let text = self.modified.as_deref()?;
        let at = rfc2822::DateTimeParser::new().parse_timestamp(text).ok()?;
        let at = Time(u64::try_from(at.as_microsecond()).ok()?);
        (at <= now()).then_some(at)
    }
}

pub(super) enum Fetched {
    File(Fresh, Known),
    /// It is what it was.
    Unchanged,
}

/// # Errors
/// Why there is no file: said to people.
pub(super) fn fetch(
    url: &str,
    known: &Known,
    config: &Config,
    kept: &Kept,
    is_stopped: &dyn Fn() -> bool,
) -> Result<Fetched, String> {
    let agent = agent(url, config)?;
    let mut request = agent.get(url).header(header::USER_AGENT, "onhand");
    if let Some(etag) = &known.etag {
        request = request.header(header::IF_NONE_MATCH, etag);
    }
    if let Some(modified) = &known.modified {
        request = request.header(header::IF_MODIFIED_SINCE, modified);
    }
    let response = request.call().map_err(|error| format!("{url} cannot be fetched: {error}"))?;
    match response.status().as_u16() {
        200 => {}
        304 => return Ok(Fetched::Unchanged),
        status => return Err(format!("{url} answered {status}; {}", remedy(status))),
    }
    let text = |name| {
        let value = response.headers().get(name)?;
        value.to_str().ok().map(str::to_owned)
    };
    let known = Known { etag: text(header::ETAG), modified: text(header::LAST_MODIFIED) };
    let coming = kept.begin().map_err(|error| format!("cannot be kept: {error}"))?;
    let deadline = Instant::now() + Duration::from_millis(config.pull_ms_max);
    let mut body = response.into_body().into_with_config().limit(u64::MAX).reader();
    let still = || !is_stopped() && Instant::now() < deadline;
    let fresh = receive(&mut body, coming, &still).map_err(|error| format!("{url}: {error}"))?;
    Ok(Fetched::File(fresh, known))
}

fn remedy(status: u16) -> &'static str {
    match status {
        401 | 403 => "ask the supplier for an address that needs no other sign-in",
        404 | 410 => "no file is there: ask the supplier, and correct `pull.url` with set_feed",
        429 => "it is asked too often: raise `every_minutes` of the feed's tiers",
        500.. => "it is tried again by itself",
        _ => "open the address yourself, and correct `pull.url` with set_feed",
    }
}

fn receive(
    body: &mut impl Read,
    mut coming: Coming,
    still: &dyn Fn() -> bool,
) -> Result<Fresh, String> {
    let mut piece = vec![0; PIECE_BYTES];
    loop {
        if !still() {
            return Err("it took too long, or the server stops".to_owned());
        }
        let count = body.read(&mut piece).map_err(|error| format!("it broke off: {error}"))?;
        if count == 0 {
            return Ok(coming.end(Form::Raw));
        }
        let piece = piece.get(..count).unwrap_or_default();
        coming.write(piece).map_err(|error| match error.kind() {
            std::io::ErrorKind::FileTooLarge => {
                "it is larger than snapshot.bytes_max allows".to_owned()
            }
            _ => format!("it cannot be kept: {error}"),
        })?;
    }
}

fn agent(url: &str, config: &Config) -> Result<Agent, String> {
    let secure = url.starts_with("https://");
    if !secure && !url.starts_with("http://") {
        return Err(format!("{url} is no address; it must begin with https:// or http://"));
    }
    let settings = Agent::config_builder()
        .http_status_as_error(false)
        // A proxy would look names up in our place.
        .proxy(None)
        // What was asked for under seal is not to be had without.
        .https_only(secure)
        .max_redirects(REDIRECTS_MAX)
        .timeout_global(Some(Duration::from_millis(config.pull_ms_max)))
        .timeout_connect(Some(PAUSE_MAX))
        .timeout_resolve(Some(PAUSE_MAX))
        .timeout_recv_response(Some(PAUSE_MAX))
        .timeout_per_read(Some(PAUSE_MAX))
        .build();
    let allow_private = config.pull_allow_private;
    let guard = Guard { allow_private, setting: "pull.allow_private" };
    Ok(Agent::with_parts(settings, DefaultConnector::default(), guard))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_of_the_moment_that_its_server_says() {
        let changed = |text: &str| {
            let known = Known { etag: None, modified: Some(text.to_owned()) };
            known.changed().map(|it| it.to_string())
        };
        let told = changed("Sun, 01 Mar 2026 09:00:00 GMT");
        assert_eq!(told.as_deref(), Some("2026-03-01T09:00:00Z"));
        for text in ["Sun, 01 Mar 2999 09:00:00 GMT", "yesterday", ""] {
            assert_eq!(changed(text), None, "{text}");
        }
    }
}
