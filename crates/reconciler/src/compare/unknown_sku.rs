//! Codes that mean nothing, and what they may mean. They never become stock.

use onhand_core::{
    Difference, DifferenceKind, Findings, ItemNo, Label, Ledger, Sku, Suggestion, Witness,
};

use super::confidence::UNKNOWN;
use super::vanished_sku::left_out;
use super::view::View;
use crate::survey::UnknownLine;
use crate::{
    Candidate, Head, Hint, Past, PastBook, PastEvent, Suggester, Surveyed, Unknown, Vanished, Why,
};

/// So many items are suggested for a code.
const HINTS_MAX: usize = 5;

/// The codes that mean nothing, with the items that they may mean, and the known ones of which a
/// complete snapshot speaks no more. To be asked once, after the lines: where a code is new it
/// looks at the whole catalogue.
pub fn unknown(ledger: &Ledger, head: &Head, survey: &Surveyed) -> Findings {
    let view = View::new(ledger, &NoPast, head, survey);
    let mut findings = view.findings();
    if head.complete && head.tier.is_none() {
        findings.cleared = gone(&view);
    }
    if survey.news.is_empty() {
        return findings;
    }
    let asked: Vec<Unknown<'_>> = survey.news.iter().map(UnknownLine::asked).collect();
    let vanished = if head.complete { renamed(&view) } else { Vec::new() };
    let hints = Suggester::new(catalogue(ledger)).suggest_all(&asked, &vanished, HINTS_MAX);
    let lines = survey.news.iter().zip(hints);
    findings.found = lines.map(|(line, hints)| difference(&view, line, hints)).collect();
    findings
}

impl UnknownLine {
    fn asked(&self) -> Unknown<'_> {
        Unknown {
            code: self.code.as_str(),
            description: self.description.as_deref(),
            gtin: self.gtin.as_deref(),
            quantity: self.quantity,
        }
    }
}

fn difference(view: &View<'_>, line: &UnknownLine, hints: Vec<Hint>) -> Difference {
    let units = line.quantity.and_then(|it| it.checked_mul(line.pack.unwrap_or(1)));
    Difference {
        number: 0,
        kind: DifferenceKind::UnknownSku,
        sku: None,
        supplier_sku: Some(line.code.clone()),
        location: Some(view.ledger.location(view.feed.location).id.clone()),
        theirs: units.and_then(|it| i64::try_from(it).ok()),
        ours: 0,
        as_of: view.head.as_of,
        confidence: UNKNOWN,
        explained_by: Vec::new(),
        suggestions: hints.into_iter().filter_map(suggestion).collect(),
    }
}

fn suggestion(hint: Hint) -> Option<Suggestion> {
    let why = match hint.why {
        Why::Gtin => "gtin",
        Why::SameName => "same_name",
        Why::Renamed => "renamed",
        Why::Description => "description",
        Why::SimilarCode => "similar_code",
    };
    let (sku, why) = (Sku::try_from(hint.sku).ok()?, Label::new(why).ok()?);
    Some(Suggestion { sku, confidence: u64::from(hint.confidence), why })
}

/// All items that may still be meant.
fn catalogue(ledger: &Ledger) -> impl Iterator<Item = Candidate> {
    let open = ledger.items().iter().filter(|it| !it.is_closed());
    open.map(|item| {
        let sources = item.supplied.iter().flat_map(|it| &it.sources);
        let names = item.aliases().iter().chain(sources.map(|it| &it.code));
        let name = item.info.as_ref().and_then(|it| it.name.as_ref());
        Candidate {
            sku: item.sku.as_str().into(),
            names: names.map(|it| it.as_str().into()).collect(),
            description: name.map(|it| it.as_str().into()),
            gtin: None,
        }
    })
}

/// Codes that it names no more: one of them may have become one of the unknown ones.
fn renamed(view: &View<'_>) -> Vec<Vanished> {
    let all = (0..view.ledger.items().len() as u32).map(ItemNo);
    let gone = all.filter_map(|item| {
        let said = left_out(view, item)?;
        let known = view.ledger.item(item);
        let sources = &known.supplied.as_ref()?.sources;
        let source = sources.iter().find(|it| it.supplier == view.feed.supplier)?;
        let units = said.quantity.filter(|it| said.missing == 0 && it.is_multiple_of(source.pack));
        Some(Vanished {
            code: source.code.as_str().into(),
            sku: known.sku.as_str().into(),
            quantity: units.map(|it| it / source.pack),
            description: known
                .info
                .as_ref()
                .and_then(|it| it.name.as_ref())
                .map(|it| it.as_str().into()),
        })
    });
    gone.collect()
}

/// Open differences of this feed about codes that it does not name any more.
fn gone(view: &View<'_>) -> Vec<u64> {
    let ours = |witness: &Witness| matches!(witness, Witness::Feed(it) if *it == view.feed.id);
    let open = view.ledger.discrepancies().filter(|it| {
        it.state.is_open()
            && it.difference.kind == DifferenceKind::UnknownSku
            && it.difference.as_of < view.head.as_of
            && ours(&it.witness)
    });
    let numbers = open.map(|it| it.difference.number);
    let mut gone: Vec<u64> = numbers.filter(|it| !view.survey.told.contains(it)).collect();
    gone.sort_unstable();
    gone
}

/// No past is asked for what means nothing.
struct NoPast;

impl Past for NoPast {
    fn book_at(
        &self,
        _: ItemNo,
        _: onhand_core::LocationNo,
        _: onhand_core::Time,
    ) -> Option<PastBook> {
        None
    }

    fn events(
        &self,
        _: ItemNo,
        _: Option<onhand_core::LocationNo>,
        _: onhand_core::Time,
        _: usize,
    ) -> Vec<PastEvent> {
        Vec::new()
    }
}
