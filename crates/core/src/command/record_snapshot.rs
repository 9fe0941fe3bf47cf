//! Record a snapshot: what a supplier says of its stock, as evidence beside the book.

use std::borrow::Cow;

use rustc_hash::FxHashSet;
use smol_str::format_smolstr;

use super::claim::check_lines;
use super::counting::{Seen, Standing, Tally};
use super::lines::{check_units, contradiction};
use super::numbering::{Numbering, unexplained};
use super::prelude::*;

args!(/** Record a snapshot. An item that it does not name is not zero; a number left open is unknown. */
RecordSnapshot {
    pub feed: FeedId,
    /// The supplier's own name of it, such as a control number; unique in the feed.
    pub snapshot: Label,
    /// The moment that its numbers are of; now, if not given.
    #[serde(default)]
    pub as_of: Option<Time>,
    /// It names all that the supplier has, of the tier if one is given.
    #[serde(default)]
    pub complete: bool,
    #[serde(default)]
    pub tier: Option<Label>,
    /// As the feed says, if not given.
    #[serde(default)]
    pub basis: Option<Basis>,
    /// Orders of ours placed by then are in its numbers.
    #[serde(default)]
    pub orders_seen_through: Option<Time>,
    #[serde(default)]
    pub lines: Vec<SnapshotLine>,
    /// SHA-256 in hex of the bytes that it came as. With it the lines are read from there.
    #[serde(default)]
    pub hash: Option<Label>,
    /// Of a long one the part, from 1.
    #[serde(default = "RecordSnapshot::first_part")]
    pub part: u64,
    /// What its lines come to beside the book; the edge compares.
    #[serde(skip)]
    pub findings: Option<Box<Findings>>,
});

args!(/** What the supplier says of one of its codes. */
SnapshotLine {
    pub supplier_sku: Sku,
    /// In its own units. Not given: it leaves the number open.
    #[serde(default)]
    pub quantity: Option<u64>,
    /// Units of ours in one of its own, if that is not what the mapping says.
    #[serde(default)]
    pub pack: Option<Quantity>,
    #[serde(default)]
    pub next_restock_at: Option<Time>,
});

impl RecordSnapshot {
    fn first_part() -> u64 {
        1
    }
}

/// What a snapshot, or a part of a long one, comes to beside the book as of `position`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Findings {
    /// The ledger's position when it was compared.
    pub position: u64,
    /// More parts follow.
    pub more: bool,
    /// Lines of the whole.
    pub lines: u64,
    pub suspicions: Vec<Suspicion>,
    /// Lines of this part that were set against the book, and those of them within tolerance.
    pub compared: u64,
    pub accurate: u64,
    /// Lines of the whole up to the end of this part, where it is one of several.
    pub through: u64,
    /// Codes that mean nothing, in the whole; the first of them are in `found`.
    pub unknown: u64,
    /// Only what was not said before.
    pub said: Vec<SaidLine>,
    /// Their `number` is set when they are recorded.
    pub found: Vec<Difference>,
    /// Open differences that are gone.
    pub cleared: Vec<u64>,
    /// What settles itself; by book position each.
    pub counted: Vec<CountedLine>,
}

impl Findings {
    /// What more lines of the same part come to.
    pub fn append(&mut self, mut more: Findings) {
        self.compared += more.compared;
        self.accurate += more.accurate;
        self.said.append(&mut more.said);
        self.found.append(&mut more.found);
        self.cleared.append(&mut more.cleared);
        self.counted.append(&mut more.counted);
    }
}

pub(super) fn decide(
    ledger: &Ledger,
    now: Time,
    command: &RecordSnapshot,
) -> Result<Decision, Rejection> {
    check(command)?;
    let feed = ledger.feed(ledger.known_feed(&command.feed)?);
    if let Some(tier) = command.tier.as_ref().filter(|it| !has_tier(feed, it)) {
        let (feed, tier) = (feed.id.clone(), tier.clone());
        return Err(Rejection::UnknownTier { feed, tier });
    }
    ledger.open_location(&ledger.location(feed.location).id)?;
    let begun = match command.part {
        1 => known_before(feed, command)?,
        _ => Some(begun(feed, command)?),
    };
    let findings = compared(ledger, feed, command)?;
    let as_of = begun.map(|it| it.as_of).or(command.as_of).filter(|it| *it <= now);
    let claimed = as_of.is_some();
    let mut recorded = SnapshotRecorded {
        feed: feed.id.clone(),
        snapshot: command.snapshot.clone(),
        part: command.part,
        more: false,
        as_of: as_of.unwrap_or(now),
        complete: command.complete,
        tier: command.tier.clone(),
        orders_seen_through: command.orders_seen_through,
        hash: command.hash.clone(),
        lines: findings.lines,
        outcome: SnapshotOutcome::Applied,
        suspicions: Vec::new(),
        compared: 0,
        accurate: 0,
        through: 0,
        unknown: findings.unknown,
        said: Vec::new(),
        found: Vec::new(),
        cleared: Vec::new(),
        counted: Vec::new(),
        lived_with: Vec::new(),
    };
    recorded.outcome = outcome(feed, &recorded, begun.is_some(), findings);
    if recorded.outcome == SnapshotOutcome::Applied && leaves_half(feed, &recorded) {
        return Err(moved(feed, feed.said, command));
    }
    let (mut movements, mut flags) = (Vec::new(), Vec::new());
    match recorded.outcome {
        SnapshotOutcome::OutOfOrder => {}
        SnapshotOutcome::Held => recorded.suspicions.clone_from(&findings.suspicions),
        SnapshotOutcome::Applied => {
            (movements, flags) = apply(ledger, feed, findings, claimed, &mut recorded)?;
        }
    }
    Ok(Decision { fact: Fact::SnapshotRecorded(Box::new(recorded)), movements, flags })
}

fn check(command: &RecordSnapshot) -> Result<(), Rejection> {
    if command.lines.len() > LINES_MAX {
        check_lines(&command.lines)?;
    }
    for (index, line) in command.lines.iter().enumerate() {
        check_units(index, "quantity", line.quantity.unwrap_or(0))?;
    }
    match command.part {
        0 => Err(contradiction("part", "is counted from 1")),
        _ => Ok(()),
    }
}

fn has_tier(feed: &Feed, tier: &Label) -> bool {
    feed.tiers.iter().any(|it| it.tier == *tier)
}

/// A snapshot comes once. One that was held, and that somebody confirmed, comes once more.
fn known_before<'a>(
    feed: &'a Feed,
    command: &RecordSnapshot,
) -> Result<Option<&'a SnapshotSeen>, Rejection> {
    match feed.recent.iter().find(|it| it.snapshot == command.snapshot) {
        Some(seen) => {
            let is_confirmed = feed.confirmed.as_ref() == Some(&seen.snapshot);
            let known = already_recorded(feed, seen, command);
            if is_confirmed && seen.hash == command.hash { Ok(Some(seen)) } else { Err(known) }
        }
        None => Ok(None),
    }
}

fn already_recorded(feed: &Feed, seen: &SnapshotSeen, command: &RecordSnapshot) -> Rejection {
    Rejection::SnapshotAlreadyRecorded {
        feed: feed.id.clone(),
        snapshot: seen.snapshot.clone(),
        position: seen.position,
        same: seen.hash.is_some() && seen.hash == command.hash,
    }
}

/// What the parts before it began. It is of the same moment, whatever it says.
///
/// # Errors
/// `contradiction` where it says otherwise than they did; `snapshot_already_recorded`;
/// `snapshot_moved` if it is not the next one: it was abandoned, or one before it is not there yet.
fn begun<'a>(feed: &'a Feed, command: &RecordSnapshot) -> Result<&'a SnapshotSeen, Rejection> {
    let unfinished = feed.unfinished.as_ref().filter(|(it, _)| it.snapshot == command.snapshot);
    let Some((seen, next)) = unfinished else { return Err(moved(feed, feed.said, command)) };
    if command.complete != seen.complete {
        return Err(contradiction("complete", "is not that of the first part"));
    }
    if command.tier != seen.tier {
        return Err(contradiction("tier", "is not that of the first part"));
    }
    if command.hash != seen.hash || command.part < *next {
        return Err(already_recorded(feed, seen, command));
    }
    match command.part == *next {
        true => Ok(seen),
        false => Err(moved(feed, feed.said, command)),
    }
}

fn moved(feed: &Feed, position: u64, command: &RecordSnapshot) -> Rejection {
    let looked_up = command.findings.as_ref().map_or(0, |it| it.position);
    Rejection::SnapshotMoved { feed: feed.id.clone(), position, looked_up }
}

/// What the comparison came to, if nothing that it rests on changed since. The parts before this
/// one are about other items.
fn compared<'a>(
    ledger: &Ledger,
    feed: &Feed,
    command: &'a RecordSnapshot,
) -> Result<&'a Findings, Rejection> {
    let terms = feed.position.max(ledger.supplier(feed.supplier).mapped);
    let changed = if command.part == 1 { terms.max(feed.said) } else { terms };
    let findings = command.findings.as_deref();
    findings.filter(|it| it.position >= changed).ok_or_else(|| moved(feed, changed, command))
}

/// What a long one said so far stays half said, unless this one says all of it anew.
fn leaves_half(feed: &Feed, it: &SnapshotRecorded) -> bool {
    let unfinished = feed.unfinished.as_ref().map(|(seen, _)| seen).filter(|_| it.part == 1);
    let says = |tier: &Option<Label>| it.complete && (it.tier.is_none() || it.tier == *tier);
    unfinished.is_some_and(|seen| !says(&seen.tier))
}

/// Of a long one the first part decides for all of them. `known`: it began before, or somebody
/// confirmed it.
fn outcome(
    feed: &Feed,
    it: &SnapshotRecorded,
    known: bool,
    findings: &Findings,
) -> SnapshotOutcome {
    if it.part > 1 {
        SnapshotOutcome::Applied
    } else if feed.is_late(it.as_of, it.tier.as_ref(), it.complete) {
        SnapshotOutcome::OutOfOrder
    } else if known || findings.suspicions.is_empty() {
        SnapshotOutcome::Applied
    } else {
        SnapshotOutcome::Held
    }
}

/// What is said, found, gone and counted. `claimed`: somebody said which moment it is of.
fn apply(
    ledger: &Ledger,
    feed: &Feed,
    findings: &Findings,
    claimed: bool,
    recorded: &mut SnapshotRecorded,
) -> Result<(Vec<Movement>, Vec<Flag>), Rejection> {
    let location = &ledger.location(feed.location).id;
    let mut numbering = Numbering::new(ledger, Witness::Feed(feed.id.clone()), recorded.as_of);
    let findings = &*not_said_since(ledger, feed, findings, recorded.as_of);
    if is_settled_since(ledger, feed, findings, &numbering) {
        let (feed, looked_up) = (feed.id.clone(), findings.position);
        return Err(Rejection::SnapshotMoved { feed, position: ledger.position(), looked_up });
    }
    for difference in &findings.found {
        numbering.find(difference.clone())?;
    }
    let mut tally = Tally::new(location, feed.location, recorded.as_of, claimed);
    let mut once = FxHashSet::default();
    for line in &findings.counted {
        let item = ledger.known_item(&line.sku)?;
        let is_touched = ledger.cell(item, feed.location).touched > line.book_position;
        // A busy shelf must not hold the others up: somebody looks at this one. So it is with two
        // numbers of one shelf, where items became one since.
        if is_touched || !once.insert((item, line.condition)) {
            let (theirs, ours) = (line.counted as i64, line.book);
            if theirs != ours {
                numbering.find(unexplained(&line.sku, location, theirs, ours, recorded.as_of))?;
            }
            continue;
        }
        let (sku, condition) = (&ledger.item(item).sku, line.condition);
        let book = BookAt { balance: line.book, position: line.book_position };
        let item_seen = Some(ledger.item(item));
        let seen = Seen { item: item_seen, sku, condition, counted: line.counted, book };
        // Of two numbers of one moment the first stands, and somebody looks at the other.
        if matches!(tally.standing(&seen), Standing::Contradicted { .. }) {
            let (theirs, ours) = (line.counted as i64, line.book);
            if theirs != ours {
                numbering.find(unexplained(sku, location, theirs, ours, recorded.as_of))?;
            }
            continue;
        }
        if tally.add(&seen)? {
            numbering.agree(item, Some(location));
        }
    }
    findings.cleared.iter().for_each(|it| numbering.clear(*it));
    recorded.said = said(ledger, findings)?;
    recorded.lived_with = numbering.lived_with(&recorded.said);
    (recorded.found, recorded.cleared) = numbering.finish();
    (recorded.compared, recorded.accurate) = (findings.compared, findings.accurate);
    recorded.through = findings.through;
    recorded.more = findings.more;
    recorded.counted = tally.decided;
    Ok((tally.movements, tally.flags))
}

/// Without the items that a newer snapshot told of, which was about a part of the feed only.
fn not_said_since<'a>(
    ledger: &Ledger,
    feed: &Feed,
    findings: &'a Findings,
    as_of: Time,
) -> Cow<'a, Findings> {
    let newest = feed.recent.iter().map(|it| it.as_of).max();
    if newest.is_none_or(|it| it <= as_of) {
        return Cow::Borrowed(findings);
    }
    let number = ledger.feed_no(&feed.id);
    let is_newer = |sku: &Sku| {
        let supplied = ledger.item_no(sku).and_then(|it| ledger.item(it).supplied.as_ref());
        let said = supplied.zip(number).and_then(|(it, feed)| it.said_by(feed));
        feed.said_as_of(said) > Some(as_of)
    };
    let mut rest = findings.clone();
    rest.said.retain(|it| !is_newer(&it.sku));
    rest.found.retain(|it| !it.sku.as_ref().is_some_and(is_newer));
    rest.counted.retain(|it| !is_newer(&it.sku));
    rest.cleared.retain(|it| {
        let sku = ledger.discrepancy(*it).and_then(|it| it.difference.sku.as_ref());
        !sku.is_some_and(is_newer)
    });
    Cow::Owned(rest)
}

/// Whether something that is found, or gone, was counted or decided about since it was compared:
/// what was settled would be doubted once more.
fn is_settled_since(
    ledger: &Ledger,
    feed: &Feed,
    findings: &Findings,
    numbering: &Numbering<'_>,
) -> bool {
    let cleared = findings.cleared.iter().filter_map(|it| ledger.discrepancy(*it));
    let cleared = cleared.filter(|it| it.state.is_open()).map(|it| &it.difference);
    let mut items = findings.found.iter().chain(cleared).filter_map(|it| it.sku.as_ref());
    items.any(|sku| {
        let item = ledger.item_no(sku);
        item.is_some_and(|it| numbering.is_settled_since(it, feed.location, findings.position))
    })
}

/// Under the items' SKUs of today.
fn said(ledger: &Ledger, findings: &Findings) -> Result<Vec<SaidLine>, Rejection> {
    let mut lines = findings.said.clone();
    for line in &mut lines {
        if line.quantity.is_some_and(|it| it > QUANTITY_MAX) {
            let message = format_smolstr!("say more than {QUANTITY_MAX} units of {}", line.sku);
            return Err(Rejection::Contradiction { field: "lines".into(), message });
        }
        line.sku = ledger.item(ledger.known_item(&line.sku)?).sku.clone();
    }
    Ok(lines)
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use crate::testing::check;

    #[test]
    fn what_differs_waits_and_what_settles_itself_is_counted() {
        check(
            "
            supply
            @10 receive_stock B W:10 G:5
            @60 record_snapshot F s1 as_of=50 complete=true said=W:7+G:4 found=W:in_flight:7/10 counted=G:4/5
            inbox
            said F W
            snapshots F
            stock W@B
            stock G@B
            @70 count_stock B G:3 counted_at=40
            ",
            expect![[r#"
                6 supplier_set:
                7 feed_set:
                8 stock_received: W 10 supplier > B/sellable; G 5 supplier > B/sellable
                9 snapshot_recorded: G 1 B/sellable > count_variance; applied; G counted 4 book 5; found 1 W@B in_flight theirs 7 ours 10 as of 50s
                1 W@B in_flight theirs 7 ours 10 as of 50s, feed F, open, opened 9 changed 9
                W 7 as of 50s
                F knows 1 | last s1 as of 50s | settled 1
                W@B sellable 10 free 10 doubted 3
                G@B sellable 4 free 4
                10 stock_counted: ! superseded_count sku=G; G counted 3 book 5 not applied
            "#]],
        );
    }

    #[test]
    fn an_open_difference_keeps_its_number_and_says_only_news() {
        check(
            "
            supply
            @10 receive_stock B W:10 G:5
            @20 record_snapshot F s1 as_of=20 found=W:unexplained_loss:7/10+G:unexplained_gain:6/5
            @30 record_snapshot F s2 as_of=30 found=W:unexplained_loss:7/10+G:unexplained_gain:8/5
            @40 record_snapshot F s3 as_of=40 found=W:unexplained_loss:6/10 cleared=1+2+2+9
            inbox
            @50 record_snapshot F s4 as_of=50 cleared=1+2
            @60 record_snapshot F s5 as_of=60 found=W:unexplained_loss:6/10
            discrepancy 1
            inbox
            stock W@B
            ",
            expect![[r#"
                6 supplier_set:
                7 feed_set:
                8 stock_received: W 10 supplier > B/sellable; G 5 supplier > B/sellable
                9 snapshot_recorded: applied; found 1 W@B unexplained_loss theirs 7 ours 10 as of 20s; found 2 G@B unexplained_gain theirs 6 ours 5 as of 20s
                10 snapshot_recorded: applied; found 2 G@B unexplained_gain theirs 8 ours 5 as of 30s
                11 snapshot_recorded: applied; found 1 W@B unexplained_loss theirs 6 ours 10 as of 40s; cleared 2
                1 W@B unexplained_loss theirs 6 ours 10 as of 40s, feed F, open, opened 9 changed 11
                12 snapshot_recorded: applied; cleared 1
                13 snapshot_recorded: applied; found 3 W@B unexplained_loss theirs 6 ours 10 as of 60s
                1 W@B unexplained_loss theirs 6 ours 10 as of 40s, feed F, cleared, opened 9 changed 12
                3 W@B unexplained_loss theirs 6 ours 10 as of 60s, feed F, open, opened 13 changed 13
                W@B sellable 10 free 10 doubted 4
            "#]],
        );
    }

    #[test]
    fn c14_an_older_snapshot_is_kept_as_evidence_only() {
        check(
            "
            supply
            @10 receive_stock B W:10
            @60 record_snapshot F s2 as_of=50 complete=true said=W:8
            record_snapshot F s1 as_of=40 said=W:7 found=W:in_flight:7/10 counted=W:7/10 suspicious=6
            record_snapshot F s3 as_of=50 said=W:6
            said F W
            snapshots F
            inbox
            ",
            expect![[r#"
                6 supplier_set:
                7 feed_set:
                8 stock_received: W 10 supplier > B/sellable
                9 snapshot_recorded: applied
                10 snapshot_recorded: out_of_order
                11 snapshot_recorded: applied
                W 6 as of 50s
                F knows 3 | last s3 as of 50s | settled 0
                inbox empty
            "#]],
        );
    }

    #[test]
    fn c14_two_numbers_of_one_moment_do_not_both_count() {
        check(
            "
            supply
            @10 receive_stock B W:10
            @60 record_snapshot F s1 as_of=50 counted=W:8/10
            record_snapshot F s2 as_of=50 counted=W:6/8
            snapshots F
            stock W@B
            ",
            expect![[r#"
                6 supplier_set:
                7 feed_set:
                8 stock_received: W 10 supplier > B/sellable
                9 snapshot_recorded: W 2 B/sellable > count_variance; applied; W counted 8 book 10
                10 snapshot_recorded: applied; found 1 W@B unexplained_loss theirs 6 ours 8 as of 50s
                F knows 2 | last s2 as of 50s | settled 2
                W@B sellable 8 free 8 doubted 2
            "#]],
        );
    }

    #[test]
    fn c12_a_suspicious_snapshot_is_held_and_the_last_good_one_stays() {
        check(
            "
            supply
            @10 receive_stock B W:10
            @20 record_snapshot F s1 as_of=15 said=W:10
            @30 record_snapshot F s2 as_of=25 more=true said=W:0 found=W:unexplained_loss:0/10 suspicious=6 of=9
            snapshots F
            said F W
            record_snapshot F s2 as_of=25
            @40 record_snapshot F s3 as_of=35 complete=true said=W:9
            snapshots F
            ",
            expect![[r#"
                6 supplier_set:
                7 feed_set:
                8 stock_received: W 10 supplier > B/sellable
                9 snapshot_recorded: applied
                10 snapshot_recorded: held
                F knows 2 | last s1 as of 15s | held s2 as of 25s | settled 0
                W 10 as of 15s
                rejected snapshot_already_recorded feed=F position=10 same=false snapshot=s2
                11 snapshot_recorded: applied
                F knows 3 | last s3 as of 35s | settled 0
            "#]],
        );
    }

    #[test]
    fn a_snapshot_comes_once_whatever_it_says_the_second_time() {
        check(
            "
            supply
            @20 record_snapshot F s1 as_of=15 hash=ab
            record_snapshot F s1 as_of=18 hash=ab
            record_snapshot F s1 as_of=18 hash=cd
            record_snapshot F s1
            record_snapshot F s2
            record_snapshot F s2
            ",
            expect![[r#"
                6 supplier_set:
                7 feed_set:
                8 snapshot_recorded: applied
                rejected snapshot_already_recorded feed=F position=8 same=true snapshot=s1
                rejected snapshot_already_recorded feed=F position=8 same=false snapshot=s1
                rejected snapshot_already_recorded feed=F position=8 same=false snapshot=s1
                9 snapshot_recorded: applied
                rejected snapshot_already_recorded feed=F position=9 same=false snapshot=s2
            "#]],
        );
    }

    #[test]
    fn a_long_snapshot_comes_in_parts_one_after_the_other() {
        check(
            "
            supply
            @10 receive_stock B W:10 G:5
            @60 record_snapshot F s1 as_of=50 part=2
            record_snapshot F s1 as_of=50 hash=ab more=true said=W:7 found=W:in_flight:7/10
            snapshots F
            record_snapshot F s1 as_of=50 hash=ab part=3
            record_snapshot F s1 as_of=50 hash=ab part=1
            record_snapshot F s1 as_of=50 hash=ab part=2 complete=true
            record_snapshot F s1 as_of=50 hash=ab part=2 tier=fast
            record_snapshot F s1 as_of=50 hash=cd part=2
            @70 record_snapshot F s1 hash=ab part=2 more=true at=8 suspicious=6
            record_snapshot F s1 hash=ab part=2
            record_snapshot F s1 hash=ab part=3 said=G:4 counted=G:4/5
            snapshots F
            record_snapshot F s1 hash=ab part=4
            said F G
            ",
            expect![[r#"
                6 supplier_set:
                7 feed_set:
                8 stock_received: W 10 supplier > B/sellable; G 5 supplier > B/sellable
                rejected snapshot_moved feed=F looked_up=8 position=0
                9 snapshot_recorded: applied part 1, more; found 1 W@B in_flight theirs 7 ours 10 as of 50s
                F knows 1 | unfinished s1 awaits 2 | settled 0
                rejected snapshot_moved feed=F looked_up=9 position=9
                rejected snapshot_already_recorded feed=F position=9 same=true snapshot=s1
                rejected contradiction field=complete message=is not that of the first part
                rejected contradiction field=tier message=is not that of the first part
                rejected snapshot_already_recorded feed=F position=9 same=false snapshot=s1
                10 snapshot_recorded: applied part 2, more
                rejected snapshot_already_recorded feed=F position=9 same=true snapshot=s1
                11 snapshot_recorded: G 1 B/sellable > count_variance; applied part 3; G counted 4 book 5
                F knows 1 | last s1 as of 50s | settled 1
                rejected snapshot_moved feed=F looked_up=11 position=11
                G 4 as of 50s
            "#]],
        );
    }

    #[test]
    fn a_newer_snapshot_abandons_an_unfinished_one() {
        check(
            "
            supply
            @10 receive_stock B W:10
            @60 record_snapshot F s1 as_of=50 complete=true more=true said=W:7
            record_snapshot F s0 as_of=40
            record_snapshot F s9 as_of=55 suspicious=6
            snapshots F
            record_snapshot F s2 as_of=52 complete=true said=W:8
            record_snapshot F s1 complete=true part=2
            snapshots F
            said F W
            ",
            expect![[r#"
                6 supplier_set:
                7 feed_set:
                8 stock_received: W 10 supplier > B/sellable
                9 snapshot_recorded: applied part 1, more
                10 snapshot_recorded: out_of_order
                11 snapshot_recorded: held
                F knows 3 | held s9 as of 55s | unfinished s1 awaits 2 | settled 0
                12 snapshot_recorded: applied
                rejected snapshot_moved feed=F looked_up=12 position=12
                F knows 4 | last s2 as of 52s | held s9 as of 55s | settled 0
                W 8 as of 52s
            "#]],
        );
    }

    #[test]
    fn what_moved_since_the_comparison_is_compared_again() {
        let feed = r#"{"feed_set":{"feed":"F","supplier":"S","location":"B","terms":{"missing_after":2,"tiers":[]}}}"#;
        let mapped =
            r#"{"supplier_sku_mapped":{"supplier":"S","lines":[{"supplier_sku":"X","sku":"W"}]}}"#;
        let other = r#"{"supplier_set":{"supplier":"S","name":"Other"}}"#;
        check(
            &format!(
                "
            supply
            record_snapshot F s1 findings=none
            record_snapshot F s1 at=6
            @10 fact {mapped}
            record_snapshot F s1 at=7
            @20 record_snapshot F s1 as_of=20 more=true at=8
            record_snapshot F s2 as_of=20 at=8
            fact {mapped}
            record_snapshot F s1 part=2 at=9
            fact {other}
            @30 record_snapshot F s1 part=2 at=10
            fact {feed}
            record_snapshot F s2 at=12
            @40 receive_stock B W:1
            record_snapshot F s2 at=13
            "
            ),
            expect![[r#"
                6 supplier_set:
                7 feed_set:
                rejected snapshot_moved feed=F looked_up=0 position=7
                rejected snapshot_moved feed=F looked_up=6 position=7
                8 supplier_sku_mapped:
                rejected snapshot_moved feed=F looked_up=7 position=8
                9 snapshot_recorded: applied part 1, more
                rejected snapshot_moved feed=F looked_up=8 position=9
                10 supplier_sku_mapped:
                rejected snapshot_moved feed=F looked_up=9 position=10
                11 supplier_set:
                12 snapshot_recorded: applied part 2
                13 feed_set:
                rejected snapshot_moved feed=F looked_up=12 position=13
                14 stock_received: W 1 supplier > B/sellable
                15 snapshot_recorded: applied
            "#]],
        );
    }

    #[test]
    fn a_shelf_that_moved_since_is_not_counted_but_looked_at() {
        check(
            "
            supply
            @10 receive_stock B W:10 G:5
            @60 ship_order O1 1:1(sku=W) location=B
            record_snapshot F s1 as_of=50 at=8 counted=W:7/10+G:6/5
            inbox
            stock W@B
            @70 receive_stock B W:1
            record_snapshot F s2 as_of=60 at=11 counted=W:9/10 cleared=1
            ",
            expect![[r#"
                6 supplier_set:
                7 feed_set:
                8 stock_received: W 10 supplier > B/sellable; G 5 supplier > B/sellable
                9 order_shipped: W 1 B/sellable > customer; ! uncommitted_ship order=O1 quantity=1 sku=W
                10 snapshot_recorded: G 1 count_variance > B/sellable; applied; G counted 6 book 5; found 1 W@B unexplained_loss theirs 7 ours 10 as of 50s
                1 W@B unexplained_loss theirs 7 ours 10 as of 50s, feed F, open, opened 10 changed 10
                W@B sellable 9 free 9 doubted 3
                11 stock_received: W 1 supplier > B/sellable
                12 snapshot_recorded: W 1 B/sellable > count_variance; applied; W counted 9 book 10; cleared 1
            "#]],
        );
    }

    #[test]
    fn c07_a_later_count_stands_before_a_number_of_an_earlier_moment() {
        check(
            "
            supply
            @10 receive_stock B W:10 G:5
            @30 count_stock B W:9
            @40 merge_items G into=W
            stock W@B
            @60 record_snapshot F s1 as_of=20 counted=W:7/10
            @61 record_snapshot F s2 as_of=35 counted=W:7/9
            @62 record_snapshot F s3 as_of=55 counted=W:13/14
            stock W@B
            ",
            expect![[r#"
                6 supplier_set:
                7 feed_set:
                8 stock_received: W 10 supplier > B/sellable; G 5 supplier > B/sellable
                9 stock_counted: W 1 B/sellable > count_variance; W counted 9 book 10
                10 items_merged: G 5 B/sellable > conversion; W 5 conversion > B/sellable
                W@B sellable 14 free 14
                11 snapshot_recorded: ! superseded_count sku=W; applied; W counted 7 book 10 not applied
                12 snapshot_recorded: ! superseded_count sku=W; applied; W counted 7 book 9 not applied
                13 snapshot_recorded: W 1 B/sellable > count_variance; applied; W counted 13 book 14
                W@B sellable 13 free 13
            "#]],
        );
    }

    #[test]
    fn the_same_difference_is_news_once_the_shelf_was_counted_since() {
        check(
            "
            supply
            @10 receive_stock B W:10
            @20 record_snapshot F s1 as_of=20 found=W:unexplained_loss:7/10
            @30 record_snapshot F s2 as_of=30 found=W:unexplained_loss:7/10
            @40 count_stock B W:10
            @50 record_snapshot F s3 as_of=50 found=W:unexplained_loss:7/10
            @60 settle_discrepancy accept_theirs 1 reason=shrinkage actor=ann
            stock W@B
            ",
            expect![[r#"
                6 supplier_set:
                7 feed_set:
                8 stock_received: W 10 supplier > B/sellable
                9 snapshot_recorded: applied; found 1 W@B unexplained_loss theirs 7 ours 10 as of 20s
                10 snapshot_recorded: applied
                11 stock_counted: W counted 10 book 10
                12 snapshot_recorded: applied; found 1 W@B unexplained_loss theirs 7 ours 10 as of 50s
                13 discrepancy_settled: W 3 B/sellable > count_variance; 1 W counted 7 book 10 at 50s for 10
                W@B sellable 7 free 7
            "#]],
        );
    }

    #[test]
    fn of_two_numbers_of_one_moment_the_other_is_looked_at() {
        check(
            "
            supply
            @10 receive_stock B W:10
            @20 record_snapshot F s1 as_of=15 found=W:unexplained_loss:5/10
            @30 record_snapshot F s2 as_of=20 counted=W:8/10 cleared=1
            @40 record_snapshot F s3 as_of=20 counted=W:7/8
            @50 record_snapshot F s4 as_of=20 counted=W:6/8 cleared=2
            @60 record_snapshot F s5 as_of=20 counted=W:8/8 cleared=2
            inbox
            stock W@B
            ",
            expect![[r#"
                6 supplier_set:
                7 feed_set:
                8 stock_received: W 10 supplier > B/sellable
                9 snapshot_recorded: applied; found 1 W@B unexplained_loss theirs 5 ours 10 as of 15s
                10 snapshot_recorded: W 2 B/sellable > count_variance; applied; W counted 8 book 10; cleared 1
                11 snapshot_recorded: applied; found 2 W@B unexplained_loss theirs 7 ours 8 as of 20s
                12 snapshot_recorded: applied; found 2 W@B unexplained_loss theirs 6 ours 8 as of 20s
                13 snapshot_recorded: applied; W counted 8 book 8; cleared 2
                inbox empty
                W@B sellable 8 free 8
            "#]],
        );
    }

    #[test]
    fn c14_one_number_of_an_item_does_not_make_the_whole_file_late() {
        check(
            "
            supply
            @10 receive_stock B W:10 G:5
            @60 record_snapshot F form as_of=50 said=W:8 found=W:unexplained_loss:8/10
            record_snapshot F file as_of=40 complete=true said=W:7+G:4 found=W:unexplained_loss:7/10+G:unexplained_loss:4/5 cleared=1
            said F W
            said F G
            inbox
            record_snapshot F older as_of=39 said=G:3
            record_snapshot F fast as_of=55 complete=true tier=fast
            record_snapshot F file2 as_of=45 complete=true tier=slow said=G:3
            record_snapshot F file3 as_of=46 complete=true said=G:3
            said F G
            record_snapshot F fast2 as_of=46 tier=fast
            ",
            expect![[r#"
                6 supplier_set:
                7 feed_set:
                8 stock_received: W 10 supplier > B/sellable; G 5 supplier > B/sellable
                9 snapshot_recorded: applied; found 1 W@B unexplained_loss theirs 8 ours 10 as of 50s
                10 snapshot_recorded: applied; found 2 G@B unexplained_loss theirs 4 ours 5 as of 40s
                W 8 as of 50s
                G 4 as of 40s
                1 W@B unexplained_loss theirs 8 ours 10 as of 50s, feed F, open, opened 9 changed 9
                2 G@B unexplained_loss theirs 4 ours 5 as of 40s, feed F, open, opened 10 changed 10
                11 snapshot_recorded: out_of_order
                12 snapshot_recorded: applied
                13 snapshot_recorded: applied
                14 snapshot_recorded: applied
                G 4 as of 40s
                15 snapshot_recorded: out_of_order
            "#]],
        );
    }

    #[test]
    fn c12_another_snapshot_replaces_a_half_booked_one_only_if_it_says_all_of_it_anew() {
        check(
            "
            supply
            @10 record_snapshot F s1 as_of=10 complete=true tier=fast more=true
            record_snapshot F s2 as_of=10 said=W:1
            record_snapshot F s2 as_of=10 complete=true tier=slow
            record_snapshot F s3 as_of=9 complete=true tier=fast
            record_snapshot F s4 as_of=10 complete=true suspicious=9
            snapshots F
            record_snapshot F s5 as_of=10 complete=true tier=fast more=true
            snapshots F
            record_snapshot F s6 as_of=10 complete=true
            snapshots F
            ",
            expect![[r#"
                6 supplier_set:
                7 feed_set:
                8 snapshot_recorded: applied part 1, more
                rejected snapshot_moved feed=F looked_up=8 position=8
                rejected snapshot_moved feed=F looked_up=8 position=8
                9 snapshot_recorded: out_of_order
                10 snapshot_recorded: held
                F knows 3 | held s4 as of 10s | unfinished s1 awaits 2 | settled 0
                11 snapshot_recorded: applied part 1, more
                F knows 4 | held s4 as of 10s | unfinished s5 awaits 2 | settled 0
                12 snapshot_recorded: applied
                F knows 5 | last s6 as of 10s | settled 0
            "#]],
        );
    }

    #[test]
    fn what_was_settled_since_the_comparison_is_compared_again() {
        check(
            "
            supply
            @10 receive_stock B W:10 G:5
            @20 record_snapshot F s1 as_of=20 found=W:unexplained_loss:7/10+G:unexplained_loss:4/5
            @30 settle_discrepancy accept_theirs 1 reason=shrinkage actor=ann
            record_snapshot F s2 as_of=25 at=9 found=W:unexplained_loss:7/10
            stock W@B
            settle_discrepancy dispute 2 reason=correction actor=ann
            record_snapshot F s2 as_of=25 at=10 cleared=2
            record_snapshot F s2 as_of=25 at=10 found=G:unexplained_loss:3/5
            ship_order O1 1:1(sku=G) location=B
            record_snapshot F s2 as_of=25 at=11 found=G:unexplained_loss:3/5
            record_snapshot F s3 as_of=26 cleared=2+1
            inbox
            ",
            expect![[r#"
                6 supplier_set:
                7 feed_set:
                8 stock_received: W 10 supplier > B/sellable; G 5 supplier > B/sellable
                9 snapshot_recorded: applied; found 1 W@B unexplained_loss theirs 7 ours 10 as of 20s; found 2 G@B unexplained_loss theirs 4 ours 5 as of 20s
                10 discrepancy_settled: W 3 B/sellable > count_variance; 1 W counted 7 book 10 at 20s
                rejected snapshot_moved feed=F looked_up=9 position=10
                W@B sellable 7 free 7
                11 discrepancy_settled: 2
                rejected snapshot_moved feed=F looked_up=10 position=11
                rejected snapshot_moved feed=F looked_up=10 position=11
                12 order_shipped: G 1 B/sellable > customer; ! uncommitted_ship order=O1 quantity=1 sku=G
                13 snapshot_recorded: applied; found 2 G@B unexplained_loss theirs 3 ours 5 as of 25s
                14 snapshot_recorded: applied; cleared 2
                inbox empty
            "#]],
        );
    }

    #[test]
    fn what_is_counted_is_open_no_more() {
        check(
            "
            supply
            @10 receive_stock B W:10
            @20 record_snapshot F s1 as_of=20 found=W:unexplained_loss:7/10
            stock W@B
            @30 record_snapshot F s2 as_of=30 counted=W:9/10 cleared=1
            inbox
            stock W@B
            snapshots F
            ",
            expect![[r#"
                6 supplier_set:
                7 feed_set:
                8 stock_received: W 10 supplier > B/sellable
                9 snapshot_recorded: applied; found 1 W@B unexplained_loss theirs 7 ours 10 as of 20s
                W@B sellable 10 free 10 doubted 3
                10 snapshot_recorded: W 1 B/sellable > count_variance; applied; W counted 9 book 10; cleared 1
                inbox empty
                W@B sellable 9 free 9
                F knows 2 | last s2 as of 30s | settled 1
            "#]],
        );
    }

    #[test]
    fn an_unknown_code_is_found_once_and_never_becomes_stock() {
        check(
            "
            supply
            @20 record_snapshot F s1 as_of=20 found=X1:unknown_sku:5/0+X2:unknown_sku:3/0
            @30 record_snapshot F s2 as_of=30 found=X1:unknown_sku:5/0+X2:unknown_sku:4/0+X1:unknown_sku:9/0
            @40 record_snapshot F s3 as_of=40 found=X2:unknown_sku:4/0 cleared=1
            @50 record_snapshot F s4 as_of=50 found=X1:unknown_sku:5/0
            inbox
            ",
            expect![[r#"
                6 supplier_set:
                7 feed_set:
                8 snapshot_recorded: applied; found 1 X1@B unknown_sku theirs 5 ours 0 as of 20s; found 2 X2@B unknown_sku theirs 3 ours 0 as of 20s
                9 snapshot_recorded: applied; found 2 X2@B unknown_sku theirs 4 ours 0 as of 30s
                10 snapshot_recorded: applied; cleared 1
                11 snapshot_recorded: applied; found 3 X1@B unknown_sku theirs 5 ours 0 as of 50s
                2 X2@B unknown_sku theirs 4 ours 0 as of 30s, feed F, open, opened 8 changed 9
                3 X1@B unknown_sku theirs 5 ours 0 as of 50s, feed F, open, opened 11 changed 11
            "#]],
        );
    }

    #[test]
    fn c30_a_snapshot_of_a_moment_to_come_is_of_now() {
        check(
            "
            supply
            @10 record_snapshot F s1 as_of=400
            record_snapshot F s1 as_of=300 complete=true said=W:1
            snapshots F
            said F W
            record_snapshot F s2 as_of=9
            ",
            expect![[r#"
                6 supplier_set:
                7 feed_set:
                rejected occurred_at_out_of_range earliest=1970-01-01T00:00:00Z latest=310s occurred_at=400s
                8 snapshot_recorded: ! clock_skew claimed=300s; applied
                F knows 1 | last s1 as of 10s | settled 0
                W 1 as of 10s
                9 snapshot_recorded: out_of_order
            "#]],
        );
    }

    #[test]
    fn a_snapshot_that_cannot_be_is_refused() {
        check(
            "
            supply
            record_snapshot F s1 part=0
            record_snapshot F s1 X:1000000000001
            record_snapshot F s1 X:1000000000000
            record_snapshot F2 s2
            record_snapshot F s2 tier=weekly
            record_snapshot F s2 tier=slow
            record_snapshot F s3 said=N:1
            record_snapshot F s3 found=N:in_flight:1/2
            record_snapshot F s3 counted=N:1/2
            record_snapshot F s3 said=W:1000000000001
            record_snapshot F s3 counted=W:1000000000002/1
            close_location B
            record_snapshot F s3
            ",
            expect![[r#"
                6 supplier_set:
                7 feed_set:
                rejected contradiction field=part message=is counted from 1
                rejected contradiction field=lines[0].quantity message=must be at most 1000000000000
                8 snapshot_recorded: applied
                rejected unknown_feed feed=F2
                rejected unknown_tier feed=F tier=weekly
                9 snapshot_recorded: applied
                rejected unknown_sku sku=N
                rejected unknown_sku sku=N
                rejected unknown_sku sku=N
                rejected contradiction field=lines message=say more than 1000000000000 units of W
                rejected balance_too_large sku=W
                10 location_closed:
                rejected location_closed location=B
            "#]],
        );
    }
}
