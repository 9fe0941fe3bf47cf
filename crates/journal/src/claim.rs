//! How a reign begins: the journal must hold what is known of it, then a claim block is appended.

use crate::block::{Block, Identity, Kind, Tip, seal};
use crate::fault::{AppendError, ClaimError, Fault};
use crate::hash::Hash;
use crate::high_water::HighWater;
use crate::patience::{Patience, Tries};
use crate::{Journal, parse};
use uuid::Uuid;

/// Holds the tip the caller replayed to, and the high-water mark, against the journal.
pub(crate) fn verify_start(
    journal: &mut dyn Journal,
    tip: &Tip,
    high_water: &HighWater,
) -> Result<(), ClaimError> {
    if tip.height == 0 {
        return Err(match journal.read(1)? {
            Some(_) => ClaimError::Behind { last: 1 },
            None => Fault::Missing("not even a genesis block is stored".to_string()).into(),
        });
    }
    verify_stored(journal, tip.height, tip.hash, "replayed")?;
    let (height, hash) = high_water.get();
    if height == 0 {
        return Ok(());
    }
    verify_stored(journal, height, hash, "acknowledged")?;
    if height > tip.height {
        return Err(ClaimError::Behind { last: height });
    }
    Ok(())
}

/// Halted unless the journal holds the block with `hash` at `height`.
fn verify_stored(
    journal: &mut dyn Journal,
    height: u64,
    hash: Hash,
    known_as: &str,
) -> Result<(), Fault> {
    let Some(bytes) = journal.read(height)? else {
        return Err(Fault::halted(
            height,
            format!("expected the {known_as} block {hash}, found nothing: the journal lost it"),
        ));
    };
    let found = Hash::of(&bytes);
    if found == hash {
        return Ok(());
    }
    Err(Fault::halted(height, format!("expected the {known_as} block {hash}, found {found}")))
}

/// The claim behind `tip`. Its body names this very writer: two claims for the same epoch must
/// differ in their bytes, or the loser would take the winner's claim for its own.
pub(crate) fn seal_claim(identity: &Identity, tip: &Tip, time_us: u64) -> Block {
    let body = format!("{{\"writer\":\"{}\"}}", Uuid::now_v7());
    seal(identity, tip, tip.epoch + 1, time_us, Kind::Claim, body.as_bytes())
}

/// Appends the claim. An unclear outcome is resolved by appending the same block again: it fits
/// one height only, so it is stored once or somebody else's block is there. True: acknowledged;
/// false: an earlier try was read back, and the next acknowledgement will cover it.
pub(crate) fn append(
    journal: &mut dyn Journal,
    claim: &Block,
    patience: &Patience,
) -> Result<bool, ClaimError> {
    let mut tries = Tries::new(patience);
    loop {
        let unclear = match journal.append(claim) {
            Ok(()) => return Ok(true),
            Err(AppendError::WrongHeight { last }) => match place(journal, claim, last)? {
                Place::Ours => return Ok(false),
                Place::Others(last) => return Err(ClaimError::Behind { last }),
                Place::Unread => format!("the journal says its last height is {last}"),
            },
            Err(AppendError::NotStored(Fault::Unavailable(reason))) => reason,
            Err(AppendError::NotStored(fault)) => return Err(fault.into()),
            Err(AppendError::Unknown(reason)) => reason,
        };
        tracing::warn!(height = claim.height, %unclear, "claiming again");
        if !tries.pause() {
            return Err(Fault::Unavailable(format!("no claim was acknowledged: {unclear}")).into());
        }
        // A failed reconnect shows in the next append.
        if let Err(fault) = journal.reconnect() {
            tracing::warn!(%fault, "reconnecting");
        }
    }
}

/// What is stored where the claim should be.
enum Place {
    /// The claim itself: an earlier try was stored.
    Ours,
    /// Another block; the journal reaches at least to this height.
    Others(u64),
    /// Nothing that could be read yet.
    Unread,
}

fn place(journal: &mut dyn Journal, claim: &Block, last: u64) -> Result<Place, Fault> {
    if last + 1 < claim.height {
        verify_stored(journal, claim.height - 1, claim.previous, "replayed")?;
    }
    match journal.read(claim.height) {
        Ok(Some(bytes)) if bytes == claim.bytes => Ok(Place::Ours),
        Ok(Some(bytes)) => {
            let found = parse(bytes).map_err(Fault::from)?;
            Ok(Place::Others(last.max(found.height)))
        }
        Ok(None) | Err(Fault::Unavailable(_)) => Ok(Place::Unread),
        Err(fault) => Err(fault),
    }
}
