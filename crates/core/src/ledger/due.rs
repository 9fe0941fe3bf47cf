//! What the writer itself is to ask for: ends of holds, tranches, ends of pools, pools that shrink.

use super::supply::Appointee;
use smol_str::{SmolStr, format_smolstr};

use super::{FeedNo, Hold, Ledger, PoolNo, SupplierNo};
use crate::{FeedId, HoldId, Label, PoolId, SupplierId, Time, TrancheId};

/// One thing that is due, named so that it is asked for once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Due {
    /// A hold is past its end; the position of the entry that made it.
    Hold(HoldId, u64),
    /// A tranche's moment has come; the position of the pool's opening, the tranche's place.
    Tranche(PoolId, TrancheId, u64, usize),
    /// A pool is past its end; the position of its opening.
    PoolEnd(PoolId, u64),
    /// Stock fell below the pools; the position of the ledger's last entry.
    Shortage(u64),
    /// Numbers of the tier came of age: its next step, and a mark that no other has.
    Step(FeedId, Label, u64, SmolStr),
    /// A supplier's cut-off has come: a name for the handover, and a mark that no other has.
    CutOff(SupplierId, Label, SmolStr),
    /// A supplier did not confirm in time; the position of the handover.
    Missed(SupplierId, Label, u64),
}

impl Ledger {
    /// When something is due next. In the past if it is due already.
    pub fn next_due(&self) -> Option<Time> {
        if !self.short.is_empty() {
            return Some(Time(0));
        }
        let hold = self.ends.first().map(|(end, _)| *end);
        let pool = self.appointments.first().map(|(at, _)| *at);
        let supply = self.supply_due.first().map(|(at, _)| *at);
        [hold, pool, supply].into_iter().flatten().min()
    }

    /// What is due at `now`, at most `most` of it. Shortages first: they are of what is already
    /// recorded. Recording one thing may change what is due next.
    pub fn due(&self, now: Time, most: usize) -> Vec<Due> {
        let mut due = Vec::new();
        if !self.short.is_empty() {
            due.push(Due::Shortage(self.position));
        }
        for (at, number) in &self.appointments {
            if *at > now || due.len() >= most {
                break;
            }
            self.due_of_pool(*number, now, &mut due);
        }
        self.due_of_supply(now, most, &mut due);
        let room = most.saturating_sub(due.len());
        due.extend(self.overdue(now).take(room).map(|(id, it)| Due::Hold(id.clone(), it.position)));
        due
    }

    /// Due tranches before the end of their pool: what was released late is released all the same.
    fn due_of_pool(&self, number: PoolNo, now: Time, due: &mut Vec<Due>) {
        let pool = &self.pools[number.0 as usize];
        for (place, tranche) in pool.tranches.iter().enumerate() {
            if tranche.released.is_none() && tranche.release_at <= now {
                due.push(Due::Tranche(pool.id.clone(), tranche.id.clone(), pool.position, place));
            }
        }
        if pool.ends_at.is_some_and(|end| end <= now) {
            due.push(Due::PoolEnd(pool.id.clone(), pool.position));
        }
    }

    fn due_of_supply(&self, now: Time, most: usize, due: &mut Vec<Due>) {
        let came = self.supply_due.iter().take_while(|(at, _)| *at <= now);
        for (at, it) in came.take(most.saturating_sub(due.len())) {
            due.extend(match it {
                Appointee::Feed(number) => self.due_of_feed(*number),
                Appointee::CutOff(number) => self.due_of_cut_off(*number, *at),
                Appointee::Confirmation(supplier, handover) => self
                    .handover(supplier, handover)
                    .map(|it| Due::Missed(supplier.clone(), handover.clone(), it.position)),
            });
        }
    }

    fn due_of_feed(&self, number: FeedNo) -> Option<Due> {
        let feed = self.feed(number);
        let (_, place, step) = feed.next_step()?;
        let mark = format_smolstr!("step:{}:{}:{place}", self.position, number.0);
        Some(Due::Step(feed.id.clone(), feed.tiers[place].tier.clone(), step, mark))
    }

    /// The handover is named after its moment; what is too long for one goes on under more names.
    fn due_of_cut_off(&self, number: SupplierNo, at: Time) -> Option<Due> {
        let supplier = self.supplier(number).terms.supplier.clone();
        let name = |part: u64| match part {
            1 => Label::new(&format_smolstr!("{at}")).ok(),
            part => Label::new(&format_smolstr!("{at}/{part}")).ok(),
        };
        let name = (1..).map_while(name).find(|it| self.handover(&supplier, it).is_none())?;
        let mark = format_smolstr!("cut_off:{}:{}", self.position, number.0);
        Some(Due::CutOff(supplier, name, mark))
    }

    /// Live holds whose end has come, in the order of their ends.
    pub fn overdue(&self, now: Time) -> impl Iterator<Item = (&HoldId, &Hold)> {
        let due = self.ends.iter().take_while(move |(end, _)| *end <= now);
        due.filter_map(|(_, id)| self.holds.get_key_value(id))
    }

    /// Notes when the writer has to see to a pool next.
    pub(super) fn appoint(&mut self, number: PoolNo) {
        if let Some(at) = self.appointment(number) {
            self.appointments.insert((at, number));
        }
    }

    pub(super) fn unappoint(&mut self, number: PoolNo) {
        if let Some(at) = self.appointment(number) {
            self.appointments.remove(&(at, number));
        }
    }

    fn appointment(&self, number: PoolNo) -> Option<Time> {
        let pool = &self.pools[number.0 as usize];
        if pool.closed.is_some() {
            return None;
        }
        let waiting = pool.tranches.iter().filter(|it| it.released.is_none());
        waiting.map(|it| it.release_at).chain(pool.ends_at).min()
    }
}
