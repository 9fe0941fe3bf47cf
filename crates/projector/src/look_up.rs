//! What a decision needs from the past, looked up before the command reaches the writer.

use onhand_core::{
    BookAt, Command, Condition, CountStock, LedgerId, LocationId, RecordStocktake, Request,
    SettleDiscrepancy, Settling, Sku, Time,
};
use onhand_journal::Fault;

use crate::projector::Projector;
use crate::query::{Missing, QueryError};
use crate::state::State;
use crate::timeline::{Figures, Holder, records, united};

impl Projector {
    /// Fills in what the command needs of history: for a count in the past, and for a difference
    /// of which theirs is accepted, what the book said then; for a reversal the entry to undo. Leaves it out where there is none: the decision
    /// refuses then.
    ///
    /// # Errors
    /// The journal cannot be read now.
    pub fn look_up(&self, request: &mut Request) -> Result<(), Fault> {
        let ledger = &request.ledger;
        match &mut request.command {
            Command::CountStock(it) => self.look_up_book(ledger, it),
            Command::RecordStocktake(it) => self.look_up_stocktake(ledger, it),
            Command::SettleDiscrepancy(it) => self.look_up_differences(ledger, it),
            Command::ReverseEntry(it) => match self.find_entry(ledger, it.position) {
                Ok((_, entry)) => it.entry = Some(Box::new(entry)),
                Err(QueryError::Missing(_)) => it.entry = None,
                Err(QueryError::Fault(fault)) => return Err(fault),
            },
            _ => {}
        }
        Ok(())
    }

    fn look_up_book(&self, id: &LedgerId, count: &mut CountStock) {
        let Some(counted_at) = count.counted_at else { return };
        let state = self.read();
        let line_book = |line: &onhand_core::CountLine| {
            let condition = line.condition.unwrap_or(Condition::Sellable);
            book_at(&state, id, &line.sku, &count.location, condition, counted_at)
        };
        let book: Option<Vec<BookAt>> = count.lines.iter().map(line_book).collect();
        count.book = book.unwrap_or_default();
    }

    fn look_up_stocktake(&self, id: &LedgerId, stocktake: &mut RecordStocktake) {
        let Some(counted_at) = stocktake.counted_at else { return };
        let state = self.read();
        let (location, sellable) = (&stocktake.location, Condition::Sellable);
        let book: Option<Vec<BookAt>> = stocktake
            .lines
            .iter()
            .map(|line| book_at(&state, id, &line.sku, location, sellable, counted_at))
            .collect();
        stocktake.book = book.unwrap_or_default();
    }

    /// By number; one that is about no item at no location has nothing to be looked up.
    fn look_up_differences(&self, id: &LedgerId, settle: &mut SettleDiscrepancy) {
        if settle.action != Settling::AcceptTheirs {
            return;
        }
        let state = self.read();
        let Some(ledger) = state.book.ledger(id) else { return };
        let book_of = |number: &u64| {
            let none = Some(BookAt { balance: 0, position: ledger.position() });
            let Some(known) = ledger.discrepancy(*number) else { return none };
            let difference = &known.difference;
            let (Some(sku), Some(location)) = (&difference.sku, &difference.location) else {
                return none;
            };
            book_at(&state, id, sku, location, Condition::Sellable, difference.as_of)
        };
        let book: Option<Vec<BookAt>> = settle.numbers.iter().map(book_of).collect();
        settle.book = book.unwrap_or_default();
    }

    /// What the book says of a balance at a past moment, by all that is recorded until now: the
    /// sum of the movements that occurred by then.
    ///
    /// # Errors
    /// Unknown ledger, SKU or location; or timelines are switched off.
    pub fn book_at(
        &self,
        ledger: &LedgerId,
        sku: &Sku,
        location: &LocationId,
        condition: Condition,
        at: Time,
    ) -> Result<BookAt, Missing> {
        let state = self.read();
        let known = state.book.ledger(ledger).ok_or(Missing::Ledger)?;
        known.item_no(sku).ok_or(Missing::Sku)?;
        known.location_no(location).ok_or(Missing::Location)?;
        book_at(&state, ledger, sku, location, condition, at).ok_or(Missing::Timeline)
    }
}

/// Walks back from now over what was recorded after `at` and takes back what occurred after `at`:
/// nothing recorded by then can have occurred later.
fn book_at(
    state: &State,
    id: &LedgerId,
    sku: &Sku,
    location: &LocationId,
    condition: Condition,
    at: Time,
) -> Option<BookAt> {
    let (ledger, log) = (state.book.ledger(id)?, state.logs.get(id)?);
    let place = ledger.location_no(location)?;
    let Some(item) = ledger.item_no(sku) else {
        // A count may register the item: there was never any of it.
        return Some(BookAt { balance: 0, position: ledger.position() });
    };
    if !state.timeline {
        return None;
    }
    let items = united(ledger, item);
    let cells = items.iter().map(|item| Figures::of(&ledger.cell(*item, place)));
    let mut book = cells.map(|it| it.balance(condition)).sum::<i64>();
    let known_by_then = log.last_recorded_by(at);
    let records = records(Some(log), &items).flatten().map(|(_, record)| record);
    for record in records.take_while(|record| record.position > known_by_then) {
        let recorded = log.place(record.position)?.time;
        if recorded.0 - record.late_us > at.0 {
            let here = record.changes.iter().find(|it| it.at == Holder::Location(place));
            book -= here.map_or(0, |change| change.by.balance(condition));
        }
    }
    Some(BookAt { balance: book, position: ledger.position() })
}
