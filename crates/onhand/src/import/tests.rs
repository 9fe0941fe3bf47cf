//! Imports from end to end: a file in, a summary and a ledger out.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use expect_test::expect;
use onhand_core::{Condition, ItemNo, Request};

use super::send::Outcome;
use super::*;

const HEADER: &str =
    "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n";

fn shipped(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../profiles").join(name)
}

fn sample() -> String {
    std::fs::read_to_string(shipped("online-retail-sample.csv")).unwrap()
}

fn args(file: &Path) -> ImportArgs {
    ImportArgs {
        file: file.to_owned(),
        profile: shipped("online-retail.toml"),
        ledger: None,
        opening: None,
        installed: Installed::default(),
        server: None,
        dry_run: false,
        strict: false,
        show_bad: 20,
        json: false,
    }
}

fn a_file(bytes: &[u8]) -> tempfile::NamedTempFile {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(bytes).unwrap();
    file
}

/// Passes on to a rehearsal that outlives the import.
struct Through<'a>(&'a mut dyn Sender);

impl Sender for Through<'_> {
    fn send(&mut self, requests: &[&Request]) -> Vec<Outcome> {
        self.0.send(requests)
    }
}

fn import_with(args: &ImportArgs, to: &mut dyn Sender) -> Result<Summary, Failure> {
    let mut profile = Profile::load(&args.profile)?;
    if let Some(which) = &args.opening {
        profile.opening = opening::named(which);
    }
    let ledger = LedgerId::new("shop").unwrap();
    let import = Import { args, profile: &profile, ledger, started: Instant::now(), now: now() };
    import.run(|| Ok(Box::new(Through(to))))
}

fn rehearsal() -> Rehearsal {
    Rehearsal::new(LedgerId::new("shop").unwrap(), now())
}

fn import(text: &str, to: &mut dyn Sender) -> Summary {
    import_with(&args(a_file(text.as_bytes()).path()), to).unwrap()
}

/// What a summary says, without times and names.
fn told(summary: &Summary) -> String {
    let mut text = String::new();
    for it in &summary.by_rule {
        text += &format!("{}: {}\n", it.rule, it.lines);
    }
    let it = &summary.commands;
    text += &format!("booked {}, replayed {}, known {}\n", it.booked, it.replayed, it.known);
    for (flag, count) in &summary.flags {
        text += &format!("{count} {flag}\n");
    }
    for bad in &summary.bad_lines {
        text += &format!("line {}: {}\n", bad.line, bad.reason);
    }
    text + &format!("bad {} of {}\n", summary.bad, summary.lines)
}

/// `SKU sellable` for all items, sorted.
fn stock(rehearsal: &Rehearsal) -> String {
    let ledger = rehearsal.ledger();
    let location = ledger.location_no(&onhand_core::LocationId::new("main").unwrap()).unwrap();
    let items = (0..ledger.items().len()).map(|it| ItemNo(it as u32));
    let mut rows: Vec<String> = items
        .map(|it| {
            let cell = ledger.cell(it, location);
            assert_eq!(cell.committed, 0, "all that was sold was shipped");
            format!("{} {}", ledger.item(it).sku, cell.balance(Condition::Sellable))
        })
        .collect();
    rows.sort();
    rows.join("\n")
}

#[test]
fn the_sample_becomes_stock() {
    let mut rehearsal = rehearsal();
    let summary = import(&sample(), &mut rehearsal);
    expect![[r#"
        no goods: 6
        return: 3
        adjusted out: 7
        adjusted in: 3
        given free: 1
        sale: 20
        booked 58, replayed 0, known 0
        bad 0 of 40
    "#]]
    .assert_eq(&told(&summary));
    expect![[r#"
        10001A 1
        10002 0
        10003 0
        10004 0
        10005 0
        10006 12
        10007 0
        10008 0
        10009 9999
        10010 0"#]]
    .assert_eq(&stock(&rehearsal));
}

#[test]
fn a_second_run_books_nothing() {
    let mut rehearsal = rehearsal();
    let first = import(&sample(), &mut rehearsal);
    let before = rehearsal.ledger().position();
    let second = import(&sample(), &mut rehearsal);
    assert_eq!(rehearsal.ledger().position(), before);
    assert_eq!((second.commands.booked, second.commands.replayed), (0, first.commands.booked));
}

/// Answers so many commands, then breaks: with the last answers lost, or for good.
struct Breaking<'a> {
    to: &'a mut Rehearsal,
    commands_left: usize,
    for_good: bool,
}

impl Sender for Breaking<'_> {
    fn send(&mut self, requests: &[&Request]) -> Vec<Outcome> {
        let mut outcomes = Vec::new();
        for request in requests {
            let answered = self.to.send(&[*request]).remove(0);
            outcomes.push(match self.commands_left {
                0 if self.for_good => Outcome::Halted { message: "the disk is gone".into() },
                0 => {
                    // Booked, and nobody was told.
                    self.commands_left = 7;
                    Outcome::Fault { message: "no answer".into(), retry_after: Duration::ZERO }
                }
                _ => answered,
            });
            self.commands_left = self.commands_left.saturating_sub(1);
        }
        outcomes
    }
}

#[test]
fn a_run_that_was_broken_off_goes_on_where_it_was() {
    let mut whole = rehearsal();
    import(&sample(), &mut whole);
    for commands_left in 0..58 {
        let mut to = rehearsal();
        let file = a_file(sample().as_bytes());
        let mut breaking = Breaking { to: &mut to, commands_left, for_good: true };
        let failure = import_with(&args(file.path()), &mut breaking).unwrap_err();
        assert!(failure.to_string().contains("run the same import again"), "{failure}");
        import(&sample(), &mut to);
        assert_eq!(stock(&to), stock(&whole));
        assert_eq!(to.ledger().position(), whole.ledger().position());
    }
}

#[test]
fn answers_that_were_lost_are_asked_for_again() {
    let mut whole = rehearsal();
    import(&sample(), &mut whole);
    let mut to = rehearsal();
    let summary =
        import(&sample(), &mut Breaking { to: &mut to, commands_left: 3, for_good: false });
    assert_eq!(summary.bad, 0);
    assert_eq!(stock(&to), stock(&whole));
    assert_eq!(to.ledger().position(), whole.ledger().position());
}

#[test]
fn bad_lines_are_named_and_do_not_stop_the_rest() {
    let text = format!(
        "{HEADER}\
         1,A,JUG,2,2010-12-01 08:00:00,1.0,1,Fr\n\
         1,A,JUG,two,2010-12-01 08:00:00,1.0,1,Fr\n\
         1,A,JUG,0,2010-12-01 08:00:00,1.0,1,Fr\n\
         1,A,JUG,1.5,2010-12-01 08:00:00,1.0,1,Fr\n\
         1,,JUG,1,2010-12-01 08:00:00,1.0,1,Fr\n\
         1,A,JUG,1,01.12.2010,1.0,1,Fr\n\
         1,A,JUG,1,2090-12-01 08:00:00,1.0,1,Fr\n\
         1,A,JUG,1,2010-12-01 08:00:00,free,1,Fr\n\
         1,A,JUG,1,2010-12-01 08:00:00,1.0,1,\n\
         1,A,JUG,1,2010-12-01 08:00:00\n\
         ,A,JUG,1,2010-12-01 08:00:00,1.0,1,Fr\n\
         1,A\u{202e}B,JUG,1,2010-12-01 08:00:00,1.0,1,Fr\n\
         1,A,JUG,99999999999999999999,2010-12-01 08:00:00,1.0,1,Fr\n\
         1,BX,BOX,3,2010-12-01 08:00:00,1.0,1,Fr\n"
    );
    let mut rehearsal = rehearsal();
    let summary = import(&text, &mut rehearsal);
    expect![[r#"
        no goods: 0
        return: 0
        adjusted out: 0
        adjusted in: 0
        given free: 0
        sale: 2
        booked 8, replayed 0, known 0
        line 3: column `Quantity`: "two" is no number
        line 4: column `Quantity`: is zero, so nothing moves
        line 5: column `Quantity`: "1.5" is no whole number up to 1000000000000
        line 6: column `StockCode`: must not be empty
        line 7: column `InvoiceDate`: "01.12.2010" is no time as "%Y-%m-%d %H:%M:%S"
        line 8: column `InvoiceDate`: 2090-12-01 08:00:00 lies in the future
        line 9: column `UnitPrice`: "free" is no number
        line 10: column `Country`: must not be empty
        line 11: has 5 fields; the file has 8
        line 12: column `InvoiceNo`: must not be empty
        line 13: column `StockCode`: "A\u{202e}B" contains the invisible character U+202E; remove it
        line 14: column `Quantity`: "99999999999999999999" is no whole number up to 1000000000000
        bad 12 of 14
    "#]]
    .assert_eq(&told(&summary));
    assert_eq!(stock(&rehearsal), "A 0\nBX 0");
}

#[test]
fn strict_books_nothing_if_a_line_is_bad() {
    let file = a_file(format!("{HEADER}1,A,JUG,two,2010-12-01 08:00:00,1,1,Fr\n").as_bytes());
    let mut rehearsal = rehearsal();
    let strict = ImportArgs { strict: true, ..args(file.path()) };
    let summary = import_with(&strict, &mut rehearsal).unwrap();
    assert_eq!((rehearsal.ledger().position(), summary.bad), (0, 1));
    assert!(summary.held_back);
}

#[test]
fn exact_duplicate_lines_are_real_lines() {
    let line = "1,A,JUG,2,2010-12-01 08:00:00,1.0,1,Fr\n";
    let text = format!("{HEADER}{line}{line}C1,A,JUG,-1,2010-12-01 09:00:00,1.0,1,Fr\n");
    let mut rehearsal = rehearsal();
    let summary = import(&text, &mut rehearsal);
    assert_eq!(summary.opening_units, 4);
    assert_eq!(stock(&rehearsal), "A 1");
}

#[test]
fn a_line_that_was_corrected_is_booked_when_the_file_comes_again() {
    let first = |bad: &str| {
        let line = |quantity: &str| format!("1,A,JUG,{quantity},2010-12-01 08:00:00,1.0,1,Fr\n");
        format!("{HEADER}{}{}{}", line("1"), line(bad), line("4"))
    };
    for bad in 0..3 {
        let quantities = ["1", "2", "4"];
        let text = |broken: bool| {
            let lines = quantities.iter().enumerate().map(|(place, quantity)| {
                let quantity = if broken && place == bad { "?" } else { quantity };
                format!("1,A,JUG,{quantity},2010-12-01 08:00:00,1.0,1,Fr\n")
            });
            format!("{HEADER}{}", lines.collect::<String>())
        };
        let mut to = rehearsal();
        let opening = a_file(b"sku,quantity\nA,10\n");
        let run = |text: &str, to: &mut Rehearsal| {
            let file = a_file(text.as_bytes());
            let args = ImportArgs { opening: Some(opening.path().into()), ..args(file.path()) };
            import_with(&args, to).unwrap()
        };
        assert_eq!(run(&text(true), &mut to).bad, 1);
        for _ in 0..2 {
            let summary = run(&text(false), &mut to);
            assert_eq!(summary.bad, 0, "{}", told(&summary));
            assert_eq!(stock(&to), "A 3", "line {bad} was bad at first");
        }
    }
    // Lines that were booked and then changed stay as they were booked.
    let mut to = rehearsal();
    import(&first("2"), &mut to);
    let summary = import(&first("3"), &mut to);
    assert_eq!(summary.bad, 1, "{}", told(&summary));
}

#[test]
fn a_document_may_lie_in_two_places() {
    let text = format!(
        "{HEADER}\
         1,A,JUG,1,2010-12-01 08:00:00,1.0,1,Fr\n\
         2,A,JUG,1,2010-12-01 08:00:00,1.0,1,Fr\n\
         1,A,JUG,1,2010-12-01 08:00:00,1.0,1,Fr\n"
    );
    let mut rehearsal = rehearsal();
    let summary = import(&text, &mut rehearsal);
    assert_eq!((summary.bad, summary.opening_units), (0, 3));
    assert_eq!(
        rehearsal.ledger().order(&onhand_core::OrderId::new("1").unwrap()).unwrap().lines.len(),
        2
    );
}

#[test]
fn an_order_longer_than_a_command_is_split() {
    let line = "1,A,JUG,1,2010-12-01 08:00:00,1.0,1,Fr\n";
    let mut rehearsal = rehearsal();
    let summary = import(&format!("{HEADER}{}", line.repeat(2_500)), &mut rehearsal);
    // Location, channel, item, opening, and three commitments with their shipments.
    assert_eq!((summary.commands.booked, summary.bad), (10, 0), "{}", told(&summary));
    assert_eq!(stock(&rehearsal), "A 0");
}

#[test]
fn opening_stock_is_the_least_that_keeps_the_book_up() {
    let line = |document: &str, quantity: i64| {
        format!("{document},A,JUG,{quantity},2010-12-01 08:00:00,1.0,1,Fr\n")
    };
    let text = [("1", 5), ("C2", -3), ("3", 4), ("C4", -9)].map(|(it, units)| line(it, units));
    let mut least = rehearsal();
    let summary = import(&format!("{HEADER}{}", text.concat()), &mut least);
    assert_eq!((summary.opening_units, summary.flags.len()), (6, 0));
    assert_eq!(stock(&least), "A 9");

    let file = a_file(format!("{HEADER}{}", text.concat()).as_bytes());
    let mut none = rehearsal();
    let args = ImportArgs { opening: Some("none".into()), ..args(file.path()) };
    let summary = import_with(&args, &mut none).unwrap();
    assert!(summary.flags["negative_book"] > 0, "{}", told(&summary));
    assert_eq!(stock(&none), "A 3");
}

#[test]
fn another_shop_needs_only_another_profile() {
    let profile = a_file(
        r#"
        source = "dian"
        file = { encoding = "gbk", delimiter = ";" }
        columns = { document = "订单号", sku = "货号", quantity = "数量", time = "时间", reason = "备注" }
        time = { zone = "Asia/Shanghai", format = ["%Y/%m/%d %H:%M"] }
        location = { id = "上海仓" }
        channel = { fixed = "小程序" }
        rule = [
            { name = "盘点", kind = "adjust", when = [{ column = "订单号", starts_with = "PD" }] },
            { name = "销售", kind = "order" },
        ]
        reasons = { match = [{ code = "shrinkage", words = ["丢失"] }] }
        "#
        .as_bytes(),
    );
    let text = "订单号;货号;数量;时间;备注\n\
                PD1;茶杯;10;2026/01/01 08:00;\n\
                D1;茶杯;3;2026/01/01 09:00;\n\
                PD2;茶杯;-1;2026/01/01 10:00;仓库丢失\n";
    let file = a_file(&encoding_rs::GBK.encode(text).0);
    let mut to = rehearsal();
    let args = ImportArgs { profile: profile.path().into(), ..args(file.path()) };
    let summary = import_with(&args, &mut to).unwrap();
    assert_eq!((summary.bad, summary.by_rule[0].lines), (0, 2), "{}", told(&summary));
    assert_eq!(to.ledger().item(ItemNo(0)).sku.as_str(), "茶杯");
    assert_eq!(summary.first_at.as_deref(), Some("2026-01-01T00:00:00Z"));
}

#[test]
fn a_column_that_is_not_there_is_named() {
    let file = a_file(b"Invoice,StockCode\n1,A\n");
    let failure = import_with(&args(file.path()), &mut rehearsal()).unwrap_err();
    assert_eq!(failure.status(), 2);
    assert!(failure.to_string().contains("no column \"InvoiceNo\""), "{failure}");
}

/// The six months of the real shop, where they lie beside the repository.
fn six_months() -> Option<PathBuf> {
    let start = Path::new(env!("CARGO_MANIFEST_DIR"));
    let name = "../shared/data/online-retail/online-retail-2010-12_2011-06.csv.gz";
    start.ancestors().map(|it| it.join(name)).find(|it| it.exists())
}

#[test]
fn six_real_months_are_classed_as_counted_by_hand() {
    let Some(file) = six_months() else { return };
    let mut rehearsal = rehearsal();
    let summary = import_with(&args(&file), &mut rehearsal).unwrap();
    expect![[r#"
        no goods: 1493
        return: 4195
        adjusted out: 758
        adjusted in: 702
        given free: 13
        sale: 238742
        booked 31958, replayed 0, known 0
        bad 0 of 245903
    "#]]
    .assert_eq(&told(&summary));
    assert_eq!((summary.items, summary.channels), (3_547, 37));
    let first_and_last = (summary.first_at.as_deref(), summary.last_at.as_deref());
    assert_eq!(first_and_last, (Some("2010-12-01T08:26:00Z"), Some("2011-06-30T19:08:00Z")));
    // All of the least opening stock is needed: every item that has some stood at zero once.
    assert!(stock(&rehearsal).lines().all(|it| !it.contains(" -")), "no balance is negative");
}
