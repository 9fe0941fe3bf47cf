//! Availability held against a second, deliberately naive implementation, under random histories.

// In a test a panic is the report.
#![allow(clippy::unwrap_used)]

mod book;
mod formula;
mod history;
mod meant;
mod ops;
mod promise;
mod selling;
mod supplied;
mod supply;

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind, set_hook};

use history::{History, Told};
use ops::{About, Step};
use proptest::test_runner::{Config, RngAlgorithm, TestError, TestRng, TestRunner};

/// Histories of each kind; there are five kinds. `PROPTEST_CASES` asks for another number.
const HISTORIES: u32 = 2_500;
/// Most steps of a history.
const STEPS: usize = 24;

fn run(steps: &[Step], told: Told) {
    let mut history = History::new(told);
    steps.iter().for_each(|step| history.run(step));
    history.assert_all_offers();
    history.assert_replayed();
}

/// The same histories in every run, so that a change is judged by itself; `SEED` asks for others.
fn rng() -> TestRng {
    let seed = std::env::var("SEED").ok().and_then(|it| it.parse().ok()).unwrap_or(1_u64);
    println!("seed {seed}");
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    TestRng::from_seed(RngAlgorithm::ChaCha, &bytes)
}

#[track_caller]
fn check(about: About) {
    let mut config =
        Config { max_shrink_iters: 4_000, failure_persistence: None, ..Config::default() };
    if std::env::var_os("PROPTEST_CASES").is_none() {
        config.cases = HISTORIES;
    }
    // Hundreds of panics while a history is made shorter say no more than the last one.
    set_hook(Box::new(|_| {}));
    let mut tally: BTreeMap<String, u64> = BTreeMap::new();
    let counted = std::cell::RefCell::new(&mut tally);
    let mut runner = TestRunner::new_with_rng(config, rng());
    let result = runner.run(&ops::steps(about, STEPS), |steps| {
        let told = Told::default();
        run(&steps, told.clone());
        told.borrow().iter().for_each(|it| count(it, &mut counted.borrow_mut()));
        Ok(())
    });
    println!("about {about:?}: {tally:#?}");
    match result {
        Ok(()) => {}
        Err(TestError::Fail(reason, steps)) => panic!("{}", report(&reason.to_string(), &steps)),
        Err(other) => panic!("{other}"),
    }
}

/// The shortest history that fails, as it was told to the ledger.
fn report(reason: &str, steps: &[Step]) -> String {
    let told = Told::default();
    let _ = catch_unwind(AssertUnwindSafe(|| run(steps, told.clone())));
    let told = told.borrow();
    let said = format!("{reason}\n{}\n", told[ops::setup().len()..].join("\n"));
    println!("{said}");
    said
}

/// Counts a told command by its verb and what came of it.
fn count(told: &str, tally: &mut BTreeMap<String, u64>) {
    let verb = told.split('"').nth(1).unwrap_or_default();
    let outcome = told.rsplit("=> ").next().unwrap_or_default();
    *tally.entry(format!("{verb} {outcome}")).or_default() += 1;
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
fn suppliers_numbers_give_what_the_naive_formula_gives() {
    check(About::Supply);
}

#[test]
fn everything_together_gives_what_the_naive_formula_gives() {
    check(About::Everything);
}
