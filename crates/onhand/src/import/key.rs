//! Idempotency keys of an import: made of the file's own words, so a second run asks for the same.

use onhand_core::{CommandId, InvalidName, NAME_CHARS_MAX};
use onhand_journal::Hash;

/// Hex digits that stand for a key which would be too long: 128 bits.
const DIGITS: usize = 32;

/// `SOURCE:PART:PART…`. What is longer than a name may be becomes `SOURCE:~` and its hash.
///
/// # Errors
/// Only if a part is no name itself.
pub fn key(source: &str, parts: &[&str]) -> Result<CommandId, InvalidName> {
    let text = format!("{source}:{}", parts.join(":"));
    if text.chars().count() <= NAME_CHARS_MAX {
        return CommandId::new(&text);
    }
    let hash = Hash::of(text.as_bytes()).to_string();
    CommandId::new(&format!("{source}:~{}", hash.get(..DIGITS).unwrap_or(&hash)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_tells_its_line_and_is_never_too_long() {
        assert_eq!(
            key("shop", &["536365", "1", "commit"]).unwrap().as_str(),
            "shop:536365:1:commit"
        );
        let long = "x".repeat(64);
        let hashed = key("shop", &[&long, "1", "commit"]).unwrap();
        assert!(hashed.as_str().starts_with("shop:~"), "{hashed}");
        assert_ne!(hashed, key("shop", &[&long, "2", "commit"]).unwrap());
    }
}
