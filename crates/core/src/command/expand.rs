//! Lines of a promise with their names resolved: a kit line becomes its parts.

use rustc_hash::FxHashMap;

use super::ClaimLine;
use super::claim::{Need, line_refs, refuse_doubles};
use super::lines::{contradiction, field_of};
use super::prelude::*;

/// What each line asks for, in their order. What is assembled of a kit is taken before its parts.
/// The parts of a kit that `hold` holds are those of then, whatever the kit is made of now.
///
/// # Errors
/// As [`line_refs`]; `unknown_sku`, `item_closed`, `unknown_location`, `location_closed`.
pub(super) fn needs(
    ledger: &Ledger,
    now: Time,
    who: &Claimant<'_>,
    lines: &[ClaimLine],
    hold: Option<&Hold>,
) -> Result<Vec<Need>, Rejection> {
    let refs = line_refs(lines)?;
    let mut expansion = Expansion { ledger, now, who, hold, assembled: FxHashMap::default() };
    let mut needs = Vec::with_capacity(lines.len());
    for (index, (line, name)) in lines.iter().zip(refs).enumerate() {
        let item = ledger.sold_item(&line.sku)?;
        let location = line.location.as_ref().map(|it| ledger.open_location(it)).transpose()?;
        let (quantity, slot) = (line.quantity.units(), line.slot);
        let need = Need { index, line: name, item, quantity, location, slot, kit: None };
        match expansion.is_kit(&need) {
            true => expansion.expand(need, &mut needs)?,
            false => needs.push(need),
        }
    }
    if needs.len() > lines.len() {
        let names: Vec<&LineRef> = needs.iter().map(|it| &it.line).collect();
        refuse_doubles("lines.ref", &names)?;
    }
    Ok(needs)
}

struct Expansion<'a> {
    ledger: &'a Ledger,
    now: Time,
    who: &'a Claimant<'a>,
    hold: Option<&'a Hold>,
    /// Assembled kits that earlier lines take.
    assembled: FxHashMap<ItemNo, u64>,
}

/// How one kit line is to be made up.
struct MakeUp {
    assembled: u64,
    /// Each part with what a kit needs of it, and the version of the recipe.
    parts: Vec<(ItemNo, u64)>,
    version: u64,
}

impl Expansion<'_> {
    fn is_kit(&self, need: &Need) -> bool {
        self.ledger.item(need.item).recipe().is_some() || !self.held_parts(need).is_empty()
    }

    fn expand(&mut self, need: Need, needs: &mut Vec<Need>) -> Result<(), Rejection> {
        let make_up = self.make_up(&need);
        let kits = need.quantity - make_up.assembled;
        let sku = self.ledger.item(need.item).sku.clone();
        let kit_use = |need_of_part: u64| {
            Some(KitUse {
                line: need.line.clone(),
                sku: sku.clone(),
                version: make_up.version,
                need: Quantity::new(need_of_part)?,
            })
        };
        if make_up.assembled > 0 || make_up.parts.is_empty() {
            let quantity = if kits == 0 { need.quantity } else { make_up.assembled };
            let kit = if kits == 0 { None } else { kit_use(1) };
            needs.push(Need { quantity, kit, ..need.clone() });
        }
        if kits == 0 {
            return Ok(());
        }
        for (place, (item, per_kit)) in make_up.parts.iter().enumerate() {
            let quantity = Quantity::new(kits * per_kit).map(Quantity::units).ok_or_else(|| {
                contradiction(field_of(need.index, "quantity"), "makes too many units of a part")
            })?;
            let line = need.line.part(place + 1).ok_or_else(|| {
                let message =
                    "is too long to name the parts of a kit: leave room for a dot and a number";
                contradiction(field_of(need.index, "ref"), message)
            })?;
            let kit = kit_use(*per_kit);
            needs.push(Need { line, item: *item, quantity, kit, ..need.clone() });
        }
        Ok(())
    }

    fn make_up(&mut self, need: &Need) -> MakeUp {
        let held = self.held_parts(need);
        if let Some(first) = held.first().and_then(|it| it.kit.as_ref()) {
            let part = |it: &&HeldUnits| {
                Some((self.ledger.item_no(&it.sku)?, it.kit.as_ref()?.need.units()))
            };
            let assembled = self.held_assembled(need).min(need.quantity);
            let parts = held.iter().filter_map(part).collect();
            return MakeUp { assembled, parts, version: first.version };
        }
        let Some(recipe) = self.ledger.item(need.item).recipe() else {
            return MakeUp { assembled: need.quantity, parts: Vec::new(), version: 0 };
        };
        let (parts, version) = (recipe.parts.clone(), recipe.version);
        MakeUp { assembled: self.take_assembled(need), parts, version }
    }

    /// Lines of the hold that are parts of this kit line.
    fn held_parts(&self, need: &Need) -> Vec<&HeldUnits> {
        let lines = self.hold.map_or(&[][..], |it| &it.lines);
        let ours = |it: &&HeldUnits| {
            it.kit.as_ref().is_some_and(|kit| kit.line == need.line) && it.r#ref != need.line
        };
        lines.iter().filter(ours).collect()
    }

    fn held_assembled(&self, need: &Need) -> u64 {
        let lines = self.hold.map_or(&[][..], |it| &it.lines);
        lines.iter().find(|it| it.r#ref == need.line).map_or(0, HeldUnits::held)
    }

    fn take_assembled(&mut self, need: &Need) -> u64 {
        let there = match need.location {
            Some(location) => {
                let nothing = Pending::default();
                self.ledger.shelf_terms(need.item, location, self.now, &nothing).free
            }
            None => {
                let nothing = Pending::default();
                self.ledger.terms(need.item, self.who, None, self.now, &nothing).reservable
            }
        };
        let taken = self.assembled.entry(need.item).or_default();
        let assembled = u64::try_from(there).unwrap_or(0).saturating_sub(*taken).min(need.quantity);
        *taken += assembled;
        assembled
    }
}
