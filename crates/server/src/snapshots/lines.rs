//! Snapshots that come as a command: compared before the writer has them, their lines kept as a
//! file would be.

use std::io;

use onhand_core::{
    Basis, Command, Findings, Label, Ledger, RecordSnapshot, Rejection, Request, SetFeed,
    SnapshotLine, Time,
};
use onhand_reconciler::format::Profile;
use onhand_reconciler::{Complaint, Complaints, Head, Line, compare_whole};
use onhand_wire::Invalid;
use serde::Serialize;
use smol_str::{SmolStr, format_smolstr};

use super::kept::{Form, Fresh, Kept};
use super::past::Looking;
use crate::Node;
use crate::node::now;

/// So much news beside its lines may be in one command.
const NEWS_MAX: usize = 2_000;

/// What a request to a feed may say, as far as that needs no ledger.
///
/// # Errors
/// A profile that cannot be read, by its line and key; fields of a snapshot that files have.
pub(crate) fn check_feed(request: &Request) -> Result<(), Invalid> {
    match &request.command {
        Command::SetFeed(SetFeed { profile: Some(profile), .. }) => Profile::parse(profile)
            .map(drop)
            .map_err(|it| Invalid::new("invalid_field", "profile", format!("is wrong: {it}"))),
        Command::RecordSnapshot(it) if it.hash.is_some() => Err(of_files("hash")),
        Command::RecordSnapshot(it) if it.part != 1 => Err(of_files("part")),
        _ => Ok(()),
    }
}

fn of_files(field: &str) -> Invalid {
    let message = "belongs to snapshots that are uploaded as files; leave it out";
    Invalid::new("unknown_field", field, message)
}

/// Compares the lines of a snapshot with the book, and keeps them where they are to be booked.
/// What is wrong with them keeps them from being compared, and is answered.
///
/// # Errors
/// They could not be kept.
pub(crate) fn look_up(
    node: &Node,
    request: &mut Request,
    dry_run: bool,
) -> io::Result<Option<Rejection>> {
    let Command::RecordSnapshot(snapshot) = &mut request.command else { return Ok(None) };
    if snapshot.findings.is_some() || snapshot.hash.is_some() {
        return Ok(None);
    }
    let fresh = fresh(node.kept(), snapshot)?;
    snapshot.hash = Label::new(&fresh.hash).ok();
    let id = &request.ledger;
    let compared = node.projector(id).with_past(id, |ledger, past| {
        let (head, confirmed) = head(ledger, snapshot)?;
        let lines: Vec<Line> = snapshot.lines.iter().enumerate().map(line).collect();
        Some(compare_whole(ledger, &Looking(past), &head, &lines, confirmed))
    });
    match compared.flatten() {
        // The decision tells what is not known.
        None => return Ok(None),
        Some(Ok(findings)) if is_long(&findings, snapshot) => return Ok(Some(too_long())),
        Some(Ok(findings)) => snapshot.findings = Some(Box::new(findings)),
        Some(Err(complaints)) => return Ok(Some(contradiction(&complaints))),
    }
    if !dry_run {
        node.kept().keep(fresh)?;
    }
    Ok(None)
}

/// A command is one entry: what few lines leave out of a long list may be more than that bears.
fn is_long(it: &Findings, snapshot: &RecordSnapshot) -> bool {
    let news = it.said.len() + it.found.len() + it.counted.len() + it.cleared.len();
    news > NEWS_MAX + 2 * snapshot.lines.len()
}

fn too_long() -> Rejection {
    let message = format_smolstr!(
        "leave out more items than one command may tell of ({NEWS_MAX}); send the whole as a file \
         to …/feeds/{{feed}}/snapshots, which is booked in parts"
    );
    Rejection::Contradiction { field: SmolStr::new_static("lines"), message }
}

/// None: the ledger has no such feed.
fn head(ledger: &Ledger, snapshot: &RecordSnapshot) -> Option<(Head, bool)> {
    let number = ledger.feed_no(&snapshot.feed)?;
    let feed = ledger.feed(number);
    let now = now().max(ledger.time());
    let confirmed = feed.confirmed.as_ref() == Some(&snapshot.snapshot);
    // What was held is compared as of when it was held, not of when somebody confirms it.
    let held = feed.recent.iter().rev().find(|it| confirmed && it.snapshot == snapshot.snapshot);
    let as_of = held.map(|it| it.as_of).or(snapshot.as_of);
    let head = Head {
        feed: number,
        now,
        as_of: as_of.unwrap_or(now).min(now),
        complete: snapshot.complete,
        tier: snapshot.tier.clone(),
        basis: snapshot.basis.unwrap_or(feed.terms.basis),
        orders_seen_through: snapshot.orders_seen_through,
    };
    Some((head, confirmed))
}

fn line((index, line): (usize, &SnapshotLine)) -> Line {
    Line {
        line: index as u64 + 1,
        code: SmolStr::new(line.supplier_sku.as_str()),
        quantity: line.quantity,
        pack: line.pack.map(|it| it.units()),
        next_restock_at: line.next_restock_at,
        description: None,
        gtin: None,
    }
}

fn contradiction(complaints: &Complaints) -> Rejection {
    let of_all = Complaint::of_file("are wrong");
    let first = complaints.first.first().unwrap_or(&of_all);
    let column = match first.column.as_deref() {
        Some("code") => Some("supplier_sku"),
        column => column,
    };
    let index = first.line.map(|line| line.saturating_sub(1));
    let field = match (index, column) {
        (Some(index), Some(column)) => format_smolstr!("lines[{index}].{column}"),
        (Some(index), None) => format_smolstr!("lines[{index}]"),
        (None, _) => SmolStr::new_static("lines"),
    };
    Rejection::Contradiction { field, message: SmolStr::new(&first.message) }
}

/// The lines as a file in our own form: the same lines have the same bytes.
fn fresh(kept: &Kept, snapshot: &RecordSnapshot) -> io::Result<Fresh> {
    let lines = snapshot.lines.iter().map(|it| KeptLine {
        supplier_sku: it.supplier_sku.as_str(),
        quantity: it.quantity,
        pack: it.pack.map(|it| it.units()),
        next_restock_at: it.next_restock_at,
    });
    let file = KeptLines { basis: snapshot.basis, lines: lines.collect() };
    let mut coming = kept.begin()?;
    coming.write(&serde_json::to_vec(&file)?)?;
    Ok(coming.end(Form::Lines))
}

#[derive(Serialize)]
struct KeptLines<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    basis: Option<Basis>,
    lines: Vec<KeptLine<'a>>,
}

#[derive(Serialize)]
struct KeptLine<'a> {
    supplier_sku: &'a str,
    quantity: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pack: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_restock_at: Option<Time>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_lines_that_leave_out_a_long_list_are_a_file() {
        let text = r#"{"feed":"f","snapshot":"s","lines":[{"supplier_sku":"a","quantity":1}]}"#;
        let snapshot: RecordSnapshot = serde_json::from_str(text).unwrap();
        let mut findings = Findings { cleared: vec![0; NEWS_MAX + 2], ..Findings::default() };
        assert!(!is_long(&findings, &snapshot));
        findings.cleared.push(0);
        assert!(is_long(&findings, &snapshot));
        assert!(format!("{:?}", too_long()).contains("…/feeds/{feed}/snapshots"));
    }
}
