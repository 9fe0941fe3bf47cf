//! The closing report: every figure of the sale, and every sum that has to come out.

use std::collections::BTreeMap;

use onhand_core::Book;

use super::sale::{Over, Told};
use super::tally::{Tally, tally};
use super::terms::{Good, OVERSELL_RATIO, Terms};
use crate::failure::{Failure, Outcome};
use crate::terminal::{Align, grouped, print, print_table};

/// The figures of one good, in units where nothing else is said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Figures {
    pub sku: String,
    /// In the pool at its opening.
    pub pool: u64,
    pub released: Vec<u64>,
    /// People.
    pub buyers: u64,
    /// People sent away, by the code of the refusal.
    pub refused: BTreeMap<&'static str, u64>,
    /// People who got a hold.
    pub served: u64,
    pub held: u64,
    pub expired: u64,
    pub committed: u64,
    pub cancelled: u64,
    /// Committed and not cancelled.
    pub sold: u64,
    /// Given to the shared stock when the pool closed, and by holds and orders that ended later.
    pub closed: u64,
    pub later: u64,
    /// Promised beyond the pool when it closed; borne by the shared stock from then on.
    pub owed: u64,
    /// Sold beyond what lies on the shelf, and how much of that was allowed.
    pub oversold: u64,
    pub oversell_allowed: u64,
    /// Orders that cannot be served, the newest first.
    pub orders_affected: u64,
    /// Most units promised at one moment, and how many were allowed then.
    pub peak: (u64, u64),
    told: (u64, u64, u64),
    book: Shelf,
    broken: Option<String>,
}

/// What the book says in the end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Shelf {
    sellable: i64,
    committed: i64,
    held: i64,
    pooled: i64,
}

pub struct Report {
    figures: [Figures; 2],
}

impl Report {
    /// # Errors
    /// The book knows nothing of the sale.
    pub fn of(terms: &Terms, over: &Over) -> Result<Report, Failure> {
        let figures = |place: usize| {
            let good = &terms.goods[place];
            let shelf = shelf(&over.book, terms, good)
                .ok_or_else(|| Failure::new("the book of the sale does not know what was sold"))?;
            Ok::<Figures, Failure>(Figures::of(
                good,
                &over.told[place],
                &tally(terms, good, &over.entries),
                shelf,
            ))
        };
        Ok(Report { figures: [figures(0)?, figures(1)?] })
    }

    #[cfg(test)]
    pub fn figures(&self) -> &[Figures; 2] {
        &self.figures
    }

    #[cfg(test)]
    pub fn figures_mut(&mut self) -> &mut [Figures; 2] {
        &mut self.figures
    }

    pub fn print(&self) {
        let [one, other] = &self.figures;
        let headers = [
            ("flash sale", Align::Text),
            (one.sku.as_str(), Align::Number),
            (other.sku.as_str(), Align::Number),
            ("both", Align::Number),
        ];
        let rows: Vec<Vec<String>> = one
            .rows(&self.codes())
            .into_iter()
            .zip(other.rows(&self.codes()))
            .map(|((name, one), (_, other))| {
                vec![name, grouped(one), grouped(other), grouped(one + other)]
            })
            .collect();
        print_table(&headers, &rows);
        for it in &self.figures {
            let (promised, allowed) = (grouped(it.peak.0), grouped(it.peak.1));
            print(&format!("{}: at most {promised} promised at once, {allowed} allowed.", it.sku));
        }
    }

    /// Every reason for which somebody was sent away.
    fn codes(&self) -> Vec<&'static str> {
        let mut codes: Vec<_> =
            self.figures.iter().flat_map(|it| it.refused.keys().copied()).collect();
        codes.sort_unstable();
        codes.dedup();
        codes
    }

    /// # Errors
    /// The first sum that does not come out, with both its sides.
    pub fn check(&self) -> Outcome {
        self.figures.iter().try_for_each(Figures::check)
    }
}

fn shelf(book: &Book, terms: &Terms, good: &Good) -> Option<Shelf> {
    let ledger = book.ledgers.values().next()?;
    let cell = ledger.cell(ledger.item_no(&good.sku)?, ledger.location_no(&terms.location)?);
    let (sellable, committed, held) = (cell.sellable, cell.committed, cell.held);
    Some(Shelf { sellable, committed, held, pooled: cell.pooled })
}

impl Figures {
    fn of(good: &Good, told: &Told, tally: &Tally, book: Shelf) -> Figures {
        let sold = tally.committed - tally.cancelled.min(tally.committed);
        let oversold = sold.saturating_sub(good.units);
        Figures {
            sku: good.sku.to_string(),
            pool: tally.pooled,
            released: tally.tranches().into_values().collect(),
            buyers: told.buyers,
            refused: told.refused.clone(),
            served: told.buyers - told.refused.values().sum::<u64>(),
            held: tally.held,
            expired: tally.expired,
            committed: tally.committed,
            cancelled: tally.cancelled,
            sold,
            closed: tally.closed,
            later: tally.shared,
            owed: tally.owed,
            oversold,
            oversell_allowed: good.units * OVERSELL_RATIO / 100 - good.units,
            orders_affected: tally.affected(oversold),
            peak: tally.peak,
            told: (told.held, told.committed, told.cancelled),
            book,
            broken: tally.broken.clone(),
        }
    }

    fn rows(&self, codes: &[&'static str]) -> Vec<(String, u64)> {
        let mut rows = vec![("units in the pool".to_string(), self.pool)];
        let wave =
            |(place, units): (usize, &u64)| (format!("  released: wave {}", place + 1), *units);
        rows.extend(self.released.iter().enumerate().map(wave));
        rows.push(("buyers".to_string(), self.buyers));
        rows.push(("  got a hold".to_string(), self.served));
        let refused = |code: &&'static str| self.refused.get(code).copied().unwrap_or(0);
        rows.extend(codes.iter().map(|code| (format!("  refused: {code}"), refused(code))));
        for (name, units) in [
            ("units held", self.held),
            ("  expired, never paid", self.expired),
            ("  committed", self.committed),
            ("    cancelled", self.cancelled),
            ("    sold", self.sold),
            ("returned to shared stock at the close", self.closed),
            ("returned to shared stock later", self.later),
            ("promised beyond the pool at the close", self.owed),
            ("oversold in the end", self.oversold),
            ("  oversell limit", self.oversell_allowed),
            ("  orders affected", self.orders_affected),
        ] {
            rows.push((name.to_string(), units));
        }
        rows
    }

    fn check(&self) -> Outcome {
        if let Some(broken) = &self.broken {
            return Err(self.wrong(&format!("more was promised than allowed: {broken}")));
        }
        let refused: u64 = self.refused.values().sum();
        let Shelf { sellable, committed, held, pooled } = self.book;
        let sums: [(&str, u64, u64); 9] = [
            ("units released = units in the pool", self.released.iter().sum(), self.pool),
            ("buyers with a hold + refused = buyers", self.served + refused, self.buyers),
            ("units expired + committed = held", self.expired + self.committed, self.held),
            ("units cancelled + sold = committed", self.cancelled + self.sold, self.committed),
            (
                "units sold + returned = in the pool + promised beyond it",
                self.sold + self.closed + self.later,
                self.pool + self.owed,
            ),
            ("units held, as buyers were told", self.told.0, self.held),
            ("units committed, as buyers were told", self.told.1, self.committed),
            ("units cancelled, as buyers were told", self.told.2, self.cancelled),
            (
                "units oversold, and none above the limit",
                self.oversold.min(self.oversell_allowed),
                self.oversold,
            ),
        ];
        for (sum, left, right) in sums {
            if left != right {
                return Err(self.wrong(&format!("{sum}: {left} is not {right}")));
            }
        }
        let expected =
            Shelf { sellable: self.pool as i64, committed: self.sold as i64, ..Shelf::default() };
        match self.book == expected {
            true => Ok(()),
            false => Err(self.wrong(&format!(
                "the book has {sellable} sellable, {committed} committed, {held} held, {pooled} pooled"
            ))),
        }
    }

    fn wrong(&self, what: &str) -> Failure {
        Failure::new(format!("the report of {} does not add up: {what}", self.sku))
    }
}
