//! One item: what is said of it, whether that differs from the book, and what becomes of it.

use onhand_core::{
    Condition, CountedLine, Difference, DifferenceKind, Discrepancy, Findings, ItemNo,
    QUANTITY_MAX, SaidLine, Source, Time,
};

use super::budget::Budget;
use super::causes::causes;
use super::classify::{Differing, Verdict, classify};
use super::confidence;
use super::view::View;

/// What a snapshot says of one item.
pub(super) struct Told<'a> {
    pub item: ItemNo,
    pub source: &'a Source,
    /// In our units, on their basis. None: it leaves it open.
    pub units: Option<u64>,
    pub pack: Option<u64>,
    pub next_restock_at: Option<Time>,
}

pub(super) fn weigh(view: &View<'_>, budget: &mut Budget, told: &Told<'_>, to: &mut Findings) {
    let item = view.ledger.item(told.item);
    note_said(view, told, to);
    let Some(units) = told.units else { return };
    // What is not counted by its units, or not sold any more, differs from nothing.
    if item.is_closed() || !item.mode().is_finite() {
        return;
    }
    let Some(balance) = Balance::of(view, told.item, units) else { return };
    if view.is_stale(told.item) {
        return balance.note_stale(view, to);
    }
    let is_first = balance.is_first(view);
    to.compared += u64::from(!is_first);
    if balance.is_settled(view, to) {
        balance.note_kept(view, told, to);
        to.accurate += u64::from(!is_first && balance.apart() == 0);
        return;
    }
    let verdict = match is_first {
        true => Verdict::of(DifferenceKind::FirstSeen, confidence::CERTAIN),
        false => {
            let causes = causes(view, &balance);
            let packs = packs(view, told);
            let before = view.said(told.item).and_then(|it| it.quantity).map(|it| it as i64);
            let (theirs, ours, now) = (balance.theirs, balance.ours, units as i64);
            classify(&Differing { theirs, ours, packs: &packs, before, now }, &causes)
        }
    };
    let tolerance = &view.feed.terms.tolerance;
    let within = tolerance.allows(balance.theirs, balance.ours, told.source.unit_cost);
    to.accurate += u64::from(!is_first && within);
    let may_settle = within && !is_explained(verdict.kind)
        || tolerance.lower && verdict.kind == DifferenceKind::UnexplainedLoss;
    // How the book begins is nobody's mistake: no day is too short for it.
    let begins = is_first && tolerance.first;
    if begins || may_settle && budget.take(balance.apart()) {
        return balance.count(view, to);
    }
    // What is on its way comes right by itself; to count it would count it twice.
    if within && is_explained(verdict.kind) {
        return to.cleared.extend(balance.open.map(|it| it.difference.number));
    }
    if verdict.kind != DifferenceKind::PackMistake || !balance.stays_doubted(view, units) {
        balance.find(view, verdict, to);
    }
}

/// What is new in what it says.
fn note_said(view: &View<'_>, told: &Told<'_>, to: &mut Findings) {
    let known = view.said(told.item).is_some_and(|it| {
        it.as_of.is_some()
            && it.missing == missing(view, told)
            && (it.quantity, it.next_restock_at) == (told.units, told.next_restock_at)
    });
    if !known {
        to.said.push(said_line(view, told));
    }
}

fn said_line(view: &View<'_>, told: &Told<'_>) -> SaidLine {
    SaidLine {
        sku: view.ledger.item(told.item).sku.clone(),
        quantity: told.units,
        next_restock_at: told.next_restock_at,
        missing: missing(view, told),
    }
}

/// How often in a row whole snapshots have not vouched for it, this one included: a number that is
/// left open is no more than a line left out. It is counted no further than the ladder goes.
fn missing(view: &View<'_>, told: &Told<'_>) -> u64 {
    let (before, again) = view.missed(told.item);
    match told.units {
        Some(_) => 0,
        None if view.head.complete && !again && before < view.steps(told.item) => before + 1,
        None => before,
    }
}

/// Packs that somebody says the item comes in.
fn packs(view: &View<'_>, told: &Told<'_>) -> Vec<u64> {
    let sources = view.ledger.item(told.item).supplied.iter().flat_map(|it| &it.sources);
    let mut packs: Vec<u64> = sources.map(|it| it.pack).chain(told.pack).collect();
    packs.sort_unstable();
    packs.dedup();
    packs
}

/// Whether the numbers differ because of something that one side has not booked yet, or wrongly.
fn is_explained(kind: DifferenceKind) -> bool {
    match kind {
        DifferenceKind::InFlight
        | DifferenceKind::UnacknowledgedReceipt
        | DifferenceKind::SilentRestock
        | DifferenceKind::PackMistake => true,
        DifferenceKind::FirstSeen
        | DifferenceKind::UnknownSku
        | DifferenceKind::VanishedSku
        | DifferenceKind::Stale
        | DifferenceKind::UnexplainedLoss
        | DifferenceKind::UnexplainedGain
        | DifferenceKind::Shortage
        | DifferenceKind::Echo => false,
    }
}

/// Both numbers on our basis.
pub(super) struct Balance<'a> {
    pub item: ItemNo,
    pub theirs: i64,
    pub ours: i64,
    /// Units of orders at `as_of`.
    pub committed: i64,
    pub open: Option<&'a Discrepancy>,
}

impl<'a> Balance<'a> {
    /// None: something newer was found already, or nobody knows the book of that moment.
    pub fn of(view: &View<'a>, item: ItemNo, units: u64) -> Option<Balance<'a>> {
        let open = view.open(item);
        if open.is_some_and(|it| it.difference.as_of > view.head.as_of) {
            return None;
        }
        let book = view.book(item)?;
        let taken_off = view.taken_off(item, &book);
        let theirs = units as i64 + taken_off;
        Some(Balance { item, theirs, ours: book.sellable, committed: book.committed, open })
    }

    pub fn difference(&self) -> i64 {
        self.theirs - self.ours
    }

    pub fn apart(&self) -> u64 {
        self.theirs.abs_diff(self.ours)
    }

    /// Units were found missing. A number that jumps to a multiple, as one in wrong packs does,
    /// does not say that they are back, unless it is said again.
    fn stays_doubted(&self, view: &View<'_>, units: u64) -> bool {
        let before = view.said(self.item).and_then(|it| it.quantity).unwrap_or(0);
        let jumps = self.difference() > 0 && before.saturating_mul(2) < units;
        jumps
            && self.open.map(|it| &it.difference).is_some_and(|it| {
                let kinds = [DifferenceKind::VanishedSku, DifferenceKind::PackMistake];
                it.theirs.is_some_and(|theirs| theirs < it.ours) && !kinds.contains(&it.kind)
            })
    }

    /// Whether both agree, or differ as somebody decided to live with. An open difference is gone
    /// then.
    pub fn is_settled(&self, view: &View<'_>, to: &mut Findings) -> bool {
        let kept = view.said(self.item).and_then(|it| it.kept);
        let settled = self.apart() == 0 || kept == Some(self.difference());
        if settled {
            to.cleared.extend(self.open.map(|it| it.difference.number));
        }
        settled
    }

    /// A difference that somebody decided to live with falls with every number that is said anew,
    /// unless it is found with it; and once both agree, even if the number is the old one: the
    /// same gap months later is another one.
    fn note_kept(&self, view: &View<'_>, told: &Told<'_>, to: &mut Findings) {
        if view.said(self.item).is_none_or(|it| it.kept.is_none()) {
            return;
        }
        let is_said = to.said.last().is_some_and(|it| it.sku == view.ledger.item(self.item).sku);
        match self.apart() {
            0 if !is_said => to.said.push(said_line(view, told)),
            0 => {}
            _ if is_said => self.find(view, Verdict::unexplained(self.difference()), to),
            _ => {}
        }
    }

    /// Nothing follows from it, not even that an open difference is gone.
    fn note_stale(&self, view: &View<'_>, to: &mut Findings) {
        if self.apart() > 0 && self.open.is_none() {
            self.find(view, Verdict::of(DifferenceKind::Stale, confidence::CERTAIN), to);
        }
    }

    pub fn count(&self, view: &View<'_>, to: &mut Findings) {
        let counted = u64::try_from(self.theirs).unwrap_or(0).min(QUANTITY_MAX);
        to.cleared.extend(self.open.map(|it| it.difference.number));
        to.counted.push(CountedLine {
            sku: view.ledger.item(self.item).sku.clone(),
            condition: Condition::Sellable,
            counted,
            book: self.ours,
            book_position: view.ledger.position(),
            applied: true,
        });
    }

    pub fn find(&self, view: &View<'_>, verdict: Verdict, to: &mut Findings) {
        if self.is_known(verdict.kind) {
            return;
        }
        let source = self.source(view);
        to.found.push(Difference {
            number: 0,
            kind: verdict.kind,
            sku: Some(view.ledger.item(self.item).sku.clone()),
            supplier_sku: source.map(|it| it.code.clone()),
            location: Some(view.ledger.location(view.feed.location).id.clone()),
            theirs: Some(self.theirs),
            ours: self.ours,
            as_of: view.head.as_of,
            confidence: verdict.confidence,
            explained_by: verdict.explained_by,
            suggestions: Vec::new(),
        });
    }

    /// The code that the supplier has for the item now.
    pub fn source(&self, view: &View<'a>) -> Option<&'a Source> {
        let sources = &view.ledger.item(self.item).supplied.as_ref()?.sources;
        let valid =
            |it: &&Source| it.supplier == view.feed.supplier && it.is_valid(view.head.as_of);
        sources.iter().find(valid)
    }

    fn is_known(&self, kind: DifferenceKind) -> bool {
        let Some(open) = self.open.map(|it| &it.difference) else { return false };
        open.kind == kind && open.theirs.map(|it| it - open.ours) == Some(self.difference())
    }

    /// Nothing ever lay there, and it is the first number, or that is still an open question.
    fn is_first(&self, view: &View<'_>) -> bool {
        let is_open = self.open.is_some_and(|it| it.difference.kind == DifferenceKind::FirstSeen);
        let is_said = view.said(self.item).is_some_and(|it| it.quantity.is_some());
        view.cell(self.item).is_none_or(|it| it.touched == 0) && (is_open || !is_said)
    }
}
