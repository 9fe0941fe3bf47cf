//! Why a number is what it is: every term of the formula, now or as of any position, with the
//! rules, pools, kits and entries behind it.

mod behind;
mod moment;
mod rules;
mod stale;
mod tell;
mod told;

pub(super) use behind::entry_link;
pub use behind::{Behind, EntryLink};
pub(super) use rules::scope_of;
pub use rules::{Ruled, Said};
pub use stale::{DoubtTold, StaleTold};
pub use told::{
    Explain, Explained, FiguresBehind, KitTold, LocationTold, PartTold, PoolTold, SupplyTold,
    TrancheTold, WindowTold,
};

use onhand_core::{ChannelId, Claimant, Label, LedgerId, NOW, Sku, Time};

use super::Missing;
use crate::projector::Projector;
use crate::state::State;
use moment::Moment;
use tell::Teller;

/// What to explain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExplainQuery {
    pub sku: Sku,
    pub channel: ChannelId,
    /// As it was once the entry at this position was recorded; now if not given.
    pub at: Option<u64>,
    /// As it was recorded by this time; `at` goes before.
    pub at_time: Option<Time>,
    /// The moment whose window is asked for, of items with capacity.
    pub slot: Option<Time>,
    pub campaign: Option<Label>,
    pub customer: Option<Label>,
}

impl ExplainQuery {
    /// An item on a channel now.
    pub fn now(sku: Sku, channel: ChannelId) -> ExplainQuery {
        let (at, at_time, slot) = (None, None, None);
        ExplainQuery { sku, channel, at, at_time, slot, campaign: None, customer: None }
    }
}

impl Projector {
    /// Why so much of an item is available on a channel. At a past position holds count as they
    /// were recorded then: also those whose end had come unrecorded.
    ///
    /// # Errors
    /// Unknown ledger, channel, SKU or position, also where they came later than the position; or
    /// timelines are switched off.
    pub fn explain(&self, ledger: &LedgerId, query: &ExplainQuery) -> Result<Explain, Missing> {
        let state = self.read();
        if !state.timeline {
            return Err(Missing::Timeline);
        }
        let known = state.known_ledger(ledger)?;
        let log = state.logs.get(ledger).ok_or(Missing::Ledger)?;
        let (position, time) = self.moment_of(&state, ledger, query)?;
        let channel = known.channel_no(&query.channel).ok_or(Missing::Channel)?;
        known.channel(channel).served.at(position).ok_or(Missing::Channel)?;
        // The name as it was meant once that entry was recorded.
        let item = match position {
            NOW => known.item_no(&query.sku),
            _ => known.item_no_at(&query.sku, position + 1),
        };
        let (campaign, customer) = (query.campaign.as_ref(), query.customer.as_ref());
        let who = Claimant { channel: Some(channel), campaign, customer, region: None };
        let supply = state.supplies.get(ledger);
        let moment = Moment { ledger: known, log, supply, position, time, who, slot: query.slot };
        let teller = Teller { moment: &moment, channel };
        let (item, _) = teller.explained(item.ok_or(Missing::Sku)?)?;
        Ok(Explain {
            seen: self.seen(&state, known),
            position: position.min(known.position()),
            at: time,
            now: moment.is_now(),
            channel: query.channel.clone(),
            item,
        })
    }

    /// The position, [`NOW`] for now, and the time that counts there.
    fn moment_of(
        &self,
        state: &State,
        id: &LedgerId,
        query: &ExplainQuery,
    ) -> Result<(u64, Time), Missing> {
        let (ledger, log) = (state.known_ledger(id)?, state.logs.get(id).ok_or(Missing::Position)?);
        let position = match (query.at, query.at_time) {
            (None, None) => return Ok((NOW, self.now(ledger.time()))),
            (Some(position), _) => position,
            (None, Some(time)) => log.last_recorded_by(time).min(ledger.position()),
        };
        let known = (1..=ledger.position()).contains(&position);
        let mark = log.place(position).filter(|_| known).ok_or(Missing::Position)?;
        let time = query.at_time.filter(|_| query.at.is_none());
        Ok((position, time.unwrap_or(mark.time)))
    }
}
