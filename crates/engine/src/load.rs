//! How an engine begins: load what is committed, open the journal, claim the shard.

use std::panic::{AssertUnwindSafe, catch_unwind};

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
) -> Result<(), std::io::Error> {
    let work = move || {
        let begun = catch_unwind(AssertUnwindSafe(|| {
            load_and_claim(&mut *source, identity, time, patience)
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
) -> Result<Beginning, Fault> {
    let mut last = 0;
    for _ in 0..CLAIMS_MAX {
        let (journal, high_water) = source.journal()?;
        let (mut book, tip) = source.load()?;
        let time_us = time.as_us().max(tip.time_us);
        match Writer::claim_with(journal, identity, tip, high_water, time_us, patience) {
            Ok(writer) => {
                quiet(&mut book);
                let reader = writer.reader()?;
                return Ok(Beginning { book, writer, reader });
            }
            // Somebody wrote meanwhile: read that too.
            Err(ClaimError::Behind { last: found }) => last = found,
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
