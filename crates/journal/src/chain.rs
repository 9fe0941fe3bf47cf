//! The check that every reader makes: is this block the next link?

use crate::block::{Block, Identity, Kind, Tip};
use crate::parse::parse;
use bytes::Bytes;

/// A block that does not fit: what was expected, and what was found. The shard stops here.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the journal is broken at height {height}: {reason}")]
pub struct Break {
    pub height: u64,
    pub reason: String,
}

impl Break {
    pub fn new(height: u64, reason: impl Into<String>) -> Break {
        Break { height, reason: reason.into() }
    }
}

/// A verified prefix of a journal: whose it is and how far it is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Chain {
    pub identity: Identity,
    pub tip: Tip,
}

impl Chain {
    /// From the very beginning: the first block accepted must be genesis.
    pub fn new(identity: Identity) -> Chain {
        Chain { identity, tip: Tip::default() }
    }

    /// From a tip that was verified before, for example a checkpoint's.
    pub fn at(identity: Identity, tip: Tip) -> Chain {
        Chain { identity, tip }
    }

    /// Reads `bytes` as the next block and moves the tip onto it. On a break the tip stays.
    pub fn accept(&mut self, bytes: Bytes) -> Result<Block, Break> {
        let height = self.tip.height + 1;
        let block = parse(bytes).map_err(|found| Break::new(height, found.reason))?;
        self.check(&block).map_err(|reason| Break::new(height, reason))?;
        self.tip = block.tip();
        Ok(block)
    }

    /// Why `block` is not the next link, if it is not.
    fn check(&self, block: &Block) -> Result<(), String> {
        let (tip, found) = (&self.tip, block.identity);
        expect("installation", self.identity.installation, found.installation)?;
        expect("shard", self.identity.shard, found.shard)?;
        expect("height", tip.height + 1, block.height)?;
        expect("previous hash", tip.hash, block.previous)?;
        if block.time_us < tip.time_us {
            let (at_least, found) = (tip.time_us, block.time_us);
            return Err(format!("expected a time of at least {at_least} us, found {found}"));
        }
        check_epoch(tip, block)
    }
}

fn expect<T: PartialEq + std::fmt::Display>(
    what: &str,
    expected: T,
    found: T,
) -> Result<(), String> {
    if expected == found {
        return Ok(());
    }
    Err(format!("expected {what} {expected}, found {found}"))
}

/// Only a claim raises the epoch, and every claim does.
fn check_epoch(tip: &Tip, block: &Block) -> Result<(), String> {
    let (highest, found) = (tip.epoch, block.epoch);
    match (tip.height, block.kind) {
        (0, Kind::Genesis) => expect("epoch", 1, found),
        (0, kind) => Err(format!("expected genesis as the first block, found {}", kind.as_str())),
        (_, Kind::Genesis) => Err("found a second genesis block".to_string()),
        (_, Kind::Claim) if found > highest => Ok(()),
        (_, Kind::Claim) => Err(format!("expected a claim above epoch {highest}, found {found}")),
        (_, Kind::Barrier | Kind::Entries) => expect("epoch", highest, found),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::block::{genesis, seal};
    use crate::hash::Hash;
    use uuid::Uuid;

    fn identity() -> Identity {
        Identity { installation: Uuid::from_u128(7), shard: 0 }
    }

    fn started() -> Chain {
        let mut chain = Chain::new(identity());
        chain.accept(genesis(&identity(), 1, 1_000).bytes).unwrap();
        chain
    }

    /// What `accept` says about the block that `change`d tip and identity would have produced.
    fn verdict(epoch: u64, kind: Kind, change: impl Fn(&mut Chain)) -> String {
        let mut chain = started();
        let mut other = chain;
        change(&mut other);
        let block = seal(&other.identity, &other.tip, epoch, 0, kind, b"null");
        match chain.accept(block.bytes) {
            Ok(block) => format!("accepted at {}", block.height),
            Err(found) => found.reason,
        }
    }

    #[test]
    fn accepts_the_next_link_only() {
        assert_eq!(verdict(1, Kind::Entries, |_| ()), "accepted at 2");
        assert_eq!(verdict(2, Kind::Claim, |_| ()), "accepted at 2");
        assert_eq!(
            verdict(1, Kind::Entries, |chain| chain.tip.height = 5),
            "expected height 2, found 6"
        );
        assert!(
            verdict(1, Kind::Entries, |chain| chain.tip.hash = Hash::ZERO)
                .starts_with("expected previous hash ")
        );
        assert_eq!(
            verdict(1, Kind::Entries, |chain| chain.tip.time_us = 10),
            "expected a time of at least 1000 us, found 10"
        );
        assert_eq!(
            verdict(1, Kind::Entries, |chain| chain.identity.shard = 9),
            "expected shard 0, found 9"
        );
        assert!(
            verdict(1, Kind::Entries, |chain| chain.identity.installation = Uuid::nil())
                .starts_with("expected installation ")
        );
    }

    #[test]
    fn only_a_claim_raises_the_epoch() {
        assert_eq!(verdict(2, Kind::Entries, |_| ()), "expected epoch 1, found 2");
        assert_eq!(verdict(0, Kind::Barrier, |_| ()), "expected epoch 1, found 0");
        assert_eq!(verdict(1, Kind::Claim, |_| ()), "expected a claim above epoch 1, found 1");
        assert_eq!(verdict(1, Kind::Genesis, |_| ()), "found a second genesis block");
    }

    #[test]
    fn begins_with_genesis() {
        let mut chain = Chain::new(identity());
        let block = seal(&identity(), &chain.tip, 1, 0, Kind::Entries, b"null");
        let found = chain.accept(block.bytes).unwrap_err();
        assert_eq!(found.reason, "expected genesis as the first block, found entries");
        assert_eq!(chain.tip, Tip::default());
    }
}
