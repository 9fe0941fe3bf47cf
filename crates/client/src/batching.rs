//! Commands of many callers as few batches: while some are under way the next ones gather.

use std::sync::Arc;

use onhand_proto::v1;
use onhand_proto::v1::commands_client::CommandsClient;
use prost::Message;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot};
use tonic::Request;
use tonic::transport::Channel;

use crate::Settings;
use crate::error::{Failed, Refusal};

/// Tag and length of a command within its batch.
const FRAME_BYTES: usize = 6;

pub(crate) type Told = Result<v1::Accepted, Failed>;

/// A command that waits to be sent.
pub(crate) struct Queued {
    pub command: v1::Command,
    pub reply: oneshot::Sender<Told>,
}

/// Sends what is queued until nobody is left to queue anything.
pub(crate) async fn work(caller: Caller, mut queue: mpsc::Receiver<Queued>) {
    let seats = Arc::new(Semaphore::new(caller.settings.batches_max.max(1)));
    let most = caller.commands_max();
    let mut gathered = Vec::with_capacity(most);
    // A seat first: what comes while all are taken travels together.
    while let Ok(seat) = seats.clone().acquire_owned().await {
        if gathered.is_empty() && queue.recv_many(&mut gathered, most).await == 0 {
            return;
        }
        let fitting = caller.fitting(gathered.iter().map(|it| &it.command));
        let rest = gathered.split_off(fitting);
        let batch = std::mem::replace(&mut gathered, rest);
        tokio::spawn(deliver(caller.clone(), batch, seat));
    }
}

async fn deliver(caller: Caller, batch: Vec<Queued>, seat: OwnedSemaphorePermit) {
    let (commands, replies): (Vec<_>, Vec<_>) =
        batch.into_iter().map(|it| (it.command, it.reply)).unzip();
    let told = caller.attempt(commands, false, false).await;
    drop(seat);
    // Who does not listen any more has given up.
    match told {
        Ok(told) => replies.into_iter().zip(told).for_each(|(reply, it)| drop(reply.send(it))),
        Err(failed) => replies.into_iter().for_each(|it| drop(it.send(Err(failed.clone())))),
    }
}

/// Calls the commands of one ledger.
#[derive(Clone)]
pub(crate) struct Caller {
    pub ledger: Arc<str>,
    pub settings: Arc<Settings>,
    commands: CommandsClient<Channel>,
}

impl Caller {
    pub fn new(ledger: &str, channel: Channel, settings: Arc<Settings>) -> Caller {
        let commands =
            CommandsClient::new(channel).max_decoding_message_size(settings.answer_bytes_max);
        Caller { ledger: ledger.into(), settings, commands }
    }

    pub fn commands_max(&self) -> usize {
        self.settings.batch_commands_max.clamp(1, 10_000)
    }

    /// How many of these commands, from the first on, travel in one batch; at least one.
    pub fn fitting<'a>(&self, commands: impl Iterator<Item = &'a v1::Command>) -> usize {
        let mut bytes = 0;
        let fit = commands.take(self.commands_max()).take_while(|it| {
            bytes += it.encoded_len() + FRAME_BYTES;
            bytes <= self.settings.batch_bytes_max
        });
        fit.count().max(1)
    }

    /// One batch, once: what each command came to, in their order.
    ///
    /// # Errors
    /// The batch as a whole was refused, or got no answer.
    pub async fn attempt(
        &self,
        commands: Vec<v1::Command>,
        atomic: bool,
        dry_run: bool,
    ) -> Result<Vec<Told>, Failed> {
        let (ledger, count) = (self.ledger.to_string(), commands.len());
        let message = v1::SubmitRequest { ledger, commands, atomic, dry_run, entries: false };
        let mut request = Request::new(message);
        request.set_timeout(self.settings.attempt_max);
        let response = self.commands.clone().submit(request).await;
        let results = response.map_err(|it| Failed::of_status(&it))?.into_inner().results;
        if results.len() != count {
            let message = format!("{} answers came to {count} commands", results.len());
            return Err(Failed::Unknown { message });
        }
        Ok(results.into_iter().map(told).collect())
    }
}

fn told(result: v1::Result) -> Told {
    match result.result {
        Some(v1::result::Result::Accepted(accepted)) => Ok(accepted),
        Some(v1::result::Result::Problem(it)) => Err(Failed::of_refusal(Refusal::from(it))),
        None => Err(Failed::Unknown { message: "the answer is empty".to_owned() }),
    }
}
