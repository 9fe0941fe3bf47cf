//! What an order would take from where, on what is committed now.

use onhand_core::{
    ChannelId, ClaimLine, CommitOrder, Label, Ledger, LedgerId, OrderId, Preview, preview,
};

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
        let preview = preview(known, self.now(known.time()), &order);
        Ok(Previewed { seen: self.seen(&state, known), preview })
    }
}

/// A name that no order has: one that is known already has lines of its own.
fn unused(ledger: &Ledger) -> Option<OrderId> {
    let names = (0..=u64::MAX).map(|number| OrderId::new(&format!("preview-{number}")));
    names.flatten().find(|it| ledger.order(it).is_none())
}
