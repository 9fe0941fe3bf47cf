//! What suppliers and channels say of an item that is merged into another, they say of that one.

use super::evolve::Recorded;
use super::record_supply::DiscrepancyEnd;
use super::{History, ItemNo, Ledger, Said, Staleness, Supplied};
use crate::Difference;

impl Ledger {
    /// Both items are touched already, and the names of the one mean the other. What the other is
    /// said to have stands: it is said anew of both together with the next numbers.
    pub(super) fn merge_supplied(&mut self, from: ItemNo, into: ItemNo) -> Recorded {
        let position = self.position;
        let Some(gone) = &mut self.items[from.0 as usize].supplied else { return Ok(()) };
        let (sources, listed) = (std::mem::take(&mut gone.sources), gone.listed.clone());
        let (said, open) = (gone.said.clone(), std::mem::take(&mut gone.open));
        // Its tiers of then are history; nothing more is said of it, and so nothing is missing.
        gone.said.iter_mut().for_each(Said::forget);
        let doubts: Vec<_> = gone.doubts.iter().map(|it| it.location).collect();
        for source in &sources {
            let code = (source.supplier, source.code.clone());
            self.unmean(&code, from);
            self.mean(code, into);
        }
        let kept = self.items[into.0 as usize].supplied_mut();
        kept.sources.extend(sources);
        let feeds: Vec<_> = said.iter().map(|it| it.feed).collect();
        said.into_iter().for_each(|it| kept.merge_said(it, position));
        for it in listed {
            if kept.listed.iter().all(|known| known.channel != it.channel) {
                kept.listed.push(it);
            }
        }
        for number in open {
            self.merge_open(number, into)?;
        }
        if !feeds.is_empty() {
            self.touch_supply();
            feeds.into_iter().for_each(|it| self.note_assigned(it));
        }
        for at in doubts {
            let location = self.location(at).id.clone();
            self.set_doubt(from, at, &location);
        }
        Ok(())
    }

    /// An open difference is about the other item now. If the same witness has one about that,
    /// one of them is about both: what each of them doubts is doubted still.
    fn merge_open(&mut self, number: u64, into: ItemNo) -> Recorded {
        let known = self.discrepancy(number).ok_or("names an unknown difference")?;
        let location = known.difference.location.clone();
        match self.in_place_of(known).map(|it| it.difference.number) {
            Some(other) => {
                let gone = known.difference.clone();
                self.end_discrepancy(number, DiscrepancyEnd::Cleared)?;
                self.sum_up(other, &gone)?;
            }
            None => self.items[into.0 as usize].supplied_mut().open.push(number),
        }
        let Some(location) = location else { return Ok(()) };
        let at = self.stored_location(&location)?;
        self.set_doubt(into, at, &location);
        Ok(())
    }

    /// A number that is left open is taken for ours.
    fn sum_up(&mut self, number: u64, gone: &Difference) -> Recorded {
        self.touch_discrepancy(number);
        let position = self.position;
        let known = self.discrepancies.get_mut(&number).ok_or("names an unknown difference")?;
        let sum = &mut known.difference;
        sum.theirs = match (sum.theirs, gone.theirs) {
            (None, None) => None,
            (one, other) => Some(one.unwrap_or(sum.ours) + other.unwrap_or(gone.ours)),
        };
        sum.ours += gone.ours;
        known.changed = position;
        Ok(())
    }
}

impl Supplied {
    /// The other item's units came of another tier, and may be worth less: so are both, until a
    /// whole snapshot tells of them together.
    fn merge_said(&mut self, mut gone: Said, position: u64) {
        match self.said.iter_mut().find(|it| it.feed == gone.feed) {
            Some(kept) => {
                if kept.tier != gone.tier {
                    kept.tier_was.then(position, gone.tier);
                    kept.tier_was.then(position, kept.tier);
                }
                let own = |it: &Said| it.worth.now().copied().unwrap_or(Staleness::FRESH);
                let worth = own(kept).worse(own(&gone));
                if own(kept) != worth {
                    kept.worth.set(position, worth);
                }
            }
            None => {
                gone.tier_was = match gone.tier {
                    0 => History::default(),
                    tier => History::begin(position, tier),
                };
                gone.worth = gone
                    .worth
                    .now()
                    .map_or_else(History::default, |it| History::begin(position, *it));
                self.said.push(gone);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use crate::testing::run;

    #[track_caller]
    fn check_shop(lines: &str, outcomes: expect_test::Expect) {
        let shop = r#"
            register_location S kind=supplier supplier=acme
            set_supplier acme
            change_channel web locations=S
            receive_stock S W:10 G:20
            set_feed F supplier=acme location=S tiers=[{"tier":"all","every_minutes":60},{"tier":"hot","every_minutes":15,"ladder":[{"after_minutes":30,"trust_percent":50}]}]
            "#;
        let said: String =
            run(&format!("{shop}{lines}")).into_iter().skip(5).map(|it| it + "\n").collect();
        outcomes.assert_eq(&said);
    }

    fn found(snapshot: u64, all: &[(u64, &str, i64, i64)]) -> String {
        let one = |(number, sku, theirs, ours): &(u64, &str, i64, i64)| {
            format!(
                r#"{{"number":{number},"kind":"unexplained_loss","sku":"{sku}","location":"S","theirs":{theirs},"ours":{ours},"as_of":"2026-01-01T00:00:00Z","confidence":50}}"#
            )
        };
        let all: Vec<String> = all.iter().map(one).collect();
        format!(
            r#"fact {{"snapshot_recorded":{{"feed":"F","snapshot":"{snapshot}","part":1,"as_of":"2026-01-01T00:00:00Z","complete":true,"lines":1,"outcome":"applied","said":[{{"sku":"W","quantity":7}},{{"sku":"G","quantity":18}}],"found":[{}]}}}}"#,
            all.join(",")
        )
    }

    #[test]
    fn c17_codes_of_the_merged_item_mean_the_other() {
        check_shop(
            "
            map_supplier_sku acme W(supplier_sku=X,pack=6) G(supplier_sku=Y) G(supplier_sku=Z,valid_until=60) W(supplier_sku=Q)
            map_supplier_sku acme W(supplier_sku=Z,valid_from=60)
            merge_items W into=G
            means acme X
            means acme Y
            means acme Z
            @60 means acme Z
            map_supplier_sku acme _(supplier_sku=X) W(supplier_sku=Q,pack=2)
            means acme X
            means acme Q
            rename_item G to=H
            means acme Y
            ",
            expect![[r#"
                11 supplier_sku_mapped:
                12 supplier_sku_mapped:
                13 items_merged: W 10 S/sellable > conversion; G 10 conversion > S/sellable
                X means G pack 6
                Y means G pack 1
                Z means G pack 1
                Z means G pack 1
                14 supplier_sku_mapped:
                X means nothing
                Q means G pack 2
                15 item_renamed:
                Y means H pack 1
            "#]],
        );
    }

    #[test]
    fn c17_what_each_of_two_differences_doubts_is_doubted_of_the_one() {
        check_shop(
            &format!(
                "{}\noffer W web\noffer G web\nmerge_items W into=G\noffer G web\n{}\noffer G web",
                found(1, &[(1, "W", 7, 10), (2, "G", 18, 20)]),
                found(2, &[(2, "G", 29, 30)]),
            ),
            expect![[r#"
                11 snapshot_recorded: applied; found 1 W@S unexplained_loss theirs 7 ours 10 as of 0s; found 2 G@S unexplained_loss theirs 18 ours 20 as of 0s
                W reservable 7 published 7 | base 7 share 7
                G reservable 18 published 18 | base 18 share 18
                12 items_merged: W 10 S/sellable > conversion; G 10 conversion > S/sellable
                G reservable 25 published 25 | base 25 share 25
                13 snapshot_recorded: applied; found 2 G@S unexplained_loss theirs 29 ours 30 as of 0s
                G reservable 29 published 29 | base 29 share 29
            "#]],
        );
    }

    #[test]
    fn c17_a_difference_of_the_merged_item_alone_goes_with_it() {
        check_shop(
            &format!(
                "{}\nmerge_items W into=G\noffer G web\n{}\noffer G web",
                found(1, &[(1, "W", 7, 10)]),
                r#"fact {"discrepancy_settled":{"action":"keep_ours","reason":{"code":"correction"},"lines":[{"number":1}]}}"#,
            ),
            expect![[r#"
                11 snapshot_recorded: applied; found 1 W@S unexplained_loss theirs 7 ours 10 as of 0s
                12 items_merged: W 10 S/sellable > conversion; G 10 conversion > S/sellable
                G reservable 27 published 27 | base 27 share 27
                13 discrepancy_settled: 1
                G reservable 30 published 30 | base 30 share 30
            "#]],
        );
    }

    #[test]
    fn c17_the_tier_of_the_merged_item_is_that_of_an_item_without_one() {
        check_shop(
            "
            assign_tier F W(tier=hot)
            @1800 due
            merge_items W into=G
            offer G web
            assign_tier F W(tier=all)
            offer G web
            ",
            expect![[r#"
                11 tier_assigned:
                12 feed_stepped: F hot to 1
                13 items_merged: W 10 S/sellable > conversion; G 10 conversion > S/sellable
                G reservable 15 published 15 | base 15 share 15
                14 tier_assigned:
                G reservable 15 published 15 | base 15 share 15
            "#]],
        );
    }
}
