//! Facts about how stock is sold: rules, modes, pools, kits, relocations, item lives, expected supply.
//!
//! Every type here is stored for ever: add variants and optional fields, never change one.

use serde::{Deserialize, Serialize};

use crate::fact::is_zero_u64;
use crate::{
    ChannelId, Claim, Dimension, Label, LineRef, LocationId, Mode, OrderId, PoolId, Quantity, Rule,
    Scope, Sku, Split, SupplierId, Time, TrancheId,
};

fact!(/** From now on the scope says what `set` says, and nothing of what `clear` names. */
PolicySet {
    scope: Scope,
    #[serde(default)] set: Rule,
    #[serde(default, skip_serializing_if = "Vec::is_empty")] clear: Vec<Dimension>,
});
fact!(/** The item is counted otherwise from now on; the movements bring the shelves to `counts`. */
ModeSet {
    sku: Sku,
    mode: Mode,
    #[serde(default, skip_serializing_if = "Vec::is_empty")] counts: Vec<OpeningCount>,
});
fact!(/** What was seen on a shelf when tracking began. */
OpeningCount { location: LocationId, counted: u64, book: i64 });

/// When a pool's units are taken: before the shared stock, or instead of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PoolDraw {
    /// First the pool, then the shared stock.
    #[default]
    First,
    /// The pool and nothing else.
    Only,
}

fact!(/** Units of one item of a pool, by location. */
PoolLine { sku: Sku, at: Vec<Split> });
fact!(/** A tranche: units that become sellable at a moment. */
TranchePlan { tranche: TrancheId, release_at: Time, lines: Vec<TrancheLine> });
fact!(/** Units of one item of a tranche. */
TrancheLine { sku: Sku, quantity: Quantity });
fact!(/** Units are set aside. Without tranches all of them can be sold at once. */
PoolOpened {
    pool: PoolId,
    #[serde(default, skip_serializing_if = "Option::is_none")] channel: Option<ChannelId>,
    #[serde(default, skip_serializing_if = "Option::is_none")] campaign: Option<Label>,
    #[serde(default, skip_serializing_if = "Option::is_none")] customer: Option<Label>,
    #[serde(default)] draw: PoolDraw,
    /** The lowest shrinks first when stock falls below the pools, and is drawn on last. */
    #[serde(default, skip_serializing_if = "is_zero_u64")] priority: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")] ends_at: Option<Time>,
    lines: Vec<PoolLine>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")] tranches: Vec<TranchePlan>,
});
fact!(/** The tranche's units can be sold from now on. */
TrancheReleased { pool: PoolId, tranche: TrancheId });
fact!(/** Units moved between two pools, or between a pool and the shared stock. */
PoolMoved {
    #[serde(default, skip_serializing_if = "Option::is_none")] from: Option<PoolId>,
    #[serde(default, skip_serializing_if = "Option::is_none")] to: Option<PoolId>,
    lines: Vec<PoolLine>,
});
fact!(/** The rest of the pool is shared stock again; `lines` is that rest. */
PoolClosed {
    pool: PoolId,
    #[serde(default, skip_serializing_if = "Vec::is_empty")] lines: Vec<PoolLine>,
    /** Promised beyond what the pool had there: the shared stock bears it from now on. */
    #[serde(default, skip_serializing_if = "Vec::is_empty")] owed: Vec<PoolLine>,
});
fact!(/** Units that a pool lost because the shelf has fewer than the pools hold. */
PoolLoss { pool: PoolId, sku: Sku, location: LocationId, quantity: Quantity });
fact!(/** Stock fell below the pools, and these shrank by priority. */
PoolShrunk { losses: Vec<PoolLoss> });

fact!(/** One part of a kit, and how many of it a kit needs. */
KitPart { sku: Sku, quantity: Quantity });
fact!(/** The kit is made of these from now on. */
KitDefined { sku: Sku, version: u64, parts: Vec<KitPart> });
fact!(/** Parts became kits on the shelf. */
KitAssembled { sku: Sku, location: LocationId, quantity: Quantity, version: u64 });
fact!(/** Kits on the shelf became parts. */
KitDisassembled { sku: Sku, location: LocationId, quantity: Quantity, version: u64 });
fact!(/** Why a line claims a part: the kit line it belongs to, by the recipe of then. */
KitUse { line: LineRef, sku: Sku, version: u64, /** Units of the part in one kit. */ need: Quantity });

fact!(/** A line's commitment is elsewhere from now on. */
RelocatedLine { r#ref: LineRef, sku: Sku, from: Vec<Split>, to: Vec<Split> });
fact!(/** What is committed to an order will be shipped from elsewhere. */
OrderRelocated { order: OrderId, lines: Vec<RelocatedLine> });

fact!(/** The item's own SKU is `to` from now on; `from` stays one of its names for ever. */
ItemRenamed { from: Sku, to: Sku });
fact!(/** A claim that moved from the merged item to the one it was merged into. */
MovedClaim {
    location: LocationId,
    claim: Claim,
    quantity: Quantity,
    #[serde(default, skip_serializing_if = "Option::is_none")] pool: Option<PoolId>,
    /** The pool had promised that many units more than it held: what moves is the debt. */
    #[serde(default, skip_serializing_if = "std::ops::Not::not")] owed: bool,
});
fact!(/** Two items are one from now on: every name of `from` means `into`. */
ItemsMerged { from: Sku, into: Sku, #[serde(default, skip_serializing_if = "Vec::is_empty")] claims: Vec<MovedClaim> });
fact!(/** Nothing of the item can be promised any more. */
ItemClosed { sku: Sku });

fact!(/** Units of one item on their way from a supplier; zero: not any more. `confidence` in percent. */
ExpectedLine { sku: Sku, quantity: u64, expected_at: Time, confidence: u64 });
fact!(/** Supply is expected. What was said of the same items under the same name at the same location before is replaced. */
StockExpected {
    inbound: Label,
    location: LocationId,
    #[serde(default, skip_serializing_if = "Option::is_none")] supplier: Option<SupplierId>,
    lines: Vec<ExpectedLine>,
});
