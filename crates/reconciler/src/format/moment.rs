//! Moments as suppliers write them: local texts in their zone, turned into moments.

use std::fmt;

use jiff::fmt::strtime::BrokenDownTime;
use jiff::tz::TimeZone;
use jiff::{Timestamp, Unit, civil};
use onhand_core::Time;
use serde::{Deserialize, Deserializer, de};

/// An IANA time zone, such as `Asia/Shanghai`.
#[derive(Clone, Debug, PartialEq)]
pub struct Zone(pub TimeZone);

impl Zone {
    /// None: nobody knows a zone of that name.
    pub fn named(name: &str) -> Option<Zone> {
        TimeZone::get(name).ok().map(Zone)
    }
}

/// Why a text is no moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoMoment {
    /// With the ways that were tried.
    Unlike(String, String),
    /// Nobody says in which zone it is.
    NoOffset(String),
    BeforeEpoch(String),
}

impl fmt::Display for NoMoment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            NoMoment::Unlike(text, ways) => write!(f, "{text:?} is no time as {ways}"),
            NoMoment::NoOffset(text) => write!(f, "{text:?} says no offset"),
            NoMoment::BeforeEpoch(text) => write!(f, "{text:?} lies before 1970"),
        }
    }
}

impl NoMoment {
    /// The sentence, with what to do about a feed's file.
    pub(super) fn in_a_feed(self) -> String {
        let remedy = match self {
            NoMoment::Unlike(..) => "correct it, or set `dates` in the profile",
            NoMoment::NoOffset(_) => "set `time_zone` in the profile",
            NoMoment::BeforeEpoch(_) => "correct it",
        };
        format!("{self}; {remedy}")
    }
}

impl<'de> Deserialize<'de> for Zone {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Zone, D::Error> {
        let name = String::deserialize(deserializer)?;
        Zone::named(&name).ok_or_else(|| {
            de::Error::custom(format!(
                "{name:?} is no time zone; such as UTC, Europe/London, Asia/Shanghai"
            ))
        })
    }
}

/// The ways moments may be written, tried in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moments(Vec<Pattern>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Pattern {
    Rfc3339,
    UnixSeconds,
    UnixMilliseconds,
    /// As strftime writes it.
    Written(String),
}

impl Default for Moments {
    /// `rfc3339`, or a day such as 2026-11-22.
    fn default() -> Moments {
        Moments(vec![Pattern::Rfc3339, Pattern::Written("%Y-%m-%d".into())])
    }
}

impl<'de> Deserialize<'de> for Moments {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Moments, D::Error> {
        let written = Vec::<String>::deserialize(deserializer)?;
        if written.is_empty() {
            return Err(de::Error::custom("must name at least one pattern, or be left out"));
        }
        Moments::new(&written).map_err(de::Error::custom)
    }
}

impl Moments {
    /// Strftime patterns, or `rfc3339`, `unix`, `unix_ms`; tried in order.
    ///
    /// # Errors
    /// A sentence about the first pattern that cannot be read back.
    pub fn new(patterns: &[String]) -> Result<Moments, String> {
        patterns.iter().map(|it| Pattern::new(it)).collect::<Result<_, _>>().map(Moments)
    }

    /// The moment that `text` names. A time that the clocks skipped or lived through twice is read
    /// as calendars do: the later one in the gap, the earlier one in the fold. A day without a time
    /// is its midnight.
    ///
    /// # Errors
    /// What is wrong with the text.
    pub fn read(&self, text: &str, zone: Option<&Zone>) -> Result<Time, NoMoment> {
        let mut homeless = false;
        for pattern in &self.0 {
            match pattern.read(text) {
                Some(Written::Moment(moment)) => return time(text, moment),
                Some(Written::Local(at)) if zone.is_some() => return local(text, at, zone),
                Some(Written::Local(_)) => homeless = true,
                None => {}
            }
        }
        match homeless {
            true => Err(NoMoment::NoOffset(text.into())),
            false => Err(NoMoment::Unlike(text.into(), self.names())),
        }
    }

    fn names(&self) -> String {
        self.0.iter().map(Pattern::name).collect::<Vec<_>>().join(" or ")
    }
}

/// The moment that a clock in that zone shows so; `text` names it in messages.
///
/// # Errors
/// What is wrong with it.
pub(super) fn local(
    text: &str,
    at: civil::DateTime,
    zone: Option<&Zone>,
) -> Result<Time, NoMoment> {
    let Some(Zone(zone)) = zone else { return Err(NoMoment::NoOffset(text.into())) };
    match zone.to_ambiguous_timestamp(at).compatible() {
        Ok(moment) => time(text, moment),
        Err(_) => Err(NoMoment::Unlike(text.into(), "one of the calendar's".into())),
    }
}

fn time(text: &str, moment: Timestamp) -> Result<Time, NoMoment> {
    let moment = moment.round(Unit::Microsecond).unwrap_or(moment);
    let since_epoch = u64::try_from(moment.as_microsecond());
    since_epoch.map(Time).map_err(|_| NoMoment::BeforeEpoch(text.into()))
}

enum Written {
    Moment(Timestamp),
    Local(civil::DateTime),
}

impl Pattern {
    /// Tries the pattern on a moment, so that a wrong one is refused before any line is read.
    fn new(written: &str) -> Result<Pattern, String> {
        let pattern = match written {
            "rfc3339" => return Ok(Pattern::Rfc3339),
            "unix" => return Ok(Pattern::UnixSeconds),
            "unix_ms" => return Ok(Pattern::UnixMilliseconds),
            _ => Pattern::Written(written.to_owned()),
        };
        let noon = civil::DateTime::constant(2011, 11, 22, 12, 34, 56, 0);
        let shown = noon.to_zoned(TimeZone::UTC).ok();
        let shown = shown.and_then(|it| jiff::fmt::strtime::format(written, &it).ok());
        match shown.is_some_and(|it| pattern.read(&it).is_some()) {
            true => Ok(pattern),
            false => Err(format!(
                "{written:?} names no day that can be read back; such as \"%Y-%m-%d %H:%M:%S\", \
                 \"%d.%m.%Y\", \"rfc3339\""
            )),
        }
    }

    fn name(&self) -> String {
        match self {
            Pattern::Rfc3339 => "rfc3339".into(),
            Pattern::UnixSeconds => "unix".into(),
            Pattern::UnixMilliseconds => "unix_ms".into(),
            Pattern::Written(pattern) => format!("{pattern:?}"),
        }
    }

    fn read(&self, text: &str) -> Option<Written> {
        match self {
            Pattern::Rfc3339 => text.parse().ok().map(Written::Moment),
            Pattern::UnixSeconds => moment(Timestamp::from_second(text.parse().ok()?)),
            Pattern::UnixMilliseconds => moment(Timestamp::from_millisecond(text.parse().ok()?)),
            Pattern::Written(pattern) => written(BrokenDownTime::parse(pattern, text).ok()?),
        }
    }
}

fn moment(read: Result<Timestamp, jiff::Error>) -> Option<Written> {
    read.ok().map(Written::Moment)
}

fn written(read: BrokenDownTime) -> Option<Written> {
    if read.offset().is_some() || read.timestamp().is_some() {
        return moment(read.to_timestamp());
    }
    let date = read.to_date().ok()?;
    match read.to_time() {
        Ok(time) => Some(Written::Local(date.to_datetime(time))),
        Err(_) if read.hour().is_none() => Some(Written::Local(date.at(0, 0, 0, 0))),
        // A time that is half said is no time.
        Err(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(zone: &str, pattern: &str, text: &str, said: &str) {
        let moments = Moments(vec![Pattern::new(pattern).unwrap()]);
        let zone = Zone(TimeZone::get(zone).unwrap());
        let actual = moments.read(text, Some(&zone));
        let actual = actual.map_or_else(|it| it.to_string(), |it| it.to_string());
        assert_eq!(actual, said);
    }

    #[test]
    fn local_times_become_moments() {
        check("Europe/Berlin", "%d.%m.%Y %H:%M", "30.06.2026 20:08", "2026-06-30T18:08:00Z");
        check("Asia/Shanghai", "%Y/%m/%d", "2026/11/11", "2026-11-10T16:00:00Z");
        check("Asia/Shanghai", "%Y年%m月%d日", "2026年11月11日", "2026-11-10T16:00:00Z");
        check("UTC", "%Y%m%d", "20261231", "2026-12-31T00:00:00Z");
        check("UTC", "rfc3339", "2026-01-01T00:00:00+08:00", "2025-12-31T16:00:00Z");
        check("UTC", "unix_ms", "1767225600000", "2026-01-01T00:00:00Z");
        check("Europe/Berlin", "%Y-%m-%dT%H:%M%z", "2026-06-30T20:08+0800", "2026-06-30T12:08:00Z");
    }

    #[test]
    fn an_hour_that_was_skipped_or_doubled_has_a_reading() {
        let pattern = "%Y-%m-%d %H:%M";
        check("Europe/London", pattern, "2026-03-29 01:30", "2026-03-29T01:30:00Z");
        check("Europe/London", pattern, "2026-10-25 01:30", "2026-10-25T00:30:00Z");
    }

    #[test]
    fn what_is_no_time_is_said() {
        let full = "%Y-%m-%d %H:%M";
        check("UTC", full, "yesterday", "\"yesterday\" is no time as \"%Y-%m-%d %H:%M\"");
        check(
            "UTC",
            full,
            "2011-13-27 01:30",
            "\"2011-13-27 01:30\" is no time as \"%Y-%m-%d %H:%M\"",
        );
        check("UTC", "%Y-%m-%d", "1066-10-14", "\"1066-10-14\" lies before 1970");
    }
}
