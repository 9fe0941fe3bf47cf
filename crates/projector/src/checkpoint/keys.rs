//! Names of what is stored. Numbers are big-endian, so that the order of keys is theirs.

use onhand_core::LedgerId;

use crate::notices::KEPT_MAX;

/// Items of a page: small, because a page is written whole when one of its items changes.
pub const PAGE: usize = 8;
/// Marks of a chunk.
pub const MARKS: usize = 512;
/// Answers of a chunk.
pub const ANSWERS: usize = 512;

/// Notices of a chunk.
pub const NOTICES: usize = 512;
/// Chunks of notices: as many as are kept. A chunk takes the place of the oldest.
pub const NOTICE_CHUNKS: u64 = (KEPT_MAX / NOTICES + 2) as u64;

/// The first byte of a key: what it is. In the order in which they are loaded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Kind {
    Meta = 0,
    Frame = 1,
    Page = 2,
    Stretch = 3,
    Marks = 4,
    Pool = 5,
    Order = 6,
    Hold = 7,
    Transfer = 8,
    Notices = 9,
    Answers = 10,
    Discrepancy = 11,
    Handover = 12,
    /// A supplier's days.
    Days = 13,
    /// What is open of its feeds and handovers.
    Pulses = 14,
}

const KINDS: [Kind; 15] = [
    Kind::Meta,
    Kind::Frame,
    Kind::Page,
    Kind::Stretch,
    Kind::Marks,
    Kind::Pool,
    Kind::Order,
    Kind::Hold,
    Kind::Transfer,
    Kind::Notices,
    Kind::Answers,
    Kind::Discrepancy,
    Kind::Handover,
    Kind::Days,
    Kind::Pulses,
];

pub const META: [u8; 1] = [Kind::Meta as u8];

/// The key of something of a ledger.
pub fn of_ledger(kind: Kind, ledger: &LedgerId, rest: &[u8]) -> Vec<u8> {
    let name = ledger.as_str().as_bytes();
    let mut key = Vec::with_capacity(2 + name.len() + rest.len());
    // A ledger's name has at most 64 characters of one byte each.
    key.extend_from_slice(&[kind as u8, name.len() as u8]);
    key.extend_from_slice(name);
    key.extend_from_slice(rest);
    key
}

pub fn answers(chunk: u64) -> Vec<u8> {
    let mut key = vec![Kind::Answers as u8];
    key.extend_from_slice(&chunk.to_be_bytes());
    key
}

/// A key taken apart: its kind, its ledger if it has one, and the rest.
pub struct Key<'a> {
    pub kind: Kind,
    pub ledger: Option<LedgerId>,
    pub rest: &'a [u8],
}

/// None: no key of ours.
pub fn read(key: &[u8]) -> Option<Key<'_>> {
    let (kind, rest) = key.split_first()?;
    let kind = KINDS.into_iter().find(|it| *it as u8 == *kind)?;
    if matches!(kind, Kind::Meta | Kind::Answers) {
        return Some(Key { kind, ledger: None, rest });
    }
    let (length, rest) = rest.split_first()?;
    let (name, rest) = rest.split_at_checked(usize::from(*length))?;
    let ledger = LedgerId::new(str::from_utf8(name).ok()?).ok()?;
    Some(Key { kind, ledger: Some(ledger), rest })
}

/// Numbers that make up the rest of a key.
pub fn numbers<const N: usize>(rest: &[u8]) -> Option<[u32; N]> {
    if rest.len() != 4 * N {
        return None;
    }
    let mut numbers = [0; N];
    for (number, bytes) in numbers.iter_mut().zip(rest.chunks_exact(4)) {
        *number = u32::from_be_bytes(bytes.try_into().ok()?);
    }
    Some(numbers)
}
