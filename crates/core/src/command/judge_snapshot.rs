//! Judge a suspicious snapshot: confirm that it is right, or reject it.

use super::lines::check_reason;
use super::prelude::*;

args!(/** Judge a snapshot that is held. Who does it is to be named. */
JudgeSnapshot {
    pub feed: FeedId,
    pub snapshot: Label,
    pub verdict: Verdict,
    pub reason: Reason,
});

pub(super) fn decide(
    ledger: &Ledger,
    _now: Time,
    command: &JudgeSnapshot,
) -> Result<Decision, Rejection> {
    check_reason(Some(&command.reason))?;
    let feed = ledger.feed(ledger.known_feed(&command.feed)?);
    let (id, snapshot) = (feed.id.clone(), command.snapshot.clone());
    if feed.held.as_ref().is_none_or(|it| it.snapshot != snapshot) {
        return Err(Rejection::UnknownSnapshot { feed: id, snapshot });
    }
    let (verdict, reason) = (command.verdict, command.reason.clone());
    let fact = Fact::SnapshotJudged(SnapshotJudged { feed: id, snapshot, verdict, reason });
    Ok(Decision { fact, movements: Vec::new(), flags: Vec::new() })
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use crate::testing::check;

    #[test]
    fn c12_a_confirmed_snapshot_is_applied_when_it_comes_once_more() {
        check(
            "
            supply
            @20 record_snapshot F s1 as_of=15 hash=ab suspicious=6
            judge_snapshot F s1 verdict=confirm reason=correction actor=ann
            snapshots F
            judge_snapshot F s1 verdict=confirm reason=correction actor=ann
            record_snapshot F s1 as_of=15 hash=cd
            @30 record_snapshot F s0 as_of=10 hash=ef
            @40 record_snapshot F s1 hash=ab suspicious=6 more=true said=W:0
            record_snapshot F s1 hash=ab suspicious=6 said=W:0
            record_snapshot F s1 hash=ab part=2
            snapshots F
            said F W
            record_snapshot F s1 hash=ab
            ",
            expect![[r#"
                6 supplier_set:
                7 feed_set:
                8 snapshot_recorded: held
                9 snapshot_judged:
                F knows 1 | confirmed s1 | settled 0
                rejected unknown_snapshot feed=F snapshot=s1
                rejected snapshot_already_recorded feed=F position=8 same=false snapshot=s1
                10 snapshot_recorded: applied
                11 snapshot_recorded: applied part 1, more
                rejected snapshot_already_recorded feed=F position=11 same=true snapshot=s1
                12 snapshot_recorded: applied part 2
                F knows 2 | last s1 as of 15s | settled 0
                W 0 as of 15s
                rejected snapshot_already_recorded feed=F position=11 same=true snapshot=s1
            "#]],
        );
    }

    #[test]
    fn c12_a_rejected_snapshot_stays_where_it_is() {
        check(
            "
            supply
            @20 record_snapshot F s1 as_of=15 hash=ab suspicious=6
            judge_snapshot F s1 verdict=reject reason=other:truncated actor=ann
            snapshots F
            record_snapshot F s1 as_of=15 hash=ab
            ",
            expect![[r#"
                6 supplier_set:
                7 feed_set:
                8 snapshot_recorded: held
                9 snapshot_judged:
                F knows 1 | settled 0
                rejected snapshot_already_recorded feed=F position=8 same=true snapshot=s1
            "#]],
        );
    }

    #[test]
    fn what_was_confirmed_is_over_once_something_newer_was_applied() {
        check(
            "
            supply
            @20 record_snapshot F s1 as_of=15 hash=ab suspicious=6
            judge_snapshot F s1 verdict=confirm reason=correction actor=ann
            @30 record_snapshot F s2 as_of=25 complete=true said=W:3
            record_snapshot F s1 as_of=15 hash=ab said=W:0
            snapshots F
            ",
            expect![[r#"
                6 supplier_set:
                7 feed_set:
                8 snapshot_recorded: held
                9 snapshot_judged:
                10 snapshot_recorded: applied
                rejected snapshot_already_recorded feed=F position=8 same=true snapshot=s1
                F knows 2 | last s2 as of 25s | settled 0
            "#]],
        );
    }

    #[test]
    fn of_two_that_are_held_the_newer_one_is_judged() {
        check(
            "
            supply
            @20 record_snapshot F s2 as_of=15 hash=ab suspicious=6
            record_snapshot F s1 as_of=10 hash=cd suspicious=6
            snapshots F
            record_snapshot F s3 as_of=16 hash=ef suspicious=6
            snapshots F
            ",
            expect![[r#"
                6 supplier_set:
                7 feed_set:
                8 snapshot_recorded: held
                9 snapshot_recorded: held
                F knows 2 | held s2 as of 15s | settled 0
                10 snapshot_recorded: held
                F knows 3 | held s3 as of 16s | settled 0
            "#]],
        );
    }

    #[test]
    fn somebody_answers_for_a_verdict_about_a_snapshot_that_is_held() {
        check(
            "
            supply
            @20 record_snapshot F s1 as_of=15
            record_snapshot F s2 as_of=16 suspicious=6
            judge_snapshot F s2 verdict=confirm reason=correction
            judge_snapshot F s2 verdict=confirm reason=other actor=ann
            judge_snapshot F2 s2 verdict=confirm reason=correction actor=ann
            judge_snapshot F s1 verdict=confirm reason=correction actor=ann
            judge_snapshot F s3 verdict=reject reason=correction actor=ann
            ",
            expect![[r#"
                6 supplier_set:
                7 feed_set:
                8 snapshot_recorded: applied
                9 snapshot_recorded: held
                rejected contradiction field=actor message=is needed: somebody answers for it
                rejected contradiction field=reason.note message=is needed with the reason `other`
                rejected unknown_feed feed=F2
                rejected unknown_snapshot feed=F snapshot=s1
                rejected unknown_snapshot feed=F snapshot=s3
            "#]],
        );
    }
}
