//! One token of a NATS subject for any name, and back: points, wildcards and spaces mean something
//! there, and a SKU may hold all of them.
//!
//! Letters and digits of ASCII, `-` and `_` stand for themselves. Every other byte of the UTF-8
//! text is `=` and two hex digits in upper case; the empty text is `=` alone. So a text has exactly
//! one token, and different texts have different ones.

use std::fmt::Write;

const EMPTY: &str = "=";

/// The token that stands for `text`.
pub fn encode(text: &str) -> String {
    if text.is_empty() {
        return EMPTY.to_owned();
    }
    let mut token = String::with_capacity(text.len());
    for byte in text.bytes() {
        if stands_for_itself(byte) {
            token.push(char::from(byte));
        } else {
            // Writing to a text in memory does not fail.
            let _ = write!(token, "={byte:02X}");
        }
    }
    token
}

/// The text that `token` stands for. None: nothing is encoded like this.
pub fn decode(token: &str) -> Option<String> {
    if token == EMPTY {
        return Some(String::new());
    }
    let mut bytes = Vec::with_capacity(token.len());
    let mut rest = token.as_bytes();
    while let Some((&byte, behind)) = rest.split_first() {
        rest = behind;
        if stands_for_itself(byte) {
            bytes.push(byte);
            continue;
        }
        let ([high, low], behind) = rest.split_first_chunk().filter(|_| byte == b'=')?;
        let escaped = hex(*high)? << 4 | hex(*low)?;
        if stands_for_itself(escaped) {
            return None;
        }
        bytes.push(escaped);
        rest = behind;
    }
    String::from_utf8(bytes).ok().filter(|text| !text.is_empty())
}

fn stands_for_itself(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')
}

fn hex(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'A'..=b'F' => Some(digit - b'A' + 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn texts_and_their_tokens() {
        for (text, token) in [
            ("85123A", "85123A"),
            ("a-b_C", "a-b_C"),
            ("", "="),
            ("*", "=2A"),
            (">", "=3E"),
            ("a.b", "a=2Eb"),
            ("a b", "a=20b"),
            ("=", "=3D"),
            ("$SYS", "=24SYS"),
            ("茶杯", "=E8=8C=B6=E6=9D=AF"),
        ] {
            assert_eq!(encode(text), token);
            assert_eq!(decode(token).as_deref(), Some(text), "{token}");
        }
    }

    #[test]
    fn only_what_is_encoded_is_decoded() {
        for token in ["", "a.b", "*", "=2a", "=2", "==", "=41", "=FF", "a=", "茶", "=3D="] {
            assert_eq!(decode(token), None, "{token}");
        }
    }

    proptest! {
        #[test]
        fn every_text_comes_back_from_one_plain_token(text in ".{0,40}") {
            let token = encode(&text);
            prop_assert!(token.bytes().all(|it| stands_for_itself(it) || it == b'='));
            prop_assert_eq!(decode(&token), Some(text));
        }

        #[test]
        fn every_token_that_is_read_is_the_one_that_is_written(token in "[A-F0-9=a_.-]{0,12}") {
            if let Some(text) = decode(&token) {
                prop_assert_eq!(encode(&text), token);
            }
        }
    }
}
