//! The profile: how one feed's files are to be read. Checked as far as that needs no file.

use std::collections::BTreeMap;
use std::num::{NonZeroU32, NonZeroU64};

use encoding_rs::Encoding;
use serde::{Deserialize, Deserializer, de};

use super::Format;
use super::moment::{Moments, Zone};
use onhand_core::Basis;

use crate::Complaint;

/// How a feed's files are to be read. Without a key its default holds; all keys are optional.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Profile {
    /// None: known by the first bytes of each file.
    pub format: Option<Format>,
    /// What a byte order mark says comes first. None: UTF-8, and nothing else is let through.
    pub encoding: Option<Charset>,
    /// Between the columns. None: of tsv a tab, of pipe `|`; else detected among `,` `;` tab `|`.
    pub delimiter: Option<Delimiter>,
    pub quote: Quote,
    /// So many lines are above the header, or above the first line.
    pub skip_rows: u64,
    /// Whether a line names the columns. None: yes, but not of fixed.
    pub header: Option<bool>,
    /// Lines that begin with it are left out.
    pub comment: Option<String>,
    /// Of a workbook. None: its first sheet.
    pub sheet: Option<Sheet>,
    pub columns: Columns,
    /// Only lines with this text in that column: one warehouse of a file with several.
    pub only: Option<Only>,
    /// None: `,` where `.` parts thousands, else `.`.
    pub decimal: Option<char>,
    /// None: numbers with such a mark are refused, because it could be the decimal one.
    pub thousands: Option<char>,
    /// Words for a number that is not known, beside a blank. Case does not matter.
    pub unknown: Vec<String>,
    /// Words that stand for a quantity, such as `"10+" = 10`. Case does not matter.
    pub quantity_words: BTreeMap<String, u64>,
    pub negative: Negative,
    /// How moments are written, tried in order: strftime patterns, `rfc3339`, `unix`, `unix_ms`.
    pub dates: Moments,
    /// Where times without an offset are meant.
    pub time_zone: Option<Zone>,
    /// Units of ours in one of theirs where a line says nothing.
    pub pack: Option<NonZeroU64>,
    /// Whether a file lists everything the supplier has, where the file does not say.
    pub complete: Option<bool>,
    pub basis: Option<Basis>,
    pub trailer: Option<Trailer>,
    pub edi: EdiTerms,
}

/// Where a line says what. Without a key the column is looked for under the key's own name, that
/// of code under `supplier_sku`; only code and quantity must be there.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Columns {
    pub code: Option<Column>,
    pub quantity: Option<Column>,
    pub pack: Option<Column>,
    pub next_restock_at: Option<Column>,
    pub description: Option<Column>,
    pub gtin: Option<Column>,
    /// When the supplier looked. The latest of the file counts; only looked for if named.
    pub as_of: Option<Column>,
}

/// One column of a file.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(
    untagged,
    deny_unknown_fields,
    expecting = "must be the column's name, its number from 1, or { start = 1, length = 12 }"
)]
pub enum Column {
    /// From 1.
    Number(NonZeroU32),
    Name(String),
    /// In characters; the first is 1.
    Span {
        start: NonZeroU32,
        length: NonZeroU32,
    },
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(untagged, expecting = "must be the sheet's name, or its number from 1")]
pub enum Sheet {
    Number(NonZeroU32),
    Name(String),
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Only {
    pub column: Column,
    /// Compared without outer spaces, else exactly.
    pub is: String,
}

/// What a number below zero means.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Negative {
    #[default]
    Refuse,
    /// Promised beyond the stock: nothing is free.
    Zero,
    Unknown,
}

/// The last line of a file, which says how many lines there were.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Trailer {
    /// How the line begins.
    pub prefix: String,
    /// Number of its column with the count, or its place in characters.
    pub count_field: Column,
}

/// Which of the codes and numbers of an EDI message are meant. An empty list: the usual ones of
/// the format, in the usual order.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct EdiTerms {
    /// Qualifiers of the item's code, the best first.
    pub code_qualifiers: Vec<String>,
    /// Qualifiers of the quantity, the best first.
    pub quantity_qualifiers: Vec<String>,
    /// Units of measure with their units of ours, such as `CA = 12`.
    pub unit_packs: BTreeMap<String, NonZeroU64>,
    /// Only what is said of this location (QTY, NAD, SDQ).
    pub location: Option<String>,
}

/// An encoding by its label, such as `gbk`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Charset(pub &'static Encoding);

/// One ASCII character.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Delimiter(pub u8);

/// The character around cells, written twice within them. None: quotes mean nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quote(pub Option<u8>);

impl Default for Quote {
    fn default() -> Quote {
        Quote(Some(b'"'))
    }
}

impl<'de> Deserialize<'de> for Charset {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Charset, D::Error> {
        let label = String::deserialize(deserializer)?;
        Encoding::for_label(label.as_bytes()).map(Charset).ok_or_else(|| {
            de::Error::custom(format!(
                "{label:?} is no encoding; such as utf-8, utf-16le, gbk, gb18030, big5, \
                 shift_jis, windows-1252"
            ))
        })
    }
}

impl<'de> Deserialize<'de> for Delimiter {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Delimiter, D::Error> {
        let text = String::deserialize(deserializer)?;
        one_byte(&text).map(Delimiter).ok_or_else(|| {
            de::Error::custom(format!(
                "{text:?} must be one ASCII character, such as \";\" or \"\\t\""
            ))
        })
    }
}

impl<'de> Deserialize<'de> for Quote {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Quote, D::Error> {
        let text = String::deserialize(deserializer)?;
        match one_byte(&text) {
            _ if text.is_empty() => Ok(Quote(None)),
            Some(byte) => Ok(Quote(Some(byte))),
            None => Err(de::Error::custom(format!(
                "{text:?} must be one ASCII character, or \"\" where quotes mean nothing"
            ))),
        }
    }
}

fn one_byte(text: &str) -> Option<u8> {
    match text.as_bytes() {
        [one] if one.is_ascii() && !b"\r\n".contains(one) => Some(*one),
        _ => None,
    }
}

impl Profile {
    /// Reads a profile from TOML.
    ///
    /// # Errors
    /// A [`Complaint`] with the line and the key of the profile, and what to do.
    pub fn parse(text: &str) -> Result<Profile, Complaint> {
        let line_of = |error: &toml::de::Error| {
            let before = error.span().and_then(|it| text.get(..it.start));
            before.map(|it| it.matches('\n').count() as u64 + 1)
        };
        let plain = |error: toml::de::Error| Complaint {
            line: line_of(&error),
            column: None,
            message: format!("is no TOML: {}", error.message()),
        };
        let document = toml::Deserializer::parse(text).map_err(plain)?;
        let profile: Profile = serde_path_to_error::deserialize(document).map_err(|error| {
            let key = error.path().to_string();
            Complaint {
                line: line_of(error.inner()),
                column: (key != ".").then_some(key),
                message: error.inner().message().to_owned(),
            }
        })?;
        match profile.contradiction() {
            None => Ok(profile),
            Some((key, message)) => {
                Err(Complaint { line: None, column: Some(key.into()), message })
            }
        }
    }

    /// The mark before a number's fraction.
    pub fn decimal_mark(&self) -> char {
        self.decimal.unwrap_or(if self.thousands == Some('.') { ',' } else { '.' })
    }
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;

    #[track_caller]
    fn check(text: &str, said: Expect) {
        let actual = match Profile::parse(text) {
            Ok(profile) => format!("{profile:#?}"),
            Err(complaint) => complaint.to_string(),
        };
        said.assert_eq(&actual);
    }

    #[test]
    fn nothing_need_be_said() {
        assert_eq!(Profile::parse(""), Ok(Profile::default()));
    }

    #[test]
    fn every_key_is_read() {
        let profile = Profile::parse(EVERYTHING).unwrap();
        assert_eq!(profile.columns.code, Some(Column::Name("货号".into())));
        assert_eq!(profile.encoding, Some(Charset(encoding_rs::GBK)));
        assert_eq!(profile.decimal_mark(), ',');
        assert_eq!(profile.edi.unit_packs["CA"].get(), 12);
    }

    const EVERYTHING: &str = r#"
        format = "csv"
        encoding = "gbk"
        delimiter = ";"
        quote = "'"
        skip_rows = 2
        header = true
        comment = "//"
        sheet = "库存"
        only = { column = "仓库", is = "主仓" }
        decimal = ","
        thousands = "."
        unknown = ["n/a", "-"]
        negative = "zero"
        dates = ["%d.%m.%Y", "rfc3339", "unix", "unix_ms"]
        time_zone = "Asia/Shanghai"
        pack = 12
        complete = true
        basis = "before_our_orders"
        trailer = { prefix = "TRL", count_field = 2 }

        [columns]
        code = "货号"
        quantity = 2
        pack = "Pack"
        next_restock_at = "Due"
        description = "Text"
        gtin = "EAN"
        as_of = "Written"

        [quantity_words]
        "10+" = 10
        "有货" = 5

        [edi]
        code_qualifiers = ["VN", "SK"]
        quantity_qualifiers = ["33"]
        unit_packs = { CA = 12 }
        location = "WH1"
    "#;

    #[test]
    fn what_is_wrong_is_named_with_its_line() {
        check(
            "\nformat = \"cvs\"",
            expect![
                "line 2, format: unknown variant `cvs`, expected one of `csv`, `tsv`, `pipe`, `fixed`, `json`, `xlsx`, `x12`, `edifact`"
            ],
        );
        check(
            "\n\ncolums = {}",
            expect![
                "line 3, colums: unknown field `colums`, expected one of `format`, `encoding`, `delimiter`, `quote`, `skip_rows`, `header`, `comment`, `sheet`, `columns`, `only`, `decimal`, `thousands`, `unknown`, `quantity_words`, `negative`, `dates`, `time_zone`, `pack`, `complete`, `basis`, `trailer`, `edi`"
            ],
        );
        check(
            "[columns]\ncode = \"SKU\"\nskew = 3",
            expect![
                "line 3, columns.skew: unknown field `skew`, expected one of `code`, `quantity`, `pack`, `next_restock_at`, `description`, `gtin`, `as_of`"
            ],
        );
        check(
            "columns = { code = 0 }",
            expect![
                "line 1, columns.code: must be the column's name, its number from 1, or { start = 1, length = 12 }"
            ],
        );
        check(
            "columns = { code = { start = 1 } }",
            expect![
                "line 1, columns.code: must be the column's name, its number from 1, or { start = 1, length = 12 }"
            ],
        );
    }

    #[test]
    fn values_that_mean_nothing_are_named() {
        check(
            "encoding = \"latin9000\"",
            expect![[
                r#"line 1, encoding: "latin9000" is no encoding; such as utf-8, utf-16le, gbk, gb18030, big5, shift_jis, windows-1252"#
            ]],
        );
        check(
            "delimiter = \"||\"",
            expect![[
                r#"line 1, delimiter: "||" must be one ASCII character, such as ";" or "\t""#
            ]],
        );
        check(
            "quote = \"<<\"",
            expect![[
                r#"line 1, quote: "<<" must be one ASCII character, or "" where quotes mean nothing"#
            ]],
        );
        check(
            "time_zone = \"Europe/Lundon\"",
            expect![[
                r#"line 1, time_zone: "Europe/Lundon" is no time zone; such as UTC, Europe/London, Asia/Shanghai"#
            ]],
        );
        check(
            "dates = [\"%Y-%m-%Q\"]",
            expect![[
                r#"line 1, dates: "%Y-%m-%Q" names no day that can be read back; such as "%Y-%m-%d %H:%M:%S", "%d.%m.%Y", "rfc3339""#
            ]],
        );
        check(
            "dates = []",
            expect!["line 1, dates: must name at least one pattern, or be left out"],
        );
        check(
            "pack = 0",
            expect!["line 1, pack: invalid value: integer `0`, expected a nonzero u64"],
        );
        check(
            "decimal = \"..\"",
            expect![[r#"line 1, decimal: invalid value: string "..", expected a character"#]],
        );
        check(
            "quantity_words = { lots = -3 }",
            expect!["line 1, quantity_words.lots: invalid value: integer `-3`, expected u64"],
        );
        check(
            "edi = { unit_packs = { CA = 0 } }",
            expect![
                "line 1, edi.unit_packs.CA: invalid value: integer `0`, expected a nonzero u64"
            ],
        );
        check(
            "format = ",
            expect!["line 1: is no TOML: string values must be quoted, expected literal string"],
        );
    }
}
