//! Which items may be told differently now, for those who follow what channels are told.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use onhand_core::{Entry, ItemNo, Time};

/// The entry that touched an item last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TouchedBy {
    pub position: u64,
    pub recorded_at: Time,
    /// The kind of the entry.
    pub kind: &'static str,
}

/// What changed since it was last asked for. At most as long as there are items.
#[derive(Debug, Default)]
pub struct Changed {
    /// All items: a rule changed.
    pub all: Option<TouchedBy>,
    pub items: Vec<(ItemNo, TouchedBy)>,
    /// There is more already.
    pub more: bool,
}

/// Touched items of one ledger; taken under a lock that only readers contend for.
#[derive(Default)]
pub(crate) struct Changes {
    noted: Mutex<Noted>,
}

#[derive(Default)]
struct Noted {
    all: Option<TouchedBy>,
    items: HashMap<u32, TouchedBy>,
}

impl Changes {
    /// `position`: of the last entry of the run that touched the item.
    pub fn note(&mut self, item: ItemNo, run: &[Entry], position: u64, time: Time) {
        let noted = self.noted.get_mut().unwrap_or_else(PoisonError::into_inner);
        if let Some(by) = touched_by(run, position, time) {
            noted.items.insert(item.0, by);
        }
    }

    /// Items that were touched stay noted, and are looked at before all others.
    pub fn note_all(&mut self, run: &[Entry], position: u64, time: Time) {
        let noted = self.noted.get_mut().unwrap_or_else(PoisonError::into_inner);
        if let Some(by) = touched_by(run, position, time) {
            noted.all = Some(by);
        }
    }

    /// At most `most` items; all of them are none of these.
    pub fn take(&self, most: usize) -> Changed {
        let mut noted = self.noted.lock().unwrap_or_else(PoisonError::into_inner);
        let all = noted.all.take();
        if noted.items.len() <= most {
            let items = noted.items.drain().map(|(item, by)| (ItemNo(item), by)).collect();
            return Changed { all, items, more: false };
        }
        let some: Vec<u32> = noted.items.keys().copied().take(most).collect();
        let items = some.into_iter().filter_map(|it| Some((ItemNo(it), noted.items.remove(&it)?)));
        Changed { all, items: items.collect(), more: true }
    }
}

/// A position before the run is of a rule in the same block: what came last stands for it.
fn touched_by(run: &[Entry], position: u64, time: Time) -> Option<TouchedBy> {
    let place = position.checked_sub(run.first()?.position);
    let entry = place.and_then(|it| run.get(usize::try_from(it).ok()?)).or(run.last())?;
    let position = entry.position;
    Some(TouchedBy { position, recorded_at: time, kind: entry.fact.kind() })
}
