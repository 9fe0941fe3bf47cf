//! Release a hold, or a part of it: the units are free again.

use super::prelude::*;

args!(/** Release a hold, or a part of it. */
ReleaseHold {
    pub hold: HoldId,
    /// Without lines all of it.
    #[serde(default)]
    pub lines: Vec<ReleaseLine>,
});

args!(/** A part of a held line. */
ReleaseLine {
    pub r#ref: LineRef,
    pub quantity: Quantity,
});

pub(super) fn decide(ledger: &Ledger, now: Time, command: &ReleaseHold) -> Result<Decision, Rejection> {
    let _ = (ledger, now, command);
    Err(Rejection::UnknownPosition { position: 0 })
}
