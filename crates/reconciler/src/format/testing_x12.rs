//! X12 846 in, lines or complaints out.

use expect_test::{Expect, expect};

use super::testing::*;

const SAMPLE: &str = include_str!("../../tests/samples/x12-4010.edi");

/// One set with these segments between BIA and the trailers, whose counts are right.
fn with(segments: &str) -> String {
    set("00", segments)
}

fn set(purpose: &str, segments: &str) -> String {
    let body: Vec<&str> = segments.split_whitespace().collect();
    let items = body.iter().filter(|it| it.starts_with("LIN")).count();
    let count = body.len() + 4;
    let isa = &SAMPLE[..106];
    format!(
        "{isa}\nGS*IB*A*B*20261122*0831*905*X*004010~\nST*846*1~\nBIA*{purpose}*SI*1*20261122*0830~\n\
         {}CTT*{items}~\nSE*{count}*1~\nGE*1*905~\nIEA*1*000000905~\n",
        body.iter().map(|it| format!("{it}~\n")).collect::<String>()
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
fn a_4010_with_groups_and_sets_is_read() {
    says(
        "",
        SAMPLE,
        expect![[r#"
            9: 00123 12 "BLUE ENAMEL JUG" gtin 036000291452
            13: B-200 5 from 2026-12-05T00:00:00Z "OAK BREAD BOARD" gtin 4006381333931
            17: C-300 0
            19: D-400 ?
            25: E-500 7
            33: F-600 10
            6 lines, 0 skipped, snapshot ACMEWHOLESALE:000000905, as of 2026-11-22T08:30:00Z, complete true"#]],
    );
}

#[test]
fn a_5010_with_other_separators_is_read() {
    says(
        "",
        include_str!("../../tests/samples/x12-5010.edi"),
        expect![[r#"
        5: 00123 40 "NAPKIN, 30* 40 CM ~ WHITE" gtin 10614141000415
        9: B-200 0
        2 lines, 0 skipped, snapshot ACMEWHOLESALE:000000906, as of 2026-11-22T08:30:15Z, complete false"#]],
    );
    let profile = "edi = { quantity_qualifiers = [\"QA\"], code_qualifiers = [\"SK\"] }";
    says(
        profile,
        include_str!("../../tests/samples/x12-5010.edi"),
        expect![[r#"
        5: 00123 33 "NAPKIN, 30* 40 CM ~ WHITE" gtin 10614141000415
        9: B-200 0
        2 lines, 0 skipped, snapshot ACMEWHOLESALE:000000906, as of 2026-11-22T08:30:15Z, complete false"#]],
    );
}

#[test]
fn a_profile_says_what_partners_mean() {
    let profile = "time_zone = \"Asia/Shanghai\"\n[edi]\ncode_qualifiers = [\"UP\", \"EN\", \"SK\", \"VN\"]\n\
                   quantity_qualifiers = [\"63\", \"17\"]\nunit_packs = { EA = 1, CA = 12 }";
    says(
        profile,
        SAMPLE,
        expect![[r#"
            9: 036000291452 100 x1 "BLUE ENAMEL JUG" gtin 036000291452
            13: 4006381333931 5 x12 from 2026-12-04T16:00:00Z "OAK BREAD BOARD" gtin 4006381333931
            17: C-300 ?
            19: D-400 ?
            25: E-500 ?
            33: F-600 10 x1
            6 lines, 0 skipped, snapshot ACMEWHOLESALE:000000905, as of 2026-11-22T00:30:00Z, complete true"#]],
    );
}

#[test]
fn one_location_is_chosen() {
    says(
        "edi = { location = \"WH1\" }",
        SAMPLE,
        expect![[r#"
            9: 00123 12 "BLUE ENAMEL JUG" gtin 036000291452
            13: B-200 5 from 2026-12-05T00:00:00Z "OAK BREAD BOARD" gtin 4006381333931
            17: C-300 0
            19: D-400 ?
            4 lines, 2 skipped, snapshot ACMEWHOLESALE:000000905, as of 2026-11-22T08:30:00Z, complete true"#]],
    );
    says(
        "edi = { location = \"S2\" }",
        SAMPLE,
        expect![[r#"
            33: F-600 6
            1 lines, 5 skipped, snapshot ACMEWHOLESALE:000000905, as of 2026-11-22T08:30:00Z, complete true"#]],
    );
    let placed = with("LIN**VN*A QTY*33*9 N1*WH**92*W1 QTY*33*4 N1*WH**92*W2 QTY*33*5 LIN**VN*B");
    says(
        "",
        &placed,
        expect![[r#"
        5: A 9
        11: B ?
        2 lines, 0 skipped, snapshot ACMEWHOLESALE:000000905, as of 2026-11-22T08:30:00Z, complete true"#]],
    );
    says(
        "edi = { location = \"W2\" }",
        &placed,
        expect![[r#"
        5: A 5
        1 lines, 1 skipped, snapshot ACMEWHOLESALE:000000905, as of 2026-11-22T08:30:00Z, complete true"#]],
    );
}

#[test]
fn an_empty_quantity_is_unknown_and_no_zero() {
    check(
        "LIN**VN*A QTY*33* LIN**VN*B QTY*33 LIN**VN*C LIN**VN*D QTY*33*0",
        expect![[r#"
        5: A ?
        7: B ?
        9: C ?
        10: D 0
        4 lines, 0 skipped, snapshot ACMEWHOLESALE:000000905, as of 2026-11-22T08:30:00Z, complete true"#]],
    );
    // One store that says nothing leaves the sum open.
    check(
        "LIN**VN*A SDQ*EA*92*S1*4*S2**S3*5",
        expect![[r#"
        5: A ?
        1 lines, 0 skipped, snapshot ACMEWHOLESALE:000000905, as of 2026-11-22T08:30:00Z, complete true"#]],
    );
}

#[test]
fn what_is_no_number_of_units_is_told() {
    check(
        "LIN**VN*A QTY*33*-5 LIN**VN*B QTY*33*many LIN**VN*C QTY*33*1.5 LIN**VN*D QTY*33*1,5 \
         LIN**VN*E QTY*33*1000000000001 LIN**VN*F QTY*33*5.00 QTY*29*-7 LIN**VN*G QTY*33*1 QTY*33*2 \
         LIN**VN*H SDQ*EA*92*S1*4*S1*5 LIN**XX*I QTY*33*1 LIN LIN**VN*J QTY*33*1 DTM*018*20261399 \
         LIN**VN*K QTY*33*1 DTM*018*20261205*0800*QQ",
        expect![[r#"
            line 6, QTY02: "-5" is below zero; correct it, or set `negative` in the profile to "zero" or "unknown"
            line 8, QTY02: "many" is no number; correct it, or say what it means in `unknown` or `quantity_words` of the profile
            line 10, QTY02: "1.5" is not a whole number; units are counted whole: correct it
            line 12, QTY02: "1,5" has a mark that may part thousands or a fraction; set `thousands` or `decimal` in the profile, or correct it
            line 14, QTY02: "1000000000001" is above 1000000000000; correct it, or name another column
            line 20, QTY02: is "2" where 33 was "1" in segment 19; send it once, or each with its location
            line 22, SDQ06: is "5" where SDQ at S1 was "4" in segment 22; send it once, or each with its location
            line 23, LIN: no code with a qualifier of VN, VP, VA, SK, MG, MF, BP, IN, UK, EN, UP, UI; the item has XX; name the right one in the profile as `edi.code_qualifiers`
            line 25, LIN: no code with a qualifier of VN, VP, VA, SK, MG, MF, BP, IN, UK, EN, UP, UI; the item has none; name the right one in the profile as `edi.code_qualifiers`
            line 28, DTM02: is "20261399" with "": no day as CCYYMMDD with a time as HHMM or HHMMSS; correct it
            line 31, DTM04: is "QQ", no time code that can be told; leave it out"#]],
    );
    says(
        "negative = \"zero\"",
        &with("LIN**VN*A QTY*33*-5"),
        expect![[r#"
        5: A 0
        1 lines, 0 skipped, snapshot ACMEWHOLESALE:000000905, as of 2026-11-22T08:30:00Z, complete true"#]],
    );
}

#[test]
fn a_file_with_no_known_qualifier_is_not_all_unknown() {
    check(
        "LIN**VN*A QTY*XX*5 LIN**VN*B QTY*YY*7",
        expect![
            "no quantity has a qualifier of 33, 17, 1, QA, QH, OH; the file has XX, YY; name the right one in the profile as `edi.quantity_qualifiers`"
        ],
    );
}

#[test]
fn counts_and_control_numbers_must_be_right() {
    with_change(
        "SE*20*0001",
        "SE*21*0001",
        expect![[
            r#"line 22, SE01: counts "21" segments, but the file has 20; ask for the whole file again"#
        ]],
    );
    with_change(
        "SE*20*0001",
        "SE*20*0009",
        expect![[
            r#"line 22, SE02: is "0009", but ST02 in segment 3 is "0001"; ask for the whole file again"#
        ]],
    );
    with_change(
        "CTT*4*117",
        "CTT*5*117",
        expect![[
            r#"line 21, CTT01: counts "5" items, but the set has 4; ask for the whole file again"#
        ]],
    );
    with_change(
        "CTT*4*117",
        "CTT*4*118",
        expect![[
            r#"line 21, CTT02: is "118", but the quantities (QTY02) add up to 117; ask for the whole file again"#
        ]],
    );
    with_change(
        "GE*2*905",
        "GE*3*906",
        expect![[r#"
            line 29, GE01: counts "3" transaction sets, but the file has 2; ask for the whole file again
            line 29, GE02: is "906", but GS06 in segment 2 is "905"; ask for the whole file again"#]],
    );
    with_change(
        "IEA*2*000000905",
        "IEA*1*000000906",
        expect![[r#"
            line 37, IEA01: counts "1" groups, but the file has 2; ask for the whole file again
            line 37, IEA02: is "000000906", but ISA13 in segment 1 is "000000905"; ask for the whole file again"#]],
    );
    with_change(
        "IEA*2*000000905",
        "IEA*two*",
        expect![[r#"
            line 37, IEA01: counts "two" groups, but the file has 2; ask for the whole file again
            line 37, IEA02: is "", but ISA13 in segment 1 is "000000905"; ask for the whole file again"#]],
    );
}

#[test]
fn numbers_given_twice_and_segments_left_out_are_told() {
    with_change(
        "ST*846*0002",
        "ST*846*0001",
        expect![[r#"
            line 23, ST02: is "0001" for the second time; give each its own, and send it once
            line 28, SE02: is "0002", but ST02 in segment 23 is "0001"; ask for the whole file again"#]],
    );
    with_change(
        "20261122*0831*906",
        "20261122*0831*905",
        expect![[r#"
            line 30, GS06: is "905" for the second time; give each its own, and send it once
            line 36, GE02: is "906", but GS06 in segment 30 is "905"; ask for the whole file again"#]],
    );
    with_change(
        "LIN*2*VN*B-200*EN*4006381333931~\n",
        "",
        expect![[r#"
            line 20, CTT01: counts "4" items, but the set has 3; ask for the whole file again
            line 21, SE01: counts "20" segments, but the file has 19; ask for the whole file again"#]],
    );
}

#[test]
fn a_file_that_is_cut_off_is_told() {
    for mark in ["QTY*33*0*EA", "SE*6*0002", "GE*2*905", "GE*1*906", "IEA"] {
        let end = SAMPLE.find(mark).expect("in the sample");
        assert!(check_cut(&SAMPLE[..end]).contains("cut off"), "before {mark}");
    }
    says(
        "",
        &SAMPLE[..SAMPLE.find("E-500").unwrap()],
        expect![[r#"
            line 25, SE: is missing for ST02 "0002" in segment 23: the file is cut off; ask for it again
            line 25, GE: is missing for GS06 "905" in segment 2: the file is cut off; ask for it again
            line 25, IEA: is missing for ISA13 "000000905" in segment 1: the file is cut off; ask for it again"#]],
    );
    says(
        "",
        &SAMPLE[..SAMPLE.len() - 4],
        expect![[
            r#"line 37, IEA02: is "0000009", but ISA13 in segment 1 is "000000905"; ask for the whole file again"#
        ]],
    );
    says(
        "format = \"x12\"",
        &SAMPLE[..50],
        expect!["line 1, ISA: ends after 50 of its 106 characters; ask for the file again"],
    );
    // Only the last terminator: every count is there.
    assert_eq!(check_cut(SAMPLE.trim_end().trim_end_matches('~')), check_cut(SAMPLE));
}

fn check_cut(text: &str) -> String {
    super::testing::check("", text.as_bytes())
}

#[test]
fn wrong_delimiters_are_told() {
    with_change(
        "P*>~",
        "P*>|",
        expect![[r#"
            line 2, GS: has 125 elements where at most 8 are due; the terminator is not the one that the header of the file names
            line 2, GE: is missing for GS06 "905" in segment 2: the file is cut off; ask for it again
            line 2, IEA: is missing for ISA13 "000000905" in segment 1: the file is cut off; ask for it again"#]],
    );
    with_change(
        "ACMEWHOLESALE  *ZZ",
        "ACMEWHOLESALE*ZZ",
        expect![
            "line 1, ISA06: must be exactly 15 long and followed by '*'; fill it up with spaces"
        ],
    );
    with_change(
        "P*>~",
        "P***",
        expect![
            "line 1, ISA: names '*', '*' and '*' as separators of elements and components and as terminator; they must be three different marks"
        ],
    );
    says(
        "format = \"x12\"",
        "supplier_sku,quantity\nA,1\n",
        expect![
            "the file does not begin with ISA; it is no X12 file, correct `format` in the profile"
        ],
    );
}

#[test]
fn other_types_and_misplaced_segments_are_told() {
    with_change(
        "ST*846*0002",
        "ST*850*0002",
        expect![[
            r#"line 23, ST01: is "850": must be "846", the inventory report; send others elsewhere"#
        ]],
    );
    with_change(
        "GS*IB",
        "GS*PO",
        expect![[r#"line 2, GS01: is "PO": must be "IB", the group of inventory reports"#]],
    );
    let twice = format!("{SAMPLE}{SAMPLE}");
    says(
        "",
        &twice,
        expect![
            "line 38, ISA: stands after the end of the interchange; send one interchange per file"
        ],
    );
    says(
        "",
        &set("01", "LIN**VN*A QTY*33*1"),
        expect![[
            r#"line 4, BIA01: is "01", which takes an earlier report back; send the right one instead"#
        ]],
    );
    with_change(
        "ST*846*0001~\n",
        "",
        expect![[r#"
            line 3, BIA: stands outside of a transaction set (ST to SE); ask for the whole file again
            line 21, SE: closes no ST; ask for the whole file again
            line 28, GE01: counts "2" transaction sets, but the file has 1; ask for the whole file again"#]],
    );
}

#[test]
fn a_change_is_partial_and_an_unknown_purpose_says_nothing() {
    says(
        "",
        &set("04", "LIN**VN*A QTY*33*1"),
        expect![[r#"
        5: A 1
        1 lines, 0 skipped, snapshot ACMEWHOLESALE:000000905, as of 2026-11-22T08:30:00Z, complete false"#]],
    );
    says(
        "complete = true",
        &set("04", "LIN**VN*A QTY*33*1"),
        expect![[r#"
        5: A 1
        1 lines, 0 skipped, snapshot ACMEWHOLESALE:000000905, as of 2026-11-22T08:30:00Z, complete false"#]],
    );
    says(
        "",
        &set("22", "LIN**VN*A QTY*33*1"),
        expect![[r#"
        5: A 1
        1 lines, 0 skipped, snapshot ACMEWHOLESALE:000000905, as of 2026-11-22T08:30:00Z"#]],
    );
}

#[test]
fn foreign_bytes_are_told_unless_the_profile_names_their_encoding() {
    let text =
        with("LIN**VN*A PID*F****GRUN QTY*33*1 LIN**VN*B QTY*33*x").replace("GRUN", "GR\u{fc}N");
    let bytes = encoding_rs::WINDOWS_1252.encode(&text).0.into_owned();
    says_of(
        "",
        &bytes,
        expect![[r#"
        line 6, PID: has bytes that are no UTF-8; name the file's encoding in the profile
        line 9, QTY02: "x" is no number; correct it, or say what it means in `unknown` or `quantity_words` of the profile"#]],
    );
    says_of(
        "encoding = \"windows-1252\"",
        &encoding_rs::WINDOWS_1252.encode(&text.replace("*x~", "*2~")).0,
        expect![[r#"
            5: A 1 "GRüN"
            8: B 2
            2 lines, 0 skipped, snapshot ACMEWHOLESALE:000000905, as of 2026-11-22T08:30:00Z, complete true"#]],
    );
}
