//! What was written as EDI or as a workbook comes back, and every wrong count is noticed.

use std::io::Cursor;

use onhand_core::QUANTITY_MAX;
use proptest::prelude::*;
use rust_xlsxwriter::Workbook;
use smol_str::SmolStr;

use super::*;

/// Code, quantity, description. Lines, numbers of lines and the rest follow from that.
type Item = (String, Option<u64>, String);

/// Items whose codes differ. Texts have the marks of every format in them, which X12 cannot
/// write: `own` are those that a file uses itself.
fn items(own: &'static str) -> impl Strategy<Value = Vec<Item>> {
    let plain = move |text: String| {
        let kept: String = text.chars().filter(|it| !own.contains(*it)).collect();
        kept.trim().to_owned()
    };
    let quantity =
        prop_oneof![Just(None), (0..=QUANTITY_MAX).prop_map(Some), (0..9_u64).prop_map(Some)];
    let item = ("[0-9A-Za-z '+:?*~|>ü货-]{0,8}[0-9A-Z]", quantity, "[a-zA-Z '+:?*~|>é货]{0,20}");
    prop::collection::vec(item, 1..12).prop_map(move |items| {
        let numbered = items.into_iter().enumerate().map(|(index, (code, quantity, text))| {
            (format!("{index}{}", plain(code)), quantity, plain(text))
        });
        numbered.collect()
    })
}

fn read_back(bytes: &[u8], profile: &Profile) -> Result<(Vec<Item>, Reading), String> {
    let mut found = Vec::new();
    let reading = read(&mut Cursor::new(bytes), profile, &mut |line| {
        let text = line.description.unwrap_or_default();
        found.push((line.code.to_string(), line.quantity, text.to_string()));
    });
    reading.map(|it| (found, it)).map_err(|it| it.to_string())
}

/// The marks of an X12 file: element, component, terminator.
const X12_MARKS: [(char, char, &str); 4] =
    [('*', '>', "~"), ('|', ':', "\n"), ('*', ':', "~\r\n"), ('\u{1d}', '\u{1f}', "\u{1c}")];

/// A writer of 846 that puts `per_set` items into each transaction set.
fn x12(items: &[Item], marks: (char, char, &str), per_set: usize) -> String {
    let (element, component, end) = marks;
    let pad = |text: &str, width: usize| format!("{text:<width$}");
    let isa = format!(
        "ISA*00*{}*00*{}*ZZ*{}*ZZ*{}*261122*0831*U*00401*000000042*0*P*{component}{}",
        pad("", 10),
        pad("", 10),
        pad("SENDER", 15),
        pad("US", 15),
        &end[..1]
    );
    let mut segments = vec!["GS*IB*SENDER*US*20261122*0831*42*X*004010".to_owned()];
    let sets = items.chunks(per_set);
    let count = sets.len();
    for (set, items) in sets.enumerate() {
        let begin = segments.len();
        segments.push(format!("ST*846*{set:04}"));
        segments.push("BIA*00*SI*1*20261122*0830".into());
        for (code, quantity, text) in items {
            // Marks of the text itself are put in below, once the stars are replaced.
            segments.push(format!("LIN**VN*{code}"));
            segments.push(format!("PID*F****{text}"));
            let quantity = quantity.map(|it| it.to_string()).unwrap_or_default();
            segments.push(format!("QTY*33*{quantity}*EA"));
        }
        segments.push(format!("CTT*{}", items.len()));
        segments.push(format!("SE*{}*{set:04}", segments.len() - begin + 1));
    }
    segments.push(format!("GE*{count}*42"));
    segments.push("IEA*1*000000042".into());
    let body = segments.join(end).replace('*', &element.to_string());
    format!("{}{}{body}{end}", isa.replace('*', &element.to_string()), &end[1..])
}

/// The marks of an EDIFACT file as UNA names them.
const EDIFACT_MARKS: [&str; 3] = [":+.? '", "|*,! ~", ">:.\\ \u{1c}"];

/// A writer of INVRPT; released are all marks of `una`.
fn edifact(items: &[Item], una: &str, end: &str) -> String {
    let marks: Vec<char> = una.chars().collect();
    let (component, element, release, terminator) = (marks[0], marks[1], marks[3], marks[5]);
    let released = |text: &str| {
        let mut written = String::new();
        for letter in text.chars() {
            if [component, element, release, terminator].contains(&letter) {
                written.push(release);
            }
            written.push(letter);
        }
        written
    };
    let join = |elements: &[&[&str]]| {
        let elements: Vec<String> = elements
            .iter()
            .map(|parts| parts.iter().map(|it| released(it)).collect::<Vec<_>>())
            .map(|parts| parts.join(&component.to_string()))
            .collect();
        elements.join(&element.to_string())
    };
    let mut segments = vec![
        join(&[&["UNB"], &["UNOY", "3"], &["S"], &["U"], &["261122", "0831"], &["42"]]),
        join(&[&["UNH"], &["1"], &["INVRPT", "D", "96A", "UN"]]),
        join(&[&["BGM"], &["35"], &["1"], &["9"]]),
    ];
    for (code, quantity, text) in items {
        segments.push(join(&[&["LIN"], &["1"], &[""], &[code, "SA"]]));
        segments.push(join(&[&["IMD"], &["F"], &[""], &["", "", "", text]]));
        let quantity = quantity.map(|it| it.to_string()).unwrap_or_default();
        segments.push(join(&[&["QTY"], &["145", &quantity, "PCE"]]));
    }
    segments.push(join(&[&["UNT"], &[&segments.len().to_string()], &["1"]]));
    segments.push(join(&[&["UNZ"], &["1"], &["42"]]));
    let end = format!("{terminator}{end}");
    format!("UNA{una}{}{end}", segments.join(&end))
}

fn workbook(items: &[Item]) -> Vec<u8> {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    sheet.write_row(0, 0, ["supplier_sku", "quantity", "description"]).unwrap();
    for (row, (code, quantity, text)) in (1..).zip(items) {
        sheet.write_string(row, 0, code).unwrap();
        if let Some(quantity) = quantity {
            sheet.write_number(row, 1, *quantity as f64).unwrap();
        }
        sheet.write_string(row, 2, text).unwrap();
    }
    book.save_to_buffer().unwrap()
}

/// What cutting a file must never do: pass for less than it was.
fn is_refused_or_whole(bytes: &[u8], items: &[Item]) -> Result<(), TestCaseError> {
    let profile = Profile::default();
    if let Ok((found, _)) = read_back(bytes, &profile) {
        prop_assert_eq!(found, items);
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn an_846_comes_back(
        items in items("*>~|:\u{1d}\u{1f}\u{1c}"), marks in 0..X12_MARKS.len(), per_set in 1..5_usize,
        cut in any::<prop::sample::Index>(),
    ) {
        let file = x12(&items, X12_MARKS[marks], per_set);
        let (found, reading) = read_back(file.as_bytes(), &Profile::default()).unwrap();
        prop_assert_eq!(&found, &items);
        prop_assert_eq!(reading.header.snapshot, Some(SmolStr::new("SENDER:000000042")));
        prop_assert_eq!(reading.header.complete, Some(true));
        is_refused_or_whole(&file.as_bytes()[..cut.index(file.len())], &items)?;
    }

    #[test]
    fn an_invrpt_comes_back(
        items in items(""), marks in 0..EDIFACT_MARKS.len(),
        end in prop::sample::select(vec!["", "\n", "\r\n"]), cut in any::<prop::sample::Index>(),
    ) {
        let file = edifact(&items, EDIFACT_MARKS[marks], end);
        let (found, reading) = read_back(file.as_bytes(), &Profile::default()).unwrap();
        prop_assert_eq!(&found, &items);
        prop_assert_eq!(reading.header.snapshot, Some(SmolStr::new("S:42")));
        is_refused_or_whole(&file.as_bytes()[..cut.index(file.len())], &items)?;
    }

    #[test]
    fn a_lost_segment_is_noticed(
        items in items("*>~|:\u{1d}\u{1f}\u{1c}"), lost in any::<prop::sample::Index>(),
    ) {
        let file = x12(&items, X12_MARKS[0], 3);
        let segments: Vec<&str> = file.split_inclusive('~').collect();
        let lost = lost.index(segments.len());
        let rest: String =
            segments.iter().enumerate().filter(|(index, _)| *index != lost).map(|(_, it)| *it).collect();
        let said = read_back(rest.as_bytes(), &Profile { format: Some(Format::X12), ..Profile::default() });
        prop_assert!(said.is_err(), "without segment {lost}: {said:?}");
    }

    #[test]
    fn a_workbook_comes_back(items in items("")) {
        let (found, _) = read_back(&workbook(&items), &Profile::default()).unwrap();
        prop_assert_eq!(found, items);
    }
}
