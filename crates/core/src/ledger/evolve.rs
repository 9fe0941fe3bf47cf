//! The fold: recording an entry. Never refuses; what contradicts the ledger is damage, not an answer.

use std::fmt;

use super::{History, HoldState, Item, ItemNo, Ledger, Location, LocationNo, Origin, Spot};
use crate::*;

/// An entry that cannot follow the ledger: the journal or the program that wrote it is damaged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Corrupt {
    pub ledger: LedgerId,
    pub position: u64,
    pub message: String,
}

impl fmt::Display for Corrupt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "entry {} of ledger {}: {}", self.position, self.ledger, self.message)
    }
}

impl std::error::Error for Corrupt {}

/// What is wrong; the place is added once, at the top.
pub(super) type Recorded = Result<(), String>;

impl Ledger {
    /// Record an entry that was stored at ledger time `time`.
    ///
    /// # Errors
    /// [`Corrupt`] if the entry cannot follow; the ledger is then not to be used any more.
    pub fn evolve(&mut self, entry: &Entry, time: Time) -> Result<(), Corrupt> {
        self.record(entry, time).map_err(|message| Corrupt {
            ledger: entry.ledger.clone(),
            position: entry.position,
            message,
        })
    }

    fn record(&mut self, entry: &Entry, time: Time) -> Recorded {
        if entry.position != self.position + 1 || entry.ledger != self.id {
            return Err(format!("follows position {} of {}", self.position, self.id));
        }
        self.position = entry.position;
        self.time = self.time.max(time);
        for sku in entry.fact.created() {
            self.record_new_item(sku)?;
        }
        // A transfer must be there before its goods are in transit, a pool before its claims.
        match &entry.fact {
            Fact::TransferStarted(it) => self.record_transfer(it),
            Fact::PoolOpened(it) => self.record_pool(it)?,
            _ => {}
        }
        let watched = self.watch_pools(&entry.movements);
        for movement in &entry.movements {
            self.record_movement(movement)?;
        }
        self.record_claims(&entry.fact)?;
        self.note_shortages(&watched, &entry.fact)?;
        self.record_fact(&entry.fact, &entry.movements)?;
        self.heal_shortages();
        if let Some(order) = entry.fact.order().filter(|_| !self.suppliers.is_empty()) {
            self.note_waiting(order);
        }
        Ok(())
    }

    fn record_movement(&mut self, movement: &Movement) -> Recorded {
        let item = self.stored_item(&movement.sku)?;
        self.record_side(item, &movement.from, -movement.quantity.signed())?;
        self.record_side(item, &movement.to, movement.quantity.signed())?;
        // What a merge turns into another item in transit was sent before.
        match (&movement.from, &movement.to) {
            (Account::Shelf(..), Account::Transit(id)) => self.record_sent(id, item, movement),
            _ => Ok(()),
        }
    }

    fn record_sent(&mut self, id: &TransferId, item: ItemNo, movement: &Movement) -> Recorded {
        let transfer = self.transfers.get_mut(id).ok_or("moves an unknown transfer")?;
        *transfer.sent.entry(item.0).or_default() += movement.quantity.units();
        Ok(())
    }

    fn record_side(&mut self, item: ItemNo, account: &Account, change: i64) -> Recorded {
        match account {
            Account::Shelf(location, condition) => {
                let location = self.stored_location(location)?;
                self.touch_item(item);
                let position = self.position;
                let cell = self.items[item.0 as usize].cell_mut(location);
                let balance = cell.balance_mut(*condition);
                *balance = balance.checked_add(change).ok_or("a balance leaves its range")?;
                cell.touched = position;
                Ok(())
            }
            Account::Transit(transfer) => self.record_transit(transfer, item, change),
            Account::Supplier
            | Account::Customer
            | Account::Loss
            | Account::Adjustment
            | Account::CountVariance
            | Account::Opening
            | Account::Conversion => Ok(()),
        }
    }

    fn record_transit(&mut self, id: &TransferId, item: ItemNo, change: i64) -> Recorded {
        self.touch_transfer(id);
        let transfer = self.transfers.get_mut(id).ok_or("moves an unknown transfer")?;
        let left = transfer.in_transit.entry(item.0).or_default();
        *left = left.checked_add_signed(change).ok_or("more leaves transit than is in it")?;
        if *left == 0 {
            transfer.in_transit.remove(&item.0);
        }
        Ok(())
    }

    fn record_claims(&mut self, fact: &Fact) -> Recorded {
        let mut recorded = Ok(());
        let merges = matches!(fact, Fact::ItemsMerged(_));
        fact.claims(&mut |change| {
            if recorded.is_ok() {
                recorded = self.record_claim(&change, merges);
            }
        });
        recorded
    }

    /// `merges`: the pools' parts move as a whole when the fact itself is recorded.
    fn record_claim(&mut self, change: &ClaimChange<'_>, merges: bool) -> Recorded {
        let item = self.stored_item(change.sku)?;
        let location = self.stored_location(change.location)?;
        self.touch_item(item);
        let claimed = self.items[item.0 as usize].cell_mut(location).claim_mut(change.claim);
        *claimed += change.units;
        // A pool may promise more than it has.
        if *claimed < 0 && change.claim != Claim::Pooled {
            return Err(format!("releases more of {} than is claimed", change.sku));
        }
        if let (Claim::Pooled, Some(pool), false) = (change.claim, change.pool, merges) {
            self.record_pooled(pool, item, location, change)?;
        }
        match change.window {
            Some(window) => self.record_window(item, window, change),
            None => Ok(()),
        }
    }

    fn record_fact(&mut self, fact: &Fact, movements: &[Movement]) -> Recorded {
        match fact {
            Fact::ItemRegistered(it) => self.record_item(it),
            Fact::AliasAdded(it) => self.record_alias(it),
            Fact::LocationRegistered(it) => self.record_location(it),
            Fact::LocationClosed(it) => self.record_location_end(it),
            Fact::ChannelRegistered(it) => self.record_channel(it),
            Fact::ChannelChanged(it) => self.record_serving(it),
            Fact::StockHeld(it) => self.record_hold(it),
            Fact::HoldExtended(it) => self.record_extension(it),
            Fact::HoldReleased(it) => self.record_release(it),
            Fact::HoldExpired(it) => self.resolve_hold(&it.hold, HoldState::Expired),
            Fact::OrderCommitted(it) => self.record_commitment(it),
            Fact::OrderCancelled(it) => self.record_cancellation(it),
            Fact::OrderShipped(it) => self.record_shipment(it),
            Fact::StockReturned(it) => self.record_return(it),
            Fact::StockCounted(it) => self.record_count(it),
            Fact::EntryReversed(it) => self.record_reversal(it),
            Fact::OrderRelocated(it) => self.record_relocation(it),
            Fact::TrancheReleased(it) => self.record_tranche(it),
            Fact::PoolClosed(it) => self.record_pool_end(&it.pool),
            Fact::PoolShrunk(it) => self.record_shrinking(it),
            Fact::PolicySet(it) => self.record_policy(it),
            Fact::ModeSet(it) => self.record_mode(it),
            Fact::KitDefined(it) => self.record_kit(it),
            Fact::StockExpected(it) => self.record_expected(it),
            Fact::StockReceived(it) => self.record_arrival(it, movements),
            Fact::ItemRenamed(it) => self.record_rename(it),
            Fact::ItemsMerged(it) => self.record_merge(it),
            Fact::ItemClosed(it) => self.record_item_end(it),
            Fact::SupplierSet(it) => self.record_supplier(it),
            Fact::SupplierSkuMapped(it) => self.record_mapping(it),
            Fact::FeedSet(it) => self.record_feed(it),
            Fact::TierAssigned(it) => self.record_tiers(it),
            Fact::FeedStepped(it) => self.record_step(it),
            Fact::SnapshotRecorded(it) => self.record_snapshot(it),
            Fact::SnapshotJudged(it) => self.record_judgement(it),
            Fact::DiscrepancySettled(it) => self.record_settlement(it),
            Fact::StocktakeRecorded(it) => self.record_stocktake(it),
            Fact::StockListed(it) => self.record_listing(it),
            Fact::StockHeard(it) => self.record_heard(it),
            Fact::OrdersHandedOver(it) => self.record_handover(it),
            Fact::HandoverConfirmed(it) => self.record_confirmation(it),
            Fact::HandoverMissed(it) => self.record_missed(it),
            Fact::StockInspected(_)
            | Fact::StockDamaged(_)
            | Fact::StockWrittenOff(_)
            | Fact::ConditionChanged(_)
            | Fact::TransferStarted(_)
            | Fact::TransferReceived(_)
            | Fact::TransferCancelled(_)
            | Fact::StockReturnedToSupplier(_)
            | Fact::StockAdjusted(_)
            | Fact::PoolOpened(_)
            | Fact::PoolMoved(_)
            | Fact::KitAssembled(_)
            | Fact::KitDisassembled(_) => Ok(()),
        }
    }

    fn record_location(&mut self, it: &LocationRegistered) -> Recorded {
        self.touch_places();
        self.locations.push(Location {
            id: it.location.clone(),
            name: it.name.clone(),
            kind: it.kind,
            supplier: it.supplier.clone(),
            closed: false,
        });
        self.appoint_supply();
        Ok(())
    }

    fn record_location_end(&mut self, it: &LocationClosed) -> Recorded {
        let location = self.stored_location(&it.location)?;
        self.touch_places();
        self.locations[location.0 as usize].closed = true;
        Ok(())
    }

    fn record_channel(&mut self, it: &ChannelRegistered) -> Recorded {
        let locations = self.stored_locations(&it.locations)?;
        self.touch_places();
        self.channels.push(Channel {
            id: it.channel.clone(),
            name: it.name.clone(),
            served: History::begin(self.position, locations.clone()),
            locations,
        });
        Ok(())
    }

    fn record_serving(&mut self, it: &ChannelChanged) -> Recorded {
        let locations = self.stored_locations(&it.locations)?;
        let channel = self.channel_no(&it.channel).ok_or("names an unknown channel")?;
        self.touch_places();
        let (position, channel) = (self.position, &mut self.channels[channel.0 as usize]);
        channel.served.set(position, locations.clone());
        channel.locations = locations;
        Ok(())
    }

    fn record_new_item(&mut self, sku: &Sku) -> Recorded {
        self.record_item(&ItemRegistered {
            sku: sku.clone(),
            aliases: Vec::new(),
            name: None,
            category: None,
            scale: 0,
        })
    }

    fn record_item(&mut self, it: &ItemRegistered) -> Recorded {
        if self.by_sku.contains_key(&it.sku) {
            return Err(format!("registers {} again", it.sku));
        }
        let number = ItemNo(u32::try_from(self.items.len()).map_err(|_| "too many items")?);
        self.touch_item_added(number, &it.sku);
        let mut item = Item::new(it.sku.clone());
        if it.name.is_some() || it.category.is_some() || it.scale > 0 {
            let info = item.info_mut();
            (info.name, info.category, info.scale) =
                (it.name.clone(), it.category.clone(), it.scale);
        }
        self.by_sku.insert(it.sku.clone(), number);
        self.items.push(item);
        it.aliases.iter().try_for_each(|alias| self.name_item(number, alias))
    }

    fn record_alias(&mut self, it: &AliasAdded) -> Recorded {
        let number = self.stored_item(&it.sku)?;
        self.touch_item(number);
        self.name_item(number, &it.alias)
    }

    fn name_item(&mut self, number: ItemNo, alias: &Sku) -> Recorded {
        self.touch_name_added(alias);
        self.items[number.0 as usize].info_mut().aliases.push(alias.clone());
        match self.by_sku.insert(alias.clone(), number) {
            None => Ok(()),
            Some(_) => Err(format!("gives the name {alias} twice")),
        }
    }

    fn record_transfer(&mut self, it: &TransferStarted) {
        self.touch_transfer(&it.transfer);
        let transfer = Transfer {
            from: it.from.clone(),
            to: it.to.clone(),
            in_transit: ByItem::new(),
            sent: ByItem::new(),
            position: self.position,
        };
        self.transfers.insert(it.transfer.clone(), transfer);
    }

    fn record_count(&mut self, it: &StockCounted) -> Recorded {
        let location = self.stored_location(&it.location)?;
        self.record_counted(location, it.counted_at, &it.lines)
    }

    pub(super) fn stored_item(&self, sku: &Sku) -> Result<ItemNo, String> {
        self.item_no(sku).ok_or_else(|| format!("names the unknown item {sku}"))
    }

    pub(super) fn stored_location(&self, id: &LocationId) -> Result<LocationNo, String> {
        self.location_no(id).ok_or_else(|| format!("names the unknown location {id}"))
    }

    pub(super) fn stored_locations(&self, ids: &[LocationId]) -> Result<Vec<LocationNo>, String> {
        ids.iter().map(|id| self.stored_location(id)).collect()
    }

    pub(super) fn stored_splits(&self, splits: &[Split]) -> Result<AtLocations, String> {
        let mut at = AtLocations::with_capacity(splits.len());
        for split in splits {
            at.push((self.stored_spot(split)?, split.quantity.units()));
        }
        Ok(at)
    }

    fn stored_spot(&self, split: &Split) -> Result<Spot, String> {
        let location = self.stored_location(&split.location)?;
        let origin = match (&split.pool, split.window) {
            (Some(pool), _) => Origin::Pool(self.stored_pool(pool)?),
            (None, Some(window)) => Origin::Window(window.minutes()),
            (None, None) => Origin::Shared,
        };
        Ok(Spot { location, origin })
    }
}
