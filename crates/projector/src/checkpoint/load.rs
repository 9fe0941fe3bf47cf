//! From stored keys and values back to the projection.

use onhand_core::{
    Discrepancy, Fingerprint, Frame, Handover, Hold, HoldId, Item, Ledger, LedgerId, Order,
    OrderId, Place, Pool, SupplierId, Transfer, TransferId,
};
use serde::Deserialize;
use std::collections::BTreeMap;

use super::keys::{self, ANSWERS, Key, Kind, MARKS, PAGE};
use super::meta::Meta;
use super::store::{Store, Trouble};
use super::writer::{Written, WrittenLedger};
use crate::notices::Notice;
use crate::state::State;
use crate::supply::{Days, Goods, Pulses, SupplyLog};
use crate::timeline::{ItemLog, LedgerLog, Mark, Sealed};

/// What comes out of a checkpoint: the projection, and how much of it is stored.
pub fn load(store: &mut Store, meta: &Meta, key: [u8; 16]) -> Result<(State, Written), Trouble> {
    let mut state = State::new(key, meta.timeline);
    state.book.seen.reserve(usize::try_from(meta.answers).unwrap_or(0));
    let mut loading = Loading { state, written: Written::default(), notices: BTreeMap::new() };
    store.load(meta, &mut |key, value| loading.add(key, value))?;
    loading.put_notices()?;
    let Loading { mut state, mut written, .. } = loading;
    state.tip = meta.tip;
    for (id, ledger) in &state.book.ledgers {
        state.notices.entry(id.clone()).or_default();
        state.supplies.entry(id.clone()).or_default();
        let marks = state.logs.get(id).map_or(0, |log| log.marks().len());
        let notices = state.notices.get(id).map_or(0, |it| it.last());
        let stored = WrittenLedger { position: ledger.position(), marks, notices };
        written.ledgers.insert(id.clone(), stored);
    }
    Ok((state, written))
}

struct Loading {
    state: State,
    written: Written,
    /// Chunks of notices, by the number of their first.
    notices: BTreeMap<LedgerId, BTreeMap<u64, Vec<Notice>>>,
}

impl Loading {
    /// None: not what is written under such a key.
    fn add(&mut self, key: &[u8], value: &[u8]) -> Option<()> {
        let Key { kind, ledger, rest } = keys::read(key)?;
        match (kind, ledger) {
            (Kind::Answers, None) => self.add_answers(value),
            (Kind::Frame, Some(id)) => self.add_frame(&id, value),
            (Kind::Notices, Some(id)) => {
                let (first, chunk): (u64, Vec<Notice>) = read(value)?;
                self.notices.entry(id).or_default().insert(first, chunk);
                Some(())
            }
            (Kind::Page, Some(id)) => self.add_page(id, rest, value),
            (kind, Some(id)) => {
                let ledger = self.state.book.ledgers.get_mut(&id)?;
                let supply = self.state.supplies.entry(id.clone()).or_default();
                let log = self.state.logs.entry(id).or_default();
                add_part(kind, ledger, log, supply, (rest, value))
            }
            (_, None) => None,
        }
    }

    fn add_frame(&mut self, id: &LedgerId, value: &[u8]) -> Option<()> {
        let frame: Frame = read(value)?;
        if frame.id != *id {
            return None;
        }
        self.state.book.ledgers.insert(id.clone(), Ledger::from_frame(frame));
        Some(())
    }

    fn add_page(&mut self, id: LedgerId, rest: &[u8], value: &[u8]) -> Option<()> {
        let [number] = keys::numbers(rest)?;
        let first = number as usize * PAGE;
        let ledger = self.state.book.ledgers.get_mut(&id)?;
        if ledger.items().len() != first {
            return None;
        }
        type Stored = (Vec<Item>, Vec<ItemLog>, (u32, Vec<u8>), Vec<(u32, Goods)>);
        let (items, logs, (channels, levels), goods): Stored = read(value)?;
        self.state.supplies.entry(id.clone()).or_default().put_goods(goods);
        items.into_iter().for_each(|item| ledger.put_item(item));
        let notices = self.state.notices.entry(id.clone()).or_default();
        notices.put_levels(ledger, first, channels, &levels);
        let log = self.state.logs.entry(id).or_default();
        logs.into_iter().for_each(|item| log.put_item(item));
        Some(())
    }

    /// Notices in their order. A chunk that was left behind is older than what is kept.
    fn put_notices(&mut self) -> Result<(), Trouble> {
        for (id, chunks) in std::mem::take(&mut self.notices) {
            let notices = self.state.notices.entry(id).or_default();
            let mut begin = u64::MAX;
            for (first, chunk) in chunks.iter().rev() {
                if begin != u64::MAX && first + chunk.len() as u64 != begin {
                    break;
                }
                begin = *first;
            }
            let kept = chunks.into_iter().filter(|(first, _)| *first >= begin);
            if !kept.into_iter().all(|(first, chunk)| notices.put_notices(first, chunk)) {
                return Err(Trouble::Damaged("notices are missing".to_string()));
            }
        }
        Ok(())
    }

    fn add_answers(&mut self, value: &[u8]) -> Option<()> {
        let pairs: Vec<(u128, u64)> = read(value)?;
        // A chunk that is not full is the last one.
        if !self.written.last_chunk.is_empty() {
            return None;
        }
        self.written.answers += pairs.len() as u64;
        let full = pairs.len() == ANSWERS;
        for (print, place) in pairs {
            let (print, place) = (Fingerprint(print), Place::unpack(place));
            self.state.book.seen.insert(print, place);
            if !full {
                self.written.last_chunk.push((print, place));
            }
        }
        Some(())
    }
}

fn add_part(
    kind: Kind,
    ledger: &mut Ledger,
    log: &mut LedgerLog,
    supply: &mut SupplyLog,
    (rest, value): (&[u8], &[u8]),
) -> Option<()> {
    match kind {
        Kind::Stretch => {
            let [item, number] = keys::numbers(rest)?;
            let known = log.items().get(item as usize)?.sealed().len();
            (known == number as usize && log.put_sealed(item, read::<Sealed>(value)?)).then_some(())
        }
        Kind::Marks => {
            let [chunk] = keys::numbers(rest)?;
            let marks: Vec<Mark> = read(value)?;
            (log.marks().len() == chunk as usize * MARKS).then(|| log.put_marks(marks))
        }
        Kind::Pool => {
            let [number] = keys::numbers(rest)?;
            let pool: Pool = read(value)?;
            (ledger.pools().len() == number as usize).then(|| ledger.put_pool(pool))
        }
        Kind::Order => {
            let (id, order): (OrderId, Order) = read(value)?;
            ledger.put_order(id, order);
            Some(())
        }
        Kind::Hold => {
            let (id, hold): (HoldId, Hold) = read(value)?;
            ledger.put_hold(id, hold);
            Some(())
        }
        Kind::Transfer => {
            let (id, transfer): (TransferId, Transfer) = read(value)?;
            ledger.put_transfer(id, transfer);
            Some(())
        }
        Kind::Discrepancy => {
            let (known, about): (Discrepancy, Vec<u64>) = read(value)?;
            supply.put_about(known.difference.number, about);
            ledger.put_discrepancy(known);
            Some(())
        }
        Kind::Handover => {
            ledger.put_handover(read::<Handover>(value)?);
            Some(())
        }
        Kind::Days => {
            let (supplier, part, days): (SupplierId, u32, Days) = read(value)?;
            supply.put_part(supplier, part, days);
            Some(())
        }
        Kind::Pulses => {
            supply.put_pulses(read::<Pulses>(value)?);
            Some(())
        }
        Kind::Meta | Kind::Frame | Kind::Page | Kind::Notices | Kind::Answers => None,
    }
}

fn read<'a, T: Deserialize<'a>>(value: &'a [u8]) -> Option<T> {
    postcard::from_bytes(value).ok()
}
