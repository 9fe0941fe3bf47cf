//! Streams of feeds: made if they are missing, kept as the settings say, and never touched if they
//! are somebody else's.

use std::time::Duration;

use async_nats::Client;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde_json::{Value, json};

use super::link::{Lost, lost};
use crate::Node;

const STREAM_NOT_FOUND: u64 = 10059;
const MESSAGE_NOT_FOUND: u64 = 10037;

/// One call of the JetStream API. An error of the API: its code and text.
pub(super) async fn api(
    client: &Client,
    verb: &str,
    body: &Value,
) -> Result<Result<Value, (u64, String)>, Lost> {
    let payload = match body {
        Value::Null => Bytes::new(),
        body => Bytes::from(body.to_string()),
    };
    let answer = client.request(format!("$JS.API.{verb}"), payload).await;
    let answer = answer.map_err(|error| lost(verb, error))?;
    let answer: Value = serde_json::from_slice(&answer.payload).map_err(|it| lost(verb, it))?;
    Ok(match answer.get("error") {
        None => Ok(answer),
        Some(error) => {
            let text = error["description"].as_str().unwrap_or_default().to_owned();
            Err((error["err_code"].as_u64().unwrap_or(0), text))
        }
    })
}

fn refused(verb: &str, (code, text): &(u64, String)) -> Lost {
    lost(verb, format_args!("{text} ({code})"))
}

/// What a stream of ours is to be.
pub(super) struct Wanted {
    pub name: String,
    pub description: String,
    pub subject: String,
    /// How long messages are kept. None: for ever.
    pub max_age: Option<Duration>,
    /// What else the configuration says.
    pub more: Value,
}

impl Wanted {
    fn config(&self, node: &Node) -> Value {
        let replicas = node.config().journal_replicas;
        let mut config = json!({
            "name": self.name, "description": self.description, "subjects": [self.subject],
            "retention": "limits", "storage": "file", "discard": "old",
            "num_replicas": replicas, "max_age": self.max_age_ns(), "allow_direct": true,
            "metadata": { "onhand.installation": installation(node) },
        });
        // Derived from the journal and made anew from it: the stream need not sync each message.
        // A server knows that mode for single copies only.
        if replicas == 1 {
            config["persist_mode"] = json!("async");
        }
        for (name, value) in self.more.as_object().into_iter().flatten() {
            config[name] = value.clone();
        }
        config
    }

    fn max_age_ns(&self) -> u64 {
        self.max_age.map_or(0, |it| u64::try_from(it.as_nanos()).unwrap_or(u64::MAX))
    }
}

fn installation(node: &Node) -> String {
    node.installation().identity(0).installation.to_string()
}

/// Makes the stream if it is missing. Returns the sequence of its last message, 0 before the first.
///
/// # Errors
/// It belongs to somebody else; or the server does not answer, or refuses.
pub(super) async fn ensure(client: &Client, node: &Node, wanted: &Wanted) -> Result<u64, Lost> {
    let name = &wanted.name;
    let verb = format!("STREAM.INFO.{name}");
    let info = match api(client, &verb, &Value::Null).await? {
        Ok(info) => info,
        Err((STREAM_NOT_FOUND, _)) => {
            let verb = format!("STREAM.CREATE.{name}");
            let made = api(client, &verb, &wanted.config(node)).await?;
            tracing::info!(stream = name, "a feed's stream is made");
            made.map_err(|it| refused(&verb, &it))?
        }
        Err(error) => return Err(refused(&verb, &error)),
    };
    let config = &info["config"];
    if config["metadata"]["onhand.installation"] != installation(node) {
        let message = "is not of this installation, and is left alone; rename it, or set nats.stream_prefix and nats.subject_prefix";
        return Err(lost(&format!("the stream {name}"), message));
    }
    let mut asked = config.clone();
    asked["max_age"] = json!(wanted.max_age_ns());
    for (name, value) in wanted.more.as_object().into_iter().flatten() {
        asked[name] = value.clone();
    }
    if asked != *config {
        let verb = format!("STREAM.UPDATE.{name}");
        api(client, &verb, &asked).await?.map_err(|it| refused(&verb, &it))?;
    }
    Ok(info["state"]["last_seq"].as_u64().unwrap_or(0))
}

/// The sequence of the stream's last message. None: there is no such stream.
pub(super) async fn last_sequence(client: &Client, name: &str) -> Result<Option<u64>, Lost> {
    let verb = format!("STREAM.INFO.{name}");
    match api(client, &verb, &Value::Null).await? {
        Ok(info) => Ok(Some(info["state"]["last_seq"].as_u64().unwrap_or(0))),
        Err((STREAM_NOT_FOUND, _)) => Ok(None),
        Err(error) => Err(refused(&verb, &error)),
    }
}

/// A stream that nobody writes is still there, and as long as it was.
///
/// # Errors
/// It is not.
pub(super) async fn is_left(client: &Client, name: &str, last: u64) -> Result<(), Lost> {
    match last_sequence(client, name).await? {
        Some(found) if found == last => Ok(()),
        Some(_) => Err(Lost("the stream is not as it was left".to_owned())),
        None => Err(Lost("the stream is gone".to_owned())),
    }
}

/// Headers of a stored message, as they were written.
pub(super) struct Headers(String);

impl Headers {
    pub fn get(&self, header: &str) -> Option<&str> {
        let mut pairs = self.0.lines().filter_map(|line| line.split_once(':'));
        let found = pairs.find(|(name, _)| name.eq_ignore_ascii_case(header));
        found.map(|(_, value)| value.trim())
    }
}

/// The headers of a stored message. None: it is not kept any more.
pub(super) async fn headers_of(
    client: &Client,
    stream: &str,
    sequence: u64,
) -> Result<Option<Headers>, Lost> {
    let verb = format!("STREAM.MSG.GET.{stream}");
    let answer = match api(client, &verb, &json!({ "seq": sequence })).await? {
        Ok(answer) => answer,
        Err((MESSAGE_NOT_FOUND, _)) => return Ok(None),
        Err(error) => return Err(refused(&verb, &error)),
    };
    let headers = answer["message"]["hdrs"].as_str().unwrap_or_default();
    let headers = STANDARD.decode(headers).map_err(|error| lost(&verb, error))?;
    Ok(Some(Headers(String::from_utf8_lossy(&headers).into_owned())))
}

/// What was noted of a stream until it is deleted.
pub(super) async fn mark_of(
    client: &Client,
    name: &str,
    mark: &str,
) -> Result<Option<String>, Lost> {
    let verb = format!("STREAM.INFO.{name}");
    let info = api(client, &verb, &Value::Null).await?.map_err(|it| refused(&verb, &it))?;
    Ok(info["config"]["metadata"][mark].as_str().map(str::to_owned))
}

/// Notes something of a stream until it is deleted.
pub(super) async fn set_mark(
    client: &Client,
    name: &str,
    (mark, text): (&str, &str),
) -> Result<(), Lost> {
    let verb = format!("STREAM.INFO.{name}");
    let info = api(client, &verb, &Value::Null).await?.map_err(|it| refused(&verb, &it))?;
    let mut config = info["config"].clone();
    if config["metadata"][mark] == text {
        return Ok(());
    }
    config["metadata"][mark] = json!(text);
    let verb = format!("STREAM.UPDATE.{name}");
    api(client, &verb, &config).await?.map(drop).map_err(|it| refused(&verb, &it))
}
