//! What the book says of one item at one location.

use serde::{Deserialize, Serialize};

use crate::{Claim, Condition, LocationNo};

/// Balances and claims in base units. A balance below zero is a fact that contradicts the book.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cell {
    pub location: LocationNo,
    /// Position of the entry that last moved a balance here.
    pub touched: u64,
    pub sellable: i64,
    pub quality_control: i64,
    pub damaged: i64,
    pub quarantined: i64,
    /// Reserved until a moment; includes holds past their end whose expiry is not yet recorded.
    pub held: i64,
    /// Promised to placed orders.
    pub committed: i64,
    /// Set aside in pools and not drawn. Below zero where pools promised more than they had.
    pub pooled: i64,
}

impl Cell {
    pub fn new(location: LocationNo) -> Cell {
        Cell {
            location,
            touched: 0,
            sellable: 0,
            quality_control: 0,
            damaged: 0,
            quarantined: 0,
            held: 0,
            committed: 0,
            pooled: 0,
        }
    }

    pub fn balance(&self, condition: Condition) -> i64 {
        match condition {
            Condition::Sellable => self.sellable,
            Condition::QualityControl => self.quality_control,
            Condition::Damaged => self.damaged,
            Condition::Quarantined => self.quarantined,
        }
    }

    pub(super) fn balance_mut(&mut self, condition: Condition) -> &mut i64 {
        match condition {
            Condition::Sellable => &mut self.sellable,
            Condition::QualityControl => &mut self.quality_control,
            Condition::Damaged => &mut self.damaged,
            Condition::Quarantined => &mut self.quarantined,
        }
    }

    pub(super) fn claim_mut(&mut self, claim: Claim) -> &mut i64 {
        match claim {
            Claim::Held => &mut self.held,
            Claim::Committed => &mut self.committed,
            Claim::Pooled => &mut self.pooled,
        }
    }

    /// Physically there, in whatever condition.
    pub fn on_hand(&self) -> i64 {
        self.sellable + self.quality_control + self.damaged + self.quarantined
    }

    /// Sellable units that nobody was promised, be they in a pool or not. Holds past their end
    /// count as long as their expiry is not recorded.
    pub fn unpromised(&self) -> i64 {
        self.sellable - self.committed - self.held
    }

    /// Committed beyond what can be shipped.
    pub fn oversold(&self) -> u64 {
        u64::try_from(self.committed - self.sellable.max(0))
            .unwrap_or(0)
            .min(self.committed.max(0) as u64)
    }

    pub fn is_empty(&self) -> bool {
        Condition::ALL.iter().all(|it| self.balance(*it) == 0)
            && self.held == 0
            && self.committed == 0
            && self.pooled == 0
    }
}
