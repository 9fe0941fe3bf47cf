//! What a checkpoint says about itself.

use onhand_core::{CommandId, LedgerId, Seen};
use onhand_journal::{Identity, Tip};
use serde::{Deserialize, Serialize};

/// Raise it whenever the same blocks would fold into another state, or be stored in another form:
/// older checkpoints are then built anew.
pub const FOLD_VERSION: u32 = 8;

/// Whose checkpoint it is, how far it came, and what must be in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Meta {
    pub fold_version: u32,
    pub identity: Identity,
    pub tip: Tip,
    pub timeline: bool,
    /// The fingerprint of a fixed name: tells whether the key of fingerprints is the same.
    pub key_print: u128,
    /// Answers stored.
    pub answers: u64,
    /// Keys stored beside this one.
    pub keys: u64,
    /// Over all of them and their values, in no order.
    pub digest: u128,
}

/// What one key of the fingerprints makes of a fixed name.
pub fn key_print(key: [u8; 16]) -> u128 {
    let names = (LedgerId::new("onhand"), CommandId::new("checkpoint"));
    match names {
        (Ok(ledger), Ok(id)) => Seen::new(key).of_id(&ledger, &id).0,
        // Both names are valid.
        (Err(_), _) | (_, Err(_)) => 0,
    }
}

impl Meta {
    /// Why this program, with these settings, cannot go on from this checkpoint.
    pub fn misfit(&self, identity: &Identity, key: [u8; 16], timeline: bool) -> Option<String> {
        if self.fold_version != FOLD_VERSION {
            let found = self.fold_version;
            return Some(format!("it was folded by version {found}, this is {FOLD_VERSION}"));
        }
        if self.identity != *identity {
            let Identity { installation, shard } = self.identity;
            return Some(format!("it belongs to installation {installation}, shard {shard}"));
        }
        if self.key_print != key_print(key) {
            return Some("the key of its fingerprints is another one".to_string());
        }
        if self.timeline != timeline {
            return Some("timelines were switched on or off".to_string());
        }
        None
    }
}
