//! Suppliers, feeds, tiers and scorecards through the door.

use std::process::Command;

use serde_json::{Value, json};

use crate::binary::onhand;
use crate::door::Door;

/// A supplier with a name that a spreadsheet would take for a formula, its feed, and a day of work.
fn worked() -> (Door, u64) {
    let door = Door::open();
    door.book("register_item", "i1", r#"{"sku":"J"}"#);
    door.book("set_supplier", "s1", r#"{"supplier":"=acme","name":"Acme Ltd"}"#);
    let place = r#"{"location":"S","kind":"supplier","supplier":"=acme"}"#;
    door.book("register_location", "s2", place);
    door.book("register_location", "s3", r#"{"location":"A"}"#);
    let feed = json!({"feed": "f", "supplier": "=acme", "location": "S",
        "tolerance": {"first": true},
        "tiers": [{"tier": "fast", "every_minutes": 60}, {"tier": "slow", "every_minutes": 1440}]});
    door.book("set_feed", "s4", &feed.to_string());
    let code = r#"{"supplier":"=acme","lines":[{"supplier_sku":"J-1","sku":"J","pack":2}]}"#;
    door.book("map_supplier_sku", "s5", code);
    let file = b"supplier_sku,quantity\nJ-1,6\n";
    let reply = door.post("/v1/acme/feeds/f/snapshots?complete=true", "text/csv", file);
    assert_eq!(reply.status, 201, "{reply:?}");
    let goods = json!({"location": "A", "supplier": "=acme", "to": "quality_control",
        "lines": [{"sku": "J", "quantity": 8}]});
    door.book("receive_stock", "g1", &goods.to_string());
    let inspected = r#"{"location":"A","lines":[{"sku":"J","passed":6,"rejected":2}]}"#;
    let position = door.book("inspect_stock", "g2", inspected).position();
    (door, position)
}

#[track_caller]
fn get(door: &Door, position: u64, path: &str) -> Value {
    let sign = if path.contains('?') { '&' } else { '?' };
    let reply = door.get(&format!("/v1/acme/{path}{sign}min_position={position}&wait_ms=10000"));
    assert_eq!(reply.status, 200, "{path}: {reply:?}");
    reply.body
}

#[test]
fn suppliers_feeds_and_tiers_are_told() {
    let (door, last) = worked();
    let all = get(&door, last, "suppliers");
    let one = get(&door, last, "suppliers/%3Dacme");
    assert_eq!((&one["name"], &one["mapped"]), (&"Acme Ltd".into(), &1.into()));
    assert_eq!(all["rows"][0]["locations"], json!(["S"]));
    let codes = get(&door, last, "suppliers/%3Dacme/skus");
    assert_eq!((&codes["rows"][0]["sku"], &codes["rows"][0]["pack"]), (&"J".into(), &2.into()));

    let feed = get(&door, last, "feeds/f");
    assert_eq!((&feed["last"]["lines"], &feed["late"]), (&1.into(), &false.into()), "{feed}");
    assert_eq!(get(&door, last, "feeds")["rows"][0]["tiers"][0]["tier"], "fast");
    let tiers = get(&door, last, "feeds/f/tiers?differs=true");
    let row = &tiers["rows"][0];
    let suits = ["sku", "tier", "suggested", "pace", "stock"].map(|it| row[it].clone());
    assert_eq!(
        suits.to_vec(),
        [json!("J"), json!("fast"), json!("slow"), json!("slow"), json!(12)]
    );
    let assigned = r#"{"feed":"f","lines":[{"sku":"J","tier":"slow"}]}"#;
    let last = door.book("assign_tier", "t1", assigned).position();
    assert_eq!(get(&door, last, "feeds/f/tiers?differs=true")["rows"], json!([]));
}

#[test]
fn a_scorecard_is_told_and_exported_without_formulas() {
    let (door, last) = worked();
    let card = get(&door, last, "suppliers/%3Dacme/scorecard?by=month");
    assert_eq!(card["rejected"], json!({"part": 2, "of": 8, "basis_points": 2_500}));
    assert_eq!((&card["received"], &card["warehouses"][0]["location"]), (&8.into(), &"A".into()));
    let parts = card["trend"].as_array().unwrap();
    let sum: u64 = parts.iter().map(|it| it["received"].as_u64().unwrap()).sum();
    assert_eq!(sum, 8);
    let day = card["to"].as_str().unwrap();
    let server = door.url("");
    let output = Command::new(onhand())
        .args(["scorecard", "=acme", "--from", day, "--to", day, "--csv", "--server", &server])
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.starts_with("supplier,from,to,accuracy_part,"), "{text}");
    assert!(text.lines().nth(1).unwrap().starts_with("'=acme,"), "{text}");
    assert!(text.contains(",2,8,2500,"), "{text}");
}

#[test]
fn bad_questions_about_suppliers_are_told_what_is_wrong() {
    let (door, _) = worked();
    let said = |path: &str| {
        let reply = door.get(&format!("/v1/acme/{path}"));
        format!("{} {}", reply.status, reply.body["detail"].as_str().unwrap())
    };
    assert_eq!(said("suppliers/x"), "404 no supplier has this name");
    assert_eq!(said("suppliers/x/skus"), "404 no supplier has this name");
    assert_eq!(said("feeds/g"), "404 no feed has this name");
    assert_eq!(said("feeds?supplier=x"), "404 no supplier has this name");
    assert_eq!(said("feeds/f/tiers?differs=maybe"), "400 differs must be true or false");
    let card = |pairs: &str| said(&format!("suppliers/%3Dacme/scorecard?{pairs}"));
    assert_eq!(card("by=year"), "400 by must be day, week or month");
    assert_eq!(card("from=2026-02-30&to=2026-03-01"), "400 from must be a day, such as 2026-01-31");
    assert_eq!(
        card("from=2026-03-02&to=2026-03-01"),
        "400 to lies before `from`; name that day or a later one"
    );
    assert_eq!(card("from=9000-03-02"), "400 from lies after today; name a day that has begun");
    let long = card("from=1990-03-02&to=2026-03-01");
    assert_eq!(long, "400 from lies more than 3660 days before `to`; name a later day");
    assert!(card("from=1990-03-02").starts_with("400 from lies more than 3660 days before"));
}
