//! Register an item: from now on its SKU can be moved and sold.

use super::claim::refuse_doubles;
use super::prelude::*;

args!(/** Register an item. */
RegisterItem {
    pub sku: Sku,
    #[serde(default)]
    pub aliases: Vec<Sku>,
    #[serde(default)]
    pub name: Option<Label>,
    #[serde(default)]
    pub category: Option<Label>,
    /// Decimals that one base unit stands for: 3 for grams of an item sold in kilograms. At most 6.
    #[serde(default)]
    pub scale: u8,
});

/// Most decimals of an item.
const SCALE_MAX: u8 = 6;

pub(super) fn decide(
    ledger: &Ledger,
    _now: Time,
    command: &RegisterItem,
) -> Result<Decision, Rejection> {
    if command.scale > SCALE_MAX {
        let message = smol_str::format_smolstr!("must be at most {SCALE_MAX}");
        return Err(Rejection::Contradiction { field: "scale".into(), message });
    }
    let names: Vec<&Sku> = command.aliases.iter().chain([&command.sku]).collect();
    refuse_doubles("aliases", &names)?;
    if let Some(taken) = names.iter().find(|it| ledger.item_no(it).is_some()) {
        return Err(Rejection::AlreadyExists { kind: "sku".into(), name: taken.as_str().into() });
    }
    let fact = Fact::ItemRegistered(ItemRegistered {
        sku: command.sku.clone(),
        aliases: command.aliases.clone(),
        name: command.name.clone(),
        category: command.category.clone(),
        scale: command.scale,
    });
    Ok(Decision { fact, movements: Vec::new(), flags: Vec::new() })
}
