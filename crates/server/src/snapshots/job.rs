//! One snapshot being compared and booked, part by part.

use std::sync::Arc;
use std::time::Duration;

use onhand_core::{
    Command, CommandId, Fact, FeedId, Findings, ItemNo, Label, Ledger, LedgerId, RecordSnapshot,
    Rejection, SnapshotOutcome, SnapshotRecorded, SnapshotSeen,
};
use onhand_engine::{Answer, AnswerFault, Batch, Mode};
use onhand_projector::Projector;
use onhand_reconciler::{Budget, Head, Line, Survey, Surveyed, compare, unknown, vanished};
use onhand_wire::{EnvelopeExtra, Problem, Trouble, build};
use sha2::{Digest, Sha256};

use super::kept::hex;
use super::past::Looking;
use super::refusal::{no, of_answer, unreadable};
use super::report::{SnapshotReport, Tally};
use super::sheet::{CHUNK_LINES, Sheet};
use crate::Node;

/// A part is booked as soon as it is about so large.
const PART_BYTES: usize = 384 << 10;
/// How often a part is compared again where the feed or its codes changed meanwhile.
const COMPARED_MAX: usize = 5;
/// How often a part is handed in where the writer cannot take it.
const HANDED_MAX: usize = 20;
const HAND_AGAIN: Duration = Duration::from_millis(500);
/// Longest wait until what was booked is seen.
const CATCH_UP_MAX: Duration = Duration::from_secs(30);

/// What is to be booked, and how far it has come.
pub(super) struct Job<'a> {
    pub node: &'a Node,
    pub projector: Arc<Projector>,
    pub ledger: LedgerId,
    pub feed: FeedId,
    pub snapshot: Label,
    pub hash: Label,
    pub head: Head,
    pub sheet: &'a Sheet,
    /// Whatever is suspicious about it is right.
    pub confirmed: bool,
    pub dry_run: bool,
    /// The next part, from 1.
    pub part: u64,
    /// It was not applied: nothing more of it is booked.
    pub over: bool,
    /// Where the search for what is left out goes on.
    pub vanished_from: ItemNo,
    pub tally: Tally,
}

/// Lines, or something else of the whole, that a part is about: it can be compared again.
enum Piece {
    Lines(Vec<Line>),
    Vanished(ItemNo),
    Unknown,
}

/// A part while it grows.
struct Part {
    pieces: Vec<Piece>,
    findings: Option<Findings>,
    /// What might still settle itself before it.
    before: Budget,
    bytes: usize,
    /// Lines that were compared, and that agreed, of which nothing else is to be told.
    quiet: (u64, u64),
}

impl Part {
    fn new(before: Budget) -> Part {
        Part { pieces: Vec::new(), findings: None, before, bytes: 0, quiet: (0, 0) }
    }

    fn add(&mut self, piece: Piece, findings: Findings) {
        let bytes = bytes_of(&findings);
        self.bytes += bytes;
        // What agrees is counted and needs no second look.
        if bytes == 0 {
            self.quiet.0 += findings.compared;
            self.quiet.1 += findings.accurate;
        } else {
            self.pieces.push(piece);
        }
        match &mut self.findings {
            Some(known) => merge(known, findings),
            None => self.findings = Some(findings),
        }
    }
}

impl Job<'_> {
    /// Looks through all lines for what no single one can tell.
    pub fn survey(&self) -> Result<Surveyed, Problem> {
        let mut survey = self.look(|ledger, _| Survey::new(ledger, &self.head))?;
        let mut looked = Ok(());
        let read = self.sheet.each_chunk(&mut |lines| {
            if looked.is_ok() {
                let add = |ledger: &Ledger, _: &Looking<'_>| {
                    lines.iter().for_each(|line| survey.add(ledger, line));
                };
                looked = self.look(add);
            }
        });
        read.map_err(|it| unreadable(&it))?;
        looked?;
        let mut surveyed = self.look(|ledger, _| survey.close(ledger))?;
        if !surveyed.complaints.is_empty() {
            return Err(unreadable(&surveyed.complaints));
        }
        if self.confirmed {
            surveyed.suspicions.clear();
        }
        Ok(surveyed)
    }

    /// Books what is left of it.
    pub fn book(mut self, survey: &Surveyed, is_late: bool) -> Result<SnapshotReport, Problem> {
        if is_late || !survey.suspicions.is_empty() {
            let mut part = Part::new(self.look(|ledger, _| Budget::new(ledger, &self.head))?);
            self.put(&mut part, survey, false)?;
            return Ok(self.tally.end());
        }
        let mut budget = self.look(|ledger, _| Budget::new(ledger, &self.head))?;
        let mut part = Part::new(budget.clone());
        let (sheet, mut failed) = (self.sheet, None);
        let read = sheet.each_chunk(&mut |lines| {
            if failed.is_none() {
                let piece = Piece::Lines(lines.to_vec());
                failed = self.grow(&mut part, piece, survey, &mut budget).err();
            }
        });
        if let Some(problem) = failed {
            return Err(problem);
        }
        read.map_err(|it| unreadable(&it))?;
        let mut from = Some(self.vanished_from);
        while let Some(item) = from {
            from = self.grow(&mut part, Piece::Vanished(item), survey, &mut budget)?;
        }
        self.grow(&mut part, Piece::Unknown, survey, &mut budget)?;
        self.put(&mut part, survey, false)?;
        Ok(self.tally.end())
    }

    /// Adds a piece to the part, and books the part where it is large enough. Of what is left out
    /// the answer says where to go on.
    fn grow(
        &mut self,
        part: &mut Part,
        piece: Piece,
        survey: &Surveyed,
        budget: &mut Budget,
    ) -> Result<Option<ItemNo>, Problem> {
        let (findings, next) = self.find(&piece, survey, budget)?;
        part.add(piece, findings);
        if part.bytes >= PART_BYTES {
            self.put(part, survey, true)?;
            *part = Part::new(budget.clone());
        }
        Ok(next)
    }

    /// Compares a piece with the book of now.
    fn find(
        &self,
        piece: &Piece,
        survey: &Surveyed,
        budget: &mut Budget,
    ) -> Result<(Findings, Option<ItemNo>), Problem> {
        let head = &self.head;
        self.look(|ledger, past| match piece {
            Piece::Lines(lines) => (compare(ledger, past, head, survey, budget, lines), None),
            Piece::Vanished(from) => {
                vanished(ledger, past, head, survey, budget, *from, CHUNK_LINES)
            }
            Piece::Unknown => (unknown(ledger, head, survey), None),
        })
    }

    /// Books a part; compares it again where something that it rests on changed meanwhile.
    fn put(&mut self, part: &mut Part, survey: &Surveyed, more: bool) -> Result<(), Problem> {
        if self.over {
            return Ok(());
        }
        for _ in 0..COMPARED_MAX {
            let mut findings = match part.findings.take() {
                Some(findings) => findings,
                None => self.compare_again(part, survey)?,
            };
            findings.more = more;
            if self.dry_run && self.part > 1 {
                // It stands on parts that are not there: nobody can decide it.
                self.tally.rehearse(&findings);
                self.part += 1;
                return Ok(());
            }
            match self.hand_in(Some(&findings)) {
                Answer::Accepted { block, index, .. } => {
                    let entry = block.body.entries.get(index);
                    return self.booked(entry.map(|it| (it.position, &it.fact)));
                }
                Answer::WouldAccept { entry } => {
                    if let Fact::SnapshotRecorded(it) = &entry.fact {
                        self.tally.outcome(it.outcome);
                    }
                    self.tally.rehearse(&findings);
                    self.part += 1;
                    return Ok(());
                }
                Answer::Refused {
                    rejection: Rejection::SnapshotMoved { .. }, position, ..
                } => {
                    self.projector.wait_for(&self.ledger, position, CATCH_UP_MAX);
                }
                other => return Err(of_answer(&other)),
            }
        }
        Err(no(Trouble::Unavailable {
            message: "the feed or its codes change too often; send the file again".to_owned(),
        }))
    }

    fn booked(&mut self, entry: Option<(u64, &Fact)>) -> Result<(), Problem> {
        let Some((position, Fact::SnapshotRecorded(it))) = entry else {
            return Err(no(Trouble::OutcomeUnknown { message: "the answer was lost".to_owned() }));
        };
        self.tally.record(position, it);
        self.part += 1;
        self.over = it.outcome != SnapshotOutcome::Applied;
        Ok(())
    }

    fn compare_again(&self, part: &Part, survey: &Surveyed) -> Result<Findings, Problem> {
        let mut budget = part.before.clone();
        let mut all: Option<Findings> = None;
        for piece in &part.pieces {
            let (findings, _) = self.find(piece, survey, &mut budget)?;
            match &mut all {
                Some(known) => merge(known, findings),
                None => all = Some(findings),
            }
        }
        let mut findings = match all {
            Some(findings) => findings,
            None => self.look(|ledger, _| whole(ledger.position(), survey))?,
        };
        findings.compared += part.quiet.0;
        findings.accurate += part.quiet.1;
        Ok(findings)
    }

    /// Asks for the parts that are booked, so that this run goes on behind them and tells of them.
    /// `until`: the first part that is not; `applied`: whatever was held first was confirmed.
    pub fn recall(&mut self, until: Option<u64>, applied: bool) {
        while until.is_none_or(|it| self.part < it) {
            let Answer::Accepted { block, index, .. } = self.hand_in(None) else { return };
            let Some(entry) = block.body.entries.get(index) else { return };
            let Fact::SnapshotRecorded(it) = &entry.fact else { return };
            if it.outcome == SnapshotOutcome::Held && !self.confirmed && applied {
                // It was held first; what was applied is what somebody confirmed.
                self.confirmed = true;
                continue;
            }
            self.note_left_out(it);
            self.tally.record(entry.position, it);
            self.part += 1;
            if !it.more {
                return;
            }
        }
    }

    /// What it came to when it came first.
    pub fn told_again(mut self, seen: &SnapshotSeen) -> SnapshotReport {
        self.recall(None, seen.outcome == SnapshotOutcome::Applied);
        self.tally.again(seen);
        self.tally.end()
    }

    fn note_left_out(&mut self, it: &SnapshotRecorded) {
        let left_out = it.said.iter().filter(|it| it.missing > 0);
        let last = self.look(|ledger, _| left_out.filter_map(|it| ledger.item_no(&it.sku)).max());
        if let Ok(Some(last)) = last {
            self.vanished_from = self.vanished_from.max(ItemNo(last.0 + 1));
        }
    }

    /// The answer to the next part. Without findings only one that is booked is answered.
    fn hand_in(&self, findings: Option<&Findings>) -> Answer {
        let dry_run = self.dry_run && findings.is_some();
        let mut answer = lost();
        for _ in 0..HANDED_MAX {
            let Some(request) = self.request(findings) else { return answer };
            let batch = Batch { requests: vec![request], mode: Mode::Each, dry_run };
            answer = self.node.submit_blocking(batch).pop().unwrap_or_else(lost);
            match &answer {
                Answer::Fault(AnswerFault::Overloaded { retry_after_ms }) => {
                    std::thread::sleep(Duration::from_millis(*retry_after_ms));
                }
                Answer::Fault(AnswerFault::OutcomeUnknown { .. }) => {
                    std::thread::sleep(HAND_AGAIN);
                }
                _ => return answer,
            }
        }
        answer
    }

    fn request(&self, findings: Option<&Findings>) -> Option<onhand_core::Request> {
        let command = RecordSnapshot {
            feed: self.feed.clone(),
            snapshot: self.snapshot.clone(),
            as_of: Some(self.head.as_of),
            complete: self.head.complete,
            tier: self.head.tier.clone(),
            basis: None,
            orders_seen_through: self.head.orders_seen_through,
            lines: Vec::new(),
            hash: Some(self.hash.clone()),
            part: self.part,
            findings: findings.map(|it| Box::new(it.clone())),
        };
        let id = CommandId::new(&format!("snapshot:{}:{}", self.print(), self.part)).ok()?;
        let command = Command::RecordSnapshot(command);
        Some(build(self.ledger.clone(), id, command, EnvelopeExtra::default()))
    }

    /// What makes this snapshot another one than all others: 32 hex digits. The same bytes may be
    /// sent to two feeds, and come twice where somebody confirms what was held.
    fn print(&self) -> String {
        let seen_through = self.head.orders_seen_through.map_or(0, |it| it.as_us());
        let parts = [
            self.hash.as_str().to_owned(),
            self.feed.to_string(),
            self.snapshot.to_string(),
            self.head.as_of.as_us().to_string(),
            self.head.complete.to_string(),
            self.head.tier.as_ref().map_or("", |it| it.as_str()).to_owned(),
            seen_through.to_string(),
            self.confirmed.to_string(),
        ];
        let digest = Sha256::digest(parts.join("\0").as_bytes());
        hex(digest.get(..16).unwrap_or_default())
    }

    /// Looks at the ledger and its past, under one lock.
    fn look<T>(&self, work: impl FnOnce(&Ledger, &Looking<'_>) -> T) -> Result<T, Problem> {
        let looked =
            self.projector.with_past(&self.ledger, |ledger, past| work(ledger, &Looking(past)));
        looked.ok_or_else(|| no(Trouble::NotFound { message: "there is no such ledger".into() }))
    }
}

/// What is told of the whole.
fn whole(position: u64, survey: &Surveyed) -> Findings {
    Findings {
        position,
        lines: survey.lines,
        suspicions: survey.suspicions.clone(),
        unknown: survey.unknown,
        ..Findings::default()
    }
}

fn lost() -> Answer {
    let message = "the shard gave no answer".to_owned();
    Answer::Fault(AnswerFault::OutcomeUnknown { message })
}

fn merge(known: &mut Findings, more: Findings) {
    // What was compared first was compared with the oldest book.
    known.position = known.position.min(more.position);
    known.compared += more.compared;
    known.accurate += more.accurate;
    known.said.extend(more.said);
    known.found.extend(more.found);
    known.cleared.extend(more.cleared);
    known.counted.extend(more.counted);
}

/// About how many bytes its entry takes; 0: nothing is new.
fn bytes_of(it: &Findings) -> usize {
    let suggestions = it.found.iter().map(|it| it.suggestions.len() * 100).sum::<usize>();
    let said_and_found = it.said.len() * 80 + it.found.len() * 320 + suggestions;
    said_and_found + it.cleared.len() * 10 + it.counted.len() * 300
}
