//! What an order would take from where, on what is committed now.

use onhand_core::{
    ChannelId, ClaimLine, CommitOrder, ItemNo, Label, Ledger, LedgerId, LocationNo, OrderId,
    Preview, Time, preview,
};

use super::freshness::{FreshOf, fresh_of};
use super::{Missing, Seen};
use crate::projector::Projector;

/// An order that might come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PreviewQuery {
    pub channel: Option<ChannelId>,
    pub lines: Vec<ClaimLine>,
    /// What the buyer may draw from pools with.
    pub campaign: Option<Label>,
    pub customer: Option<Label>,
    /// The region that the goods are to go to.
    pub ship_to: Option<Label>,
}

/// What was seen, and what the order would take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Previewed {
    pub seen: Seen,
    pub preview: Preview,
    /// How old the suppliers' numbers are that it rests on: of its items, at the locations that may
    /// serve them.
    pub freshness: Vec<FreshOf>,
}

impl Projector {
    /// What such an order would take from where, and why. Nothing is booked: by the time it is sent
    /// other orders may have come before it.
    ///
    /// # Errors
    /// Unknown ledger. What would refuse the order is part of the preview.
    pub fn preview(&self, ledger: &LedgerId, query: &PreviewQuery) -> Result<Previewed, Missing> {
        let state = self.read();
        let known = state.known_ledger(ledger)?;
        let order = CommitOrder {
            order: unused(known).ok_or(Missing::Order)?,
            channel: query.channel.clone(),
            hold: None,
            lines: query.lines.clone(),
            partial: Default::default(),
            if_short: Default::default(),
            campaign: query.campaign.clone(),
            customer: query.customer.clone(),
            ship_to: query.ship_to.clone(),
        };
        let now = self.now(known.time());
        let preview = preview(known, now, &order);
        let freshness = freshness(known, &preview, now);
        Ok(Previewed { seen: self.seen(&state, known), preview, freshness })
    }
}

/// Each item and location once, in the order of the preview.
fn freshness(ledger: &Ledger, preview: &Preview, now: Time) -> Vec<FreshOf> {
    let mut told: Vec<(ItemNo, LocationNo)> = Vec::new();
    for line in &preview.lines {
        let Some(item) = ledger.item_no(&line.sku) else { continue };
        for candidate in &line.candidates {
            let Some(at) = ledger.location_no(&candidate.location) else { continue };
            if !told.contains(&(item, at)) {
                told.push((item, at));
            }
        }
    }
    told.into_iter().flat_map(|(item, at)| fresh_of(ledger, item, [at], now)).collect()
}

/// A name that no order has: one that is known already has lines of its own.
fn unused(ledger: &Ledger) -> Option<OrderId> {
    let names = (0..=u64::MAX).map(|number| OrderId::new(&format!("preview-{number}")));
    names.flatten().find(|it| ledger.order(it).is_none())
}
