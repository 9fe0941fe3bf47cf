//! Which commands were seen, for ever: a fingerprint of the key leads to the place of the answer.

use std::hash::{BuildHasherDefault, Hasher};

use hashbrown::HashMap;
use hashbrown::hash_map::Entry;
use siphasher::sip128::{Hasher128, SipHasher13};

use crate::{CommandId, Label, LedgerId};

/// A keyed 128-bit fingerprint of (ledger, key): two keys never share one in practice, and nobody
/// who does not know the installation's key can make two that do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Fingerprint(pub u128);

/// Where an answer is recorded: a block's height, and the place of the entry or refusal in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    pub height: u64,
    pub index: u32,
    pub refusal: bool,
}

impl Place {
    const INDEX_BITS: u32 = 23;

    /// As one number: height, index, and whether it is a refusal.
    pub fn pack(self) -> u64 {
        (self.height << (Place::INDEX_BITS + 1))
            | u64::from(self.index) << 1
            | u64::from(self.refusal)
    }
    pub fn unpack(packed: u64) -> Place {
        Place {
            height: packed >> (Place::INDEX_BITS + 1),
            index: (packed >> 1) as u32 & ((1 << Place::INDEX_BITS) - 1),
            refusal: packed & 1 == 1,
        }
    }
}

/// Fingerprints are random already: hashing them again would only cost time.
#[derive(Clone, Default)]
pub struct Identity(u64);

impl Hasher for Identity {
    fn finish(&self) -> u64 {
        self.0
    }
    fn write(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks(8) {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            self.0 = self.0.rotate_left(17) ^ u64::from_le_bytes(word);
        }
    }
    fn write_u128(&mut self, number: u128) {
        self.0 = number as u64;
    }
}

/// A map by fingerprint.
pub type ByFingerprint<V> = HashMap<Fingerprint, V, BuildHasherDefault<Identity>>;

/// The index of all commands ever answered with an entry or a recorded refusal.
#[derive(Clone)]
pub struct Seen {
    key: [u8; 16],
    places: ByFingerprint<u64>,
    /// What was added since it was last taken, in order, if somebody keeps a copy elsewhere.
    news: Option<Vec<(Fingerprint, Place)>>,
}

impl Seen {
    /// `key`: 16 bytes of the installation's own, the same for its whole life.
    pub fn new(key: [u8; 16]) -> Seen {
        Seen { key, places: ByFingerprint::default(), news: None }
    }

    pub fn len(&self) -> usize {
        self.places.len()
    }
    pub fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    /// The fingerprint of an idempotency key.
    pub fn of_id(&self, ledger: &LedgerId, id: &CommandId) -> Fingerprint {
        self.fingerprint(&[ledger.as_str(), "id", id.as_str()])
    }

    /// The fingerprint of a source's own event: the second key, unique for ever as well.
    pub fn of_event(&self, ledger: &LedgerId, source: &Label, event: &Label) -> Fingerprint {
        self.fingerprint(&[ledger.as_str(), "event", source.as_str(), event.as_str()])
    }

    fn fingerprint(&self, parts: &[&str]) -> Fingerprint {
        let mut hasher = SipHasher13::new_with_key(&self.key);
        for part in parts {
            hasher.write(part.as_bytes());
            // No name contains this byte, so no two lists of names run together.
            hasher.write(&[0xff]);
        }
        Fingerprint(hasher.finish128().as_u128())
    }

    pub fn place(&self, fingerprint: Fingerprint) -> Option<Place> {
        self.places.get(&fingerprint).map(|it| Place::unpack(*it))
    }

    /// The first answer stands: a fingerprint seen before keeps its place.
    pub fn insert(&mut self, fingerprint: Fingerprint, place: Place) {
        if let Entry::Vacant(free) = self.places.entry(fingerprint) {
            free.insert(place.pack());
            if let Some(news) = &mut self.news {
                news.push((fingerprint, place));
            }
        }
    }

    /// From now on remembers what is added until [`Seen::take_news`], or stops doing so.
    pub fn keep_news(&mut self, keep: bool) {
        self.news = keep.then(Vec::new);
    }

    /// What was added since the last call.
    pub fn take_news(&mut self) -> Vec<(Fingerprint, Place)> {
        self.news.as_mut().map(std::mem::take).unwrap_or_default()
    }

    /// Everything, in no order.
    pub fn all(&self) -> impl Iterator<Item = (Fingerprint, Place)> {
        self.places.iter().map(|(fingerprint, place)| (*fingerprint, Place::unpack(*place)))
    }

    pub fn reserve(&mut self, more: usize) {
        self.places.reserve(more);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_one_number() {
        for place in [
            Place { height: 1, index: 0, refusal: false },
            Place { height: 1 << 39, index: 8191, refusal: true },
        ] {
            assert_eq!(Place::unpack(place.pack()), place);
        }
    }

    #[test]
    fn keys_of_two_ledgers_and_two_kinds_are_apart() {
        let seen = Seen::new([7; 16]);
        let (a, b) = (LedgerId::new("a").unwrap(), LedgerId::new("b").unwrap());
        let id = CommandId::new("k").unwrap();
        let label = Label::new("k").unwrap();
        assert_ne!(seen.of_id(&a, &id), seen.of_id(&b, &id));
        assert_ne!(seen.of_id(&a, &id), seen.of_event(&a, &label, &label));
    }
}
