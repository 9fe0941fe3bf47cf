//! Hold stock: reserve units for a cart, a quote or an unpaid order until a moment.

use super::claim::{Need, Short, line_refs, route, splits};
use super::prelude::*;

args!(/** Hold stock. */
HoldStock {
    pub hold: HoldId,
    pub owner: Label,
    #[serde(default)]
    pub channel: Option<ChannelId>,
    /// Seconds from now; 1 to 31,536,000.
    #[serde(default = "HoldStock::default_expires_in")]
    pub expires_in: u64,
    pub lines: Vec<ClaimLine>,
    #[serde(default)]
    pub partial: Partial,
});

args!(/** A line that asks for units. Without a location the channel's locations are drawn on in their order. */
ClaimLine {
    /// Names the line within its order; its place, counted from 1, if not given.
    #[serde(default)]
    pub r#ref: Option<LineRef>,
    pub sku: Sku,
    pub quantity: Quantity,
    #[serde(default)]
    pub location: Option<LocationId>,
});

/// What to do when not all of it is there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Partial {
    /// All lines or none.
    #[default]
    None,
    /// Each line whole or not at all.
    PerLine,
    /// As much of each line as there is.
    BestEffort,
}

impl HoldStock {
    fn default_expires_in() -> u64 {
        900
    }
}

/// Longest life of a hold in seconds: a year.
const EXPIRES_IN_MAX: u64 = 31_536_000;

/// # Errors
/// `contradiction` outside 1 to [`EXPIRES_IN_MAX`] seconds.
pub(super) fn check_expires_in(seconds: u64) -> Result<(), Rejection> {
    match seconds {
        1..=EXPIRES_IN_MAX => Ok(()),
        _ => {
            let message = smol_str::format_smolstr!("must be from 1 to {EXPIRES_IN_MAX} seconds");
            Err(Rejection::Contradiction { field: "expires_in".into(), message })
        }
    }
}

pub(super) fn decide(
    ledger: &Ledger,
    now: Time,
    command: &HoldStock,
) -> Result<Decision, Rejection> {
    check_expires_in(command.expires_in)?;
    let needs = needs(ledger, &command.lines)?;
    let channel = command.channel.as_ref().map(|it| ledger.known_channel(it)).transpose()?;
    if ledger.hold(&command.hold).is_some() {
        let name = command.hold.as_str().into();
        return Err(Rejection::AlreadyExists { kind: "hold".into(), name });
    }
    let routed = route(ledger, now, channel, &needs, Short::Follow(command.partial))?;
    let line = |(need, at): (Need, AtLocations)| {
        let requested = command.lines[need.index].quantity;
        let sku = ledger.item(need.item).sku.clone();
        HeldLine { r#ref: need.line, sku, requested, at: splits(ledger, &at) }
    };
    let fact = Fact::StockHeld(StockHeld {
        hold: command.hold.clone(),
        owner: command.owner.clone(),
        channel: command.channel.clone(),
        expires_at: now.plus_seconds(command.expires_in),
        lines: needs.into_iter().zip(routed).map(line).collect(),
    });
    Ok(Decision { fact, movements: Vec::new(), flags: Vec::new() })
}

fn needs(ledger: &Ledger, lines: &[ClaimLine]) -> Result<Vec<Need>, Rejection> {
    let refs = line_refs(lines)?;
    let mut needs = Vec::with_capacity(lines.len());
    for (index, (line, name)) in lines.iter().zip(refs).enumerate() {
        let item = ledger.known_item(&line.sku)?;
        let location = line.location.as_ref().map(|it| ledger.open_location(it)).transpose()?;
        needs.push(Need { index, line: name, item, quantity: line.quantity.units(), location });
    }
    Ok(needs)
}
