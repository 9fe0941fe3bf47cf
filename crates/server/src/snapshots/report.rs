//! What a supplier's file came to, told to whoever sent it.

use std::collections::BTreeMap;

use onhand_core::{
    CountedLine, Difference, DifferenceKind, FeedId, Findings, Label, LedgerId, SaidLine,
    SnapshotOutcome, SnapshotRecorded, SnapshotSeen, Suspicion, Time,
};
use serde::{Deserialize, Serialize};

/// The whole of a snapshot. Counts are of lines or items; differences are those newly found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SnapshotReport {
    pub ledger: LedgerId,
    pub feed: FeedId,
    pub snapshot: Label,
    /// SHA-256 of the bytes, under which they can be fetched back.
    pub hash: Label,
    pub as_of: Time,
    pub complete: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tier: Option<Label>,
    /// Nothing was booked: this is what would be.
    pub dry_run: bool,
    /// It came before: this is what it came to then.
    pub replayed: bool,
    pub outcome: SnapshotOutcome,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub suspicions: Vec<Suspicion>,
    /// Its entries in the ledger; none of a dry run.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub positions: Vec<u64>,
    /// Lines that were read.
    pub lines: u64,
    /// Lines left out on purpose: empty ones, comments, those of other warehouses.
    pub skipped: u64,
    /// Items that have another number than before.
    pub changed: u64,
    /// Lines that say what was said before.
    pub unchanged: u64,
    /// Lines whose code means no item.
    pub unknown: u64,
    /// Items that a complete snapshot left out, newly so.
    pub left_out: u64,
    /// Lines set against the book, and how many of them agreed or were within tolerance.
    pub compared: u64,
    pub accurate: u64,
    /// Differences that settled themselves.
    pub settled: u64,
    /// Open differences that are gone.
    pub cleared: u64,
    pub differences: Vec<DifferencesTold>,
}

/// Differences of one kind.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DifferencesTold {
    pub kind: DifferenceKind,
    pub count: u64,
    /// Units that they have beyond ours, and that we have beyond theirs.
    pub more: u64,
    pub less: u64,
    /// The largest, by units.
    pub largest: Vec<Difference>,
}

/// So many of a kind are told one by one.
const LARGEST_MAX: usize = 5;

/// A report while parts of the snapshot come in.
pub(super) struct Tally {
    report: SnapshotReport,
    kinds: BTreeMap<DifferenceKind, DifferencesTold>,
}

impl Tally {
    pub fn new(report: SnapshotReport) -> Tally {
        Tally { report, kinds: BTreeMap::new() }
    }

    /// Adds an entry.
    pub fn record(&mut self, position: u64, it: &SnapshotRecorded) {
        let report = &mut self.report;
        report.positions.push(position);
        report.outcome = it.outcome;
        report.as_of = it.as_of;
        self.add(&Part {
            suspicions: &it.suspicions,
            unknown: it.unknown,
            said: &it.said,
            compared: (it.compared, it.accurate),
            found: &it.found,
            cleared: it.cleared.len() as u64,
            counted: &it.counted,
        });
    }

    /// Adds what a part would come to.
    pub fn rehearse(&mut self, it: &Findings) {
        self.add(&Part {
            suspicions: &it.suspicions,
            unknown: it.unknown,
            said: &it.said,
            compared: (it.compared, it.accurate),
            found: &it.found,
            cleared: it.cleared.len() as u64,
            counted: &it.counted,
        });
    }

    /// It came before.
    pub fn again(&mut self, seen: &SnapshotSeen) {
        self.report.replayed = true;
        self.report.outcome = seen.outcome;
        if self.report.positions.is_empty() {
            self.report.positions.push(seen.position);
        }
    }

    pub fn outcome(&mut self, outcome: SnapshotOutcome) {
        self.report.outcome = outcome;
    }

    fn add(&mut self, part: &Part<'_>) {
        let report = &mut self.report;
        if report.suspicions.is_empty() {
            report.suspicions = part.suspicions.to_vec();
        }
        report.unknown = report.unknown.max(part.unknown);
        let left_out = part.said.iter().filter(|it| it.missing > 0).count() as u64;
        report.left_out += left_out;
        report.changed += part.said.len() as u64 - left_out;
        report.compared += part.compared.0;
        report.accurate += part.compared.1;
        report.cleared += part.cleared;
        report.settled += part.counted.iter().filter(|it| it.applied).count() as u64;
        part.found.iter().for_each(|it| self.note(it));
    }

    fn note(&mut self, it: &Difference) {
        let kind = self.kinds.entry(it.kind).or_insert_with(|| DifferencesTold {
            kind: it.kind,
            count: 0,
            more: 0,
            less: 0,
            largest: Vec::new(),
        });
        kind.count += 1;
        let by = units(it);
        kind.more = kind.more.saturating_add(u64::try_from(by).unwrap_or(0));
        kind.less = kind.less.saturating_add(u64::try_from(-by).unwrap_or(0));
        let place = kind.largest.partition_point(|known| units(known).abs() >= by.abs());
        if place < LARGEST_MAX {
            kind.largest.insert(place, it.clone());
            kind.largest.truncate(LARGEST_MAX);
        }
    }

    pub fn end(self) -> SnapshotReport {
        let mut report = self.report;
        report.unchanged = report.lines.saturating_sub(report.changed + report.unknown);
        if report.outcome != SnapshotOutcome::Applied {
            report.unchanged = 0;
        }
        report.differences = self.kinds.into_values().collect();
        report
    }
}

/// By how many units theirs is above ours.
fn units(it: &Difference) -> i64 {
    it.theirs.map_or(0, |theirs| theirs.saturating_sub(it.ours))
}

struct Part<'a> {
    suspicions: &'a [Suspicion],
    unknown: u64,
    said: &'a [SaidLine],
    compared: (u64, u64),
    found: &'a [Difference],
    cleared: u64,
    counted: &'a [CountedLine],
}
