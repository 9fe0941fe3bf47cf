//! One snapshot being compared and booked, part by part.

use std::sync::Arc;
use std::time::Duration;

use onhand_core::{
    Command, CommandId, Fact, FeedId, Findings, ItemNo, Label, Ledger, LedgerId, RecordSnapshot,
    Rejection, SnapshotOutcome, SnapshotSeen,
};
use onhand_engine::{Answer, AnswerFault, Batch, Mode};
use onhand_projector::Projector;
use onhand_reconciler::{Budget, Head, Line, Survey, Surveyed, compare, unknown, vanished};
use onhand_wire::{EnvelopeExtra, Problem, Trouble, build};
use sha2::{Digest, Sha256};
use smol_str::format_smolstr;

use super::kept::hex;
use super::past::Looking;
use super::refusal::{no, of_answer, rejected, unreadable};
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
    /// Lines of the booked parts: where the run begins anew they are compared once more, and are
    /// not counted twice.
    pub counted: u64,
    /// Where the search for what is left out goes on.
    pub vanished_from: ItemNo,
    pub tally: Tally,
}

/// Lines, or something else of the whole, that a part is about.
enum Piece<'a> {
    Lines(&'a [Line]),
    Vanished(ItemNo),
    Unknown,
}

/// A part while it grows.
#[derive(Default)]
struct Part {
    findings: Option<Findings>,
    bytes: usize,
    /// Lines of the file up to its end.
    through: u64,
}

impl Part {
    fn add(&mut self, findings: Findings) {
        self.bytes += bytes_of(&findings);
        match &mut self.findings {
            Some(known) => merge(known, findings),
            None => self.findings = Some(findings),
        }
    }
}

/// Why a run ends before its end.
enum Stop {
    /// The feed or its codes changed by this position: what is not booked is compared anew.
    Moved(u64),
    No(Problem),
}

impl From<Problem> for Stop {
    fn from(problem: Problem) -> Stop {
        Stop::No(problem)
    }
}

impl Job<'_> {
    /// Looks through all lines for what no single one can tell.
    pub fn survey(&self) -> Result<Surveyed, Problem> {
        // What was booked before the numbers came is not a difference.
        if !self.node.settle(&self.ledger, CATCH_UP_MAX) {
            let message = "what was booked before is not folded yet; send it again".to_owned();
            return Err(no(Trouble::Unavailable { message }));
        }
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
        // Somebody confirmed it, or its first part was let through.
        if self.confirmed || self.part > 1 {
            surveyed.suspicions.clear();
        }
        Ok(surveyed)
    }

    /// Books what is left of it. Where the feed or its codes change meanwhile, all that is not
    /// booked is looked through and compared anew.
    pub fn book(mut self, survey: Surveyed, is_late: bool) -> Result<SnapshotReport, Problem> {
        let (mut survey, mut tried) = (survey, (self.part, 0));
        while tried.1 < COMPARED_MAX {
            match self.run(&survey, is_late) {
                Ok(()) => return Ok(self.tally.end()),
                Err(Stop::No(problem)) => return Err(problem),
                Err(Stop::Moved(position)) => {
                    self.projector.wait_for(&self.ledger, position, CATCH_UP_MAX);
                    survey = self.survey()?;
                }
            }
            let times = if tried.0 == self.part { tried.1 + 1 } else { 1 };
            tried = (self.part, times);
        }
        Err(self.hindered())
    }

    /// Why it could not be booked, however often it was compared.
    fn hindered(&self) -> Problem {
        let unfinished = self.look(|ledger, _| {
            let feed = ledger.feed(ledger.feed_no(&self.feed)?);
            feed.unfinished.as_ref().map(|(it, _)| it.snapshot.clone())
        });
        let message = match unfinished.ok().flatten().filter(|it| *it != self.snapshot) {
            Some(other) => format!(
                "snapshot {other} of this feed is not finished; send its file again first, or send \
                 a complete snapshot that is newer"
            ),
            None => "the feed or its codes change too often; send the file again later".to_owned(),
        };
        no(Trouble::Unavailable { message })
    }

    fn run(&mut self, survey: &Surveyed, is_late: bool) -> Result<(), Stop> {
        let mut part = Part::default();
        if is_late || !survey.suspicions.is_empty() {
            return self.put(&mut part, survey, false);
        }
        let mut budget = self.look(|ledger, _| Budget::new(ledger, &self.head))?;
        let (sheet, mut failed) = (self.sheet, None);
        let read = sheet.each_chunk(&mut |lines| {
            if failed.is_none() {
                failed = self.grow(&mut part, &Piece::Lines(lines), survey, &mut budget).err();
            }
        });
        if let Some(stop) = failed {
            return Err(stop);
        }
        read.map_err(|it| unreadable(&it))?;
        let mut from = Some(self.vanished_from);
        while let Some(item) = from {
            from = self.grow(&mut part, &Piece::Vanished(item), survey, &mut budget)?;
        }
        self.grow(&mut part, &Piece::Unknown, survey, &mut budget)?;
        self.put(&mut part, survey, false)
    }

    /// Adds a piece to the part, and books the part where it is large enough. Of what is left out
    /// the answer says where to go on.
    fn grow(
        &mut self,
        part: &mut Part,
        piece: &Piece<'_>,
        survey: &Surveyed,
        budget: &mut Budget,
    ) -> Result<Option<ItemNo>, Stop> {
        let (mut findings, next) = self.find(piece, survey, budget)?;
        if let Piece::Lines(lines) = piece {
            part.through += lines.len() as u64;
            if part.through <= self.counted {
                (findings.compared, findings.accurate) = (0, 0);
            }
        }
        part.add(findings);
        if part.bytes >= PART_BYTES {
            self.put(part, survey, true)?;
            *part = Part { through: part.through, ..Part::default() };
        }
        Ok(next)
    }

    /// Compares a piece with the book of now.
    fn find(
        &self,
        piece: &Piece<'_>,
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

    /// Books a part.
    fn put(&mut self, part: &mut Part, survey: &Surveyed, more: bool) -> Result<(), Stop> {
        if self.over {
            return Ok(());
        }
        let mut findings = match part.findings.take() {
            Some(findings) => findings,
            None => self.look(|ledger, _| whole(ledger.position(), survey))?,
        };
        findings.more = more;
        findings.through = if more || self.part > 1 { part.through } else { 0 };
        if self.dry_run && self.part > 1 {
            // It stands on parts that are not there: nobody can decide it.
            self.tally.rehearse(&findings);
            self.part += 1;
            return Ok(());
        }
        match self.hand_in(Some(&findings)) {
            Answer::Accepted { block, index, .. } => {
                let entry = block.body.entries.get(index);
                Ok(self.booked(entry.map(|it| (it.position, &it.fact)))?)
            }
            Answer::WouldAccept { entry } => {
                if let Fact::SnapshotRecorded(it) = &entry.fact {
                    self.tally.outcome(it.outcome);
                }
                self.tally.rehearse(&findings);
                self.part += 1;
                Ok(())
            }
            Answer::Refused { rejection: Rejection::SnapshotMoved { .. }, position, .. } => {
                Err(Stop::Moved(position))
            }
            other => Err(of_answer(&other).into()),
        }
    }

    fn booked(&mut self, entry: Option<(u64, &Fact)>) -> Result<(), Problem> {
        let Some((position, Fact::SnapshotRecorded(it))) = entry else {
            return Err(no(Trouble::OutcomeUnknown { message: "the answer was lost".to_owned() }));
        };
        self.tally.record(position, it);
        self.counted = self.counted.max(it.through);
        self.part += 1;
        self.over = it.outcome != SnapshotOutcome::Applied;
        Ok(())
    }

    /// Asks for the parts that are booked, so that this run goes on behind them and tells of them.
    /// `until`: the first part that is not; `applied`: whatever was held first was confirmed. Says
    /// whether parts are missing after the last that was found.
    fn recall(&mut self, until: Option<u64>, applied: bool) -> Result<bool, Problem> {
        let mut more = true;
        while more && until.is_none_or(|it| self.part < it) {
            let answer = self.hand_in(None);
            let Answer::Accepted { block, index, .. } = &answer else {
                return match answer {
                    // Nobody knows it by this key.
                    Answer::Refused { .. } => Ok(self.part > 1),
                    other => Err(of_answer(&other)),
                };
            };
            let fact = block.body.entries.get(*index).map(|it| (it.position, &it.fact));
            let Some((position, Fact::SnapshotRecorded(it))) = fact else { return Ok(true) };
            if it.outcome == SnapshotOutcome::Held && !self.confirmed && applied {
                // It was held first; what was applied is what somebody confirmed.
                self.confirmed = true;
                continue;
            }
            self.tally.record(position, it);
            self.counted = self.counted.max(it.through);
            self.part += 1;
            more = it.more;
        }
        Ok(more)
    }

    /// As [`Job::recall`], up to the part that comes next.
    ///
    /// # Errors
    /// Not all that are booked can be read: to begin anew would count twice.
    pub fn recall_until(&mut self, next: u64) -> Result<(), Problem> {
        self.recall(Some(next), true)?;
        if self.part != next {
            let (snapshot, part) = (&self.snapshot, self.part);
            let message = format!(
                "part {part} of snapshot {snapshot} is booked and cannot be read back now, so it \
                 is not gone on with; it is tried again by itself"
            );
            return Err(no(Trouble::Unavailable { message }));
        }
        Ok(())
    }

    /// What it came to when it came first.
    ///
    /// # Errors
    /// Not all of it was booked, and another snapshot took its place.
    pub fn told_again(mut self, seen: &SnapshotSeen) -> Result<SnapshotReport, Problem> {
        let is_cut = self.recall(None, seen.outcome == SnapshotOutcome::Applied)?;
        if is_cut && self.part > 1 {
            let booked = self.part - 1;
            let message = format_smolstr!(
                "was begun and never finished: {booked} of its parts were booked before a newer \
                 one took its place; send what holds now, under a new name"
            );
            let rejection = Rejection::Contradiction { field: "snapshot".into(), message };
            return Err(rejected(&rejection, seen.position));
        }
        self.tally.again(seen);
        Ok(self.tally.end())
    }

    /// The answer to the next part. Without findings only one that is booked is answered, and
    /// nothing is decided: a refusal would be remembered under its key.
    fn hand_in(&self, findings: Option<&Findings>) -> Answer {
        let dry_run = self.dry_run || findings.is_none();
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
    known.append(more);
}

/// About how many bytes its entry takes; 0: nothing is new.
fn bytes_of(it: &Findings) -> usize {
    let suggestions = it.found.iter().map(|it| it.suggestions.len() * 100).sum::<usize>();
    let said_and_found = it.said.len() * 80 + it.found.len() * 320 + suggestions;
    said_and_found + it.cleared.len() * 10 + it.counted.len() * 300
}
