//! Change the condition of goods where they lie.

use super::prelude::*;

args!(/** Change the condition of goods where they lie.. */
ChangeCondition {
    pub location: LocationId,
    pub lines: Vec<ChangeLine>,
    #[serde(default)]
    pub reason: Option<Reason>,
});

args!(/** Units that go from one condition to another. */
ChangeLine {
    pub sku: Sku,
    pub quantity: Quantity,
    pub from: Condition,
    pub to: Condition,
});

pub(super) fn decide(ledger: &Ledger, now: Time, command: &ChangeCondition) -> Result<Decision, Rejection> {
    let _ = (ledger, now, command);
    Err(Rejection::UnknownPosition { position: 0 })
}
