//! `onhand demo --scenario flash-sale`: thousands of buyers, units in tranches, and a report that adds up.
//!
//! The sale has an engine, a journal in memory and a clock of its own: half an hour passes in
//! seconds, and the same seed tells the same story.

mod buyers;
mod desk;
mod report;
mod sale;
mod tally;
mod terms;

use std::time::Instant;

use crate::failure::{Failure, Outcome};
use crate::terminal::{print, told};
use report::Report;
use terms::Terms;

/// # Errors
/// The ledger did not take a command it should take, or the report does not add up.
pub fn run(seed: u64) -> Outcome {
    let begun = Instant::now();
    let report = hold(&Terms::usual()?, seed)?;
    report.print();
    report.check()?;
    print(&format!("\nEvery sum adds up. Half an hour of sale in {}.", told(begun.elapsed())));
    Ok(())
}

/// Holds the sale from the opening of its pool to the last expired hold.
fn hold(terms: &Terms, seed: u64) -> Result<Report, Failure> {
    let over = sale::run(terms, seed)?;
    Report::of(terms, &over)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(buyers: u64, seed: u64) -> Report {
        let terms = Terms::of(buyers).expect("names as they should be");
        let report = hold(&terms, seed).expect("a sale that is held");
        report.check().expect("a report that adds up");
        report
    }

    #[test]
    fn ten_thousand_buyers_are_told_the_truth() {
        let report = report(10_000, 1);
        report.print();
        let [hot, slow] = report.figures();
        assert!(hot.oversold > 0 && hot.orders_affected > 0, "{hot:?}");
        assert!(hot.refused.contains_key("oversell_limit_reached"), "{hot:?}");
        assert!(slow.oversold == 0 && slow.closed > 0, "{slow:?}");
        assert!(hot.expired > 500 && hot.cancelled > 100, "{hot:?}");
    }

    #[test]
    fn the_same_seed_tells_the_same_sale() {
        assert_eq!(report(500, 7).figures(), report(500, 7).figures());
        assert_ne!(report(500, 7).figures(), report(500, 8).figures());
    }

    #[test]
    fn every_sale_adds_up() {
        (0..20).for_each(|seed| drop(report(200, seed)));
    }

    #[test]
    fn a_report_that_does_not_add_up_says_which_sum() {
        let mut report = report(100, 1);
        report.figures_mut()[0].held += 1;
        let message = report.check().expect_err("one unit too many").to_string();
        assert!(message.contains("held"), "{message}");
    }
}
