//! The entry: one accepted command's facts, movements and flags, at its position in its ledger.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{self, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use smol_str::SmolStr;

use crate::{
    Account, CommandId, Condition, Fact, Label, LedgerId, LocationId, Movement, OrderId, Rejection,
    Sku, Time, TraceParent,
};

/// Who asks, why and when it happened: what every command carries beside its own fields.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Envelope {
    /// The idempotency key, unique in the ledger for ever.
    pub id: CommandId,
    /// Fingerprint of the command as asked: tells a retry from another command with the same key.
    pub request: SmolStr,
    /// When it happened, if that is not when it is recorded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub occurred_at: Option<Time>,
    /// Who did it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actor: Option<Label>,
    /// Which system says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<Label>,
    /// That system's own name of the event: with `source` a second key that is unique for ever.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source_event: Option<Label>,
    /// The document that explains it, such as `order:SO-1`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cause: Option<Label>,
    /// The trace of the call that booked it; a retry may have another one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub traceparent: Option<TraceParent>,
    /// Anything else, without personal data.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty", deserialize_with = "unique_keys")]
    pub metadata: BTreeMap<Label, Note>,
}

/// Free text of at most 500 characters without control characters.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "SmolStr", into = "SmolStr")]
pub struct Note(SmolStr);

/// Longest note in characters.
pub const NOTE_CHARS_MAX: usize = 500;

impl Note {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<SmolStr> for Note {
    type Error = String;
    fn try_from(text: SmolStr) -> Result<Note, String> {
        if text.chars().count() > NOTE_CHARS_MAX {
            return Err(format!("must have at most {NOTE_CHARS_MAX} characters"));
        }
        match text.chars().find(|it| it.is_control() && *it != '\n') {
            Some(it) => {
                Err(format!("contains the control character U+{:04X}; remove it", it as u32))
            }
            None => Ok(Note(text)),
        }
    }
}

impl From<Note> for SmolStr {
    fn from(note: Note) -> SmolStr {
        note.0
    }
}

/// What is stored of one accepted command.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    pub ledger: LedgerId,
    /// Place in the ledger, contiguous from 1.
    pub position: u64,
    #[serde(rename = "command")]
    pub envelope: Envelope,
    pub fact: Fact,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub movements: Vec<Movement>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub flags: Vec<Flag>,
}

/// What a person should look at: the fact is recorded, and something about it is odd.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Flag {
    /// More left than the book knew of; `balance` is what the book says now.
    NegativeBook { sku: Sku, location: LocationId, condition: Condition, balance: i64 },
    /// More is committed than can be shipped; `by` units in all.
    Oversold { sku: Sku, location: LocationId, by: u64 },
    /// Shipped without a commitment.
    UncommittedShip { order: OrderId, sku: Sku, quantity: u64 },
    /// Came back without having been shipped on that line.
    UnlinkedReturn { sku: Sku, quantity: u64 },
    /// More arrived than was in transit.
    OverReceipt { sku: Sku, quantity: u64 },
    /// Dated before a count of the same balance: the count stands, the variance is re-attributed.
    BeforeCount { sku: Sku, account: Account, change: i64 },
    /// A later count is booked already; this one is evidence only.
    SupersededCount { sku: Sku },
    /// Two counts of the same moment disagree; the first stands.
    CountConflict { sku: Sku, recorded: u64, counted: u64 },
    /// The claimed time lay too far ahead; the entry counts as having occurred when recorded.
    ClockSkew { claimed: Time },
}

/// A business refusal that is remembered for its key: a retry is answered as before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Refusal {
    pub ledger: LedgerId,
    pub id: CommandId,
    pub request: SmolStr,
    pub rejection: Rejection,
}

/// What an entries block carries.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BlockBody {
    pub entries: Vec<Entry>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub refusals: Vec<Refusal>,
}

/// A map in which a key stands twice is refused rather than half believed.
fn unique_keys<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<BTreeMap<Label, Note>, D::Error> {
    struct Pairs;
    impl<'de> Visitor<'de> for Pairs {
        type Value = BTreeMap<Label, Note>;
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a map of short texts")
        }
        fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Self::Value, A::Error> {
            let mut pairs = BTreeMap::new();
            while let Some((key, note)) = access.next_entry::<Label, Note>()? {
                if pairs.contains_key(&key) {
                    return Err(de::Error::custom(format_args!("duplicate key `{key}`")));
                }
                pairs.insert(key, note);
            }
            Ok(pairs)
        }
    }
    deserializer.deserialize_map(Pairs)
}
