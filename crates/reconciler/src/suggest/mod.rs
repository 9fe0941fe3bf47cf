//! Which item a code that nobody knows may mean.

mod codes;
mod fold;
mod postings;
mod vanished;
mod words;

use std::cmp::Reverse;

use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

use codes::{Codes, Likeness, Tolerance};
use fold::{Folded, half_width};
use postings::Postings;
use vanished::Gone;
use words::words;

/// What is less sure than this is not worth a look.
pub const CONFIDENCE_MIN: u8 = 40;
/// So many items with a like description are weighed for one code: enough to see that too many
/// are equally good.
const DESCRIBED_MAX: usize = 128;

/// What is known of an item: built once per catalogue, searched many times.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Candidate {
    pub sku: SmolStr,
    /// All names: SKU, aliases, suppliers' codes.
    pub names: Vec<SmolStr>,
    pub description: Option<SmolStr>,
    /// Where the caller keeps it apart. Names that are GTINs count as such too, and the ledger's
    /// items have no other: a GTIN is one of their aliases.
    pub gtin: Option<SmolStr>,
}

/// A code that is mapped to no item, with what else its line says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Unknown<'a> {
    pub code: &'a str,
    pub description: Option<&'a str>,
    pub gtin: Option<&'a str>,
    /// In the supplier's own units, as in `Vanished`.
    pub quantity: Option<u64>,
}

/// A code of this supplier that the same complete snapshot does not name any more, with the SKU
/// it is mapped to and what the supplier's file said of it last.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Vanished {
    pub code: SmolStr,
    pub sku: SmolStr,
    pub quantity: Option<u64>,
    pub description: Option<SmolStr>,
}

/// An item that an unknown code may mean.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hint {
    pub sku: SmolStr,
    /// From 0 to 100. It orders hints and grows with the odds; it is no measured frequency.
    pub confidence: u8,
    /// The best of the reasons.
    pub why: Why,
}

/// What speaks for an item; of reasons that are equally sure the first counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Why {
    /// The same GTIN, whatever its length.
    Gtin,
    /// A name differs in case, width, spaces, punctuation or leading zeros only.
    SameName,
    /// A code that is mapped to it vanished as this one appeared, and something likens them.
    Renamed,
    Description,
    /// A name is a few letters off, or has a part more or less.
    SimilarCode,
}

/// Finds the items that a code may mean. The order in which items came makes no difference.
pub struct Suggester {
    /// Sorted by SKU.
    items: Vec<Item>,
    codes: Codes,
    gtins: FxHashMap<[u8; 14], Vec<u32>>,
    descriptions: Postings,
}

struct Item {
    sku: SmolStr,
    /// As the catalogue says, not as a name happens to be.
    gtin: Option<[u8; 14]>,
}

/// An unknown code, made ready for all comparisons.
struct Asked<'a> {
    line: &'a Unknown<'a>,
    code: Folded,
    gtin: Option<[u8; 14]>,
    words: Vec<u64>,
}

impl Suggester {
    pub fn new(candidates: impl IntoIterator<Item = Candidate>) -> Suggester {
        let mut candidates: Vec<Candidate> = candidates.into_iter().collect();
        candidates.sort_by(|one, other| one.sku.cmp(&other.sku));
        let (codes, descriptions) = (Codes::default(), Postings::default());
        let items = Vec::with_capacity(candidates.len());
        let mut suggester = Suggester { items, codes, gtins: FxHashMap::default(), descriptions };
        candidates.into_iter().for_each(|it| suggester.add(it));
        suggester.codes.finish();
        suggester.descriptions.finish();
        suggester
    }

    fn add(&mut self, candidate: Candidate) {
        let number = self.items.len() as u32;
        let gtin = candidate.gtin.as_deref().and_then(known_gtin);
        let named = candidate.names.iter().filter_map(|it| known_gtin(it));
        for gtin in gtin.into_iter().chain(named) {
            let having = self.gtins.entry(gtin).or_default();
            if having.last() != Some(&number) {
                having.push(number);
            }
        }
        self.codes.add(number, &candidate.sku);
        candidate.names.iter().for_each(|it| self.codes.add(number, it));
        self.descriptions.add(words(candidate.description.as_deref().unwrap_or_default()));
        self.items.push(Item { sku: candidate.sku, gtin });
    }

    /// The likeliest items, surest first and then by SKU, each once with its best reason; none
    /// that is too unsure to be worth a look. `vanished` must come from a complete snapshot of
    /// the same supplier.
    pub fn suggest(&self, unknown: &Unknown<'_>, vanished: &[Vanished], most: usize) -> Vec<Hint> {
        self.hints(&Asked::new(unknown), &Gone::new(vanished), most)
    }

    /// As `suggest`, for all unknown codes of a snapshot and in their order: what vanished is
    /// made ready only once.
    pub fn suggest_all(
        &self,
        unknown: &[Unknown<'_>],
        vanished: &[Vanished],
        most: usize,
    ) -> Vec<Vec<Hint>> {
        let gone = Gone::new(vanished);
        unknown.iter().map(|it| self.hints(&Asked::new(it), &gone, most)).collect()
    }

    fn hints(&self, asked: &Asked<'_>, gone: &Gone<'_>, most: usize) -> Vec<Hint> {
        let mut found = thinned(self.by_gtin(asked));
        found.extend(thinned(self.by_code(asked)));
        found.extend(thinned(self.by_description(asked)));
        found.extend(thinned(gone.renamed(asked)));
        found.iter_mut().for_each(|it| self.doubt(it, asked));
        let mut hints = merged(found);
        hints.truncate(most);
        hints
    }

    fn hint(&self, item: u32, confidence: u8, why: Why) -> Hint {
        Hint { sku: self.items[item as usize].sku.clone(), confidence, why }
    }

    fn by_gtin(&self, asked: &Asked<'_>) -> Vec<Hint> {
        let written = [asked.gtin, known_gtin(asked.line.code)];
        let having = written.iter().flatten().filter_map(|it| Some((it, self.gtins.get(it)?)));
        let hints = having.flat_map(|(gtin, items)| {
            let confidence = if is_anyones(gtin) { 75 } else { 98 };
            items.iter().map(move |it| self.hint(*it, confidence, Why::Gtin))
        });
        hints.collect()
    }

    fn by_code(&self, asked: &Asked<'_>) -> Vec<Hint> {
        let hint = |(item, likeness): (u32, Likeness)| {
            let why = match likeness {
                Likeness::Similar(_) => Why::SimilarCode,
                Likeness::Same | Likeness::SameButZeros => Why::SameName,
            };
            self.hint(item, likeness.confidence(), why)
        };
        self.codes.like(&asked.code, Tolerance::Mistyped).into_iter().map(hint).collect()
    }

    fn by_description(&self, asked: &Asked<'_>) -> Vec<Hint> {
        let hint = |(item, confidence)| self.hint(item, confidence, Why::Description);
        described(&self.descriptions, &asked.words).into_iter().map(hint).collect()
    }

    /// Two different GTINs are two different goods, unless somebody erred.
    fn doubt(&self, hint: &mut Hint, asked: &Asked<'_>) {
        let Ok(at) = self.items.binary_search_by(|it| it.sku.cmp(&hint.sku)) else { return };
        let differ = asked.gtin.zip(self.items[at].gtin).is_some_and(|(one, other)| one != other);
        if differ && hint.why != Why::Gtin {
            hint.confidence = hint.confidence.saturating_sub(25);
        }
    }
}

impl<'a> Asked<'a> {
    fn new(line: &'a Unknown<'a>) -> Asked<'a> {
        Asked {
            line,
            code: Folded::new(line.code),
            gtin: line.gtin.and_then(known_gtin),
            words: words(line.description.unwrap_or_default()),
        }
    }
}

/// A GTIN as people write it: with spaces and hyphens, without the zeros a spreadsheet ate.
/// Zeros alone stand for no number.
fn known_gtin(text: &str) -> Option<[u8; 14]> {
    let digits: String =
        text.chars().map(half_width).filter(|it| !it.is_whitespace() && *it != '-').collect();
    if !(7..=14).contains(&digits.len()) || digits.bytes().all(|it| it == b'0') {
        return None;
    }
    crate::gtin14(&format!("{digits:0>14}"))
}

/// A number of the range that every shop may give out itself.
fn is_anyones(gtin: &[u8; 14]) -> bool {
    matches!(gtin, [b'0', b'2', ..] | [b'0', b'0', b'2' | b'4', ..])
}

/// Documents whose words are these or nearly so, with how sure that is, from 0 to 100.
fn described(descriptions: &Postings, words: &[u64]) -> Vec<(u32, u8)> {
    if words.is_empty() {
        return Vec::new();
    }
    let question = descriptions.question(words.iter().copied());
    let near = descriptions.nearest(&question, DESCRIBED_MAX).into_iter();
    let sure = |document| match descriptions.likeness(&question, document) {
        1_000.. => Some(85),
        permille @ 600.. => u8::try_from(20 + permille * 60 / 1_000).ok(),
        _ => None,
    };
    near.filter_map(|it| Some((it, sure(it)?))).collect()
}

/// One hint per SKU, and the less sure the more others are at least as good: among running
/// numbers every neighbour is alike, which tells nothing.
fn thinned(mut hints: Vec<Hint>) -> Vec<Hint> {
    hints.sort_by(|one, other| one.sku.cmp(&other.sku).then(other.confidence.cmp(&one.confidence)));
    hints.dedup_by(|later, first| later.sku == first.sku);
    hints.sort_by_key(|it| Reverse(it.confidence));
    let before = hints.clone();
    for hint in &mut hints {
        let as_good = before.partition_point(|it| it.confidence >= hint.confidence);
        let penalty = 8 * as_good.max(1).ilog2().min(12) as u8;
        hint.confidence = hint.confidence.saturating_sub(penalty);
    }
    hints
}

/// One hint per SKU: its best reason, surer by what the second adds.
fn merged(mut hints: Vec<Hint>) -> Vec<Hint> {
    let surest = |it: &Hint| (Reverse(it.confidence), it.why);
    hints.sort_by(|one, other| one.sku.cmp(&other.sku).then(surest(one).cmp(&surest(other))));
    let mut best: Vec<Hint> = Vec::new();
    for reasons in hints.chunk_by(|one, other| one.sku == other.sku) {
        let Some(first) = reasons.first() else { continue };
        let second = reasons.get(1).map_or(0, |it| u16::from(it.confidence));
        let room = 98u16.saturating_sub(u16::from(first.confidence));
        let confidence = u16::from(first.confidence) + room * second / 200;
        let confidence = u8::try_from(confidence).unwrap_or(first.confidence);
        if confidence >= CONFIDENCE_MIN {
            best.push(Hint { confidence, ..first.clone() });
        }
    }
    best.sort_by_key(|it| Reverse(it.confidence));
    best
}

#[cfg(test)]
mod tests;
