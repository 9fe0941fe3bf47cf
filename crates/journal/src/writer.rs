//! The one writer of a shard: appends one block at a time and answers only what is certain.

use crate::block::{Block, Identity, Kind, Tip, seal};
use crate::chain::Chain;
use crate::claim;
use crate::fault::{AppendError, ClaimError, Fault};
use crate::high_water::HighWater;
use crate::patience::{Patience, Tries};
use crate::resolve::resolve;
use crate::{BLOCK_BYTES_MAX, HEADER_BYTES_MAX, Journal, Reader};

/// The reign of one epoch over one shard. One block is in flight at a time: with more, a deposed
/// writer's later blocks could still fit behind a new writer's claim.
pub struct Writer {
    journal: Box<dyn Journal>,
    chain: Chain,
    high_water: HighWater,
    patience: Patience,
    claim: Block,
    /// Final blocks that came after the entries of the last append, for the next one to hand out.
    owed: Vec<Block>,
    poisoned: bool,
}

impl Writer {
    /// Begins a reign: appends a claim block with the next epoch right behind `tip`, which is how
    /// far the caller replayed. Behind: the journal goes on, replay more and claim again. Halted:
    /// the journal does not hold what the tip or the high-water mark says.
    pub fn claim(
        journal: Box<dyn Journal>,
        identity: Identity,
        tip: Tip,
        high_water: HighWater,
        time_us: u64,
    ) -> Result<Writer, ClaimError> {
        Writer::claim_with(journal, identity, tip, high_water, time_us, Patience::default())
    }

    /// [`Writer::claim`] with another patience than the default, here and in every append.
    pub fn claim_with(
        mut journal: Box<dyn Journal>,
        identity: Identity,
        tip: Tip,
        mut high_water: HighWater,
        time_us: u64,
        patience: Patience,
    ) -> Result<Writer, ClaimError> {
        claim::verify_start(&mut *journal, &tip, &high_water)?;
        let block = claim::seal_claim(&identity, &tip, time_us);
        let acknowledged = claim::append(&mut *journal, &block, &patience)?;
        if acknowledged {
            high_water.raise(block.height, block.hash)?;
        }
        let chain = Chain::at(identity, block.tip());
        let (owed, poisoned) = (Vec::new(), false);
        Ok(Writer { journal, chain, high_water, patience, claim: block, owed, poisoned })
    }

    /// The claim block this reign began with.
    pub fn claimed(&self) -> &Block {
        &self.claim
    }

    /// The end of the journal as far as this writer knows it.
    pub fn tip(&self) -> Tip {
        self.chain.tip
    }

    /// An independent handle for bulk reading.
    pub fn reader(&self) -> Result<Box<dyn Reader>, Fault> {
        self.journal.reader()
    }

    /// Appends `body` (one JSON value) as the next block, durably. Returns the blocks that became
    /// final since the last call, in order: barriers if an outcome had to be resolved, and as the
    /// last one the block with `body`.
    ///
    /// After a fault the writer is done for. [`Fault::nothing_stored`] says whether the body is
    /// certainly not in the journal; otherwise it may be there, and its place tells.
    pub fn append(&mut self, time_us: u64, body: &[u8]) -> Result<Vec<Block>, Fault> {
        if self.poisoned {
            return Err(Fault::Poisoned);
        }
        // Set first: a panic on the way must not leave a writer that looks whole.
        self.poisoned = true;
        let bytes = body.len() + HEADER_BYTES_MAX;
        if bytes > BLOCK_BYTES_MAX {
            return Err(Fault::TooLarge { bytes, bytes_max: BLOCK_BYTES_MAX });
        }
        let blocks = self.append_until_final(time_us, body)?;
        self.poisoned = false;
        Ok(blocks)
    }

    fn append_until_final(&mut self, time_us: u64, body: &[u8]) -> Result<Vec<Block>, Fault> {
        let mut finals = std::mem::take(&mut self.owed);
        let mut tries = Tries::new(&self.patience);
        loop {
            let Chain { identity, tip } = self.chain;
            let block = seal(&identity, &tip, tip.epoch, time_us, Kind::Entries, body);
            match self.journal.append(&block) {
                Ok(()) => {
                    self.advance(&block)?;
                    finals.push(block);
                    return Ok(finals);
                }
                // Definite, so the very same block may be tried again.
                Err(AppendError::NotStored(Fault::Unavailable(_))) if tries.pause() => {}
                Err(AppendError::NotStored(fault)) => return Err(definite(fault)),
                Err(unclear @ (AppendError::WrongHeight { .. } | AppendError::Unknown(_))) => {
                    finals.extend(self.resolve(&block, &unclear, &mut tries)?);
                    // A barrier may have proved that the block is not there: then round again.
                    if let Some(at) = finals.iter().position(|found| found.hash == block.hash) {
                        self.owed = finals.split_off(at + 1);
                        return Ok(finals);
                    }
                }
            }
        }
    }

    /// An acknowledged block: the tip and the high-water mark move onto it.
    fn advance(&mut self, block: &Block) -> Result<(), Fault> {
        self.chain.tip = block.tip();
        self.high_water.raise(block.height, block.hash).map_err(|fault| {
            Fault::OutcomeUnknown(format!(
                "the block is stored at height {}, but the high-water mark could not be moved: {}",
                block.height,
                chain_of(&fault)
            ))
        })
    }

    fn resolve(
        &mut self,
        block: &Block,
        unclear: &AppendError,
        tries: &mut Tries,
    ) -> Result<Vec<Block>, Fault> {
        tracing::warn!(height = block.height, %unclear, "resolving an append");
        let found = resolve(&mut *self.journal, self.chain, block, unclear, tries)?;
        if let Some(barrier) = found.last() {
            self.advance(barrier)?;
        }
        Ok(found)
    }
}

/// A refusal that stored nothing, whatever the backend called it.
fn definite(fault: Fault) -> Fault {
    if fault.nothing_stored() {
        return fault;
    }
    Fault::Unavailable(chain_of(&fault))
}

/// A fault with its causes in one line.
fn chain_of(fault: &Fault) -> String {
    let mut text = fault.to_string();
    let mut cause = std::error::Error::source(fault);
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}
