//! What can be sold instead: items of the same category that a channel has.

use onhand_core::{ChannelId, Claimant, ItemNo, Label, LedgerId, Sku};
use serde::Serialize;

use super::{Amount, Missing, Published, Seen, bounded};
use crate::projector::Projector;

/// Items that can replace another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Replacements {
    pub seen: Seen,
    pub sku: Sku,
    pub channel: ChannelId,
    /// Without a category nothing is known to be like the item.
    pub category: Option<Label>,
    /// The one of which most is published first.
    pub rows: Vec<Replacement>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Replacement {
    pub sku: Sku,
    pub name: Option<Label>,
    pub published: Published,
}

impl Projector {
    /// Items of the same category that are published on the channel, most first.
    ///
    /// # Errors
    /// Unknown ledger, channel or SKU.
    pub fn replacements(
        &self,
        ledger: &LedgerId,
        channel: &ChannelId,
        sku: &Sku,
        limit: usize,
    ) -> Result<Replacements, Missing> {
        let state = self.read();
        let known = state.known_ledger(ledger)?;
        let number = known.channel_no(channel).ok_or(Missing::Channel)?;
        let wanted = known.item_no(sku).ok_or(Missing::Sku)?;
        let category = known.item(wanted).info.as_ref().and_then(|it| it.category.clone());
        let who = Claimant { channel: Some(number), ..Claimant::default() };
        let now = self.now(known.time());
        let mut rows = Vec::new();
        for (item, it) in known.items().iter().enumerate() {
            let item = ItemNo(item as u32);
            let Some(info) = it.info.as_ref().filter(|it| it.closed.is_none()) else { continue };
            if category.is_none() || info.category != category || item == wanted {
                continue;
            }
            let published = Amount::from(known.offer(item, &who, None, now).published());
            if published != Amount::Units(0) {
                rows.push(Replacement { sku: it.sku.clone(), name: info.name.clone(), published });
            }
        }
        // What has no end is most of all.
        rows.sort_by_key(|it| match it.published {
            Amount::Unlimited => u64::MAX,
            Amount::Units(units) => units,
        });
        rows.reverse();
        rows.truncate(bounded(limit));
        let sku = known.item(wanted).sku.clone();
        let channel = channel.clone();
        Ok(Replacements { seen: self.seen(&state, known), sku, channel, category, rows })
    }
}
