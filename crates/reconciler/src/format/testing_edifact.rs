//! EDIFACT INVRPT in, lines or complaints out.

use expect_test::{Expect, expect};

use super::testing::*;

const SAMPLE: &str = include_str!("../../tests/samples/invrpt-d96a.edi");

/// One message with these segments after its date, and trailers whose counts are right.
fn with(segments: &str) -> String {
    let body: Vec<&str> = segments.split_whitespace().collect();
    let count = body.len() + 4;
    format!(
        "UNB+UNOA:3+A+B+261122:0831+7'UNH+1+INVRPT:D:96A:UN'BGM+35+1+9'DTM+137:20261122:102'\
         {}UNT+{count}+1'UNZ+1+7'",
        body.iter().map(|it| format!("{it}'")).collect::<String>()
    )
}

#[track_caller]
fn check(segments: &str, said: Expect) {
    says("", &with(segments), said);
}

/// The sample with one text replaced.
#[track_caller]
fn with_change(from: &str, to: &str, said: Expect) {
    assert!(SAMPLE.contains(from), "{from} is in the sample");
    says("", &SAMPLE.replacen(from, to, 1), said);
}

#[test]
fn a_d96a_is_read() {
    says(
        "",
        SAMPLE,
        expect![[r#"
        8: 00123 12 "EMAILLEKRUG BLAU 50+" gtin 4006381333931
        13: B-200 ? from 2026-12-05T00:00:00Z gtin 6291041500213
        17: C-300 0
        20: D-400 4
        4 lines, 0 skipped, snapshot 4012345000009:00000073, as of 2026-11-22T08:00:00Z, complete true"#]],
    );
    let profile = "time_zone = \"Europe/Berlin\"\npack = 6\n[edi]\ncode_qualifiers = [\"EN\", \"SA\"]\n\
                   unit_packs = { CT = 24 }";
    says(
        profile,
        SAMPLE,
        expect![[r#"
        8: 4006381333931 12 x6 "EMAILLEKRUG BLAU 50+" gtin 4006381333931
        13: 6291041500213 ? x6 from 2026-12-04T23:00:00Z gtin 6291041500213
        17: C-300 0 x6
        20: D-400 4 x24
        4 lines, 0 skipped, snapshot 4012345000009:00000073, as of 2026-11-22T07:00:00Z, complete true"#]],
    );
}

#[test]
fn a_d97a_in_groups_and_utf_8_adds_up_its_locations() {
    let sample = include_bytes!("../../tests/samples/invrpt-d97a.edi");
    says_of(
        "",
        sample,
        expect![[r#"
        6: 00123 1300 "Größe XL"
        12: B-200 3
        2 lines, 0 skipped, snapshot ACME:74, as of 2026-11-22T08:31:00Z, complete false"#]],
    );
    says_of(
        "edi = { location = \"WH1\" }",
        sample,
        expect![[r#"
        6: 00123 1250 "Größe XL"
        1 lines, 1 skipped, snapshot ACME:74, as of 2026-11-22T08:31:00Z, complete false"#]],
    );
}

#[test]
fn an_eancom_has_its_own_decimal_mark() {
    let sample = include_str!("../../tests/samples/invrpt-eancom.edi");
    says(
        "",
        sample,
        expect![[r#"
            7: 4006381333931 1200 gtin 4006381333931
            10: 96385074 0 gtin 96385074
            2 lines, 0 skipped, snapshot 4012345000009:75, as of 2026-11-22T08:31:00Z, complete true"#]],
    );
    says(
        "",
        &sample.replace("1200,0", "1200.0"),
        expect![[
            r#"line 8, QTY01.2: "1200.0" has a mark that may part thousands or a fraction; set `thousands` or `decimal` in the profile, or correct it"#
        ]],
    );
}

#[test]
fn marks_are_those_of_una() {
    let text = SAMPLE.replace("UNA:+.? '", "UNA|*.! ~");
    let (una, rest) = text.split_at(9);
    let other = rest.replace('?', "!").replace('\'', "~").replace("!+", "+").replace(':', "|");
    let other = other.replace("BLAU 50+", "BLAU 50#").replace('+', "*").replace('#', "+");
    assert_eq!(super::testing::check("", format!("{una}{other}").as_bytes()), {
        super::testing::check("", SAMPLE.as_bytes())
    });
}

#[test]
fn an_empty_quantity_is_unknown_and_what_moved_or_is_damaged_is_no_stock() {
    check(
        "LIN+1++A:SA QTY+145 LIN+2++B:SA QTY+145: LIN+3++C:SA LIN+4++D:SA QTY+145:0 \
         LIN+5++E:SA QTY+145:5 INV+2 LIN+6++F:SA QTY+145:5 INV++1 QTY+145:7 INV++2",
        expect![[r#"
            5: A ?
            7: B ?
            9: C ?
            10: D 0
            12: E ?
            15: F 5
            6 lines, 0 skipped, snapshot A:7, as of 2026-11-22T08:31:00Z, complete true"#]],
    );
}

#[test]
fn what_is_no_number_of_units_is_told() {
    check(
        "LIN+1++A:SA QTY+145:-5 LIN+2++B:SA QTY+145:many LIN+3++C:SA QTY+145:1.5 LIN+4++D:SA \
         QTY+145:1,5 LIN+5++E:SA QTY+145:1000000000001 LIN+6++F:SA QTY+145:1 QTY+145:2 LIN+7++G:XX \
         QTY+145:1 LIN+8 QTY+145:1 LIN+9++H:SA QTY+145:1 DTM+44:2026:602 LIN+10++I:SA \
         QTY+145:5:PCE LOC+18+A QTY+145:5:CT LOC+18+B",
        expect![[r#"
            line 6, QTY01.2: "-5" is below zero; correct it, or set `negative` in the profile to "zero" or "unknown"
            line 8, QTY01.2: "many" is no number; correct it, or say what it means in `unknown` or `quantity_words` of the profile
            line 10, QTY01.2: "1.5" is not a whole number; units are counted whole: correct it
            line 12, QTY01.2: "1,5" has a mark that may part thousands or a fraction; set `thousands` or `decimal` in the profile, or correct it
            line 14, QTY01.2: "1000000000001" is above 1000000000000; correct it, or name another column
            line 17, QTY01.2: is "2" where 145 was "1" in segment 16; send it once, or each with its location
            line 18, LIN: no code with a qualifier of SA, VN, VP, SK, MF, MG, BP, IN, SRV, EN, UP; the item has XX; name the right one in the profile as `edi.code_qualifiers`
            line 20, LIN: no code with a qualifier of SA, VN, VP, SK, MF, MG, BP, IN, SRV, EN, UP; the item has none; name the right one in the profile as `edi.code_qualifiers`
            line 24, DTM01.2: is "2026" with format "602": no moment in one of the formats 101, 102, 201, 202, 203, 204, 205, 303 and 304; correct it
            line 28, QTY01.2: is in "CT", others of this item are in "PCE"; send one unit"#]],
    );
    check(
        "LIN+1++A:SA QTY+198:5",
        expect![
            "no quantity has a qualifier of 145, 17, 33, 1; the file has 198; name the right one in the profile as `edi.quantity_qualifiers`"
        ],
    );
}

#[test]
fn counts_and_references_must_be_right() {
    with_change(
        "UNT+25+1",
        "UNT+24+1",
        expect![[
            r#"line 26, UNT01: counts "24" segments, but the file has 25; ask for the whole file again"#
        ]],
    );
    with_change(
        "UNT+25+1",
        "UNT+25+2",
        expect![[
            r#"line 26, UNT02: is "2", but UNH01 in segment 2 is "1"; ask for the whole file again"#
        ]],
    );
    with_change(
        "UNZ+1+00000073",
        "UNZ+2+00000074",
        expect![[r#"
        line 27, UNZ01: counts "2" messages, but the file has 1; ask for the whole file again
        line 27, UNZ02: is "00000074", but UNB05 in segment 1 is "00000073"; ask for the whole file again"#]],
    );
    with_change(
        "CNT+2:4",
        "CNT+2:5",
        expect![[
            r#"line 25, CNT01.2: counts "5" items, but the message has 4; ask for the whole file again"#
        ]],
    );
    with_change(
        "CNT+2:4",
        "CNT+1:125",
        expect![[r#"
        8: 00123 12 "EMAILLEKRUG BLAU 50+" gtin 4006381333931
        13: B-200 ? from 2026-12-05T00:00:00Z gtin 6291041500213
        17: C-300 0
        20: D-400 4
        4 lines, 0 skipped, snapshot 4012345000009:00000073, as of 2026-11-22T08:00:00Z, complete true"#]],
    );
    with_change(
        "CNT+2:4",
        "CNT+1:126",
        expect![[
            r#"line 25, CNT01.2: is "126", but the quantities add up to 125; ask for the whole file again"#
        ]],
    );
    let message = &SAMPLE[SAMPLE.find("UNH").unwrap()..SAMPLE.find("UNZ").unwrap()];
    let twice = format!("{message}{message}UNZ+1");
    with_change(
        &format!("{message}UNZ+1"),
        &twice.replace("UNZ+1", "UNZ+2"),
        expect![[
            r#"line 27, UNH01: is "1" for the second time; give each its own, and send it once"#
        ]],
    );
}

#[test]
fn a_file_that_is_cut_off_is_told() {
    for mark in ["QTY+145:0", "UNT", "UNZ"] {
        let end = SAMPLE.find(mark).expect("in the sample");
        let said = super::testing::check("", &SAMPLE.as_bytes()[..end]);
        assert!(said.contains("cut off"), "before {mark}: {said}");
    }
    says(
        "",
        &SAMPLE[..SAMPLE.find("C-300").unwrap()],
        expect![[r#"
        line 17, LIN: no code with a qualifier of SA, VN, VP, SK, MF, MG, BP, IN, SRV, EN, UP; the item has none; name the right one in the profile as `edi.code_qualifiers`
        line 18, UNT: is missing for UNH01 "1" in segment 2: the file is cut off; ask for it again
        line 18, UNZ: is missing for UNB05 "00000073" in segment 1: the file is cut off; ask for it again"#]],
    );
    says("format = \"edifact\"", "UNA:+.", expect!["the file ends in its UNA; ask for it again"]);
    says(
        "format = \"edifact\"",
        "UNA:+.? 'UNH+1'",
        expect![
            "the file does not begin with UNA or UNB and the marks that they name; it is no EDIFACT file, or cut off: correct `format` in the profile, or ask for the file again"
        ],
    );
}

#[test]
fn wrong_marks_and_other_types_are_told() {
    with_change(
        "UNA:+.? '",
        "UNA:+.? ~",
        expect![
            "line 1, UNB: has 50 elements where at most 11 are due; the terminator is not the one that the header of the file names"
        ],
    );
    with_change(
        "UNA:+.? '",
        "UNA++.? '",
        expect![[
            r#"UNA names '+', '+' and '\'' as separators of components and elements and as terminator; they and the release character must be different marks"#
        ]],
    );
    with_change(
        "INVRPT:D",
        "ORDERS:D",
        expect![[
            r#"line 2, UNH02.1: is "ORDERS": must be "INVRPT", the inventory report; send others elsewhere"#
        ]],
    );
    with_change(
        "UNOC",
        "UNOX",
        expect![[
            r#"line 1, UNB01.1: is "UNOX", no character set that can be read, such as UNOA, UNOB, UNOC or UNOY; set `encoding` in the profile"#
        ]],
    );
    with_change(
        "INV-73+9",
        "INV-73+1",
        expect![[
            r#"line 3, BGM03: is "1", which takes an earlier report back; send the right one instead"#
        ]],
    );
    says(
        "",
        &format!("{SAMPLE}{SAMPLE}"),
        expect![[r#"
            line 28: "UNA:" is no segment tag; the element separator or the terminator is not the one that the header of the file names
            line 29, UNB: stands after the end of the interchange; send one interchange per file"#]],
    );
    says(
        "format = \"edifact\"",
        "supplier_sku,quantity\nA,1\n",
        expect![
            "the file does not begin with UNA or UNB and the marks that they name; it is no EDIFACT file, or cut off: correct `format` in the profile, or ask for the file again"
        ],
    );
}

#[test]
fn the_charset_is_the_one_that_unb_names() {
    let text = SAMPLE.replace("BLAU", "GR\u{dc}N");
    let latin = encoding_rs::WINDOWS_1252.encode(&text).0.into_owned();
    says_of(
        "",
        &latin,
        expect![[r#"
        8: 00123 12 "EMAILLEKRUG GRÜN 50+" gtin 4006381333931
        13: B-200 ? from 2026-12-05T00:00:00Z gtin 6291041500213
        17: C-300 0
        20: D-400 4
        4 lines, 0 skipped, snapshot 4012345000009:00000073, as of 2026-11-22T08:00:00Z, complete true"#]],
    );
    let wrong = [&latin[..16], b"Y", &latin[17..]].concat();
    says_of(
        "",
        &wrong,
        expect![[
            r#"line 1, UNB01.1: is "UNYC", no character set that can be read, such as UNOA, UNOB, UNOC or UNOY; set `encoding` in the profile"#
        ]],
    );
    says_of(
        "encoding = \"windows-1252\"",
        &wrong,
        expect![[r#"
        8: 00123 12 "EMAILLEKRUG GRÜN 50+" gtin 4006381333931
        13: B-200 ? from 2026-12-05T00:00:00Z gtin 6291041500213
        17: C-300 0
        20: D-400 4
        4 lines, 0 skipped, snapshot 4012345000009:00000073, as of 2026-11-22T08:00:00Z, complete true"#]],
    );
}
