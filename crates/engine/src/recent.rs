//! Blocks of the last moments, kept as values so that replayed answers need no reading.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::CommittedBlock;

/// By height, the oldest dropped first.
pub(crate) struct Recent {
    blocks: Mutex<Kept>,
    commands_max: usize,
}

#[derive(Default)]
struct Kept {
    by_height: BTreeMap<u64, Arc<CommittedBlock>>,
    commands: usize,
}

/// Stored bytes of an ordinary command; one of many lines counts as several.
const COMMAND_BYTES: usize = 256;

fn commands(block: &CommittedBlock) -> usize {
    let counted = block.body.entries.len() + block.body.refusals.len();
    // Each block costs something by itself.
    counted.max(block.bytes / COMMAND_BYTES) + 1
}

impl Recent {
    /// Keeps at most about `commands_max` commands.
    pub fn new(commands_max: usize) -> Recent {
        Recent { blocks: Mutex::new(Kept::default()), commands_max }
    }

    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.blocks.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the blocks that had to go: taking them apart costs time, and is best done elsewhere.
    pub fn keep(&self, block: Arc<CommittedBlock>) -> Vec<Arc<CommittedBlock>> {
        let mut gone = Vec::new();
        let mut kept = self.lock();
        kept.commands += commands(&block);
        if let Some(same) = kept.by_height.insert(block.height, block) {
            kept.commands -= commands(&same);
            gone.push(same);
        }
        while kept.commands > self.commands_max && kept.by_height.len() > 1 {
            let Some((_, oldest)) = kept.by_height.pop_first() else { break };
            kept.commands -= commands(&oldest);
            gone.push(oldest);
        }
        gone
    }

    pub fn get(&self, height: u64) -> Option<Arc<CommittedBlock>> {
        self.lock().by_height.get(&height).cloned()
    }
}
