//! The two ways into a ledger: opened by this process, or asked over a server's HTTP door.

use std::time::Duration;

use onhand_core::{LedgerId, Request};
use onhand_engine::{Answer, AnswerFault, Batch};
use onhand_server::Node;
use serde::Deserialize;
use serde_json::Value;

use super::send::{Outcome, Sender, flags_of, known_flag, of_problem, refused};
use crate::client::encoded;
use crate::failure::Failure;

/// Most bytes of one body, below what a server takes.
const BODY_BYTES_MAX: usize = 3 << 20;
/// Most commands of one body.
const BODY_COMMANDS_MAX: usize = 5_000;
/// Longest wait for one answer.
const TIMEOUT: Duration = Duration::from_secs(60);
const RETRY_AFTER: Duration = Duration::from_millis(500);

/// The installation, opened by this process.
pub struct Local {
    pub node: Node,
}

impl Drop for Local {
    fn drop(&mut self) {
        self.node.shutdown_blocking();
    }
}

impl Sender for Local {
    fn send(&mut self, requests: &[&Request]) -> Vec<Outcome> {
        let batch = Batch::each(requests.iter().map(|it| (*it).clone()).collect());
        self.node.submit_blocking(batch).into_iter().map(outcome).collect()
    }
}

fn outcome(answer: Answer) -> Outcome {
    match answer {
        Answer::Accepted { replayed: true, .. } => Outcome::Replayed,
        Answer::Accepted { block, index, replayed: false } => {
            let flags = block.body.entries.get(index).map(flags_of).unwrap_or_default();
            Outcome::Booked { flags }
        }
        Answer::WouldAccept { entry } => Outcome::Booked { flags: flags_of(&entry) },
        Answer::Refused { rejection, .. } => refused(&rejection),
        Answer::KeyReused { field, .. } => Outcome::KeyReused { field },
        Answer::Fault(AnswerFault::Halted { message }) => Outcome::Halted { message },
        Answer::Fault(AnswerFault::Overloaded { retry_after_ms }) => Outcome::Fault {
            message: "too much waits already".into(),
            retry_after: Duration::from_millis(retry_after_ms),
        },
        Answer::Fault(
            AnswerFault::OutcomeUnknown { message } | AnswerFault::Unavailable { message },
        ) => Outcome::Fault { message, retry_after: RETRY_AFTER },
    }
}

/// A server that runs somewhere.
pub struct Remote {
    address: String,
    base: String,
    agent: ureq::Agent,
}

impl Remote {
    /// `base`: such as `http://127.0.0.1:7070`.
    ///
    /// # Errors
    /// A usage [`Failure`] if it is no such address.
    pub fn new(base: &str, ledger: &LedgerId) -> Result<Remote, Failure> {
        if !base.starts_with("http://") {
            let message = "is no address; write it as http://127.0.0.1:7070";
            return Err(Failure::usage(format!("--server {base}: {message}")));
        }
        let config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(TIMEOUT))
            .build();
        let base = base.trim_end_matches('/').to_owned();
        let address = format!("{base}/v1/{}/commands", encoded(ledger.as_str()));
        Ok(Remote { address, base, agent: config.into() })
    }

    /// One body's worth. A server that does not answer may have booked all the same: a fault.
    fn post(&self, body: &str, count: usize) -> Vec<Outcome> {
        let failed =
            |message: String| vec![Outcome::Fault { message, retry_after: RETRY_AFTER }; count];
        let called = self.agent.post(&self.address).content_type("application/x-ndjson").send(body);
        let mut response = match called {
            Ok(response) => response,
            Err(error) => {
                return failed(format!("the server at {} does not answer: {error}", self.base));
            }
        };
        let limit = (BODY_BYTES_MAX * 16) as u64;
        let text = response.body_mut().with_config().limit(limit).read_to_string();
        let answer = text.map_err(|error| error.to_string()).and_then(|text| read(&text));
        match answer {
            Ok(Told::Results { results }) if results.len() == count => {
                results.into_iter().map(TheirOutcome::outcome).collect()
            }
            Ok(Told::Results { results }) => {
                failed(format!("the server answered {} of {count} commands", results.len()))
            }
            Ok(Told::Problem(problem)) => vec![of_problem(&problem); count],
            Err(error) => failed(format!("the server's answer cannot be read: {error}")),
        }
    }
}

fn read(text: &str) -> Result<Told, String> {
    serde_json::from_str(text).map_err(|error| error.to_string())
}

impl Sender for Remote {
    fn send(&mut self, requests: &[&Request]) -> Vec<Outcome> {
        let mut outcomes = Vec::with_capacity(requests.len());
        let (mut body, mut count) = (String::new(), 0);
        for request in requests {
            // Names and numbers always have a JSON form; were it otherwise, the server says so.
            let line = onhand_wire::body(request).unwrap_or_default().to_string();
            if count == BODY_COMMANDS_MAX || (count > 0 && body.len() + line.len() > BODY_BYTES_MAX)
            {
                outcomes.extend(self.post(&body, count));
                body.clear();
                count = 0;
            }
            body.push_str(&line);
            body.push('\n');
            count += 1;
        }
        if count > 0 {
            outcomes.extend(self.post(&body, count));
        }
        outcomes
    }
}

/// What a server says to a batch.
#[derive(Deserialize)]
#[serde(untagged)]
enum Told {
    Results { results: Vec<TheirOutcome> },
    Problem(Value),
}

/// One item of a server's answer; only what matters here.
#[derive(Deserialize)]
struct TheirOutcome {
    #[serde(default)]
    replayed: bool,
    entry: Option<TheirEntry>,
    problem: Option<Value>,
}

#[derive(Deserialize)]
struct TheirEntry {
    #[serde(default)]
    flags: Vec<serde_json::Map<String, Value>>,
}

impl TheirOutcome {
    fn outcome(self) -> Outcome {
        match (self.problem, self.replayed) {
            (Some(problem), _) => of_problem(&problem),
            (None, true) => Outcome::Replayed,
            (None, false) => {
                let flags = self.entry.map(|it| it.flags).unwrap_or_default();
                let names = flags.iter().flat_map(|it| it.keys());
                Outcome::Booked { flags: names.map(|it| known_flag(it)).collect() }
            }
        }
    }
}
