//! Whole numbers as suppliers write them: marks, words, signs, wide digits.

use onhand_core::QUANTITY_MAX;

use super::{Negative, Profile};

/// How a profile's numbers are read, prepared once a file.
pub(super) struct Numbers {
    decimal: char,
    thousands: Option<char>,
    /// Whether one of the two marks was named: else `1.000` may be a thousand, or one.
    is_said: bool,
    /// In small letters.
    words: Vec<(String, Option<u64>)>,
    negative: Negative,
}

/// What a text is that is no number to us.
enum Unread {
    NoNumber,
    /// Digits with marks that the profile does not explain.
    Mark,
    /// With so many digits after the mark.
    NotWhole(usize),
    TooLarge,
}

impl Numbers {
    pub fn new(profile: &Profile) -> Numbers {
        let is_said = profile.decimal.is_some() || profile.thousands.is_some();
        let marks = Numbers::with_marks(profile, profile.decimal_mark(), profile.thousands);
        Numbers { is_said, ..marks }
    }

    /// The profile's words and signs, with marks that the format itself names.
    pub fn with_marks(profile: &Profile, decimal: char, thousands: Option<char>) -> Numbers {
        let unknown = profile.unknown.iter().map(|it| (it.as_str(), None));
        let said = profile.quantity_words.iter().map(|(word, it)| (word.as_str(), Some(*it)));
        Numbers {
            decimal,
            thousands: thousands.map(narrow),
            is_said: true,
            words: unknown.chain(said).map(|(it, of)| (it.trim().to_lowercase(), of)).collect(),
            negative: profile.negative,
        }
    }

    /// None: a blank, or a word for what is not known.
    ///
    /// # Errors
    /// Words that complete "the column …".
    pub fn quantity(&self, text: &str) -> Result<Option<u64>, String> {
        let text = text.trim();
        if text.is_empty() {
            return Ok(None);
        }
        if let Some(said) = self.word(text) {
            return Ok(said);
        }
        match self.signed(text)? {
            (false, number) => Ok(Some(number)),
            (true, 0) => Ok(Some(0)),
            (true, _) => self.below_zero(text),
        }
    }

    /// A quantity that is a number already.
    ///
    /// # Errors
    /// Words that complete "the column …".
    pub fn quantity_of(&self, number: f64) -> Result<Option<u64>, String> {
        let shown = || format!("{number}");
        if let Some(said) = self.words.iter().find(|(word, _)| *word == shown()) {
            return Ok(said.1);
        }
        if !number.is_finite() || number.abs() > QUANTITY_MAX as f64 {
            return Err(told(Unread::TooLarge, &shown()));
        }
        if number.fract() != 0.0 {
            return Err(told(Unread::NotWhole(1), &shown()));
        }
        match number < 0.0 {
            true => self.below_zero(&shown()),
            false => Ok(Some(number as u64)),
        }
    }

    /// A number of at least one. None: a blank, or a word for what is not known.
    ///
    /// # Errors
    /// Words that complete "the column …".
    pub fn pack(&self, text: &str) -> Result<Option<u64>, String> {
        let text = text.trim();
        if text.is_empty() || self.is_unknown(text) {
            return Ok(None);
        }
        match self.signed(text)? {
            (false, number @ 1..) => Ok(Some(number)),
            _ => Err(no_pack(text)),
        }
    }

    /// A pack that is a number already.
    ///
    /// # Errors
    /// Words that complete "the column …".
    pub fn pack_of(&self, number: f64) -> Result<Option<u64>, String> {
        match self.quantity_of(number)? {
            Some(pack @ 1..) => Ok(Some(pack)),
            Some(0) => Err(no_pack(&format!("{number}"))),
            None => Ok(None),
        }
    }

    /// Whether it is a word for what is not known.
    pub fn is_unknown(&self, text: &str) -> bool {
        self.word(text) == Some(None)
    }

    fn word(&self, text: &str) -> Option<Option<u64>> {
        if self.words.is_empty() {
            return None;
        }
        let small = text.to_lowercase();
        self.words.iter().find(|(word, _)| *word == small).map(|(_, it)| *it)
    }

    fn below_zero(&self, text: &str) -> Result<Option<u64>, String> {
        match self.negative {
            Negative::Zero => Ok(Some(0)),
            Negative::Unknown => Ok(None),
            Negative::Refuse => Err(format!(
                "{} is below zero; correct it, or set `negative` in the profile to \"zero\" or \
                 \"unknown\"",
                quoted(text)
            )),
        }
    }

    /// Whether it is below zero, and how much.
    fn signed(&self, text: &str) -> Result<(bool, u64), String> {
        // Nearly all numbers of a file are plain.
        if text.len() <= 12 && text.bytes().all(|it| it.is_ascii_digit()) {
            return text.parse().map(|it| (false, it)).map_err(|_| told(Unread::NoNumber, text));
        }
        let plain: String = text.chars().map(narrow).collect();
        let minus = plain.strip_prefix('-').or_else(|| plain.strip_suffix('-'));
        let body = minus.unwrap_or(&plain).trim();
        let number = self.whole(body).map_err(|it| told(it, text))?;
        Ok((minus.is_some(), number))
    }

    fn whole(&self, body: &str) -> Result<u64, Unread> {
        let (whole, fraction) = match body.split_once(self.decimal) {
            Some((whole, fraction)) => (whole, Some(fraction)),
            None => (body, None),
        };
        let marked = |it: &str| it.chars().all(|it| it.is_ascii_digit() || ".,' ".contains(it));
        let digits = self.digits(whole).filter(|_| fraction.is_none_or(is_digits));
        let Some(digits) = digits else {
            let marks = marked(body) && body.contains(|it: char| it.is_ascii_digit());
            return Err(if marks { Unread::Mark } else { Unread::NoNumber });
        };
        if fraction == Some("000") && !self.is_said {
            return Err(Unread::Mark);
        }
        if let Some(fraction) = fraction.filter(|it| it.bytes().any(|it| it != b'0')) {
            return Err(Unread::NotWhole(fraction.len()));
        }
        let number = digits.trim_start_matches('0');
        match number.len() {
            0 => Ok(0),
            1..=13 => number.parse().ok().filter(|it| *it <= QUANTITY_MAX).ok_or(Unread::TooLarge),
            _ => Err(Unread::TooLarge),
        }
    }

    /// The digits before the decimal mark. Groups must be of three: else a decimal mark that is
    /// taken for the other kind would make ten of one.
    fn digits(&self, whole: &str) -> Option<String> {
        let Some(mark) = self.thousands.filter(|it| whole.contains(*it)) else {
            return is_digits(whole).then(|| whole.to_owned());
        };
        let mut groups = whole.split(mark);
        let first = groups.next().filter(|it| it.len() <= 3 && is_digits(it))?;
        groups.try_fold(first.to_owned(), |digits, group| {
            (group.len() == 3 && is_digits(group)).then(|| digits + group)
        })
    }
}

fn no_pack(text: &str) -> String {
    format!("{} is no pack; it must be at least 1: correct it", quoted(text))
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|it| it.is_ascii_digit())
}

/// Wide characters of Chinese texts, typographic signs and all kinds of spaces as their plain ones.
fn narrow(character: char) -> char {
    match character {
        '\u{FF01}'..='\u{FF5E}' => char::from_u32(character as u32 - 0xFEE0).unwrap_or(character),
        '\u{2212}' | '\u{2013}' => '-',
        '\u{2019}' => '\'',
        _ if character.is_whitespace() => ' ',
        _ => character,
    }
}

fn told(unread: Unread, text: &str) -> String {
    let text = quoted(text);
    match unread {
        Unread::NoNumber => format!(
            "{text} is no number; correct it, or say what it means in `unknown` or \
             `quantity_words` of the profile"
        ),
        Unread::Mark => format!(
            "{text} has a mark that may part thousands or a fraction; set `thousands` or `decimal` \
             in the profile, or correct it"
        ),
        Unread::NotWhole(3) => format!(
            "{text} is not a whole number; correct it, or set `thousands` in the profile if the \
             mark parts thousands"
        ),
        Unread::NotWhole(_) => {
            format!("{text} is not a whole number; units are counted whole: correct it")
        }
        Unread::TooLarge => {
            format!("{text} is above {QUANTITY_MAX}; correct it, or name another column")
        }
    }
}

/// At most so many characters of a cell are shown in a complaint.
const SHOWN_CHARS_MAX: usize = 40;

/// A cell's text as a complaint shows it.
pub(super) fn quoted(text: &str) -> String {
    match text.char_indices().nth(SHOWN_CHARS_MAX) {
        Some((end, _)) => format!("{:?}…", &text[..end]),
        None => format!("{text:?}"),
    }
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;

    #[track_caller]
    fn check(profile: &str, texts: &[&str], said: Expect) {
        let numbers = Numbers::new(&Profile::parse(profile).unwrap());
        let lines = texts.iter().map(|text| match numbers.quantity(text) {
            Ok(Some(number)) => format!("{text:?} = {number}\n"),
            Ok(None) => format!("{text:?} unknown\n"),
            Err(message) => format!("{message}\n"),
        });
        said.assert_eq(&lines.collect::<String>());
    }

    #[test]
    fn plain_numbers_and_what_is_none() {
        let texts = [
            "0",
            "007",
            " 12 ",
            "12.0",
            "12.",
            "1.000",
            "1.00",
            ".5",
            "12.5",
            "1.234",
            "1,234",
            "1 234",
            "+5",
            "１２",
            "１，２",
            "",
            " ",
            "\u{3000}",
            "abc",
            "12 pcs",
            "1e3",
            "0x10",
            "１２个",
            "--1",
            "1000000000000",
            "1000000000001",
            "0000000000000000000007",
            "99999999999999999999999999",
            "NaN",
            "٣",
        ];
        check(
            "",
            &texts,
            expect![[r#"
                "0" = 0
                "007" = 7
                " 12 " = 12
                "12.0" = 12
                "12." has a mark that may part thousands or a fraction; set `thousands` or `decimal` in the profile, or correct it
                "1.000" has a mark that may part thousands or a fraction; set `thousands` or `decimal` in the profile, or correct it
                "1.00" = 1
                ".5" has a mark that may part thousands or a fraction; set `thousands` or `decimal` in the profile, or correct it
                "12.5" is not a whole number; units are counted whole: correct it
                "1.234" is not a whole number; correct it, or set `thousands` in the profile if the mark parts thousands
                "1,234" has a mark that may part thousands or a fraction; set `thousands` or `decimal` in the profile, or correct it
                "1 234" has a mark that may part thousands or a fraction; set `thousands` or `decimal` in the profile, or correct it
                "+5" is no number; correct it, or say what it means in `unknown` or `quantity_words` of the profile
                "１２" = 12
                "１，２" has a mark that may part thousands or a fraction; set `thousands` or `decimal` in the profile, or correct it
                "" unknown
                " " unknown
                "\u{3000}" unknown
                "abc" is no number; correct it, or say what it means in `unknown` or `quantity_words` of the profile
                "12 pcs" is no number; correct it, or say what it means in `unknown` or `quantity_words` of the profile
                "1e3" is no number; correct it, or say what it means in `unknown` or `quantity_words` of the profile
                "0x10" is no number; correct it, or say what it means in `unknown` or `quantity_words` of the profile
                "１２个" is no number; correct it, or say what it means in `unknown` or `quantity_words` of the profile
                "--1" is no number; correct it, or say what it means in `unknown` or `quantity_words` of the profile
                "1000000000000" = 1000000000000
                "1000000000001" is above 1000000000000; correct it, or name another column
                "0000000000000000000007" = 7
                "99999999999999999999999999" is above 1000000000000; correct it, or name another column
                "NaN" is no number; correct it, or say what it means in `unknown` or `quantity_words` of the profile
                "٣" is no number; correct it, or say what it means in `unknown` or `quantity_words` of the profile
            "#]],
        );
    }

    #[test]
    fn marks_part_thousands_and_fractions() {
        let texts =
            ["1.234", "1.234,00", "1.234,50", "1.23", "1234", "12.34.567", "1.234.567", ".234"];
        check(
            "thousands = \".\"",
            &texts,
            expect![[r#"
            "1.234" = 1234
            "1.234,00" = 1234
            "1.234,50" is not a whole number; units are counted whole: correct it
            "1.23" has a mark that may part thousands or a fraction; set `thousands` or `decimal` in the profile, or correct it
            "1234" = 1234
            "12.34.567" has a mark that may part thousands or a fraction; set `thousands` or `decimal` in the profile, or correct it
            "1.234.567" = 1234567
            ".234" has a mark that may part thousands or a fraction; set `thousands` or `decimal` in the profile, or correct it
        "#]],
        );
        let texts = ["1,234", "1,234.0", "1,23", "12,345,678", "1,,234", "1.234"];
        check(
            "thousands = \",\"",
            &texts,
            expect![[r#"
            "1,234" = 1234
            "1,234.0" = 1234
            "1,23" has a mark that may part thousands or a fraction; set `thousands` or `decimal` in the profile, or correct it
            "12,345,678" = 12345678
            "1,,234" has a mark that may part thousands or a fraction; set `thousands` or `decimal` in the profile, or correct it
            "1.234" is not a whole number; correct it, or set `thousands` in the profile if the mark parts thousands
        "#]],
        );
        let texts = ["1 234", "1\u{a0}234", "1\u{202f}234,0", "12 34"];
        check(
            "thousands = \" \"\ndecimal = \",\"",
            &texts,
            expect![[r#"
            "1 234" = 1234
            "1\u{a0}234" = 1234
            "1\u{202f}234,0" = 1234
            "12 34" has a mark that may part thousands or a fraction; set `thousands` or `decimal` in the profile, or correct it
        "#]],
        );
        check(
            "thousands = \"'\"",
            &["1'234", "1’234"],
            expect![[r#"
            "1'234" = 1234
            "1’234" = 1234
        "#]],
        );
    }

    #[test]
    fn below_zero_is_what_the_profile_says() {
        let texts = ["-3", "3-", "−3", "－３", "- 3", "-0", "-", "-3-"];
        check(
            "",
            &texts,
            expect![[r#"
            "-3" is below zero; correct it, or set `negative` in the profile to "zero" or "unknown"
            "3-" is below zero; correct it, or set `negative` in the profile to "zero" or "unknown"
            "−3" is below zero; correct it, or set `negative` in the profile to "zero" or "unknown"
            "－３" is below zero; correct it, or set `negative` in the profile to "zero" or "unknown"
            "- 3" is below zero; correct it, or set `negative` in the profile to "zero" or "unknown"
            "-0" = 0
            "-" is no number; correct it, or say what it means in `unknown` or `quantity_words` of the profile
            "-3-" is no number; correct it, or say what it means in `unknown` or `quantity_words` of the profile
        "#]],
        );
        check(
            "negative = \"zero\"",
            &["-3", "-1.5", "-x"],
            expect![[r#"
            "-3" = 0
            "-1.5" is not a whole number; units are counted whole: correct it
            "-x" is no number; correct it, or say what it means in `unknown` or `quantity_words` of the profile
        "#]],
        );
        check(
            "negative = \"unknown\"",
            &["-3"],
            expect![[r#"
            "-3" unknown
        "#]],
        );
    }

    #[test]
    fn words_stand_for_numbers_or_for_none() {
        let profile = "unknown = [\"n/a\", \"-\", \"无\"]\n\
                       quantity_words = { \"10+\" = 10, \"In Stock\" = 5, \"有货\" = 5, \"999\" = 20 }";
        let texts = ["N/A", "-", "无", "10+", "IN STOCK", "有货", "999", "11+", "12"];
        check(
            profile,
            &texts,
            expect![[r#"
            "N/A" unknown
            "-" unknown
            "无" unknown
            "10+" = 10
            "IN STOCK" = 5
            "有货" = 5
            "999" = 20
            "11+" is no number; correct it, or say what it means in `unknown` or `quantity_words` of the profile
            "12" = 12
        "#]],
        );
    }

    #[test]
    fn a_pack_is_at_least_one() {
        let numbers = Numbers::new(&Profile::parse("unknown = [\"-\"]").unwrap());
        assert_eq!(numbers.pack("12"), Ok(Some(12)));
        assert_eq!(numbers.pack(" "), Ok(None));
        assert_eq!(numbers.pack("-"), Ok(None));
        assert!(numbers.pack("0").unwrap_err().contains("at least 1"));
        assert!(numbers.pack("-2").unwrap_err().contains("at least 1"));
    }

    #[test]
    fn numbers_of_typed_cells() {
        let numbers = Numbers::new(&Profile::parse("unknown = [\"999\"]").unwrap());
        assert_eq!(numbers.quantity_of(12.0), Ok(Some(12)));
        assert_eq!(numbers.quantity_of(-0.0), Ok(Some(0)));
        assert_eq!(numbers.quantity_of(999.0), Ok(None));
        for wrong in [12.5, -1.0, 1e13, f64::NAN, f64::INFINITY] {
            assert!(numbers.quantity_of(wrong).is_err(), "{wrong}");
        }
    }
}
