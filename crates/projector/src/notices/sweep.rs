//! Looking at all items that a rule or a list of locations changed, slice by slice.

use onhand_core::{
    ChannelNo, Dimension, Entry, Fact, ItemNo, Label, Ledger, LedgerId, PolicySet, Time,
};

use super::board::Notices;

/// Items and channels looked at in one slice: about a millisecond.
const SLICE: usize = 4_096;

/// What notices depend on.
const MATTERS: [Dimension; 11] = [
    Dimension::Buffer,
    Dimension::SharePercent,
    Dimension::Exclusive,
    Dimension::Oversell,
    Dimension::MaxListed,
    Dimension::EndWhen,
    Dimension::Locations,
    Dimension::SellAheadDays,
    Dimension::LowStock,
    Dimension::Safety,
    Dimension::TrustPercent,
];

/// The rest of a sweep over a ledger's items.
#[derive(Clone, Debug)]
pub struct Sweep {
    pub ledger: LedgerId,
    /// On this channel; on all if not named.
    channel: Option<ChannelNo>,
    /// Of this category; of any if not named.
    category: Option<Label>,
    /// The last entry that changed something for many items.
    pub position: u64,
    time: Time,
    /// Items looked at so far.
    done: usize,
}

impl Sweep {
    /// What an entry changes for many items at once, if anything.
    pub fn after(ledger: &Ledger, entry: &Entry, time: Time) -> Option<Sweep> {
        let (channel, category) = match &entry.fact {
            Fact::PolicySet(it) if it.scope.sku.is_none() && matters(it) => {
                (it.scope.channel.as_ref(), it.scope.category.clone())
            }
            Fact::ChannelRegistered(it) => (Some(&it.channel), None),
            Fact::ChannelChanged(it) => (Some(&it.channel), None),
            fact if changes_belief(ledger, fact, entry.position) => (None, None),
            _ => return None,
        };
        Some(Sweep {
            ledger: entry.ledger.clone(),
            channel: channel.and_then(|it| ledger.channel_no(it)),
            category,
            position: entry.position,
            time,
            done: 0,
        })
    }

    /// One sweep for both, which come from one block.
    pub fn and(self, later: Sweep) -> Sweep {
        let channel = self.channel.filter(|_| self.channel == later.channel);
        let category = self.category.filter(|it| later.category.as_ref() == Some(it));
        Sweep { channel, category, ..later }
    }

    /// Looks at the next items. True: there are more.
    pub fn go_on(&mut self, ledger: &Ledger, notices: &mut Notices) -> bool {
        let channels = if self.channel.is_some() { 1 } else { ledger.channels().len().max(1) };
        let end = ledger.items().len().min(self.done + (SLICE / channels).max(1));
        let mut news = Vec::new();
        for number in self.done..end {
            let of_category = self.category.is_none()
                || ledger.items()[number]
                    .info
                    .as_ref()
                    .is_some_and(|it| it.category == self.category);
            if of_category {
                let item = ItemNo(number as u32);
                notices.look(ledger, item, self.channel, self.position, self.time, &mut news);
            }
        }
        notices.tell(news);
        self.done = end;
        end < ledger.items().len()
    }
}

/// Whether numbers of a supplier are worth more or less from this entry on.
fn changes_belief(ledger: &Ledger, fact: &Fact, position: u64) -> bool {
    match fact {
        Fact::FeedSet(_) | Fact::FeedStepped(_) => true,
        Fact::SnapshotRecorded(it) => {
            let feed = ledger.feed_no(&it.feed).map(|number| ledger.feed(number));
            // Fresh again: the ladder's step in force went back to none.
            let steps = feed.into_iter().flat_map(|feed| &feed.tiers).map(|it| &it.step);
            steps.into_iter().any(|step| step.at(position).is_some_and(|it| it.0 == position))
        }
        _ => false,
    }
}

fn matters(it: &PolicySet) -> bool {
    MATTERS.iter().any(|dimension| it.set.has(*dimension) || it.clear.contains(dimension))
}
