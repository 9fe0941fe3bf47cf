//! Random commands about suppliers' numbers: feeds with ladders, snapshots, decisions, stocktakes.

use onhand_core::*;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value, json};

use crate::ops::{Ask, Step, What, ask, location, moment, name, read, sku};

/// The supplier of the location X and a feed of it, before anything else is asked.
pub fn begin() -> Vec<Step> {
    let feed = json!({
        "feed": "F", "supplier": "sup", "location": "X",
        "tiers": [{ "tier": "all", "every_minutes": 60, "ladder": [
            { "after_minutes": 1, "buffer": { "units": 2 } },
            { "after_minutes": 3, "trust_percent": 50 },
        ]}],
    });
    let all = [read("set_supplier", json!({ "supplier": "sup" })), read("set_feed", feed)];
    all.map(|it| Step { pause: 0, what: What::Ask(Box::new(it)) }).into()
}

pub fn supply() -> Ask {
    prop_oneof![
        6 => snapshot(),
        4 => ask("settle_discrepancy", (0..20u64, action(), 1..3usize), |it| json!({
            "numbers": (0..it.2 as u64).map(|more| it.0 + more).collect::<Vec<_>>(),
            "action": it.1, "reason": { "code": "shrinkage" },
            "until": (it.1 == "snooze").then(|| moment(400_000_000)),
        })),
        2 => ask("set_feed", (ladder(), ladder(), any::<bool>(), any::<bool>()), |it| {
            let mut tiers = vec![json!({ "tier": "all", "every_minutes": 60, "ladder": it.0 })];
            if it.2 {
                tiers.push(json!({ "tier": "fast", "every_minutes": 5, "ladder": it.1 }));
            }
            json!({
                "feed": "F", "supplier": "sup", "location": "X", "tiers": tiers,
                "changes_only": it.3,
            })
        }),
        2 => ask("assign_tier", (sku(), any::<bool>()), |it| {
            let tier = if it.1 { "fast" } else { "all" };
            json!({ "feed": "F", "lines": [{ "sku": it.0, "tier": tier }] })
        }),
        2 => ask("record_stocktake", (name('C', 9), location(), said(), 0..3u64), |it| {
            let line = |it: &(&str, u64, u64)| json!({ "sku": it.0, "quantity": it.1 });
            let lines: Vec<Value> = it.2.iter().map(line).collect();
            json!({
                "stocktake": it.0, "location": it.1, "lines": lines,
                "tolerance": { "units": it.3 },
            })
        }),
        1 => ask("reverse_entry", 17..40u64, |it| {
            json!({ "position": it, "reason": "did_not_occur" })
        }),
    ]
    .boxed()
}

fn action() -> impl Strategy<Value = &'static str> {
    let rest = select(vec!["keep_ours", "dispute", "snooze", "ask_supplier", "reopen"]);
    prop_oneof![3 => Just("accept_theirs"), 4 => rest]
}

/// Steps that come after minutes and are never milder than those before.
fn ladder() -> impl Strategy<Value = Value> {
    let step = (1..4u64, prop_oneof![Just(None), (0..40u64).prop_map(Some)], 0..4u64);
    vec(step, 0..3).prop_map(|steps| {
        let (mut minutes, mut trust, mut units) = (0, 100, 0);
        let mut ladder = Vec::new();
        for (later, less, more) in steps {
            minutes += later;
            units += more;
            trust -= less.unwrap_or(0);
            let mut step = json!({ "after_minutes": minutes });
            if less.is_some() {
                step["trust_percent"] = json!(trust);
            }
            if units > 0 {
                step["buffer"] = json!({ "units": units });
            }
            ladder.push(step);
        }
        Value::from(ladder)
    })
}

/// Items, numbers, and what is to become of each.
fn said() -> impl Strategy<Value = Vec<(&'static str, u64, u64)>> {
    vec((sku(), 0..24u64, 1..4u64), 1..4)
}

/// What becomes of a line is told by its pack: the test compares, as the edge does.
fn snapshot() -> Ask {
    let tier = prop_oneof![4 => Just(None), 1 => Just(Some("fast")), 1 => Just(Some("all"))];
    let as_of = prop_oneof![3 => Just(None), 1 => (0..400u64).prop_map(Some)];
    let fields = (name('N', 40), said(), any::<bool>(), tier, as_of);
    ask("record_snapshot", fields, |(snapshot, said, complete, tier, as_of)| {
        let line =
            |it: &(&str, u64, u64)| json!({ "supplier_sku": it.0, "quantity": it.1, "pack": it.2 });
        json!({
            "feed": "F", "snapshot": snapshot, "complete": complete, "tier": tier,
            "as_of": as_of.map(moment), "lines": said.iter().map(line).collect::<Vec<_>>(),
        })
    })
}

/// What the snapshot comes to beside the book, as it is now; its codes are our SKUs.
pub fn findings(ledger: &Ledger, it: &RecordSnapshot, now: Time) -> Option<Box<Findings>> {
    let feed = ledger.feed(ledger.feed_no(&it.feed)?);
    let location = ledger.location(feed.location).id.clone();
    let position = ledger.position();
    let mut all = Findings { position, lines: it.lines.len() as u64, ..Findings::default() };
    let mut seen = Vec::new();
    for line in &it.lines {
        let Some(item) = ledger.item_no(&line.supplier_sku).filter(|it| !seen.contains(it)) else {
            continue;
        };
        seen.push(item);
        let (sku, theirs) = (ledger.item(item).sku.clone(), line.quantity.unwrap_or(0));
        let ours = ledger.cell(item, feed.location).sellable;
        let said = SaidLine {
            sku: sku.clone(),
            quantity: line.quantity,
            next_restock_at: None,
            missing: 0,
        };
        all.said.push(said);
        let witness = Witness::Feed(it.feed.clone());
        let open = ledger.open_difference(item, &witness, Some(&location));
        let open = open.map(|it| it.difference.number);
        match line.pack.map(Quantity::units) {
            _ if theirs as i64 == ours => all.cleared.extend(open),
            Some(1) => {
                let as_of = it.as_of.unwrap_or(now);
                all.found.push(found(&sku, &location, theirs, ours, as_of));
            }
            Some(2) => {
                all.cleared.extend(open);
                all.counted.push(CountedLine {
                    sku,
                    condition: Condition::Sellable,
                    counted: theirs,
                    book: ours,
                    book_position: position,
                    applied: true,
                });
            }
            _ => all.cleared.extend(open),
        }
    }
    Some(Box::new(all))
}

fn found(sku: &Sku, location: &LocationId, theirs: u64, ours: i64, as_of: Time) -> Difference {
    Difference {
        number: 0,
        kind: DifferenceKind::UnexplainedLoss,
        sku: Some(sku.clone()),
        supplier_sku: None,
        location: Some(location.clone()),
        theirs: Some(theirs as i64),
        ours,
        as_of,
        confidence: 60,
        explained_by: Vec::new(),
        suggestions: Vec::new(),
    }
}

/// What the book says of each difference now: the test has no other past.
pub fn book(ledger: &Ledger, it: &SettleDiscrepancy) -> Vec<BookAt> {
    let balance = |number: &u64| {
        let difference = &ledger.discrepancy(*number)?.difference;
        let item = ledger.item_no(difference.sku.as_ref()?)?;
        let location = ledger.location_no(difference.location.as_ref()?)?;
        Some(ledger.cell(item, location).sellable)
    };
    let all = it.numbers.iter().map(|it| balance(it).unwrap_or(0));
    all.map(|balance| BookAt { balance, position: ledger.position() }).collect()
}
