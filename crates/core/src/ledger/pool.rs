//! Stock set aside, and the tranches in which it becomes sellable.

use serde::{Deserialize, Serialize};

use crate::{ChannelNo, ItemNo, Label, LocationNo, PoolDraw, PoolId, Time, TrancheId};

/// A pool's number within its ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct PoolNo(pub u32);

/// Stock set aside for whoever meets all that it names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pool {
    pub id: PoolId,
    pub channel: Option<ChannelNo>,
    pub campaign: Option<Label>,
    pub customer: Option<Label>,
    pub draw: PoolDraw,
    /// The highest is drawn on first and shrinks last.
    pub priority: u64,
    pub ends_at: Option<Time>,
    /// Position of the entry that opened it.
    pub position: u64,
    /// Position of the entry that closed it.
    pub closed: Option<u64>,
    pub parts: Vec<PoolPart>,
    pub tranches: Vec<Tranche>,
}

/// A pool's units of one item.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PoolPart {
    pub item: ItemNo,
    /// Units set aside and not drawn; nothing is kept of a location at zero. Below zero where more
    /// was promised than set aside, as a rule allowed or the caller accepted.
    pub left: Vec<(LocationNo, i64)>,
    /// Units drawn by promises and not given back.
    pub drawn: u64,
}

/// Units that can be sold from a moment on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tranche {
    pub id: TrancheId,
    pub release_at: Time,
    /// Position of the entry that released it.
    pub released: Option<u64>,
    pub lines: Vec<(ItemNo, u64)>,
}

/// Who asks: a pool serves those who meet everything that it names.
#[derive(Clone, Copy, Debug, Default)]
pub struct Claimant<'a> {
    pub channel: Option<ChannelNo>,
    pub campaign: Option<&'a Label>,
    pub customer: Option<&'a Label>,
    /// Where the goods are to go.
    pub region: Option<&'a Label>,
}

impl Tranche {
    /// Released, or due at `now`: that nobody has recorded it yet changes nothing.
    pub fn is_out(&self, now: Time) -> bool {
        self.released.is_some() || self.release_at <= now
    }
}

impl Pool {
    /// Open at `now`: one past its end is not, recorded or not.
    pub fn is_open(&self, now: Time) -> bool {
        self.closed.is_none() && self.ends_at.is_none_or(|end| now < end)
    }

    pub fn serves(&self, who: &Claimant<'_>) -> bool {
        self.channel.is_none_or(|it| who.channel == Some(it))
            && self.campaign.as_ref().is_none_or(|it| who.campaign == Some(it))
            && self.customer.as_ref().is_none_or(|it| who.customer == Some(it))
    }

    pub fn part(&self, item: ItemNo) -> Option<&PoolPart> {
        self.parts.iter().find(|it| it.item == item)
    }

    pub(super) fn part_mut(&mut self, item: ItemNo) -> &mut PoolPart {
        let found = self.parts.iter().position(|it| it.item == item);
        let index = found.unwrap_or_else(|| {
            self.parts.push(PoolPart { item, left: Vec::new(), drawn: 0 });
            self.parts.len() - 1
        });
        &mut self.parts[index]
    }

    /// Units of an item whose tranches are out. None: no tranche of it waits, and everything is out.
    fn out(&self, item: ItemNo, is_out: impl Fn(&Tranche) -> bool) -> Option<u64> {
        let units = |tranche: &Tranche| {
            let lines = tranche.lines.iter().filter(|(it, _)| *it == item);
            lines.map(|(_, units)| units).sum::<u64>()
        };
        let (out, waiting): (Vec<_>, Vec<_>) = self.tranches.iter().partition(|it| is_out(it));
        let waits = waiting.into_iter().any(|it| units(it) > 0);
        waits.then(|| out.into_iter().map(units).sum())
    }

    /// What may be sold of an item of which `left` units are set aside and `drawn` were drawn, given
    /// which tranches are out.
    pub fn units(
        &self,
        item: ItemNo,
        left: i64,
        drawn: i64,
        is_out: impl Fn(&Tranche) -> bool,
    ) -> PoolUnits {
        let whole = u64::try_from(left + drawn).unwrap_or(0);
        match self.out(item, is_out) {
            None => PoolUnits { released: whole, own: left },
            Some(out) => PoolUnits { released: out.min(whole), own: left.min(out as i64 - drawn) },
        }
    }

    /// Units of an item that are or were there to be sold: released and not lost again.
    pub fn released(&self, item: ItemNo, now: Time) -> u64 {
        let Some(part) = self.part(item) else { return 0 };
        self.units(item, part.units_left(), part.drawn as i64, |it| it.is_out(now)).released
    }

    /// Units of an item that can be drawn once `back` units are given back: set aside, released,
    /// not drawn. Below zero where more was drawn than released.
    pub fn own(&self, item: ItemNo, now: Time, back: u64) -> i64 {
        let Some(part) = self.part(item) else { return 0 };
        let (left, drawn) = (part.units_left() + back as i64, part.drawn as i64 - back as i64);
        self.units(item, left, drawn, |it| it.is_out(now)).own
    }
}

/// What may be sold of a pool's units of one item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PoolUnits {
    /// Are or were there to be sold: released and not lost again.
    pub released: u64,
    /// Can be drawn; below zero where more was drawn than released.
    pub own: i64,
}

impl PoolPart {
    pub fn units_left(&self) -> i64 {
        self.left.iter().map(|(_, units)| units).sum()
    }

    pub fn left_at(&self, location: LocationNo) -> i64 {
        self.left.iter().find(|(it, _)| *it == location).map_or(0, |(_, units)| *units)
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use crate::testing::check;

    #[test]
    fn c23_what_an_ended_hold_gives_back_is_there_where_it_was_drawn() {
        check(
            "
            receive_stock A W:6
            open_pool P1 channel=web draw=only W:6@A
            hold_stock H1 channel=web W:6 expires_in=60
            @60 commit_order O1 channel=web W:1@A
            due
            pool P1
            ",
            expect![[r#"
                6 stock_received: W 6 supplier > A/sellable
                7 pool_opened: W@A pooled +6 in P1
                8 stock_held: W@A held +6 in P1; W@A pooled -6 in P1; until 60s
                9 order_committed: W@A committed +1 in P1; W@A pooled -1 in P1
                10 hold_expired: W@A held -6 in P1; W@A pooled +6 in P1
                P1 open | W left 5@A drawn 1 own 5
            "#]],
        );
    }

    #[test]
    fn c23_tranches_are_sold_when_they_are_out_recorded_or_not() {
        check(
            "
            receive_stock A W:10
            open_pool P1 channel=web draw=only W:8@A tranches=T1/60/W:3;T2/120/W:3
            offer W web
            hold_stock H1 channel=web W:1
            @60 offer W web
            hold_stock H1 channel=web W:4
            hold_stock H1 channel=web W:3
            due
            offer W web
            @120 pool P1
            due
            due
            offer W web
            ",
            expect![[r#"
                6 stock_received: W 10 supplier > A/sellable
                7 pool_opened: W@A pooled +8 in P1
                W reservable 0 published 0 | base 2 share 0
                rejected insufficient_stock lines=[available=0 index=0 limiting=exclusive line=1 requested=1 shortfall=1 sku=W]
                W reservable 3 published 3 | base 2 own 3 share 3
                rejected insufficient_stock lines=[available=3 index=0 limiting=exclusive line=1 requested=4 shortfall=1 sku=W]
                8 stock_held: W@A held +3 in P1; W@A pooled -3 in P1; until 960s
                9 tranche_released:
                W reservable 0 published 0 | base 2 share 0
                P1 open | W left 5@A drawn 3 own 5 | T1 out | T2 out
                10 tranche_released:
                nothing is due
                W reservable 5 published 5 | base 2 own 5 share 5
            "#]],
        );
    }

    #[test]
    fn what_the_tranches_leave_over_comes_with_the_last_one() {
        check(
            "
            receive_stock A W:10
            open_pool P1 channel=web draw=only W:8@A tranches=T1/60/W:3;T2/120/W:3
            @60 offer W web
            @120 offer W web
            commit_order O1 channel=web W:8
            pool P1
            ",
            expect![[r#"
                6 stock_received: W 10 supplier > A/sellable
                7 pool_opened: W@A pooled +8 in P1
                W reservable 3 published 3 | base 2 own 3 share 3
                W reservable 8 published 8 | base 2 own 8 share 8
                8 order_committed: W@A committed +8 in P1; W@A pooled -8 in P1
                P1 open | W left drawn 8 own 0 | T1 out | T2 out
            "#]],
        );
    }

    #[test]
    fn first_the_pool_and_then_the_shared_stock() {
        check(
            "
            receive_stock A W:10
            open_pool P1 channel=web W:3@A
            hold_stock H1 channel=web W:2
            hold_stock H2 channel=web W:4
            offer W web
            release_hold H2 1:1
            release_hold H2 1:3
            pool P1
            stock W@A
            commit_order O1 channel=web hold=H1
            commit_order O2 channel=web W:2
            cancel_order O2
            ship_order O1
            return_stock A order=O1 1:1
            pool P1
            stock W@A
            ",
            expect![[r#"
                6 stock_received: W 10 supplier > A/sellable
                7 pool_opened: W@A pooled +3 in P1
                8 stock_held: W@A held +2 in P1; W@A pooled -2 in P1; until 900s
                9 stock_held: W@A held +1 in P1; W@A held +3; W@A pooled -1 in P1; until 900s
                W reservable 4 published 4 | base 4 share 4
                10 hold_released: W@A held -1
                11 hold_released: W@A held -2; W@A held -1 in P1; W@A pooled +1 in P1; whole
                P1 open | W left 1@A drawn 2 own 1
                W@A sellable 10 held 2 pooled 1 free 7
                12 order_committed: W@A held -2 in P1; W@A committed +2 in P1
                13 order_committed: W@A committed +1 in P1; W@A committed +1; W@A pooled -1 in P1
                14 order_cancelled: W@A committed -1; W@A committed -1 in P1; W@A pooled +1 in P1
                15 order_shipped: W 2 A/sellable > customer; W@A committed -2 in P1
                16 stock_returned: W 1 customer > A/quality_control; 1 linked 1
                P1 open | W left 1@A drawn 2 own 1
                W@A sellable 8 quality_control 1 pooled 1 free 7
            "#]],
        );
    }

    #[test]
    fn the_pool_and_nothing_else() {
        check(
            "
            receive_stock A W:10
            open_pool P1 channel=web draw=only W:3@A
            hold_stock H1 channel=web W:4
            hold_stock H1 channel=web W:3
            offer W web
            commit_order O1 channel=web hold=H1
            ship_order O1
            stock W@A
            offer W web
            close_pool P1
            offer W web
            ",
            expect![[r#"
                6 stock_received: W 10 supplier > A/sellable
                7 pool_opened: W@A pooled +3 in P1
                rejected insufficient_stock lines=[available=3 index=0 limiting=exclusive line=1 requested=4 shortfall=1 sku=W]
                8 stock_held: W@A held +3 in P1; W@A pooled -3 in P1; until 900s
                W reservable 0 published 0 | base 7 share 0
                9 order_committed: W@A held -3 in P1; W@A committed +3 in P1
                10 order_shipped: W 3 A/sellable > customer; W@A committed -3 in P1
                W@A sellable 7 free 7
                W reservable 0 published 0 | base 7 share 0
                11 pool_closed:
                W reservable 7 published 7 | base 7 share 7
            "#]],
        );
    }

    #[test]
    fn the_highest_priority_is_drawn_on_first() {
        check(
            "
            receive_stock A W:10
            open_pool P1 channel=web W:2@A priority=1
            open_pool P2 channel=web W:2@A priority=5
            open_pool P3 channel=web W:2@A priority=1
            commit_order O1 channel=web W:5
            commit_order O2 channel=web W:3
            cancel_order O1
            pool P1
            pool P2
            pool P3
            ",
            expect![[r#"
                6 stock_received: W 10 supplier > A/sellable
                7 pool_opened: W@A pooled +2 in P1
                8 pool_opened: W@A pooled +2 in P2
                9 pool_opened: W@A pooled +2 in P3
                10 order_committed: W@A committed +2 in P2; W@A committed +2 in P1; W@A committed +1 in P3; W@A pooled -2 in P2; W@A pooled -2 in P1; W@A pooled -1 in P3
                11 order_committed: W@A committed +1 in P3; W@A committed +2; W@A pooled -1 in P3
                12 order_cancelled: W@A committed -1 in P3; W@A committed -2 in P1; W@A committed -2 in P2; W@A pooled +1 in P3; W@A pooled +2 in P1; W@A pooled +2 in P2
                P1 open | W left 2@A drawn 0 own 2
                P2 open | W left 2@A drawn 0 own 2
                P3 open | W left 1@A drawn 1 own 1
            "#]],
        );
    }

    #[test]
    fn only_who_names_it_draws_on_a_pool() {
        check(
            "
            receive_stock A W:10
            open_pool P1 campaign=sale W:3@A
            open_pool P2 channel=web customer=vip W:4@A
            offer W web
            offer W web campaign=sale
            offer W web customer=vip
            offer W web customer=vip campaign=sale
            commit_order O1 channel=web W:4
            commit_order O1 channel=web W:4 campaign=sale
            commit_order O2 W:5@A campaign=sale customer=vip
            hold_stock H1 channel=web W:6 campaign=sale customer=vip
            commit_order O3 hold=H1
            ",
            expect![[r#"
                6 stock_received: W 10 supplier > A/sellable
                7 pool_opened: W@A pooled +3 in P1
                8 pool_opened: W@A pooled +4 in P2
                W reservable 3 published 3 | base 3 share 3
                W reservable 6 published 6 | base 3 own 3 share 6
                W reservable 7 published 7 | base 3 own 4 share 7
                W reservable 10 published 10 | base 3 own 7 share 10
                rejected insufficient_stock lines=[available=3 index=0 limiting=free_stock line=1 requested=4 shortfall=1 sku=W]
                9 order_committed: W@A committed +3 in P1; W@A committed +1; W@A pooled -3 in P1
                rejected insufficient_stock lines=[available=2 index=0 limiting=free_stock line=1 location=A requested=5 shortfall=3 sku=W]
                10 stock_held: W@A held +4 in P2; W@A held +2; W@A pooled -4 in P2; until 900s
                11 order_committed: W@A held -4 in P2; W@A held -2; W@A committed +4 in P2; W@A committed +2
            "#]],
        );
    }

    #[test]
    fn a_hold_past_its_end_gives_back_to_its_pool_recorded_or_not() {
        check(
            "
            receive_stock A W:10
            open_pool P1 channel=web draw=only W:5@A
            hold_stock H1 channel=web W:4 expires_in=60
            offer W web
            @60 offer W web
            pool P1
            stock W@A
            commit_order O1 channel=web W:5 hold=H1
            pool P1
            due
            stock W@A
            ",
            expect![[r#"
                6 stock_received: W 10 supplier > A/sellable
                7 pool_opened: W@A pooled +5 in P1
                8 stock_held: W@A held +4 in P1; W@A pooled -4 in P1; until 60s
                W reservable 1 published 1 | base 5 own 1 share 1
                W reservable 5 published 5 | base 5 own 5 share 5
                P1 open | W left 1@A drawn 4 own 5
                W@A sellable 10 pooled 1 free 5
                9 order_committed: W@A committed +5 in P1; W@A pooled -5 in P1; W@A held -4 in P1; W@A pooled +4 in P1; converted_late
                P1 open | W left drawn 5 own 0
                nothing is due
                W@A sellable 10 committed 5 free 5
            "#]],
        );
    }

    #[test]
    fn a_pool_past_its_end_is_shared_stock_recorded_or_not() {
        check(
            "
            receive_stock A W:10
            open_pool P1 channel=web draw=only W:4@A ends_at=60
            hold_stock H1 channel=web W:1 expires_in=60
            offer W web
            @60 offer W web
            stock W@A
            hold_stock H2 channel=web W:10
            due
            pool P1
            stock W@A
            ",
            expect![[r#"
                6 stock_received: W 10 supplier > A/sellable
                7 pool_opened: W@A pooled +4 in P1
                8 stock_held: W@A held +1 in P1; W@A pooled -1 in P1; until 60s
                W reservable 3 published 3 | base 6 own 3 share 3
                W reservable 10 published 10 | base 10 share 10
                W@A sellable 10 pooled 3 free 10
                9 stock_held: W@A held +10; until 960s
                10 pool_closed: W@A pooled -3 in P1
                11 hold_expired: W@A held -1 in P1
                P1 over | W left drawn 1 own 0
                W@A sellable 10 held 10 free 0
            "#]],
        );
    }

    #[test]
    fn overselling_a_pool_has_an_end() {
        check(
            r#"
            receive_stock A W:20
            set_policy channel=web set={"exclusive":true,"oversell":{"limit":2}}
            offer W web
            commit_order O0 channel=web W:1
            open_pool P1 channel=web W:10@A tranches=T1/60/W:5;T2/120/W:5
            commit_order O1 channel=web W:3
            commit_order O1 channel=web W:2
            offer W web
            @60 commit_order O2 channel=web W:6
            commit_order O2 channel=web W:5
            commit_order O3 channel=web W:1
            pool P1
            @120 due
            commit_order O4 channel=web W:6
            commit_order O4 channel=web W:5
            commit_order O5 channel=web W:1
            pool P1
            stock W@A
            commit_order O6 W:9@A
            commit_order O6 W:8@A
            ship_order O4
            offer W web
            cancel_order O2
            pool P1
            close_pool P1
            stock W@A
            "#,
            expect![[r#"
                6 stock_received: W 20 supplier > A/sellable
                7 policy_set:
                W reservable 0 published 0 | base 20 share 0
                rejected insufficient_stock lines=[available=0 index=0 limiting=exclusive line=1 requested=1 shortfall=1 sku=W]
                8 pool_opened: W@A pooled +10 in P1
                rejected oversell_limit_reached lines=[available=2 index=0 limiting=oversell line=1 requested=3 shortfall=1 sku=W]
                9 order_committed: W@A committed +2 in P1; W@A pooled -2 in P1
                W reservable 0 published 0 | base 10 own -2 oversell 2 share -2
                rejected oversell_limit_reached lines=[available=5 index=0 limiting=oversell line=1 requested=6 shortfall=1 sku=W]
                10 order_committed: W@A committed +5 in P1; W@A pooled -5 in P1
                rejected oversell_limit_reached lines=[available=0 index=0 limiting=oversell line=1 requested=1 shortfall=1 sku=W]
                P1 open | W left 3@A drawn 7 own -2 | T1 out | T2 waits
                11 tranche_released:
                12 tranche_released:
                rejected oversell_limit_reached lines=[available=5 index=0 limiting=oversell line=1 requested=6 shortfall=1 sku=W]
                13 order_committed: W@A committed +5 in P1; W@A pooled -5 in P1
                rejected oversell_limit_reached lines=[available=0 index=0 limiting=oversell line=1 requested=1 shortfall=1 sku=W]
                P1 open | W left -2@A drawn 12 own -2 | T1 out | T2 out
                W@A sellable 20 committed 12 pooled -2 free 8
                rejected insufficient_stock lines=[available=8 index=0 limiting=free_stock line=1 location=A requested=9 shortfall=1 sku=W]
                14 order_committed: W@A committed +8
                15 order_shipped: W 5 A/sellable > customer; W@A committed -5 in P1
                W reservable 0 published 0 | base 0 own -2 oversell 2 share -2
                16 order_cancelled: W@A committed -5 in P1; W@A pooled +5 in P1
                P1 open | W left 3@A drawn 7 own 3 | T1 out | T2 out
                17 pool_closed: W@A pooled -3 in P1
                W@A sellable 15 committed 10 free 5
            "#]],
        );
    }

    #[test]
    fn the_whole_stock_in_a_pool_is_oversold_by_its_ratio() {
        check(
            r#"
            receive_stock A W:100
            set_policy set={"oversell":{"ratio":105}}
            open_pool P1 channel=web draw=only W:100
            commit_order O1 channel=web W:106
            hold_stock H1 channel=web W:102
            offer W web
            hold_stock H2 channel=web W:4
            hold_stock H2 channel=web W:3
            release_hold H1
            release_hold H2
            commit_order O1 channel=web W:105
            commit_order O2 channel=web W:1
            commit_order O2 channel=web W:1 if_short=accept_oversold
            pool P1
            cancel_order O1
            offer W web
            close_pool P1
            stock W@A
            "#,
            expect![[r#"
                6 stock_received: W 100 supplier > A/sellable
                7 policy_set:
                8 pool_opened: W@A pooled +100 in P1
                rejected oversell_limit_reached lines=[available=105 index=0 limiting=oversell line=1 requested=106 shortfall=1 sku=W]
                9 stock_held: W@A held +102 in P1; W@A pooled -102 in P1; until 900s
                W reservable 3 published 3 | base -2 own -2 oversell 5 share -2
                rejected oversell_limit_reached lines=[available=3 index=0 limiting=oversell line=1 requested=4 shortfall=1 sku=W]
                10 stock_held: W@A held +3 in P1; W@A pooled -3 in P1; until 900s
                11 hold_released: W@A held -102 in P1; W@A pooled +102 in P1; whole
                12 hold_released: W@A held -3 in P1; W@A pooled +3 in P1; whole
                13 order_committed: W@A committed +105 in P1; W@A pooled -105 in P1; ! oversold by=5 location=A sku=W
                rejected oversell_limit_reached lines=[available=0 index=0 limiting=oversell line=1 requested=1 shortfall=1 sku=W]
                14 order_committed: W@A committed +1 in P1; W@A pooled -1 in P1; ! oversold by=6 location=A sku=W
                P1 open | W left -6@A drawn 106 own -6
                15 order_cancelled: W@A committed -105 in P1; W@A pooled +105 in P1
                W reservable 104 published 104 | base 0 own 99 oversell 5 share 99
                16 pool_closed: W@A pooled -99 in P1
                W@A sellable 100 committed 1 free 99
            "#]],
        );
    }

    #[test]
    fn c24_shares_and_pools_are_checked_against_one_stock() {
        check(
            r#"
            receive_stock A W:10
            register_channel mall locations=A
            open_pool P1 channel=mall W:4@A
            set_policy channel=web set={"share_percent":50}
            set_policy channel=mall set={"share_percent":50}
            offer W web
            offer W mall
            commit_order O1 channel=mall W:7
            commit_order O2 channel=web W:2
            commit_order O2 channel=web W:1
            offer W mall
            stock W@A
            "#,
            expect![[r#"
                6 stock_received: W 10 supplier > A/sellable
                7 channel_registered:
                8 pool_opened: W@A pooled +4 in P1
                9 policy_set:
                10 policy_set:
                W reservable 3 published 3 | base 6 share 3
                W reservable 7 published 7 | base 6 own 4 share 7
                11 order_committed: W@A committed +4 in P1; W@A committed +3; W@A pooled -4 in P1
                rejected insufficient_stock lines=[available=1 index=0 limiting=share_percent line=1 requested=2 shortfall=1 sku=W]
                12 order_committed: W@A committed +1
                W reservable 1 published 1 | base 2 share 1
                W@A sellable 10 committed 8 free 2
            "#]],
        );
    }

    #[test]
    fn c25_a_policy_takes_nothing_from_a_pool_or_from_what_it_promised() {
        check(
            r#"
            receive_stock A W:10
            open_pool P1 channel=web draw=only W:6@A
            hold_stock H1 channel=web W:4
            set_policy location=A set={"safety":{"units":8}}
            set_policy channel=web set={"buffer":{"units":3}}
            offer W web
            commit_order O1 hold=H1
            pool P1
            stock W@A
            "#,
            expect![[r#"
                6 stock_received: W 10 supplier > A/sellable
                7 pool_opened: W@A pooled +6 in P1
                8 stock_held: W@A held +4 in P1; W@A pooled -4 in P1; until 900s
                9 policy_set:
                10 policy_set:
                W reservable -1 published 0 | base 0 kept 4 own 2 buffer 3 share 2
                11 order_committed: W@A held -4 in P1; W@A committed +4 in P1
                P1 open | W left 2@A drawn 4 own 2
                W@A sellable 10 committed 4 pooled 2 free 4
            "#]],
        );
    }

    #[test]
    fn goods_promised_from_a_pool_may_leave_from_elsewhere() {
        check(
            "
            receive_stock A W:5
            receive_stock B W:5
            open_pool P1 channel=web W:4@A W:3@B
            commit_order O1 channel=web W:6
            ship_order O1 1:3@B
            due
            ship_order O1
            pool P1
            reverse_entry 10 reason=did_not_occur
            cancel_order O1
            due
            pool P1
            stock W@A
            stock W@B
            ",
            expect![[r#"
                6 stock_received: W 5 supplier > A/sellable
                7 stock_received: W 5 supplier > B/sellable
                8 pool_opened: W@A pooled +4 in P1; W@B pooled +3 in P1
                9 order_committed: W@A committed +4 in P1; W@B committed +2 in P1; W@A pooled -4 in P1; W@B pooled -2 in P1
                10 order_shipped: W 3 B/sellable > customer; W@B committed -2 in P1; W@A committed -1 in P1
                nothing is due
                11 order_shipped: W 3 A/sellable > customer; W@A committed -3 in P1
                P1 open | W left 1@B drawn 6 own 1
                12 entry_reversed: W 3 customer > B/sellable; W@B committed +2 in P1; W@A committed +1 in P1
                13 order_cancelled: W@A committed -1 in P1; W@B committed -2 in P1; W@A pooled +1 in P1; W@B pooled +2 in P1
                nothing is due
                P1 open | W left 3@B 1@A drawn 3 own 4
                W@A sellable 2 pooled 1 free 1
                W@B sellable 5 pooled 3 free 2
            "#]],
        );
    }

    #[test]
    fn a_pool_in_debt_at_one_location_is_settled_at_its_close() {
        check(
            r#"
            receive_stock A W:10
            receive_stock B W:10
            set_policy channel=web set={"oversell":{"limit":3}}
            open_pool P1 channel=web draw=only W:2@A
            commit_order O1 channel=web W:5
            move_pool to=P1 W:4@B
            pool P1
            move_pool from=P1 W:2
            move_pool from=P1 W:1
            offer W web
            stock W@A
            close_pool P1
            stock W@A
            stock W@B
            cancel_order O1
            offer W web
            "#,
            expect![[r#"
                6 stock_received: W 10 supplier > A/sellable
                7 stock_received: W 10 supplier > B/sellable
                8 policy_set:
                9 pool_opened: W@A pooled +2 in P1
                10 order_committed: W@A committed +5 in P1; W@A pooled -5 in P1
                11 pool_moved: W@B pooled +4 in P1
                P1 open | W left -3@A 4@B drawn 5 own 1
                rejected exceeds_pooled pool=P1 pooled=1 requested=2 sku=W
                12 pool_moved: W@B pooled -1 in P1
                W reservable 3 published 3 | base 12 oversell 3 share 0
                W@A sellable 10 committed 5 pooled -3 free 5
                13 pool_closed: W@B pooled -3 in P1; W@A pooled +3 in P1
                W@A sellable 10 committed 5 free 5
                W@B sellable 10 free 10
                14 order_cancelled: W@A committed -5 in P1
                W reservable 23 published 23 | base 20 oversell 3 share 20
            "#]],
        );
    }
}
