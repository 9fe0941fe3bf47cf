//! What an entry about suppliers and differences says beside its movements, in a few words.

use onhand_core::{
    Difference, DiscrepancySettled, Fact, FeedSet, HandoverConfirmed, MappedLine, OrdersHandedOver,
    SnapshotRecorded, StockHeard, StocktakeRecorded, SupplierSet, SupplierSkuMapped, Suspicion,
};
use serde::Serialize;

use crate::entry_line::short;
use crate::terminal::grouped;

/// Numbers of differences and codes told one by one; the rest is counted.
const TOLD_MAX: usize = 4;

/// Nothing where movements and claims tell it all.
pub fn told(fact: &Fact) -> Option<String> {
    Some(match fact {
        Fact::SupplierSet(it) => supplier(it),
        Fact::SupplierSkuMapped(it) => mapping(it),
        Fact::FeedSet(it) => feed(it),
        Fact::TierAssigned(it) => count(it.lines.len() as u64, "item"),
        Fact::FeedStepped(it) => format!("tier {} to step {}", it.tier, it.step),
        Fact::SnapshotRecorded(it) => snapshot(it),
        Fact::SnapshotJudged(it) => {
            format!("of {}: {} ({})", it.feed, name(&it.verdict), name(&it.reason.code))
        }
        Fact::DiscrepancySettled(it) => settlement(it),
        Fact::StocktakeRecorded(it) => stocktake(it),
        Fact::StockListed(it) => count(it.lines.len() as u64, "number"),
        Fact::StockHeard(it) => heard(it),
        Fact::OrdersHandedOver(it) => handed_over(it),
        Fact::HandoverConfirmed(it) => confirmation(it),
        Fact::HandoverMissed(it) => format!("by {}", it.supplier),
        // All others are told by what they are about and by what they moved.
        _ => return None,
    })
}

/// As it is written in entries.
fn name(value: &impl Serialize) -> String {
    let text = serde_json::to_value(value).ok();
    text.as_ref().and_then(|it| it.as_str()).unwrap_or_default().to_owned()
}

fn count(number: u64, what: &str) -> String {
    format!("{} {what}{}", grouped(number), if number == 1 { "" } else { "s" })
}

/// The first few, and how many more.
fn some(all: impl Iterator<Item = String>) -> String {
    let mut all: Vec<String> = all.collect();
    let more = all.len().saturating_sub(TOLD_MAX);
    all.truncate(TOLD_MAX);
    if more > 0 {
        all.push(format!("{more} more"));
    }
    all.join(" ")
}

fn numbers(all: &[u64]) -> String {
    some(all.iter().map(|it| format!("#{it}")))
}

fn supplier(it: &SupplierSet) -> String {
    let zone = it.time_zone.as_ref().map_or("UTC", |it| it.as_str());
    it.cut_off.map_or_else(String::new, |at| format!("cut-off {at} {zone}"))
}

fn mapping(it: &SupplierSkuMapped) -> String {
    let one = |line: &MappedLine| {
        let sku = line.sku.as_ref().map_or("nothing", |it| it.as_str());
        format!("{} = {sku}", line.supplier_sku)
    };
    let mut parts: Vec<String> = it.lines.iter().take(TOLD_MAX).map(one).collect();
    let more = it.lines.len().saturating_sub(TOLD_MAX);
    if more > 0 {
        parts.push(format!("{} more", grouped(more as u64)));
    }
    if !it.settled.is_empty() {
        parts.push(format!("ends {}", numbers(&it.settled)));
    }
    parts.join(", ")
}

fn feed(it: &FeedSet) -> String {
    format!("{} at {}, {}", it.supplier, it.location, count(it.terms.tiers.len() as u64, "tier"))
}

fn snapshot(it: &SnapshotRecorded) -> String {
    let mut parts = vec![format!("of {}: {}", it.feed, name(&it.outcome))];
    if it.part > 1 || it.more {
        parts.push(format!("part {}", it.part));
    }
    parts.push(count(it.lines, "line"));
    parts.extend(it.suspicions.iter().map(suspicion));
    if !it.said.is_empty() {
        parts.push(format!("{} said", grouped(it.said.len() as u64)));
    }
    parts.extend(differences(&it.found, &it.cleared));
    if !it.counted.is_empty() {
        parts.push(format!("{} counted", grouped(it.counted.len() as u64)));
    }
    parts.join(", ")
}

fn suspicion(it: &Suspicion) -> String {
    match it {
        Suspicion::ToZero { items, of, .. } => {
            format!("{} of {} items drop to zero", grouped(*items), grouped(*of))
        }
        Suspicion::Missing { items, of, .. } => {
            format!("{} of {} items are missing", grouped(*items), grouped(*of))
        }
        Suspicion::Change { before, after, .. } => {
            format!("{} units become {}", grouped(*before), grouped(*after))
        }
        Suspicion::Absurd { items, largest, .. } => {
            format!("{} up to {}", count(*items, "absurd number"), grouped(*largest))
        }
    }
}

/// What opened and what is gone.
fn differences(found: &[Difference], cleared: &[u64]) -> Vec<String> {
    let mut parts = Vec::new();
    if !found.is_empty() {
        let one = |it: &Difference| format!("#{} {}", it.number, name(&it.kind));
        parts.push(format!("found {}", some(found.iter().map(one))));
    }
    if !cleared.is_empty() {
        parts.push(format!("cleared {}", numbers(cleared)));
    }
    parts
}

fn settlement(it: &DiscrepancySettled) -> String {
    let all: Vec<u64> = it.lines.iter().map(|it| it.number).collect();
    let until = it.until.map_or_else(String::new, |it| format!(" until {}", short(it)));
    // The first number is what the line is about already.
    let more = if all.len() > 1 { format!("{}: ", numbers(&all)) } else { String::new() };
    format!("{more}{}{until} ({})", name(&it.action), name(&it.reason.code))
}

fn stocktake(it: &StocktakeRecorded) -> String {
    let mut parts = vec![format!("at {}: {} compared", it.location, grouped(it.compared))];
    parts.extend(differences(&it.found, &it.cleared));
    if !it.counted.is_empty() {
        parts.push(format!("{} counted", grouped(it.counted.len() as u64)));
    }
    parts.join(", ")
}

fn heard(it: &StockHeard) -> String {
    let mut parts = vec![format!("{} confirmed", grouped(it.confirmed))];
    parts.extend(differences(&it.found, &it.cleared));
    parts.join(", ")
}

fn handed_over(it: &OrdersHandedOver) -> String {
    let mut orders: Vec<_> = it.lines.iter().map(|it| &it.order).collect();
    orders.dedup();
    let (lines, orders) =
        (count(it.lines.len() as u64, "line"), count(orders.len() as u64, "order"));
    let by = it.confirm_by.map_or_else(String::new, |it| format!(", to confirm by {}", short(it)));
    let more = if it.more { ", more follow" } else { "" };
    format!("to {}: {lines} of {orders}{by}{more}", it.supplier)
}

fn confirmation(it: &HandoverConfirmed) -> String {
    let short: u64 = it.short.iter().map(|it| it.short.units()).sum();
    let mut parts = vec![format!("by {}: {} confirmed", it.supplier, count(it.confirmed, "unit"))];
    if short > 0 {
        parts.push(format!("{} short", grouped(short)));
    }
    parts.extend(differences(&it.found, &[]));
    if it.late {
        parts.push("late".to_owned());
    }
    parts.join(", ")
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};
    use onhand_core::Fact;
    use serde_json::{Value, json};

    use super::told;

    fn check(kind: &str, fact: Value, expected: Expect) {
        let fact: Fact = serde_json::from_value(json!({ kind: fact })).expect("a fact");
        expected.assert_eq(&told(&fact).unwrap_or_default());
    }

    #[test]
    fn a_snapshot_is_told_by_what_came_of_it() {
        let mut applied = json!({
            "feed": "F", "snapshot": "S", "part": 1, "as_of": "2026-11-24T08:00:00Z",
            "complete": true, "lines": 1240, "outcome": "applied",
            "said": [{"sku": "W", "quantity": 3}],
            "found": [{"number": 7, "kind": "unknown_sku", "supplier_sku": "X", "ours": 0,
                       "as_of": "2026-11-24T08:00:00Z", "confidence": 100}],
            "cleared": [3, 5],
        });
        check(
            "snapshot_recorded",
            applied.clone(),
            expect!["of F: applied, 1,240 lines, 1 said, found #7 unknown_sku, cleared #3 #5"],
        );
        applied["part"] = json!(2);
        applied["found"] = json!([]);
        check(
            "snapshot_recorded",
            applied,
            expect!["of F: applied, part 2, 1,240 lines, 1 said, cleared #3 #5"],
        );
        let held = json!({
            "feed": "F", "snapshot": "S", "part": 1, "as_of": "2026-11-24T08:00:00Z",
            "complete": true, "lines": 9, "outcome": "held",
            "suspicions": [{"breaker": "to_zero", "items": 8, "of": 9, "limit_percent": 30},
                           {"breaker": "change", "before": 900, "after": 10, "limit_percent": 60}],
        });
        check(
            "snapshot_recorded",
            held,
            expect!["of F: held, 9 lines, 8 of 9 items drop to zero, 900 units become 10"],
        );
    }

    #[test]
    fn decisions_are_told_by_their_numbers_and_action() {
        let reason = json!({"code": "shrinkage"});
        let lines: Vec<Value> = (1..=6).map(|it| json!({"number": it})).collect();
        let one = json!({"action": "accept_theirs", "reason": reason, "lines": [{"number": 4}]});
        check("discrepancy_settled", one, expect!["accept_theirs (shrinkage)"]);
        let many = json!({"action": "snooze", "reason": reason, "lines": lines,
                          "until": "2026-12-01T08:00:00Z"});
        check(
            "discrepancy_settled",
            many,
            expect!["#1 #2 #3 #4 2 more: snooze until 2026-12-01 08:00:00 (shrinkage)"],
        );
        let judged = json!({"feed": "F", "snapshot": "S", "verdict": "reject", "reason": reason});
        check("snapshot_judged", judged, expect!["of F: reject (shrinkage)"]);
    }

    #[test]
    fn what_suppliers_get_and_answer_is_told_by_its_size() {
        let line = |order: &str, r#ref: &str| json!({"order": order, "ref": r#ref, "sku": "W", "location": "S", "quantity": 2});
        let handed = json!({
            "supplier": "acme", "handover": "D1", "cut_off": "2026-11-24T08:30:00Z",
            "confirm_by": "2026-11-24T10:30:00Z",
            "lines": [line("O1", "1"), line("O1", "2"), line("O2", "1")],
        });
        check(
            "orders_handed_over",
            handed,
            expect!["to acme: 3 lines of 2 orders, to confirm by 2026-11-24 10:30:00"],
        );
        let short = json!({"order": "O1", "ref": "1", "sku": "W", "short": 2, "action": "keep"});
        let confirmed = json!({"supplier": "acme", "handover": "D1", "late": true, "confirmed": 4,
                               "short": [short]});
        check(
            "handover_confirmed",
            confirmed,
            expect!["by acme: 4 units confirmed, 2 short, late"],
        );
        let mapped = json!({"supplier": "acme", "settled": [7],
                            "lines": [{"supplier_sku": "007", "sku": "W"}, {"supplier_sku": "008"}]});
        check("supplier_sku_mapped", mapped, expect!["007 = W, 008 = nothing, ends #7"]);
    }
}
