//! Ledger time: never decreases, and does not leap with the wall clock.

use std::time::Duration;

use onhand_core::Time;

/// Turns readings of the wall clock into ledger time.
///
/// A wall clock that is suddenly more than `leap_max` away from what has passed on the monotonic
/// clock is not believed: ledger time then runs on with the monotonic clock, so that no hold
/// expires early. When the leap has stood for `confirm`, it is believed: the machine was suspended,
/// or its clock is right at last. After a believed leap back ledger time stands still until the
/// wall clock has caught up. The first reading is believed: how long the process was down nobody
/// knows.
#[derive(Clone, Debug)]
pub struct LedgerClock {
    last: Time,
    leap_max_us: u64,
    confirm: Duration,
    /// The last believed reading, and when it was made on the monotonic clock.
    believed: Option<(Time, Duration)>,
    leap: Option<Leap>,
}

/// A leap that waits to be confirmed: since when, and how far ahead of the time that has passed.
#[derive(Clone, Copy, Debug)]
struct Leap {
    since: Duration,
    ahead_us: i64,
}

impl LedgerClock {
    pub fn new(leap_max: Duration, confirm: Duration) -> LedgerClock {
        let leap_max_us = micros(leap_max);
        LedgerClock { last: Time(0), leap_max_us, confirm, believed: None, leap: None }
    }

    /// Ledger time is at least `time` from here on.
    pub fn not_before(&mut self, time: Time) {
        self.last = self.last.max(time);
    }

    /// Ledger time when the wall clock says `wall`, `elapsed` after some fixed moment.
    pub fn read(&mut self, wall: Time, elapsed: Duration) -> Time {
        let believed = self.believe(wall, elapsed);
        self.last = self.last.max(believed);
        self.last
    }

    fn believe(&mut self, wall: Time, elapsed: Duration) -> Time {
        let Some((time, at)) = self.believed else {
            self.believed = Some((wall, elapsed));
            return wall;
        };
        let expected = Time(time.0.saturating_add(micros(elapsed.saturating_sub(at))));
        let ahead_us = (wall.0 as i64).saturating_sub(expected.0 as i64);
        if ahead_us.unsigned_abs() > self.leap_max_us && !self.confirmed(ahead_us, elapsed) {
            return expected;
        }
        self.leap = None;
        self.believed = Some((wall, elapsed));
        wall
    }

    fn confirmed(&mut self, ahead_us: i64, elapsed: Duration) -> bool {
        let same = |it: &Leap| it.ahead_us.abs_diff(ahead_us) <= self.leap_max_us;
        match self.leap.filter(same) {
            Some(leap) => elapsed.saturating_sub(leap.since) >= self.confirm,
            None => {
                self.leap = Some(Leap { since: elapsed, ahead_us });
                false
            }
        }
    }
}

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Readings as (seconds passed, wall clock in seconds), and the ledger times they give.
    fn check(readings: &[(u64, u64)], said: &[u64]) {
        let mut clock = LedgerClock::new(Duration::from_secs(60), Duration::from_secs(60));
        let read = |(elapsed, wall): &(u64, u64)| {
            clock.read(Time(wall * 1_000_000), Duration::from_secs(*elapsed)).0 / 1_000_000
        };
        assert_eq!(readings.iter().map(read).collect::<Vec<_>>(), said);
    }

    #[test]
    fn follows_the_wall_clock_and_never_goes_back() {
        check(&[(0, 1_000), (1, 1_001), (10, 1_015), (11, 1_009)], &[1_000, 1_001, 1_015, 1_015]);
    }

    #[test]
    fn a_leap_is_believed_when_it_has_stood() {
        check(
            &[(0, 1_000), (1, 9_001), (30, 9_030), (60, 9_060), (61, 9_061), (62, 9_062)],
            &[1_000, 1_001, 1_030, 1_060, 9_061, 9_062],
        );
    }

    #[test]
    fn a_leap_that_is_taken_back_never_happened() {
        check(
            &[(0, 1_000), (1, 9_001), (30, 1_030), (40, 9_040), (90, 9_090)],
            &[1_000, 1_001, 1_030, 1_040, 1_090],
        );
    }

    #[test]
    fn another_leap_starts_the_wait_anew() {
        check(
            &[(0, 1_000), (1, 9_001), (50, 99_050), (62, 99_062), (110, 99_110)],
            &[1_000, 1_001, 1_050, 1_062, 99_110],
        );
    }

    #[test]
    fn a_leap_back_is_passed_over_and_then_stood_out() {
        check(
            &[(0, 1_000), (1, 401), (50, 450), (61, 461), (100, 500), (662, 1_062)],
            &[1_000, 1_001, 1_050, 1_050, 1_050, 1_062],
        );
    }

    #[test]
    fn begins_no_earlier_than_the_journal_ends() {
        let mut clock = LedgerClock::new(Duration::from_secs(60), Duration::from_secs(60));
        clock.not_before(Time(5_000_000));
        assert_eq!(clock.read(Time(1), Duration::ZERO), Time(5_000_000));
    }
}
