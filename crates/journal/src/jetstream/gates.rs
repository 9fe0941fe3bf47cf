//! The start-up gates on the servers: new enough, and proven to sync before they acknowledge.

use super::link::Link;
use super::{Durability, JetStreamConfig};
use crate::fault::Fault;
use bytes::Bytes;
use futures_util::StreamExt;
use serde_json::Value;
use std::time::Duration;

/// The first version without a known way to lose an acknowledged block in a healthy server.
const VERSION_MIN: [u64; 3] = [2, 14, 4];
/// How long further servers may take to answer a request that all of them answer.
const GATHER: Duration = Duration::from_millis(300);

/// Refuses a server older than 2.14.4.
pub(super) fn check_version(link: &Link) -> Result<(), Fault> {
    let info = link.client().server_info();
    refuse_old(&info.version)
}

fn refuse_old(version: &str) -> Result<(), Fault> {
    if version_suffices(version) {
        return Ok(());
    }
    let [major, minor, patch] = VERSION_MIN;
    Err(Fault::Gate(format!(
        "the NATS server is version {version}; {major}.{minor}.{patch} or newer is needed, because \
         older ones are known to lose or misplace acknowledged messages"
    )))
}

/// A release candidate of the oldest good version is not good enough.
pub(crate) fn version_suffices(version: &str) -> bool {
    let version = version.trim_start_matches('v');
    let (numbers, candidate) = match version.split_once('-') {
        Some((numbers, _)) => (numbers, true),
        None => (version, false),
    };
    let parts: Result<Vec<u64>, _> = numbers.split('.').map(str::parse).collect();
    let Ok([major, minor, patch]) =
        parts.as_deref().map(<[u64; 3]>::try_from).unwrap_or(Ok([0; 3]))
    else {
        return false;
    };
    let found = [major, minor, patch];
    found > VERSION_MIN || (found == VERSION_MIN && !candidate)
}

/// What one server said about itself.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Proof {
    server: String,
    syncs: bool,
}

/// How many of the servers have to prove themselves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Needed {
    /// As many as there are copies: when a journal is made.
    All,
    /// Those that can acknowledge without the others: with one of three servers down, work goes on.
    /// A server that is up and says that it does not sync is refused all the same.
    Quorum,
}

/// True: the servers that may hold the stream proved that they sync before they acknowledge.
/// False: not proven, and the configuration says that this is accepted.
pub(super) fn check_durability(
    link: &Link,
    config: &JetStreamConfig,
    needed: Needed,
) -> Result<bool, Fault> {
    let proofs = collect_proofs(link, config);
    let connected_to = link.client().server_info().server_id;
    let count = match needed {
        Needed::All => config.replicas,
        Needed::Quorum => config.replicas / 2 + 1,
    };
    let doubt = match &proofs {
        Ok(proofs) => doubt(proofs, &connected_to, count),
        Err(reason) => Some(reason.clone()),
    };
    match (doubt, config.durability) {
        (None, Durability::Strict | Durability::Relaxed) => Ok(true),
        (Some(reason), Durability::Relaxed) => {
            tracing::warn!(%reason, "durability is relaxed: acknowledged entries may be lost");
            Ok(false)
        }
        (Some(reason), Durability::Strict) => Err(Fault::Gate(format!(
            "it is not proven that the NATS server syncs to disk before it acknowledges: {reason}. \
             Set `sync_interval: always` in its jetstream block and let it be seen (its monitoring \
             address, or a user of the system account), or accept losses with --durability=relaxed"
        ))),
    }
}

/// Why the proofs do not suffice, if they do not.
fn doubt(proofs: &[Proof], connected_to: &str, needed: usize) -> Option<String> {
    if let Some(proof) = proofs.iter().find(|proof| !proof.syncs) {
        return Some(format!("server {} says that it does not", proof.server));
    }
    if !proofs.iter().any(|proof| proof.server == connected_to) {
        return Some(format!("server {connected_to}, which we are connected to, did not say"));
    }
    if proofs.len() < needed {
        return Some(format!("{} of {needed} servers said so", proofs.len()));
    }
    None
}

/// From the system account if it answers us, else from the monitoring addresses.
fn collect_proofs(link: &Link, config: &JetStreamConfig) -> Result<Vec<Proof>, String> {
    let answers = link.wait(ask_system_account(link)).unwrap_or_default();
    let mut proofs: Vec<Proof> = Vec::new();
    for answer in answers {
        let answer: Value = serde_json::from_slice(&answer).unwrap_or(Value::Null);
        proofs.extend(proof(&answer["data"]));
    }
    if !proofs.is_empty() {
        return Ok(proofs);
    }
    let Some(urls) = &config.monitor_url else {
        return Err(
            "the system account does not answer us and no monitoring address is configured"
                .to_string(),
        );
    };
    let asked: Vec<Result<Proof, String>> =
        urls.split(',').map(|url| ask_monitor(url.trim(), config.ack_timeout)).collect();
    let silent: Vec<String> = asked.iter().filter_map(|asked| asked.clone().err()).collect();
    let proofs: Vec<Proof> = asked.into_iter().flatten().collect();
    if proofs.is_empty() {
        return Err(silent.join("; "));
    }
    for reason in silent {
        tracing::warn!(%reason, "a NATS server does not say whether it syncs");
    }
    Ok(proofs)
}

/// Every server answers; an account without the right hears nothing or "no responders".
async fn ask_system_account(link: &Link) -> Result<Vec<Bytes>, Fault> {
    let client = link.client();
    let unavailable = |error: String| Fault::Unavailable(error);
    let inbox = client.new_inbox();
    let subscribed = client.subscribe(inbox.clone()).await;
    let mut answers = subscribed.map_err(|error| unavailable(error.to_string()))?;
    client
        .publish_with_reply("$SYS.REQ.SERVER.PING.VARZ", inbox, Bytes::new())
        .await
        .map_err(|error| unavailable(error.to_string()))?;
    let mut found = Vec::new();
    while let Ok(Some(message)) = tokio::time::timeout(GATHER, answers.next()).await {
        if message.status.is_some() {
            break;
        }
        found.push(message.payload);
    }
    Ok(found)
}

fn ask_monitor(url: &str, timeout: Duration) -> Result<Proof, String> {
    let agent: ureq::Agent =
        ureq::Agent::config_builder().timeout_global(Some(timeout)).build().into();
    let address = format!("{}/varz", url.trim_end_matches('/'));
    let varz: Value = agent
        .get(&address)
        .call()
        .and_then(|mut response| response.body_mut().read_json())
        .map_err(|error| format!("{address}: {error}"))?;
    proof(&varz).ok_or_else(|| format!("{address} does not answer like a NATS server"))
}

/// Reads one server's `varz`.
fn proof(varz: &Value) -> Option<Proof> {
    let server = varz["server_id"].as_str()?.to_string();
    let syncs = varz["jetstream"]["config"]["sync_always"].as_bool().unwrap_or(false);
    Some(Proof { server, syncs })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_servers_are_refused() {
        for good in ["2.14.4", "2.14.10", "2.15.1", "v2.15.1", "2.15.0-RC.1", "3.0.0"] {
            assert!(version_suffices(good), "{good}");
        }
        for bad in ["2.9.10", "2.14.3", "2.14.4-RC.2", "1.99.0", "2.14", "", "nonsense"] {
            assert!(!version_suffices(bad), "{bad}");
        }
        let fault = refuse_old("2.9.10").unwrap_err().to_string();
        assert!(fault.contains("version 2.9.10; 2.14.4 or newer"), "{fault}");
    }

    #[test]
    fn every_replica_and_the_one_we_talk_to_must_prove() {
        let proof = |server: &str, syncs| Proof { server: server.to_string(), syncs };
        let doubt = |proofs: &[Proof], replicas| doubt(proofs, "A", replicas).unwrap_or_default();
        assert_eq!(doubt(&[proof("A", true)], 1), "");
        assert_eq!(doubt(&[proof("A", true)], 3), "1 of 3 servers said so");
        assert_eq!(doubt(&[proof("A", false)], 1), "server A says that it does not");
        assert_eq!(
            doubt(&[proof("B", true)], 1),
            "server A, which we are connected to, did not say"
        );
    }

    #[test]
    fn silence_about_syncing_is_no_proof() {
        let varz = serde_json::json!({"server_id": "A", "jetstream": {"config": {}}});
        assert_eq!(proof(&varz), Some(Proof { server: "A".to_string(), syncs: false }));
        assert_eq!(proof(&serde_json::json!({})), None);
    }
}
