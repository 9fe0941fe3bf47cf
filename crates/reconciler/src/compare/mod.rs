//! A snapshot against the book: what is new in it, how it differs, and why.
//!
//! Their number is brought to our basis first: it is compared with what the book says lay there,
//! sellable, at the moment that the snapshot is of. What says the same and differs as before
//! leaves no trace.

mod budget;
mod causes;
mod classify;
mod confidence;
mod unknown_sku;
mod vanished_sku;
mod view;
mod weigh;

use onhand_core::{Findings, ItemNo, Ledger};
use rustc_hash::FxHashMap;

pub use budget::Budget;
pub use unknown_sku::unknown;
pub use vanished_sku::vanished;

use crate::survey::known;
use crate::{Complaint, Complaints, Head, Line, Past, Survey, Surveyed};
use view::View;
use weigh::{Told, weigh};

/// Sets lines against the book. Of an item that several codes mean only the first one tells.
/// `more` is left to the caller; the suspicions and the number of unknown codes of the whole are
/// in it.
pub fn compare(
    ledger: &Ledger,
    past: &dyn Past,
    head: &Head,
    survey: &Surveyed,
    budget: &mut Budget,
    lines: &[Line],
) -> Findings {
    let view = View::new(ledger, past, head, survey);
    let mut findings = view.findings();
    for line in lines {
        // What is wrong with a line the survey told, and what means nothing is told apart.
        let Ok(Some(known)) = known(ledger, head, line) else { continue };
        let (item, source) = (known.item, known.source);
        let (mut units, mut next_restock_at) = (known.units, line.next_restock_at);
        if let Some(shared) = survey.shared.get(&item) {
            if shared.first != known.code {
                continue;
            }
            (units, next_restock_at) = (shared.units, shared.next_restock_at);
        }
        let told = Told { item, source, units, pack: line.pack, next_restock_at };
        weigh(&view, budget, &told, &mut findings);
    }
    findings
}

/// All of it at once, for a short snapshot. `confirmed`: whatever is suspicious about it is right.
/// Of a suspicious one nothing else is told.
///
/// # Errors
/// What is wrong with its lines, by their numbers.
pub fn compare_whole(
    ledger: &Ledger,
    past: &dyn Past,
    head: &Head,
    lines: &[Line],
    confirmed: bool,
) -> Result<Findings, Complaints> {
    let mut survey = Survey::new(ledger, head);
    lines.iter().for_each(|it| survey.add(ledger, it));
    let mut survey = survey.close(ledger);
    let mut complaints = twice(lines);
    complaints.append(std::mem::take(&mut survey.complaints));
    if !complaints.is_empty() {
        return Err(complaints);
    }
    if confirmed {
        survey.suspicions.clear();
    }
    if !survey.suspicions.is_empty() {
        return Ok(View::new(ledger, past, head, &survey).findings());
    }
    let mut budget = Budget::new(ledger, head);
    let mut findings = compare(ledger, past, head, &survey, &mut budget, lines);
    let all = ledger.items().len();
    let (left_out, _) = vanished(ledger, past, head, &survey, &mut budget, ItemNo(0), all);
    findings.append(left_out);
    findings.append(unknown(ledger, head, &survey));
    Ok(findings)
}

/// Codes that stand twice. A file's reader has looked at that already.
fn twice(lines: &[Line]) -> Complaints {
    let mut complaints = Complaints::default();
    let mut first = FxHashMap::default();
    for line in lines {
        if let Some(before) = first.insert(&line.code, line.line) {
            first.insert(&line.code, before);
            let message =
                format!("{:?} stands on line {before} too; remove one of them", line.code);
            complaints.add(Complaint::at(line.line, "supplier_sku", message));
        }
    }
    complaints
}
