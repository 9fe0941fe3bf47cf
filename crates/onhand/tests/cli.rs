//! The command line as people use it: the real binary, on directories of its own.

mod common;

use common::{Served, complaint, onhand, out, rows, said};
use serde_json::Value;

/// A directory with the demonstration's shop, two weeks of it.
fn shop() -> tempfile::TempDir {
    let directory = tempfile::tempdir().expect("a directory");
    said(directory.path(), &["demo", "--exit", "--weeks", "2", "--port", "0"]);
    directory
}

#[test]
fn an_installation_is_made_once() {
    let directory = tempfile::tempdir().expect("a directory");
    let data = directory.path();
    assert!(complaint(data, 1, &["stock"]).contains("onhand init"));
    let made: Value =
        serde_json::from_str(&said(data, &["init", "--shards", "2", "--json"])).expect("JSON");
    assert_eq!((&made["shards"], &made["journal"]), (&2.into(), &"embedded".into()));
    assert!(complaint(data, 1, &["init"]).contains("holds an installation already"));
    assert!(complaint(data, 2, &["stock"]).contains("nothing has been booked yet"));
    std::fs::remove_file(data.join("journal/shard-001.redb")).expect("a journal to lose");
    let lost = complaint(data, 1, &["verify"]);
    assert!(lost.contains("shard-001.redb is gone"), "{lost}");
}

#[test]
fn a_shop_can_be_read_proved_and_replayed() {
    let directory = shop();
    let data = directory.path();
    let stock = rows(&said(data, &["stock", "--json"]));
    assert!(stock.len() > 800, "{} rows", stock.len());
    let mug = said(data, &["stock", "--sku", "MUG-SND", "--location", "leeds", "--csv"]);
    assert!(mug.starts_with("sku,location,on_hand,sellable,"), "{mug}");
    assert!(mug.lines().nth(1).is_some_and(|it| it.starts_with("MUG-SND,leeds,")), "{mug}");

    let proof: Value = serde_json::from_str(&said(data, &["verify", "--json"])).expect("JSON");
    assert_eq!(proof["sound"], true, "{proof}");
    assert!(said(data, &["verify"]).contains("every sum is zero"));

    // Replaying everything says what the projection says.
    let replayed = rows(&said(data, &["replay", "--json"]));
    let figures = |it: &Value| {
        ["sku", "location", "on_hand", "sellable", "committed", "damaged"]
            .map(|name| it[name].clone())
    };
    assert_eq!(
        stock.iter().map(figures).collect::<Vec<_>>(),
        replayed.iter().map(figures).collect::<Vec<_>>()
    );

    let entries = rows(&said(data, &["tail", "--once", "--last", "1", "--json"]));
    let position = entries[0]["entry"]["position"].as_u64().expect("a position");
    let beyond = complaint(data, 2, &["replay", "--to", &(position + 1).to_string()]);
    assert!(beyond.contains(&format!("ends at position {position}")), "{beyond}");
    let early = said(data, &["replay", "--to", "340"]);
    assert!(early.contains("as of position 340"), "{early}");
    let story = said(data, &["timeline", "MUG-SND", "--limit", "1000"]);
    assert!(
        story.contains("That is where it begins.") && story.contains("item_registered"),
        "{story}"
    );
}

#[test]
fn the_shop_has_a_supplier_with_three_differences() {
    let directory = tempfile::tempdir().expect("a directory");
    let data = directory.path();
    let told = said(data, &["demo", "--exit", "--weeks", "2", "--port", "0"]);
    assert!(told.contains("a file of 64 lines. Of 63 that could be compared 61 agree"), "{told}");
    assert!(told.contains("onhand settle"), "{told}");
    let mut kinds: Vec<Value> =
        rows(&said(data, &["inbox", "--json"])).iter().map(|it| it["kind"].clone()).collect();
    kinds.sort_by_key(|it| it.as_str().map(str::to_owned));
    assert_eq!(kinds, ["silent_restock", "unexplained_loss", "unknown_sku"]);
    let unknown = rows(&said(data, &["inbox", "--kind", "unknown_sku", "--json"]));
    let number = unknown[0]["number"].to_string();
    let renamed = said(data, &["inbox", &number]);
    assert!(renamed.contains("may be CARD-") || renamed.contains("may be PENC-"), "{renamed}");
    // Made once: what is there already is shown, and nothing is sent again.
    let again = said(data, &["demo", "--exit", "--weeks", "2", "--port", "0"]);
    assert!(again.contains("is there already") && again.contains("unknown_sku"), "{again}");
}

#[test]
fn a_changed_past_is_noticed() {
    let directory = shop();
    let journal = directory.path().join("journal/shard-000.redb");
    let mut bytes = std::fs::read(&journal).expect("a journal");
    // One digit of one recorded quantity.
    let needle = b"\"quantity\":";
    let at = bytes.windows(needle.len()).position(|it| it == needle).expect("a quantity");
    let digit = &mut bytes[at + needle.len()];
    *digit = if *digit == b'9' { b'8' } else { *digit + 1 };
    std::fs::write(&journal, bytes).expect("a journal");
    let found = complaint(directory.path(), 1, &["verify"]);
    assert!(found.contains("shard 0: "), "{found}");
}

#[test]
fn wrong_words_are_answered_with_the_right_ones() {
    let directory = shop();
    let data = directory.path();
    assert!(complaint(data, 2, &["stock", "--ledger", "other"]).contains("there are demo"));
    assert!(complaint(data, 2, &["stock", "--sku", "NOPE"]).contains("no item has this SKU"));
    assert!(complaint(data, 2, &["stock", "--sku", " A"]).contains("must not begin or end"));
    let setting = complaint(data, 2, &["stock", "--set", "http.lisen=1"]);
    assert!(setting.contains("http.lisen"), "{setting}");
    assert!(complaint(data, 2, &["stock", "--set", "http.listen"]).contains("NAME=VALUE"));
    assert!(complaint(data, 2, &["stock", "--log", "loud=loud"]).contains("--log"));
    let remote = complaint(data, 2, &["serve", "--listen", "0.0.0.0:0"]);
    assert!(remote.contains("http.allow_remote"), "{remote}");
    assert!(
        complaint(data, 1, &["stock", "--server", "http://127.0.0.1:1"])
            .contains("does not answer")
    );
    let help = out(&onhand(data, &["serve", "--help"]));
    assert!(help.contains("mailbox_commands"), "{help}");
}

#[test]
fn reads_ask_the_server_that_runs() {
    let directory = shop();
    let data = directory.path();
    let alone = said(data, &["stock", "--csv"]);
    let served = Served::start(data);
    assert_eq!(said(data, &["stock", "--csv"]), alone);
    assert_eq!(rows(&said(data, &["tail", "--once", "--last", "3", "--json"])).len(), 3);
    assert!(said(data, &["stock", "--channel", "webshop"]).contains("published"));
    assert!(complaint(data, 1, &["verify"]).contains("in use"));
    assert_eq!(served.stop(), Some(0));
    assert!(!data.join("serving.json").exists());
    assert!(said(data, &["verify"]).contains("every sum is zero"));
}

#[test]
fn a_bench_tells_its_figures_and_conditions() {
    let directory = tempfile::tempdir().expect("a directory");
    let small = ["bench", "--commands", "800", "--skus", "50", "--singles", "5", "--batch", "100"];
    for whole in [&[][..], &["--whole"]] {
        let args: Vec<&str> = small.iter().chain(whole).chain(&["--json"]).copied().collect();
        let told: Value = serde_json::from_str(&said(directory.path(), &args)).expect("JSON");
        assert_eq!(told["throughput"].as_array().map(Vec::len), Some(2), "{told}");
        assert!(told["conditions"]["one flush"].is_string(), "{told}");
        assert!(told["single"]["p50_us"].as_u64().is_some_and(|it| it > 0), "{told}");
    }
}
