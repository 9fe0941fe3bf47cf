//! The names of things: short text chosen by callers, compared exactly as written.

use std::borrow::Borrow;
use std::fmt;

use serde::{Deserialize, Serialize};
use smol_str::SmolStr;
use unicode_normalization::is_nfc;

/// Longest name in characters. One bound for all names keeps keys, subjects and screens sane.
pub const NAME_CHARS_MAX: usize = 64;

/// Why a text is no name. The message completes "`sku` …".
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum InvalidName {
    Empty,
    TooLong { chars: usize },
    OuterSpace,
    Unprintable { character: char },
    NotNfc,
    LedgerAlphabet { character: char },
    Slash,
}

impl fmt::Display for InvalidName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            InvalidName::Empty => write!(f, "must not be empty"),
            InvalidName::TooLong { chars } => {
                write!(f, "has {chars} characters; at most {NAME_CHARS_MAX} are allowed")
            }
            InvalidName::OuterSpace => write!(f, "must not begin or end with a space"),
            InvalidName::Unprintable { character } => {
                write!(f, "contains the invisible character U+{:04X}; remove it", *character as u32)
            }
            InvalidName::NotNfc => write!(f, "must be in Unicode normal form NFC"),
            InvalidName::Slash => write!(f, "must not contain a slash"),
            InvalidName::LedgerAlphabet { character } => {
                write!(f, "contains {character:?}; a ledger is named with a-z, 0-9, - and _")
            }
        }
    }
}

/// Control, zero-width and bidirectional characters: two names that look alike must be alike.
fn is_unprintable(character: char) -> bool {
    character.is_control()
        || matches!(character,
            '\u{00AD}' | '\u{061C}' | '\u{180E}' | '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}'
            | '\u{2060}'..='\u{206F}' | '\u{FEFF}' | '\u{FFF9}'..='\u{FFFB}' | '\u{E0000}'..='\u{E007F}')
}

fn check_name(text: &str) -> Result<(), InvalidName> {
    if text.is_empty() {
        return Err(InvalidName::Empty);
    }
    let plain = text.bytes().all(|byte| (0x20..0x7f).contains(&byte));
    let chars = if plain { text.len() } else { text.chars().count() };
    if chars > NAME_CHARS_MAX {
        return Err(InvalidName::TooLong { chars });
    }
    if !plain {
        if let Some(character) = text.chars().find(|it| is_unprintable(*it)) {
            return Err(InvalidName::Unprintable { character });
        }
        if !is_nfc(text) {
            return Err(InvalidName::NotNfc);
        }
    }
    if text.starts_with(char::is_whitespace) || text.ends_with(char::is_whitespace) {
        return Err(InvalidName::OuterSpace);
    }
    Ok(())
}

fn check_ledger_name(text: &str) -> Result<(), InvalidName> {
    check_name(text)?;
    let known = |it: &char| it.is_ascii_lowercase() || it.is_ascii_digit() || "-_".contains(*it);
    match text.chars().find(|it| !known(it)) {
        Some(character) => Err(InvalidName::LedgerAlphabet { character }),
        None => Ok(()),
    }
}

/// Accounts are written `LOCATION/CONDITION`: with a slash in a name two of them could look alike.
fn check_place_name(text: &str) -> Result<(), InvalidName> {
    check_name(text)?;
    if text.contains('/') { Err(InvalidName::Slash) } else { Ok(()) }
}

macro_rules! name {
    ($(#[$doc:meta])* $name:ident, $check:path) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(try_from = "SmolStr", into = "SmolStr")]
        pub struct $name(SmolStr);

        impl $name {
            /// # Errors
            /// [`InvalidName`] says what is wrong with the text.
            pub fn new(text: &str) -> Result<$name, InvalidName> {
                $check(text)?;
                Ok($name(SmolStr::new(text)))
            }
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }
        impl TryFrom<SmolStr> for $name {
            type Error = InvalidName;
            fn try_from(text: SmolStr) -> Result<$name, InvalidName> {
                $check(&text)?;
                Ok($name(text))
            }
        }
        impl From<$name> for SmolStr {
            fn from(name: $name) -> SmolStr {
                name.0
            }
        }
        impl Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

name!(/** One seller's book: the unit of consistency. */ LedgerId, check_ledger_name);
name!(/** What is counted, by the name the seller gave it. */ Sku, check_name);
name!(/** Where stock lies: a warehouse of one's own, a platform's or a supplier's. */ LocationId, check_place_name);
name!(/** Where stock is sold. */ ChannelId, check_name);
name!(/** A customer's order, as the shop numbers it. */ OrderId, check_name);
name!(/** A line of an order or hold, unique within it. */ LineRef, check_name);
name!(/** A timed reservation. */ HoldId, check_name);
name!(/** Goods on their way between two locations. */ TransferId, check_place_name);
name!(/** A supplier. */ SupplierId, check_name);
name!(/** A stream of a supplier's numbers for one location. */ FeedId, check_place_name);
name!(/** Stock set aside for a channel, a campaign or a customer. */ PoolId, check_name);
name!(/** A part of a pool that becomes sellable at its own moment, unique within the pool. */ TrancheId, check_name);
name!(/** The idempotency key of a command. */ CommandId, check_name);
name!(/** Any other short text: an actor, a source, a document. */ Label, check_name);

impl LineRef {
    /// The name of a line that has none: its place, counted from 1.
    pub fn numbered(place: usize) -> LineRef {
        // Nearly every order has few lines, and formatting a number is slow beside the rest.
        const FEW: [&str; 9] = ["1", "2", "3", "4", "5", "6", "7", "8", "9"];
        match FEW.get(place.wrapping_sub(1)) {
            Some(text) => LineRef(SmolStr::new_inline(text)),
            None => LineRef(smol_str::format_smolstr!("{place}")),
        }
    }

    /// The name of a kit line's part: the line's name, a dot, the part's place counted from 1.
    /// None: the line's name leaves no room for it.
    pub fn part(&self, place: usize) -> Option<LineRef> {
        LineRef::new(&smol_str::format_smolstr!("{self}.{place}")).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, said: &str) {
        let actual = match Sku::new(text) {
            Ok(sku) => format!("ok {sku}"),
            Err(invalid) => invalid.to_string(),
        };
        assert_eq!(actual, said);
    }

    #[test]
    fn names_are_exact_and_visible() {
        check("85123A", "ok 85123A");
        check("茶杯-红", "ok 茶杯-红");
        check("", "must not be empty");
        check(" A", "must not begin or end with a space");
        check("A\u{200B}", "contains the invisible character U+200B; remove it");
        check("A\u{202E}B", "contains the invisible character U+202E; remove it");
        check("A\nB", "contains the invisible character U+000A; remove it");
        check("e\u{301}", "must be in Unicode normal form NFC");
        check(&"x".repeat(65), "has 65 characters; at most 64 are allowed");
    }

    #[test]
    fn a_ledger_has_a_plain_name() {
        assert!(LedgerId::new("acme-2").is_ok());
        assert!(LedgerId::new("Acme").is_err());
        assert!(LedgerId::new("a/b").is_err());
    }
}
