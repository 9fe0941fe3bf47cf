//! Open a pool: set stock aside for a channel, a campaign or a customer.

use rustc_hash::FxHashMap;
use smol_str::format_smolstr;

use super::claim::{check_lines, refuse_doubles};
use super::lines::{contradiction, field_of};
use super::prelude::*;
use super::set_aside::{Wanted, check_items, pool_lines, sources, take_shared, wanted};

args!(/** Open a pool. */
OpenPool {
    pub pool: PoolId,
    /// At least one of the three: who meets all that are named is served.
    #[serde(default)]
    pub channel: Option<ChannelId>,
    #[serde(default)]
    pub campaign: Option<Label>,
    #[serde(default)]
    pub customer: Option<Label>,
    #[serde(default)]
    pub draw: PoolDraw,
    /// The highest is drawn on first and shrinks last.
    #[serde(default)]
    pub priority: u64,
    #[serde(default)]
    pub ends_at: Option<Time>,
    pub lines: Vec<PoolStock>,
    /// In the order of their moments. Without tranches everything can be sold at once.
    #[serde(default)]
    pub tranches: Vec<OpenTranche>,
});

args!(/** Units to set aside. Without a location the channel's locations are drawn on in their order. */
PoolStock {
    pub sku: Sku,
    pub quantity: Quantity,
    #[serde(default)]
    pub location: Option<LocationId>,
});

args!(/** Units that become sellable at a moment. */
OpenTranche {
    pub tranche: TrancheId,
    pub release_at: Time,
    pub lines: Vec<TrancheUnits>,
});

args!(/** Units of one item of a tranche. */
TrancheUnits {
    pub sku: Sku,
    pub quantity: Quantity,
});

/// Units are promised to the pool: they must be free. What the tranches leave over becomes
/// sellable with the last tranche of its item.
pub(super) fn decide(
    ledger: &Ledger,
    now: Time,
    command: &OpenPool,
) -> Result<Decision, Rejection> {
    check_times(now, command)?;
    refuse_doubled_tranches(command)?;
    let wanted = wanted(ledger, &command.lines)?;
    let tranches = tranches(ledger, command)?;
    check_tranches(ledger, command, &wanted, &tranches)?;
    let channel = command.channel.as_ref().map(|it| ledger.known_channel(it)).transpose()?;
    let sources = sources(ledger, channel, &wanted)?;
    check_items(ledger, &wanted)?;
    if ledger.pool_no(&command.pool).is_some() {
        let name = command.pool.as_str().into();
        return Err(Rejection::AlreadyExists { kind: "pool".into(), name });
    }
    let taken = take_shared(ledger, now, &wanted, &sources)?;
    let OpenPool { pool, channel, campaign, customer, draw, priority, ends_at, .. } =
        command.clone();
    let lines = pool_lines(ledger, &wanted, &taken);
    let tranches = plans(ledger, command, &tranches);
    let fact = Fact::PoolOpened(PoolOpened {
        pool,
        channel,
        campaign,
        customer,
        draw,
        priority,
        ends_at,
        lines,
        tranches,
    });
    Ok(Decision { fact, movements: Vec::new(), flags: Vec::new() })
}

/// Whom the pool serves, and when: tranches follow one another, and all come before the end.
fn check_times(now: Time, command: &OpenPool) -> Result<(), Rejection> {
    let OpenPool { channel, campaign, customer, .. } = command;
    if channel.is_none() && campaign.is_none() && customer.is_none() {
        let message = "is needed, or `campaign` or `customer`: a pool serves somebody";
        return Err(contradiction("channel", message));
    }
    check_lines(&command.lines)?;
    if command.ends_at.is_some_and(|end| end <= now) {
        return Err(contradiction("ends_at", "must be in the future"));
    }
    let mut before = None;
    for (place, it) in command.tranches.iter().enumerate() {
        if it.lines.is_empty() {
            let message = "must have at least one line";
            return Err(contradiction(format_smolstr!("tranches[{place}].lines"), message));
        }
        let message = match it.release_at {
            at if before.is_some_and(|before| at <= before) => {
                "must be later than that of the tranche before it"
            }
            at if command.ends_at.is_some_and(|end| end <= at) => "must be before the pool ends",
            at => {
                before = Some(at);
                continue;
            }
        };
        return Err(contradiction(format_smolstr!("tranches[{place}].release_at"), message));
    }
    let lines: usize = command.tranches.iter().map(|it| it.lines.len()).sum();
    if lines > LINES_MAX {
        let message = format_smolstr!("have {lines} lines in all; at most {LINES_MAX} are allowed");
        return Err(Rejection::Contradiction { field: "tranches".into(), message });
    }
    Ok(())
}

fn refuse_doubled_tranches(command: &OpenPool) -> Result<(), Rejection> {
    let names: Vec<&TrancheId> = command.tranches.iter().map(|it| &it.tranche).collect();
    refuse_doubles("tranches.tranche", &names)
}

/// Items and units of each tranche, in their order.
fn tranches(ledger: &Ledger, command: &OpenPool) -> Result<Vec<Vec<(ItemNo, u64)>>, Rejection> {
    let mut all = Vec::with_capacity(command.tranches.len());
    for (place, tranche) in command.tranches.iter().enumerate() {
        let line = |it: &TrancheUnits| Ok((ledger.known_item(&it.sku)?, it.quantity.units()));
        let lines = tranche.lines.iter().map(line).collect::<Result<Vec<_>, Rejection>>()?;
        let skus: Vec<&Sku> = lines.iter().map(|(item, _)| &ledger.item(*item).sku).collect();
        refuse_doubles(&format_smolstr!("tranches[{place}].lines.sku"), &skus)?;
        all.push(lines);
    }
    Ok(all)
}

/// Tranches release what is in the pool and no more, and leave out no item of it.
fn check_tranches(
    ledger: &Ledger,
    command: &OpenPool,
    wanted: &[Wanted],
    tranches: &[Vec<(ItemNo, u64)>],
) -> Result<(), Rejection> {
    if command.tranches.is_empty() {
        return Ok(());
    }
    let mut pooled: FxHashMap<ItemNo, u64> = FxHashMap::default();
    wanted.iter().for_each(|it| *pooled.entry(it.item).or_default() += it.units);
    let mut released: FxHashMap<ItemNo, u64> = FxHashMap::default();
    for (place, lines) in tranches.iter().enumerate() {
        for (index, (item, units)) in lines.iter().enumerate() {
            let field = |name: &str| format_smolstr!("tranches[{place}].lines[{index}].{name}");
            let Some(most) = pooled.get(item) else {
                return Err(contradiction(field("sku"), "is not in the pool"));
            };
            let sum = released.entry(*item).or_default();
            *sum += units;
            if *sum > *most {
                let sku = &ledger.item(*item).sku;
                let message =
                    format_smolstr!("makes {sum} units of {sku} in all; the pool has {most}");
                return Err(Rejection::Contradiction { field: field("quantity"), message });
            }
        }
    }
    match wanted.iter().find(|it| !released.contains_key(&it.item)) {
        Some(it) => {
            let message = "is in no tranche, and would never be sold";
            Err(contradiction(field_of(it.index, "sku"), message))
        }
        None => Ok(()),
    }
}

fn plans(ledger: &Ledger, command: &OpenPool, tranches: &[Vec<(ItemNo, u64)>]) -> Vec<TranchePlan> {
    let plan = |(it, lines): (&OpenTranche, &Vec<(ItemNo, u64)>)| TranchePlan {
        tranche: it.tranche.clone(),
        release_at: it.release_at,
        lines: it
            .lines
            .iter()
            .zip(lines)
            .map(|(line, (item, _))| TrancheLine {
                sku: ledger.item(*item).sku.clone(),
                quantity: line.quantity,
            })
            .collect(),
    };
    command.tranches.iter().zip(tranches).map(plan).collect()
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use crate::testing::check;

    #[test]
    fn c23_a_pool_is_set_aside_of_what_is_free() {
        check(
            "
            receive_stock A W:10 G:4
            commit_order O1 W:3@A
            open_pool P1 channel=web W:5@A G:4@A
            stock W@A
            stock G@A
            pool P1
            offer W web
            open_pool P2 channel=web W:3@A
            open_pool P2 channel=web W:2@A
            offer W web
            ",
            expect![[r#"
                6 stock_received: W 10 supplier > A/sellable; G 4 supplier > A/sellable
                7 order_committed: W@A committed +3
                8 pool_opened: W@A pooled +5 in P1; G@A pooled +4 in P1
                W@A sellable 10 committed 3 pooled 5 free 2
                G@A sellable 4 pooled 4 free 0
                P1 open | W left 5@A drawn 0 own 5 | G left 4@A drawn 0 own 4
                W reservable 7 published 7 | base 2 own 5 share 7
                rejected insufficient_stock lines=[available=2 index=0 limiting=free_stock line=1 location=A requested=3 shortfall=1 sku=W]
                9 pool_opened: W@A pooled +2 in P2
                W reservable 7 published 7 | base 0 own 7 share 7
            "#]],
        );
    }

    #[test]
    fn without_a_location_the_channel_says_where() {
        check(
            "
            receive_stock A W:3
            receive_stock B W:3
            open_pool P1 channel=web W:5
            pool P1
            open_pool P2 channel=web W:1@A W:2
            open_pool P2 campaign=c W:1
            open_pool P2 campaign=c W:1@B
            close_location A
            ",
            expect![[r#"
                6 stock_received: W 3 supplier > A/sellable
                7 stock_received: W 3 supplier > B/sellable
                8 pool_opened: W@A pooled +3 in P1; W@B pooled +2 in P1
                P1 open | W left 3@A 2@B drawn 0 own 5
                rejected insufficient_stock lines=[available=0 index=0 limiting=free_stock line=1 location=A requested=1 shortfall=1 sku=W][available=1 index=1 limiting=free_stock line=2 requested=2 shortfall=1 sku=W]
                rejected no_location line=1
                9 pool_opened: W@B pooled +1 in P2
                rejected location_not_empty first=W items=1 location=A
            "#]],
        );
    }

    #[test]
    fn every_short_line_is_named_and_safety_stock_stays() {
        check(
            r#"
            receive_stock A W:10
            receive_stock B W:5 G:2
            set_policy location=A set={"safety":{"units":4}}
            open_pool P1 channel=web W:7@A G:3 W:6@B
            open_pool P1 channel=web W:6@A W:6
            open_pool P1 channel=web W:6@A W:5
            offer W web
            "#,
            expect![[r#"
                6 stock_received: W 10 supplier > A/sellable
                7 stock_received: W 5 supplier > B/sellable; G 2 supplier > B/sellable
                8 policy_set:
                rejected insufficient_stock lines=[available=6 index=0 limiting=safety line=1 location=A requested=7 shortfall=1 sku=W][available=2 index=1 limiting=free_stock line=2 requested=3 shortfall=1 sku=G][available=5 index=2 limiting=free_stock line=3 location=B requested=6 shortfall=1 sku=W]
                rejected insufficient_stock lines=[available=5 index=1 limiting=safety line=2 requested=6 shortfall=1 sku=W]
                9 pool_opened: W@A pooled +6 in P1; W@B pooled +5 in P1
                W reservable 11 published 11 | base 0 kept 4 own 11 share 11
            "#]],
        );
    }

    #[test]
    fn bad_pools_are_refused() {
        check(
            "
            receive_stock A W:10 G:10
            @100 open_pool P1 W:1@A
            open_pool P1 channel=web lines=
            open_pool P1 channel=web W:1@A ends_at=100
            open_pool P1 channel=web W:1@A W:2@A
            open_pool P1 channel=web G:1 GG:2
            open_pool P1 channel=web X:1@A
            open_pool P1 channel=web W:1@C
            open_pool P1 channel=mall W:1@A
            open_pool P1 channel=web W:1@A
            open_pool P1 channel=web G:1@A
            ",
            expect![[r#"
                6 stock_received: W 10 supplier > A/sellable; G 10 supplier > A/sellable
                rejected contradiction field=channel message=is needed, or `campaign` or `customer`: a pool serves somebody
                rejected contradiction field=lines message=must have at least one line
                rejected contradiction field=ends_at message=must be in the future
                rejected duplicate_in_batch field=lines.sku value=W@A
                rejected duplicate_in_batch field=lines.sku value=G
                rejected unknown_sku sku=X
                rejected unknown_location location=C
                rejected unknown_channel channel=mall
                7 pool_opened: W@A pooled +1 in P1
                rejected already_exists kind=pool name=P1
            "#]],
        );
    }

    #[test]
    fn bad_tranches_are_refused() {
        check(
            "
            receive_stock A W:10 G:10
            open_pool P1 channel=web W:5@A tranches=T1/60/
            open_pool P1 channel=web W:5@A tranches=T1/60/W:5 ends_at=60
            open_pool P1 channel=web W:5@A tranches=T1/60/W:2;T2/60/W:2
            open_pool P1 channel=web W:5@A tranches=T1/60/W:2;T2/50/W:2
            open_pool P1 channel=web W:5@A tranches=T1/60/W:2;T1/70/W:2
            open_pool P1 channel=web W:5@A tranches=T1/60/W:2+W:2
            open_pool P1 channel=web W:5@A tranches=T1/60/W:2+G:2
            open_pool P1 channel=web W:5@A tranches=T1/60/W:2+X:2
            open_pool P1 channel=web W:5@A tranches=T1/60/W:3;T2/70/W:3
            open_pool P1 channel=web W:5@A G:1@A tranches=T1/60/W:3;T2/70/W:2
            open_pool P1 channel=web W:5@A GG:1@A tranches=T1/60/W:3;T2/70/W:2+GG:1 ends_at=71
            pool P1
            ",
            expect![[r#"
                6 stock_received: W 10 supplier > A/sellable; G 10 supplier > A/sellable
                rejected contradiction field=tranches[0].lines message=must have at least one line
                rejected contradiction field=tranches[0].release_at message=must be before the pool ends
                rejected contradiction field=tranches[1].release_at message=must be later than that of the tranche before it
                rejected contradiction field=tranches[1].release_at message=must be later than that of the tranche before it
                rejected duplicate_in_batch field=tranches.tranche value=T1
                rejected duplicate_in_batch field=tranches[0].lines.sku value=W
                rejected contradiction field=tranches[0].lines[1].sku message=is not in the pool
                rejected unknown_sku sku=X
                rejected contradiction field=tranches[1].lines[0].quantity message=makes 6 units of W in all; the pool has 5
                rejected contradiction field=lines[1].sku message=is in no tranche, and would never be sold
                7 pool_opened: W@A pooled +5 in P1; G@A pooled +1 in P1
                P1 open | W left 5@A drawn 0 own 0 | G left 1@A drawn 0 own 0 | T1 waits | T2 waits
            "#]],
        );
    }
}
