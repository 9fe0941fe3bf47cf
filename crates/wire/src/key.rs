//! The `Idempotency-Key` header: a quoted string or a bare token.

use crate::Invalid;

/// The key that a header value carries: `"a b"` with `\"` and `\\` escaped, or the plain text.
///
/// # Errors
/// `invalid_field` if a quoted string does not end, or is followed by something else.
pub fn idempotency_key(value: &[u8]) -> Result<String, Invalid> {
    let bad = |message: &str| Invalid::new("invalid_field", "Idempotency-Key", message);
    let text = std::str::from_utf8(value).map_err(|_| bad("must be UTF-8 text"))?.trim();
    let Some(rest) = text.strip_prefix('"') else {
        return Ok(text.to_owned());
    };
    let mut key = String::new();
    let mut chars = rest.chars();
    loop {
        match chars.next() {
            Some('"') => break,
            Some('\\') => key.extend(chars.next()),
            Some(it) => key.push(it),
            None => return Err(bad("begins with a quote that does not end; close it")),
        }
    }
    match chars.as_str().is_empty() {
        true => Ok(key),
        false => Err(bad("goes on after the closing quote; send one key")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_quoted_or_bare() {
        assert_eq!(idempotency_key(b"\"k-1\"").unwrap(), "k-1");
        assert_eq!(idempotency_key(b" k-1 ").unwrap(), "k-1");
        assert_eq!(idempotency_key(br#""a\"b\\""#).unwrap(), "a\"b\\");
        assert!(idempotency_key(b"\"k").is_err());
        assert!(idempotency_key(b"\"k\", \"l\"").is_err());
        assert!(idempotency_key(b"\xff").is_err());
    }
}
