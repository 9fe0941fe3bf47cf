//! Four years of a company's purchase orders as inbound shipments: what is booked and scored is
//! what a plain sum over the files says.

#![allow(clippy::unwrap_used, reason = "a test may stop")]

mod common;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use common::{Shard, name, second, shop};
use onhand_core::*;
use onhand_projector::*;
use serde_json::{Value, json};

/// Where the data lies beside the repository.
fn data() -> Option<PathBuf> {
    let start = Path::new(env!("CARGO_MANIFEST_DIR"));
    let name = "../shared/data/adventureworks/PurchaseOrderDetail.csv";
    let found = start.ancestors().map(|it| it.join(name)).find(|it| it.exists())?;
    found.parent().map(Path::to_path_buf)
}

/// Lines of a file without a header, their fields parted by tabs.
fn table(directory: &Path, file: &str) -> Vec<Vec<String>> {
    let text = std::fs::read_to_string(directory.join(file)).unwrap();
    text.lines().map(|line| line.split('\t').map(str::to_owned).collect()).collect()
}

/// One line of a purchase order.
#[derive(Clone, Debug)]
struct Line {
    order: u64,
    sku: String,
    vendor: String,
    warehouse: String,
    ordered_at: Time,
    received_at: Time,
    inspected_at: Time,
    ordered: u64,
    received: u64,
    rejected: u64,
    stocked: u64,
}

/// Goods leave with `ShipDate` and are through inspection by `DueDate`; the shipping method tells
/// the warehouse that they come to.
fn lines(directory: &Path) -> Vec<Line> {
    let units = |text: &str| text.split('.').next().unwrap().parse::<u64>().unwrap_or(0);
    let time = |text: &str| format!("{}Z", text.replace(' ', "T")).parse::<Time>().unwrap();
    let headers = table(directory, "PurchaseOrderHeader.csv");
    let headers: BTreeMap<&str, &Vec<String>> =
        headers.iter().map(|it| (it[0].as_str(), it)).collect();
    let line = |it: &Vec<String>| {
        let header = headers[it[0].as_str()];
        Line {
            order: it[0].parse().unwrap(),
            sku: it[4].clone(),
            vendor: header[4].clone(),
            warehouse: format!("W{}", header[5]),
            ordered_at: time(&header[6]),
            received_at: time(&header[7]),
            inspected_at: time(&it[2]),
            ordered: units(&it[3]),
            received: units(&it[7]),
            rejected: units(&it[8]),
            stocked: units(&it[9]),
        }
    };
    table(directory, "PurchaseOrderDetail.csv").iter().map(line).collect()
}

/// Rejects of every second order go back to the supplier; the others stay as damaged goods.
fn goes_back(order: u64) -> bool {
    order.is_multiple_of(2)
}

fn book(lines: &[Line]) -> Shard {
    let mut shard = Shard::new();
    let mut first = Vec::new();
    let mut skus: Vec<&str> = lines.iter().map(|it| it.sku.as_str()).collect();
    skus.sort_unstable();
    skus.dedup();
    first.extend(skus.iter().map(|it| ("register_item", json!({ "sku": it }))));
    let mut warehouses: Vec<&str> = lines.iter().map(|it| it.warehouse.as_str()).collect();
    warehouses.sort_unstable();
    warehouses.dedup();
    first.extend(warehouses.iter().map(|it| ("register_location", json!({ "location": it }))));
    shard.run(&first).into_iter().for_each(|it| assert!(it.is_ok(), "{it:?}"));

    let mut orders: BTreeMap<u64, Vec<&Line>> = BTreeMap::new();
    lines.iter().for_each(|it| orders.entry(it.order).or_default().push(it));
    let mut events: Vec<(Time, u64, u64, &str, Value)> = Vec::new();
    for (order, lines) in orders {
        for (stage, (at, stem, fields)) in commands(order, &lines).into_iter().enumerate() {
            events.push((at, stage as u64, order, stem, fields));
        }
    }
    events.sort_by_key(|it| (it.0, it.1, it.2));
    for some in events.chunks(500) {
        let commands: Vec<(&str, Value)> = some.iter().map(|it| (it.3, it.4.clone())).collect();
        for (told, command) in shard.run(&commands).into_iter().zip(&commands) {
            assert!(told.is_ok(), "{command:?}: {told:?}");
        }
    }
    shard
}

fn commands(order: u64, lines: &[&Line]) -> [(Time, &'static str, Value); 3] {
    let first = lines[0];
    let each = |line: fn(&Line) -> Value| lines.iter().map(|it| line(it)).collect::<Vec<_>>();
    let inbound = format!("PO-{order}");
    let expected = each(|it| {
        json!({"sku": it.sku, "quantity": it.ordered, "expected_at": it.received_at,
            "confidence": 100})
    });
    let received = each(|it| json!({"sku": it.sku, "quantity": it.received}));
    let inspected =
        each(|it| json!({"sku": it.sku, "passed": it.stocked, "rejected": it.rejected}));
    let rejected_to = if goes_back(order) { "supplier" } else { "damaged" };
    [
        (
            first.ordered_at,
            "expect_stock",
            json!({"inbound": inbound, "location": first.warehouse,
            "supplier": first.vendor, "lines": expected, "_occurred_at": first.ordered_at}),
        ),
        (
            first.received_at,
            "receive_stock",
            json!({"inbound": inbound,
            "location": first.warehouse, "supplier": first.vendor, "to": "quality_control",
            "lines": received, "_occurred_at": first.received_at}),
        ),
        (
            first.inspected_at,
            "inspect_stock",
            json!({"location": first.warehouse,
            "rejected_to": rejected_to, "lines": inspected,
            "_occurred_at": first.inspected_at}),
        ),
    ]
}

fn sum(lines: &[&Line], of: fn(&Line) -> u64) -> u64 {
    lines.iter().map(|it| of(it)).sum()
}

fn by(lines: &[Line], key: impl Fn(&Line) -> String) -> BTreeMap<String, Vec<&Line>> {
    let mut all: BTreeMap<String, Vec<&Line>> = BTreeMap::new();
    lines.iter().for_each(|it| all.entry(key(it)).or_default().push(it));
    all
}

#[test]
fn purchase_orders_add_up_and_score_as_counted_by_hand() {
    let Some(directory) = data() else {
        eprintln!("skipped: adventureworks does not lie beside the repository");
        return;
    };
    let lines = lines(&directory);
    assert_eq!(lines.len(), 6_000);
    let shard = book(&lines);
    check_stock(&shard, &lines);
    let vendors = by(&lines, |it| it.vendor.clone());
    assert_eq!(vendors.len(), 79);
    let projector = shard.projector();
    for (vendor, lines) in &vendors {
        check_vendor(&projector, vendor, lines);
    }
}

/// Per item: what was ordered has come or is awaited, and lies where its inspection sent it.
fn check_stock(shard: &Shard, lines: &[Line]) {
    let ledger = shard.book.ledger(&shop()).unwrap();
    let projector = shard.projector();
    for (sku, lines) in by(lines, |it| it.sku.clone()) {
        let item = ledger.item(ledger.item_no(&name(&sku)).unwrap());
        let units = |of: fn(&Cell) -> i64| item.cells.iter().map(of).sum::<i64>() as u64;
        assert_eq!(units(|it| it.sellable), sum(&lines, |it| it.stocked), "stocked {sku}");
        let kept = |it: &Line| if goes_back(it.order) { 0 } else { it.rejected };
        assert_eq!(units(|it| it.damaged), sum(&lines, kept), "damaged {sku}");
        assert_eq!(units(|it| it.quality_control), 0, "waiting {sku}");
        let query = ExpectedQuery { sku: Some(name(&sku)), location: None };
        let awaited: u64 =
            projector.expected(&shop(), &query).unwrap().rows.iter().map(|it| it.left).sum();
        let missing = sum(&lines, |it| it.ordered) - sum(&lines, |it| it.received);
        assert_eq!(awaited, missing, "awaited {sku}");
        let parted = sum(&lines, |it| it.stocked) + sum(&lines, |it| it.rejected);
        assert_eq!(parted, sum(&lines, |it| it.received));
    }
}

/// Per supplier: lead times and reject rates against sorted lists of minutes and plain sums.
fn check_vendor(projector: &Projector, vendor: &str, lines: &[&Line]) {
    let (from, to) = (Some(second(0)), Some(second(0)));
    let query = ScorecardQuery { supplier: name(vendor), from, to, by: None };
    let card = projector.scorecard(&shop(), &query).unwrap().card;
    assert_eq!(card.received, sum(lines, |it| it.received), "received of {vendor}");
    let minutes = |begin: Time, end: Time| (end.as_us() - begin.as_us()) / 60_000_000;
    let lead = lines.iter().map(|it| minutes(it.ordered_at, it.received_at));
    assert_eq!(card.ordered_to_received, spread(lead.collect()), "lead time of {vendor}");
    let inspection = lines.iter().map(|it| minutes(it.received_at, it.inspected_at));
    assert_eq!(card.received_to_inspected, spread(inspection.collect()), "{vendor}");
    let rate =
        |lines: &[&Line]| Rate::new(sum(lines, |it| it.rejected), sum(lines, |it| it.received));
    assert_eq!(card.rejected, rate(lines), "rejects of {vendor}");
    let mut by_warehouse: BTreeMap<&str, Vec<&Line>> = BTreeMap::new();
    lines.iter().for_each(|it| by_warehouse.entry(&it.warehouse).or_default().push(it));
    let expected: Vec<Warehouse> = by_warehouse
        .into_iter()
        .map(|(location, lines)| Warehouse { location: name(location), rejected: rate(&lines) })
        .collect();
    assert_eq!(card.warehouses, expected, "rejects of {vendor} by warehouse");
}

fn spread(mut minutes: Vec<u64>) -> Spread {
    minutes.sort_unstable();
    let count = minutes.len();
    let rank = |percent: usize| Some(minutes[(count * percent).div_ceil(100) - 1]);
    let mean = minutes.iter().sum::<u64>() as f64 / count as f64;
    Spread {
        count: count as u64,
        p50_minutes: rank(50),
        p90_minutes: rank(90),
        mean_minutes: Some(mean.round() as u64),
    }
}
