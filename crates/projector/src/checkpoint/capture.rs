//! Copying what changed while the fold goes on, without keeping anybody waiting long.
//!
//! A copy must be of one moment, but copying takes longer than a block's fold may wait. So it
//! goes in rounds: parts are copied slice by slice with the lock free in between; what changed in
//! the meantime is copied in the next round, which has less to do. The last round is small, is
//! done at once under the lock, and its moment is the moment of the whole copy.

use onhand_core::{Frame, LedgerId};
use onhand_journal::Tip;

use super::dirty::{Dirty, Part};
use super::keys::{self, Kind, MARKS, PAGE};
use super::store::{Stored, Trouble, seal};
use super::writer::Written;
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
    /// Ledgers whose position moved, with their new position and number of marks.
    pub moved: Vec<(LedgerId, u64, usize)>,
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
        let marks = state.logs.get(id).map_or(&[][..], |log| log.marks());
        for chunk in before.marks / MARKS..marks.len().div_ceil(MARKS) {
            let end = marks.len().min((chunk + 1) * MARKS);
            let key = keys::of_ledger(Kind::Marks, id, &(chunk as u32).to_be_bytes());
            let value = seal(&key, &marks[chunk * MARKS..end])?;
            stored.push((key, value));
        }
        moved.push((id.clone(), ledger.position(), marks.len()));
    }
    Ok((Moment { tip: state.tip, moved }, stored))
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
    let log = state.logs.get(id);
    let (key, value) = match part {
        Part::Page(number) => {
            let key = keys::of_ledger(Kind::Page, id, &number.to_be_bytes());
            let items = page(ledger.items(), *number);
            let logs = log.map_or(&[][..], |log| page(log.items(), *number));
            let value = seal(&key, &(items, logs))?;
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
    };
    value.transpose().map(|value| value.map(|value| (key, value)))
}

/// The part of a list that lies on a page.
fn page<T>(all: &[T], number: u32) -> &[T] {
    let begin = (number as usize * PAGE).min(all.len());
    &all[begin..all.len().min(begin + PAGE)]
}
