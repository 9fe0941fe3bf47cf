//! Inspect stock: goods in quality control are passed or rejected.

use super::prelude::*;

args!(/** Inspect stock. */
InspectStock {
    pub location: LocationId,
    pub lines: Vec<InspectLine>,
    /// Where rejected goods go.
    #[serde(default)]
    pub rejected_to: RejectedTo,
});

args!(/** One inspected item; at least one of the two numbers is above zero. */
InspectLine {
    pub sku: Sku,
    #[serde(default)]
    pub passed: u64,
    #[serde(default)]
    pub rejected: u64,
});

/// Where goods go that failed an inspection.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RejectedTo {
    #[default]
    Damaged,
    Supplier,
}

pub(super) fn decide(ledger: &Ledger, now: Time, command: &InspectStock) -> Result<Decision, Rejection> {
    let _ = (ledger, now, command);
    Err(Rejection::UnknownPosition { position: 0 })
}
