//! One ledger: single commands that travel in batches, and batches of one's own.

use std::sync::Arc;

use onhand_proto::v1;
use onhand_proto::v1::command::Command;
use tokio::sync::{mpsc, oneshot};
use tonic::transport::Channel;
use uuid::Uuid;

use crate::batching::{Caller, Queued, Told, work};
use crate::error::Failed;
use crate::pause::Pauses;
use crate::{Error, Refusal, Settings};

/// A ledger of a server. Clones are the same ledger.
#[derive(Clone)]
pub struct Ledger {
    pub(crate) caller: Caller,
    pub(crate) channel: Channel,
    queue: mpsc::Sender<Queued>,
}

/// Who asks, why, and when it happened: at least a key.
pub trait IntoEnvelope {
    fn into_envelope(self) -> v1::Envelope;
}

impl IntoEnvelope for v1::Envelope {
    fn into_envelope(self) -> v1::Envelope {
        self
    }
}

impl IntoEnvelope for String {
    fn into_envelope(self) -> v1::Envelope {
        v1::Envelope { id: self, ..Default::default() }
    }
}

impl IntoEnvelope for &str {
    fn into_envelope(self) -> v1::Envelope {
        self.to_owned().into_envelope()
    }
}

/// A key that nobody has used. Keep it: a command is sent again under the key that it had.
pub fn new_key() -> String {
    Uuid::now_v7().to_string()
}

impl Ledger {
    pub(crate) fn new(name: &str, channel: Channel, settings: Settings) -> Ledger {
        let settings = Arc::new(settings);
        let (queue, queued) = mpsc::channel(settings.queue_commands_max.max(1));
        let caller = Caller::new(name, channel.clone(), settings);
        tokio::spawn(work(caller.clone(), queued));
        Ledger { caller, channel, queue }
    }

    /// Books one command; it travels with those of other callers.
    ///
    /// # Errors
    /// [`Error::Refused`] at once; the others once [`Settings::patience`] is over.
    pub async fn book(
        &self,
        key: impl IntoEnvelope,
        command: Command,
    ) -> Result<v1::Accepted, Error> {
        let envelope = Some(key.into_envelope());
        let command = v1::Command { envelope, command: Some(command) };
        let mut pauses = Pauses::within(self.caller.settings.patience);
        let mut unknown = false;
        loop {
            let failed = match self.queued(command.clone()).await {
                Ok(accepted) => return Ok(accepted),
                Err(Failed::Refused(refusal)) => return Err(Error::Refused(refusal)),
                Err(failed) => failed,
            };
            unknown |= matches!(failed, Failed::Unknown { .. });
            if !pauses.pause(at_least_ms(&failed)).await {
                return Err(failed.at_last(unknown));
            }
        }
    }

    async fn queued(&self, command: v1::Command) -> Told {
        let (reply, told) = oneshot::channel();
        let ended = || Failed::Unknown { message: "the client has ended".to_owned() };
        self.queue.send(Queued { command, reply }).await.map_err(|_| ended())?;
        told.await.unwrap_or_else(|_| Err(ended()))
    }

    /// Books many commands, each for itself: what each came to, in their order. What may succeed
    /// later is sent again until [`Settings::patience`] is over.
    pub async fn submit(&self, commands: Vec<v1::Command>) -> Vec<Result<v1::Accepted, Error>> {
        let mut pauses = Pauses::within(self.caller.settings.patience);
        let mut told: Vec<Option<Told>> = vec![None; commands.len()];
        let mut unknown = vec![false; commands.len()];
        let mut open: Vec<usize> = (0..commands.len()).collect();
        while !open.is_empty() {
            let mut left = open.as_slice();
            while !left.is_empty() {
                let fitting = self.caller.fitting(left.iter().map(|it| &commands[*it]));
                let (part, rest) = left.split_at(fitting);
                left = rest;
                let batch = part.iter().map(|it| commands[*it].clone()).collect();
                let answers = match self.caller.attempt(batch, false, false).await {
                    Ok(answers) => answers,
                    Err(failed) => vec![Err(failed); part.len()],
                };
                part.iter().zip(answers).for_each(|(place, it)| told[*place] = Some(it));
            }
            open.retain(|place| may_succeed(&told[*place], &mut unknown[*place]));
            let waits = open.iter().filter_map(|it| told[*it].as_ref()?.as_ref().err());
            let at_least = waits.map(at_least_ms).max().unwrap_or(0);
            if !open.is_empty() && !pauses.pause(at_least).await {
                break;
            }
        }
        let lost = || Err(Failed::Unknown { message: "there was no time to send it".to_owned() });
        let told = told.into_iter().map(|it| it.unwrap_or_else(lost));
        told.zip(unknown).map(|(it, unknown)| it.map_err(|it| it.at_last(unknown))).collect()
    }

    /// Books all of them or none, at most 10,000.
    ///
    /// # Errors
    /// The first refusal of each command, none of which is booked; or as [`Ledger::book`].
    pub async fn submit_atomic(
        &self,
        commands: Vec<v1::Command>,
    ) -> Result<Vec<v1::Accepted>, Error> {
        let mut pauses = Pauses::within(self.caller.settings.patience);
        let mut unknown = false;
        loop {
            let told = self.caller.attempt(commands.clone(), true, false).await;
            let failed = match told.and_then(all) {
                Ok(accepted) => return Ok(accepted),
                Err(Failed::Refused(refusal)) => return Err(Error::Refused(refusal)),
                Err(failed) => failed,
            };
            unknown |= matches!(failed, Failed::Unknown { .. });
            if !pauses.pause(at_least_ms(&failed)).await {
                return Err(failed.at_last(unknown));
            }
        }
    }

    /// What would become of these commands, one after the other, if they were sent now. Books
    /// nothing.
    ///
    /// # Errors
    /// There is no answer now.
    pub async fn dry_run(
        &self,
        commands: Vec<v1::Command>,
    ) -> Result<Vec<Result<(), Refusal>>, Error> {
        let told = self.caller.attempt(commands, false, true).await;
        let told = told.map_err(|it| it.at_last(false))?;
        let one = |it: Told| match it {
            Ok(_) => Ok(Ok(())),
            Err(Failed::Refused(refusal) | Failed::NotNow(refusal)) => Ok(Err(refusal)),
            Err(Failed::Unknown { message }) => Err(Error::Unavailable { message }),
        };
        told.into_iter().map(one).collect()
    }
}

/// All of an atomic batch, or why none: the refusal that is one of its own command first.
fn all(told: Vec<Told>) -> Result<Vec<v1::Accepted>, Failed> {
    let is_cause =
        |it: &Told| matches!(it, Err(Failed::Refused(refusal)) if refusal.code != "batch_refused");
    match told.iter().position(is_cause) {
        Some(place) => told.into_iter().nth(place).into_iter().collect(),
        None => told.into_iter().collect(),
    }
}

fn may_succeed(told: &Option<Told>, unknown: &mut bool) -> bool {
    *unknown |= matches!(told, Some(Err(Failed::Unknown { .. })));
    !matches!(told, Some(Ok(_) | Err(Failed::Refused(_))))
}

fn at_least_ms(failed: &Failed) -> u64 {
    match failed {
        Failed::NotNow(refusal) => refusal.retry_after_ms,
        Failed::Refused(_) | Failed::Unknown { .. } => 0,
    }
}
