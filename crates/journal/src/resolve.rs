//! Finding out whether a block was stored when the journal did not say.
//!
//! An append that timed out may be stored, not stored, or stored later. The writer drops its
//! connection and appends an empty *barrier* block at the very place the block would have taken.
//! If the barrier is acknowledged there, the block is not in the journal and can never enter it,
//! because the only height it fits is taken. If the barrier is refused, the writer reads what is
//! there: its own block (it was stored after all), an earlier barrier of its own, or another
//! writer's claim (it is deposed). It goes on until a barrier is acknowledged: everything before
//! that is final.

use crate::Journal;
use crate::block::{Block, Kind, seal};
use crate::chain::Chain;
use crate::fault::{AppendError, Fault};
use crate::hash::Hash;
use crate::patience::Tries;
use bytes::Bytes;

/// All blocks behind `chain`'s tip up to and including an acknowledged barrier, in order. `suspect`
/// is among them if it was stored; if not, it never will be.
pub(crate) fn resolve(
    journal: &mut dyn Journal,
    mut chain: Chain,
    suspect: &Block,
    unclear: &AppendError,
    tries: &mut Tries,
) -> Result<Vec<Block>, Fault> {
    let mut found = Vec::new();
    let mut reason = unclear.to_string();
    let mut connected = false;
    loop {
        let known = found.len();
        if !connected {
            match journal.reconnect() {
                Ok(()) => connected = true,
                Err(fault) => reason = fault.to_string(),
            }
        }
        if connected {
            let barrier = barrier(&chain);
            match journal.append(&barrier) {
                Ok(()) => {
                    found.push(barrier);
                    return Ok(found);
                }
                Err(AppendError::WrongHeight { last }) => {
                    reason = format!("a barrier was refused, the last height is {last}");
                    read_on(journal, &mut chain, suspect, last, &mut found)?;
                }
                Err(error @ (AppendError::NotStored(_) | AppendError::Unknown(_))) => {
                    connected = false;
                    reason = error.to_string();
                }
            }
        }
        // Something new was read: the next barrier has another place, so there is no need to wait.
        if found.len() == known && !tries.pause() {
            return Err(Fault::OutcomeUnknown(reason));
        }
    }
}

/// Always the same bytes at the same place, so that a barrier whose acknowledgement was lost is
/// recognised when it is read.
fn barrier(chain: &Chain) -> Block {
    let Chain { identity, tip } = chain;
    seal(identity, tip, tip.epoch, tip.time_us, Kind::Barrier, b"null")
}

/// Reads what lies behind the tip, up to `last`, as far as it can be read now.
fn read_on(
    journal: &mut dyn Journal,
    chain: &mut Chain,
    suspect: &Block,
    last: u64,
    found: &mut Vec<Block>,
) -> Result<(), Fault> {
    if last < chain.tip.height {
        return verify_tip(journal, chain, last);
    }
    while chain.tip.height < last {
        // Nothing there although the journal counts it: replicas may not have applied it yet. It is
        // read again after a pause; it is never skipped.
        let Some(bytes) = retryable(journal.read(chain.tip.height + 1))? else { return Ok(()) };
        let epoch = chain.tip.epoch;
        let block = chain.accept(bytes)?;
        if block.epoch > epoch {
            return Err(Fault::Deposed { epoch: block.epoch });
        }
        if block.kind != Kind::Barrier && block.hash != suspect.hash {
            let reason = format!("found a block {} of our epoch that is not ours", block.hash);
            return Err(Fault::halted(block.height, reason));
        }
        found.push(block);
    }
    Ok(())
}

/// The journal says that it ends below our tip. Halted unless the tip is there after all.
fn verify_tip(journal: &mut dyn Journal, chain: &Chain, last: u64) -> Result<(), Fault> {
    let tip = chain.tip;
    let reason = match journal.read(tip.height) {
        Ok(Some(bytes)) if Hash::of(&bytes) == tip.hash => return Ok(()),
        Ok(Some(bytes)) => format!("expected {}, found {}", tip.hash, Hash::of(&bytes)),
        Ok(None) => format!("expected {}, but the journal now ends at {last}", tip.hash),
        Err(fault) => return retryable(Err(fault)).map(|_| ()),
    };
    Err(Fault::halted(tip.height, reason))
}

/// A store that does not answer now reads as nothing yet.
fn retryable(read: Result<Option<Bytes>, Fault>) -> Result<Option<Bytes>, Fault> {
    match read {
        Err(Fault::Unavailable(_)) => Ok(None),
        other => other,
    }
}
