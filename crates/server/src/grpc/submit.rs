//! Many commands in one message: read, handed in as one batch, answered each for itself.

use std::future::Future;
use std::pin::Pin;

use onhand_core::Request;
use onhand_engine::{Answer, Batch, Mode};
use onhand_proto::v1;
use onhand_wire::{
    COMMANDS_MAX, Invalid, No, Problem, Trouble, ledger_of, problem, problem_message,
    request_of_item, timestamp,
};
use tonic::Status;

use super::door::{Call, Door};
use super::status::{of_invalid, of_problem, of_trouble};
use crate::http::commands::{is_judgement, lost};
use crate::node::looks_up;
use crate::snapshots::{check_feed, of_answer};

/// From so many commands on, reading them takes long enough to let other calls go on meanwhile.
const COMMANDS_INLINE_MAX: usize = 256;

type Items = Vec<Result<Request, Invalid>>;

/// A batch that was read.
pub(super) struct ReadBatch {
    items: Items,
    mode: Mode,
    dry_run: bool,
    /// Whether results carry the entries themselves.
    entries: bool,
}

impl ReadBatch {
    /// Whether something of it is looked up in the past before it is decided.
    pub fn looks_up(&self) -> bool {
        self.items.iter().flatten().any(looks_up)
    }
}

/// The results of a batch that was handed in.
pub(super) type Answering = Pin<Box<dyn Future<Output = v1::SubmitResponse> + Send>>;

/// Reads a batch.
///
/// # Errors
/// It has no command or too many, or is to be all or nothing and has some that cannot be read.
pub(super) async fn read(message: v1::SubmitRequest, call: &Call) -> Result<ReadBatch, Status> {
    let v1::SubmitRequest { ledger, commands, atomic, dry_run, entries } = message;
    let ledger = ledger_of(&ledger).map_err(|it| of_invalid(&it))?;
    if commands.is_empty() {
        return Err(wrong("empty_batch", "has no command; send at least one"));
    }
    if commands.len() > COMMANDS_MAX {
        let message = format!("has more than {COMMANDS_MAX} commands; send it in parts");
        return Err(wrong("too_many_commands", &message));
    }
    let trace = call.trace.clone();
    let is_long = commands.len() > COMMANDS_INLINE_MAX;
    let work = move || -> Items {
        let read = |it| {
            let request = request_of_item(&ledger, it, trace.as_ref())?;
            check_feed(&request).map(|()| request)
        };
        commands.into_iter().map(read).collect()
    };
    let items = match is_long {
        true => tokio::task::spawn_blocking(work).await.map_err(|it| unavailable(&it))?,
        false => work(),
    };
    let mode = if atomic { Mode::Atomic } else { Mode::Each };
    refuse_unread(&items, mode)?;
    Ok(ReadBatch { items, mode, dry_run, entries })
}

fn wrong(code: &'static str, message: &str) -> Status {
    of_invalid(&Invalid::new(code, "commands", message))
}

fn unavailable(error: &tokio::task::JoinError) -> Status {
    of_trouble(&Trouble::Unavailable { message: error.to_string() })
}

fn refuse_unread(items: &Items, mode: Mode) -> Result<(), Status> {
    let unread = items.iter().enumerate();
    let unread = unread.filter_map(|(index, it)| Some((index as u64, it.as_ref().err()?.clone())));
    match mode {
        Mode::Each => Ok(()),
        Mode::Atomic => match unread.collect::<Vec<_>>() {
            it if it.is_empty() => Ok(()),
            invalid => Err(of_trouble(&Trouble::BatchInvalid { invalid })),
        },
    }
}

/// Hands the batch in; its place among others is that of the first time that the future is asked.
pub(super) fn hand_in(door: &Door, batch: ReadBatch) -> Answering {
    let ReadBatch { items, mode, dry_run, entries } = batch;
    let mut requests = Vec::with_capacity(items.len());
    let mut unread: Vec<(usize, Invalid)> = Vec::new();
    for (place, item) in items.into_iter().enumerate() {
        match item {
            Ok(request) => requests.push(request),
            Err(invalid) => unread.push((place, invalid)),
        }
    }
    let rooms = door.rooms.clone();
    Box::pin(async move {
        let is_judged = !dry_run && requests.iter().any(is_judgement);
        let answers = match requests.is_empty() {
            true => Vec::new(),
            false => rooms.node.submit(Batch { requests, mode, dry_run }).await,
        };
        // Whatever was judged in it goes on at once.
        if is_judged {
            rooms.snapshots.poke();
        }
        v1::SubmitResponse { results: in_order(&answers, &unread, entries) }
    })
}

/// The results in the order of the items, of which some could not be read.
fn in_order(answers: &[Answer], unread: &[(usize, Invalid)], entries: bool) -> Vec<v1::Result> {
    let mut results = Vec::with_capacity(answers.len() + unread.len());
    let (mut answers, mut unread) = (answers.iter(), unread.iter().peekable());
    loop {
        let place = results.len();
        if let Some((_, invalid)) = unread.next_if(|(it, _)| *it == place) {
            results.push(refused(&problem(No::Invalid(invalid))));
        } else if let Some(answered) = answers.next() {
            results.push(result(answered, entries));
        } else {
            return results;
        }
    }
}

fn result(answered: &Answer, with_entry: bool) -> v1::Result {
    match accepted(answered, with_entry) {
        Ok(accepted) => v1::Result { result: Some(v1::result::Result::Accepted(accepted)) },
        Err(problem) => refused(&problem),
    }
}

fn refused(problem: &Problem) -> v1::Result {
    let problem = problem_message(problem);
    v1::Result { result: Some(v1::result::Result::Problem(problem)) }
}

/// # Errors
/// The problem that the answer is told as.
fn accepted(answered: &Answer, with_entry: bool) -> Result<v1::Accepted, Problem> {
    let json = |entry: &onhand_core::Entry| match with_entry {
        true => serde_json::to_string(entry).unwrap_or_default(),
        false => String::new(),
    };
    match answered {
        Answer::Accepted { block, index, replayed } => match block.body.entries.get(*index) {
            Some(entry) => Ok(v1::Accepted {
                position: entry.position,
                height: block.height,
                recorded_at: Some(timestamp(block.time)),
                replayed: *replayed,
                entry_json: json(entry),
            }),
            None => Err(of_answer(&lost())),
        },
        Answer::WouldAccept { entry } => {
            Ok(v1::Accepted { entry_json: json(entry), ..v1::Accepted::default() })
        }
        Answer::Refused { .. } | Answer::KeyReused { .. } | Answer::Fault(_) => {
            Err(of_answer(answered))
        }
    }
}

/// One command of a call of its own, which is answered with its entry.
///
/// # Errors
/// What the ledger, or something beneath, says instead.
pub(super) async fn one(
    door: &Door,
    call: &Call,
    request: Request,
    dry_run: bool,
) -> Result<v1::Accepted, Status> {
    check_feed(&request).map_err(|it| of_invalid(&it.inside("command")))?;
    let is_judged = !dry_run && is_judgement(&request);
    let batch = Batch { requests: vec![request], mode: Mode::Each, dry_run };
    let mut answers = call.within(door.rooms.node.submit(batch)).await?;
    if is_judged {
        door.rooms.snapshots.poke();
    }
    let answer = answers.pop().unwrap_or_else(lost);
    accepted(&answer, true).map_err(|it| of_problem(&it))
}
