//! Hold stock: reserve units for a cart, a quote or an unpaid order until a moment.

use super::claim::{Need, Short, route, splits};
use super::expand::{Asking, needs};
use super::prelude::*;

args!(/** Hold stock. */
HoldStock {
    pub hold: HoldId,
    pub owner: Label,
    #[serde(default)]
    pub channel: Option<ChannelId>,
    /// Seconds from now; 1 to 31,536,000. As the channel's rules say, or 900, if not given.
    #[serde(default)]
    pub expires_in: Option<u64>,
    pub lines: Vec<ClaimLine>,
    #[serde(default)]
    pub partial: Partial,
    /// Who else a pool may serve.
    #[serde(default)]
    pub campaign: Option<Label>,
    #[serde(default)]
    pub customer: Option<Label>,
    /// The region that the goods are to go to.
    #[serde(default)]
    pub ship_to: Option<Label>,
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
    /// A moment in the window whose capacity is asked for, of an item with capacity; now, if not given.
    #[serde(default)]
    pub slot: Option<Time>,
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

/// Longest life of a hold in seconds: a year.
const EXPIRES_IN_MAX: u64 = 31_536_000;
/// How long a hold lasts where neither the caller nor a rule says.
const EXPIRES_IN_USUAL: u64 = 900;

/// # Errors
/// `contradiction` naming the field outside 1 to [`EXPIRES_IN_MAX`] seconds.
pub(super) fn check_expires_in(field: &str, seconds: u64) -> Result<(), Rejection> {
    match seconds {
        1..=EXPIRES_IN_MAX => Ok(()),
        _ => {
            let message = smol_str::format_smolstr!("must be from 1 to {EXPIRES_IN_MAX} seconds");
            Err(Rejection::Contradiction { field: field.into(), message })
        }
    }
}

pub(super) fn decide(
    ledger: &Ledger,
    now: Time,
    command: &HoldStock,
) -> Result<Decision, Rejection> {
    explained(ledger, now, command, None)
}

/// As [`decide`]; tells `told`, if there is one, how locations were chosen.
pub(crate) fn explained(
    ledger: &Ledger,
    now: Time,
    command: &HoldStock,
    told: Option<&mut Preview>,
) -> Result<Decision, Rejection> {
    if let Some(seconds) = command.expires_in {
        check_expires_in("expires_in", seconds)?;
    }
    let channel = command.channel.as_ref().map(|it| ledger.known_channel(it)).transpose();
    let who = Claimant {
        channel: channel.clone().ok().flatten(),
        campaign: command.campaign.as_ref(),
        customer: command.customer.as_ref(),
        region: command.ship_to.as_ref(),
    };
    let asking = Asking { ledger, now, who: &who, hold: None, order: None };
    let needs = needs(&asking, &command.lines)?;
    // A SKU that nobody knows is told before a channel that nobody knows.
    channel?;
    if ledger.hold(&command.hold).is_some() {
        let name = command.hold.as_str().into();
        return Err(Rejection::AlreadyExists { kind: "hold".into(), name });
    }
    let short = Short::Follow(command.partial);
    let routed = route(ledger, now, &who, &needs, short, told)?;
    let expires_in = command.expires_in.unwrap_or_else(|| usual_life(ledger, &needs, &who));
    let line = |(need, at): (Need, AtLocations)| {
        let requested = Quantity::new(need.quantity)?;
        let sku = ledger.item(need.item).sku.clone();
        let at = splits(ledger, &at);
        Some(HeldLine { r#ref: need.line, sku, requested, at, kit: need.kit })
    };
    let fact = Fact::StockHeld(StockHeld {
        hold: command.hold.clone(),
        owner: command.owner.clone(),
        channel: command.channel.clone(),
        campaign: command.campaign.clone(),
        customer: command.customer.clone(),
        ship_to: command.ship_to.clone(),
        expires_at: now.plus_seconds(expires_in),
        lines: needs.into_iter().zip(routed).filter_map(line).collect(),
    });
    Ok(Decision { fact, movements: Vec::new(), flags: Vec::new() })
}

/// The shortest life that the rules give to one of the lines: a hold ends as a whole.
fn usual_life(ledger: &Ledger, needs: &[Need], who: &Claimant<'_>) -> u64 {
    let life = |need: &Need| {
        let ruling = ledger.ruling_on_channel(need.item, who.channel, NOW);
        ruling.find(|it| it.hold_seconds)
    };
    needs.iter().filter_map(life).min().unwrap_or(EXPIRES_IN_USUAL)
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use crate::testing::check;

    #[test]
    fn r1_demand_is_summed_before_it_is_checked() {
        check(
            "
            receive_stock A W:5
            hold_stock H1 W:3@A W:3@A
            hold_stock H1 W:3@A W:3@A partial=per_line
            hold_stock H2 W:3@A partial=best_effort
            hold_stock H3 W:1@A partial=best_effort
            hold_stock H3 W:1@A partial=per_line
            ",
            expect![[r#"
                6 stock_received: W 5 supplier > A/sellable
                rejected insufficient_stock lines=[available=2 index=1 limiting=free_stock line=2 location=A requested=3 shortfall=1 sku=W]
                7 stock_held: W@A held +3; until 900s
                8 stock_held: W@A held +2; until 900s
                rejected insufficient_stock lines=[available=0 index=0 limiting=free_stock line=1 location=A requested=1 shortfall=1 sku=W]
                rejected insufficient_stock lines=[available=0 index=0 limiting=free_stock line=1 location=A requested=1 shortfall=1 sku=W]
            "#]],
        );
    }

    #[test]
    fn r4_a_hold_counts_at_once_and_ends_by_itself() {
        check(
            "
            @10 receive_stock A W:5
            hold_stock H1 channel=web W:4 expires_in=60
            commit_order O1 channel=web W:2
            stock W@A
            @70 stock W@A
            commit_order O1 channel=web W:2
            ",
            expect![[r#"
                6 stock_received: W 5 supplier > A/sellable
                7 stock_held: W@A held +4; until 70s
                rejected insufficient_stock lines=[available=1 index=0 limiting=free_stock line=1 requested=2 shortfall=1 sku=W]
                W@A sellable 5 held 4 free 1
                W@A sellable 5 free 5
                8 order_committed: W@A committed +2
            "#]],
        );
    }

    #[test]
    fn a_hold_draws_on_one_location_if_one_has_all() {
        check(
            "
            receive_stock A W:2
            receive_stock B W:3
            hold_stock H1 channel=web W:3
            hold_stock H2 channel=web W:2
            ",
            expect![[r#"
                6 stock_received: W 2 supplier > A/sellable
                7 stock_received: W 3 supplier > B/sellable
                8 stock_held: W@B held +3; until 900s
                9 stock_held: W@A held +2; until 900s
            "#]],
        );
    }

    #[test]
    fn a_hold_over_several_locations() {
        check(
            "
            receive_stock A W:2
            receive_stock B W:3
            hold_stock H1 channel=web W:4
            ",
            expect![[r#"
                6 stock_received: W 2 supplier > A/sellable
                7 stock_received: W 3 supplier > B/sellable
                8 stock_held: W@A held +2; W@B held +2; until 900s
            "#]],
        );
    }

    #[test]
    fn bad_holds_are_refused() {
        check(
            "
            receive_stock A W:5
            hold_stock H1 W:1@A
            hold_stock H1 W:1@A
            hold_stock H2 W:1@A expires_in=0
            hold_stock H2 W:1@A expires_in=31536001
            hold_stock H2 W:1
            hold_stock H2 X:1@A
            hold_stock H2 W:1@C
            hold_stock H2 channel=mall W:1
            hold_stock H2 W:1@A(ref=a) W:1@A(ref=a)
            hold_stock H2 lines=
            ",
            expect![[r#"
                6 stock_received: W 5 supplier > A/sellable
                7 stock_held: W@A held +1; until 900s
                rejected already_exists kind=hold name=H1
                rejected contradiction field=expires_in message=must be from 1 to 31536000 seconds
                rejected contradiction field=expires_in message=must be from 1 to 31536000 seconds
                rejected no_location line=1
                rejected unknown_sku sku=X
                rejected unknown_location location=C
                rejected unknown_channel channel=mall
                rejected duplicate_in_batch field=lines.ref value=a
                rejected contradiction field=lines message=must have at least one line
            "#]],
        );
    }
}
