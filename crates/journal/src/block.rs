//! The stored form of a block, and the one way to write it. `parse.rs` reads it.
//!
//! A block is one JSON document without spaces, its fields always in this order:
//!
//! ```json
//! {"format":1,"installation":"01990000-…","shard":0,"height":7,"previous":"<64 hex>","epoch":2,
//!  "time_us":1790000000000000,"kind":"entries","body":<any JSON value>}
//! ```
//!
//! Its hash is SHA-256 over these bytes. They are never encoded again to be checked, so the
//! reader takes the header apart in place and does not touch the body. The body of a
//! genesis block is `{"shards":N}`, of a claim `{"writer":"<uuid>"}`, of a barrier `null`.

use crate::chain::Break;
use crate::hash::Hash;
use bytes::Bytes;
use serde::{Deserialize, Serialize};
use std::ops::Range;
use uuid::Uuid;

/// The format written. Older ones stay readable for ever; each has a golden file.
pub const FORMAT: u32 = 1;

/// Longest header in bytes, without the body: what a size check adds to a body.
pub const HEADER_BYTES_MAX: usize = 320;

/// What a block is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// The first block of a journal: says whose it is. A journal made anew has another one.
    Genesis,
    /// A writer's first block: from here on its epoch reigns.
    Claim,
    /// An empty block that takes the place an unconfirmed block could still have entered.
    Barrier,
    /// What the crate's user stores.
    Entries,
}

impl Kind {
    /// As stored.
    pub const fn as_str(self) -> &'static str {
        match self {
            Kind::Genesis => "genesis",
            Kind::Claim => "claim",
            Kind::Barrier => "barrier",
            Kind::Entries => "entries",
        }
    }

    pub(crate) fn from_stored(text: &[u8]) -> Option<Kind> {
        [Kind::Genesis, Kind::Claim, Kind::Barrier, Kind::Entries]
            .into_iter()
            .find(|kind| kind.as_str().as_bytes() == text)
    }
}

/// Whose journal it is. Every block carries it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Identity {
    pub installation: Uuid,
    pub shard: u16,
}

/// The end of a chain as somebody knows it: all that is needed to accept or to write the next block.
/// The default is the place before genesis.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tip {
    pub height: u64,
    pub hash: Hash,
    /// Highest epoch claimed so far.
    pub epoch: u64,
    /// Ledger time of the last block, microseconds since 1970.
    pub time_us: u64,
}

/// One block: its header fields and its stored bytes, of which the body is a part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    pub identity: Identity,
    pub height: u64,
    pub epoch: u64,
    pub time_us: u64,
    pub kind: Kind,
    pub previous: Hash,
    /// Of `bytes`.
    pub hash: Hash,
    pub bytes: Bytes,
    pub(crate) body: Range<usize>,
}

impl Block {
    /// The body: one JSON value as it was given to [`seal`].
    pub fn body(&self) -> &[u8] {
        &self.bytes[self.body.clone()]
    }

    /// The body as a slice that shares the block's memory.
    pub fn body_bytes(&self) -> Bytes {
        self.bytes.slice(self.body.clone())
    }

    /// The end of the chain once this block is in it.
    pub fn tip(&self) -> Tip {
        Tip { height: self.height, hash: self.hash, epoch: self.epoch, time_us: self.time_us }
    }
}

/// The block that follows `tip`. `body` must be one JSON value; it is copied as it is, not checked.
/// Ledger time never falls: an earlier `time_us` than the tip's becomes the tip's.
pub fn seal(
    identity: &Identity,
    tip: &Tip,
    epoch: u64,
    time_us: u64,
    kind: Kind,
    body: &[u8],
) -> Block {
    let height = tip.height + 1;
    let time_us = time_us.max(tip.time_us);
    let mut bytes = Vec::with_capacity(body.len() + HEADER_BYTES_MAX);
    field(&mut bytes, b"{\"format\":", FORMAT.to_string().as_bytes());
    field(&mut bytes, b",\"installation\":\"", identity.installation.to_string().as_bytes());
    field(&mut bytes, b"\",\"shard\":", identity.shard.to_string().as_bytes());
    field(&mut bytes, b",\"height\":", height.to_string().as_bytes());
    field(&mut bytes, b",\"previous\":\"", &tip.hash.hex());
    field(&mut bytes, b"\",\"epoch\":", epoch.to_string().as_bytes());
    field(&mut bytes, b",\"time_us\":", time_us.to_string().as_bytes());
    field(&mut bytes, b",\"kind\":\"", kind.as_str().as_bytes());
    field(&mut bytes, b"\",\"body\":", body);
    let body = bytes.len() - body.len()..bytes.len();
    bytes.push(b'}');
    let (previous, hash) = (tip.hash, Hash::of(&bytes));
    let bytes = Bytes::from(bytes);
    Block { identity: *identity, height, epoch, time_us, kind, previous, hash, bytes, body }
}

fn field(bytes: &mut Vec<u8>, name: &[u8], value: &[u8]) {
    bytes.extend_from_slice(name);
    bytes.extend_from_slice(value);
}

/// The first block of a journal for `shards` shards.
pub fn genesis(identity: &Identity, shards: u16, time_us: u64) -> Block {
    let body = format!("{{\"shards\":{shards}}}");
    seal(identity, &Tip::default(), 1, time_us, Kind::Genesis, body.as_bytes())
}

/// How many shards a genesis block's installation has.
pub fn shards_of(genesis: &Block) -> Result<u16, Break> {
    #[derive(Deserialize)]
    struct Body {
        shards: u16,
    }
    if genesis.kind != Kind::Genesis {
        let found = genesis.kind.as_str();
        return Err(Break::new(genesis.height, format!("expected a genesis block, found {found}")));
    }
    match serde_json::from_slice::<Body>(genesis.body()) {
        Ok(body) => Ok(body.shards),
        Err(error) => Err(Break::new(genesis.height, format!("the genesis body: {error}"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse::parse;

    fn identity() -> Identity {
        Identity { installation: Uuid::from_u128(7), shard: 3 }
    }

    #[test]
    fn reads_what_it_writes() {
        let first = genesis(&identity(), 4, 1_000);
        assert_eq!(shards_of(&first).unwrap(), 4);
        let block = seal(&identity(), &first.tip(), 1, 2_000, Kind::Entries, b"[{\"a\":1}]");
        let read = parse(block.bytes.clone()).unwrap();
        assert_eq!(read, block);
        assert_eq!(read.body(), b"[{\"a\":1}]");
        assert_eq!(read.previous, first.hash);
        serde_json::from_slice::<serde_json::Value>(&block.bytes).unwrap();
        assert!(block.bytes.len() - block.body().len() < HEADER_BYTES_MAX);
    }

    #[test]
    fn ledger_time_never_falls() {
        let first = genesis(&identity(), 1, 1_000);
        assert_eq!(seal(&identity(), &first.tip(), 1, 5, Kind::Barrier, b"null").time_us, 1_000);
    }
}
