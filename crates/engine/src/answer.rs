//! What callers hand in and what they are told.

use std::sync::Arc;

use onhand_core::{BlockBody, CommandId, Entry, Place, Rejection, Request, Time};
use onhand_journal::{Block, Hash};

/// Requests of one caller, in order, all to ledgers of one shard.
#[derive(Clone, Debug)]
pub struct Batch {
    pub requests: Vec<Request>,
    pub mode: Mode,
    /// Decide, tell what would happen, and record nothing.
    pub dry_run: bool,
}

/// How far the requests of a batch depend on each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Each is accepted or refused by itself. The batch may span blocks.
    Each,
    /// All or none, of one ledger, in one block. Refusals of such a batch are not remembered:
    /// what refused one command may be another command that was never booked.
    Atomic,
}

impl Batch {
    pub fn one(request: Request) -> Batch {
        Batch::each(vec![request])
    }
    pub fn each(requests: Vec<Request>) -> Batch {
        Batch { requests, mode: Mode::Each, dry_run: false }
    }
    pub fn atomic(requests: Vec<Request>) -> Batch {
        Batch { requests, mode: Mode::Atomic, dry_run: false }
    }
}

/// An entries block that is durable, with its body as values.
#[derive(Debug)]
pub struct CommittedBlock {
    pub height: u64,
    pub hash: Hash,
    /// Hash of the block before it.
    pub previous: Hash,
    pub epoch: u64,
    /// Ledger time of everything in it.
    pub time: Time,
    /// Size of its stored form.
    pub bytes: usize,
    /// Shared: who tells of it later keeps it without a copy.
    pub body: Arc<BlockBody>,
}

impl CommittedBlock {
    pub(crate) fn new(block: &Block, body: BlockBody) -> CommittedBlock {
        let &Block { height, hash, previous, epoch, time_us, .. } = block;
        let bytes = block.bytes.len();
        let (time, body) = (Time(time_us), Arc::new(body));
        CommittedBlock { height, hash, previous, epoch, time, bytes, body }
    }
}

/// What one request came to. Nothing is said before it is durable.
#[derive(Clone, Debug)]
pub enum Answer {
    /// Booked: `block.body.entries[index]`. `replayed`: by an earlier request with the same key.
    Accepted { block: Arc<CommittedBlock>, index: usize, replayed: bool },
    /// The ledger says no. `position`: the ledger's position when it was decided; 0 for a
    /// replayed refusal, which is recorded without it.
    Refused { rejection: Rejection, replayed: bool, position: u64 },
    /// Dry run: this would be booked.
    WouldAccept { entry: Box<Entry> },
    /// The key was used for another request; `field` names where they differ.
    KeyReused { field: String, id: CommandId, recorded: Place },
    /// Something beneath broke.
    Fault(AnswerFault),
}

/// A failure that is no answer of the ledger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AnswerFault {
    /// It may be booked or not. The same request with the same key finds out.
    OutcomeUnknown { message: String },
    /// Certainly not booked. Send it again.
    Unavailable { message: String },
    /// Certainly not booked, and nothing will be until an operator decides.
    Halted { message: String },
    /// Certainly not booked: too much waits. Send it again after so many milliseconds.
    Overloaded { retry_after_ms: u64 },
}

impl AnswerFault {
    pub(crate) fn unknown(message: impl Into<String>) -> Answer {
        Answer::Fault(AnswerFault::OutcomeUnknown { message: message.into() })
    }
    pub(crate) fn unavailable(message: impl Into<String>) -> Answer {
        Answer::Fault(AnswerFault::Unavailable { message: message.into() })
    }
    pub(crate) fn halted(message: impl Into<String>) -> Answer {
        Answer::Fault(AnswerFault::Halted { message: message.into() })
    }
}

/// The answer that is recorded at `place` of `block`, for a request that came with the same key.
/// `differing` names the field in which two requests differ, by their prints.
pub(crate) fn recorded(
    block: &Arc<CommittedBlock>,
    place: Place,
    request: &Request,
    differing: fn(&str, &str, &onhand_core::Command) -> String,
) -> Answer {
    let index = place.index as usize;
    let (print, rejection) = match place.refusal {
        true => match block.body.refusals.get(index) {
            Some(it) => (&it.request, Some(&it.rejection)),
            None => return astray(place),
        },
        false => match block.body.entries.get(index) {
            Some(it) => (&it.envelope.request, None),
            None => return astray(place),
        },
    };
    if *print != request.envelope.request {
        let field = differing(print, &request.envelope.request, &request.command);
        return Answer::KeyReused { field, id: request.envelope.id.clone(), recorded: place };
    }
    match rejection {
        Some(rejection) => {
            Answer::Refused { rejection: rejection.clone(), replayed: true, position: 0 }
        }
        None => Answer::Accepted { block: block.clone(), index, replayed: true },
    }
}

fn astray(place: Place) -> Answer {
    AnswerFault::unknown(format!(
        "the command was answered before, but block {} does not hold the answer",
        place.height
    ))
}
