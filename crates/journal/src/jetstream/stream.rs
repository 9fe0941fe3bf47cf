//! The stream of a shard: how it must be configured, how it is made, and what it must look like.

use super::JetStreamConfig;
use super::link::Link;
use crate::block::{FORMAT, Identity};
use crate::fault::Fault;
use serde_json::{Map, Value, json};

pub(super) const STREAM_NOT_FOUND: u64 = 10059;
const STREAM_NAME_IN_USE: u64 = 10058;
const MESSAGE_BYTES_MAX: u64 = 8 * 1024 * 1024;

/// The whole configuration of the stream. Nothing is ever removed: no limit, no deletion.
fn wanted(config: &JetStreamConfig, identity: &Identity) -> Value {
    let shard = format!("{:03}", identity.shard);
    let mut wanted = json!({
        "name": config.stream(identity.shard),
        "description": format!("system of record, shard {shard}; one message is one block"),
        "subjects": [config.subject(identity.shard)],
        "retention": "limits", "storage": "file", "num_replicas": config.replicas,
        "discard": "new", "max_msgs": -1, "max_bytes": -1, "max_age": 0,
        "max_msgs_per_subject": -1, "max_consumers": -1,
        "max_msg_size": MESSAGE_BYTES_MAX,
        "duplicate_window": 120_000_000_000_u64,
        "deny_delete": true, "deny_purge": true, "allow_rollup_hdrs": false,
        "allow_direct": true, "compression": "none",
        "metadata": {
            "onhand.installation": identity.installation.to_string(),
            "onhand.shard": shard,
            "onhand.format": FORMAT.to_string(),
        },
    });
    if config.replicas > 1 {
        wanted["placement"] = json!({ "tags": ["sync:always"] });
    }
    wanted
}

/// What the server says about the stream. None: there is no such stream.
pub(super) fn info(link: &Link, name: &str) -> Result<Option<Value>, Fault> {
    let answer = link.api(&format!("STREAM.INFO.{name}"), &Value::Null)?;
    match error_of(&answer) {
        None => Ok(Some(answer)),
        Some((STREAM_NOT_FOUND, _)) => Ok(None),
        Some((code, text)) => Err(Fault::Unavailable(format!("STREAM.INFO: {text} ({code})"))),
    }
}

fn error_of(answer: &Value) -> Option<(u64, String)> {
    let error = answer.get("error")?;
    let text = error["description"].as_str().unwrap_or_default().to_string();
    Some((error["err_code"].as_u64().unwrap_or(0), text))
}

/// Makes the stream. One that exists is refused unless it is ours and still empty, which is what an
/// interrupted creation leaves.
pub(super) fn create(
    link: &Link,
    config: &JetStreamConfig,
    identity: &Identity,
) -> Result<(), Fault> {
    let name = config.stream(identity.shard);
    if let Some(info) = info(link, &name)? {
        let ours = differences(&wanted(config, identity), &info["config"]).is_empty();
        if ours && info["state"]["last_seq"] == 0 {
            return Ok(());
        }
        return Err(Fault::Exists(format!("the stream {name}")));
    }
    let answer = link.api(&format!("STREAM.CREATE.{name}"), &wanted(config, identity))?;
    match error_of(&answer) {
        None => Ok(()),
        Some((STREAM_NAME_IN_USE, _)) => Err(Fault::Exists(format!("the stream {name}"))),
        Some((code, text)) => Err(Fault::Gate(format!(
            "the server did not create the stream {name}: {text} ({code})"
        ))),
    }
}

/// The stream is there, configured as it must be, and without a hole.
pub(super) fn check(
    link: &Link,
    config: &JetStreamConfig,
    identity: &Identity,
) -> Result<(), Fault> {
    let name = config.stream(identity.shard);
    let Some(info) = info(link, &name)? else {
        return Err(Fault::Missing(format!(
            "the stream {name} does not exist. If it should, restore it; it is never created in \
             passing. `onhand init` creates a new one"
        )));
    };
    let differences = differences(&wanted(config, identity), &info["config"]);
    if !differences.is_empty() {
        return Err(Fault::Gate(format!(
            "the stream {name} is not configured as a journal: {}. Somebody changed it, or it is \
             not ours: set it back before you start again",
            differences.join("; ")
        )));
    }
    check_state(&info["state"])
}

/// A journal never loses a message, so its first is 1 and its count is its last.
fn check_state(state: &Value) -> Result<(), Fault> {
    let number = |name: &str| state[name].as_u64().unwrap_or(0);
    let (first, last, messages) = (number("first_seq"), number("last_seq"), number("messages"));
    if last == 0 {
        return Err(Fault::halted(1, "expected a genesis block, found an empty stream"));
    }
    if first != 1 {
        return Err(Fault::halted(1, format!("expected the first height 1, found {first}")));
    }
    let deleted = number("num_deleted");
    if messages != last || deleted != 0 {
        let reason = format!("expected {last} blocks, found {messages} and {deleted} holes");
        return Err(Fault::halted(last, reason));
    }
    Ok(())
}

/// In words, every setting that is not as wanted. Whatever the server knows and we do not name must
/// be off: absent, false, zero, unlimited or empty.
fn differences(wanted: &Value, found: &Value) -> Vec<String> {
    let (wanted, found) = (relevant(wanted), relevant(found));
    let mut names: Vec<&String> = wanted.keys().chain(found.keys()).collect();
    names.sort();
    names.dedup();
    let value = |side: &Map<String, Value>, name: &String| {
        side.get(name).map_or("nothing".to_string(), Value::to_string)
    };
    names
        .into_iter()
        .filter(|name| wanted.get(*name) != found.get(*name))
        .map(|name| {
            format!("{name}: expected {}, found {}", value(&wanted, name), value(&found, name))
        })
        .collect()
}

/// The settings that decide what is kept, flat. Where the stream lies (`placement`), how it is
/// described, and what the server notes about itself in the metadata do not.
fn relevant(config: &Value) -> Map<String, Value> {
    let mut relevant = Map::new();
    for (name, value) in config.as_object().into_iter().flatten() {
        match name.as_str() {
            "description" | "placement" => {}
            "metadata" => {
                let ours = value.as_object().into_iter().flatten();
                let ours = ours.filter(|(name, _)| name.starts_with("onhand."));
                relevant.extend(ours.map(|(name, value)| (name.clone(), value.clone())));
            }
            _ if is_off(value) => {}
            _ => {
                relevant.insert(name.clone(), value.clone());
            }
        }
    }
    relevant
}

fn is_off(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Bool(on) => !on,
        Value::Number(number) => number.as_i64().is_some_and(|number| number <= 0),
        Value::String(text) => text.is_empty() || text == "none" || text == "default",
        Value::Array(items) => items.is_empty(),
        Value::Object(fields) => fields.values().all(is_off),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn config() -> Value {
        let identity = Identity { installation: Uuid::from_u128(7), shard: 7 };
        wanted(&JetStreamConfig::new("nats://127.0.0.1"), &identity)
    }

    fn verdict(change: impl Fn(&mut Value)) -> String {
        let mut found = config();
        change(&mut found);
        differences(&config(), &found).join("; ")
    }

    #[test]
    fn what_the_server_adds_is_no_difference() {
        let added = verdict(|found| {
            found["metadata"]["_nats.level"] = json!("5");
            found["sealed"] = json!(false);
            found["consumer_limits"] = json!({});
            found["description"] = json!("another");
            found.as_object_mut().unwrap().remove("allow_rollup_hdrs");
        });
        assert_eq!(added, "");
    }

    #[test]
    fn every_way_to_lose_a_block_is_a_difference() {
        assert_eq!(
            verdict(|found| found["max_msgs"] = json!(3)),
            "max_msgs: expected nothing, found 3"
        );
        assert_eq!(
            verdict(|found| found["discard"] = json!("old")),
            "discard: expected \"new\", found \"old\""
        );
        assert_eq!(
            verdict(|found| found["allow_msg_ttl"] = json!(true)),
            "allow_msg_ttl: expected nothing, found true"
        );
        assert_eq!(
            verdict(|found| found["metadata"]["onhand.installation"] = json!("x")),
            "onhand.installation: expected \"00000000-0000-0000-0000-000000000007\", found \"x\""
        );
    }

    #[test]
    fn a_hole_halts() {
        let state = |first, last, messages| {
            let state = json!({"first_seq": first, "last_seq": last, "messages": messages});
            check_state(&state).map_err(|fault| fault.to_string())
        };
        assert_eq!(state(1, 9, 9), Ok(()));
        assert!(state(2, 9, 8).unwrap_err().contains("expected the first height 1, found 2"));
        assert!(state(1, 9, 8).unwrap_err().contains("expected 9 blocks, found 8"));
        assert!(state(0, 0, 0).unwrap_err().contains("found an empty stream"));
    }
}
