//! Codes that vanished as others appeared: one may have become the other.

use super::codes::{Codes, Tolerance};
use super::postings::Postings;
use super::words::words;
use super::{Asked, Hint, Vanished, Why, described};

/// Fewer units than this are the same by chance too often.
const TELLING_QUANTITY: u64 = 10;

/// What vanished, made ready to be compared with many codes.
pub(super) struct Gone<'a> {
    /// In an order of their own, so that theirs makes no difference.
    vanished: Vec<&'a Vanished>,
    codes: Codes,
    descriptions: Postings,
}

impl Gone<'_> {
    pub fn new(vanished: &[Vanished]) -> Gone<'_> {
        let mut sorted: Vec<&Vanished> = vanished.iter().collect();
        sorted.sort_by(|one, other| (&one.code, &one.sku).cmp(&(&other.code, &other.sku)));
        let (mut codes, mut descriptions) = (Codes::default(), Postings::default());
        for (number, vanished) in sorted.iter().enumerate() {
            codes.add(number as u32, &vanished.code);
            descriptions.add(words(vanished.description.as_deref().unwrap_or_default()));
        }
        codes.finish();
        descriptions.finish();
        Gone { vanished: sorted, codes, descriptions }
    }

    /// Those that are written alike, or whose goods are described alike, or of which there were
    /// as many and of no other.
    pub fn renamed(&self, asked: &Asked<'_>) -> Vec<Hint> {
        let by_code = self.codes.like(&asked.code, Tolerance::Renamed).into_iter();
        let by_code =
            by_code.map(|(it, likeness)| (it, 42 + u32::from(likeness.confidence()) * 11 / 20));
        let by_words = described(&self.descriptions, &asked.words).into_iter();
        let by_words = by_words.map(|(it, sure)| (it, 50 + u32::from(sure) * 2 / 5));
        let as_many = self.as_many(asked);
        let more = |it: u32| if as_many.contains(&it) { 4 } else { 0 };
        let alike = by_code.chain(by_words).map(|(it, sure)| (it, (sure + more(it)).min(94)));
        let only = as_many.first().filter(|_| as_many.len() == 1).map(|it| (*it, 45));
        let hint = |(it, sure): (u32, u32)| {
            let sku = self.vanished[it as usize].sku.clone();
            Hint { sku, confidence: u8::try_from(sure).unwrap_or(0), why: Why::Renamed }
        };
        alike.chain(only).map(hint).collect()
    }

    fn as_many(&self, asked: &Asked<'_>) -> Vec<u32> {
        let Some(quantity) = asked.line.quantity.filter(|it| *it >= TELLING_QUANTITY) else {
            return Vec::new();
        };
        let numbered = (0u32..).zip(&self.vanished);
        numbered.filter(|(_, it)| it.quantity == Some(quantity)).map(|(number, _)| number).collect()
    }
}
