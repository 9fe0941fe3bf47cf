//! What to tell a channel of many items at once: two numbers each, read in one go.

use onhand_core::{ChannelId, Claimant, LedgerId, NOW, Sku};

use super::freshness::{FreshAt, fresh_at};
use super::{Amount, Missing, Published, Seen};
use crate::projector::Projector;

/// The numbers of one item on one channel, in base units.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quote {
    /// What a hold or commitment may take. Below zero where promises exceed the stock.
    pub available: Amount<i64>,
    /// What to tell the channel: never below zero.
    pub published: Published,
    /// How old the suppliers' numbers are, by location, if that was asked for.
    pub freshness: Vec<FreshAt>,
}

impl Projector {
    /// One quote per SKU or alias, in their order, all as of one position. None: no item has it.
    ///
    /// # Errors
    /// Unknown ledger or channel.
    pub fn quotes(
        &self,
        ledger: &LedgerId,
        channel: &ChannelId,
        skus: &[Sku],
        freshness: bool,
    ) -> Result<(Seen, Vec<Option<Quote>>), Missing> {
        let state = self.read();
        let known = state.known_ledger(ledger)?;
        let channel = known.channel_no(channel).ok_or(Missing::Channel)?;
        let now = self.now(known.time());
        let who = Claimant { channel: Some(channel), ..Claimant::default() };
        let quote = |sku: &Sku| {
            let item = known.item_no(sku)?;
            let offer = known.offer(item, &who, None, now);
            let fresh = || {
                let serving = known.serving(item, channel, NOW).iter();
                serving.filter_map(|at| fresh_at(known, item, *at, NOW, now)).collect()
            };
            Some(Quote {
                available: offer.reservable().into(),
                published: offer.published().into(),
                freshness: if freshness { fresh() } else { Vec::new() },
            })
        };
        Ok((self.seen(&state, known), skus.iter().map(quote).collect()))
    }
}
