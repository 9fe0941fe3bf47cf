//! What is published, remembered: a number that nothing has touched is read without its formula.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use onhand_core::{ChannelNo, ItemNo, Ledger, Mode};

/// Published numbers by item, of one channel: 0 where not known, else the number and one more.
type Numbers = Vec<AtomicU32>;

/// Published numbers of one ledger. Readers fill it in; whatever an entry touches is forgotten.
#[derive(Default)]
pub(crate) struct Listed {
    /// By channel; nothing of a channel that nobody has asked for.
    channels: Vec<OnceLock<Numbers>>,
}

impl Listed {
    /// The number, if it is known and nothing that time alone brings about is due.
    pub fn get(&self, item: ItemNo, channel: ChannelNo) -> Option<u64> {
        let numbers = self.channels.get(channel.0 as usize)?.get()?;
        let known = numbers.get(item.0 as usize)?.load(Ordering::Relaxed);
        known.checked_sub(1).map(u64::from)
    }

    /// Remembers a number until something touches the item.
    pub fn put(&self, ledger: &Ledger, item: ItemNo, channel: ChannelNo, published: u64) {
        let Some(numbers) = self.channels.get(channel.0 as usize) else { return };
        let numbers = numbers.get_or_init(|| unknown(ledger.items().len()));
        let number = u32::try_from(published).ok().and_then(|it| it.checked_add(1));
        if let (Some(known), Some(number)) = (numbers.get(item.0 as usize), number)
            && !depends_on_time(ledger, item)
        {
            known.store(number, Ordering::Relaxed);
        }
    }

    /// Makes room for what the ledger has now.
    pub fn fit(&mut self, ledger: &Ledger) {
        self.channels.resize_with(ledger.channels().len(), OnceLock::new);
        let items = ledger.items().len();
        for numbers in self.channels.iter_mut().filter_map(OnceLock::get_mut) {
            if numbers.len() < items {
                numbers.resize_with(items, AtomicU32::default);
            }
        }
    }

    /// Forgets an item and the kits that it is a part of, on all channels.
    pub fn forget(&mut self, ledger: &Ledger, item: ItemNo) {
        let kits = ledger.item(item).info.as_ref().map_or(&[][..], |it| &it.used_in);
        for numbers in self.channels.iter_mut().filter_map(OnceLock::get_mut) {
            for it in std::iter::once(&item).chain(kits) {
                if let Some(known) = numbers.get_mut(it.0 as usize) {
                    *known.get_mut() = 0;
                }
            }
        }
    }

    /// Forgets everything: rules changed for many items.
    pub fn forget_all(&mut self) {
        self.channels.iter_mut().for_each(|it| *it = OnceLock::new());
    }
}

fn unknown(items: usize) -> Numbers {
    std::iter::repeat_with(AtomicU32::default).take(items).collect()
}

/// Whether the number changes without an entry: windows roll over, expected supply comes near.
pub(crate) fn depends_on_time(ledger: &Ledger, item: ItemNo) -> bool {
    let alone = |item: ItemNo| {
        let known = ledger.item(item);
        matches!(known.mode(), Mode::Capacity(_)) || !known.expected().is_empty()
    };
    let parts = ledger.item(item).recipe().map_or(&[][..], |it| &it.parts);
    alone(item) || parts.iter().any(|(part, _)| alone(*part))
}
