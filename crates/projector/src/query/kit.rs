//! What a kit is made of, and was.

use onhand_core::{Ledger, LedgerId, Recipe, Sku};
use serde::Serialize;

use super::{Missing, Seen};
use crate::projector::Projector;

/// A kit and its recipes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct KitView {
    pub seen: Seen,
    pub sku: Sku,
    #[serde(flatten)]
    pub recipe: RecipeView,
    /// Recipes of before, oldest first.
    pub history: Vec<RecipeView>,
}

/// What the kit is made of from one entry on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RecipeView {
    pub version: u64,
    /// Position of the entry that defined it.
    pub position: u64,
    pub parts: Vec<KitPartView>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct KitPartView {
    pub sku: Sku,
    /// Units of it in one kit.
    pub need: u64,
}

impl Projector {
    /// # Errors
    /// Unknown ledger or SKU; or the item is no kit.
    pub fn kit(&self, ledger: &LedgerId, sku: &Sku) -> Result<KitView, Missing> {
        let state = self.read();
        let known = state.known_ledger(ledger)?;
        let item = known.item(known.item_no(sku).ok_or(Missing::Sku)?);
        let recipes = item.info.as_ref().map_or(&[][..], |it| it.recipe.all());
        let mut history: Vec<RecipeView> = recipes.iter().map(|it| view(known, it)).collect();
        let recipe = history.pop().ok_or(Missing::Kit)?;
        Ok(KitView { seen: self.seen(&state, known), sku: item.sku.clone(), recipe, history })
    }
}

fn view(ledger: &Ledger, (position, recipe): &(u64, Recipe)) -> RecipeView {
    let parts = recipe
        .parts
        .iter()
        .map(|(part, need)| KitPartView { sku: ledger.item(*part).sku.clone(), need: *need });
    RecipeView { version: recipe.version, position: *position, parts: parts.collect() }
}
