//! The sale's ledger: an engine over a journal in memory, with a clock that the story sets.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use onhand_core::{BlockBody, Book, Command, CommandId, Entry, LedgerId, Request, Time};
use onhand_engine::{Answer, Batch, EngineConfig, Handle, Source, start};
use onhand_journal::{Chain, Fault, HighWater, Identity, Journal, Kind, MemoryJournal, Tip};
use onhand_wire::{EnvelopeExtra, build};
use uuid::Uuid;

use crate::failure::{Failure, whole};

/// The sale opens on 11 November 2026 at 20:00 in Shanghai.
const OPENS_US: u64 = 1_794_398_400_000_000;
/// Commands of one batch.
const BATCH_COMMANDS: usize = 1_000;
/// How long the engine may take to come to its end.
const STOP_MAX: Duration = Duration::from_secs(60);

/// What the engine is given.
#[derive(Clone)]
struct World {
    identity: Identity,
    journal: MemoryJournal,
    clock_us: Arc<AtomicU64>,
}

impl World {
    /// Everything stored, verified and folded, with what `see` makes of every entry.
    fn read(&self, see: &mut dyn FnMut(Time, &Entry)) -> Result<(Book, Tip), Fault> {
        let (mut chain, mut book) = (Chain::new(self.identity), Book::new([0; 16]));
        for bytes in self.journal.settled() {
            let block = chain.accept(bytes)?;
            if block.kind != Kind::Entries {
                continue;
            }
            let damaged = |error: &dyn std::error::Error| Fault::Unavailable(whole(error));
            let body: BlockBody =
                serde_json::from_slice(block.body()).map_err(|error| damaged(&error))?;
            let time = Time(block.time_us);
            body.entries.iter().for_each(|entry| see(time, entry));
            book.apply(block.height, time, &body).map_err(|error| damaged(&error))?;
        }
        Ok((book, chain.tip))
    }
}

impl Source for World {
    fn load(&mut self) -> Result<(Book, Tip), Fault> {
        self.read(&mut |_, _| {})
    }

    fn journal(&mut self) -> Result<(Box<dyn Journal>, HighWater), Fault> {
        Ok((Box::new(self.journal.clone()), HighWater::in_memory()))
    }

    fn clock(&mut self) -> Time {
        Time(self.clock_us.load(Ordering::SeqCst))
    }
}

/// The engine at work.
pub struct Desk {
    world: World,
    handle: Handle,
    ledger: LedgerId,
    asked: u64,
}

/// A moment of the sale, by the seconds since it opened.
pub fn moment(second: u64) -> Time {
    Time(OPENS_US).plus_seconds(second)
}

impl Desk {
    pub fn open() -> Result<Desk, Failure> {
        let identity = Identity { installation: Uuid::from_u128(u128::from(OPENS_US)), shard: 0 };
        let journal = MemoryJournal::create(&identity, 1, OPENS_US);
        let clock_us = Arc::new(AtomicU64::new(OPENS_US));
        let world = World { identity, journal, clock_us };
        // The story's time leaps by seconds and minutes, and is to be believed.
        let config = EngineConfig {
            leap_max: Duration::from_secs(86_400),
            keys_reserved: 0,
            ..EngineConfig::default()
        };
        let handle = start(identity, config, Box::new(world.clone()));
        if !handle.wait_started(STOP_MAX) {
            return Err(Failure::new("the engine of the sale does not begin"));
        }
        Ok(Desk { world, handle, ledger: LedgerId::new("sale")?, asked: 0 })
    }

    /// Asks everything at one moment of the sale, in order.
    ///
    /// # Errors
    /// The engine failed: nothing in memory should.
    pub fn ask(&mut self, second: u64, commands: Vec<Command>) -> Result<Vec<Answer>, Failure> {
        self.world.clock_us.store(moment(second).as_us(), Ordering::SeqCst);
        let mut requests = Vec::with_capacity(commands.len());
        for command in commands {
            requests.push(self.request(command)?);
        }
        let mut answers = Vec::with_capacity(requests.len());
        for batch in requests.chunks(BATCH_COMMANDS) {
            answers.extend(self.handle.submit_blocking(Batch::each(batch.to_vec())));
        }
        Ok(answers)
    }

    /// Asks what nothing speaks against.
    ///
    /// # Errors
    /// Something did.
    pub fn order(&mut self, second: u64, commands: Vec<Command>) -> Result<(), Failure> {
        let answers = self.ask(second, commands)?;
        match answers.iter().find(|it| !matches!(it, Answer::Accepted { .. })) {
            Some(other) => Err(unexpected(other)),
            None => Ok(()),
        }
    }

    fn request(&mut self, command: Command) -> Result<Request, Failure> {
        self.asked += 1;
        let id = CommandId::new(&format!("sale-{}", self.asked))?;
        Ok(build(self.ledger.clone(), id, command, EnvelopeExtra::default()))
    }

    /// Ends the engine: every entry in order with its moment, and the book that they tell.
    ///
    /// # Errors
    /// The journal contradicts itself.
    pub fn close(self) -> Result<(Vec<(Time, Entry)>, Book), Failure> {
        self.handle.shutdown();
        if !self.handle.wait_stopped(STOP_MAX) {
            return Err(Failure::new("the engine of the sale does not end"));
        }
        let mut entries = Vec::new();
        let (book, _) = self.world.read(&mut |time, entry| entries.push((time, entry.clone())))?;
        Ok((entries, book))
    }
}

/// An answer that the story has no place for.
pub fn unexpected(answer: &Answer) -> Failure {
    Failure::new(format!("the ledger of the sale answered what it should not: {answer:?}"))
}
