//! The dashboard and the alert rules of `deploy/` name metrics that a real server has.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use onhand_proto::v1;
use onhand_proto::v1::commands_client::CommandsClient;
use serde_json::Value;

use crate::nats_caller::NatsDoor;

fn file(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy").join(name);
    std::fs::read_to_string(path).unwrap()
}

/// Names of metrics in an expression.
fn named(expression: &str) -> BTreeSet<String> {
    let is_part = |it: char| it.is_ascii_alphanumeric() || it == '_';
    let words = expression.split(|it| !is_part(it));
    words.filter(|it| it.starts_with("onhand_")).map(str::to_owned).collect()
}

/// Every series that a scrape has, by its name with its suffix, as Prometheus stores it.
fn scraped(text: &str) -> BTreeSet<String> {
    let samples = text.lines().filter(|it| !it.starts_with('#'));
    samples.filter_map(|it| it.split(['{', ' ']).next()).map(str::to_owned).collect()
}

/// A server at whose doors somebody has been.
fn busy() -> NatsDoor {
    let it = NatsDoor::open_with(|_| ()).stocked();
    assert_eq!(it.caller.ask("onhand.cmd.acme.ship_order", &[], "{}").status, 400);
    let hook = r#"{"name":"erp","url":"https://erp.example/hook"}"#;
    assert_eq!(it.door.post("/v1/acme/webhooks", "application/json", hook).status, 201);
    let address = format!("http://{}", it.door.address);
    it.caller.runtime.block_on(async {
        let mut commands = CommandsClient::connect(address).await.unwrap();
        let nothing = v1::SubmitRequest::default();
        assert!(commands.submit(nothing).await.is_err());
    });
    it
}

/// Told only where a supplier's files are fetched: `crates/server/src/http/pulls.rs`.
const OF_SUPPLIERS: [&str; 2] = ["onhand_feed_pulls_total", "onhand_feed_pull_age_seconds"];

fn check(names: &BTreeSet<String>, scraped: &BTreeSet<String>, what: &str) {
    let missing: Vec<&String> = names.difference(scraped).collect();
    let missing: Vec<_> =
        missing.into_iter().filter(|it| !OF_SUPPLIERS.contains(&it.as_str())).collect();
    assert!(names.len() > 10 && missing.is_empty(), "{what} names {missing:?}");
}

#[test]
fn what_is_watched_is_there() {
    let it = busy();
    let text = it.door.text("/metrics");
    let scraped = scraped(&text);
    let dashboard: Value = serde_json::from_str(&file("grafana/onhand.json")).unwrap();
    let mut ids = BTreeSet::new();
    let mut names = BTreeSet::new();
    for panel in dashboard["panels"].as_array().unwrap() {
        assert!(ids.insert(panel["id"].as_u64().unwrap()), "{panel}");
        for target in panel["targets"].as_array().into_iter().flatten() {
            names.extend(named(target["expr"].as_str().unwrap()));
        }
    }
    check(&names, &scraped, "the dashboard");
    let rules = rules(&file("prometheus/alerts.yml"));
    let expressions = rules.values().map(|it| it["expr"].as_str());
    check(&expressions.flat_map(named).collect(), &scraped, "an alert");
}

/// The rules of a file that has one mapping a line, by their names: fields, and those one level
/// deeper as `labels.severity`. A file in any other form is refused.
fn rules(text: &str) -> BTreeMap<String, BTreeMap<String, String>> {
    let mut rules: BTreeMap<String, BTreeMap<String, String>> = BTreeMap::new();
    let (mut rule, mut above) = (String::new(), String::new());
    for line in text.lines().filter(|it| !it.trim().is_empty() && !it.starts_with('#')) {
        let depth = line.len() - line.trim_start().len();
        let (key, value) = line.trim().split_once(':').unwrap_or_else(|| panic!("{line}"));
        let value = value.trim();
        // What would be read as something else in YAML.
        assert!(!value.starts_with(['{', '[', '*', '&', '!', '|', '>', '\'', '"']), "{line}");
        assert!(!value.contains(": ") && !value.contains(" #") && !line.contains('\t'), "{line}");
        match (depth, key) {
            (0, "groups") | (2, "- name") | (4, "rules") => {}
            (6, "- alert") => {
                rule = value.to_owned();
                assert!(rules.insert(rule.clone(), BTreeMap::new()).is_none(), "{rule} twice");
            }
            (8, _) => {
                above = key.to_owned();
                rules.get_mut(&rule).unwrap().insert(key.to_owned(), value.to_owned());
            }
            (10, _) => {
                let field = format!("{above}.{key}");
                rules.get_mut(&rule).unwrap().insert(field, value.to_owned());
            }
            _ => panic!("{line}"),
        }
    }
    rules
}

#[test]
fn every_alert_says_when_how_bad_and_what_to_do() {
    let rules = rules(&file("prometheus/alerts.yml"));
    assert!(rules.len() > 10);
    for (name, rule) in &rules {
        for field in
            ["expr", "for", "labels.severity", "annotations.summary", "annotations.description"]
        {
            assert!(rule.get(field).is_some_and(|it| !it.is_empty()), "{name} has no {field}");
        }
        assert!(["page", "warn"].contains(&rule["labels.severity"].as_str()), "{name}");
        let (number, unit) = rule["for"].split_at(rule["for"].len() - 1);
        assert!(number.parse::<u32>().is_ok() && ["s", "m", "h"].contains(&unit), "{name}");
    }
}
