//! How an item is counted: by its units, not at all, or by how many a span of time can take.

use std::fmt;
use std::sync::LazyLock;

use jiff::civil::{Date, Time as CivilTime};
use jiff::tz::{TimeZone, TimeZoneDatabase};
use jiff::{Timestamp, ToSpan};
use serde::{Deserialize, Serialize};
use smol_str::{SmolStr, format_smolstr};

use crate::{Label, Time};

/// How an item is counted. Stored for ever.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// By the units on the shelves.
    #[default]
    Finite,
    /// Not at all: there is always more.
    Unlimited,
    /// So many in each window of time.
    Capacity(Capacity),
}

impl Mode {
    /// Whether units on shelves are what can be sold.
    pub fn is_finite(&self) -> bool {
        *self == Mode::Finite
    }
}

/// At most `limit` units in each window; windows begin at midnight or at Monday of the zone.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Capacity {
    pub limit: u64,
    pub window: Window,
    /// An IANA time zone, such as `Asia/Shanghai`.
    pub zone: Label,
}

/// A window's length, written `15m`, `2h`, `1d` or `7d`. Minutes are counted from midnight, days
/// from a Monday.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "SmolStr", into = "SmolStr")]
pub enum Window {
    Minutes(u32),
    Days(u32),
}

const DAY_MINUTES: u32 = 24 * 60;
/// Longest window in days: a year.
const DAYS_MAX: u32 = 366;

impl fmt::Display for Window {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Window::Minutes(minutes) if minutes % 60 == 0 => write!(f, "{}h", minutes / 60),
            Window::Minutes(minutes) => write!(f, "{minutes}m"),
            Window::Days(days) => write!(f, "{days}d"),
        }
    }
}

impl Window {
    /// The longest that any window can be, in minutes.
    pub const LONGEST_MINUTES: u32 = (DAYS_MAX + 1) * DAY_MINUTES;

    /// No window of this length is longer, in minutes: clocks that go back make a day longer.
    pub fn minutes_at_most(self) -> u32 {
        match self {
            Window::Minutes(minutes) => minutes + DAY_MINUTES,
            Window::Days(days) => (days + 1) * DAY_MINUTES,
        }
    }
}

impl From<Window> for SmolStr {
    fn from(window: Window) -> SmolStr {
        format_smolstr!("{window}")
    }
}

impl TryFrom<SmolStr> for Window {
    type Error = String;
    fn try_from(text: SmolStr) -> Result<Window, String> {
        let wrong = || {
            "must be a length such as 15m, 2h, 1d or 7d: minutes and hours up to a day, days up to 366".to_string()
        };
        let unit = text.chars().last().ok_or_else(wrong)?;
        let number: u32 = text[..text.len() - unit.len_utf8()].parse().map_err(|_| wrong())?;
        let window = match unit {
            'm' => Window::Minutes(number),
            'h' => Window::Minutes(number.saturating_mul(60)),
            'd' => Window::Days(number),
            _ => return Err(wrong()),
        };
        match window {
            Window::Minutes(0) | Window::Days(0) => Err("must be longer than nothing".to_string()),
            Window::Minutes(it) if it > DAY_MINUTES => Err(wrong()),
            Window::Days(it) if it > DAYS_MAX => Err(wrong()),
            Window::Minutes(_) | Window::Days(_) => Ok(window),
        }
    }
}

impl Capacity {
    /// The beginning of the window that `at` lies in. None: the zone is not known, or the moment
    /// lies outside the calendar.
    pub fn window_of(&self, at: Time) -> Option<Time> {
        let zone = zone(self.zone.as_str())?;
        let moment = Timestamp::from_microsecond(i64::try_from(at.as_us()).ok()?).ok()?;
        let local = zone.to_datetime(moment);
        let begin = match self.window {
            Window::Minutes(length) => {
                let minute = i64::from(local.hour()) * 60 + i64::from(local.minute());
                let first = minute - minute % i64::from(length);
                local.date().to_datetime(CivilTime::midnight()).checked_add(first.minutes()).ok()?
            }
            Window::Days(length) => {
                let days = local.date().since(monday()).ok()?.get_days();
                let first = i64::from(days - days.rem_euclid(length as i32));
                monday().checked_add(first.days()).ok()?.to_datetime(CivilTime::midnight())
            }
        };
        let begin = zone.to_timestamp(begin).ok()?;
        u64::try_from(begin.as_microsecond()).ok().map(Time)
    }

    /// Whether the zone is one that is known.
    pub fn zone_is_known(&self) -> bool {
        zone(self.zone.as_str()).is_some()
    }
}

/// From the zones compiled into the program: the core reads no files, and all machines agree.
fn zone(name: &str) -> Option<TimeZone> {
    static ZONES: LazyLock<TimeZoneDatabase> = LazyLock::new(TimeZoneDatabase::bundled);
    ZONES.get(name).ok()
}

fn monday() -> Date {
    Date::constant(1970, 1, 5)
}

/// Whether the IANA name is one that is known.
pub fn zone_is_known(name: &str) -> bool {
    zone(name).is_some()
}

/// The first moment after `after` at which clocks in the zone show so many minutes after midnight.
/// None: the zone is unknown, or the calendar ends.
pub fn local_minute_after(name: &str, minutes: i64, after: Time) -> Option<Time> {
    let zone = zone(name)?;
    let moment = Timestamp::from_microsecond(i64::try_from(after.as_us()).ok()?).ok()?;
    let mut date = zone.to_datetime(moment).date();
    for _ in 0..3 {
        let local = date.to_datetime(CivilTime::midnight()).checked_add(minutes.minutes()).ok()?;
        let at = zone.to_timestamp(local).ok()?.as_microsecond();
        let at = u64::try_from(at).ok().map(Time)?;
        if at > after {
            return Some(at);
        }
        date = date.tomorrow().ok()?;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn window(text: &str) -> Result<Window, String> {
        Window::try_from(SmolStr::new(text))
    }

    #[track_caller]
    fn check(length: &str, zone: &str, at: &str, begin: &str) {
        let zone = Label::new(zone).unwrap();
        let capacity = Capacity { limit: 1, window: window(length).unwrap(), zone };
        assert_eq!(capacity.window_of(at.parse().unwrap()).unwrap().to_string(), begin);
    }

    #[test]
    fn windows_begin_at_local_midnight_or_monday() {
        check("1d", "Asia/Shanghai", "2026-11-25T17:30:00Z", "2026-11-25T16:00:00Z");
        check("2h", "Asia/Shanghai", "2026-11-25T17:30:00Z", "2026-11-25T16:00:00Z");
        check("15m", "Europe/London", "2026-07-01T10:44:59Z", "2026-07-01T10:30:00Z");
        // Wednesday 25 November 2026 belongs to the week of Monday the 23rd.
        check("7d", "UTC", "2026-11-25T12:00:00Z", "2026-11-23T00:00:00Z");
        // The day on which London's clocks go back has 25 hours, and is one window.
        check("1d", "Europe/London", "2026-10-25T23:59:00Z", "2026-10-24T23:00:00Z");
    }

    #[test]
    fn a_window_has_a_length() {
        for text in ["15m", "2h", "1d", "7d"] {
            assert_eq!(window(text).unwrap().to_string(), text);
        }
        assert_eq!(window("60m").unwrap().to_string(), "1h");
        assert_eq!(window("0m").unwrap_err(), "must be longer than nothing");
        assert!(window("25h").is_err() && window("d").is_err() && window("1y").is_err());
        let zone = Label::new("Europe/Atlantis").unwrap();
        assert!(!Capacity { limit: 1, window: Window::Days(1), zone }.zone_is_known());
    }
}
