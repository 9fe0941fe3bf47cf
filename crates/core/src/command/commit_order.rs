//! Commit an order: promise units to a placed order, from a hold or directly.

use super::came_early::{Early, came_early};
use super::claim::{Need, Short, route, same_line, splits};
use super::expand::{Asking, needs, needs_of_hold};
use super::prelude::*;
use super::release_hold::all_that_is_held;

args!(/** Commit an order. */
CommitOrder {
    pub order: OrderId,
    #[serde(default)]
    pub channel: Option<ChannelId>,
    /// The hold that becomes the order. A live hold is never checked again.
    #[serde(default)]
    pub hold: Option<HoldId>,
    /// May be left out with a hold: then the hold's lines.
    #[serde(default)]
    pub lines: Vec<ClaimLine>,
    #[serde(default)]
    pub partial: Partial,
    #[serde(default)]
    pub if_short: IfShort,
    /// Who else a pool may serve; as the hold says, if not given.
    #[serde(default)]
    pub campaign: Option<Label>,
    #[serde(default)]
    pub customer: Option<Label>,
    /// The region that the goods are to go to; as the hold says, if not given.
    #[serde(default)]
    pub ship_to: Option<Label>,
});

/// What a short commitment means to the channel.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IfShort {
    /// Refuse, so that the buyer can be refunded.
    #[default]
    Refuse,
    /// Commit all the same and flag it: the buyer has paid.
    AcceptOversold,
}

pub(super) fn decide(
    ledger: &Ledger,
    now: Time,
    command: &CommitOrder,
) -> Result<Decision, Rejection> {
    explained(ledger, now, command, None)
}

/// As [`decide`]; tells `told`, if there is one, how locations were chosen.
pub(crate) fn explained(
    ledger: &Ledger,
    now: Time,
    command: &CommitOrder,
    told: Option<&mut Preview>,
) -> Result<Decision, Rejection> {
    let hold = used_hold(ledger, now, command)?;
    let who = claimant(ledger, command, hold.as_ref())?;
    let needs = match &hold {
        Some(it) if command.lines.is_empty() => needs_of_hold(ledger, it.hold)?,
        _ => {
            let held = hold.as_ref().map(|it| it.hold);
            let order = ledger.order(&command.order);
            needs(&Asking { ledger, now, who: &who, hold: held, order }, &command.lines)?
        }
    };
    let mut drafts = draft(ledger, command, &needs)?;
    let released = match &hold {
        Some(it) if !it.late => convert(it.hold, &needs, &mut drafts, ledger),
        // Its end has come, and nobody has recorded it yet.
        Some(it) if it.hold.state == HoldState::Live => all_that_is_held(ledger, it.hold),
        _ => Vec::new(),
    };
    commit_afresh(&Commitment { ledger, now, command, who: &who }, &needs, &mut drafts, told)
        .map_err(|rejection| explain(rejection, hold.as_ref()))?;
    let fact = Fact::OrderCommitted(OrderCommitted {
        order: command.order.clone(),
        channel: who.channel.map(|it| ledger.channel(it).id.clone()),
        campaign: who.campaign.cloned(),
        customer: who.customer.cloned(),
        hold: command.hold.clone(),
        converted_late: hold.is_some_and(|it| it.late),
        lines: needs.into_iter().zip(drafts).map(|(need, it)| it.record(need, ledger)).collect(),
        released,
    });
    Ok(Decision { fact, movements: Vec::new(), flags: Vec::new() })
}

/// Who orders: as the command says, or as the hold does where that is silent.
fn claimant<'a>(
    ledger: &Ledger,
    command: &'a CommitOrder,
    hold: Option<&UsedHold<'a>>,
) -> Result<Claimant<'a>, Rejection> {
    let held = hold.map(|it| it.hold);
    let channel = command.channel.as_ref().or(held.and_then(|it| it.channel.as_ref()));
    Ok(Claimant {
        channel: channel.map(|it| ledger.known_channel(it)).transpose()?,
        campaign: command.campaign.as_ref().or(held.and_then(|it| it.campaign.as_ref())),
        customer: command.customer.as_ref().or(held.and_then(|it| it.customer.as_ref())),
        region: command.ship_to.as_ref().or(held.and_then(|it| it.ship_to.as_ref())),
    })
}

/// The hold that becomes the order; `late` if it no longer holds anything.
struct UsedHold<'a> {
    id: &'a HoldId,
    hold: &'a Hold,
    late: bool,
}

fn used_hold<'a>(
    ledger: &'a Ledger,
    now: Time,
    command: &'a CommitOrder,
) -> Result<Option<UsedHold<'a>>, Rejection> {
    let Some(id) = &command.hold else { return Ok(None) };
    let hold = ledger.hold(id).ok_or_else(|| Rejection::UnknownHold { hold: id.clone() })?;
    match &hold.state {
        HoldState::Live => Ok(Some(UsedHold { id, hold, late: !hold.is_live(now) })),
        HoldState::Expired => Ok(Some(UsedHold { id, hold, late: true })),
        // The buyer has paid and the channel wants the order all the same.
        HoldState::Released if command.if_short == IfShort::AcceptOversold => {
            Ok(Some(UsedHold { id, hold, late: true }))
        }
        HoldState::Released => Err(Rejection::HoldAlreadyReleased { hold: id.clone() }),
        HoldState::Converted(order) => {
            Err(Rejection::HoldAlreadyConverted { hold: id.clone(), order: order.clone() })
        }
    }
}

fn explain(rejection: Rejection, hold: Option<&UsedHold<'_>>) -> Rejection {
    match (rejection, hold) {
        (Rejection::InsufficientStock { lines }, Some(it)) if it.late => {
            Rejection::HoldExpired { hold: it.id.clone(), expired_at: it.hold.expires_at, lines }
        }
        (rejection, _) => rejection,
    }
}

/// A need on its way to being committed.
#[derive(Default)]
struct Draft {
    early: Early,
    from_hold: AtLocations,
    at: AtLocations,
}

impl Draft {
    fn open(&self, need: &Need) -> u64 {
        let found = |at: &AtLocations| at.iter().map(|(_, quantity)| quantity).sum::<u64>();
        need.quantity
            - self.early.shipped
            - self.early.cancelled
            - found(&self.from_hold)
            - found(&self.at)
    }

    fn record(self, need: Need, ledger: &Ledger) -> CommittedLine {
        let short = self.open(&need);
        CommittedLine {
            sku: ledger.item(need.item).sku.clone(),
            ordered: need.quantity - short,
            at: splits(ledger, &self.at),
            from_hold: splits(ledger, &self.from_hold),
            cancelled: self.early.cancelled,
            shipped: self.early.shipped,
            short,
            kit: need.kit,
            r#ref: need.line,
        }
    }
}

/// A draft for each need.
fn draft(ledger: &Ledger, command: &CommitOrder, needs: &[Need]) -> Result<Vec<Draft>, Rejection> {
    let mut drafts = Vec::with_capacity(needs.len());
    if let Some(order) = ledger.order(&command.order) {
        for group in needs.chunk_by(same_line) {
            let early = came_early(ledger, &command.order, order, group)?;
            drafts.extend(early.into_iter().map(|early| Draft { early, ..Draft::default() }));
        }
    }
    drafts.resize_with(needs.len(), Draft::default);
    Ok(drafts)
}

/// Moves what the hold holds to the order's lines: first where line and item agree, then wherever
/// the item does. Returns what the hold held beyond the order.
fn convert(
    hold: &Hold,
    needs: &[Need],
    drafts: &mut [Draft],
    ledger: &Ledger,
) -> Vec<ReleasedLine> {
    let mut held = hold.lines.clone();
    for same_line in [true, false] {
        for units in &mut held {
            let item = ledger.item_no(&units.sku);
            let fits = |(need, _): &(&Need, &mut Draft)| {
                Some(need.item) == item && (!same_line || need.line == units.r#ref)
            };
            for (need, draft) in needs.iter().zip(drafts.iter_mut()).filter(fits) {
                let open = draft.open(need);
                move_units(&mut units.at, &mut draft.from_hold, open);
            }
        }
    }
    held.retain(|it| !it.at.is_empty());
    held.into_iter()
        .map(|it| ReleasedLine {
            sku: ledger.current_sku(&it.sku),
            r#ref: it.r#ref,
            at: splits(ledger, &it.at),
        })
        .collect()
}

fn move_units(from: &mut AtLocations, to: &mut AtLocations, most: u64) {
    let mut left = most;
    for (spot, quantity) in from.iter_mut() {
        let part = left.min(*quantity);
        if part == 0 {
            continue;
        }
        *quantity -= part;
        left -= part;
        match to.iter_mut().find(|(known, _)| known == spot) {
            Some((_, sum)) => *sum += part,
            None => to.push((*spot, part)),
        }
    }
    from.retain(|(_, quantity)| *quantity > 0);
}

/// A commitment that was asked for: by whom, when, and of which ledger.
struct Commitment<'a> {
    ledger: &'a Ledger,
    now: Time,
    command: &'a CommitOrder,
    who: &'a Claimant<'a>,
}

/// Finds units for what neither the hold nor an early shipment covers.
fn commit_afresh(
    asked: &Commitment<'_>,
    needs: &[Need],
    drafts: &mut [Draft],
    told: Option<&mut Preview>,
) -> Result<(), Rejection> {
    let Commitment { ledger, now, command, who } = *asked;
    let short = match command.if_short {
        IfShort::AcceptOversold => Short::Oversell,
        IfShort::Refuse => Short::Follow(command.partial),
    };
    let is_open = |(need, draft): &(&Need, &mut Draft)| draft.open(need) > 0;
    // Nearly every order is covered by nothing yet: its needs are asked for as they are.
    let is_whole = needs.iter().zip(&*drafts).all(|(need, it)| it.open(need) == need.quantity);
    let routed = if is_whole {
        route(ledger, now, who, needs, short, told)?
    } else {
        let rest = needs.iter().zip(&*drafts).map(|(need, it)| (need, it.open(need)));
        let rest = rest.filter(|(_, open)| *open > 0);
        let rest: Vec<Need> =
            rest.map(|(need, quantity)| Need { quantity, ..need.clone() }).collect();
        route(ledger, now, who, &rest, short, told)?
    };
    for ((_, draft), at) in needs.iter().zip(drafts.iter_mut()).filter(is_open).zip(routed) {
        draft.at = at;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use crate::testing::check;

    #[test]
    fn r1_all_lines_or_none() {
        check(
            "
            receive_stock A W:5 G:1
            commit_order O1 W:3@A G:2@A W:3@A
            commit_order O1 W:3@A G:2@A W:3@A partial=per_line
            order O1
            commit_order O2 W:3@A G:2@A partial=best_effort
            order O2
            ",
            expect![[r#"
                6 stock_received: W 5 supplier > A/sellable; G 1 supplier > A/sellable
                rejected insufficient_stock lines=[available=1 index=1 limiting=free_stock line=2 location=A requested=2 shortfall=1 sku=G][available=2 index=2 limiting=free_stock line=3 location=A requested=3 shortfall=1 sku=W]
                7 order_committed: W@A committed +3; 2 short 2; 3 short 3
                O1 | 1 ordered 3 committed 3 | 2 ordered 0 | 3 ordered 0
                8 order_committed: W@A committed +2; G@A committed +1; 1 short 1; 2 short 1
                O2 | 1 ordered 2 committed 2 | 2 ordered 1 committed 1
            "#]],
        );
    }

    #[test]
    fn c03_a_line_is_committed_once_whatever_key_says_so() {
        check(
            "
            receive_stock A W:9
            commit_order O1 W:3@A
            commit_order O1 W:3@A
            commit_order O1 W:4@A
            commit_order O1 G:3@A
            commit_order O1 W:3@A(ref=2)
            order O1
            ",
            expect![[r#"
                6 stock_received: W 9 supplier > A/sellable
                7 order_committed: W@A committed +3
                rejected line_already_committed line=1 order=O1 same=true
                rejected line_already_committed line=1 order=O1 same=false
                rejected line_already_committed line=1 order=O1 same=false
                8 order_committed: W@A committed +3
                O1 | 1 ordered 3 committed 3 | 2 ordered 3 committed 3
            "#]],
        );
    }

    #[test]
    fn c20_a_hold_that_ends_in_this_moment_is_converted_afresh() {
        check(
            "
            @10 receive_stock A W:5
            hold_stock H1 W:4@A expires_in=60
            @70 commit_order O1 hold=H1
            hold H1
            stock W@A
            ",
            expect![[r#"
                6 stock_received: W 5 supplier > A/sellable
                7 stock_held: W@A held +4; until 70s
                8 order_committed: W@A committed +4; W@A held -4; converted_late
                H1 over Converted(OrderId("O1")) until 70s
                W@A sellable 5 committed 4 free 1
            "#]],
        );
    }

    #[test]
    fn c20_a_live_hold_is_never_checked_again() {
        check(
            "
            @10 receive_stock A W:5
            hold_stock H1 W:4@A expires_in=60
            write_off_stock A W:3/sellable
            @69 commit_order O1 hold=H1
            commit_order O2 hold=H1
            stock W@A
            ",
            expect![[r#"
                6 stock_received: W 5 supplier > A/sellable
                7 stock_held: W@A held +4; until 70s
                8 stock_written_off: W 3 A/sellable > loss
                9 order_committed: W@A held -4; W@A committed +4; ! oversold by=2 location=A sku=W
                rejected hold_already_converted hold=H1 order=O1
                W@A sellable 2 committed 4 free -2
            "#]],
        );
    }

    #[test]
    fn c20_an_ended_hold_whose_units_are_gone_is_refused() {
        check(
            "
            @10 receive_stock A W:5
            hold_stock H1 W:4@A expires_in=60
            @70 commit_order O2 W:3@A
            commit_order O1 hold=H1
            expire_hold H1
            commit_order O1 hold=H1
            commit_order O1 hold=H1 if_short=accept_oversold
            ",
            expect![[r#"
                6 stock_received: W 5 supplier > A/sellable
                7 stock_held: W@A held +4; until 70s
                8 order_committed: W@A committed +3
                rejected hold_expired expired_at=70s hold=H1 lines=[available=2 index=0 limiting=free_stock line=1 location=A requested=4 shortfall=2 sku=W]
                9 hold_expired: W@A held -4
                rejected hold_expired expired_at=70s hold=H1 lines=[available=2 index=0 limiting=free_stock line=1 location=A requested=4 shortfall=2 sku=W]
                10 order_committed: W@A committed +4; ! oversold by=2 location=A sku=W; converted_late
            "#]],
        );
    }

    #[test]
    fn c20_the_recorded_expiry_changes_no_answer() {
        check(
            "
            @10 receive_stock A W:5
            hold_stock H1 channel=web W:4 expires_in=60
            @70 expire_hold H1
            commit_order O1 hold=H1
            stock W@A
            ",
            expect![[r#"
                6 stock_received: W 5 supplier > A/sellable
                7 stock_held: W@A held +4; until 70s
                8 hold_expired: W@A held -4
                9 order_committed: W@A committed +4; converted_late
                W@A sellable 5 committed 4 free 1
            "#]],
        );
    }

    #[test]
    fn c21_a_payment_after_the_release_is_refused_or_oversold_never_silent() {
        check(
            "
            receive_stock A W:2
            hold_stock H1 channel=web W:2
            release_hold H1
            commit_order O2 W:2@A
            commit_order O1 hold=H1
            commit_order O1 hold=H1 if_short=accept_oversold
            stock W@A
            ",
            expect![[r#"
                6 stock_received: W 2 supplier > A/sellable
                7 stock_held: W@A held +2; until 900s
                8 hold_released: W@A held -2; whole
                9 order_committed: W@A committed +2
                rejected hold_already_released hold=H1
                10 order_committed: W@A committed +2; ! oversold by=2 location=A sku=W; converted_late
                W@A sellable 2 committed 4 free -2
            "#]],
        );
    }

    #[test]
    fn r4_the_hold_excludes_itself_and_frees_what_the_order_does_not_take() {
        check(
            "
            receive_stock A W:5 G:2
            hold_stock H1 W:5@A G:2@A
            commit_order O1 hold=H1 W:3@A
            stock W@A
            stock G@A
            ",
            expect![[r#"
                6 stock_received: W 5 supplier > A/sellable; G 2 supplier > A/sellable
                7 stock_held: W@A held +5; G@A held +2; until 900s
                8 order_committed: W@A held -3; W@A committed +3; W@A held -2; G@A held -2
                W@A sellable 5 committed 3 free 2
                G@A sellable 2 free 2
            "#]],
        );
    }

    #[test]
    fn r4_an_order_may_be_larger_than_its_hold() {
        check(
            "
            receive_stock A W:5
            hold_stock H1 W:2@A
            commit_order O1 hold=H1 W:4@A
            commit_order O2 W:2@A
            commit_order O2 hold=H9 W:2@A
            ",
            expect![[r#"
                6 stock_received: W 5 supplier > A/sellable
                7 stock_held: W@A held +2; until 900s
                8 order_committed: W@A committed +2; W@A held -2; W@A committed +2
                rejected insufficient_stock lines=[available=1 index=0 limiting=free_stock line=1 location=A requested=2 shortfall=1 sku=W]
                rejected unknown_hold hold=H9
            "#]],
        );
    }

    #[test]
    fn bad_commitments_are_refused() {
        check(
            "
            receive_stock A W:5
            commit_order O1 W:1
            commit_order O1 lines=
            commit_order O1 X:1@A
            commit_order O1 W:1@C
            commit_order O1 channel=mall W:1
            commit_order O1 W:1@A(ref=x) W:1@A(ref=x)
            ",
            expect![[r#"
                6 stock_received: W 5 supplier > A/sellable
                rejected no_location line=1
                rejected contradiction field=lines message=must have at least one line
                rejected unknown_sku sku=X
                rejected unknown_location location=C
                rejected unknown_channel channel=mall
                rejected duplicate_in_batch field=lines.ref value=x
            "#]],
        );
    }

    #[test]
    fn c18_a_hold_of_a_kit_becomes_an_order() {
        check(
            "
            register_item K
            define_kit K W:2 G:1
            receive_stock A W:10 G:4 K:1
            hold_stock H1 channel=web K:3
            define_kit K W:1
            commit_order O1 hold=H1
            order O1
            cancel_order O1 1:2
            hold_stock H2 channel=web K:3
            commit_order O2 hold=H2
            ",
            expect![[r#"
                6 item_registered:
                7 kit_defined:
                8 stock_received: W 10 supplier > A/sellable; G 4 supplier > A/sellable; K 1 supplier > A/sellable
                9 stock_held: K@A held +1; W@A held +4; G@A held +2; until 900s
                10 kit_defined:
                11 order_committed: K@A held -1; K@A committed +1; W@A held -4; W@A committed +4; G@A held -2; G@A committed +2
                O1 | 1 ordered 1 committed 1 | 1.1 ordered 4 committed 4 | 1.2 ordered 2 committed 2
                12 order_cancelled: W@A committed -4; G@A committed -2
                13 stock_held: W@A held +3; until 900s
                14 order_committed: W@A held -3; W@A committed +3
            "#]],
        );
    }

    #[test]
    fn c18_a_hold_of_a_kit_becomes_an_order_that_says_it_again() {
        check(
            "
            register_item K
            define_kit K W:2 G:1
            receive_stock A W:10 G:4
            hold_stock H1 channel=web K:3
            receive_stock A K:5
            define_kit K W:1
            commit_order O1 hold=H1 channel=web K:4
            order O1
            cancel_order O1 1:1
            ",
            expect![[r#"
                6 item_registered:
                7 kit_defined:
                8 stock_received: W 10 supplier > A/sellable; G 4 supplier > A/sellable
                9 stock_held: W@A held +6; G@A held +3; until 900s
                10 stock_received: K 5 supplier > A/sellable
                11 kit_defined:
                12 order_committed: K@A committed +1; W@A held -6; W@A committed +6; G@A held -3; G@A committed +3
                O1 | 1 ordered 1 committed 1 | 1.1 ordered 6 committed 6 | 1.2 ordered 3 committed 3
                13 order_cancelled: W@A committed -2; G@A committed -1
            "#]],
        );
    }

    #[test]
    fn c18_a_hold_becomes_lines_of_other_names() {
        check(
            "
            register_item K
            define_kit K W:2 G:1
            receive_stock A W:9 G:9 K:1
            hold_stock H1 channel=web K:2
            define_kit K G:1
            receive_stock A K:5
            commit_order O1 hold=H1 channel=web K:1(ref=a) K:1(ref=b)
            order O1
            cancel_order O1 b:1
            ",
            expect![[r#"
                6 item_registered:
                7 kit_defined:
                8 stock_received: W 9 supplier > A/sellable; G 9 supplier > A/sellable; K 1 supplier > A/sellable
                9 stock_held: K@A held +1; W@A held +2; G@A held +1; until 900s
                10 kit_defined:
                11 stock_received: K 5 supplier > A/sellable
                12 order_committed: K@A held -1; K@A committed +1; W@A held -2; W@A committed +2; G@A held -1; G@A committed +1
                O1 | a ordered 1 committed 1 | b.1 ordered 2 committed 2 | b.2 ordered 1 committed 1
                13 order_cancelled: W@A committed -2; G@A committed -1
            "#]],
        );
    }

    #[test]
    fn c18_more_of_a_kit_than_its_hold() {
        check(
            "
            register_item K
            define_kit K W:2 G:1
            receive_stock A W:7 G:9
            hold_stock H1 channel=web K:2
            commit_order O1 hold=H1 K:4
            commit_order O1 hold=H1 K:4 partial=best_effort
            order O1
            ",
            expect![[r#"
                6 item_registered:
                7 kit_defined:
                8 stock_received: W 7 supplier > A/sellable; G 9 supplier > A/sellable
                9 stock_held: W@A held +4; G@A held +2; until 900s
                rejected insufficient_stock lines=[available=1 index=0 limiting=free_stock line=1 part=W requested=2 shortfall=1 sku=K]
                10 order_committed: W@A committed +2; W@A held -4; W@A committed +4; G@A committed +1; G@A held -2; G@A committed +2; 1.1 short 2; 1.2 short 1
                O1 | 1.1 ordered 6 committed 6 | 1.2 ordered 3 committed 3
            "#]],
        );
    }

    #[test]
    fn c18_fewer_kits_than_their_hold() {
        check(
            "
            register_item K
            define_kit K W:2 G:1
            receive_stock A W:10 G:4 K:1
            hold_stock H1 channel=web K:3
            commit_order O1 hold=H1 K:2
            order O1
            stock W@A
            stock K@A
            ",
            expect![[r#"
                6 item_registered:
                7 kit_defined:
                8 stock_received: W 10 supplier > A/sellable; G 4 supplier > A/sellable; K 1 supplier > A/sellable
                9 stock_held: K@A held +1; W@A held +4; G@A held +2; until 900s
                10 order_committed: K@A held -1; K@A committed +1; W@A held -2; W@A committed +2; G@A held -1; G@A committed +1; W@A held -2; G@A held -1
                O1 | 1 ordered 1 committed 1 | 1.1 ordered 2 committed 2 | 1.2 ordered 1 committed 1
                W@A sellable 10 committed 2 free 8
                K@A sellable 1 committed 1 free 0
            "#]],
        );
    }

    #[test]
    fn c20_a_hold_of_a_kit_that_ended_is_found_afresh() {
        check(
            "
            register_item K
            define_kit K W:2 G:1
            receive_stock A W:7 G:3
            @10 hold_stock H1 channel=web K:3 expires_in=60
            hold_stock H2 channel=web K:3 expires_in=60
            define_kit K W:1
            @80 commit_order O1 channel=web G:1
            commit_order O2 hold=H1
            commit_order O2 hold=H1 partial=best_effort
            order O2
            ",
            expect![[r#"
                6 item_registered:
                7 kit_defined:
                8 stock_received: W 7 supplier > A/sellable; G 3 supplier > A/sellable
                9 stock_held: W@A held +6; G@A held +3; until 70s
                rejected insufficient_stock lines=[available=0 index=0 limiting=free_stock line=1 part=W requested=3 shortfall=3 sku=K]
                10 kit_defined:
                11 order_committed: G@A committed +1
                rejected hold_expired expired_at=70s hold=H1 lines=[available=2 index=0 limiting=free_stock line=1 part=G requested=3 shortfall=1 sku=K]
                12 order_committed: W@A committed +4; G@A committed +2; W@A held -6; G@A held -3; converted_late; 1.1 short 2; 1.2 short 1
                O2 | 1.1 ordered 4 committed 4 | 1.2 ordered 2 committed 2
            "#]],
        );
    }
}
