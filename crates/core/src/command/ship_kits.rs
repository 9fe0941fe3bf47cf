//! Kit lines on their way out: what leaves of each part, and of what stands assembled.

use rustc_hash::FxHashMap;

use super::claim::Need;
use super::expand::expand_by;
use super::kit_line::KitLine;
use super::lines::{contradiction, field_of};
use super::prelude::*;
use super::ship_order::{Outgoing, needed};

/// The kit lines of one shipment.
pub(super) struct ShipKits<'a> {
    ledger: &'a Ledger,
    now: Time,
    command: &'a ShipOrder,
    order: Option<&'a Order>,
    /// Assembled kits that earlier lines take, where nothing is committed.
    assembled: FxHashMap<(ItemNo, LocationNo), u64>,
}

/// Where the goods of a line leave, if the caller says so.
type Place<'a> = &'a dyn Fn() -> Result<Option<LocationNo>, Rejection>;

impl<'a> ShipKits<'a> {
    pub fn new(
        ledger: &'a Ledger,
        now: Time,
        command: &'a ShipOrder,
        order: Option<&'a Order>,
    ) -> ShipKits<'a> {
        ShipKits { ledger, now, command, order, assembled: FxHashMap::default() }
    }

    /// What leaves of a kit line that is known: of what is committed assembled first, then parts by
    /// the recipe of then. More than is committed leaves in parts; without a quantity all that is
    /// committed leaves, in whole kits or not. None: the line is no kit's.
    pub fn of_kit_line(
        &self,
        index: usize,
        asked: &ShipLine,
        place: Place<'_>,
    ) -> Result<Option<Vec<Outgoing<'a>>>, Rejection> {
        let lines = self.order.map_or(&[][..], |it| &it.lines);
        let Some(kit) = KitLine::find(lines, &asked.r#ref) else { return Ok(None) };
        self.check_item(asked, kit.kit)?;
        let committed = |it: &OrderLine| it.committed();
        let units = match asked.quantity {
            None => {
                needed(index, asked, kit.lines().map(committed).sum())?;
                kit.lines().map(|it| (it, it.committed())).filter(|it| it.1 > 0).collect()
            }
            Some(kits) => kit.assembled_first(kits.units(), committed).ok_or_else(|| {
                contradiction(field_of(index, "quantity"), "makes too many units of a part")
            })?,
        };
        let location = place()?;
        let mut outgoing = Vec::with_capacity(units.len());
        for (line, quantity) in units {
            let Some(sku) = &line.sku else { continue };
            outgoing.push(Outgoing {
                index,
                line: line.r#ref.clone(),
                item: self.ledger.known_item(sku)?,
                committed_at: &line.committed_at,
                quantity,
                location,
                kit: None,
            });
        }
        Ok(Some(outgoing))
    }

    fn check_item(&self, asked: &ShipLine, kit: &KitUse) -> Result<(), Rejection> {
        let Some(sku) = &asked.sku else { return Ok(()) };
        let requested = self.ledger.known_item(sku)?;
        if self.ledger.item_no(&kit.sku) == Some(requested) {
            return Ok(());
        }
        Err(Rejection::LineOfAnotherItem {
            order: self.command.order.clone(),
            line: asked.r#ref.clone(),
            recorded: kit.sku.clone(),
            requested: self.ledger.item(requested).sku.clone(),
        })
    }

    /// What leaves of a kit line that has not come yet: what stands assembled at the location and
    /// was promised to nobody, and parts by the recipe in force.
    pub fn of_new_kit_line(
        &mut self,
        line: Outgoing<'a>,
        recipe: &Recipe,
    ) -> Result<Vec<Outgoing<'a>>, Rejection> {
        let Some(location) = line.location else {
            return Err(Rejection::NoLocation { line: line.line });
        };
        let free = self.ledger.free(line.item, location, self.now);
        let taken = self.assembled.entry((line.item, location)).or_default();
        let there = u64::try_from(free).unwrap_or(0).saturating_sub(*taken);
        let assembled = there.min(line.quantity);
        *taken += assembled;
        let kit_line = Need {
            index: line.index,
            line: line.line,
            item: line.item,
            quantity: line.quantity,
            location: line.location,
            slot: None,
            kit: None,
        };
        let mut needs = Vec::with_capacity(recipe.parts.len() + 1);
        expand_by(self.ledger, &kit_line, recipe, assembled, &mut needs)?;
        needs.into_iter().map(|it| self.leaving(it)).collect()
    }

    fn leaving(&self, it: Need) -> Result<Outgoing<'a>, Rejection> {
        let known = self.order.and_then(|order| order.line(&it.line));
        let recorded = known.and_then(|known| known.sku.as_ref());
        if let Some(recorded) = recorded.filter(|sku| self.ledger.item_no(sku) != Some(it.item)) {
            return Err(Rejection::LineOfAnotherItem {
                order: self.command.order.clone(),
                line: it.line,
                recorded: recorded.clone(),
                requested: self.ledger.item(it.item).sku.clone(),
            });
        }
        Ok(Outgoing {
            index: it.index,
            line: it.line,
            item: it.item,
            committed_at: known.map_or(&[], |known| &known.committed_at),
            quantity: it.quantity,
            location: it.location,
            kit: it.kit,
        })
    }
}
