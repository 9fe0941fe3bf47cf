//! How an engine begins: load what is committed, open the journal, claim the shard.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::AtomicU8;
use std::sync::atomic::Ordering::SeqCst;

use crossbeam_channel::Sender;
use onhand_core::{Book, Time, Tracking};
use onhand_journal::{ClaimError, Fault, Identity, Patience, Reader, Writer};

use crate::Source;
use crate::handle::Event;

/// Claims in a row that may find the journal longer than what was loaded.
const CLAIMS_MAX: u32 = 20;

/// The end of an attempt, and the source for the next one.
pub(crate) struct Loaded {
    pub source: Box<dyn Source>,
    pub begun: Result<Beginning, Fault>,
}

/// All that a new engine needs.
pub(crate) struct Beginning {
    pub book: Book,
    pub writer: Writer,
    pub reader: Box<dyn Reader>,
}

/// Whether an attempt may still claim. A shard that stopped must not depose its successor.
#[derive(Default)]
pub(crate) struct Permit(AtomicU8);

impl Permit {
    const CLAIMING: u8 = 1;
    const WITHDRAWN: u8 = 2;

    /// True: no claim is under way, and none will be.
    pub fn withdraw(&self) -> bool {
        let free = self.0.compare_exchange(0, Permit::WITHDRAWN, SeqCst, SeqCst);
        free.is_ok() || free == Err(Permit::WITHDRAWN)
    }

    fn take(&self) -> Result<(), Fault> {
        match self.0.compare_exchange(0, Permit::CLAIMING, SeqCst, SeqCst) {
            Ok(_) => Ok(()),
            Err(_) => Err(Fault::Unavailable("the shard was stopped".to_string())),
        }
    }

    fn give_back(&self) {
        self.0.store(0, SeqCst);
    }
}

/// Loads and claims in a thread of its own, so that callers can be told when it takes too long.
/// `time`: ledger time now.
///
/// # Errors
/// No thread is to be had: the source.
pub(crate) fn begin(
    mut source: Box<dyn Source>,
    identity: Identity,
    time: Time,
    patience: Patience,
    inbox: Sender<Event>,
    permit: Arc<Permit>,
) -> Result<(), std::io::Error> {
    let work = move || {
        let begun = catch_unwind(AssertUnwindSafe(|| {
            load_and_claim(&mut *source, identity, time, patience, &permit)
        }));
        let begun = begun.unwrap_or_else(|_| {
            Err(Fault::Unavailable("loading what is committed panicked".to_string()))
        });
        let _ended = inbox.send(Event::Loaded(Box::new(Loaded { source, begun })));
    };
    std::thread::Builder::new().name("load".to_string()).spawn(work).map(|_| ())
}

fn load_and_claim(
    source: &mut dyn Source,
    identity: Identity,
    time: Time,
    patience: Patience,
    permit: &Permit,
) -> Result<Beginning, Fault> {
    let mut last = 0;
    for _ in 0..CLAIMS_MAX {
        let (journal, high_water) = source.journal()?;
        let (mut book, tip) = source.load()?;
        let time_us = time.as_us().max(tip.time_us);
        permit.take()?;
        match Writer::claim_with(journal, identity, tip, high_water, time_us, patience) {
            Ok(writer) => {
                quiet(&mut book);
                let reader = writer.reader()?;
                return Ok(Beginning { book, writer, reader });
            }
            // Somebody wrote meanwhile: read that too.
            Err(ClaimError::Behind { last: found }) => {
                last = found;
                permit.give_back();
            }
            Err(ClaimError::Fault(fault)) => return Err(fault),
        }
    }
    Err(Fault::Unavailable(format!("others keep writing; the journal goes on to height {last}")))
}

/// Changes are tracked for checkpoints, which are not written here.
fn quiet(book: &mut Book) {
    book.tracking = Tracking::Off;
    for ledger in book.ledgers.values_mut() {
        ledger.track(Tracking::Off);
        drop(ledger.take_touched());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_permit_withdrawn_is_never_taken_and_one_taken_is_not_withdrawn() {
        let permit = Permit::default();
        permit.take().unwrap();
        assert!(!permit.withdraw());
        permit.give_back();
        assert!(permit.withdraw() && permit.withdraw());
        assert!(permit.take().is_err());
    }
}
