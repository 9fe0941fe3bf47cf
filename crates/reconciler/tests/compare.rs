//! What a snapshot comes to beside the book, rule by rule: text in, text out.
//!
//! A line is a moment in minutes, `@90`, and then:
//! - a command: `receive L W:10`, `inspect L W:2`, `commit O1 W:3`, `ship O1`, `return L W:2`,
//!   `transfer T1 H>L W:4`, `arrive T1 W:4`, `expect P1 L W:5@200`, `count L W:7`, `hand N1`,
//!   `adjust L W:-1`; with `at=80` it happened then;
//! - `feed …` with the terms of the feed, and `map A=W B=G/12` for codes with packs;
//! - `snapshot 85 A:7 B:_ C:5/12`, of minute 85, with the codes' numbers and packs, and `complete`,
//!   `basis=…`, `seen=80`, `confirmed`, `tier=…` as needed; it is compared and recorded;
//! - `settle keep_ours 1`; `tier fast W`; `stock W` shows W at L.
//!
//! Items are registered as they are mapped. Every item has the code of its own name if it has none.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may stop")]

mod shop;

use expect_test::{Expect, expect};
use onhand_core::*;
use onhand_reconciler::{Line, compare_whole};
use serde_json::{Map, Value, json};
use shop::{Shop, minute};

#[track_caller]
fn check(lines: &str, outcome: Expect) {
    let mut shop = Shop::new();
    shop.set_feed(json!({}));
    let lines = lines.lines().map(str::trim).filter(|it| !it.is_empty());
    let said: String = lines.filter_map(|it| run(&mut shop, it)).map(|it| it + "\n").collect();
    outcome.assert_eq(&said);
}

fn run(shop: &mut Shop, line: &str) -> Option<String> {
    let mut words: Vec<&str> = line.split_whitespace().collect();
    if let Some(at) = words[0].strip_prefix('@') {
        shop.now = minute(at.parse().unwrap());
        words.remove(0);
    }
    let (verb, words) = (words[0], &words[1..]);
    match verb {
        "feed" => shop.set_feed(serde_json::from_str(&words.join(" ")).unwrap()),
        "map" => map(shop, words),
        "snapshot" => return Some(snapshot(shop, words)),
        "stock" => {
            let cell = shop.cell(words[0], "L");
            return Some(format!(
                "{} sellable {} committed {}",
                words[0], cell.sellable, cell.committed
            ));
        }
        "settle" => settle(shop, words),
        "tier" => {
            let lines = json!([{ "sku": words[1], "tier": words[0] }]);
            shop.fact(json!({ "tier_assigned": { "feed": "F", "lines": lines } }));
        }
        _ => {
            let at = words.iter().find_map(|it| it.strip_prefix("at="));
            let words: Vec<&str> =
                words.iter().filter(|it| !it.starts_with("at=")).copied().collect();
            let at = at.map(|it| minute(it.parse().unwrap()));
            if let Err(no) = shop.ask_of(command(verb, &words), at) {
                return Some(format!("rejected {}", no.code()));
            }
        }
    }
    None
}

fn map(shop: &mut Shop, words: &[&str]) {
    let mut lines = Vec::new();
    for word in words {
        let (code, item) = word.split_once('=').unwrap_or((word, word));
        let (sku, pack) = item.split_once('/').unwrap_or((item, "1"));
        let pack: u64 = pack.parse().unwrap();
        let known = shop.ledger.item_no(&Sku::new(sku).unwrap()).is_some();
        if !known {
            shop.ask(json!({ "register_item": { "sku": sku } })).unwrap();
        }
        lines.push(json!({ "supplier_sku": code, "sku": sku, "pack": pack, "unit_cost": 100 }));
    }
    shop.map(Value::Array(lines));
}

fn units(word: &str) -> (&str, u64) {
    let (sku, units) = word.split_once(':').unwrap();
    (sku, units.parse().unwrap())
}

fn command(verb: &str, words: &[&str]) -> Value {
    let lines = |words: &[&str]| -> Value {
        let line = |it: &&str| {
            let (sku, quantity) = units(it);
            json!({ "sku": sku, "quantity": quantity })
        };
        words.iter().map(line).collect()
    };
    match verb {
        "receive" => {
            json!({ "receive_stock": { "location": words[0], "lines": lines(&words[1..]) } })
        }
        "arrived" => json!({ "receive_stock": {
            "location": words[0], "lines": lines(&words[1..]), "to": "quality_control" } }),
        "inspect" => {
            let (sku, passed) = units(words[1]);
            let line = json!({ "sku": sku, "passed": passed });
            json!({ "inspect_stock": { "location": words[0], "lines": [line] } })
        }
        "commit" => {
            let mut lines = lines(&words[1..]);
            lines[0]["location"] = "L".into();
            json!({ "commit_order": { "order": words[0], "channel": "web", "lines": lines } })
        }
        "hand" => json!({ "hand_over_orders": { "supplier": "S", "handover": words[0] } }),
        "ship" => json!({ "ship_order": { "order": words[0] } }),
        "return" => {
            json!({ "return_stock": { "location": words[0], "lines": lines(&words[1..]) } })
        }
        "transfer" => {
            let (from, to) = words[1].split_once('>').unwrap();
            let lines = lines(&words[2..]);
            json!({ "start_transfer": { "transfer": words[0], "from": from, "to": to, "lines": lines } })
        }
        "expect" => {
            let (line, at) = words[2].split_once('@').unwrap();
            let (sku, quantity) = units(line);
            let line = json!({ "sku": sku, "quantity": quantity,
                "expected_at": minute(at.parse().unwrap()) });
            json!({ "expect_stock": { "inbound": words[0], "location": words[1], "lines": [line] } })
        }
        "count" => json!({ "count_stock": { "location": words[0], "lines": lines(&words[1..]) } }),
        "adjust" => {
            let (sku, change) = words[1].split_once(':').unwrap();
            let line = json!({ "sku": sku, "change": change.parse::<i64>().unwrap() });
            json!({ "adjust_stock": {
                "location": words[0], "lines": [line], "reason": { "code": "correction" } } })
        }
        other => panic!("{other} is not known"),
    }
}

/// What keeps the book as it is moves nothing.
fn settle(shop: &mut Shop, words: &[&str]) {
    let number: u64 = words[1].parse().unwrap();
    let (reason, lines) = (json!({ "code": "correction" }), json!([{ "number": number }]));
    let settled = json!({ "action": words[0], "reason": reason, "lines": lines });
    shop.fact(json!({ "discrepancy_settled": settled }));
}

fn snapshot(shop: &mut Shop, words: &[&str]) -> String {
    let mut head = shop.head(minute(words[0].parse().unwrap()));
    let (mut lines, mut confirmed) = (Vec::new(), false);
    for word in &words[1..] {
        match (word.split_once('='), *word) {
            (Some(("basis", it)), _) => head.basis = serde_json::from_value(it.into()).unwrap(),
            (Some(("seen", it)), _) => {
                head.orders_seen_through = Some(minute(it.parse().unwrap()));
            }
            (Some(("tier", it)), _) => head.tier = Some(Label::new(it).unwrap()),
            (_, "complete") => head.complete = true,
            (_, "confirmed") => confirmed = true,
            _ => lines.push(line(word, lines.len() as u64 + 1)),
        }
    }
    let findings = match compare_whole(&shop.ledger, shop, &head, &lines, confirmed) {
        Ok(findings) => findings,
        Err(complaints) => return format!("complaints: {complaints}"),
    };
    let name = format!("s{}", shop.ledger.position());
    let (compared, accurate) = (findings.compared, findings.accurate);
    let recorded = match shop.record_snapshot(&name, &head, findings) {
        Ok(it) => it,
        Err(rejection) => return format!("rejected {}", rejection.code()),
    };
    let mut said = vec![format!("compared {compared} accurate {accurate}")];
    said.extend(recorded.suspicions.iter().map(told));
    said.extend(recorded.said.iter().map(|it| {
        let quantity = it.quantity.map_or("_".to_owned(), |it| it.to_string());
        let missing =
            if it.missing > 0 { format!(" missing {}", it.missing) } else { String::new() };
        format!("said {}:{quantity}{missing}", it.sku)
    }));
    said.extend(recorded.found.iter().map(found));
    said.extend(recorded.cleared.iter().map(|it| format!("cleared {it}")));
    said.extend(
        recorded
            .counted
            .iter()
            .map(|it| format!("counted {} {} was {}", it.sku, it.counted, it.book)),
    );
    said.join("; ")
}

fn told(suspicion: &Suspicion) -> String {
    let Value::Object(fields) = serde_json::to_value(suspicion).unwrap() else {
        return String::new();
    };
    let fields: Map<String, Value> = fields;
    let words: Vec<String> = fields.iter().map(|(key, it)| format!("{key}={it}")).collect();
    format!("suspicious {}", words.join(" ").replace('"', ""))
}

fn found(it: &Difference) -> String {
    let name = it.sku.as_ref().or(it.supplier_sku.as_ref()).unwrap();
    let kind = serde_json::to_value(it.kind).unwrap();
    let theirs = it.theirs.map_or("_".to_owned(), |it| it.to_string());
    let mut said =
        format!("found {} {name} {} {theirs}/{}", it.number, kind.as_str().unwrap(), it.ours);
    said += &format!(" {}%", it.confidence);
    if !it.explained_by.is_empty() {
        said += &format!(" by {:?}", it.explained_by);
    }
    for hint in &it.suggestions {
        said += &format!(" maybe {} {}% {}", hint.sku, hint.confidence, hint.why);
    }
    said
}

fn line(word: &str, line: u64) -> Line {
    let (code, number) = word.split_once(':').unwrap();
    let (number, pack) =
        number.split_once('/').map_or((number, None), |(it, pack)| (it, Some(pack)));
    Line {
        line,
        code: code.into(),
        quantity: number.parse().ok(),
        pack: pack.map(|it| it.parse().unwrap()),
        ..Line::default()
    }
}

#[test]
fn what_agrees_is_said_once_and_leaves_no_trace_again() {
    check(
        "
        map W
        @10 receive L W:10
        @20 snapshot 15 W:10
        @30 snapshot 25 W:10
        ",
        expect![[r#"
            compared 1 accurate 1; said W:10
            compared 1 accurate 1
        "#]],
    );
}

#[test]
fn an_unchanged_number_differs_once_the_book_moves() {
    check(
        "
        map W
        @10 receive L W:10
        @20 snapshot 15 W:10
        @2000 adjust L W:-2
        @5000 snapshot 4990 W:10
        @6000 snapshot 5990 W:10
        @6100 receive L W:2
        @7000 snapshot 6990 W:10
        ",
        expect![[r#"
            compared 1 accurate 1; said W:10
            compared 1 accurate 0; found 1 W unexplained_gain 10/8 80% by [10]
            compared 1 accurate 0
            compared 1 accurate 1; cleared 1
        "#]],
    );
}

#[test]
fn c13_on_hand_is_compared_with_what_lies_there_whatever_is_promised() {
    check(
        "
        map W
        @10 receive L W:10
        @20 commit O1 W:4
        @30 snapshot 25 W:10
        @40 snapshot 35 W:10 basis=before_our_orders
        @50 snapshot 45 W:6 basis=after_our_orders
        @60 snapshot 55 W:10 basis=after_our_orders
        ",
        expect![[r#"
            compared 1 accurate 1; said W:10
            compared 1 accurate 1
            compared 1 accurate 1; said W:6
            compared 1 accurate 0; said W:10; found 1 W unexplained_gain 14/10 60%
        "#]],
    );
}

#[test]
fn c13_orders_that_they_have_not_seen_are_not_off_their_number() {
    check(
        "
        map W
        @10 receive L W:10
        @20 commit O1 W:4
        @40 commit O2 W:3
        @60 snapshot 55 W:6 basis=after_our_orders seen=30
        @70 snapshot 65 W:3 basis=after_our_orders seen=40
        ",
        expect![[r#"
            compared 1 accurate 1; said W:6
            compared 1 accurate 1; said W:3
        "#]],
    );
}

#[test]
fn c13_the_book_is_that_of_their_moment() {
    check(
        "
        map W
        @10 receive L W:10
        @20 commit O1 W:4
        @40 ship O1
        @60 snapshot 30 W:10
        @70 adjust L W:-1 at=35
        @80 snapshot 36 W:9
        ",
        expect![[r#"
            compared 1 accurate 1; said W:10
            compared 1 accurate 1; said W:9
        "#]],
    );
}

#[test]
fn packs_are_those_of_the_line_or_of_the_code_and_codes_of_one_item_add_up() {
    check(
        "
        map A=W/12 B=W C=G/6
        @10 receive L W:29 G:10
        @20 snapshot 15 A:2 B:5 C:5/2
        @30 snapshot 25 B:17 A:1 C:10/1
        @40 snapshot 35 B:_ A:1
        ",
        expect![[r#"
            compared 2 accurate 2; said W:29; said G:10
            compared 2 accurate 2
            compared 0 accurate 0; said W:_
        "#]],
    );
}

#[test]
fn a_number_left_open_says_nothing_and_clears_nothing() {
    check(
        "
        map W
        @10 receive L W:10
        @2000 snapshot 1990 W:7
        @3000 snapshot 2990 W:_
        @4000 snapshot 3990 W:_
        @5000 snapshot 4990 W:10
        ",
        expect![[r#"
            compared 1 accurate 0; said W:7; found 1 W unexplained_loss 7/10 60%
            compared 0 accurate 0; said W:_
            compared 0 accurate 0
            compared 1 accurate 1; said W:10; cleared 1
        "#]],
    );
}

#[test]
fn the_first_number_of_an_item_is_how_the_book_begins() {
    check(
        r#"
        map W G
        @10 snapshot 5 W:10 G:0
        feed {"tolerance":{"first":true,"daily_units":1}}
        @20 snapshot 15 W:10 G:7
        map N
        @30 snapshot 25 N:50
        stock N
        "#,
        expect![[r#"
            compared 0 accurate 0; said W:10; said G:0; found 1 W first_seen 10/0 95%
            compared 1 accurate 0; said G:7; found 2 G unexplained_gain 7/0 60%; cleared 1; counted W 10 was 0
            compared 0 accurate 0; said N:50; counted N 50 was 0
            N sellable 50 committed 0
        "#]],
    );
}

#[test]
fn in_flight_is_what_one_side_booked_shortly_before_the_other() {
    check(
        "
        map W
        @10 receive L W:20
        @3000 commit O1 W:3
        @3001 commit O2 W:5
        @3010 ship O1
        @3020 snapshot 3015 W:20
        @3030 snapshot 3025 W:12
        @3040 ship O2
        @3050 snapshot 3045 W:12
        ",
        expect![[r#"
            compared 1 accurate 0; said W:20; found 1 W in_flight 20/17 86% by [11]
            compared 1 accurate 0; said W:12; found 1 W in_flight 12/17 84% by [10]
            compared 1 accurate 1; cleared 1
        "#]],
    );
}

#[test]
fn what_is_booked_late_by_us_they_knew_before() {
    check(
        "
        map W
        @10 receive L W:20
        @3000 commit O1 W:3
        @3030 ship O1
        @3040 snapshot 3020 W:17
        ",
        expect![[r#"
            compared 1 accurate 0; said W:17; found 1 W in_flight 17/20 86% by [10]
        "#]],
    );
}

#[test]
fn goods_that_are_there_and_not_booked_by_one_side_are_an_unacknowledged_receipt() {
    check(
        "
        map W G N
        @10 receive L W:20 G:20 N:20
        @3000 receive H W:9
        @3010 transfer T1 H>L W:5
        @3020 expect P1 L G:8@3100
        @3030 arrived L N:6
        @3040 snapshot 3035 W:25 G:24 N:26
        @3050 receive L W:7
        @3060 snapshot 3055 W:20
        ",
        expect![[r#"
            compared 3 accurate 0; said W:25; said G:24; said N:26; found 1 W unacknowledged_receipt 25/20 90% by [12]; found 2 G unacknowledged_receipt 24/20 74% by [13]; found 3 N unacknowledged_receipt 26/20 90% by [14]
            compared 1 accurate 0; said W:20; found 1 W unacknowledged_receipt 20/27 86% by [16]
        "#]],
    );
}

#[test]
fn returns_put_back_for_sale_without_word_are_a_silent_restock() {
    check(
        "
        map W G
        @10 receive L W:20 G:20
        @3000 return L W:3
        @3010 return H G:2
        @3040 snapshot 3035 W:22 G:22
        @3050 snapshot 3045 W:25
        ",
        expect![[r#"
            compared 2 accurate 0; said W:22; said G:22; found 1 W silent_restock 22/20 74% by [10]; found 2 G silent_restock 22/20 84% by [11]
            compared 1 accurate 0; said W:25; found 1 W silent_restock 25/20 62% by [10]
        "#]],
    );
}

#[test]
fn packs_mistaken_for_pieces_are_exact_multiples() {
    check(
        "
        map A=W/12 G N
        @10 receive L W:24 G:60 N:31
        @20 snapshot 15 A:2 G:60 N:31
        @3000 snapshot 2990 A:24 G:5 N:3
        @3100 snapshot 3090 A:2 G:60 N:31
        ",
        expect![[r#"
            compared 3 accurate 3; said W:24; said G:60; said N:31
            compared 3 accurate 0; said W:288; said G:5; said N:3; found 1 W pack_mistake 288/24 95%; found 2 G pack_mistake 5/60 76%; found 3 N unexplained_loss 3/31 60%
            compared 3 accurate 3; said W:24; said G:60; said N:31; cleared 1; cleared 2; cleared 3
        "#]],
    );
}

#[test]
fn what_was_found_missing_stays_so_when_a_number_looks_like_wrong_packs() {
    check(
        "
        map W=W/12
        @10 receive L W:60
        @20 snapshot 15 W:5
        @3000 snapshot 2990 W:3
        @4000 snapshot 3990 W:36
        @5000 snapshot 4990 W:3
        @6000 snapshot 5990 W:60
        @7000 snapshot 6990 W:60
        ",
        expect![[r#"
            compared 1 accurate 1; said W:60
            compared 1 accurate 0; said W:36; found 1 W unexplained_loss 36/60 60%
            compared 1 accurate 0; said W:432
            compared 1 accurate 0; said W:36
            compared 1 accurate 0; said W:720
            compared 1 accurate 0; found 1 W pack_mistake 720/60 95%
        "#]],
    );
}

#[test]
fn c12_of_one_tier_only_that_tiers_items_can_be_left_out() {
    check(
        r#"
        feed {"missing_after":1,"tiers":[{"tier":"slow","every_minutes":600},{"tier":"fast","every_minutes":60}]}
        map W G
        tier fast W
        @10 receive L W:20 G:5
        @20 snapshot 15 complete W:20 G:5
        @30 snapshot 25 complete tier=slow G:5
        @40 snapshot 35 complete tier=slow W:20
        "#,
        expect![[r#"
            compared 2 accurate 2; said W:20; said G:5
            compared 1 accurate 1
            compared 1 accurate 1; said G:0 missing 1; found 1 G vanished_sku 0/5 90%
        "#]],
    );
}

#[test]
fn what_nothing_explains_is_unexplained_and_says_what_was_corrected() {
    check(
        "
        map W G
        @10 receive L W:20 G:20
        @20 adjust L G:-3
        @30 adjust L W:1
        @3000 snapshot 2990 W:14 G:20
        ",
        expect![[r#"
            compared 2 accurate 0; said W:14; said G:20; found 1 W unexplained_loss 14/21 60%; found 2 G unexplained_gain 20/17 80% by [10]
        "#]],
    );
}

#[test]
fn c15_from_an_old_number_or_one_before_a_count_nothing_follows() {
    check(
        r#"
        feed {"tiers":[{"tier":"all","every_minutes":60,"ladder":[{"after_minutes":600,"trust_percent":0}]}]}
        map W G
        @10 receive L W:20 G:20
        @100 snapshot 90 G:15
        @1000 snapshot 400 W:18 G:20
        @1010 snapshot 411 W:20
        @1020 count L W:30
        @1030 snapshot 1015 W:18
        "#,
        expect![[r#"
            compared 1 accurate 0; said G:15; found 1 G unexplained_loss 15/20 60%
            compared 0 accurate 0; said W:18; said G:20; found 2 W stale 18/20 95%
            compared 1 accurate 1; said W:20; cleared 2
            compared 0 accurate 0; said W:18; found 3 W stale 18/20 95%
        "#]],
    );
}

#[test]
fn within_tolerance_it_settles_itself_as_long_as_the_day_allows() {
    check(
        r#"
        feed {"tolerance":{"units":3,"percent":10,"value":250,"daily_units":3}}
        map W G N M
        @10 receive L W:30 G:30 N:30 M:20
        @5000 snapshot 4990 W:28 G:27 N:29 M:22
        stock W
        @5010 snapshot 5005 W:28 M:22
        @6500 snapshot 6490 M:22
        "#,
        expect![[r#"
            compared 4 accurate 3; said W:28; said G:27; said N:29; said M:22; found 1 G unexplained_loss 27/30 60%; found 2 M unexplained_gain 22/20 60%; counted W 28 was 30; counted N 29 was 30
            W sellable 28 committed 0
            compared 2 accurate 2
            compared 1 accurate 1; cleared 2; counted M 22 was 20
        "#]],
    );
}

#[test]
fn lower_numbers_settle_at_once_where_the_feed_says_so() {
    check(
        r#"
        feed {"tolerance":{"lower":true}}
        map W G
        @10 receive L W:300 G:30
        @20 snapshot 15 W:300 G:30
        @5000 snapshot 4990 W:1 G:31
        stock W
        "#,
        expect![[r#"
            compared 2 accurate 2; said W:300; said G:30
            compared 2 accurate 0; said W:1; said G:31; found 1 G unexplained_gain 31/30 60%; counted W 1 was 300
            W sellable 1 committed 0
        "#]],
    );
}

#[test]
fn what_is_on_its_way_is_not_counted_even_within_tolerance() {
    check(
        r#"
        feed {"tolerance":{"units":5}}
        map W
        @10 receive L W:20
        @3000 commit O1 W:3
        @3010 ship O1
        @3020 snapshot 3015 W:20
        stock W
        "#,
        expect![[r#"
            compared 1 accurate 1; said W:20
            W sellable 17 committed 0
        "#]],
    );
}

#[test]
fn a_difference_that_was_kept_is_found_again_only_if_it_is_another() {
    check(
        "
        map W
        @10 receive L W:20
        @3000 snapshot 2990 W:14
        settle keep_ours 1
        @4000 snapshot 3990 W:14
        @5000 snapshot 4990 W:13
        @6000 snapshot 5990 W:14
        ",
        expect![[r#"
            compared 1 accurate 0; said W:14; found 1 W unexplained_loss 14/20 60%
            compared 1 accurate 0
            compared 1 accurate 0; said W:13; found 2 W unexplained_loss 13/20 60%
            compared 1 accurate 0; said W:14; found 2 W unexplained_loss 14/20 60%
        "#]],
    );
}

#[test]
fn c12_an_item_left_out_is_missing_at_first_and_gone_in_the_end() {
    check(
        "
        map W G
        @10 receive L W:20 G:5
        @20 snapshot 15 complete W:20 G:5
        @30 snapshot 25 W:20
        @40 snapshot 35 complete W:20
        @50 snapshot 45 complete W:20
        @60 snapshot 55 complete W:20
        @70 snapshot 65 complete W:20 G:5
        ",
        expect![[r#"
            compared 2 accurate 2; said W:20; said G:5
            compared 1 accurate 1
            compared 1 accurate 1; said G:5 missing 1
            compared 1 accurate 1; said G:0 missing 2; found 1 G vanished_sku 0/5 90%
            compared 1 accurate 1
            compared 2 accurate 2; said G:5; cleared 1
        "#]],
    );
}

#[test]
fn c12_many_zeros_are_suspicious_above_the_limit_and_not_at_it() {
    check(
        r#"
        feed {"breakers":{"to_zero_percent":50}}
        map A B C D E F G H I J K
        @10 receive L A:1 B:1 C:1 D:1 E:1 F:1 G:1 H:1 I:1 J:1
        @20 snapshot 15 complete A:1 B:1 C:1 D:1 E:1 F:1 G:1 H:1 I:1 J:1
        @30 snapshot 25 complete A:0 B:0 C:0 D:0 E:0 F:0 G:1 H:1 I:1 J:1
        @31 snapshot 26 complete A:0 B:0 C:0 D:0 E:0 F:1 G:1 H:1 I:1 J:1
        @32 snapshot 27 F:0 G:0 H:0 I:0 J:1
        @33 snapshot 28 complete confirmed A:0 B:0 C:0 D:0 E:0 F:0 G:0 H:0 I:0 J:0
        "#,
        expect![[r#"
            compared 10 accurate 10; said A:1; said B:1; said C:1; said D:1; said E:1; said F:1; said G:1; said H:1; said I:1; said J:1
            compared 0 accurate 0; suspicious breaker=to_zero items=6 limit_percent=50 of=10
            compared 10 accurate 5; said A:0; said B:0; said C:0; said D:0; said E:0; found 1 A unexplained_loss 0/1 60%; found 2 B unexplained_loss 0/1 60%; found 3 C unexplained_loss 0/1 60%; found 4 D unexplained_loss 0/1 60%; found 5 E unexplained_loss 0/1 60%
            compared 5 accurate 1; said F:0; said G:0; said H:0; said I:0; found 6 F unexplained_loss 0/1 60%; found 7 G unexplained_loss 0/1 60%; found 8 H unexplained_loss 0/1 60%; found 9 I unexplained_loss 0/1 60%
            compared 10 accurate 0; said J:0; found 10 J unexplained_loss 0/1 60%
        "#]],
    );
}

#[test]
fn c12_too_few_lines_are_suspicious_in_a_complete_snapshot_only() {
    check(
        r#"
        feed {"breakers":{"missing_percent":50}}
        map A B C D E F G H I J
        @10 receive L A:1 B:1 C:1 D:1 E:1 F:1 G:1 H:1 I:1 J:1
        @20 snapshot 15 complete A:1 B:1 C:1 D:1 E:1 F:1 G:1 H:1 I:1 J:1
        @30 snapshot 25 A:1
        @40 snapshot 35 complete A:1 B:1 C:1 D:1
        @50 snapshot 45 complete A:1 B:1 C:1 D:1 E:1
        "#,
        expect![[r#"
            compared 10 accurate 10; said A:1; said B:1; said C:1; said D:1; said E:1; said F:1; said G:1; said H:1; said I:1; said J:1
            compared 1 accurate 1
            compared 0 accurate 0; suspicious breaker=missing items=6 limit_percent=50 of=10
            compared 5 accurate 5; said F:1 missing 1; said G:1 missing 1; said H:1 missing 1; said I:1 missing 1; said J:1 missing 1
        "#]],
    );
}

#[test]
fn c12_a_sum_that_changes_too_much_and_absurd_numbers_are_suspicious() {
    check(
        r#"
        feed {"breakers":{"change_percent":50,"quantity_max":1000}}
        map A B C D E F=F/10
        @10 receive L A:20 B:20 C:20 D:20 E:20
        @20 snapshot 15 complete A:20 B:20 C:20 D:20 E:20
        @30 snapshot 25 complete A:30 B:30 C:30 D:30 E:30
        @40 snapshot 35 complete A:46 B:45 C:45 D:45 E:45
        @50 snapshot 45 A:1000
        @60 snapshot 55 A:1001 F:101
        "#,
        expect![[r#"
            compared 5 accurate 5; said A:20; said B:20; said C:20; said D:20; said E:20
            compared 5 accurate 0; said A:30; said B:30; said C:30; said D:30; said E:30; found 1 A unexplained_gain 30/20 60%; found 2 B unexplained_gain 30/20 60%; found 3 C unexplained_gain 30/20 60%; found 4 D unexplained_gain 30/20 60%; found 5 E unexplained_gain 30/20 60%
            compared 0 accurate 0; suspicious after=226 before=150 breaker=change limit_percent=50
            compared 1 accurate 0; said A:1000; found 1 A pack_mistake 1000/20 76%
            compared 0 accurate 0; suspicious breaker=absurd items=2 largest=1010 limit=1000
        "#]],
    );
}

#[test]
fn a_code_that_means_nothing_is_told_once_with_what_it_may_mean() {
    check(
        "
        map TEE-RED-M TEE-BLUE-S
        @10 receive L TEE-RED-M:40 TEE-BLUE-S:3
        @20 snapshot 15 complete TEE-RED-M:40 TEE-BLUE-S:3
        @30 snapshot 25 complete TEE-RED-M2:40 TEE-BLUE-S:3
        @40 snapshot 35 TEE-RED-M2:39
        @50 snapshot 45 complete TEE-RED-M:40 TEE-BLUE-S:3
        ",
        expect![[r#"
            compared 2 accurate 2; said TEE-RED-M:40; said TEE-BLUE-S:3
            compared 1 accurate 1; said TEE-RED-M:40 missing 1; found 1 TEE-RED-M2 unknown_sku 40/0 100% maybe TEE-RED-M 88% renamed
            compared 0 accurate 0
            compared 2 accurate 2; said TEE-RED-M:40; cleared 1
        "#]],
    );
}

#[test]
fn a_code_twice_a_code_that_is_no_name_and_too_many_units_are_complaints() {
    check(
        "
        map W=W/1000
        snapshot 0 W:1 G:1 W:2
        snapshot 0 W:1000000000000
        snapshot 0 W:1000000000/1000 W\u{200B}:1
        snapshot 0 W:1000000001/1000
        ",
        expect![[r#"
            complaints: line 3, supplier_sku: "W" stands on line 1 too; remove one of them
            complaints: line 1, quantity: 1000000000000 in packs of 1000 is above 1000000000000; correct the quantity or the pack of the code
            complaints: line 2, supplier_sku: contains the invisible character U+200B; remove it
            complaints: line 1, quantity: 1000000001 in packs of 1000 is above 1000000000000; correct the quantity or the pack of the code
        "#]],
    );
}

#[test]
fn what_is_not_counted_by_its_units_differs_from_nothing() {
    let mut shop = Shop::new();
    shop.set_feed(json!({}));
    map(&mut shop, &["W"]);
    shop.fact(json!({ "mode_set": { "sku": "W", "mode": "unlimited" } }));
    shop.now = minute(10);
    assert_eq!(snapshot(&mut shop, &["5", "W:7"]), "compared 0 accurate 0; said W:7");
}

#[test]
fn a_difference_that_was_kept_is_over_once_both_agree() {
    check(
        "
        map W
        @10 receive L W:20
        @3000 snapshot 2990 W:14
        settle keep_ours 1
        @4000 adjust L W:-6
        @5000 snapshot 4990 W:14
        @6000 snapshot 5990 W:14
        @900000 adjust L W:6
        @910000 snapshot 909990 W:14
        ",
        expect![[r#"
            compared 1 accurate 0; said W:14; found 1 W unexplained_loss 14/20 60%
            compared 1 accurate 1; said W:14
            compared 1 accurate 1
            compared 1 accurate 0; found 2 W unexplained_loss 14/20 80% by [14]
        "#]],
    );
}

#[test]
fn what_moved_since_and_has_no_past_is_not_compared() {
    let mut shop = Shop::new();
    shop.set_feed(json!({ "missing_after": 1 }));
    for line in ["map W G", "@10 receive L W:20 G:5", "@20 snapshot 15 W:18 G:5"] {
        run(&mut shop, line);
    }
    run(&mut shop, "@40 receive L W:3");
    shop.forgets = true;
    let mut head = shop.head(minute(35));
    head.complete = true;
    let findings = compare_whole(&shop.ledger, &shop, &head, &[line("G:5", 1)], false).unwrap();
    assert_eq!((findings.compared, findings.accurate), (1, 1));
    assert!(findings.found.is_empty() && findings.cleared.is_empty());
    let lines = [line("W:23", 1), line("G:5", 2)];
    let findings = compare_whole(&shop.ledger, &shop, &head, &lines, false).unwrap();
    assert_eq!((findings.compared, findings.accurate), (1, 1));
    assert!(findings.found.is_empty() && findings.cleared.is_empty());
}

#[test]
fn c12_a_number_left_open_comes_down_the_ladder_with_every_complete_snapshot() {
    check(
        r#"
        feed {"tiers":[{"tier":"all","every_minutes":60,"ladder":[{"after_minutes":600,"trust_percent":50},{"after_minutes":900,"trust_percent":0}]}]}
        map W
        @10 receive L W:10
        @20 snapshot 15 complete W:10
        @30 snapshot 25 complete W:_
        @40 snapshot 35 W:_
        @50 snapshot 45 complete W:_
        @60 snapshot 55 complete W:_
        @70 snapshot 65 complete W:10
        @80 snapshot 75 complete W:_
        "#,
        expect![[r#"
            compared 1 accurate 1; said W:10
            compared 0 accurate 0; said W:_ missing 1
            compared 0 accurate 0
            compared 0 accurate 0; said W:_ missing 2
            compared 0 accurate 0
            compared 1 accurate 1; said W:10
            compared 0 accurate 0; said W:_ missing 1
        "#]],
    );
}

#[test]
fn c12_an_item_left_open_and_then_left_out_is_gone_once_both_are_enough() {
    check(
        r#"
        feed {"tiers":[{"tier":"all","every_minutes":60,"ladder":[{"after_minutes":600,"trust_percent":50}]}]}
        map W G
        @10 receive L W:10 G:5
        @20 snapshot 15 complete W:10 G:5
        @30 snapshot 25 complete W:_ G:5
        @40 snapshot 35 complete G:5
        "#,
        expect![[r#"
            compared 2 accurate 2; said W:10; said G:5
            compared 1 accurate 1; said W:_ missing 1
            compared 1 accurate 1; said W:0 missing 2; found 1 W vanished_sku 0/10 90%
        "#]],
    );
}

#[test]
fn c12_an_item_left_out_comes_down_the_whole_ladder_though_it_is_gone_before() {
    check(
        r#"
        feed {"missing_after":1,"tiers":[{"tier":"all","every_minutes":60,"ladder":[{"after_minutes":600,"trust_percent":50},{"after_minutes":900,"trust_percent":0}]}]}
        map W G
        @10 receive L W:10 G:5
        @20 snapshot 15 complete W:10 G:5
        @30 snapshot 25 complete W:10
        @40 snapshot 35 complete W:10
        @50 snapshot 45 complete W:10
        "#,
        expect![[r#"
            compared 2 accurate 2; said W:10; said G:5
            compared 1 accurate 1; said G:0 missing 1; found 1 G vanished_sku 0/5 90%
            compared 1 accurate 1; said G:0 missing 2
            compared 1 accurate 1
        "#]],
    );
}

#[test]
fn c12_what_lies_there_by_the_book_and_was_never_named_is_left_out_too() {
    check(
        "
        map W G N
        @10 receive L W:20 G:5
        @20 snapshot 15 W:20
        @30 snapshot 25 complete W:20
        @40 snapshot 35 complete W:20
        @50 snapshot 45 complete W:20 G:5
        ",
        expect![[r#"
            compared 1 accurate 1; said W:20
            compared 1 accurate 1; said G:_ missing 1
            compared 1 accurate 1; said G:0 missing 2; found 1 G vanished_sku 0/5 90%
            compared 2 accurate 2; said G:5; cleared 1
        "#]],
    );
}

#[test]
fn c12_numbers_left_open_are_missing_lines_to_the_breaker() {
    check(
        r#"
        feed {"breakers":{"missing_percent":50}}
        map A B C D E F G H I J
        @10 receive L A:1 B:1 C:1 D:1 E:1 F:1 G:1 H:1 I:1 J:1
        @20 snapshot 15 complete A:1 B:1 C:1 D:1 E:1 F:1 G:1 H:1 I:1 J:1
        @30 snapshot 25 complete A:_ B:_ C:_ D:_ E:1 F:1 G:1 H:1
        @40 snapshot 35 A:_ B:_ C:_ D:_ E:_ F:_
        "#,
        expect![[r#"
            compared 10 accurate 10; said A:1; said B:1; said C:1; said D:1; said E:1; said F:1; said G:1; said H:1; said I:1; said J:1
            compared 0 accurate 0; suspicious breaker=missing items=6 limit_percent=50 of=10
            compared 0 accurate 0; said A:_; said B:_; said C:_; said D:_; said E:_; said F:_
        "#]],
    );
}

#[test]
fn a_code_that_means_nothing_is_over_once_a_complete_snapshot_names_it_no_more() {
    check(
        "
        map W
        @10 receive L W:10
        @20 snapshot 15 complete W:10 X:1
        @30 snapshot 25 W:10
        @40 snapshot 35 complete W:10
        @50 snapshot 45 complete W:10
        ",
        expect![[r#"
            compared 1 accurate 1; said W:10; found 1 X unknown_sku 1/0 100%
            compared 1 accurate 1
            compared 1 accurate 1; cleared 1
            compared 1 accurate 1
        "#]],
    );
}

#[test]
fn c12_where_a_feed_sends_changes_only_a_part_is_a_part_of_all_it_ever_said() {
    check(
        r#"
        feed {"changes_only":true,"breakers":{"to_zero_percent":50,"missing_percent":50}}
        map A B C D E F G H I J
        @10 receive L A:1 B:1 C:1 D:1 E:1 F:1 G:1 H:1 I:1 J:1
        @20 snapshot 15 A:1 B:1 C:1 D:1 E:1 F:1 G:1 H:1 I:1 J:1
        @30 snapshot 25 A:0 B:0 C:0 D:0 E:0 F:0
        @40 snapshot 35 A:0 B:0 C:0 D:0 E:0
        "#,
        expect![[r#"
            compared 10 accurate 10; said A:1; said B:1; said C:1; said D:1; said E:1; said F:1; said G:1; said H:1; said I:1; said J:1
            compared 0 accurate 0; suspicious breaker=to_zero items=6 limit_percent=50 of=10
            compared 5 accurate 0; said A:0; said B:0; said C:0; said D:0; said E:0; found 1 A unexplained_loss 0/1 60%; found 2 B unexplained_loss 0/1 60%; found 3 C unexplained_loss 0/1 60%; found 4 D unexplained_loss 0/1 60%; found 5 E unexplained_loss 0/1 60%
        "#]],
    );
}

#[test]
fn c13_without_a_watermark_the_orders_they_were_given_are_off_their_number() {
    check(
        r#"
        feed {"basis":"after_our_orders"}
        map W
        @10 receive L W:20
        @20 commit O1 W:4
        @30 hand N1
        @40 commit O2 W:3
        @50 snapshot 45 W:16
        @60 snapshot 55 W:13
        @70 ship O1
        @80 snapshot 65 W:16
        "#,
        expect![[r#"
            compared 1 accurate 1; said W:16
            compared 1 accurate 0; said W:13; found 1 W in_flight 17/20 83% by [12]
            compared 1 accurate 1; said W:16; cleared 1
        "#]],
    );
}

#[test]
fn c12_what_a_snapshot_did_not_vouch_for_counts_once_however_often_it_is_compared() {
    check(
        r#"
        feed {"missing_after":3,"tiers":[{"tier":"all","every_minutes":60,"ladder":[{"after_minutes":600,"trust_percent":50},{"after_minutes":900,"trust_percent":0}]}]}
        map W G N
        @10 receive L W:10 G:5 N:2
        @20 snapshot 15 complete W:10 G:5
        @30 snapshot 25 complete W:_
        @31 snapshot 25 complete W:_
        @40 snapshot 35 complete W:_
        "#,
        expect![[r#"
            compared 2 accurate 2; said W:10; said G:5; said N:_ missing 1
            compared 0 accurate 0; said W:_ missing 1; said G:5 missing 1; said N:_ missing 2
            compared 0 accurate 0
            compared 0 accurate 0; said W:_ missing 2; said G:5 missing 2; said N:0 missing 3; found 1 N vanished_sku 0/2 90%
        "#]],
    );
}
