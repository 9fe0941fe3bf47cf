//! Taking stored bytes apart: the header in place, the body not at all.

use crate::block::{Block, FORMAT, Identity, Kind};
use crate::chain::Break;
use crate::hash::Hash;
use bytes::Bytes;
use std::ops::Range;
use uuid::Uuid;

/// Takes stored bytes apart. The body is not read: it is covered by the hash.
pub fn parse(bytes: Bytes) -> Result<Block, Break> {
    let mut header = Header { bytes: &bytes, at: 0, height: 0 };
    let format: u32 = header.number("{\"format\":")?;
    if format != FORMAT {
        return Err(header.broken(format!("format {format}; this program reads format {FORMAT}")));
    }
    let installation = header.uuid(",\"installation\":\"")?;
    let shard = header.number("\",\"shard\":")?;
    let height = header.number(",\"height\":")?;
    header.height = height;
    let previous = header.hash(",\"previous\":\"")?;
    let epoch = header.number("\",\"epoch\":")?;
    let time_us = header.number(",\"time_us\":")?;
    let kind = header.kind(",\"kind\":\"")?;
    let body = header.body("\",\"body\":")?;
    let hash = Hash::of(&bytes);
    let identity = Identity { installation, shard };
    Ok(Block { identity, height, epoch, time_us, kind, previous, hash, bytes, body })
}

/// A cursor over the header, which has exactly one spelling.
struct Header<'a> {
    bytes: &'a [u8],
    at: usize,
    /// Known once it has been read; names the block in a [`Break`].
    height: u64,
}

impl<'a> Header<'a> {
    fn broken(&self, reason: String) -> Break {
        Break::new(self.height, reason)
    }

    fn literal(&mut self, expected: &str) -> Result<(), Break> {
        let rest = &self.bytes[self.at..];
        if rest.starts_with(expected.as_bytes()) {
            self.at += expected.len();
            return Ok(());
        }
        let found = String::from_utf8_lossy(&rest[..rest.len().min(expected.len())]);
        Err(self.broken(format!("expected {expected} at byte {}, found {found}", self.at)))
    }

    /// The bytes up to the first one that `stop` wants, at most 64.
    fn until(&mut self, name: &str, stop: impl Fn(u8) -> bool) -> Result<&'a [u8], Break> {
        self.literal(name)?;
        let rest = &self.bytes[self.at..];
        match rest.iter().take(65).position(|byte| stop(*byte)) {
            Some(end) => {
                self.at += end;
                Ok(&rest[..end])
            }
            None => Err(self.broken(format!("the value after {name} does not end"))),
        }
    }

    fn number<T: std::str::FromStr + ToString>(&mut self, name: &str) -> Result<T, Break> {
        let digits = self.until(name, |byte| !byte.is_ascii_digit())?;
        let text = String::from_utf8_lossy(digits);
        // A number has one spelling: no leading zero, no sign, and it fits.
        match text.parse::<T>() {
            Ok(number) if number.to_string() == text => Ok(number),
            Ok(_) | Err(_) => Err(self.broken(format!("{text:?} after {name} is not a number"))),
        }
    }

    fn uuid(&mut self, name: &str) -> Result<Uuid, Break> {
        let text = self.until(name, |byte| byte == b'"')?;
        match Uuid::try_parse_ascii(text) {
            Ok(uuid) if uuid.to_string().as_bytes() == text => Ok(uuid),
            Ok(_) | Err(_) => Err(self.unreadable(name, text)),
        }
    }

    fn hash(&mut self, name: &str) -> Result<Hash, Break> {
        let text = self.until(name, |byte| byte == b'"')?;
        Hash::from_hex(text).ok_or_else(|| self.unreadable(name, text))
    }

    fn kind(&mut self, name: &str) -> Result<Kind, Break> {
        let text = self.until(name, |byte| byte == b'"')?;
        Kind::from_stored(text).ok_or_else(|| self.unreadable(name, text))
    }

    /// Everything up to the closing brace, which is the last byte.
    fn body(&mut self, name: &str) -> Result<Range<usize>, Break> {
        self.literal(name)?;
        let end = self.bytes.len() - 1;
        if self.at >= end || self.bytes[end] != b'}' {
            return Err(self.broken("the block does not end with its body and }".to_string()));
        }
        Ok(self.at..end)
    }

    fn unreadable(&self, name: &str, text: &[u8]) -> Break {
        self.broken(format!("unreadable value {:?} after {name}", String::from_utf8_lossy(text)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::block::{Tip, genesis, seal};

    fn identity() -> Identity {
        Identity { installation: Uuid::from_u128(7), shard: 3 }
    }

    #[test]
    fn refuses_every_truncation() {
        let block = seal(&identity(), &Tip::default(), 1, 9, Kind::Entries, b"null");
        for end in 0..block.bytes.len() {
            assert!(parse(block.bytes.slice(..end)).is_err(), "{end} bytes were accepted");
        }
    }

    #[test]
    fn a_flipped_bit_changes_the_hash_or_is_refused() {
        let block = seal(&identity(), &Tip::default(), 1, 9, Kind::Entries, b"{\"q\":10}");
        for bit in 0..block.bytes.len() * 8 {
            let mut bytes = block.bytes.to_vec();
            bytes[bit / 8] ^= 1 << (bit % 8);
            if let Ok(read) = parse(Bytes::from(bytes)) {
                assert_ne!(read.hash, block.hash, "bit {bit}");
            }
        }
    }

    #[test]
    fn numbers_have_one_spelling() {
        let block = genesis(&identity(), 1, 9);
        let text = String::from_utf8(block.bytes.to_vec()).unwrap();
        for (from, to) in [("\"height\":1", "\"height\":01"), ("\"shard\":3", "\"shard\":70000")] {
            let changed = text.replace(from, to);
            assert_ne!(changed, text);
            assert!(parse(Bytes::from(changed)).is_err());
        }
    }
}
