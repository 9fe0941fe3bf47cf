//! The commands of a measurement, made before the clock starts, and the clock.

use std::sync::Barrier;
use std::time::{Duration, Instant};

use onhand_core::{
    ClaimLine, Command, CommandId, CommitOrder, IfShort, InvalidName, LedgerId, LocationId,
    OrderId, Partial, Quantity, ReceiveFrom, ReceiveLine, ReceiveStock, ReceiveTo, RegisterItem,
    RegisterLocation, Request, Sku,
};
use onhand_engine::{Answer, Batch};
use onhand_wire::{EnvelopeExtra, build};

use super::under::Under;
use crate::failure::Failure;

const LOCATION: &str = "bench";
/// Units of each item: more than any run can sell.
const STOCK: u64 = 1_000_000_000;
/// Lines of one receipt.
const LINES: usize = 1_000;

/// What one case sells: one item again and again, or all of them in turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spread {
    Uniform,
    Hot,
}

/// A ledger of its own with `skus` items, and the commands that measure it.
pub struct Load {
    ledger: LedgerId,
    skus: u64,
}

impl Load {
    /// # Errors
    /// A ledger's name is not allowed.
    pub fn new(name: &str, skus: u64) -> Result<Load, InvalidName> {
        Ok(Load { ledger: LedgerId::new(name)?, skus })
    }

    /// Registers and fills everything.
    ///
    /// # Errors
    /// The ledger does not take it.
    pub fn prepare(&self, under: &Under) -> Result<(), Failure> {
        let location = LocationId::new(LOCATION)?;
        let mut commands = vec![Command::RegisterLocation(RegisterLocation {
            location: location.clone(),
            name: None,
            kind: Default::default(),
            supplier: None,
        })];
        for number in 0..self.skus {
            let (sku, aliases) = (sku(number)?, Vec::new());
            let item = RegisterItem { sku, aliases, name: None, category: None, scale: 0 };
            commands.push(Command::RegisterItem(item));
        }
        let numbers: Vec<u64> = (0..self.skus).collect();
        for numbers in numbers.chunks(LINES) {
            let lines = numbers.iter().map(|it| line(*it)).collect::<Result<_, Failure>>()?;
            commands.push(Command::ReceiveStock(ReceiveStock {
                location: location.clone(),
                lines,
                to: ReceiveTo::Sellable,
                from: ReceiveFrom::Opening,
                supplier: None,
                inbound: None,
                create_items: false,
            }));
        }
        let mut requests = Vec::with_capacity(commands.len());
        for (index, command) in commands.into_iter().enumerate() {
            requests.push(self.request(&format!("setup-{index}"), command)?);
        }
        for part in requests.chunks(5_000) {
            all_accepted(&under.submit(Batch::each(part.to_vec())))?;
        }
        Ok(())
    }

    fn request(&self, id: &str, command: Command) -> Result<Request, InvalidName> {
        Ok(build(self.ledger.clone(), CommandId::new(id)?, command, EnvelopeExtra::default()))
    }

    /// One-line commits, `count` of them from number `first` on, in batches of `size`.
    ///
    /// # Errors
    /// A made-up name is not allowed.
    pub fn commits(
        &self,
        first: u64,
        count: u64,
        size: usize,
        spread: Spread,
    ) -> Result<Vec<Batch>, Failure> {
        let location = LocationId::new(LOCATION)?;
        let mut batches = Vec::new();
        let mut batch = Vec::with_capacity(size);
        for number in first..first + count {
            let item = match spread {
                // A large odd step: neighbours in time are no neighbours in memory.
                Spread::Uniform => number.wrapping_mul(7_919) % self.skus,
                Spread::Hot => 0,
            };
            let claim = ClaimLine {
                r#ref: None,
                sku: sku(item)?,
                quantity: units(1)?,
                location: Some(location.clone()),
                slot: None,
            };
            let order = CommitOrder {
                order: OrderId::new(&format!("o{number}"))?,
                channel: None,
                hold: None,
                lines: vec![claim],
                partial: Partial::None,
                if_short: IfShort::Refuse,
                campaign: None,
                customer: None,
                ship_to: None,
            };
            batch.push(self.request(&format!("k{number}"), Command::CommitOrder(order))?);
            if batch.len() == size {
                batches.push(Batch::each(std::mem::take(&mut batch)));
                batch.reserve(size);
            }
        }
        if !batch.is_empty() {
            batches.push(Batch::each(batch));
        }
        Ok(batches)
    }
}

fn sku(number: u64) -> Result<Sku, InvalidName> {
    Sku::new(&format!("S{number:07}"))
}

fn line(number: u64) -> Result<ReceiveLine, Failure> {
    Ok(ReceiveLine { sku: sku(number)?, quantity: units(STOCK)?, lot: None, unit_cost: None })
}

fn units(number: u64) -> Result<Quantity, Failure> {
    Quantity::new(number).ok_or_else(|| Failure::new(format!("{number} is no quantity")))
}

/// # Errors
/// The first answer that is not a booking.
fn all_accepted(answers: &[Answer]) -> Result<(), Failure> {
    let odd = answers.iter().find(|it| !matches!(it, Answer::Accepted { replayed: false, .. }));
    match odd {
        None => Ok(()),
        Some(answer) => Err(Failure::new(format!("a measured command was not booked: {answer:?}"))),
    }
}

/// Hands each caller's batches over from a thread of its own, all at once; the time until the last
/// answer.
///
/// # Errors
/// Not everything was booked.
pub fn throughput(under: &Under, callers: Vec<Vec<Batch>>) -> Result<Duration, Failure> {
    let ready = Barrier::new(callers.len() + 1);
    std::thread::scope(|scope| {
        let threads: Vec<_> = callers
            .into_iter()
            .map(|batches| {
                let ready = &ready;
                scope.spawn(move || {
                    ready.wait();
                    batches.into_iter().try_for_each(|it| all_accepted(&under.submit(it)))
                })
            })
            .collect();
        ready.wait();
        let begun = Instant::now();
        for thread in threads {
            thread.join().map_err(|_| Failure::new("a caller's thread panicked"))??;
        }
        Ok(begun.elapsed())
    })
}

/// One command at a time from one caller: the time of each, sorted.
///
/// # Errors
/// Not everything was booked.
pub fn latencies(under: &Under, singles: Vec<Batch>) -> Result<Vec<Duration>, Failure> {
    let mut times = Vec::with_capacity(singles.len());
    for batch in singles {
        let begun = Instant::now();
        let answers = under.submit(batch);
        times.push(begun.elapsed());
        all_accepted(&answers)?;
    }
    times.sort_unstable();
    Ok(times)
}
