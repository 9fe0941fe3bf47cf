//! Receive stock: goods arrive from a supplier, or are there when the book is opened.

use super::claim::check_lines;
use super::named::Named;
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
    /// Register SKUs that nobody knows yet, instead of refusing them.
    #[serde(default)]
    pub create_items: bool,
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
    let mut named = Named::new(ledger, command.create_items);
    let mut movements = Vec::with_capacity(command.lines.len());
    let mut details = Vec::new();
    for line in &command.lines {
        let (_, sku) = named.find(&line.sku)?;
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
        created: named.created(),
    });
    Ok(Decision { fact, movements, flags: Vec::new() })
}

#[cfg(test)]
mod tests {
    use crate::testing::check;
    use expect_test::expect;

    #[test]
    fn received_goods_land_where_the_caller_says() {
        check(
            "
            receive_stock A W:10 GG:2
            receive_stock A W:5 to=quality_control
            receive_stock A W:3 from=opening supplier=acme W:1(lot=L1,unit_cost=250)
            stock W@A
            receive_stock A X:1
            receive_stock C W:1
            receive_stock A lines=
            ",
            expect![[r#"
                6 stock_received: W 10 supplier > A/sellable; G 2 supplier > A/sellable
                7 stock_received: W 5 supplier > A/quality_control
                8 stock_received: W 3 opening > A/sellable; W 1 opening > A/sellable
                W@A sellable 14 quality_control 5 free 14
                rejected unknown_sku sku=X
                rejected unknown_location location=C
                rejected contradiction field=lines message=must have at least one line
            "#]],
        );
    }

    #[test]
    fn items_are_created_where_the_caller_asks_for_it() {
        check(
            "
            receive_stock A X:5 W:1 X:2(lot=L1) Y:1 create_items=true
            stock X@A
            receive_stock A X:1 GG:1 create_items=true
            receive_stock A Z:1
            receive_stock C Z:1 create_items=true
            receive_stock A Z:1
            commit_order O1 channel=web X:3
            ",
            expect![[r#"
                6 stock_received: X 5 supplier > A/sellable; W 1 supplier > A/sellable; X 2 supplier > A/sellable; Y 1 supplier > A/sellable
                X@A sellable 7 free 7
                7 stock_received: X 1 supplier > A/sellable; G 1 supplier > A/sellable
                rejected unknown_sku sku=Z
                rejected unknown_location location=C
                rejected unknown_sku sku=Z
                8 order_committed: X@A committed +3
            "#]],
        );
    }
}
