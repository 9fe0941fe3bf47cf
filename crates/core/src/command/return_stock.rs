//! Return stock: goods come back from a customer, linked to an order line or not.

use super::claim::check_lines;
use super::lines::{canonical, check_reason, contradiction, field_of, movement, shelf};
use super::prelude::*;

args!(/** Return stock. */
ReturnStock {
    #[serde(default)]
    pub order: Option<OrderId>,
    pub location: LocationId,
    pub lines: Vec<ReturnLine>,
    #[serde(default)]
    pub reason: Option<Reason>,
});

args!(/** A returned line: `ref` of the order, or `sku` where it is not known. */
ReturnLine {
    #[serde(default)]
    pub r#ref: Option<LineRef>,
    #[serde(default)]
    pub sku: Option<Sku>,
    pub quantity: Quantity,
    /// Where it lands; quality control unless said otherwise.
    #[serde(default)]
    pub condition: Option<Condition>,
});

pub(super) fn decide(
    ledger: &Ledger,
    _now: Time,
    command: &ReturnStock,
) -> Result<Decision, Rejection> {
    check_lines(&command.lines)?;
    check_reason(command.reason.as_ref())?;
    let mut came_back = CameBack::default();
    for (index, line) in command.lines.iter().enumerate() {
        if command.order.is_none() && line.r#ref.is_some() {
            return Err(contradiction(field_of(index, "ref"), "needs `order`"));
        }
        came_back.add(ledger, command, index, line)?;
    }
    ledger.open_location(&command.location)?;
    let fact = Fact::StockReturned(StockReturned {
        order: command.order.clone(),
        location: command.location.clone(),
        lines: came_back.lines,
        reason: command.reason.clone(),
    });
    Ok(Decision { fact, movements: came_back.movements, flags: came_back.flags })
}

/// What came back, line by line.
#[derive(Default)]
struct CameBack {
    lines: Vec<ReturnedLine>,
    movements: Vec<Movement>,
    flags: Vec<Flag>,
}

impl CameBack {
    fn add(
        &mut self,
        ledger: &Ledger,
        command: &ReturnStock,
        index: usize,
        line: &ReturnLine,
    ) -> Result<(), Rejection> {
        let order = command.order.as_ref().and_then(|it| ledger.order(it));
        let known = order.zip(line.r#ref.as_ref()).and_then(|(order, it)| order.line(it));
        let sku = sku_of(ledger, command, index, line, known)?;
        let units = line.quantity.units();
        let linked = units.min(self.returnable(line, known));
        let condition = line.condition.unwrap_or(Condition::QualityControl);
        // What nobody sold on that line nobody vouches for: it waits in quality control.
        let surplus = if line.r#ref.is_some() { units - linked } else { 0 };
        let whole = surplus == 0 || condition == Condition::QualityControl;
        let inspected = if whole { 0 } else { surplus };
        let landing = shelf(&command.location, condition);
        let waiting = shelf(&command.location, Condition::QualityControl);
        self.movements.extend(movement(&sku, units - inspected, Account::Customer, landing)?);
        self.movements.extend(movement(&sku, inspected, Account::Customer, waiting)?);
        if surplus > 0 {
            self.flags.push(Flag::UnlinkedReturn { sku: sku.clone(), quantity: surplus });
        }
        let (r#ref, quantity) = (line.r#ref.clone(), line.quantity);
        self.lines.push(ReturnedLine { r#ref, sku, quantity, linked });
        Ok(())
    }

    /// Units of the order line that were shipped and have not come back, nor in earlier lines.
    fn returnable(&self, line: &ReturnLine, known: Option<&OrderLine>) -> u64 {
        let Some(known) = known else { return 0 };
        let same = self.lines.iter().filter(|it| it.r#ref == line.r#ref);
        let before: u64 = same.map(|it| it.linked).sum();
        known.shipped - known.returned - before
    }
}

/// The line's SKU, by the book or, where that does not know it, by the caller.
fn sku_of(
    ledger: &Ledger,
    command: &ReturnStock,
    index: usize,
    line: &ReturnLine,
    known: Option<&OrderLine>,
) -> Result<Sku, Rejection> {
    let requested = line.sku.as_ref().map(|it| canonical(ledger, it)).transpose()?;
    let recorded = known.and_then(|it| it.sku.as_ref());
    match (recorded, requested, &command.order, &line.r#ref) {
        (Some(recorded), Some((_, requested)), Some(order), Some(line))
            if *recorded != requested =>
        {
            Err(Rejection::LineOfAnotherItem {
                order: order.clone(),
                line: line.clone(),
                recorded: recorded.clone(),
                requested,
            })
        }
        (Some(recorded), _, _, _) => Ok(recorded.clone()),
        (None, Some((_, requested)), _, _) => Ok(requested),
        (None, None, Some(order), _) if ledger.order(order).is_none() => {
            Err(Rejection::UnknownOrder { order: order.clone() })
        }
        (None, None, Some(order), Some(line)) => {
            Err(Rejection::UnknownLine { order: order.clone(), line: line.clone() })
        }
        (None, None, _, _) => Err(contradiction(field_of(index, "sku"), "or `ref` is needed")),
    }
}
