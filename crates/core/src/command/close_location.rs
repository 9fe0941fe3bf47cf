//! Close a location: it must be empty and stays in the history.

use super::prelude::*;

args!(/** Close a location. */
CloseLocation {
    pub location: LocationId,
});

pub(super) fn decide(
    ledger: &Ledger,
    now: Time,
    command: &CloseLocation,
) -> Result<Decision, Rejection> {
    let location = ledger.open_location(&command.location)?;
    let mut left = items_left(ledger, now, location).chain(items_on_the_way(ledger, location));
    if let Some(first) = left.next() {
        return Err(Rejection::LocationNotEmpty {
            location: command.location.clone(),
            items: 1 + left.count() as u64,
            first: first.clone(),
        });
    }
    let fact = Fact::LocationClosed(LocationClosed { location: command.location.clone() });
    Ok(Decision { fact, movements: Vec::new(), flags: Vec::new() })
}

/// Items with a balance or a claim at the location.
fn items_left(ledger: &Ledger, now: Time, location: LocationNo) -> impl Iterator<Item = &Sku> {
    let left = move |(index, item): &(usize, &Item)| {
        item.cell(location).is_some_and(|cell| {
            let held = ledger.held(ItemNo(*index as u32), cell, now);
            !Cell { held, ..*cell }.is_empty()
        })
    };
    ledger.items().iter().enumerate().filter(left).map(|(_, item)| &item.sku)
}

/// Items in transit to or from the location: they need a place to arrive at or to come back to.
fn items_on_the_way(ledger: &Ledger, location: LocationNo) -> impl Iterator<Item = &Sku> {
    let here = &ledger.location(location).id;
    let open =
        ledger.transfers().map(|(_, it)| it).filter(move |it| it.from == *here || it.to == *here);
    // The order of transfers is not that of the journal: the smallest SKU is named, not any.
    let mut skus: Vec<&Sku> = open
        .flat_map(|it| it.in_transit.keys())
        .map(|item| &ledger.item(ItemNo(*item)).sku)
        .collect();
    skus.sort_unstable();
    skus.into_iter()
}
