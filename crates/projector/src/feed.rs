//! Folding one block under the lock: from a replay or from the engine beside us.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use onhand_core::BlockBody;
use onhand_journal::{Fault, Hash, Tip};

use crate::projector::Projector;

/// Between two slices of a sweep.
const READERS_TURN: Duration = Duration::from_micros(20);

impl Projector {
    /// Folds the next block and wakes those who wait. The caller holds the feed.
    ///
    /// # Errors
    /// `Halted`, for good: the block or an entry in it does not follow.
    pub(crate) fn fold(
        &self,
        tip: Tip,
        previous: Hash,
        body: Option<&BlockBody>,
    ) -> Result<(), Fault> {
        // A checkpoint is of whole blocks with all their notices.
        let _whole = self.whole_blocks();
        let folded = {
            let mut state = self.write();
            // Arithmetic that overflows is damage like any other: stop folding, keep answering.
            let caught = catch_unwind(AssertUnwindSafe(|| state.fold(tip, previous, body)));
            caught.unwrap_or_else(|_| {
                let reason = format!("the fold of block {} panicked", tip.height);
                state.halted = Some(reason.clone());
                Err(Fault::halted(tip.height, reason))
            })
        };
        self.announce();
        if folded.is_ok() {
            self.sweep(tip.height);
        }
        folded
    }

    /// Looks at what the block changed for many items at once. Readers get in between the slices;
    /// the next block waits.
    fn sweep(&self, height: u64) {
        loop {
            let mut state = self.write();
            match catch_unwind(AssertUnwindSafe(|| state.sweep())) {
                Ok(true) => drop(state),
                Ok(false) => return,
                Err(_) => {
                    state.halted = Some(format!("the notices of block {height} panicked"));
                    return;
                }
            }
            // The lock favours whoever takes it again at once: readers need a moment to get it.
            std::thread::sleep(READERS_TURN);
        }
    }

    /// Stops folding for good if the journal turned out to be broken.
    pub(crate) fn note(&self, fault: Fault) -> Fault {
        if let Fault::Halted(found) = &fault {
            let mut state = self.write();
            if state.halted.is_none() {
                tracing::error!(shard = self.identity.shard, %found, "the projection halts");
                state.halted = Some(found.to_string());
            }
            drop(state);
            self.announce();
        }
        fault
    }
}
