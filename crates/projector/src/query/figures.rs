//! What channels are told of items, in figures alone: for those who follow all of them.

use onhand_core::{
    ChannelId, ChannelNo, Claimant, ItemNo, Ledger, LedgerId, Mode, NOW, Offer, Sku, Time,
};

use super::freshness::fresh_at;
use super::{Missing, Seen};
use crate::changes::Changed;
use crate::projector::Projector;

/// What a channel is told of an item, and what it stands on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Figures {
    pub item: ItemNo,
    pub channel: ChannelNo,
    pub sku: Sku,
    /// It was merged into another item: nothing is told of it any more.
    pub gone: bool,
    /// There could be something of it on the channel.
    pub may_have: bool,
    /// It changes without an entry: windows roll over, expected supply comes near.
    pub depends_on_time: bool,
    pub unlimited: bool,
    pub published: u64,
    /// What a hold or commitment may take.
    pub available: i64,
    /// What lies sellable at the channel's locations, as far as it is believed.
    pub sellable: i64,
    /// The worst step of a supplier's ladder in force; 0: fresh, or nobody tells.
    pub step: u64,
    /// The moment that the oldest number of that step is of.
    pub as_of: Option<Time>,
}

/// Figures of some items on all channels, and what they were seen with.
#[derive(Debug)]
pub struct FiguresPage {
    pub seen: Seen,
    pub changed: Changed,
    /// With the item that was asked for: itself, or a part of it.
    pub figures: Vec<(ItemNo, Figures)>,
    /// Items and channels there are.
    pub items: usize,
    pub channels: Vec<ChannelId>,
}

impl Projector {
    /// Begins to remember which items of a ledger are touched. It is never ended: remembering costs
    /// a few bytes an item.
    ///
    /// # Errors
    /// Unknown ledger.
    pub fn watch_changes(&self, ledger: &LedgerId) -> Result<(), Missing> {
        let mut state = self.write();
        state.known_ledger(ledger)?;
        state.changes.entry(ledger.clone()).or_default();
        Ok(())
    }

    /// Figures of what was touched since the last call, at most so many items, and of the items
    /// `also`; with each those of the kits that it is a part of. Holds the lock for about a
    /// microsecond for each item and channel: ask for few.
    ///
    /// # Errors
    /// Unknown ledger.
    pub fn figures(
        &self,
        ledger: &LedgerId,
        most: usize,
        also: &[ItemNo],
    ) -> Result<FiguresPage, Missing> {
        let state = self.read();
        let known = state.known_ledger(ledger)?;
        let now = self.now(known.time());
        // Under the same lock: the entry that is named is the one that brought the figures about.
        let changed = state.changes.get(ledger).map(|it| it.take(most)).unwrap_or_default();
        let mut figures = Vec::new();
        let asked = changed.items.iter().map(|(item, _)| item).chain(also);
        for asked in asked.filter(|it| (it.0 as usize) < known.items().len()) {
            let kits = known.item(*asked).info.as_ref().map_or(&[][..], |it| &it.used_in);
            for item in std::iter::once(asked).chain(kits) {
                let channels = (0..known.channels().len() as u32).map(ChannelNo);
                let told = channels.map(|channel| figures_of(known, *item, channel, now));
                figures.extend(told.map(|it| (*asked, it)));
            }
        }
        let channels = known.channels().iter().map(|it| it.id.clone()).collect();
        let items = known.items().len();
        Ok(FiguresPage { seen: self.seen(&state, known), changed, figures, items, channels })
    }

    /// The names that items have now, for names that they have or had.
    ///
    /// # Errors
    /// Unknown ledger, channel or SKU.
    pub fn known_names(
        &self,
        ledger: &LedgerId,
        channels: &[ChannelId],
        skus: &[Sku],
    ) -> Result<Vec<Sku>, Missing> {
        let state = self.read();
        let known = state.known_ledger(ledger)?;
        for channel in channels {
            known.channel_no(channel).ok_or(Missing::Channel)?;
        }
        let name = |sku: &Sku| {
            let item = known.item_no(sku).ok_or(Missing::Sku)?;
            Ok(known.item(item).sku.clone())
        };
        skus.iter().map(name).collect()
    }
}

fn figures_of(ledger: &Ledger, item: ItemNo, channel: ChannelNo, now: Time) -> Figures {
    let known = ledger.item(item);
    let who = Claimant { channel: Some(channel), ..Claimant::default() };
    let offer = ledger.offer(item, &who, None, now);
    let sellable = match offer {
        Offer::Unlimited => 0,
        Offer::Units(terms) | Offer::Kit { assembled: terms, .. } => terms.sellable,
    };
    let (step, as_of) = worst(ledger, item, channel, now);
    Figures {
        item,
        channel,
        sku: known.sku.clone(),
        gone: known.info.as_ref().is_some_and(|it| it.merged_into.is_some()),
        may_have: !known.mode().is_finite() || crate::notices::may_have(ledger, item, channel),
        depends_on_time: crate::listed::depends_on_time(ledger, item),
        unlimited: offer.published().is_none(),
        published: offer.published().unwrap_or(0),
        available: offer.reservable().unwrap_or(0),
        sellable,
        step,
        as_of,
    }
}

/// The worst step among the item's locations and those of a kit's parts, and the oldest of its
/// numbers.
fn worst(ledger: &Ledger, item: ItemNo, channel: ChannelNo, now: Time) -> (u64, Option<Time>) {
    let known = ledger.item(item);
    let of_a_supplier = known.supplied.is_some() || known.recipe().is_some();
    if !of_a_supplier && !matches!(known.mode(), Mode::Finite) {
        return (0, None);
    }
    let parts = known.recipe().map_or(&[][..], |it| &it.parts);
    let each = std::iter::once(item).chain(parts.iter().map(|(part, _)| *part));
    let fresh = each.flat_map(|item| {
        let serving = ledger.serving(item, channel, NOW).iter();
        serving.filter_map(move |at| fresh_at(ledger, item, *at, NOW, now))
    });
    let steps = fresh.map(|it| (it.step.unwrap_or(0), it.as_of));
    let older = |one: (u64, Option<Time>), other: (u64, Option<Time>)| match one.0.cmp(&other.0) {
        std::cmp::Ordering::Greater => one,
        std::cmp::Ordering::Less => other,
        std::cmp::Ordering::Equal => (one.0, one.1.min(other.1)),
    };
    steps.reduce(older).unwrap_or((0, None))
}
