//! What can break under a journal, told to the people who run it.

use crate::chain::Break;
use std::io;

/// Something under us broke. Every message says what was found and, where there is one, the remedy.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// The operating system refused.
    #[error("{doing}")]
    Io {
        doing: String,
        #[source]
        source: io::Error,
    },
    /// The store does not answer now; trying again later may help.
    #[error("the journal cannot be reached: {0}")]
    Unavailable(String),
    /// No room is left. Nothing was stored.
    #[error("the journal is full: {0}")]
    Full(String),
    /// A start-up gate refused, or the store is configured in another way than this journal needs.
    #[error("{0}")]
    Gate(String),
    /// There is no journal where one should be. It is never created in passing.
    #[error("there is no journal: {0}")]
    Missing(String),
    /// There is a journal where a new one should be created.
    #[error("there is a journal already: {0}")]
    Exists(String),
    /// The journal contradicts itself or what was acknowledged. An operator has to decide.
    #[error("halted: {0}")]
    Halted(#[source] Break),
    /// Another writer claimed the shard with this epoch. Whether the last body is stored, its
    /// journal tells: the outcome is unknown here.
    #[error("another writer holds the shard since epoch {epoch}")]
    Deposed { epoch: u64 },
    /// It could not be found out in time whether the last body is stored. It may turn up.
    #[error("it is not known whether the block was stored: {0}")]
    OutcomeUnknown(String),
    /// The block is above what the store takes. Nothing was stored.
    #[error("a block of {bytes} bytes is larger than the {bytes_max} bytes the journal takes")]
    TooLarge { bytes: usize, bytes_max: usize },
    /// The writer met a fault before; a new one has to be made from the journal.
    #[error("this writer stopped after an earlier fault")]
    Poisoned,
}

impl Fault {
    /// An error of the operating system while `doing` something.
    pub fn io(doing: impl Into<String>, source: io::Error) -> Fault {
        Fault::Io { doing: doing.into(), source }
    }

    /// A break found at `height`.
    pub fn halted(height: u64, reason: impl Into<String>) -> Fault {
        Fault::Halted(Break::new(height, reason))
    }

    /// After [`crate::Writer::append`]: the body is not in the journal and can never enter it.
    pub fn nothing_stored(&self) -> bool {
        match self {
            Fault::Unavailable(_) | Fault::Full(_) | Fault::Gate(_) => true,
            Fault::TooLarge { .. } | Fault::Missing(_) | Fault::Exists(_) | Fault::Poisoned => true,
            Fault::Io { .. } | Fault::Halted(_) => false,
            Fault::Deposed { .. } | Fault::OutcomeUnknown(_) => false,
        }
    }
}

impl From<Break> for Fault {
    fn from(found: Break) -> Fault {
        Fault::Halted(found)
    }
}

/// How one append under compare-and-set ended if it was not acknowledged.
#[derive(Debug, thiserror::Error)]
pub enum AppendError {
    /// Definite: not stored, and it cannot be stored later.
    #[error("not stored: {0}")]
    NotStored(#[source] Fault),
    /// The compare-and-set refused. An earlier copy of the same block may still be what is there.
    #[error("not the next height: the journal's last height is {last}")]
    WrongHeight { last: u64 },
    /// Stored, not stored, or stored later: a timeout, a disconnect, an odd acknowledgement.
    #[error("outcome unknown: {0}")]
    Unknown(String),
}

/// Why a claim did not begin a reign.
#[derive(Debug, thiserror::Error)]
pub enum ClaimError {
    /// The journal goes on behind the tip, at least to `last`: replay more and claim again.
    #[error("the journal goes on to height {last}")]
    Behind { last: u64 },
    #[error(transparent)]
    Fault(#[from] Fault),
}
