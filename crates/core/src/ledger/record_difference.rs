//! The fold of differences: found, decided about, gone; and of what channels were told.

use super::evolve::Recorded;
use super::record_supply::DiscrepancyEnd;
use super::{
    Anchor, Discrepancy, DiscrepancyState, Doubt, History, ItemNo, Ledger, Listed, LocationNo,
    SupplierNo,
};
use crate::*;

impl Ledger {
    /// Counts that came of what somebody else said: they stand like any other.
    pub(super) fn record_counted(
        &mut self,
        location: LocationNo,
        counted_at: Time,
        lines: &[CountedLine],
    ) -> Recorded {
        for line in lines.iter().filter(|line| line.applied) {
            let item = self.stored_item(&line.sku)?;
            self.touch_item(item);
            let (condition, counted) = (line.condition, line.counted);
            let position = self.position;
            self.set_count(item, Anchor { location, condition, counted_at, counted, position })?;
        }
        Ok(())
    }

    /// Whoever counts the shelf answers what an earlier stocktake of ours left open there, and it is
    /// another book than the one that somebody decided about. The item is touched already.
    pub(super) fn set_count(&mut self, item: ItemNo, anchor: Anchor) -> Recorded {
        self.items[item.0 as usize].set_anchor(anchor);
        if anchor.condition != Condition::Sellable {
            return Ok(());
        }
        let feed = self.feed_at(anchor.location);
        let Some(supplied) = &mut self.items[item.0 as usize].supplied else { return Ok(()) };
        supplied.said.iter_mut().filter(|it| Some(it.feed) == feed).for_each(|it| it.kept = None);
        if supplied.open.is_empty() {
            return Ok(());
        }
        let location = self.location(anchor.location).id.clone();
        let witness = Witness::Stocktake(location.clone());
        let open = self.open_difference(item, &witness, Some(&location));
        match open.filter(|it| it.difference.as_of <= anchor.counted_at) {
            Some(it) => self.end_discrepancy(it.difference.number, DiscrepancyEnd::Cleared),
            None => Ok(()),
        }
    }

    pub(super) fn record_found(&mut self, witness: &Witness, found: &[Difference]) -> Recorded {
        if let Some(last) = found.iter().map(|it| it.number).max()
            && last >= self.next_discrepancy
        {
            self.touch_supply();
            self.next_discrepancy = last + 1;
        }
        for difference in found {
            let number = difference.number;
            self.touch_discrepancy(number);
            let known = self.discrepancies.remove(&number);
            let (opened, state) = match &known {
                Some(known) => (known.opened, known.state),
                None => (self.position, DiscrepancyState::Open),
            };
            let reason = known.and_then(|it| it.reason);
            self.put_discrepancy(Discrepancy {
                difference: difference.clone(),
                witness: witness.clone(),
                state,
                opened,
                changed: self.position,
                reason,
            });
            self.record_doubt(number, true)?;
            self.forget_kept(witness, difference)?;
        }
        Ok(())
    }

    /// What somebody decided to live with is over once the feed differs otherwise. The item is
    /// touched already.
    fn forget_kept(&mut self, witness: &Witness, found: &Difference) -> Recorded {
        let (Witness::Feed(feed), Some(sku)) = (witness, &found.sku) else { return Ok(()) };
        let (feed, item) = (self.stored_feed(feed)?, self.stored_item(sku)?);
        if let Some(supplied) = &mut self.items[item.0 as usize].supplied {
            supplied.said.iter_mut().filter(|it| it.feed == feed).for_each(|it| it.kept = None);
        }
        Ok(())
    }

    /// Notes at the item whether the difference is open, and how many units open ones doubt.
    fn record_doubt(&mut self, number: u64, open: bool) -> Recorded {
        let known = self.discrepancies.get(&number).ok_or("names an unknown difference")?;
        let Some(sku) = known.difference.sku.clone() else { return Ok(()) };
        let location = known.difference.location.clone();
        let item = self.stored_item(&sku)?;
        self.touch_item(item);
        let numbers = &mut self.items[item.0 as usize].supplied_mut().open;
        numbers.retain(|it| *it != number);
        if open {
            numbers.push(number);
        }
        let Some(location) = location else { return Ok(()) };
        let at = self.stored_location(&location)?;
        self.set_doubt(item, at, &location);
        Ok(())
    }

    /// What is doubted is the largest of the open doubts: they may be about the same units.
    pub(super) fn set_doubt(&mut self, item: ItemNo, at: LocationNo, location: &LocationId) {
        let position = self.position;
        let Some(supplied) = &self.items[item.0 as usize].supplied else { return };
        let open = supplied.open.iter().filter_map(|it| self.discrepancies.get(it));
        let here = open.filter(|it| it.difference.location.as_ref() == Some(location));
        let units = here.map(Discrepancy::doubted).max().unwrap_or(0);
        let doubts = &mut self.items[item.0 as usize].supplied_mut().doubts;
        match doubts.iter_mut().find(|it| it.location == at) {
            Some(doubt) if doubt.units.now() == Some(&units) => {}
            Some(doubt) => doubt.units.set(position, units),
            None if units == 0 => {}
            None => doubts.push(Doubt { location: at, units: History::begin(position, units) }),
        }
    }

    pub(super) fn end_discrepancy(&mut self, number: u64, end: DiscrepancyEnd) -> Recorded {
        let state = match end {
            DiscrepancyEnd::Accepted => DiscrepancyState::Accepted,
            DiscrepancyEnd::Cleared => DiscrepancyState::Cleared,
        };
        self.change_discrepancy(number, state, None)
    }

    fn change_discrepancy(
        &mut self,
        number: u64,
        state: DiscrepancyState,
        reason: Option<&Reason>,
    ) -> Recorded {
        self.touch_discrepancy(number);
        let position = self.position;
        let known = self.discrepancies.get_mut(&number).ok_or("names an unknown difference")?;
        known.state = state;
        known.changed = position;
        if let Some(reason) = reason {
            known.reason = Some(reason.clone());
        }
        let known = known.clone();
        match state.is_found_again() {
            false => self.name_unknown(&known),
            true => self.forget_unknown(&known),
        }
        self.record_doubt(number, state.is_open())
    }

    pub(super) fn record_settlement(&mut self, it: &DiscrepancySettled) -> Recorded {
        let state = match it.action {
            Settling::AcceptTheirs => DiscrepancyState::Accepted,
            Settling::KeepOurs => DiscrepancyState::Kept,
            Settling::Dispute => DiscrepancyState::Disputed,
            Settling::Snooze => DiscrepancyState::Snoozed(it.until.unwrap_or(self.time)),
            Settling::AskSupplier => DiscrepancyState::Asked,
            Settling::Reopen => DiscrepancyState::Open,
        };
        for line in &it.lines {
            if let Some(count) = &line.counted {
                let location = self.stored_location(&count.location)?;
                let lines = std::slice::from_ref(&count.line);
                self.record_counted(location, count.counted_at, lines)?;
            }
            self.change_discrepancy(line.number, state, Some(&it.reason))?;
            self.note_kept(line.number, it.action)?;
        }
        Ok(())
    }

    /// A feed's difference that somebody decided to live with is not found again. Once theirs is
    /// counted the book is another, and no difference from the one before says anything.
    fn note_kept(&mut self, number: u64, action: Settling) -> Recorded {
        let known = self.discrepancies.get(&number).ok_or("names an unknown difference")?;
        let (Witness::Feed(feed), Some(sku)) = (&known.witness, &known.difference.sku) else {
            return Ok(());
        };
        let by = known.difference.theirs.map(|it| it - known.difference.ours);
        let (feed, item) = (self.stored_feed(feed)?, self.stored_item(sku)?);
        let supplied = self.item(item).supplied.as_ref();
        let before = supplied.and_then(|it| it.said_by(feed)?.kept);
        let kept = match action {
            Settling::KeepOurs => by,
            Settling::AcceptTheirs => None,
            Settling::Reopen if before == by => None,
            Settling::Reopen | Settling::Dispute | Settling::Snooze | Settling::AskSupplier => {
                before
            }
        };
        if kept != before {
            self.touch_item(item);
            self.items[item.0 as usize].supplied_mut().said_mut(feed).kept = kept;
        }
        Ok(())
    }

    /// A settlement is undone: the difference is open again, unless it went on since then, or its
    /// witness has another open one in its place.
    pub(super) fn record_unsettled(&mut self, line: &SettledLine, settled: u64) -> Recorded {
        if let Some(count) = line.counted.as_ref().filter(|it| it.line.applied) {
            self.take_back(count)?;
        }
        let known = self.discrepancy(line.number).ok_or("names an unknown difference")?;
        if known.changed != settled {
            return Ok(());
        }
        let state = match self.in_place_of(known) {
            Some(_) => DiscrepancyState::Cleared,
            None => DiscrepancyState::Open,
        };
        self.note_kept(line.number, Settling::Reopen)?;
        self.change_discrepancy(line.number, state, None)
    }

    /// The count before it stands again, unless another came since.
    fn take_back(&mut self, count: &CountedAt) -> Recorded {
        let item = self.stored_item(&count.line.sku)?;
        let location = self.stored_location(&count.location)?;
        let condition = count.line.condition;
        let ours =
            |it: &&Anchor| (it.counted_at, it.counted) == (count.counted_at, count.line.counted);
        if self.item(item).anchor(location, condition).filter(ours).is_none() {
            return Ok(());
        }
        self.touch_item(item);
        let position = self.position;
        let item = &mut self.items[item.0 as usize];
        match &count.replaced {
            Some(it) => {
                let (counted_at, counted) = (it.counted_at, it.counted);
                item.set_anchor(Anchor { location, condition, counted_at, counted, position });
            }
            None => item.forget_anchor(location, condition),
        }
        Ok(())
    }

    pub(super) fn record_stocktake(&mut self, it: &StocktakeRecorded) -> Recorded {
        let location = self.stored_location(&it.location)?;
        self.record_counted(location, it.counted_at, &it.counted)?;
        self.record_found(&Witness::Stocktake(it.location.clone()), &it.found)?;
        it.cleared.iter().try_for_each(|it| self.end_discrepancy(*it, DiscrepancyEnd::Cleared))
    }

    pub(super) fn record_listing(&mut self, it: &StockListed) -> Recorded {
        let channel = self.channel_no(&it.channel).ok_or("names an unknown channel")?;
        let time = self.time;
        for line in &it.lines {
            let item = self.stored_item(&line.sku)?;
            self.touch_item(item);
            let listed = &mut self.items[item.0 as usize].supplied_mut().listed;
            listed.retain(|it| it.channel != channel);
            listed.push(Listed { channel, quantity: line.quantity, since: time });
        }
        Ok(())
    }

    pub(super) fn record_heard(&mut self, it: &StockHeard) -> Recorded {
        self.record_found(&Witness::Channel(it.channel.clone()), &it.found)?;
        it.cleared.iter().try_for_each(|it| self.end_discrepancy(*it, DiscrepancyEnd::Cleared))
    }

    /// A difference about an unknown code is found by the code while it is open, or kept as it is.
    pub(super) fn name_unknown(&mut self, discrepancy: &Discrepancy) {
        let stands = !discrepancy.state.is_found_again();
        if let Some(code) = self.unknown_code(discrepancy).filter(|_| stands) {
            self.unknown_codes.insert(code, discrepancy.difference.number);
        }
    }

    pub(super) fn forget_unknown(&mut self, discrepancy: &Discrepancy) {
        if let Some(code) = self.unknown_code(discrepancy)
            && self.unknown_codes.get(&code) == Some(&discrepancy.difference.number)
        {
            self.unknown_codes.remove(&code);
        }
    }

    fn unknown_code(&self, discrepancy: &Discrepancy) -> Option<(SupplierNo, Sku)> {
        let Witness::Feed(feed) = &discrepancy.witness else { return None };
        let feed = self.feed(self.feed_no(feed)?);
        let is_unknown = discrepancy.difference.kind == DifferenceKind::UnknownSku;
        let code = discrepancy.difference.supplier_sku.clone().filter(|_| is_unknown)?;
        Some((feed.supplier, code))
    }
}
