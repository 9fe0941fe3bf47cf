//! What a subscription's thread knows: what waits, what comes next, when the target is left alone.

use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, Instant};

use onhand_core::Time;

use super::deliver::PATIENCE;
use super::live::Version;
use super::post::Failed;
use super::schedule::Schedule;
use super::source::Step;
use super::store::Loaded;
use super::subscription::{Cursor, Pending, Subscription};

/// So many failures in a row are the target's, whatever it answers, and not those of events.
const FAILURES_MAX: u32 = 3;
/// How often the rest of a target doubles that answers, but takes nothing: it is asked soon again.
const DOUBLINGS_MAX: u32 = 3;

/// What a thread knows of its subscription until somebody changes it.
pub(super) struct Work {
    /// Of [`Live`], when it was read.
    pub version: Version,
    pub subscription: Subscription,
    pub cursor: Cursor,
    /// Steps read ahead of the cursor.
    pub ahead: VecDeque<Step>,
    pub pending: BTreeMap<u64, Pending>,
    pub dead: u64,
    /// Failures in a row, and until when the target is left alone.
    pub failures: u32,
    pub rest_until: Option<Instant>,
    /// Whether events wait because the target was in trouble: with its first success all of them
    /// are tried again.
    pub was_down: bool,
    /// What waits and is tried again by now, however far its own next attempt is; oldest first.
    pub again: VecDeque<u64>,
    /// What waits failed last: what is new goes before it, so that it never blocks the feed.
    pub is_news_turn: bool,
    /// Since when the cursor is further than what is written.
    pub unwritten: Option<Instant>,
}

/// What there is to do.
pub(super) enum Next {
    /// To call the target with an event; its number if it waited, and the cursor behind it.
    Call(Option<u64>, Pending, Cursor),
    /// To look again.
    Look,
    /// There is no news.
    Nothing,
    /// It has to wait until a moment.
    Rest(Option<Instant>),
}

impl Work {
    pub fn new(loaded: Loaded, version: Version) -> Work {
        let Loaded { subscription, cursor, pending, dead } = loaded;
        Work {
            version,
            subscription,
            cursor,
            ahead: VecDeque::new(),
            // Why it waits is not known any more: it may have been the target.
            was_down: !pending.is_empty(),
            pending: pending.into_iter().collect(),
            dead,
            failures: 0,
            rest_until: None,
            again: VecDeque::new(),
            is_news_turn: false,
            unwritten: None,
        }
    }

    /// What is due again, the longest overdue first.
    pub fn due(&mut self, now: Time) -> Option<Next> {
        while let Some(number) = self.again.pop_front() {
            if let Some(it) = self.pending.get(&number) {
                return Some(Next::Call(Some(number), it.clone(), self.cursor));
            }
        }
        let due = self.pending.iter().filter(|(_, it)| it.next_at <= now);
        let (number, it) = due.min_by_key(|(_, it)| it.next_at)?;
        Some(Next::Call(Some(*number), it.clone(), self.cursor))
    }

    pub fn succeeded(&mut self) {
        self.failures = 0;
        self.is_news_turn = false;
        if std::mem::take(&mut self.was_down) {
            let mut waits: Vec<_> = self.pending.iter().map(|(at, it)| (it.since, *at)).collect();
            waits.sort_unstable();
            self.again = waits.into_iter().map(|(_, number)| number).collect();
        }
    }

    /// The target failed once more, maybe often enough to be left alone.
    pub fn failed(&mut self, failed: &Failed, is_again: bool, schedule: &Schedule) {
        self.failures = self.failures.saturating_add(1);
        self.is_news_turn = is_again;
        let count = match failed.is_target {
            true => self.failures,
            false if self.failures < FAILURES_MAX => return,
            false => (self.failures - FAILURES_MAX).min(DOUBLINGS_MAX) + 1,
        };
        let rest = schedule.rest(count, failed.asked);
        self.rest_until = Some(Instant::now() + rest);
        self.was_down = true;
        self.again.clear();
    }

    /// How long until something is due again.
    pub fn until_due(&self, now: Time) -> Duration {
        let next = self.pending.values().map(|it| it.next_at).min();
        next.map_or(PATIENCE, |it| Duration::from_micros(it.as_us().saturating_sub(now.as_us())))
    }
}

#[cfg(test)]
mod tests {
    use onhand_core::{Label, LedgerId};

    use super::*;
    use crate::config::Config;

    fn work(waiting: u64) -> Work {
        let subscription = Subscription {
            ledger: LedgerId::new("acme").unwrap(),
            name: Label::new("shop").unwrap(),
            url: "https://shop.example/".to_owned(),
            types: vec!["onhand.".into()],
            channels: Vec::new(),
            sku_prefix: None,
            secrets: Vec::new(),
            disabled: None,
            created_at: Time(0),
        };
        // The one with the highest number waits for the longest time.
        let pending = (1..=waiting).map(|number| {
            let pending = Pending {
                id: number.to_string(),
                kind: "onhand.stock.low".into(),
                body: String::new(),
                attempts: 1,
                since: Time(100 - number),
                next_at: Time(1_000),
                why: String::new(),
            };
            (number, pending)
        });
        let (cursor, pending) = (Cursor::default(), pending.collect());
        Work::new(Loaded { subscription, cursor, pending, dead: 0 }, Version::default())
    }

    fn due(work: &mut Work, now: u64) -> Option<u64> {
        match work.due(Time(now))? {
            Next::Call(number, ..) => number,
            Next::Look | Next::Nothing | Next::Rest(_) => None,
        }
    }

    #[test]
    fn the_first_success_after_trouble_lets_all_that_waits_go_oldest_first() {
        let mut work = work(3);
        assert_eq!(due(&mut work, 500), None);
        work.succeeded();
        work.pending.remove(&2);
        assert_eq!([0; 3].map(|_| due(&mut work, 500)), [Some(3), Some(1), None]);
        // One more success is no news.
        work.succeeded();
        assert_eq!(due(&mut work, 500), None);
        assert!(due(&mut work, 1_000).is_some());
    }

    #[test]
    fn whatever_a_target_answers_it_is_left_alone_after_some_failures_in_a_row() {
        let schedule = Schedule::new(&Config::default());
        let (one, target) = (Failed::default(), Failed { is_target: true, ..Failed::default() });
        let mut it = work(0);
        it.failed(&one, false, &schedule);
        it.failed(&one, true, &schedule);
        assert!(it.rest_until.is_none() && !it.was_down && it.is_news_turn);
        it.failed(&one, false, &schedule);
        assert!(it.rest_until.is_some() && it.was_down && !it.is_news_turn);
        let mut it = work(0);
        it.failed(&target, false, &schedule);
        assert!(it.rest_until.is_some() && it.was_down);
    }
}
