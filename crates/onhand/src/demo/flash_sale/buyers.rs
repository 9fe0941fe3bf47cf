//! Who comes when, wants what, and pays or does not.

use super::super::dice::Dice;
use super::terms::{HOLD_SECONDS, SALE_SECONDS, TRANCHE_SECONDS, Terms};

/// One buyer, decided before the sale begins.
pub struct Buyer {
    /// Seconds since the sale opened.
    pub arrives: u64,
    /// Place in [`Terms::goods`].
    pub good: usize,
    pub units: u64,
    /// Seconds until they pay; none: they never do.
    pub pays_after: Option<u64>,
    /// Seconds after paying at which they change their mind.
    pub cancels_after: Option<u64>,
}

/// How many of a hundred never pay, and how many of those who do cancel.
const NEVER_PAY: u64 = 20;
const CANCEL: u64 = 4;

pub fn buyers(terms: &Terms, seed: u64) -> Vec<Buyer> {
    let mut dice = Dice::new(seed);
    (0..terms.buyers).map(|_| buyer(terms, &mut dice)).collect()
}

fn buyer(terms: &Terms, dice: &mut Dice) -> Buyer {
    let good = usize::from(!dice.chance(terms.goods[0].percent));
    let pays = !dice.chance(NEVER_PAY);
    Buyer {
        arrives: arrival(dice),
        good,
        units: dice.between(1, 2),
        pays_after: pays.then(|| dice.between(10, HOLD_SECONDS - 10)),
        cancels_after: dice.chance(CANCEL).then(|| dice.between(60, SALE_SECONDS)),
    }
}

/// Half of them wait for a tranche and come in the minute after it, the others whenever.
fn arrival(dice: &mut Dice) -> u64 {
    match dice.chance(50) {
        true => dice.between(0, 4) * TRANCHE_SECONDS + dice.between(0, 59),
        false => dice.between(0, SALE_SECONDS - 1),
    }
}
