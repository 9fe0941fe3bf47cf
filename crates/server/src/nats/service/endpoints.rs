//! What the service offers, by name and subject, and what came of it.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use onhand_core::Command;
use serde_json::{Value, json};

/// Several servers of one installation share the messages.
pub(super) const QUEUE: &str = "onhand";

/// One address of the service.
pub(super) struct Endpoint {
    pub name: &'static str,
    subject: String,
    /// Where its contract is.
    metadata: Value,
    requests: AtomicU64,
    errors: AtomicU64,
    nanoseconds: AtomicU64,
    /// Code and status of the newest no.
    last_error: Mutex<Option<(String, u16)>>,
}

impl Endpoint {
    fn new(name: &'static str, subject: String, metadata: Value) -> Endpoint {
        Endpoint {
            name,
            subject,
            metadata,
            requests: AtomicU64::new(0),
            errors: AtomicU64::new(0),
            nanoseconds: AtomicU64::new(0),
            last_error: Mutex::new(None),
        }
    }

    pub fn note(&self, took: Duration) {
        let took = u64::try_from(took.as_nanos()).unwrap_or(u64::MAX);
        self.requests.fetch_add(1, Ordering::Relaxed);
        self.nanoseconds.fetch_add(took, Ordering::Relaxed);
    }

    pub fn note_error(&self, code: &str, status: u16) {
        self.errors.fetch_add(1, Ordering::Relaxed);
        let mut last = self.last_error.lock().unwrap_or_else(PoisonError::into_inner);
        *last = Some((code.to_owned(), status));
    }

    /// For `$SRV.INFO`.
    pub fn info(&self) -> Value {
        json!({
            "name": self.name, "subject": self.subject, "queue_group": QUEUE,
            "metadata": self.metadata,
        })
    }

    /// For `$SRV.STATS`.
    pub fn stats(&self) -> Value {
        let requests = self.requests.load(Ordering::Relaxed);
        let nanoseconds = self.nanoseconds.load(Ordering::Relaxed);
        let last = self.last_error.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let last = last.map_or(String::new(), |(code, status)| format!("{status}:{code}"));
        json!({
            "name": self.name, "subject": self.subject, "queue_group": QUEUE,
            "num_requests": requests, "num_errors": self.errors.load(Ordering::Relaxed),
            "last_error": last, "processing_time": nanoseconds,
            "average_processing_time": nanoseconds / requests.max(1),
        })
    }
}

/// All of them: one for each command, one for batches, one for questions.
pub(super) struct Endpoints {
    /// In the order of [`Command::STEMS`], then batches, then questions.
    pub all: Vec<Endpoint>,
}

impl Endpoints {
    pub fn new(prefix: &str) -> Endpoints {
        let contract = format!("{prefix}qry.meta.openapi");
        let command = |stem: &'static str| {
            let schema = format!("{contract}#/paths/~1v1~1{{ledger}}~1{stem}/post");
            let metadata = json!({ "stem": stem, "schema": schema });
            Endpoint::new(stem, format!("{prefix}cmd.*.{stem}"), metadata)
        };
        let mut all: Vec<Endpoint> = Command::STEMS.iter().map(|it| command(it)).collect();
        all.push(command("commands"));
        let feeds = format!("{prefix}qry.meta.asyncapi");
        let metadata = json!({ "openapi": contract, "asyncapi": feeds });
        all.push(Endpoint::new("questions", format!("{prefix}qry.>"), metadata));
        Endpoints { all }
    }

    /// The place of a command's endpoint, or of the one of batches.
    pub fn find(&self, stem: &str) -> Option<usize> {
        let commands = &self.all[..self.questions()];
        commands.iter().position(|it| it.name == stem)
    }

    pub fn batches(&self) -> usize {
        self.all.len() - 2
    }

    pub fn questions(&self) -> usize {
        self.all.len() - 1
    }
}
