//! Adjust stock: correct the book by a change, or set it where the caller knows what it says.

use super::prelude::*;

args!(/** Adjust stock. */
AdjustStock {
    pub location: LocationId,
    pub lines: Vec<AdjustLine>,
    pub reason: Reason,
});

args!(/** Either `change`, or `set` together with `expected`. */
AdjustLine {
    pub sku: Sku,
    #[serde(default)]
    pub condition: Option<Condition>,
    /// Units more (positive) or fewer (negative).
    #[serde(default)]
    pub change: Option<i64>,
    /// The number the book shall say.
    #[serde(default)]
    pub set: Option<u64>,
    /// The number the caller believes it says now; `null` waives the check, leaving it out is an error.
    #[serde(default, deserialize_with = "said")]
    pub expected: Option<Option<u64>>,
});

/// Tells `null` from a field that is not there.
fn said<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Option<u64>>, D::Error> {
    Option::<u64>::deserialize(deserializer).map(Some)
}

pub(super) fn decide(ledger: &Ledger, now: Time, command: &AdjustStock) -> Result<Decision, Rejection> {
    let _ = (ledger, now, command);
    Err(Rejection::UnknownPosition { position: 0 })
}
