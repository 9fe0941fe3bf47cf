//! Copying what changed while the fold goes on, without keeping anybody waiting long.
//!
//! A copy must be of one moment, but copying takes longer than a block's fold may wait. So it
//! goes in rounds: parts are copied slice by slice with the lock free in between; what changed in
//! the meantime is copied in the next round, which has less to do. The last round is small, is
//! done at once under the lock, and its moment is the moment of the whole copy.

use onhand_core::{Frame, LedgerId};
use onhand_journal::Tip;

use super::dirty::{Dirty, Part};
use super::keys::{self, Kind, MARKS, NOTICE_CHUNKS, NOTICES, PAGE};
use super::store::{Stored, Trouble, seal};
use super::writer::{Written, WrittenLedger};
use crate::notices::Notice;
use crate::projector::Projector;
use crate::state::State;

/// Parts copied under the lock at once.
const SLICE: usize = 256;
/// Few enough for the last round.
const LAST_ROUND: usize = 512;
/// Under a load that never lets up the last round is larger instead.
const ROUNDS_MAX: usize = 8;

/// The end of a copy: its moment, and what was only known then.
pub struct Moment {
    pub tip: Tip,
    /// Ledgers whose position moved, with how much of them is stored now.
    pub moved: Vec<(LedgerId, WrittenLedger)>,
}

/// Hands everything that changed to `keep`. None: the projection is halted, which is no state to
/// keep.
pub fn capture(
    projector: &Projector,
    dirty: &mut Dirty,
    written: &Written,
    keep: &mut dyn FnMut(Stored) -> Result<(), Trouble>,
) -> Result<Option<Moment>, Trouble> {
    dirty.take(&mut projector.write());
    for _ in 0..ROUNDS_MAX {
        if dirty.len() <= LAST_ROUND {
            break;
        }
        for (ledger, parts) in std::mem::take(&mut dirty.parts) {
            for slice in parts.chunks(SLICE) {
                copy_parts(&projector.read(), &ledger, slice)?
                    .into_iter()
                    .try_for_each(&mut *keep)?;
            }
        }
        dirty.take(&mut projector.write());
    }
    let (moment, last) = {
        let _whole = projector.whole_blocks();
        let mut state = projector.write();
        if state.halted.is_some() {
            return Ok(None);
        }
        dirty.take(&mut state);
        last_round(&state, dirty, written)?
    };
    last.into_iter().try_for_each(keep)?;
    Ok(Some(moment))
}

fn last_round(
    state: &State,
    dirty: &mut Dirty,
    written: &Written,
) -> Result<(Moment, Vec<Stored>), Trouble> {
    let mut stored = Vec::new();
    for (ledger, parts) in std::mem::take(&mut dirty.parts) {
        stored.append(&mut copy_parts(state, &ledger, &parts)?);
    }
    let mut moved = Vec::new();
    for (id, ledger) in &state.book.ledgers {
        let before = written.of(id);
        if before.position == ledger.position() {
            continue;
        }
        stored.push(copy_frame(id, &ledger.frame())?);
        if let Some(supply) = state.supplies.get(id) {
            let key = keys::of_ledger(Kind::Pulses, id, &[]);
            let value = seal(&key, supply.pulses())?;
            stored.push((key, value));
        }
        let marks = state.logs.get(id).map_or(&[][..], |log| log.marks());
        for chunk in before.marks / MARKS..marks.len().div_ceil(MARKS) {
            let end = marks.len().min((chunk + 1) * MARKS);
            let key = keys::of_ledger(Kind::Marks, id, &(chunk as u32).to_be_bytes());
            let value = seal(&key, &marks[chunk * MARKS..end])?;
            stored.push((key, value));
        }
        let last = keep_notices(state, id, before.notices, &mut stored)?;
        let now = WrittenLedger { position: ledger.position(), marks: marks.len(), notices: last };
        moved.push((id.clone(), now));
    }
    Ok((Moment { tip: state.tip, moved }, stored))
}

/// Copies the chunks of notices that changed since the notice numbered `before`; the last number.
fn keep_notices(
    state: &State,
    id: &LedgerId,
    before: u64,
    stored: &mut Vec<Stored>,
) -> Result<u64, Trouble> {
    let Some(notices) = state.notices.get(id) else { return Ok(0) };
    let chunk_of = |number: u64| (number - 1) / NOTICES as u64;
    if notices.last() == before {
        return Ok(before);
    }
    let first = chunk_of((before + 1).max(notices.oldest()));
    for chunk in first..=chunk_of(notices.last()) {
        let begin = (chunk * NOTICES as u64 + 1).max(notices.oldest());
        let all = notices.after(begin - 1).take_while(|(number, _)| chunk_of(*number) == chunk);
        let all: Vec<&Notice> = all.map(|(_, notice)| notice).collect();
        let place = (chunk % NOTICE_CHUNKS) as u32;
        let key = keys::of_ledger(Kind::Notices, id, &place.to_be_bytes());
        let value = seal(&key, &(begin, all))?;
        stored.push((key, value));
    }
    Ok(notices.last())
}

fn copy_frame(id: &LedgerId, frame: &Frame) -> Result<Stored, Trouble> {
    let key = keys::of_ledger(Kind::Frame, id, &[]);
    let value = seal(&key, frame)?;
    Ok((key, value))
}

fn copy_parts(state: &State, id: &LedgerId, parts: &[Part]) -> Result<Vec<Stored>, Trouble> {
    let mut stored = Vec::with_capacity(parts.len());
    for part in parts {
        stored.extend(copy_part(state, id, part)?);
    }
    Ok(stored)
}

/// None: there is no such part, which a fold never leaves behind.
fn copy_part(state: &State, id: &LedgerId, part: &Part) -> Result<Option<Stored>, Trouble> {
    let Some(ledger) = state.book.ledger(id) else { return Ok(None) };
    let (log, supply) = (state.logs.get(id), state.supplies.get(id));
    let (key, value) = match part {
        Part::Page(number) => {
            let key = keys::of_ledger(Kind::Page, id, &number.to_be_bytes());
            let items = page(ledger.items(), *number);
            let logs = log.map_or(&[][..], |log| page(log.items(), *number));
            let begin = *number as usize * PAGE;
            let levels = state.notices.get(id).map(|it| it.levels_of(begin..begin + PAGE));
            let (first, behind) = (begin as u32, (begin + PAGE) as u32);
            let goods = supply.map(|it| it.goods_of(first..behind)).unwrap_or_default();
            let value = seal(&key, &(items, logs, levels.unwrap_or_default(), goods))?;
            return Ok(Some((key, value)));
        }
        Part::Stretch(item, number) => {
            let name = [item.to_be_bytes(), number.to_be_bytes()].concat();
            let key = keys::of_ledger(Kind::Stretch, id, &name);
            let item = log.and_then(|log| log.items().get(*item as usize));
            let stretch = item.and_then(|item| item.sealed().get(*number as usize));
            let value = stretch.map(|it| seal(&key, it));
            (key, value)
        }
        Part::Pool(number) => {
            let key = keys::of_ledger(Kind::Pool, id, &number.to_be_bytes());
            let value = ledger.pools().get(*number as usize).map(|it| seal(&key, it));
            (key, value)
        }
        Part::Order(order) => {
            let key = keys::of_ledger(Kind::Order, id, order.as_str().as_bytes());
            let value = ledger.order(order).map(|it| seal(&key, &(order, it)));
            (key, value)
        }
        Part::Hold(hold) => {
            let key = keys::of_ledger(Kind::Hold, id, hold.as_str().as_bytes());
            let value = ledger.hold(hold).map(|it| seal(&key, &(hold, it)));
            (key, value)
        }
        Part::Transfer(transfer) => {
            let key = keys::of_ledger(Kind::Transfer, id, transfer.as_str().as_bytes());
            let value = ledger.transfer(transfer).map(|it| seal(&key, &(transfer, it)));
            (key, value)
        }
        Part::Discrepancy(number) => {
            let key = keys::of_ledger(Kind::Discrepancy, id, &number.to_be_bytes());
            let about = supply.map_or(&[][..], |it| it.about(*number));
            let value = ledger.discrepancy(*number).map(|it| seal(&key, &(it, about)));
            (key, value)
        }
        Part::Handover(supplier, name) => {
            // Neither name has a zero byte in it.
            let both = [supplier.as_str().as_bytes(), &[0], name.as_str().as_bytes()].concat();
            let key = keys::of_ledger(Kind::Handover, id, &both);
            let value = ledger.handover(supplier, name).map(|it| seal(&key, it));
            (key, value)
        }
        Part::Days(supplier, number) => {
            let both = [supplier.as_str().as_bytes(), &[0], &number.to_be_bytes()].concat();
            let key = keys::of_ledger(Kind::Days, id, &both);
            let days = supply.and_then(|it| it.part(supplier, *number));
            let value = days.map(|it| seal(&key, &(supplier, number, it)));
            (key, value)
        }
    };
    value.transpose().map(|value| value.map(|value| (key, value)))
}

/// The part of a list that lies on a page.
fn page<T>(all: &[T], number: u32) -> &[T] {
    let begin = (number as usize * PAGE).min(all.len());
    &all[begin..all.len().min(begin + PAGE)]
}
