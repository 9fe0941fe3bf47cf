//! Expect stock: supply on its way, with a date and how sure it is.

use super::lines::contradiction;
use super::prelude::*;

args!(/** Expect stock. */
ExpectStock {
    /// The inbound shipment: what is received under this name is not expected any more.
    pub inbound: Label,
    pub location: LocationId,
    #[serde(default)]
    pub supplier: Option<SupplierId>,
    pub lines: Vec<ExpectLine>,
});

args!(/** Units on their way. Zero: not any more. */
ExpectLine {
    pub sku: Sku,
    pub quantity: u64,
    pub expected_at: Time,
    /// Percent; 100 if not given.
    #[serde(default = "ExpectLine::sure")]
    pub confidence: u64,
});

impl ExpectLine {
    fn sure() -> u64 {
        100
    }
}

pub(super) fn decide(
    _ledger: &Ledger,
    _now: Time,
    _command: &ExpectStock,
) -> Result<Decision, Rejection> {
    Err(contradiction("command", "is not built yet"))
}
