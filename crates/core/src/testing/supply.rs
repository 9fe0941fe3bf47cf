//! How tests show suppliers: what a code means, how a tier's numbers age, when a cut-off comes.

use super::shown;
use crate::*;

/// `means acme X`: the item that the supplier's code means at `now`, its pack and its cost.
pub(super) fn show_code(ledger: &Ledger, now: Time, supplier: &str, code: &str) -> String {
    let supplier = ledger.supplier_no(&SupplierId::new(supplier).unwrap()).unwrap();
    match ledger.item_of_code(supplier, &Sku::new(code).unwrap(), now) {
        None => format!("{code} means nothing"),
        Some((item, source)) => {
            let cost = source.unit_cost.map_or(String::new(), |it| format!(" cost {it}"));
            format!("{code} means {} pack {}{cost}", ledger.item(item).sku, source.pack)
        }
    }
}

/// `supplier acme`: its next cut-off, and the orders that wait for it.
pub(super) fn show_supplier(ledger: &Ledger, id: &str) -> String {
    let Some(number) = ledger.supplier_no(&SupplierId::new(id).unwrap()) else {
        return format!("{id} unknown");
    };
    let cut_off = ledger.supplier(number).next_cut_off;
    let mut said = format!("{id} cut-off {}", cut_off.map_or("never".to_string(), shown));
    ledger.waiting(number).for_each(|it| said += &format!(" {it}"));
    said
}

/// `feed F`: every tier with its moment, since when it is waited for, its step and what that does.
pub(super) fn show_feed(ledger: &Ledger, id: &str) -> String {
    let Some(number) = ledger.feed_no(&FeedId::new(id).unwrap()) else {
        return format!("{id} unknown");
    };
    let feed = ledger.feed(number);
    let mut said = format!("{id} at {}", ledger.location(feed.location).id);
    for (place, tier) in feed.tiers.iter().enumerate() {
        let step = tier.step.now().unwrap();
        let worth = feed.staleness(place as u32, NOW);
        said += &format!(" | {} since {} step {step}", tier.tier, shown(tier.since));
        said += &format!(" trust {}", worth.trust_percent);
        for (name, kept) in [("units", worth.buffer.units), ("percent", worth.buffer.percent)] {
            said += &kept.map_or(String::new(), |it| format!(" buffer {name} {it}"));
        }
    }
    match feed.next_step() {
        Some((at, place, step)) => {
            said + &format!(" | then {} {step} at {}", feed.tiers[place].tier, shown(at))
        }
        None => said,
    }
}
