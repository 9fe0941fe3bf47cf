//! An explanation for people: every term on a line, with the rule, pool or entries behind it.

use serde_json::Value;

use super::sheet::{Sheet, Sign};
use crate::terminal::moment;
use crate::words::{plain, scope};

/// The explanation as the HTTP door tells it, in lines.
pub fn lines(told: &Value) -> Vec<String> {
    let mut sheet = Sheet::default();
    let (sku, channel) = (plain(&told["sku"]), plain(&told["channel"]));
    let (published, available) = (plain(&told["published"]), plain(&told["available"]));
    sheet.say(&format!("{sku} on {channel}: {published} published, {available} available"));
    let (position, at) = (plain(&told["position"]), moment(&told["at"]));
    sheet.say(&match told["now"].as_bool() {
        Some(true) => format!("now, with all entries up to position {position}"),
        _ => format!("as of position {position}, {at}"),
    });
    item(&mut sheet, told);
    if told["seen"]["stale"].as_bool() == Some(true) {
        sheet.gap();
        let why = told["seen"]["halted"].as_str();
        let why = why.unwrap_or("the journal was not reached lately");
        sheet.say(&format!("This may be old: {why}."));
    }
    sheet.into_lines()
}

/// One item, and what it is made of.
fn item(sheet: &mut Sheet, told: &Value) {
    let kit = &told["kit"];
    if told["mode"] == "unlimited" && kit.is_null() {
        sheet.gap();
        sheet.say("The item is not counted: there is no end to it, and no rule reduces it.");
        return;
    }
    if !kit.is_null() {
        sheet.gap();
        sheet.say("What is assembled:");
    }
    window(sheet, &told["window"]);
    list(&told["locations"]).for_each(|it| location(sheet, it));
    list(&told["supply"]).for_each(|it| supply(sheet, it));
    list(&told["pools"]).for_each(|it| pool(sheet, it));
    channel(sheet, told);
    if !kit.is_null() {
        parts(sheet, told);
    }
}

fn location(sheet: &mut Sheet, it: &Value) {
    sheet.gap();
    sheet.say(&format!("At {}", plain(&it["location"])));
    if let Some(fresh) = fresh(&it["freshness"]) {
        sheet.within(|sheet| sheet.say(&fresh));
    }
    let (rules, behind) = (&it["rules"], &it["behind"]);
    let entries = |name: &str| entries(&behind[name]);
    sheet.within(|sheet| {
        let mut term = |sign, name: &str, notes: &[String]| {
            sheet.term(sign, &plain(&it[name]), name, notes);
        };
        term(Sign::Begin, "sellable", &entries("sellable"));
        if it["doubted"].as_i64().is_some_and(|it| it > 0) {
            term(Sign::Minus, "doubted", &doubts(&it["doubts"]));
        }
        let mut trusted = ruled(rules, &["trust_percent"]);
        trusted.extend(stale_trust(&it["stale"]));
        term(Sign::Equals, "believed", &trusted);
        term(Sign::Minus, "committed", &entries("committed"));
        term(Sign::Minus, "held", &entries("held"));
        let mut pooled = entries("pooled");
        if it["pooled"].as_i64().is_some_and(|it| it < 0) {
            pooled.insert(0, "what pools owe is not given to others".to_owned());
        }
        term(Sign::Minus, "pooled", &pooled);
        let mut kept = ruled(rules, &["safety"]);
        kept.extend(stale_buffer(&it["stale"]));
        term(Sign::Minus, "kept", &kept);
        term(Sign::Equals, "free", &[]);
    });
}

/// How old the supplier's numbers are.
fn fresh(it: &Value) -> Option<String> {
    let (feed, tier) = (it["feed"].as_str()?, plain(&it["tier"]));
    let age = match it["age_seconds"].is_null() {
        true => "no numbers came yet".to_owned(),
        false => {
            let age = crate::feeds::span(&it["age_seconds"]);
            format!("numbers of {}, {age} old", moment(&it["as_of"]))
        }
    };
    let step = it["step"].as_u64().map_or("fresh".to_owned(), |it| format!("stale, step {it}"));
    Some(format!("feed {feed}, tier {tier}: {age}, {step}"))
}

/// The discrepancies that doubt units.
fn doubts(doubts: &Value) -> Vec<String> {
    let told = list(doubts).map(|it| {
        let (number, kind) = (plain(&it["number"]), plain(&it["kind"]));
        format!("discrepancy {number}, {kind}, entry {}", plain(&it["opened"]["position"]))
    });
    told.collect()
}

fn stale_trust(it: &Value) -> Option<String> {
    let percent = it["trust_percent"].as_u64().filter(|it| *it < 100)?;
    Some(format!("trust {percent} % by age, {}", step_of(it)))
}

fn stale_buffer(it: &Value) -> Option<String> {
    let buffer = Some(&it["buffer"]).filter(|it| !it.is_null())?;
    Some(format!("{} more by age, {}", plain(buffer), step_of(it)))
}

/// The ladder's step in force.
fn step_of(it: &Value) -> String {
    let (step, feed, tier) = (plain(&it["step"]), plain(&it["feed"]), plain(&it["tier"]));
    format!("step {step} of feed {feed}, tier {tier}, entry {}", plain(&it["entry"]["position"]))
}

/// What goes from the locations to the published number.
fn channel(sheet: &mut Sheet, told: &Value) {
    let (terms, rules) = (&told["terms"], &told["rules"]);
    if terms.is_null() {
        return;
    }
    let number = |name: &str| terms[name].as_i64().unwrap_or(0);
    sheet.gap();
    sheet.say("On the channel");
    sheet.within(|sheet| {
        let free = number("base") - number("incoming");
        let mut from = ruled(rules, &["locations"]);
        from.extend(position(&told["served"]).map(|it| format!("its locations: entry {it}")));
        sheet.term(Sign::Begin, &free.to_string(), "free", &from);
        let mut term = |sign, number: i64, name, notes: &[String]| {
            sheet.term(sign, &number.to_string(), name, notes);
        };
        term(Sign::Plus, number("incoming"), "incoming", &ruled(rules, &["sell_ahead_days"]));
        term(Sign::Equals, number("base"), "base", &[]);
        let shared = number("share") - number("own") + number("over");
        term(Sign::Equals, shared, "shared", &ruled(rules, &["share_percent", "exclusive"]));
        term(Sign::Plus, number("own"), "own", &[]);
        term(Sign::Minus, number("over"), "over", &[]);
        term(Sign::Equals, number("share"), "share", &[]);
        term(Sign::Minus, number("buffer"), "buffer", &ruled(rules, &["buffer"]));
        term(Sign::Plus, number("oversell"), "oversell", &ruled(rules, &["oversell"]));
        term(Sign::Equals, number("reservable"), "available", &[]);
        term(
            Sign::Equals,
            number("published"),
            "published",
            &ruled(rules, &["end_when", "max_listed"]),
        );
    });
}

fn supply(sheet: &mut Sheet, it: &Value) {
    sheet.gap();
    let (inbound, location) = (plain(&it["inbound"]), plain(&it["location"]));
    sheet.say(&format!("Expected as {inbound} at {location}"));
    let due = format!("{}, {} % sure", moment(&it["expected_at"]), plain(&it["confidence"]));
    let entry = position(&it["entry"]).map(|it| format!("entry {it}"));
    let notes: Vec<String> = std::iter::once(due).chain(entry).collect();
    sheet.within(|sheet| {
        sheet.term(Sign::Begin, &plain(&it["left"]), "expected", &notes);
        sheet.term(Sign::Equals, &plain(&it["counted"]), "counted", &[]);
    });
}

fn pool(sheet: &mut Sheet, it: &Value) {
    sheet.gap();
    let only = if it["draw"] == "only" { ", sold instead of the shared stock" } else { "" };
    let (name, opened) = (plain(&it["pool"]), plain(&it["opened"]["position"]));
    sheet.say(&format!("Pool {name}, opened by entry {opened}{only}"));
    sheet.within(|sheet| {
        sheet.term(Sign::Begin, &plain(&it["left"]), "left", &entries(&it["behind"]));
        sheet.term(Sign::Begin, &plain(&it["drawn"]), "drawn", &[]);
        let tranches: Vec<String> = list(&it["tranches"]).map(tranche).collect();
        sheet.term(Sign::Begin, &plain(&it["released"]), "released", &tranches);
        sheet.term(Sign::Equals, &plain(&it["own"]), "own", &[]);
    });
}

fn tranche(it: &Value) -> String {
    let (name, units) = (plain(&it["tranche"]), plain(&it["units"]));
    let at = moment(&it["release_at"]);
    match (it["out"].as_bool(), position(&it["released"])) {
        (Some(true), Some(entry)) => format!("{name}: {units}, out by entry {entry}"),
        (Some(true), None) => format!("{name}: {units}, out since {at}"),
        _ => format!("{name}: {units}, waits until {at}"),
    }
}

fn window(sheet: &mut Sheet, it: &Value) {
    if it.is_null() {
        return;
    }
    sheet.gap();
    sheet.say(&format!("Window that begins {}", moment(&it["begins"])));
    let (limit, taken) = (&it["limit"], &it["taken"]);
    let free = limit.as_i64().unwrap_or(0) - taken.as_i64().unwrap_or(0);
    sheet.within(|sheet| {
        sheet.term(Sign::Begin, &plain(limit), "limit", &[]);
        sheet.term(Sign::Minus, &plain(taken), "taken", &entries(&it["behind"]));
        sheet.term(Sign::Equals, &free.to_string(), "free", &[]);
    });
}

/// What the parts of a kit make, and each of them in full.
fn parts(sheet: &mut Sheet, told: &Value) {
    let kit = &told["kit"];
    sheet.gap();
    let (version, entry) = (plain(&kit["version"]), plain(&kit["defined"]["position"]));
    sheet.say(&format!("What its parts make, by recipe {version} of entry {entry}"));
    sheet.within(|sheet| {
        list(&kit["parts"]).for_each(|it| makes(sheet, it));
        let assembled = told["terms"]["reservable"].as_i64().unwrap_or(0).max(0).to_string();
        sheet.term(Sign::Plus, &assembled, "assembled", &[]);
        sheet.term(
            Sign::Equals,
            &plain(&told["available"]),
            "available",
            &["the scarcest part and what is assembled".to_owned()],
        );
        sheet.term(Sign::Equals, &plain(&told["published"]), "published", &[]);
    });
    for part in list(&kit["parts"]) {
        sheet.gap();
        let (sku, published) = (plain(&part["sku"]), plain(&part["published"]));
        let available = plain(&part["available"]);
        sheet.say(&format!("Part {sku}: {published} published, {available} available"));
        sheet.within(|sheet| item(sheet, part));
    }
}

fn makes(sheet: &mut Sheet, part: &Value) {
    let (sku, need) = (plain(&part["sku"]), part["need"].as_i64().unwrap_or(1).max(1));
    let available = &part["available"];
    let makes = available.as_i64().map(|it| (it.max(0) / need).to_string());
    let note = format!("{} of {sku}, {need} for each", plain(available));
    sheet.term(Sign::Begin, &makes.unwrap_or_else(|| plain(available)), "kits", &[note]);
}

/// The rules of these dimensions, each with those that it beats.
fn ruled(rules: &Value, dimensions: &[&str]) -> Vec<String> {
    let mut notes = Vec::new();
    for dimension in dimensions {
        for rule in list(rules).filter(|it| it["dimension"] == *dimension) {
            notes.push(format!("{dimension} {}", said(rule)));
            notes.extend(list(&rule["beat"]).map(|it| format!("  beats {}", said(it))));
        }
    }
    notes
}

fn said(rule: &Value) -> String {
    let entry = plain(&rule["entry"]["position"]);
    format!("{} for {}, entry {entry}", plain(&rule["value"]), scope(&rule["scope"]))
}

/// Positions of the newest entries behind a figure.
fn entries(behind: &Value) -> Vec<String> {
    let positions: Vec<String> = list(&behind["entries"]).filter_map(position).collect();
    let older = behind["count"].as_u64().unwrap_or(0).saturating_sub(positions.len() as u64);
    match (positions.len(), older) {
        (0, _) => Vec::new(),
        (1, 0) => vec![format!("entry {}", positions[0])],
        (_, 0) => vec![format!("entries {}", positions.join(" "))],
        _ => vec![format!("entries {} and {older} older", positions.join(" "))],
    }
}

fn position(link: &Value) -> Option<String> {
    link["position"].as_u64().map(|it| it.to_string())
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn old_numbers_and_doubts_are_told_with_their_entries() {
        let stale = json!({"feed": "F", "tier": "fast", "step": 2, "trust_percent": 50,
            "buffer": {"units": 3}, "entry": {"position": 12}});
        let place = json!({"location": "S", "sellable": 40, "committed": 0, "held": 0,
            "pooled": 0, "doubted": 4, "believed": 18, "kept": 3, "free": 15, "behind": {},
            "freshness": {"location": "S", "feed": "F", "tier": "fast", "step": 2, "doubted": 4,
                "as_of": "2026-01-01T00:00:00Z", "age_seconds": 14_500},
            "stale": stale, "doubts": [{"number": 1, "kind": "unexplained_loss",
                "opened": {"position": 11}}]});
        let told = json!({"sku": "W", "channel": "sup", "published": 15, "available": 15,
            "position": 12, "now": true, "locations": [place]});
        let text = lines(&told).join("\n");
        for part in [
            "feed F, tier fast: numbers of 2026-01-01 00:00:00, 4 h 1 min old, stale, step 2",
            "doubted",
            "discrepancy 1, unexplained_loss, entry 11",
            "trust 50 % by age, step 2 of feed F, tier fast, entry 12",
            "units 3 more by age, step 2 of feed F, tier fast, entry 12",
        ] {
            assert!(text.contains(part), "{part}: {text}");
        }
    }
}
