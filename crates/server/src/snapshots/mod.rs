//! Suppliers' snapshots: read, kept, compared with the book and booked in parts.
//!
//! A file is read before anything is booked, so it is booked as a whole or not at all. What a
//! killed process left unfinished is finished from the bytes that were kept.

mod job;
mod kept;
mod lines;
mod past;
pub(crate) mod pull;
mod refusal;
mod report;
mod report_text;
mod resume;
mod sheet;
mod turns;

use std::fs::File;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use onhand_core::{
    Feed, FeedId, FeedNo, ItemNo, Label, LedgerId, Rejection, SnapshotOutcome, SnapshotSeen, Time,
};
use onhand_reconciler::{Head, Reading};
use onhand_wire::{Problem, Trouble};
use sha2::{Digest, Sha256};

use crate::Node;
use crate::node::now;
use job::Job;
use refusal::{no, rejected, unreadable};
use report::Tally;
use sheet::Sheet;

pub(crate) use kept::{Form, Fresh, Kept};
pub(crate) use lines::{check_feed, look_up};
pub(crate) use refusal::of_answer;
pub use report::{DifferencesTold, SnapshotReport};
pub use report_text::refused as refused_text;
pub(crate) use turns::{Turn, Turns};

/// Takes snapshots in. One at a time for each feed.
pub(crate) struct Snapshots {
    node: Arc<Node>,
    pub pulls: pull::Pulls,
    clock: resume::Clock,
}

/// What whoever sends a file says of it. The file's own word counts before it, the feed's after.
#[derive(Clone, Debug)]
pub(crate) struct Ask {
    pub ledger: LedgerId,
    pub feed: FeedId,
    pub dry_run: bool,
    pub as_of: Option<Time>,
    pub complete: Option<bool>,
    pub tier: Option<Label>,
    pub snapshot: Option<Label>,
    pub came: Came,
}

/// How a file came, which decides whether the same bytes are the same snapshot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Came {
    /// Somebody sent it, and may have sent it again because no answer came.
    Sent,
    /// We went for it ourselves. It was changed last at this moment, if that is known.
    Fetched(Option<Time>),
}

impl Ask {
    pub fn of(ledger: LedgerId, feed: FeedId) -> Ask {
        let (as_of, complete, tier, snapshot) = (None, None, None, None);
        Ask { ledger, feed, dry_run: false, as_of, complete, tier, snapshot, came: Came::Sent }
    }

    /// The moment that the numbers are of, if the file does not say it.
    fn moment(&self) -> Option<Time> {
        self.as_of.or(match self.came {
            Came::Sent => None,
            Came::Fetched(changed) => changed,
        })
    }
}

/// Nameless bytes that come again so soon are the same snapshot, sent again.
const SAME_SECONDS: u64 = 3_600;

/// A feed as the ledger knows it now.
struct FeedNow {
    number: FeedNo,
    feed: Feed,
    /// When the ledger recorded something last.
    time: Time,
    /// Its location takes nothing in.
    closed: Option<Rejection>,
}

impl Snapshots {
    pub fn new(node: Arc<Node>) -> Snapshots {
        node.kept().sweep();
        let pulls = pull::Pulls::new(node.config());
        Snapshots { node, pulls, clock: resume::Clock::default() }
    }

    pub fn kept(&self) -> &Kept {
        self.node.kept()
    }

    /// Reads a file, compares it with the book and books it. Blocks for as long as that takes.
    ///
    /// # Errors
    /// The problem to tell: mistakes in the file, or a no of the ledger. Nothing is booked then,
    /// but where a fault came in between: what is booked by then is finished later.
    pub fn take(&self, ask: &Ask, fresh: Fresh) -> Result<SnapshotReport, Problem> {
        let _mine = self.node.turns().take(&ask.ledger, &ask.feed, Duration::MAX);
        let now = self.feed(&ask.ledger, &ask.feed)?;
        now.check(ask)?;
        let profile = now.feed.terms.profile.as_deref();
        let sheet = Sheet::open(fresh.path().to_owned(), profile, fresh.form);
        let sheet = sheet.map_err(|it| unreadable(&it))?;
        let hash = Label::new(&fresh.hash).map_err(|it| lost_name(&it))?;
        let name = now.named(ask, &sheet.reading, &hash)?;
        // It is kept before anything is booked that stands on it.
        if ask.dry_run {
            return self.told(ask, &now, name, hash, &sheet);
        }
        let path = self.kept().keep(fresh).map_err(|it| not_kept(&it))?;
        self.told(ask, &now, name, hash, &sheet.at(path))
    }

    fn told(
        &self,
        ask: &Ask,
        now: &FeedNow,
        snapshot: Label,
        hash: Label,
        sheet: &Sheet,
    ) -> Result<SnapshotReport, Problem> {
        let Some(seen) = now.seen(&snapshot) else {
            let head = now.head(ask, &sheet.reading);
            let is_late = now.is_late(&head);
            let job = self.job(ask, now, snapshot, hash, sheet, head);
            let survey = job.survey()?;
            return job.book(survey, is_late);
        };
        if seen.hash.as_ref() != Some(&hash) {
            let (feed, position) = (ask.feed.clone(), seen.position);
            let rejection =
                Rejection::SnapshotAlreadyRecorded { feed, snapshot, position, same: false };
            return Err(rejected(&rejection, position));
        }
        self.go_on(ask, now, seen, sheet)
    }

    /// Goes on with a snapshot that the ledger knows: finishes it, applies it if somebody
    /// confirmed it, or tells again what it came to.
    fn go_on(
        &self,
        ask: &Ask,
        now: &FeedNow,
        seen: &SnapshotSeen,
        sheet: &Sheet,
    ) -> Result<SnapshotReport, Problem> {
        let hash = seen.hash.clone().unwrap_or_else(|| seen.snapshot.clone());
        let head = now.head_of(seen, &sheet.reading);
        let mut job = self.job(ask, now, seen.snapshot.clone(), hash, sheet, head);
        let unfinished = now.feed.unfinished.as_ref();
        let unfinished = unfinished.filter(|(it, _)| it.snapshot == seen.snapshot);
        if let Some((_, next)) = unfinished {
            job.recall_until(*next)?;
        } else if now.feed.confirmed.as_ref() == Some(&seen.snapshot) {
            job.confirmed = true;
        } else {
            return job.told_again(seen);
        }
        let survey = job.survey()?;
        let is_late = job.part == 1 && now.is_late(&job.head);
        job.book(survey, is_late)
    }

    fn job<'a>(
        &'a self,
        ask: &Ask,
        now: &FeedNow,
        snapshot: Label,
        hash: Label,
        sheet: &'a Sheet,
        head: Head,
    ) -> Job<'a> {
        let report = SnapshotReport {
            ledger: ask.ledger.clone(),
            feed: now.feed.id.clone(),
            snapshot: snapshot.clone(),
            hash: hash.clone(),
            as_of: head.as_of,
            complete: head.complete,
            tier: head.tier.clone(),
            dry_run: ask.dry_run,
            replayed: false,
            outcome: SnapshotOutcome::Applied,
            suspicions: Vec::new(),
            positions: Vec::new(),
            lines: sheet.reading.lines,
            skipped: sheet.reading.skipped,
            changed: 0,
            unchanged: 0,
            unknown: 0,
            left_out: 0,
            compared: 0,
            accurate: 0,
            settled: 0,
            cleared: 0,
            differences: Vec::new(),
        };
        Job {
            node: &self.node,
            projector: self.node.projector(&ask.ledger),
            ledger: ask.ledger.clone(),
            feed: now.feed.id.clone(),
            snapshot,
            hash,
            head,
            sheet,
            confirmed: false,
            dry_run: ask.dry_run,
            part: 1,
            over: false,
            counted: 0,
            vanished_from: ItemNo(0),
            tally: Tally::new(report),
        }
    }

    fn feed(&self, ledger: &LedgerId, feed: &FeedId) -> Result<FeedNow, Problem> {
        let found = self.node.projector(ledger).with_past(ledger, |known, _| {
            let number = known.feed_no(feed)?;
            let feed = known.feed(number).clone();
            let closed = known.open_location(&known.location(feed.location).id).err();
            Some(FeedNow { number, feed, time: known.time(), closed })
        });
        let unknown = Rejection::UnknownFeed { feed: feed.clone() };
        found.flatten().ok_or_else(|| rejected(&unknown, 0))
    }

    /// A file as it came, its length and its type.
    ///
    /// # Errors
    /// There is no such feed, or no file with this hash.
    pub fn bytes_of(
        &self,
        ledger: &LedgerId,
        feed: &FeedId,
        hash: &str,
    ) -> Result<(File, u64, &'static str), Problem> {
        let now = self.feed(ledger, feed)?;
        let named = now.all_seen().any(|it| it.hash.as_ref().is_some_and(|it| it.as_str() == hash));
        let missing = |message: &str| no(Trouble::NotFound { message: message.to_owned() });
        if !named {
            return Err(missing(
                "none of the feed's newest snapshots has this hash; take `hash` from its report \
                 or its entry, and older files from `snapshots` in the data directory",
            ));
        }
        let (path, form) = self.kept().find(hash).ok_or_else(|| {
            missing("its bytes are not kept on this server: put `snapshots` of the data directory back from a backup")
        })?;
        let kind = match form {
            Form::Raw => "application/octet-stream",
            Form::Lines => "application/json",
        };
        let opened = File::open(path).and_then(|file| Ok((file.metadata()?.len(), file)));
        let unread = |error: io::Error| no(Trouble::Unavailable { message: error.to_string() });
        opened.map(|(length, file)| (file, length, kind)).map_err(unread)
    }
}

impl FeedNow {
    /// The snapshot of this name that it knows.
    fn seen(&self, snapshot: &Label) -> Option<&SnapshotSeen> {
        self.all_seen().find(|it| it.snapshot == *snapshot)
    }

    /// All snapshots that it knows, newest first; some more than once.
    fn all_seen(&self) -> impl Iterator<Item = &SnapshotSeen> {
        let Feed { recent, unfinished, held, last, .. } = &self.feed;
        let unfinished = unfinished.iter().map(|(it, _)| it);
        unfinished.chain(held).chain(last).chain(recent.iter().rev())
    }

    /// A refusal of the ledger would be remembered under the name of these bytes; this one is not.
    fn check(&self, ask: &Ask) -> Result<(), Problem> {
        if let Some(rejection) = &self.closed {
            return Err(rejected(rejection, 0));
        }
        let is_known = |tier: &Label| self.feed.tiers.iter().any(|it| it.tier == *tier);
        let Some(tier) = ask.tier.as_ref().filter(|it| !is_known(it)) else { return Ok(()) };
        let (feed, tier) = (self.feed.id.clone(), tier.clone());
        Err(rejected(&Rejection::UnknownTier { feed, tier }, 0))
    }

    /// What holds for a new snapshot.
    fn head(&self, ask: &Ask, reading: &Reading) -> Head {
        let header = &reading.header;
        let now = now().max(self.time);
        let complete = header.complete.or(ask.complete);
        Head {
            feed: self.number,
            now,
            // The future is not known: a clock is fast.
            as_of: header.as_of.or(ask.moment()).unwrap_or(now).min(now),
            complete: complete.unwrap_or(!self.feed.terms.changes_only),
            tier: ask.tier.clone(),
            basis: header.basis.unwrap_or(self.feed.terms.basis),
            orders_seen_through: header.orders_seen_through,
        }
    }

    /// What held for one that it knows.
    fn head_of(&self, seen: &SnapshotSeen, reading: &Reading) -> Head {
        Head {
            feed: self.number,
            now: now().max(self.time),
            as_of: seen.as_of,
            complete: seen.complete,
            tier: seen.tier.clone(),
            basis: reading.header.basis.unwrap_or(self.feed.terms.basis),
            orders_seen_through: seen.orders_seen_through,
        }
    }

    /// The name by which a snapshot comes once: the file's own, the caller's, or that of its bytes
    /// and moment. Bytes without a moment are what the feed heard last if that was just now: the
    /// same numbers later say something new.
    fn named(&self, ask: &Ask, reading: &Reading, hash: &Label) -> Result<Label, Problem> {
        let own = reading.header.snapshot.as_ref().map(|it| {
            // A sender's number may be longer than a name, or have characters that no name has.
            let short = || kept::hex(Sha256::digest(it.as_bytes()).get(..16).unwrap_or_default());
            Label::new(it).or_else(|_| Label::new(&short()))
        });
        let named = own.or_else(|| ask.snapshot.clone().map(Ok));
        if let Some(named) = named {
            return named.map_err(|it| lost_name(&it));
        }
        let print = hash.as_str().get(..16).unwrap_or_default();
        let of_moment = |at: Time| Label::new(&format!("{print}@{at}"));
        let named = if reading.header.as_of.is_some() {
            Label::new(print)
        } else if let Some(at) = ask.moment() {
            of_moment(at)
        } else if let Some(seen) = self.just_heard(ask, hash) {
            Ok(seen.snapshot.clone())
        } else {
            of_moment(now().max(self.time))
        };
        named.map_err(|it| lost_name(&it))
    }

    fn is_late(&self, head: &Head) -> bool {
        self.feed.is_late(head.as_of, head.tier.as_ref(), head.complete)
    }

    /// The newest snapshot of all, if these bytes are it, sent again.
    fn just_heard(&self, ask: &Ask, hash: &Label) -> Option<&SnapshotSeen> {
        let begun = self.feed.unfinished.as_ref().map(|(it, _)| it);
        let newest = self.all_seen().max_by_key(|it| it.position)?;
        let is_begun = begun.is_some_and(|it| it.snapshot == newest.snapshot);
        let is_recent = now() < newest.heard_at.plus_seconds(SAME_SECONDS);
        let is_same = newest.hash.as_ref() == Some(hash)
            && newest.tier == ask.tier
            && ask.complete.is_none_or(|it| it == newest.complete);
        let is_again = is_begun || (is_recent && ask.came == Came::Sent);
        (is_same && is_again).then_some(newest)
    }
}

fn lost_name(error: &onhand_core::InvalidName) -> Problem {
    no(Trouble::Unavailable { message: format!("the file got no name: it {error}") })
}

fn not_kept(error: &io::Error) -> Problem {
    let message = format!("the file could not be kept, and nothing was booked: {error}");
    no(Trouble::Unavailable { message })
}
