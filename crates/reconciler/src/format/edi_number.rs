//! Quantities and counts as EDI writes them: plain digits, a decimal mark, no thousands.

use onhand_core::QUANTITY_MAX;

/// Whole units. Nothing written: unknown, not zero. Errors complete "the element …".
pub(super) fn units(text: &str, decimal: char) -> Result<Option<u64>, String> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    if text.starts_with('-') || text.ends_with('-') {
        return Err(format!("is {text}: a stock cannot be negative; send 0 when nothing is left"));
    }
    let (whole, fraction) = text.split_once(decimal).unwrap_or((text, ""));
    let whole = whole.strip_prefix('+').unwrap_or(whole);
    let digits = |it: &str| it.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(whole) || !digits(fraction) || whole.len() + fraction.len() == 0 {
        return Err(format!(
            "is {text:?}: must be plain digits, with {decimal:?} as the only other mark; leave it \
             empty when the number is not known"
        ));
    }
    if fraction.bytes().any(|byte| byte != b'0') {
        return Err(format!("is {text}: must be whole units; send it in a smaller unit"));
    }
    let number = if whole.is_empty() { Some(0) } else { whole.parse::<u64>().ok() };
    match number.filter(|it| *it <= QUANTITY_MAX) {
        Some(number) => Ok(Some(number)),
        None => Err(format!("is {text}: no stock is above {QUANTITY_MAX}")),
    }
}

/// The count of a trailer.
pub(super) fn count(text: &str) -> Option<u64> {
    let plain = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if plain { text.parse().ok() } else { None }
}

/// Whether two control numbers are one: leading zeros are padding.
pub(super) fn same_control(one: &str, other: &str) -> bool {
    one.trim_start_matches('0') == other.trim_start_matches('0')
}

/// Totals over many numbers, the way trailers have them.
#[derive(Debug, Default)]
pub(super) struct Totals {
    /// Digits without decimal marks and signs, as X12 defines a hash total.
    digits: u128,
    /// Of what is before the decimal mark, as many senders do instead.
    whole: i128,
}

/// What a hash total of ten digits has room for.
const HASH_BOUND: u128 = 10_000_000_000;

impl Totals {
    pub fn add(&mut self, text: &str, decimal: char) {
        let digits: String = text.chars().filter(char::is_ascii_digit).take(30).collect();
        self.digits = self.digits.saturating_add(digits.parse().unwrap_or(0));
        let whole = text.split(decimal).next().unwrap_or_default();
        let whole = whole.get(..whole.len().min(30)).unwrap_or_default();
        self.whole = self.whole.saturating_add(whole.parse().unwrap_or(0));
    }

    /// Whether `text` is this total in one of the ways to reckon it.
    pub fn is(&self, text: &str, decimal: char) -> bool {
        let whole = text.split(decimal).next().unwrap_or_default();
        let digits: String = text.chars().filter(char::is_ascii_digit).take(30).collect();
        let said: Option<u128> = digits.parse().ok();
        whole.parse() == Ok(self.whole)
            || said.is_some_and(|it| it == self.digits || it == self.digits % HASH_BOUND)
    }

    /// The total by the standard.
    pub fn hash(&self) -> u128 {
        self.digits % HASH_BOUND
    }

    pub fn sum(&self) -> i128 {
        self.whole
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::{Expect, expect};

    fn check(cases: &[&str], expect: Expect) {
        let lines = cases.iter().map(|text| match units(text, '.') {
            Ok(None) => format!("{text:?} = unknown\n"),
            Ok(Some(number)) => format!("{text:?} = {number}\n"),
            Err(message) => format!("{message}\n"),
        });
        expect.assert_eq(&lines.collect::<String>());
    }

    #[test]
    fn digits_are_units_and_nothing_is_unknown() {
        check(
            &["0", "12", "0012", "12.00", "12.", ".0", "+5", "", "  ", "1000000000000"],
            expect![[""]],
        );
    }

    #[test]
    fn what_is_no_number_of_units_is_no_zero() {
        check(
            &["-1", "5-", "1.5", "1,000", "1 000", "abc", ".", "+", "1e3", "1000000000001", "99999999999999999999"],
            expect![[""]],
        );
    }

    #[test]
    fn a_hash_total_counts_digits_without_marks() {
        let mut totals = Totals::default();
        for text in ["-.0018", ".18", "1.8", "18.01"] {
            totals.add(text, '.');
        }
        assert_eq!(totals.hash(), 1855);
        assert!(totals.is("1855", '.') && totals.is("19", '.') && !totals.is("1856", '.'));
    }

    #[test]
    fn control_numbers_are_padded_or_not() {
        assert!(same_control("000000042", "42"));
        assert!(!same_control("42", "420"));
    }
}
