//! Availability held against a second, deliberately naive implementation, under random histories.

// In a test a panic is the report.
#![allow(clippy::unwrap_used)]

mod book;
mod formula;
mod history;
mod ops;
mod promise;

use std::time::{Duration, Instant};

use history::History;
use ops::{About, Step};
use proptest::test_runner::{Config, TestRunner};

/// Histories of each kind; there are four kinds. `PROPTEST_CASES` asks for another number.
const HISTORIES: u32 = 2_500;
/// Most steps of a history.
const STEPS: usize = 28;

fn run(steps: &[Step]) -> History {
    let mut history = History::new();
    steps.iter().for_each(|step| history.run(step));
    history.assert_all_offers();
    history.assert_replayed();
    history
}

#[track_caller]
fn check(about: About) {
    let mut config = Config { max_shrink_iters: 4_000, ..Config::default() };
    if std::env::var_os("PROPTEST_CASES").is_none() {
        config.cases = HISTORIES;
    }
    config.failure_persistence = None;
    let histories = config.cases;
    let tally = std::cell::RefCell::new(std::collections::BTreeMap::new());
    let begun = Instant::now();
    let result = TestRunner::new(config).run(&ops::steps(about, STEPS), |steps| {
        for (what, count) in run(&steps).tally {
            *tally.borrow_mut().entry(what).or_insert(0) += count;
        }
        Ok(())
    });
    let time: Duration = begun.elapsed();
    println!("{histories} histories about {about:?} in {time:.1?}: {:#?}", tally.borrow());
    if let Err(failure) = result {
        panic!("{failure}");
    }
}

#[test]
fn rules_give_what_the_naive_formula_gives() {
    check(About::Rules);
}

#[test]
fn pools_give_what_the_naive_formula_gives() {
    check(About::Pools);
}

#[test]
fn kits_and_modes_give_what_the_naive_formula_gives() {
    check(About::Kits);
}

#[test]
fn everything_together_gives_what_the_naive_formula_gives() {
    check(About::Everything);
}
