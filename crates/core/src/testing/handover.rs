//! Handovers in the text of a ledger test: what waits for a supplier, and what came of it.

use super::{Shop, plain, shown};
use crate::*;

impl Shop {
    /// `waiting S`: what would be handed over now.
    pub(super) fn show_waiting(&self, word: &str) -> String {
        let supplier = self.ledger.supplier_no(&SupplierId::new(word).unwrap()).unwrap();
        let (lines, _) = self.ledger.handed_lines(supplier, self.now, usize::MAX);
        let next = self.ledger.supplier(supplier).next_cut_off;
        let next = next.map_or(String::new(), |at| format!(" next cut-off {at}"));
        format!("{word}{}{next}", handed(&lines))
    }

    /// `handover S H`: how far it has come.
    pub(super) fn show_handover(&self, supplier: &str, name: &str) -> String {
        let supplier = SupplierId::new(supplier).unwrap();
        let Some(it) = self.ledger.handover(&supplier, &Label::new(name).unwrap()) else {
            return format!("{name} unknown");
        };
        let state = match it.state {
            HandoverState::Waiting => "waiting".to_string(),
            HandoverState::Missed(position) => format!("missed at {position}"),
            HandoverState::Confirmed { position, late } => {
                format!("confirmed at {position}{}", if late { " late" } else { "" })
            }
        };
        format!("{name} {state}{}{}", handed(&it.told.lines), short(&it.short))
    }
}

/// What neither movements nor claims say of handovers.
pub(super) fn notable(fact: &Fact) -> Vec<String> {
    match fact {
        Fact::OrdersHandedOver(it) => {
            let by = it.confirm_by.map_or(String::new(), |at| format!(" confirm by {}", shown(at)));
            let more = if it.more { " more" } else { "" };
            let cut_off = shown(it.cut_off);
            vec![format!("{} at {cut_off}{by}{}{more}", it.handover, handed(&it.lines))]
        }
        Fact::HandoverConfirmed(it) => {
            let late = if it.late { " late" } else { "" };
            let found = |it: &Difference| {
                let place = it.location.as_ref().map_or(String::new(), |it| format!("@{it}"));
                let sku = it.sku.as_ref().map_or(String::new(), |it| it.to_string());
                let theirs = it.theirs.map_or("open".to_string(), |it| it.to_string());
                let (number, kind, ours) = (it.number, plain(&it.kind), it.ours);
                format!(" | #{number} {kind} {sku}{place} theirs {theirs} ours {ours}")
            };
            let found: String = it.found.iter().map(found).collect();
            vec![format!("confirmed {}{late}{}{found}", it.confirmed, short(&it.short))]
        }
        Fact::HandoverMissed(it) => vec![it.handover.to_string()],
        _ => Vec::new(),
    }
}

fn handed(lines: &[HandedLine]) -> String {
    let line = |it: &HandedLine| {
        let code = it.supplier_sku.as_ref().map_or(String::new(), |it| format!(" as {it}"));
        format!(
            " | {} {} {}:{}@{}{code}",
            it.order,
            it.r#ref,
            it.sku,
            it.quantity.units(),
            it.location
        )
    };
    match lines.len() {
        0 => " | nothing".to_string(),
        _ => lines.iter().map(line).collect(),
    }
}

fn short(lines: &[ShortLine]) -> String {
    let line = |it: &ShortLine| {
        let (order, name, action) = (&it.order, &it.r#ref, plain(&it.action));
        format!(" | {order} {name} {} short {} {action}", it.sku, it.short.units())
    };
    lines.iter().map(line).collect()
}
