//! When an event is tried again, and how long a target that is in trouble is left alone.

use std::hash::{BuildHasher, RandomState};
use std::time::{Duration, Instant, SystemTime};

use jiff::fmt::rfc2822;
use onhand_core::Time;

use crate::config::Config;

/// Pauses between attempts as Standard Webhooks has them, in seconds.
const PAUSES_S: [u64; 9] = [5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400];
/// Longest rest of a target, whatever it asks for.
pub(super) const REST_MAX: Duration = Duration::from_secs(3_600);
/// Longest rest of a target that does not say for how long.
const REST_OWN_MAX: Duration = Duration::from_secs(300);

pub(super) struct Schedule {
    first: Duration,
    most: Duration,
    random: RandomState,
}

impl Schedule {
    pub fn new(config: &Config) -> Schedule {
        Schedule {
            first: Duration::from_millis(config.webhook_retry_first_ms),
            most: Duration::from_secs(config.webhook_retry_s_max),
            random: RandomState::new(),
        }
    }

    /// When to try again after that many attempts, the first of them at `since`. None: not any
    /// more. `asked`: how long the target asked to be left alone.
    pub fn next(
        &self,
        attempts: u32,
        since: Time,
        now: Time,
        asked: Option<Duration>,
    ) -> Option<Time> {
        let end = Time(since.as_us().saturating_add(us(self.most)));
        if now >= end {
            return None;
        }
        let step = (attempts.max(1) as usize - 1).min(PAUSES_S.len() - 1);
        let scale = PAUSES_S[step] as f64 / PAUSES_S[0] as f64;
        let pause = self.about(self.first.mul_f64(scale));
        let pause = asked.map_or(pause, |it| pause.max(it.min(REST_MAX)));
        // The last attempt is at the very end.
        Some(Time(now.as_us().saturating_add(us(pause))).min(end))
    }

    /// How long a target rests that failed so many times in a row.
    pub fn rest(&self, failures: u32, asked: Option<Duration>) -> Duration {
        let own = self.first.saturating_mul(1 << failures.saturating_sub(1).min(16));
        asked.map_or_else(|| self.about(own.min(REST_OWN_MAX)), |it| it.min(REST_MAX))
    }

    /// The time given or taken a tenth: many events are not to come back at one moment.
    fn about(&self, time: Duration) -> Duration {
        let chance = self.random.hash_one(Instant::now()) % 201;
        time.mul_f64(0.9 + chance as f64 / 1_000.0)
    }
}

fn us(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

/// The header `Retry-After`: seconds, or a date. None: it is neither.
pub(super) fn retry_after(text: &str, now: SystemTime) -> Option<Duration> {
    if let Ok(seconds) = text.trim().parse() {
        return Some(Duration::from_secs(seconds));
    }
    let at = rfc2822::DateTimeParser::new().parse_timestamp(text).ok()?;
    let at = SystemTime::from(at);
    Some(at.duration_since(now).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn schedule() -> Schedule {
        Schedule::new(&Config::default())
    }

    #[test]
    fn an_event_is_tried_for_a_day_and_the_last_time_at_its_end() {
        let (schedule, mut now, mut waited) = (schedule(), Time(0), Vec::new());
        for attempt in 1.. {
            let Some(next) = schedule.next(attempt, Time(0), now, None) else { break };
            waited.push((next.as_us() - now.as_us()) / 1_000_000);
            now = next;
        }
        let near = |got: &u64, want: u64| (want * 89 / 100..=want * 111 / 100).contains(got);
        let wanted = [5, 300, 1_800, 7_200, 18_000, 36_000];
        assert_eq!(waited.len(), 7, "{waited:?}");
        assert!(waited.iter().zip(wanted).all(|(got, want)| near(got, want)), "{waited:?}");
        assert_eq!(now, Time(86_400_000_000));
    }

    #[test]
    fn a_target_may_ask_for_more_time_within_a_bound() {
        let asked = |seconds| {
            let asked = Some(Duration::from_secs(seconds));
            schedule().next(1, Time(0), Time(0), asked).map(|it| it.as_us() / 1_000_000)
        };
        assert_eq!(asked(60), Some(60));
        assert_eq!(asked(1_000_000), Some(3_600));
        assert!(asked(0).is_some_and(|it| it >= 4));
        assert_eq!(schedule().rest(1, Some(Duration::from_secs(7))), Duration::from_secs(7));
        assert_eq!(schedule().rest(9, Some(Duration::from_secs(90_000))), REST_MAX);
        assert!(schedule().rest(60, None) <= REST_OWN_MAX.mul_f64(1.1));
    }

    #[test]
    fn retry_after_is_a_number_or_a_date() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_772_355_600);
        let told = |text| retry_after(text, now).map(|it| it.as_secs());
        assert_eq!(told("120"), Some(120));
        assert_eq!(told("Sun, 01 Mar 2026 09:01:00 GMT"), Some(60));
        assert_eq!(told("Sun, 01 Mar 2020 09:01:00 GMT"), Some(0));
        assert_eq!(told("soon"), None);
        assert_eq!(told("-1"), None);
    }
}
