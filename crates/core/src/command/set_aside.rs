//! Units for pools: which lines name them, where they lie, and whether they are free.

use smol_str::format_smolstr;

use super::claim::check_lines;
use super::lines::{contradiction, field_of};
use super::open_pool::PoolStock;
use super::prelude::*;

/// A line with names resolved.
pub(super) struct Wanted {
    /// Place of the line in the command, from 0.
    pub index: usize,
    pub item: ItemNo,
    /// Above zero.
    pub units: u64,
    pub location: Option<LocationNo>,
}

/// What the lines name, in their order.
///
/// # Errors
/// `contradiction` on an empty or too long list, `duplicate_in_batch` on an item that stands twice
/// at one location, `unknown_sku`, `unknown_location`, `location_closed`.
pub(super) fn wanted(ledger: &Ledger, lines: &[PoolStock]) -> Result<Vec<Wanted>, Rejection> {
    check_lines(lines)?;
    let mut all = Vec::with_capacity(lines.len());
    for (index, line) in lines.iter().enumerate() {
        let item = ledger.known_item(&line.sku)?;
        let location = line.location.as_ref().map(|it| ledger.open_location(it)).transpose()?;
        all.push(Wanted { index, item, units: line.quantity.units(), location });
    }
    let mut places: Vec<_> = all.iter().map(|it| (it.item, it.location)).collect();
    places.sort_unstable();
    match places.windows(2).find(|pair| pair[0] == pair[1]) {
        Some(pair) => Err(doubled(ledger, pair[0])),
        None => Ok(all),
    }
}

/// An item has several names: it is told by its own.
fn doubled(ledger: &Ledger, (item, location): (ItemNo, Option<LocationNo>)) -> Rejection {
    let sku = &ledger.item(item).sku;
    let value = match location {
        Some(location) => format_smolstr!("{sku}@{}", ledger.location(location).id),
        None => format_smolstr!("{sku}"),
    };
    Rejection::DuplicateInBatch { field: "lines.sku".into(), value }
}

/// # Errors
/// `contradiction`: kits and what is not counted by its units cannot be set aside; `item_closed`.
pub(super) fn check_items(ledger: &Ledger, wanted: &[Wanted]) -> Result<(), Rejection> {
    for it in wanted {
        let item = ledger.item(it.item);
        let message = match item.mode() {
            Mode::Finite if item.recipe().is_some() => "is a kit: set its parts aside",
            Mode::Finite => continue,
            Mode::Unlimited | Mode::Capacity(_) => "is not counted by its units",
        };
        return Err(contradiction(field_of(it.index, "sku"), message));
    }
    wanted.iter().try_for_each(|it| ledger.sold_item(&ledger.item(it.item).sku).map(drop))
}

/// Where shared units for each line may be taken: the location it names, else the open ones of
/// the channel, in their order.
///
/// # Errors
/// `no_location`.
pub(super) fn sources(
    ledger: &Ledger,
    channel: Option<ChannelNo>,
    wanted: &[Wanted],
) -> Result<Vec<Vec<LocationNo>>, Rejection> {
    let source = |it: &Wanted| {
        let locations = match (it.location, channel) {
            (Some(named), _) => vec![named],
            (None, Some(channel)) => ledger.serving(it.item, channel, NOW).to_vec(),
            (None, None) => Vec::new(),
        };
        let open = locations.into_iter().filter(|it| !ledger.location(*it).closed);
        Some(open.collect::<Vec<_>>())
            .filter(|it| !it.is_empty())
            .ok_or_else(|| Rejection::NoLocation { line: LineRef::numbered(it.index + 1) })
    };
    wanted.iter().map(source).collect()
}

/// Takes every line from what is free at its sources. What one line takes the next does not see.
///
/// # Errors
/// `insufficient_stock` with every short line.
pub(super) fn take_shared(
    ledger: &Ledger,
    now: Time,
    wanted: &[Wanted],
    sources: &[Vec<LocationNo>],
) -> Result<Vec<AtLocations>, Rejection> {
    let mut pending = Pending::default();
    let mut taken = Vec::with_capacity(wanted.len());
    let mut missing = Vec::new();
    for (it, locations) in wanted.iter().zip(sources) {
        let (mut left, mut kept, mut at) = (it.units, 0, AtLocations::new());
        for location in locations {
            let shelf = ledger.shelf_terms(it.item, *location, now, &pending);
            kept += shelf.kept;
            let units = left.min(u64::try_from(shelf.free).unwrap_or(0));
            if units > 0 {
                at.push((Spot::shared(*location), units));
                left -= units;
            }
        }
        if left > 0 {
            let limiting = if kept > 0 { "safety" } else { "free_stock" };
            missing.push(shortfall(ledger, it, left, limiting));
        }
        pending.add(it.item, &at);
        taken.push(at);
    }
    if missing.is_empty() {
        Ok(taken)
    } else {
        Err(Rejection::InsufficientStock { lines: missing })
    }
}

fn shortfall(ledger: &Ledger, it: &Wanted, missing: u64, limiting: &str) -> Shortfall {
    Shortfall {
        index: it.index as u64,
        line: LineRef::numbered(it.index + 1),
        sku: ledger.item(it.item).sku.clone(),
        location: it.location.map(|it| ledger.location(it).id.clone()),
        requested: it.units,
        available: it.units - missing,
        shortfall: missing,
        limiting: limiting.into(),
        part: None,
    }
}

/// The stored form of what is taken for each line.
pub(super) fn pool_lines(
    ledger: &Ledger,
    wanted: &[Wanted],
    taken: &[AtLocations],
) -> Vec<PoolLine> {
    let line = |(it, at): (&Wanted, &AtLocations)| {
        pool_line(ledger, it.item, at.iter().map(|(spot, units)| (spot.location, *units)))
    };
    wanted.iter().zip(taken).map(line).collect()
}

pub(super) fn pool_line(
    ledger: &Ledger,
    item: ItemNo,
    at: impl Iterator<Item = (LocationNo, u64)>,
) -> PoolLine {
    let split = |(location, units): (LocationNo, u64)| {
        let location = &ledger.location(location).id;
        quantities(units).map(|quantity| Split {
            location: location.clone(),
            quantity,
            pool: None,
            shared: false,
            window: None,
        })
    };
    PoolLine { sku: ledger.item(item).sku.clone(), at: at.flat_map(split).collect() }
}

/// `units` in quantities: a pool may hold more than one quantity can say.
pub(super) fn quantities(units: u64) -> impl Iterator<Item = Quantity> {
    let whole = (units / QUANTITY_MAX) as usize;
    let parts = std::iter::repeat_n(QUANTITY_MAX, whole).chain([units % QUANTITY_MAX]);
    parts.filter_map(Quantity::new)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// A ledger of the facts, and what `check_items` says of one line for each item.
    fn said(facts: serde_json::Value, skus: &[&str]) -> Vec<String> {
        let mut ledger = Ledger::new(LedgerId::new("shop").unwrap());
        for (index, fact) in facts.as_array().unwrap().iter().enumerate() {
            let command = json!({ "id": format!("c{index}"), "request": "" });
            let entry = json!({
                "ledger": "shop", "position": index + 1, "command": command, "fact": fact,
            });
            ledger.evolve(&serde_json::from_value(entry).unwrap(), Time(0)).unwrap();
        }
        let check = |sku: &&str| {
            let item = ledger.item_no(&Sku::new(sku).unwrap()).unwrap();
            let wanted = [Wanted { index: 0, item, units: 1, location: None }];
            format!("{:?}", check_items(&ledger, &wanted).map_err(|it| it.code()))
        };
        skus.iter().map(check).collect()
    }

    #[test]
    fn only_open_items_that_are_counted_by_their_units_are_set_aside() {
        let facts = json!([
            { "item_registered": { "sku": "W" } },
            { "item_registered": { "sku": "KIT" } },
            { "item_registered": { "sku": "GIFT" } },
            { "item_registered": { "sku": "OLD" } },
            { "kit_defined": { "sku": "KIT", "version": 1, "parts": [{ "sku": "W", "quantity": 2 }] } },
            { "mode_set": { "sku": "GIFT", "mode": "unlimited" } },
            { "item_closed": { "sku": "OLD" } },
        ]);
        assert_eq!(
            said(facts, &["W", "KIT", "GIFT", "OLD"]),
            ["Ok(())", "Err(\"contradiction\")", "Err(\"contradiction\")", "Err(\"item_closed\")"]
        );
    }

    #[test]
    fn more_than_a_quantity_can_say_is_said_in_several() {
        let told = |units: u64| quantities(units).map(Quantity::units).collect::<Vec<_>>();
        assert!(told(0).is_empty());
        assert_eq!(told(7), [7]);
        assert_eq!(told(QUANTITY_MAX), [QUANTITY_MAX]);
        assert_eq!(told(2 * QUANTITY_MAX + 7), [QUANTITY_MAX, QUANTITY_MAX, 7]);
    }
}
