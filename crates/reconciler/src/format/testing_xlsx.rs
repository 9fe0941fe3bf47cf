//! Workbooks in, lines or complaints out.

use std::io::{Cursor, Read, Write};

use expect_test::{Expect, expect};
use rust_xlsxwriter::{ExcelDateTime, Format, Formula, Workbook, Worksheet};
use zip::write::SimpleFileOptions;

use super::testing::*;

/// A workbook with one sheet that is filled by `fill`.
fn workbook(fill: impl FnOnce(&mut Worksheet)) -> Vec<u8> {
    let mut book = Workbook::new();
    fill(book.add_worksheet());
    book.save_to_buffer().unwrap()
}

/// Writes rows of text cells.
fn rows(sheet: &mut Worksheet, first: u32, rows: &[&[&str]]) {
    for (row, cells) in rows.iter().enumerate() {
        for (column, text) in cells.iter().enumerate() {
            sheet.write_string(first + row as u32, column as u16, *text).unwrap();
        }
    }
}

const HEADER: &[&str] = &["supplier_sku", "quantity", "next_restock_at"];

/// A sheet with our header and what `fill` adds from row 2 on.
#[track_caller]
fn check(profile: &str, fill: impl FnOnce(&mut Worksheet), said: Expect) {
    let bytes = workbook(|sheet| {
        rows(sheet, 0, &[HEADER]);
        fill(sheet);
    });
    says_of(profile, &bytes, said);
}

#[test]
fn codes_keep_their_zeros_as_text_and_by_their_format() {
    check(
        "",
        |sheet| {
            rows(sheet, 1, &[&["00123", "5"]]);
            sheet.write_number(2, 0, 12_345.0).unwrap();
            sheet.write_number(2, 1, 7.0).unwrap();
            let zeros = Format::new().set_num_format("00000000");
            sheet.write_number_with_format(3, 0, 123.0, &zeros).unwrap();
            sheet.write_number_with_format(3, 1, 8.0, &zeros).unwrap();
            let marks = Format::new().set_num_format("000-000");
            sheet.write_number_with_format(4, 0, 12_345.0, &marks).unwrap();
            let pieces = Format::new().set_num_format("0\" pcs\"");
            sheet.write_number_with_format(4, 1, 9.0, &pieces).unwrap();
            sheet.write_number(5, 0, 4_006_381_333_931.0).unwrap();
            let thousands = Format::new().set_num_format("#,##0");
            sheet.write_number_with_format(5, 1, 12_345.0, &thousands).unwrap();
        },
        expect![[r#"
            2: 00123 5
            3: 12345 7
            4: 00000123 8
            5: 012-345 9
            6: 4006381333931 12345
            5 lines, 0 skipped"#]],
    );
}

#[test]
fn a_blank_cell_is_unknown_and_a_blank_row_nothing() {
    check(
        "unknown = [\"n/a\"]\nquantity_words = { \"10+\" = 10 }",
        |sheet| {
            rows(sheet, 1, &[&["A"], &["B", " "], &["C", "n/a"], &["D", "10+"], &["E", "0"]]);
            sheet.write_blank(7, 0, &Format::new().set_bold()).unwrap();
            rows(sheet, 9, &[&["F", "1.0"]]);
            sheet.write_number(10, 0, 0.0).unwrap();
            sheet.write_number(10, 1, 0.0).unwrap();
        },
        expect![[r#"
            2: A ?
            3: B ?
            4: C ?
            5: D 10
            6: E 0
            10: F 1
            11: 0 0
            7 lines, 0 skipped"#]],
    );
}

#[test]
fn what_is_no_number_of_units_is_told_by_its_row() {
    check(
        "",
        |sheet| {
            rows(sheet, 1, &[&["A", "many"], &["B", "-1"], &["", "5"]]);
            rows(sheet, 4, &[&["C"], &["D"], &["E"], &["F"], &["G"]]);
            sheet.write_number(4, 1, -5.0).unwrap();
            sheet.write_number(5, 1, 1.5).unwrap();
            sheet.write_boolean(6, 1, true).unwrap();
            sheet.write_number(7, 1, 2e12).unwrap();
            sheet.write_formula(8, 1, Formula::new("=1/0").set_result("#DIV/0!")).unwrap();
            sheet.write_number(9, 0, 1_234_567_890_123_456_789.0).unwrap();
        },
        expect![[r#"
            line 2, quantity: "many" is no number; correct it, or say what it means in `unknown` or `quantity_words` of the profile
            line 3, quantity: "-1" is below zero; correct it, or set `negative` in the profile to "zero" or "unknown"
            line 4, supplier_sku: is blank; every line needs its code
            line 5, quantity: "-5" is below zero; correct it, or set `negative` in the profile to "zero" or "unknown"
            line 6, quantity: "1.5" is not a whole number; units are counted whole: correct it
            line 7, quantity: is TRUE where a text or a number is due; correct it
            line 8, quantity: "2000000000000" is above 1000000000000; correct it, or name another column
            line 9, quantity: holds the error #DIV/0!; correct its formula and save the workbook again
            line 10, supplier_sku: is the number 1234567890123456800, and a workbook keeps only 15 digits; format the column as text and enter it anew"#]],
    );
}

#[test]
fn formulas_count_with_the_values_they_were_saved_with() {
    check(
        "",
        |sheet| {
            rows(sheet, 1, &[&["A"]]);
            sheet.write_formula(1, 1, Formula::new("=3+4").set_result("7")).unwrap();
            sheet.write_formula(2, 0, Formula::new("=\"B\"&1").set_result("B1")).unwrap();
            // Written by a program that reckons nothing and puts a 0 there.
            sheet.write_formula(2, 1, "=3+4").unwrap();
        },
        expect![
            "line 3, quantity: is a formula that was never reckoned; open the workbook in a spreadsheet program and save it"
        ],
    );
}

#[test]
fn moments_are_in_the_senders_time_zone() {
    let fill = |sheet: &mut Worksheet| {
        rows(sheet, 1, &[&["A", "1"], &["B", "1", "2026-12-01T08:00:00Z"], &["C", "1", "soon"]]);
        let format = Format::new().set_num_format("yyyy-mm-dd hh:mm");
        let moment = ExcelDateTime::parse_from_str("2026-12-01 09:30").unwrap();
        sheet.write_datetime_with_format(1, 2, moment, &format).unwrap();
        let moment = ExcelDateTime::parse_from_str("2026-12-01").unwrap();
        sheet.write_string(4, 0, "D").unwrap();
        sheet.write_datetime_with_format(4, 1, moment, &format).unwrap();
    };
    check(
        "time_zone = \"Europe/Berlin\"",
        fill,
        expect![[r#"
            line 4, next_restock_at: "soon" is no time as rfc3339 or "%Y-%m-%d"; correct it, or set `dates` in the profile
            line 5, quantity: is the moment 2026-12-01T00:00:00 where a number is due"#]],
    );
    check(
        "",
        fill,
        expect![[r#"
            line 2, next_restock_at: "2026-12-01T09:30:00" says no offset; set `time_zone` in the profile
            line 4, next_restock_at: "soon" is no time as rfc3339 or "%Y-%m-%d"; correct it, or set `dates` in the profile
            line 5, quantity: is the moment 2026-12-01T00:00:00 where a number is due"#]],
    );
    let fill = |sheet: &mut Worksheet| {
        rows(sheet, 1, &[&["A", "1"]]);
        let format = Format::new().set_num_format("yyyy-mm-dd hh:mm");
        let moment = ExcelDateTime::parse_from_str("2026-12-01 09:30").unwrap();
        sheet.write_datetime_with_format(1, 2, moment, &format).unwrap();
    };
    check(
        "time_zone = \"Europe/Berlin\"",
        fill,
        expect![[r#"
        2: A 1 from 2026-12-01T08:30:00Z
        1 lines, 0 skipped"#]],
    );
}

/// Three sheets, the first of them hidden.
fn three_sheets() -> Vec<u8> {
    let mut book = Workbook::new();
    for (name, code) in [("Notes", "N"), ("库存", "K"), ("Old", "O")] {
        let sheet = book.add_worksheet().set_name(name).unwrap();
        rows(sheet, 0, &[&["Stock list"], &[], &["Art", "Menge", "Lager"], &[code, "3", "Ost"]]);
        rows(sheet, 4, &[&["# total", "4"], &["X", "1", "West"]]);
        sheet.set_hidden(name == "Notes");
        if name == "库存" {
            sheet.set_active(true);
        }
    }
    book.save_to_buffer().unwrap()
}

#[test]
fn sheet_header_and_columns_are_those_of_the_profile() {
    let book = three_sheets();
    let columns = "skip_rows = 1\ncomment = \"#\"\n\
                   only = { column = \"Lager\", is = \"Ost\" }\n\
                   columns = { code = \"Art\", quantity = 2 }\n";
    says_of(
        columns,
        &book,
        expect![[r#"
        4: K 3
        1 lines, 2 skipped"#]],
    );
    says_of(
        &format!("{columns}sheet = \"Old\"").replace("columns =", "\ncolumns ="),
        &book,
        expect![[r#"
            4: O 3
            1 lines, 2 skipped"#]],
    );
    says_of(
        &format!("sheet = 1\n{columns}"),
        &book,
        expect![[r#"
        4: N 3
        1 lines, 2 skipped"#]],
    );
    says_of(
        &format!("sheet = 4\n{columns}"),
        &book,
        expect![[
            r#"the workbook has no sheet number 4; it has "Notes", "库存", "Old"; correct `sheet` in the profile"#
        ]],
    );
    says_of(
        &format!("sheet = \"Stock\"\n{columns}"),
        &book,
        expect![[
            r#"the workbook has no sheet "Stock"; it has "Notes", "库存", "Old"; correct `sheet` in the profile"#
        ]],
    );
    says_of(
        "columns = { code = \"SKU\" }",
        &book,
        expect![[r#"
        line 1, SKU: is not among the columns "Stock list"; correct `columns` in the profile, or `delimiter`, `encoding` and `skip_rows` if these look wrong
        line 1, quantity: is not among the columns "Stock list"; correct `columns` in the profile, or `delimiter`, `encoding` and `skip_rows` if these look wrong"#]],
    );
    let numbers = "header = false\nskip_rows = 3\nsheet = 3\ncomment = \"#\"\n\
                   columns = { code = 1, quantity = 2, description = 9 }";
    says_of(
        numbers,
        &book,
        expect![[r#"
        4: O 3
        6: X 1
        2 lines, 1 skipped"#]],
    );
}

#[test]
fn a_trailer_counts_the_rows() {
    let profile = "trailer = { prefix = \"TOTAL\", count_field = 2 }";
    check(
        profile,
        |it| rows(it, 1, &[&["A", "1"], &["B", "2"], &["TOTAL", "2"]]),
        expect![[r#"
        2: A 1
        3: B 2
        2 lines, 0 skipped"#]],
    );
    check(
        profile,
        |it| rows(it, 1, &[&["A", "1"], &["TOTAL", "2"]]),
        expect![
            "line 3, trailer: counts 2 lines, but the file has 1; ask for the whole file again"
        ],
    );
    check(
        profile,
        |it| rows(it, 1, &[&["A", "1"]]),
        expect![[
            r#"the file has no line that begins with "TOTAL": it is cut off; ask for it again, or correct `trailer` in the profile"#
        ]],
    );
}

#[test]
fn merged_cells_have_one_value() {
    check(
        "",
        |sheet| {
            rows(sheet, 1, &[&["A", "1"], &["B", "2"]]);
            sheet.merge_range(1, 0, 2, 0, "AB", &Format::new()).unwrap();
        },
        expect!["line 3, supplier_sku: is blank; every line needs its code"],
    );
}

/// The workbook with its parts changed, or left out where `change` returns None.
fn repacked(bytes: &[u8], change: impl Fn(&str, Vec<u8>) -> Option<Vec<u8>>) -> Vec<u8> {
    let mut old = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
    let mut new = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for index in 0..old.len() {
        let mut entry = old.by_index(index).unwrap();
        let name = entry.name().unwrap().into_owned();
        let mut content = Vec::new();
        entry.read_to_end(&mut content).unwrap();
        if let Some(content) = change(&name, content) {
            new.start_file(name.as_str(), SimpleFileOptions::default()).unwrap();
            new.write_all(&content).unwrap();
        }
    }
    new.finish().unwrap().into_inner()
}

fn small() -> Vec<u8> {
    workbook(|sheet| rows(sheet, 0, &[HEADER, &["A", "1"]]))
}

/// The part with `from` replaced by `to`.
fn with_part(part: &str, from: &str, to: &str) -> Vec<u8> {
    repacked(&small(), |name, content| {
        if name != part {
            return Some(content);
        }
        let text = String::from_utf8(content).unwrap();
        assert!(text.contains(from), "{from} in {text}");
        Some(text.replacen(from, to, 1).into_bytes())
    })
}

#[test]
fn a_zip_bomb_is_refused_before_it_is_unpacked() {
    let sheet = "xl/worksheets/sheet1.xml";
    let bomb =
        with_part(sheet, "<sheetData>", &format!("<!--{}--><sheetData>", " ".repeat(8 << 20)));
    says_of(
        "",
        &bomb,
        expect![[
            r#""xl/worksheets/sheet1.xml" of the workbook unpacks from 8568 to 8389281 bytes, more than 100 times as much; save the sheet with the stock alone, or as CSV"#
        ]],
    );
    // The declared sizes lie.
    let honest =
        with_part(sheet, "<sheetData>", &format!("<!--{}--><sheetData>", " ".repeat(2 << 20)));
    let mut lying = honest;
    lie_about_sizes(&mut lying);
    says_of(
        "",
        &lying,
        expect![
            "the workbook is damaged (i/o error: File is larger than its declared uncompressed size); ask for it again, or save it again as .xlsx"
        ],
    );
    let many = repacked(&small(), |_, content| Some(content));
    let mut archive = zip::ZipWriter::new_append(Cursor::new(many)).unwrap();
    for number in 0..1_000 {
        archive.start_file(format!("xl/media/{number}"), SimpleFileOptions::default()).unwrap();
    }
    says_of(
        "",
        &archive.finish().unwrap().into_inner(),
        expect![
            "the workbook has 1010 parts, more than 1000; save the sheet with the stock alone, or as CSV"
        ],
    );
    let texts = "xl/sharedStrings.xml";
    let announced = with_part(texts, "uniqueCount=\"", "uniqueCount=\"99999999999");
    says_of(
        "",
        &announced,
        expect![
            "the workbook announces too many texts, more than 5000000; save the sheet with the stock alone, or as CSV"
        ],
    );
    let noise: String = (0..3 << 19)
        .map(|it: u32| char::from(b'a' + (it.wrapping_mul(2_654_435_761) >> 28) as u8))
        .collect();
    says_of(
        "",
        &with_part(texts, "<t>A", &format!("<t>{noise}")),
        expect![
            "the workbook has a text of a cell with too many bytes, more than 1048576; save the sheet with the stock alone, or as CSV"
        ],
    );
}

/// Writes a small size into every entry of the central directory.
fn lie_about_sizes(bytes: &mut [u8]) {
    let places: Vec<usize> =
        (0..bytes.len() - 4).filter(|it| bytes[*it..].starts_with(b"PK\x01\x02")).collect();
    for place in places {
        bytes[place + 24..place + 28].copy_from_slice(&1000u32.to_le_bytes());
    }
}

#[test]
fn damaged_workbooks_are_told_and_stop_nothing() {
    let sheet = "xl/worksheets/sheet1.xml";
    says_of(
        "",
        &with_part(sheet, "r=\"A2\"", "r=\"ZZZZZZZZZZZZ2\""),
        expect!["the workbook is damaged; ask for it again, or save it again as .xlsx"],
    );
    says_of(
        "",
        &with_part(sheet, "r=\"A2\"", "r=\"ZZZZ2\""),
        expect!["line 2: the sheet has more than 16384 columns up to here; save it as CSV"],
    );
    says_of(
        "",
        &with_part(sheet, "</sheetData>", ""),
        expect![
            "the workbook cannot be read (Unexpected end of xml, expecting '</sheetData>'); ask for it again, or save it again as .xlsx"
        ],
    );
    says_of(
        "",
        &with_part(sheet, "<v>3</v>", "<v>77</v>"),
        expect![
            "the workbook cannot be read (Cell string index not found in shared strings table); ask for it again, or save it again as .xlsx"
        ],
    );
}

#[test]
fn workbooks_without_their_parts_are_told_and_stop_nothing() {
    let no_sheet =
        repacked(&small(), |name, it| (name != "xl/worksheets/sheet1.xml").then_some(it));
    says_of(
        "",
        &no_sheet,
        expect![
            "the workbook cannot be read (Worksheet 'Sheet1' not found); ask for it again, or save it again as .xlsx"
        ],
    );
    let bytes = small();
    says_of(
        "",
        &bytes[..bytes.len() / 2],
        expect![
            "the file is no workbook (.xlsx), or was cut off; ask for it again, or save it as .xlsx"
        ],
    );
    let mut flipped = bytes.clone();
    flipped[bytes.len() / 3] ^= 0x55;
    let said = super::testing::check("", &flipped);
    assert!(said.contains("workbook") || said.contains("A 1"), "{said}");
    says_of(
        "format = \"xlsx\"",
        b"supplier_sku,quantity\nA,1\n",
        expect![
            "the file is no workbook (.xlsx), or was cut off; ask for it again, or save it as .xlsx"
        ],
    );
    says_of(
        "",
        b"PK\x05\x06",
        expect![
            "the file is no workbook (.xlsx), or was cut off; ask for it again, or save it as .xlsx"
        ],
    );
    // A directory that claims more entries than memory could hold.
    let mut claims = vec![b'P', b'K', 6, 6, 44, 0, 0, 0, 0, 0, 0, 0];
    claims.extend([0; 12]);
    for number in [1u64 << 40, 1 << 40, 46 << 40, 0] {
        claims.extend(number.to_le_bytes());
    }
    claims.extend(b"PK\x06\x07\0\0\0\0\0\0\0\0\0\0\0\0\x01\0\0\0");
    claims.extend(b"PK\x05\x06\0\0\0\0\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\0\0");
    says_of(
        "format = \"xlsx\"",
        &claims,
        expect![
            "the file is no workbook (.xlsx), or was cut off; ask for it again, or save it as .xlsx"
        ],
    );
}
