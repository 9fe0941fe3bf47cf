//! What something was at each position: the past of a rule, a recipe, a list.

use serde::{Deserialize, Serialize};

/// Values in the order in which they came into force. Grows only.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct History<T>(Vec<(u64, T)>);

impl<T> Default for History<T> {
    fn default() -> History<T> {
        History(Vec::new())
    }
}

/// As of which position something is asked; [`NOW`] is after all of them.
pub const NOW: u64 = u64::MAX;

impl<T> History<T> {
    pub fn begin(position: u64, value: T) -> History<T> {
        History(vec![(position, value)])
    }

    /// In force from `position` on. A second value of one position replaces the first.
    pub fn set(&mut self, position: u64, value: T) {
        match self.0.last_mut() {
            Some(last) if last.0 == position => last.1 = value,
            Some(_) | None => self.0.push((position, value)),
        }
    }

    /// In force from `position` on, after what else came into force there.
    pub(super) fn then(&mut self, position: u64, value: T) {
        self.0.push((position, value));
    }

    /// What is in force, and since which position.
    pub fn last(&self) -> Option<(u64, &T)> {
        self.0.last().map(|(position, value)| (*position, value))
    }

    pub fn now(&self) -> Option<&T> {
        self.0.last().map(|(_, value)| value)
    }

    /// What was in force once the entry at `position` was recorded, and since when.
    pub fn at(&self, position: u64) -> Option<(u64, &T)> {
        if position == NOW {
            return self.last();
        }
        let behind = self.0.partition_point(|(since, _)| *since <= position);
        self.0[..behind].last().map(|(since, value)| (*since, value))
    }

    /// All of it, oldest first.
    pub fn all(&self) -> &[(u64, T)] {
        &self.0
    }
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}
