//! One signed call of a target, within bounds of time and place.

use std::io::Read;
use std::time::{Duration, SystemTime};

use onhand_core::Time;
use ureq::Agent;
use ureq::http::header;
use ureq::unversioned::transport::DefaultConnector;

use super::schedule::retry_after;
use super::sign::{Secret, signatures};
use crate::config::Config;
use crate::snapshots::pull::address::Guard;

/// What is read of an answer, so that the connection can be used again.
const ANSWER_BYTES_MAX: u64 = 4 << 10;
/// A connection that no call used for so long is not used again.
const IDLE_MAX: Duration = Duration::from_secs(10);

/// How a call ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Called {
    /// 2xx.
    Taken {
        status: u16,
    },
    /// 410: the target wants no more.
    Gone,
    Failed(Failed),
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Failed {
    /// None: there was no answer.
    pub status: Option<u16>,
    /// For people.
    pub why: String,
    /// What the header `Retry-After` says.
    pub asked: Option<Duration>,
    /// Whether the target as a whole is in trouble, rather than this one event.
    pub is_target: bool,
}

/// Calls one target. Its connections are its own.
pub(super) struct Caller {
    open: Agent,
    sealed: Agent,
}

impl Caller {
    pub fn new(config: &Config) -> Caller {
        let agent = |sealed: bool| {
            let settings = Agent::config_builder()
                .http_status_as_error(false)
                // A proxy would look names up in our place.
                .proxy(None)
                .https_only(sealed)
                .max_redirects(0)
                .max_idle_age(IDLE_MAX)
                .timeout_global(Some(Duration::from_millis(config.webhook_timeout_ms)))
                .build();
            let allow_private = config.webhook_allow_private;
            let guard = Guard { allow_private, setting: "webhook.allow_private" };
            Agent::with_parts(settings, DefaultConnector::default(), guard)
        };
        Caller { open: agent(false), sealed: agent(true) }
    }

    /// Posts one event; the signatures are of this very moment.
    pub fn call(&self, url: &str, secrets: &[Secret], id: &str, body: &str, now: Time) -> Called {
        let agent = if url.starts_with("https://") { &self.sealed } else { &self.open };
        let signatures = signatures(secrets, id, now, body.as_bytes());
        let request = agent
            .post(url)
            .header(header::USER_AGENT, concat!("onhand/", env!("CARGO_PKG_VERSION")))
            .header(header::CONTENT_TYPE, "application/json")
            .header("webhook-id", id)
            .header("webhook-timestamp", (now.as_us() / 1_000_000).to_string())
            .header("webhook-signature", signatures);
        let mut response = match request.send(body) {
            Ok(response) => response,
            Err(error) => {
                let why = format!("no answer: {error}");
                return Called::Failed(Failed { why, is_target: true, ..Failed::default() });
            }
        };
        // Read so that the connection is free again; what it says is nobody's business.
        let mut rest = response.body_mut().as_reader().take(ANSWER_BYTES_MAX);
        let _ = std::io::copy(&mut rest, &mut std::io::sink());
        let asked = response.headers().get(header::RETRY_AFTER).and_then(|it| it.to_str().ok());
        answered(response.status().as_u16(), asked)
    }
}

fn answered(status: u16, retry: Option<&str>) -> Called {
    let why = match status {
        200..=299 => return Called::Taken { status },
        410 => return Called::Gone,
        300..=399 => "it redirects, which is not followed: subscribe the address that answers",
        401 | 403 => "it does not let us in: a webhook is known by its signature alone",
        404 => "nothing is there",
        408 | 429 | 500.. => "it is in trouble, or asks to be left alone",
        _ => "it does not take the event",
    };
    Called::Failed(Failed {
        status: Some(status),
        why: format!("answered {status}: {why}"),
        asked: retry.and_then(|it| retry_after(it, SystemTime::now())),
        is_target: matches!(status, 429 | 502 | 503 | 504),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_two_hundreds_are_a_success() {
        let told = |status| match answered(status, Some("7")) {
            Called::Taken { .. } => "taken",
            Called::Gone => "gone",
            Called::Failed(it) if it.is_target => "rests",
            Called::Failed(_) => "again",
        };
        for (status, wanted) in [
            (200, "taken"),
            (204, "taken"),
            (301, "again"),
            (304, "again"),
            (400, "again"),
            (410, "gone"),
            (429, "rests"),
            (500, "again"),
            (502, "rests"),
            (503, "rests"),
            (504, "rests"),
        ] {
            assert_eq!(told(status), wanted, "{status}");
        }
        let Called::Failed(it) = answered(503, Some("7")) else { panic!("503 is no success") };
        assert_eq!(it.asked, Some(Duration::from_secs(7)));
    }
}
