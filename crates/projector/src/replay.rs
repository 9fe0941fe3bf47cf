//! Reading the journal to its end: little of it in place, much of it on three threads.
//!
//! One thread reads ahead, one checks the chain and decodes, one folds. Decoding costs about as
//! much as folding, so two cores are busy; the channels between them hold a few blocks each.

use crossbeam_channel::{Receiver, Sender, bounded, unbounded};
use onhand_core::BlockBody;
use onhand_journal::{Bytes, Chain, Fault, Reader, Tip};
use std::time::Duration;

use crate::config::Progress;
use crate::decode::{Decoded, decode};
use crate::projector::Projector;

/// Bytes asked for at once.
const READ_BYTES: usize = 8 * 1024 * 1024;
/// More than this at once and threads are worth their start.
const FEW_BYTES: usize = 1024 * 1024;
/// Decoded blocks that wait to be folded.
const DECODED_MAX: usize = 8;
/// How often progress is told, in entries.
const TELL_EVERY: u64 = 100_000;

impl Projector {
    pub(crate) fn catch_up_with(&self, tell: &mut dyn FnMut(Progress)) -> Result<Tip, Fault> {
        let mut reader = self.feed();
        let mut replay = Replay { projector: self, tell, entries: 0, told: 0 };
        let read = replay.run(&mut **reader);
        let entries = replay.entries;
        read.map_err(|fault| self.note(fault))?;
        self.at_end();
        let tip = self.tip();
        tell(Progress { height: tip.height, entries });
        Ok(tip)
    }
}

struct Replay<'a> {
    projector: &'a Projector,
    tell: &'a mut dyn FnMut(Progress),
    entries: u64,
    told: u64,
}

impl Replay<'_> {
    fn run(&mut self, reader: &mut dyn Reader) -> Result<(), Fault> {
        loop {
            let tip = self.projector.tip();
            let blocks = reader.read_from(tip.height + 1, READ_BYTES, Duration::ZERO)?;
            if blocks.is_empty() {
                return Ok(());
            }
            let mut chain = Chain::at(self.projector.identity, tip);
            if blocks.iter().map(Bytes::len).sum::<usize>() < FEW_BYTES {
                for bytes in blocks {
                    self.fold(decode(&mut chain, bytes)?)?;
                }
            } else {
                self.run_threads(reader, chain, blocks)?;
            }
        }
    }

    fn run_threads(
        &mut self,
        reader: &mut dyn Reader,
        chain: Chain,
        first: Vec<Bytes>,
    ) -> Result<(), Fault> {
        let (to_decode, blocks) = bounded(2);
        let (to_fold, decoded) = bounded::<Result<Decoded, Fault>>(DECODED_MAX);
        let (to_free, folded) = unbounded();
        let height = chain.tip.height + 1;
        std::thread::scope(|scope| {
            scope.spawn(move || read_ahead(reader, height, first, &to_decode));
            scope.spawn(move || decode_all(chain, &blocks, &to_fold, &folded));
            // Returning drops `decoded`: the other threads find nobody to send to, and end.
            decoded.into_iter().try_for_each(|block| {
                let body = self.fold(block?)?;
                // Nobody listens once the last block is decoded: then it is freed here.
                drop(to_free.send(body));
                Ok(())
            })
        })
    }

    /// Folds a block; its body comes back.
    fn fold(&mut self, block: Decoded) -> Result<Option<BlockBody>, Fault> {
        self.projector.fold(block.tip, block.previous, block.body.as_ref())?;
        self.entries += block.body.as_ref().map_or(0, |body| body.entries.len() as u64);
        if self.entries - self.told >= TELL_EVERY {
            self.told = self.entries;
            (self.tell)(Progress { height: block.tip.height, entries: self.entries });
        }
        Ok(block.body)
    }
}

type Blocks = Result<Vec<Bytes>, Fault>;

/// Sends what the journal holds until it ends, until a fault, or until nobody listens.
fn read_ahead(
    reader: &mut dyn Reader,
    mut height: u64,
    first: Vec<Bytes>,
    to_decode: &Sender<Blocks>,
) {
    let mut blocks: Blocks = Ok(first);
    loop {
        let count = blocks.as_ref().map_or(0, Vec::len);
        height += count as u64;
        if to_decode.send(blocks).is_err() || count == 0 {
            return;
        }
        blocks = reader.read_from(height, READ_BYTES, Duration::ZERO);
    }
}

fn decode_all(
    mut chain: Chain,
    blocks: &Receiver<Blocks>,
    to_fold: &Sender<Result<Decoded, Fault>>,
    folded: &Receiver<Option<BlockBody>>,
) {
    for batch in blocks {
        let batch = match batch {
            Ok(batch) => batch,
            Err(fault) => return drop(to_fold.send(Err(fault))),
        };
        for bytes in batch {
            // Memory is cheapest to free where it was taken, and is used again at once.
            folded.try_iter().for_each(drop);
            let decoded = decode(&mut chain, bytes);
            let broken = decoded.is_err();
            if to_fold.send(decoded).is_err() || broken {
                return;
            }
        }
    }
}
