//! What a promise would take from where, and why: booked nowhere, decided by the very same code.

use serde::Serialize;

use crate::command::{explain_commitment, explain_hold};
use crate::{
    CommitOrder, Fact, HoldStock, Ledger, LineRef, LocationId, PoolId, Rejection, RouteBy,
    RouteSplit, Sku, Split, Time,
};

/// What a promise would take from where.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Preview {
    /// Over how many locations the order may be spread: the strictest of its lines' rules.
    pub split: RouteSplit,
    /// Locations that something is taken from.
    pub locations: u64,
    /// In the order of the command, parts of a kit as lines. Of a refused promise what could have
    /// been taken; none if it was refused before locations were looked at.
    pub lines: Vec<PreviewLine>,
    /// Why it would be refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rejection: Option<Rejection>,
}

/// What one line would take.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PreviewLine {
    pub line: LineRef,
    pub sku: Sku,
    pub quantity: u64,
    /// What the claimant may take in all; none: without end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub available: Option<u64>,
    /// What keeps the claimant from more, named as in [`crate::Shortfall`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limiting: Option<&'static str>,
    /// Which location comes first for this line.
    pub by: RouteBy,
    /// In the order in which they are considered, closed ones last.
    pub candidates: Vec<Candidate>,
}

/// A location that may serve a line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Candidate {
    pub location: LocationId,
    /// Units there that are free for everybody, once earlier lines have theirs. Below zero where
    /// promises exceed the stock.
    pub free: i64,
    /// What a unit costs from there, in minor units of one currency.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cost: Option<u64>,
    /// Place of the destination's region among those near to the location, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nearness: Option<u64>,
    /// Units taken from there.
    pub units: u64,
    /// Why they are, or why none is.
    pub reason: RouteReason,
    /// The units again, by what they are taken of.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub takes: Vec<Take>,
}

/// Units taken at a location for one reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Take {
    pub units: u64,
    pub reason: RouteReason,
    /// The pool that they are drawn from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pool: Option<PoolId>,
}

/// Why a location gives units or gives none. Codes are promised to callers: never rename one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RouteReason {
    /// The line names it.
    Named,
    /// A hold that becomes the order holds them there.
    Held,
    /// A pool that serves the claimant has them there.
    Pool,
    /// The first in order that has all that is left of the line, or of the order if it may not be
    /// split.
    FirstWithAll,
    /// The next in order, as no location has all.
    NextInOrder,
    HighestStock,
    Cheapest,
    Nearest,
    /// One of the few that have all lines together.
    FewestSplits,
    /// No other location has the whole order, which may not be split.
    OnlyOneWithAll,
    /// No location has the whole order, which may not be split; this one lacks the least.
    HasMost,
    /// More than is there, as a rule allows or the caller accepts.
    Oversold,
    /// Sold ahead of supply that is expected there.
    ExpectedSupply,
    /// The item is not counted.
    Unlimited,
    /// Taken of the capacity of a window of time.
    Capacity,
    /// None: the location is closed.
    Closed,
    /// None: nothing is free there.
    NothingFree,
    /// None: the claimant buys from pools only.
    PoolOnly,
    /// None: the order may not be split, and a line of it is not there as a whole.
    LacksALine,
    /// None: the line is short and not promised at all.
    LineShort,
    /// None: the others suffice.
    NotNeeded,
}

/// What `command` would take from where at `now`, and why.
pub fn preview(ledger: &Ledger, now: Time, command: &CommitOrder) -> Preview {
    let mut preview = Preview::default();
    match explain_commitment(ledger, now, command, Some(&mut preview)) {
        Ok(decision) => preview.add_held(ledger, now, &decision.fact),
        Err(rejection) => preview.rejection = Some(rejection),
    }
    preview.count()
}

/// As [`preview`], for a hold.
pub fn preview_hold(ledger: &Ledger, now: Time, command: &HoldStock) -> Preview {
    let mut preview = Preview::default();
    preview.rejection = explain_hold(ledger, now, command, Some(&mut preview)).err();
    preview.count()
}

impl Preview {
    /// Units that a hold brings along stay where they are: no location was considered for them.
    fn add_held(&mut self, ledger: &Ledger, now: Time, fact: &Fact) {
        let Fact::OrderCommitted(order) = fact else { return };
        let lines = std::mem::take(&mut self.lines);
        let mut routed = lines.into_iter().peekable();
        for line in &order.lines {
            let known = routed.next_if(|it| it.line == line.r#ref);
            if line.from_hold.is_empty() {
                self.lines.extend(known);
                continue;
            }
            let mut told = known.unwrap_or_else(|| PreviewLine {
                line: line.r#ref.clone(),
                sku: line.sku.clone(),
                quantity: 0,
                available: Some(0),
                limiting: None,
                by: RouteBy::default(),
                candidates: Vec::new(),
            });
            let held: Vec<Candidate> =
                line.from_hold.iter().map(|it| held(ledger, now, &told.sku, it)).collect();
            let units: u64 = held.iter().map(|it| it.units).sum();
            told.quantity += units;
            told.available = told.available.map(|it| it + units);
            told.candidates.splice(0..0, held);
            self.lines.push(told);
        }
    }

    fn count(mut self) -> Preview {
        let candidates = self.lines.iter().flat_map(|it| &it.candidates);
        let used = candidates.filter(|it| it.units > 0).map(|it| &it.location);
        let used: std::collections::BTreeSet<&LocationId> = used.collect();
        self.locations = used.len() as u64;
        self
    }
}

fn held(ledger: &Ledger, now: Time, sku: &Sku, split: &Split) -> Candidate {
    let cell = ledger.item_no(sku).zip(ledger.location_no(&split.location));
    let free = cell.map_or(0, |(item, location)| ledger.free(item, location, now));
    let (units, reason) = (split.quantity.units(), RouteReason::Held);
    Candidate {
        location: split.location.clone(),
        free,
        cost: None,
        nearness: None,
        units,
        reason,
        takes: vec![Take { units, reason, pool: split.pool.clone() }],
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use crate::testing::check;

    #[test]
    fn a_preview_books_nothing_and_comes_true() {
        check(
            "
            receive_stock A W:3
            receive_stock B W:5
            preview_hold H1 channel=web W:4 W:2@A
            preview O1 channel=web W:4 W:2@A
            stock W@B
            hold_stock H1 channel=web W:4 W:2@A
            preview_hold H1 channel=web W:1
            ",
            expect![[r#"
                6 stock_received: W 3 supplier > A/sellable
                7 stock_received: W 5 supplier > B/sellable
                split allowed locations 2 | 1 W 4 of 4 available 8 free_stock, A free 3 not_needed, B free 5 4 first_with_all | 2 W 2 of 2 available 3 free_stock, A free 3 2 named
                split allowed locations 2 | 1 W 4 of 4 available 8 free_stock, A free 3 not_needed, B free 5 4 first_with_all | 2 W 2 of 2 available 3 free_stock, A free 3 2 named
                W@B sellable 5 free 5
                8 stock_held: W@B held +4; W@A held +2; until 900s
                split allowed locations 0 | rejected already_exists kind=hold name=H1
            "#]],
        );
    }

    #[test]
    fn what_a_hold_holds_stays_where_it_is() {
        check(
            "
            receive_stock A W:3 G:1
            receive_stock B W:5
            hold_stock H1 channel=web W:2@B G:1
            preview O1 hold=H1
            preview O1 hold=H1 W:4 G:1
            preview O1 hold=H1 W:2
            preview O1 hold=H1 W:9 G:2
            preview O1 hold=H9
            @900 preview O1 hold=H1
            ",
            expect![[r#"
                6 stock_received: W 3 supplier > A/sellable; G 1 supplier > A/sellable
                7 stock_received: W 5 supplier > B/sellable
                8 stock_held: W@B held +2; G@A held +1; until 900s
                split allowed locations 2 | 1 W 2 of 2 available 2, B free 3 2 held | 2 G 1 of 1 available 1, A free 0 1 held
                split allowed locations 2 | 1 W 4 of 4 available 8 free_stock, B free 3 2 held, A free 3 2 first_with_all, B free 3 not_needed | 2 G 1 of 1 available 1, A free 0 1 held
                split allowed locations 1 | 1 W 2 of 2 available 2, B free 3 2 held
                split allowed locations 0 | 1 W 0 of 7 available 6 free_stock, A free 3 line_short, B free 3 line_short | 2 G 0 of 1 available 0 free_stock, A free 0 nothing_free, B free 0 nothing_free | rejected insufficient_stock lines=[available=6 index=0 limiting=free_stock line=1 requested=7 shortfall=1 sku=W][available=0 index=1 limiting=free_stock line=2 requested=1 shortfall=1 sku=G]
                split allowed locations 0 | rejected unknown_hold hold=H9
                split allowed locations 1 | 1 W 2 of 2 available 8 free_stock, A free 3 2 first_with_all, B free 5 not_needed | 2 G 1 of 1 available 1 free_stock, A free 1 1 first_with_all, B free 0 nothing_free
            "#]],
        );
    }

    #[test]
    fn a_preview_tells_what_would_be_short() {
        check(
            "
            receive_stock A W:3
            receive_stock B W:5
            preview O1 channel=web W:9 W:2
            preview O1 channel=web W:9 W:2 partial=per_line
            preview O1 channel=web W:9 W:2 partial=best_effort
            preview O1 channel=web W:9 W:2 if_short=accept_oversold
            ",
            expect![[r#"
                6 stock_received: W 3 supplier > A/sellable
                7 stock_received: W 5 supplier > B/sellable
                split allowed locations 1 | 1 W 0 of 9 available 8 free_stock, A free 3 line_short, B free 5 line_short | 2 W 2 of 2 available 8 free_stock, A free 3 2 first_with_all, B free 5 not_needed | rejected insufficient_stock lines=[available=8 index=0 limiting=free_stock line=1 requested=9 shortfall=1 sku=W]
                split allowed locations 1 | 1 W 0 of 9 available 8 free_stock, A free 3 line_short, B free 5 line_short | 2 W 2 of 2 available 8 free_stock, A free 3 2 first_with_all, B free 5 not_needed
                split allowed locations 2 | 1 W 8 of 9 available 8 free_stock, A free 3 3 next_in_order, B free 5 5 next_in_order | 2 W 0 of 2 available 0 free_stock, A free 0 nothing_free, B free 0 nothing_free
                split allowed locations 2 | 1 W 9 of 9 available 8 free_stock, A free 3 3 next_in_order 1 oversold, B free 5 5 next_in_order | 2 W 2 of 2 available 0 free_stock, A free -1 2 oversold, B free 0 nothing_free
            "#]],
        );
    }
}
