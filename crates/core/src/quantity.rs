//! How much: whole base units of an item, never a fraction, never negative.

use std::fmt;
use std::num::NonZeroU64;

use serde::{Deserialize, Serialize};

/// Largest quantity of one movement or claim, in base units.
pub const QUANTITY_MAX: u64 = 1_000_000_000_000;
/// Largest balance of one account, in base units: what a JSON reader holds exactly (2^53 - 1).
pub const BALANCE_MAX: i64 = (1 << 53) - 1;

/// Base units of an item: 1 to [`QUANTITY_MAX`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "u64", into = "u64")]
pub struct Quantity(NonZeroU64);

/// The number is zero or above [`QUANTITY_MAX`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvalidQuantity;

impl fmt::Display for InvalidQuantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "must be a whole number from 1 to {QUANTITY_MAX}")
    }
}

impl Quantity {
    pub const ONE: Quantity = Quantity(NonZeroU64::MIN);

    pub fn new(base_units: u64) -> Option<Quantity> {
        NonZeroU64::new(base_units).filter(|it| it.get() <= QUANTITY_MAX).map(Quantity)
    }
    pub fn units(self) -> u64 {
        self.0.get()
    }
    /// So many for each of `units`. None: more than one quantity can be, or nothing.
    pub fn times(self, units: u64) -> Option<Quantity> {
        self.units().checked_mul(units).and_then(Quantity::new)
    }
    /// The same number, signed, for balances. Cannot overflow: the bound is far below 2^63.
    pub fn signed(self) -> i64 {
        self.0.get() as i64
    }
}

impl TryFrom<u64> for Quantity {
    type Error = InvalidQuantity;
    fn try_from(base_units: u64) -> Result<Quantity, InvalidQuantity> {
        Quantity::new(base_units).ok_or(InvalidQuantity)
    }
}

impl From<Quantity> for u64 {
    fn from(quantity: Quantity) -> u64 {
        quantity.units()
    }
}

impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}
