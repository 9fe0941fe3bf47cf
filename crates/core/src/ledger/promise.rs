//! The fold of promises: what holds claim, and how far order lines have come.

use super::evolve::Recorded;
use super::{HeldUnits, Hold, HoldState, Ledger};
use crate::*;

impl Ledger {
    pub(super) fn record_hold(&mut self, it: &StockHeld) -> Recorded {
        let mut lines = Vec::with_capacity(it.lines.len());
        for line in it.lines.iter().filter(|line| !line.at.is_empty()) {
            let at = self.stored_splits(&line.at)?;
            let kit = line.kit.clone();
            lines.push(HeldUnits { r#ref: line.r#ref.clone(), sku: line.sku.clone(), at, kit });
        }
        self.touch_hold(&it.hold);
        let hold = Hold {
            owner: it.owner.clone(),
            channel: it.channel.clone(),
            campaign: it.campaign.clone(),
            customer: it.customer.clone(),
            ship_to: it.ship_to.clone(),
            expires_at: it.expires_at,
            state: HoldState::Live,
            lines,
            position: self.position,
        };
        self.put_hold(it.hold.clone(), hold);
        Ok(())
    }

    pub(super) fn record_extension(&mut self, it: &HoldExtended) -> Recorded {
        self.touch_hold(&it.hold);
        let hold = self.holds.get_mut(&it.hold).ok_or("extends an unknown hold")?;
        self.ends.remove(&(hold.expires_at, it.hold.clone()));
        hold.expires_at = it.expires_at;
        self.ends.insert((it.expires_at, it.hold.clone()));
        Ok(())
    }

    pub(super) fn record_release(&mut self, it: &HoldReleased) -> Recorded {
        if it.whole {
            return self.resolve_hold(&it.hold, HoldState::Released);
        }
        self.touch_hold(&it.hold);
        for line in &it.lines {
            let at = self.stored_splits(&line.at)?;
            let hold = self.holds.get_mut(&it.hold).ok_or("releases an unknown hold")?;
            let held = hold.lines.iter_mut().find(|held| held.r#ref == line.r#ref);
            take(&mut held.ok_or("releases an unknown line")?.at, &at)?;
        }
        Ok(())
    }

    pub(super) fn resolve_hold(&mut self, id: &HoldId, state: HoldState) -> Recorded {
        self.touch_hold(id);
        let hold = self.holds.get_mut(id).ok_or("resolves an unknown hold")?;
        self.ends.remove(&(hold.expires_at, id.clone()));
        // An expired or released hold keeps its lines: a late conversion tries to find them afresh.
        if matches!(state, HoldState::Converted(_)) {
            hold.lines = Vec::new();
        }
        hold.state = state;
        Ok(())
    }

    pub(super) fn record_commitment(&mut self, it: &OrderCommitted) -> Recorded {
        if let Some(hold) = &it.hold {
            self.resolve_hold(hold, HoldState::Converted(it.order.clone()))?;
        }
        let position = self.position;
        let order = self.order_mut(&it.order);
        if order.channel.is_none() && it.channel.is_some() {
            (order.channel, order.channel_at) = (it.channel.clone(), position);
        }
        // Most orders get all their lines at once: no slack, there are millions of them.
        order.lines.reserve_exact(it.lines.len());
        for line in &it.lines {
            let at = self.stored_splits(&line.at)?;
            let from_hold = self.stored_splits(&line.from_hold)?;
            let order = self.order_mut(&it.order);
            let known = order.line_mut(&line.r#ref);
            known.sku = Some(line.sku.clone());
            known.kit = line.kit.clone();
            known.ordered += line.ordered;
            known.cancelled += line.cancelled;
            known.uncommitted -= line.shipped.min(known.uncommitted);
            known.early = None;
            give(&mut known.committed_at, at);
            give(&mut known.committed_at, from_hold);
            if !known.balances() {
                return Err(format!("line {} does not add up: {known:?}", line.r#ref));
            }
            if let Some(kit) = line.kit.as_ref().filter(|kit| kit.line != line.r#ref) {
                order.forget_early(&kit.line);
            }
        }
        Ok(())
    }

    pub(super) fn record_cancellation(&mut self, it: &OrderCancelled) -> Recorded {
        self.order_mut(&it.order).tombstone |= it.tombstone;
        for line in &it.lines {
            let at = self.stored_splits(&line.at)?;
            let known = self.order_mut(&it.order).line_mut(&line.r#ref);
            take(&mut known.committed_at, &at)?;
            known.cancelled += units(&at);
            if let Some(early) = line.early {
                known.early = Some(known.early.map_or(early, |it| it.and(early)));
            }
        }
        Ok(())
    }

    pub(super) fn record_shipment(&mut self, it: &OrderShipped) -> Recorded {
        for line in &it.lines {
            let released = self.stored_splits(&line.released)?;
            let known = self.order_mut(&it.order).line_mut(&line.r#ref);
            take(&mut known.committed_at, &released)?;
            known.ship_handed(&released);
            known.sku.get_or_insert_with(|| line.sku.clone());
            if let Some(kit) = &line.kit {
                known.kit = Some(kit.clone());
            }
            known.shipped += line.quantity.units();
            known.uncommitted += line.quantity.units() - units(&released);
        }
        Ok(())
    }

    pub(super) fn record_relocation(&mut self, it: &OrderRelocated) -> Recorded {
        for line in &it.lines {
            let (from, to) = (self.stored_splits(&line.from)?, self.stored_splits(&line.to)?);
            let known = self.order_mut(&it.order).line_mut(&line.r#ref);
            take(&mut known.committed_at, &from)?;
            give(&mut known.committed_at, to);
            if !known.balances() {
                return Err(format!("line {} does not add up: {known:?}", line.r#ref));
            }
        }
        Ok(())
    }

    pub(super) fn record_return(&mut self, it: &StockReturned) -> Recorded {
        let Some(order) = &it.order else { return Ok(()) };
        for line in it.lines.iter().filter(|line| line.linked > 0) {
            let Some(line_ref) = &line.r#ref else { continue };
            let known = self.order_mut(order).line_mut(line_ref);
            known.returned += line.linked;
            if known.returned > known.shipped {
                return Err(format!("line {line_ref} returns more than was shipped"));
            }
        }
        Ok(())
    }

    pub(super) fn record_reversal(&mut self, it: &EntryReversed) -> Recorded {
        self.touch_reversed(it.reversed);
        if !self.reversed.insert(it.reversed) {
            return Err(format!("reverses {} again", it.reversed));
        }
        it.unsettled.iter().try_for_each(|line| self.record_unsettled(line, it.reversed))?;
        let Some(order) = &it.order else { return Ok(()) };
        for line in &it.unshipped {
            let released = self.stored_splits(&line.released)?;
            let known = self.order_mut(order).line_mut(&line.r#ref);
            known.shipped -= line.quantity.units().min(known.shipped);
            let uncommitted = line.quantity.units() - units(&released);
            known.unship_handed(&released);
            give(&mut known.committed_at, released);
            known.uncommitted -= uncommitted.min(known.uncommitted);
        }
        for line in &it.unreturned {
            let Some(line_ref) = &line.r#ref else { continue };
            let known = self.order_mut(order).line_mut(line_ref);
            known.returned -= line.linked.min(known.returned);
        }
        Ok(())
    }

    /// The order, known from now on.
    fn order_mut(&mut self, id: &OrderId) -> &mut Order {
        self.touch_order(id);
        let position = self.position;
        self.orders.entry(id.clone()).or_insert_with(|| Order {
            channel: None,
            channel_at: 0,
            position,
            tombstone: false,
            lines: Vec::new(),
        })
    }
}

fn units(at: &AtLocations) -> u64 {
    at.iter().map(|(_, quantity)| quantity).sum()
}

/// Adds claims by spot.
pub(super) fn give(at: &mut AtLocations, more: AtLocations) {
    if at.is_empty() {
        *at = more;
        return;
    }
    for (spot, quantity) in more {
        match at.iter_mut().find(|(known, _)| *known == spot) {
            Some((_, sum)) => *sum += quantity,
            None => at.push((spot, quantity)),
        }
    }
}

/// Takes claims away by spot; nothing is left of a spot at zero.
pub(super) fn take(at: &mut AtLocations, less: &AtLocations) -> Recorded {
    for (spot, quantity) in less {
        let known = at.iter_mut().find(|(known, _)| known == spot);
        let (_, sum) = known.ok_or("releases where nothing is claimed")?;
        *sum = sum.checked_sub(*quantity).ok_or("releases more than is claimed")?;
    }
    at.retain(|(_, quantity)| *quantity > 0);
    Ok(())
}
