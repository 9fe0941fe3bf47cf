//! Codes that are written alike.

use rustc_hash::FxHashMap;

use super::fold::{Folded, hash, shape};
use super::postings::Postings;

/// So many names are compared letter by letter for one code, besides those one edit away.
const COMPARED_MAX: usize = 48;
/// So many names one edit away are compared; only running numbers have more.
const NEIGHBOURS_MAX: usize = 512;

/// A word that so many names have as a part is no slip of the keys.
const USUAL: u32 = 3;

/// How far two codes may be apart.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Tolerance {
    /// By a slip: three letters of ten.
    Mistyped,
    /// On purpose, as something else says already: five of ten.
    Renamed,
}

/// The names of all items: a code finds those that are the same, one edit away, or share
/// three letters in a row.
#[derive(Default)]
pub(super) struct Codes {
    names: Vec<Name>,
    /// Hash and name, sorted: of the name, of it without leading zeros, and of it without each
    /// one of its letters. Two codes one edit apart have one of these in common.
    nearby: Vec<(u32, u32)>,
    triples: Postings,
    /// Names that have a word as a part.
    words: FxHashMap<u64, u32>,
}

struct Name {
    code: Folded,
    item: u32,
}

impl Codes {
    pub fn add(&mut self, item: u32, name: &str) {
        let code = Folded::new(name);
        let known = self.names.iter().rev().take_while(|it| it.item == item);
        if code.text.is_empty() || known.into_iter().any(|it| it.code.text == code.text) {
            return;
        }
        let number = self.names.len() as u32;
        self.nearby.extend(keys(&code).into_iter().map(|key| (key, number)));
        self.triples.add(triples(&code));
        for part in code.parts().into_iter().filter(|it| is_word(it)) {
            *self.words.entry(hash(part.chars())).or_default() += 1;
        }
        self.names.push(Name { code, item });
    }

    pub fn finish(&mut self) {
        self.nearby.sort_unstable();
        self.triples.finish();
    }

    /// Items with a name that is the same but for how it is typed, or like this one, each with
    /// how sure that is, from 0 to 100. An item comes once.
    pub fn like(&self, code: &Folded, tolerance: Tolerance) -> Vec<(u32, Likeness)> {
        let mut best: FxHashMap<u32, Likeness> = FxHashMap::default();
        for number in self.worth_comparing(code) {
            let name = &self.names[number as usize];
            let Some(mut likeness) = Likeness::between(code, &name.code, tolerance) else {
                continue;
            };
            if let Likeness::Similar(confidence) = &mut likeness
                && tolerance == Tolerance::Mistyped
                && self.is_sibling(code, &name.code)
            {
                *confidence = confidence.saturating_sub(25);
            }
            let entry = best.entry(name.item).or_insert(likeness);
            *entry = (*entry).max(likeness);
        }
        let mut found: Vec<_> = best.into_iter().collect();
        found.sort_unstable();
        found
    }

    /// Another size or colour: one word differs, and is a usual one.
    fn is_sibling(&self, code: &Folded, of: &Folded) -> bool {
        let (parts, others) = (code.parts(), of.parts());
        let mut differing = parts.iter().zip(&others).filter(|(part, other)| part != other);
        let (Some((part, other)), None) = (differing.next(), differing.next()) else {
            return false;
        };
        let usual = || self.words.get(&hash(part.chars())).is_some_and(|it| *it >= USUAL);
        parts.len() == others.len() && is_word(part) && is_word(other) && usual()
    }

    fn worth_comparing(&self, code: &Folded) -> Vec<u32> {
        if code.text.is_empty() {
            return Vec::new();
        }
        let mut found = Vec::new();
        for key in keys(code) {
            let begin = self.nearby.partition_point(|it| it.0 < key);
            let same = self.nearby[begin..].iter().take_while(|it| it.0 == key);
            found.extend(same.map(|it| it.1).take(NEIGHBOURS_MAX));
        }
        found.extend(self.triples.nearest(&self.triples.question(triples(code)), COMPARED_MAX));
        found.sort_unstable();
        found.dedup();
        found
    }
}

fn keys(code: &Folded) -> Vec<u32> {
    let letters: Vec<char> = code.text.chars().collect();
    let mut keys = vec![hash(letters.iter().copied()), hash(code.without_zeros().chars())];
    if code.is_comparable() {
        let without = |gap: usize| {
            let others = letters.iter().enumerate().filter(|(place, _)| *place != gap);
            hash(others.map(|(_, letter)| *letter))
        };
        keys.extend((0..letters.len()).map(without));
    }
    let mut keys: Vec<u32> = keys.into_iter().map(|it| (it >> 32) as u32).collect();
    keys.sort_unstable();
    keys.dedup();
    keys
}

fn is_word(part: &str) -> bool {
    part.chars().next().is_some_and(char::is_alphabetic)
}

/// Three letters in a row; the code's ends count as letters.
fn triples(code: &Folded) -> Vec<u64> {
    if !code.is_comparable() {
        return Vec::new();
    }
    let letters: Vec<u64> =
        std::iter::once(1).chain(code.text.chars().map(u64::from)).chain([2]).collect();
    letters.windows(3).map(|it| it[0] << 42 | it[1] << 21 | it[2]).collect()
}

/// How alike two codes are written, from the least to the most.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Likeness {
    /// How sure, from 0 to 100.
    Similar(u8),
    /// Nothing but leading zeros tells them apart.
    SameButZeros,
    Same,
}

impl Likeness {
    /// None if they have nothing to do with each other.
    fn between(one: &Folded, other: &Folded, tolerance: Tolerance) -> Option<Likeness> {
        if one.text.is_empty() || other.text.is_empty() {
            return None;
        }
        if one.text == other.text {
            return Some(Likeness::Same);
        }
        if one.length != other.length && one.without_zeros() == other.without_zeros() {
            return Some(Likeness::SameButZeros);
        }
        if !one.is_comparable() || !other.is_comparable() {
            return None;
        }
        edited(one, other, tolerance).max(extended(one, other)).map(Likeness::Similar)
    }

    pub fn confidence(self) -> u8 {
        match self {
            Likeness::Similar(confidence) => confidence,
            Likeness::SameButZeros => 90,
            Likeness::Same => 95,
        }
    }
}

/// A few letters were mistyped. In a short code one letter is much.
fn edited(one: &Folded, other: &Folded, tolerance: Tolerance) -> Option<u8> {
    let longer = one.length.max(other.length);
    let most = match tolerance {
        Tolerance::Mistyped => longer * 3 / 10,
        Tolerance::Renamed => longer / 2,
    };
    if one.length.min(other.length) < 4 || one.length.abs_diff(other.length) > most {
        return None;
    }
    let edits = strsim::osa_distance(&one.text, &other.text);
    if edits > most.max(1) {
        return None;
    }
    // A mix-up of look-alikes is half an edit; two letters that changed places are a likelier
    // mistake than one letter for any other.
    let by_shape = strsim::osa_distance(&shape(&one.text), &shape(&other.text));
    let tenths = match differing(one, other) {
        Some(2) if edits == 1 && by_shape == 1 => 8,
        _ => edits * 5 + by_shape * 5,
    };
    u8::try_from(88usize.saturating_sub(16 * tenths / longer)).ok()
}

/// Places at which codes of the same length differ.
fn differing(one: &Folded, other: &Folded) -> Option<usize> {
    let pairs = one.text.chars().zip(other.text.chars());
    (one.length == other.length).then(|| pairs.filter(|(one, other)| one != other).count())
}

/// A whole part was set before or behind: `4711-V2` for `4711`. `47112` is another number.
fn extended(one: &Folded, other: &Folded) -> Option<u8> {
    let (short, long) = if one.length < other.length { (one, other) } else { (other, one) };
    let more = long.length - short.length;
    let numbered = short.text.contains(|it: char| it.is_ascii_digit());
    if short.length < 4 || more > short.length || !numbered {
        return None;
    }
    let behind = long.text.starts_with(&short.text) && long.part_begins_at(short.length);
    let before = long.text.ends_with(&short.text) && long.part_begins_at(more);
    (behind || before).then(|| u8::try_from(80 - 40 * more / long.length).unwrap_or(0))
}
