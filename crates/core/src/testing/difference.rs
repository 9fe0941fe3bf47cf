//! How tests write what a comparison came to, and show what differs from the book.
//!
//! `record_snapshot F s1 as_of=50 complete=true said=W:7+G:_ found=W:in_flight:7/10 cleared=1+2
//! counted=W:7/10`: W is said to have 7 and G is left open; W differs, theirs 7 and ours 10; the
//! differences 1 and 2 are gone; W is counted as 7 where the book said 10. `said=W:7/2` is missing
//! for the second time. The code of an unknown SKU stands where the item does. `at=9` compares as
//! of position 9, `more=true` announces another part, `suspicious=9` drops nine items to zero, and
//! `findings=none` compares nothing at all.

use serde_json::{Value, json};

use super::shown;
use crate::*;

/// Words that are not fields of the command.
pub(super) fn is_finding(word: &str) -> bool {
    let keys =
        ["said", "found", "cleared", "counted", "at", "more", "suspicious", "findings", "of"];
    word.split_once('=').is_some_and(|(key, _)| keys.contains(&key))
}

pub(super) fn findings(ledger: &Ledger, snapshot: &RecordSnapshot, words: &[&str]) -> Findings {
    let word = |key: &str| {
        words.iter().find_map(|it| it.split_once('=').filter(|(known, _)| *known == key))
    };
    let text = |key: &str| word(key).map_or("", |(_, text)| text);
    let all = |key: &str| text(key).split('+').filter(|it| !it.is_empty()).collect::<Vec<_>>();
    let position = text("at").parse().unwrap_or(ledger.position());
    let feed = ledger.feed_no(&snapshot.feed).map(|it| ledger.feed(it));
    let location = feed.map(|it| ledger.location(it.location).id.clone());
    let as_of = snapshot.as_of.unwrap_or(ledger.time());
    Findings {
        position,
        more: text("more") == "true",
        lines: text("of").parse().unwrap_or(1),
        suspicions: word("suspicious").into_iter().map(|(_, it)| suspicion(it)).collect(),
        compared: 0,
        accurate: 0,
        through: 0,
        unknown: 0,
        said: all("said").into_iter().map(said).collect(),
        found: all("found").into_iter().map(|it| found(it, location.clone(), as_of)).collect(),
        cleared: all("cleared").into_iter().map(|it| it.parse().unwrap()).collect(),
        counted: all("counted").into_iter().map(|it| counted(it, position)).collect(),
    }
}

fn suspicion(items: &str) -> Suspicion {
    Suspicion::ToZero { items: items.parse().unwrap(), of: 10, limit_percent: 50 }
}

/// `W:7`, `W:_`, `W:0/2`.
fn said(text: &str) -> SaidLine {
    let (sku, said) = text.split_once(':').unwrap();
    let (quantity, missing) = said.split_once('/').unwrap_or((said, "0"));
    SaidLine {
        sku: Sku::new(sku).unwrap(),
        quantity: quantity.parse().ok(),
        next_restock_at: None,
        missing: missing.parse().unwrap(),
    }
}

/// `W:in_flight:7/10`; theirs may be left open: `W:vanished_sku:_/10`.
fn found(text: &str, location: Option<LocationId>, as_of: Time) -> Difference {
    let words: Vec<&str> = text.splitn(3, ':').collect();
    let (theirs, ours) = words[2].split_once('/').unwrap();
    let kind: DifferenceKind = serde_json::from_value(json!(words[1])).unwrap();
    let (name, unknown) = (Sku::new(words[0]).unwrap(), kind == DifferenceKind::UnknownSku);
    Difference {
        number: 0,
        kind,
        sku: Some(name.clone()).filter(|_| !unknown),
        supplier_sku: Some(name).filter(|_| unknown),
        location,
        theirs: theirs.parse().ok(),
        ours: ours.parse().unwrap(),
        as_of,
        confidence: 80,
        explained_by: Vec::new(),
        suggestions: Vec::new(),
    }
}

/// `W:7/10`.
fn counted(text: &str, position: u64) -> CountedLine {
    let (sku, units) = text.split_once(':').unwrap();
    let (counted, book) = units.split_once('/').unwrap();
    CountedLine {
        sku: Sku::new(sku).unwrap(),
        condition: Condition::Sellable,
        counted: counted.parse().unwrap(),
        book: book.parse().unwrap(),
        book_position: position,
        applied: false,
    }
}

/// `1 W@B in_flight theirs 7 ours 10 as of 50s`.
pub(super) fn told(it: &Difference) -> String {
    let about = it.sku.as_ref().or(it.supplier_sku.as_ref()).unwrap();
    let at = it.location.as_ref().map_or(String::new(), |it| format!("@{it}"));
    let kind = serde_json::to_value(it.kind).unwrap();
    let theirs = it.theirs.map_or("open".to_string(), |it| it.to_string());
    let (number, kind, as_of) = (it.number, kind.as_str().unwrap().to_string(), shown(it.as_of));
    format!("{number} {about}{at} {kind} theirs {theirs} ours {} as of {as_of}", it.ours)
}

/// `discrepancy 1`.
pub(super) fn show_discrepancy(ledger: &Ledger, number: &str) -> String {
    let Some(it) = ledger.discrepancy(number.parse().unwrap()) else {
        return format!("{number} unknown");
    };
    let witness = match &it.witness {
        Witness::Feed(feed) => format!("feed {feed}"),
        Witness::Stocktake(location) => format!("stocktake {location}"),
        Witness::Channel(channel) => format!("channel {channel}"),
    };
    let state = match it.state {
        DiscrepancyState::Snoozed(until) => format!("snoozed until {}", shown(until)),
        state => format!("{state:?}").to_lowercase(),
    };
    let said = format!("{}, {witness}, {state}", told(&it.difference));
    said + &format!(", opened {} changed {}", it.opened, it.changed)
}

/// `inbox`: what is open, by number.
pub(super) fn show_inbox(ledger: &Ledger) -> String {
    let open = ledger.discrepancies().filter(|it| it.state.is_open());
    let mut open: Vec<u64> = open.map(|it| it.difference.number).collect();
    open.sort_unstable();
    let said: Vec<String> =
        open.iter().map(|it| show_discrepancy(ledger, &it.to_string())).collect();
    if said.is_empty() { "inbox empty".to_string() } else { said.join("\n") }
}

/// `snapshots F`: which were applied, which wait for what, and what settled itself.
pub(super) fn show_snapshots(ledger: &Ledger, id: &str) -> String {
    let feed = ledger.feed(ledger.feed_no(&FeedId::new(id).unwrap()).unwrap());
    let mut said = format!("{id} knows {}", feed.recent.len());
    for (name, seen) in [("last", &feed.last), ("held", &feed.held)] {
        if let Some(it) = seen {
            said += &format!(" | {name} {} as of {}", it.snapshot, shown(it.as_of));
        }
    }
    if let Some((it, next)) = &feed.unfinished {
        said += &format!(" | unfinished {} awaits {next}", it.snapshot);
    }
    said += &feed.confirmed.as_ref().map_or(String::new(), |it| format!(" | confirmed {it}"));
    said + &format!(" | settled {}", feed.settled.1)
}

/// `said F W`: what the feed said of the item last.
pub(super) fn show_said(ledger: &Ledger, feed: &str, sku: &str) -> String {
    let feed = ledger.feed_no(&FeedId::new(feed).unwrap()).unwrap();
    let item = ledger.item(ledger.item_no(&Sku::new(sku).unwrap()).unwrap());
    let Some(it) = item.supplied.as_ref().and_then(|it| it.said_by(feed)) else {
        return format!("{sku} was never said");
    };
    let quantity = it.quantity.map_or("open".to_string(), |it| it.to_string());
    let mut said = format!("{sku} {quantity}");
    said += &it.as_of.map_or(String::new(), |it| format!(" as of {}", shown(it)));
    if it.missing > 0 {
        said += &format!(" missing {}", it.missing);
    }
    said + &it.kept.map_or(String::new(), |it| format!(" kept {it:+}"))
}

/// What movements, claims and flags do not say of a fact about differences.
pub(super) fn notable(fact: &Fact) -> Vec<String> {
    match fact {
        Fact::SnapshotRecorded(it) => {
            let outcome = serde_json::to_value(it.outcome).unwrap();
            let mut said = vec![outcome.as_str().unwrap().to_string()];
            if it.part > 1 || it.more {
                said[0] += &format!(" part {}{}", it.part, if it.more { ", more" } else { "" });
            }
            said.extend(it.counted.iter().map(super::counted));
            said.extend(found_and_cleared(&it.found, &it.cleared));
            said
        }
        Fact::StocktakeRecorded(it) => {
            let counted = it.counted.iter().map(super::counted);
            counted.chain(found_and_cleared(&it.found, &it.cleared)).collect()
        }
        Fact::StockHeard(it) => {
            let confirmed = std::iter::once(format!("confirmed {}", it.confirmed));
            confirmed.chain(found_and_cleared(&it.found, &it.cleared)).collect()
        }
        Fact::DiscrepancySettled(it) => {
            let told = |line: &SettledLine| {
                let mut said = line.number.to_string();
                if let Some(it) = &line.counted {
                    said += &format!(" {}", super::counted(&it.line));
                    said += &format!(" at {}", shown(it.counted_at));
                    let replaced = it.replaced.as_ref();
                    said += &replaced.map_or(String::new(), |it| format!(" for {}", it.counted));
                }
                said
            };
            it.lines.iter().map(told).collect()
        }
        Fact::EntryReversed(it) => {
            it.unsettled.iter().map(|it| format!("unsettled {}", it.number)).collect()
        }
        _ => Vec::new(),
    }
}

fn found_and_cleared(found: &[Difference], cleared: &[u64]) -> Vec<String> {
    let found = found.iter().map(|it| format!("found {}", told(it)));
    found.chain(cleared.iter().map(|it| format!("cleared {it}"))).collect()
}

/// A supplier S with the feed F of the location B. Nothing is checked here: see their commands.
pub(super) fn supply() -> [Value; 2] {
    let tiers =
        json!([{ "tier": "fast", "every_minutes": 60 }, { "tier": "slow", "every_minutes": 60 }]);
    let terms = json!({ "missing_after": 2, "tiers": tiers });
    [
        json!({ "supplier_set": { "supplier": "S" } }),
        json!({ "feed_set": { "feed": "F", "supplier": "S", "location": "B", "terms": terms } }),
    ]
}
