//! What the trailers of EDI files count, and how control numbers compare.

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
