//! Count stock: an anchor. The difference from the book at the moment of counting is booked, later sales stay counted.

use rustc_hash::FxHashSet;

use super::claim::check_lines;
use super::lines::{check_units, contradiction, correction, shelf};
use super::prelude::*;

args!(/** Count stock. */
CountStock {
    pub location: LocationId,
    /// Now, if not given.
    #[serde(default)]
    pub counted_at: Option<Time>,
    pub lines: Vec<CountLine>,
    /// What the book said at `counted_at`, by line; looked up by the edge for counts in the past.
    #[serde(skip)]
    pub book: Vec<BookAt>,
});

args!(/** What was seen. */
CountLine {
    pub sku: Sku,
    #[serde(default)]
    pub condition: Option<Condition>,
    pub quantity: u64,
});

/// The book at a past moment: `balance` sums the movements up to `position` that occurred by then.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct BookAt {
    pub balance: i64,
    pub position: u64,
}

pub(super) fn decide(
    ledger: &Ledger,
    now: Time,
    command: &CountStock,
) -> Result<Decision, Rejection> {
    check_lines(&command.lines)?;
    for (index, line) in command.lines.iter().enumerate() {
        check_units(index, "quantity", line.quantity)?;
    }
    let counted_at = command.counted_at.unwrap_or(now).min(now);
    let in_the_past = counted_at < ledger.time() && counted_at < now;
    if in_the_past && command.book.len() != command.lines.len() {
        return Err(contradiction("counted_at", "is in the past: the book of then is missing"));
    }
    let balances = balances(ledger, command)?;
    let location = ledger.open_location(&command.location)?;
    let mut tally = Tally {
        location,
        counted_at,
        decided: Vec::new(),
        movements: Vec::new(),
        flags: Vec::new(),
    };
    for (index, (line, (item, condition))) in command.lines.iter().zip(balances).enumerate() {
        let cell = ledger.cell(item, location);
        let looked_up = command.book.get(index).filter(|_| in_the_past);
        let book = looked_up
            .copied()
            .unwrap_or(BookAt { balance: cell.balance(condition), position: ledger.position() });
        if cell.touched > book.position {
            return Err(Rejection::BookMoved {
                sku: ledger.item(item).sku.clone(),
                location: command.location.clone(),
                touched: cell.touched,
                looked_up: book.position,
            });
        }
        tally.add(ledger.item(item), condition, line.quantity, book, &command.location)?;
    }
    let (location, lines) = (command.location.clone(), tally.decided);
    let fact = Fact::StockCounted(StockCounted { location, counted_at, lines });
    Ok(Decision { fact, movements: tally.movements, flags: tally.flags })
}

/// The balance each line counts; each may be counted once.
fn balances(ledger: &Ledger, command: &CountStock) -> Result<Vec<(ItemNo, Condition)>, Rejection> {
    let mut balances = Vec::with_capacity(command.lines.len());
    let mut seen = FxHashSet::default();
    for line in &command.lines {
        let condition = line.condition.unwrap_or(Condition::Sellable);
        let item = ledger.known_item(&line.sku)?;
        if !seen.insert((item, condition)) {
            return Err(Rejection::DuplicateInBatch {
                field: "lines.sku".into(),
                value: line.sku.as_str().into(),
            });
        }
        balances.push((item, condition));
    }
    Ok(balances)
}

/// A count while it is set against the book, line by line.
struct Tally {
    location: LocationNo,
    counted_at: Time,
    decided: Vec<CountedLine>,
    movements: Vec<Movement>,
    flags: Vec<Flag>,
}

impl Tally {
    fn add(
        &mut self,
        item: &Item,
        condition: Condition,
        counted: u64,
        book: BookAt,
        location: &LocationId,
    ) -> Result<(), Rejection> {
        let sku = item.sku.clone();
        let anchor = item.anchor(self.location, condition);
        let known = anchor.filter(|it| it.counted_at >= self.counted_at);
        let applied =
            known.is_none_or(|it| it.counted_at == self.counted_at && it.counted == counted);
        match known {
            Some(anchor) if anchor.counted_at > self.counted_at => {
                self.flags.push(Flag::SupersededCount { sku: sku.clone() });
            }
            Some(anchor) if anchor.counted != counted => {
                let recorded = anchor.counted;
                self.flags.push(Flag::CountConflict { sku: sku.clone(), recorded, counted });
            }
            // The same count once more changes nothing.
            Some(_) => {}
            None => {
                let variance = counted as i64 - book.balance;
                let shelf = shelf(location, condition);
                self.movements.extend(correction(&sku, variance, shelf, Account::CountVariance)?);
            }
        }
        self.decided.push(CountedLine {
            sku,
            condition,
            counted,
            book: book.balance,
            book_position: book.position,
            applied,
        });
        Ok(())
    }
}
