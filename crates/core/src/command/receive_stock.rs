//! Receive stock: goods arrive from a supplier, or are there when the book is opened.

use super::claim::check_lines;
use super::prelude::*;

args!(/** Receive stock. */
ReceiveStock {
    pub location: LocationId,
    pub lines: Vec<ReceiveLine>,
    #[serde(default)]
    pub to: ReceiveTo,
    /// `opening` for what was there when the book began.
    #[serde(default)]
    pub from: ReceiveFrom,
    #[serde(default)]
    pub supplier: Option<SupplierId>,
    /// The inbound shipment it belongs to.
    #[serde(default)]
    pub inbound: Option<Label>,
});

args!(/** One received item. `unit_cost` in minor units of the supplier's currency. */
ReceiveLine {
    pub sku: Sku,
    pub quantity: Quantity,
    #[serde(default)]
    pub lot: Option<Label>,
    #[serde(default)]
    pub unit_cost: Option<u64>,
});

/// Where received goods land.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReceiveTo {
    #[default]
    Sellable,
    QualityControl,
}

/// Which external account received goods come from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReceiveFrom {
    #[default]
    Supplier,
    Opening,
}

pub(super) fn decide(
    ledger: &Ledger,
    _now: Time,
    command: &ReceiveStock,
) -> Result<Decision, Rejection> {
    check_lines(&command.lines)?;
    let mut movements = Vec::with_capacity(command.lines.len());
    let mut details = Vec::new();
    for line in &command.lines {
        let sku = ledger.item(ledger.known_item(&line.sku)?).sku.clone();
        if line.lot.is_some() || line.unit_cost.is_some() {
            let (lot, unit_cost) = (line.lot.clone(), line.unit_cost);
            details.push(ReceiptDetail { sku: sku.clone(), lot, unit_cost });
        }
        let from = match command.from {
            ReceiveFrom::Supplier => Account::Supplier,
            ReceiveFrom::Opening => Account::Opening,
        };
        let condition = match command.to {
            ReceiveTo::Sellable => Condition::Sellable,
            ReceiveTo::QualityControl => Condition::QualityControl,
        };
        let to = Account::Shelf(command.location.clone(), condition);
        movements.push(Movement { sku, quantity: line.quantity, from, to });
    }
    ledger.open_location(&command.location)?;
    let fact = Fact::StockReceived(StockReceived {
        location: command.location.clone(),
        supplier: command.supplier.clone(),
        inbound: command.inbound.clone(),
        details,
    });
    Ok(Decision { fact, movements, flags: Vec::new() })
}
