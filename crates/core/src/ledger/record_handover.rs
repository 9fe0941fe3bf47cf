//! The fold of handovers: which orders wait for a supplier's cut-off, and what it confirmed.

use super::evolve::Recorded;
use super::record_supply::next_cut_off;
use super::supply::Appointee;
use super::{Handover, HandoverState, Ledger, LocationNo, Order, OrderLine, SupplierNo};
use crate::*;

impl Ledger {
    pub(super) fn record_handover(&mut self, it: &OrdersHandedOver) -> Recorded {
        let supplier = self.stored_supplier(&it.supplier)?;
        for lines in it.lines.chunk_by(|one, next| one.order == next.order) {
            self.record_handed(&lines[0].order, lines)?;
        }
        self.touch_supply();
        let known = &mut self.suppliers[supplier.0 as usize];
        // What is left over of a long one is due at once.
        if !it.more {
            known.next_cut_off = next_cut_off(&known.terms, it.cut_off.max(self.time));
        }
        let key = (it.supplier.clone(), it.handover.clone());
        self.touch_handover(&key);
        self.put_handover(Handover {
            told: it.clone(),
            state: HandoverState::Waiting,
            position: self.position,
            short: Vec::new(),
        });
        self.appoint_supply();
        Ok(())
    }

    fn record_handed(&mut self, id: &OrderId, lines: &[HandedLine]) -> Recorded {
        self.touch_order(id);
        for line in lines {
            let location = self.stored_location(&line.location)?;
            let order = self.orders.get_mut(id).ok_or("hands over an unknown order")?;
            let known = order.line_mut(&line.r#ref);
            known.hand_over(location, line.quantity.units());
            if known.handed_there(location) > known.committed_there(location) {
                return Err(format!("hands over more of line {} than is committed", line.r#ref));
            }
        }
        self.note_waiting(id);
        Ok(())
    }

    pub(super) fn record_confirmation(&mut self, it: &HandoverConfirmed) -> Recorded {
        for line in &it.short {
            self.record_short(line)?;
        }
        let position = self.position;
        let handover = self.handover_mut(&it.supplier, &it.handover)?;
        handover.state = HandoverState::Confirmed { position, late: it.late };
        handover.short.extend(it.short.iter().cloned());
        for found in &it.found {
            let feed = found.location.as_ref().and_then(|it| self.location_no(it));
            let feed = feed.and_then(|it| self.feed_at(it)).map(|it| self.feed(it).id.clone());
            let witness = match (feed, &found.location) {
                (Some(feed), _) => Witness::Feed(feed),
                (None, Some(location)) => Witness::Stocktake(location.clone()),
                (None, None) => return Err("finds a shortage nowhere".to_owned()),
            };
            self.record_found(&witness, std::slice::from_ref(found))?;
        }
        Ok(())
    }

    fn record_short(&mut self, line: &ShortLine) -> Recorded {
        let (from, to) = (self.stored_splits(&line.from)?, self.stored_splits(&line.to)?);
        self.touch_order(&line.order);
        let order = self.orders.get_mut(&line.order).ok_or("cuts an unknown order")?;
        let known = order.line_mut(&line.r#ref);
        super::promise::take(&mut known.committed_at, &from)?;
        known.give_up_handed(&from);
        let moved: u64 = to.iter().map(|(_, units)| units).sum();
        let given_up: u64 = from.iter().map(|(_, units)| units).sum();
        super::promise::give(&mut known.committed_at, to);
        known.cancelled += given_up.saturating_sub(moved);
        if !known.balances() {
            return Err(format!("line {} does not add up: {known:?}", line.r#ref));
        }
        self.note_waiting(&line.order);
        Ok(())
    }

    pub(super) fn record_missed(&mut self, it: &HandoverMissed) -> Recorded {
        let position = self.position;
        let handover = self.handover_mut(&it.supplier, &it.handover)?;
        if handover.state == HandoverState::Waiting {
            handover.state = HandoverState::Missed(position);
        }
        Ok(())
    }

    /// What the writer awaits of it is awaited no more.
    fn handover_mut(
        &mut self,
        supplier: &SupplierId,
        handover: &Label,
    ) -> Result<&mut Handover, String> {
        let key = (supplier.clone(), handover.clone());
        self.touch_handover(&key);
        self.await_no_confirmation(&key);
        self.handovers.get_mut(&key).ok_or_else(|| format!("names the unknown handover {handover}"))
    }

    pub(super) fn await_confirmation(&mut self, handover: &Handover) {
        let told = &handover.told;
        if let (HandoverState::Waiting, Some(by)) = (handover.state, told.confirm_by) {
            let awaited = Appointee::Confirmation(told.supplier.clone(), told.handover.clone());
            self.supply_due.insert((by, awaited));
        }
    }

    pub(super) fn await_no_confirmation(&mut self, (supplier, handover): &(SupplierId, Label)) {
        let awaited = Appointee::Confirmation(supplier.clone(), handover.clone());
        self.supply_due.retain(|(_, it)| *it != awaited);
    }

    /// Notes whether the order has units at suppliers that these were not given yet. Units that
    /// went on their way or elsewhere are given no more.
    pub(super) fn note_waiting(&mut self, id: &OrderId) {
        if self.suppliers.is_empty() {
            return;
        }
        let waits_for = self.orders.get(id).map(|it| self.waits_for(it)).unwrap_or_default();
        if let Some(order) = self.orders.get_mut(id) {
            order.lines.iter_mut().for_each(OrderLine::cap_handed);
        }
        for number in 0..self.suppliers.len() as u32 {
            let number = SupplierNo(number);
            match waits_for.contains(&number) {
                true => drop(self.waiting.entry(number).or_default().insert(id.clone())),
                false => {
                    if let Some(orders) = self.waiting.get_mut(&number) {
                        orders.remove(id);
                        if orders.is_empty() {
                            self.waiting.remove(&number);
                        }
                    }
                }
            }
        }
    }

    /// A supplier is known from now on: what is committed at its locations waits for it.
    pub(super) fn note_all_waiting(&mut self) {
        let ids: Vec<OrderId> = self.orders.keys().cloned().collect();
        ids.iter().for_each(|id| self.note_waiting(id));
    }

    fn waits_for(&self, order: &Order) -> Vec<SupplierNo> {
        let mut suppliers = Vec::new();
        for line in &order.lines {
            for (spot, _) in &line.committed_at {
                let Some(number) = self.supplier_of(spot.location) else { continue };
                if line.waiting_there(spot.location) > 0 && !suppliers.contains(&number) {
                    suppliers.push(number);
                }
            }
        }
        suppliers
    }

    /// Whose location it is, if it is a supplier's that is known.
    pub fn supplier_of(&self, location: LocationNo) -> Option<SupplierNo> {
        let place = self.location(location);
        let supplier = place.supplier.as_ref().filter(|_| place.kind == LocationKind::Supplier)?;
        self.supplier_no(supplier)
    }
}
