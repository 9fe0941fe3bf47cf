//! Files that are fetched: from an address or out of a directory, each feed at its own times.
//!
//! What a server said of its last file is remembered until the process ends; after that a file
//! may come once more, and is told apart by its bytes.

pub(crate) mod address;
mod directory;
mod fetch;

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use onhand_core::{Feed, FeedId, Label, LedgerId, Pull};
use onhand_wire::{Problem, Trouble};
use serde::Serialize;

use super::refusal::no;
use super::{Ask, Came, SnapshotReport, Snapshots};
use crate::config::Config;
use directory::Looks;
use fetch::{Fetched, Known};

/// Fetches at once.
const FETCHES_MAX: usize = 4;
/// Between failures, at least and at most.
const BACK_OFF: Duration = Duration::from_secs(30);
const BACK_OFF_MAX: Duration = Duration::from_secs(3_600);
/// Feeds whose fetches are told one by one.
pub(crate) const FEEDS_TOLD_MAX: usize = 1_000;

/// What is fetched together: a feed's file, or that of one of its tiers.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Place {
    pub ledger: LedgerId,
    pub feed: FeedId,
    pub tier: Option<Label>,
}

/// How the fetches of one place went since the process began.
#[derive(Clone, Debug, Default)]
pub(crate) struct Told {
    pub fetched: u64,
    pub unchanged: u64,
    pub refused: u64,
    pub failed: u64,
    /// When one last went well.
    pub succeeded: Option<Instant>,
}

#[derive(Default)]
struct Remembered {
    due: Option<Instant>,
    failures: u32,
    known: Known,
    url: String,
    looks: Looks,
    told: Told,
}

/// All places, with what is remembered of each.
pub(crate) struct Pulls {
    enabled: bool,
    places: Mutex<HashMap<Place, Remembered>>,
    random: RandomState,
}

/// What a fetch came to.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "result", rename_all = "snake_case")]
pub(crate) enum Pulled {
    /// The server says that it has no other file than last time.
    Unchanged,
    Fetched {
        report: Box<SnapshotReport>,
    },
}

impl Pulls {
    pub fn new(config: &Config) -> Pulls {
        let (enabled, places) = (config.pull_enabled, Mutex::default());
        Pulls { enabled, places, random: RandomState::new() }
    }

    /// How every place fared, in order.
    pub fn told(&self) -> Vec<(Place, Told)> {
        let places = self.places.lock().unwrap_or_else(PoisonError::into_inner);
        let told = places.iter().map(|(place, known)| (place.clone(), known.told.clone()));
        let mut told: Vec<(Place, Told)> = told.collect();
        told.sort_by(|(one, _), (other, _)| one.cmp(other));
        told.truncate(FEEDS_TOLD_MAX);
        told
    }

    fn with<T>(&self, place: &Place, work: impl FnOnce(&mut Remembered) -> T) -> T {
        let mut places = self.places.lock().unwrap_or_else(PoisonError::into_inner);
        work(places.entry(place.clone()).or_default())
    }

    /// The time given or taken a tenth: many feeds are not to be asked at one moment.
    fn about(&self, time: Duration) -> Duration {
        let chance = self.random.hash_one(Instant::now()) % 201;
        time.mul_f64(0.9 + chance as f64 / 1_000.0)
    }

    /// When it is due again after a fetch that went well, or did not.
    fn note(&self, place: &Place, every: Duration, is_well: bool) {
        let (again, now) = (self.about(every), Instant::now());
        self.with(place, |it| {
            it.failures = if is_well { 0 } else { it.failures + 1 };
            let back_off = BACK_OFF.saturating_mul(1 << it.failures.saturating_sub(1).min(10));
            let wait = if is_well { again } else { self.about(back_off.min(BACK_OFF_MAX)) };
            it.due = Some(now + wait);
            if is_well {
                it.told.succeeded = Some(now);
            }
        });
    }
}

/// One fetch that a feed asks for.
struct Task {
    place: Place,
    url: String,
    every: Duration,
}

impl Snapshots {
    /// Fetches what is due and looks through directories.
    pub(super) fn pull_due(&self) {
        if !self.pulls.enabled {
            return;
        }
        let (mut tasks, mut directories) = (Vec::new(), Vec::new());
        for (ledger, feed) in self.pulled_feeds() {
            match &feed.terms.pull {
                Some(Pull { url: Some(url), .. }) => {
                    tasks.extend(tasks_of(&ledger, &feed, url.as_str()));
                }
                Some(Pull { directory: Some(it), .. }) => {
                    directories.push((Place::of(&ledger, &feed.id, None), it.as_str().to_owned()));
                }
                Some(Pull { url: None, directory: None }) | None => {}
            }
        }
        let now = Instant::now();
        tasks.retain(|it| self.pulls.with(&it.place, |known| known.due.is_none_or(|at| at <= now)));
        for tasks in tasks.chunks(FETCHES_MAX) {
            std::thread::scope(|scope| {
                for task in tasks.iter().filter(|_| !self.is_stopped()) {
                    scope.spawn(|| self.pull_one(task));
                }
            });
        }
        for (place, named) in directories {
            if !self.is_stopped() {
                self.look_through(&place, &named);
            }
        }
    }

    fn pulled_feeds(&self) -> Vec<(LedgerId, Feed)> {
        let mut feeds = Vec::new();
        for view in self.node.ledgers() {
            let id = view.ledger;
            let pulled = self.node.projector(&id).with_past(&id, |ledger, _| {
                let pulled = ledger.feeds().iter().filter(|it| it.terms.pull.is_some());
                pulled.cloned().collect::<Vec<Feed>>()
            });
            feeds.extend(pulled.into_iter().flatten().map(|feed| (id.clone(), feed)));
        }
        feeds
    }

    fn pull_one(&self, task: &Task) {
        match self.fetch_and_take(task) {
            Ok(_) => self.pulls.note(&task.place, task.every, true),
            Err(problem) => {
                self.pulls.note(&task.place, task.every, false);
                let Place { ledger, feed, .. } = &task.place;
                let why = problem.body["detail"].as_str().unwrap_or_default();
                tracing::warn!(%ledger, %feed, %why, "a feed could not be fetched");
            }
        }
    }

    /// Fetches a feed now, whenever it is due; all its tiers where they have files of their own.
    ///
    /// # Errors
    /// The feed names no address, or the first fetch that failed.
    pub fn pull_now(&self, ledger: &LedgerId, feed: &FeedId) -> Result<Vec<Pulled>, Problem> {
        let now = self.feed(ledger, feed)?;
        let url = now.feed.terms.pull.as_ref().and_then(|it| it.url.as_ref());
        let Some(url) = url else {
            let message = "the feed names no address to fetch from; set `pull.url` with set_feed";
            return Err(no(Trouble::NotFound { message: message.to_owned() }));
        };
        let tasks = tasks_of(ledger, &now.feed, url.as_str());
        let pull = |task: Task| {
            let pulled = self.fetch_and_take(&task);
            self.pulls.note(&task.place, task.every, pulled.is_ok());
            pulled
        };
        tasks.into_iter().map(pull).collect()
    }

    fn fetch_and_take(&self, task: &Task) -> Result<Pulled, Problem> {
        let known = self.pulls.with(&task.place, |it| {
            if it.url != task.url {
                (it.url, it.known) = (task.url.clone(), Known::default());
            }
            it.known.clone()
        });
        let config = self.node.config();
        let stopped = || self.is_stopped();
        let fetched = fetch::fetch(&task.url, &known, config, self.kept(), &stopped);
        let (fresh, known) = match fetched {
            Ok(Fetched::Unchanged) => {
                self.pulls.with(&task.place, |it| it.told.unchanged += 1);
                return Ok(Pulled::Unchanged);
            }
            Ok(Fetched::File(fresh, known)) => (fresh, known),
            Err(message) => {
                self.pulls.with(&task.place, |it| it.told.failed += 1);
                return Err(no(Trouble::Unavailable { message }));
            }
        };
        let mut ask = Ask::of(task.place.ledger.clone(), task.place.feed.clone());
        ask.tier = task.place.tier.clone();
        ask.came = Came::Fetched(known.changed());
        let taken = self.take(&ask, fresh);
        self.pulls.with(&task.place, |it| match &taken {
            Ok(_) => {
                it.told.fetched += 1;
                it.known = known;
            }
            Err(_) => it.told.refused += 1,
        });
        taken.map(|report| Pulled::Fetched { report: Box::new(report) })
    }

    /// Takes the files of a directory in order, up to the first that cannot be taken now.
    fn look_through(&self, place: &Place, named: &str) {
        let found = directory::below(&self.node.config().pull_directories, named);
        let files = found.and_then(|directory| {
            let apart = Duration::from_millis(self.node.config().pull_look_ms);
            let looked = self.pulls.with(place, |it| {
                directory::ready(&directory, &mut it.looks, Instant::now(), apart)
            });
            looked.map_err(|error| format!("{} cannot be read: {error}", directory.display()))
        });
        let files = match files {
            Ok(files) => files,
            Err(why) => {
                // Told once, until it is mended.
                if self.pulls.with(place, |it| std::mem::replace(&mut it.failures, 1)) == 0 {
                    let Place { ledger, feed, .. } = place;
                    tracing::warn!(%ledger, %feed, %why, "a feed's directory is not watched");
                }
                self.pulls.with(place, |it| it.told.failed += 1);
                return;
            }
        };
        self.pulls.with(place, |it| it.failures = 0);
        for file in files {
            if self.is_stopped() || !self.take_file(place, &file) {
                return;
            }
        }
    }

    /// False: it is to be tried again.
    fn take_file(&self, place: &Place, file: &Path) -> bool {
        let mut ask = Ask::of(place.ledger.clone(), place.feed.clone());
        let changed = self.pulls.with(place, |it| it.looks.get(file)?.changed());
        ask.came = Came::Fetched(changed);
        let taken = match directory::receive(file, self.kept()) {
            Ok(fresh) => {
                ask.snapshot = directory::named(file, changed, &fresh.hash);
                self.take(&ask, fresh)
            }
            Err(error) if error.kind() == std::io::ErrorKind::FileTooLarge => {
                Err(no(Trouble::BodyTooLarge { bytes_max: self.kept().bytes_max() }))
            }
            Err(error) => {
                self.skip(place, file, &format!("it cannot be read: {error}"));
                return true;
            }
        };
        let (is_done, report) = match &taken {
            Ok(report) => (true, report.text()),
            Err(problem) if problem.page.retryable => {
                let why = problem.body["detail"].as_str().unwrap_or_default();
                tracing::warn!(file = %file.display(), %why, "a file is tried again");
                return false;
            }
            Err(problem) => (false, super::report_text::refused(&problem.body)),
        };
        self.pulls.with(place, |it| match is_done {
            true => {
                it.told.fetched += 1;
                it.told.succeeded = Some(Instant::now());
            }
            false => it.told.refused += 1,
        });
        if let Err(error) = directory::put_away(file, is_done, &report) {
            self.skip(place, file, &format!("it cannot be moved away: {error}"));
        }
        true
    }

    /// Leaves a file for later, so that the others are taken; told once, until it is another one.
    fn skip(&self, place: &Place, file: &Path, why: &str) {
        let is_new = self.pulls.with(place, |it| {
            it.told.failed += 1;
            it.looks.get_mut(file).is_some_and(|look| look.fail(BACK_OFF, BACK_OFF_MAX))
        });
        if is_new {
            tracing::warn!(file = %file.display(), %why, "a file is left for later");
        }
    }
}

impl Place {
    fn of(ledger: &LedgerId, feed: &FeedId, tier: Option<Label>) -> Place {
        Place { ledger: ledger.clone(), feed: feed.clone(), tier }
    }
}

/// One fetch, or one for each tier where the address names it.
fn tasks_of(ledger: &LedgerId, feed: &Feed, url: &str) -> Vec<Task> {
    const TIER: &str = "{tier}";
    let minutes = |it: u64| Duration::from_secs(it.clamp(1, 60 * 24 * 366) * 60);
    let tiers = &feed.terms.tiers;
    if !url.contains(TIER) {
        let every = minutes(tiers.iter().map(|it| it.every_minutes).min().unwrap_or(24 * 60));
        let place = Place::of(ledger, &feed.id, None);
        return vec![Task { place, url: url.to_owned(), every }];
    }
    let one = |tier: &onhand_core::TierTerms| Task {
        place: Place::of(ledger, &feed.id, Some(tier.tier.clone())),
        url: url.replace(TIER, &encoded(tier.tier.as_str())),
        every: minutes(tier.every_minutes),
    };
    tiers.iter().map(one).collect()
}

fn encoded(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                escaped.push(char::from(byte));
            }
            _ => escaped.push_str(&format!("%{byte:02X}")),
        }
    }
    escaped
}
