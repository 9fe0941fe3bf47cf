//! Moments: microseconds since the Unix epoch, UTC. Always an argument, never read from a clock.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// A moment. In JSON an RFC 3339 text, in binary formats the number of microseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Time(pub u64);

/// The text is no RFC 3339 moment between 1970 and 9999.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvalidTime;

impl fmt::Display for InvalidTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("must be an RFC 3339 time with an offset, such as 2026-11-22T08:30:00Z")
    }
}

/// Microseconds of a UTC day.
pub const DAY_US: u64 = 24 * 60 * 60 * 1_000_000;

impl Time {
    pub fn as_us(self) -> u64 {
        self.0
    }
    /// Whole minutes since the epoch: how beginnings of windows are kept.
    pub fn minutes(self) -> u32 {
        u32::try_from(self.0 / 60_000_000).unwrap_or(u32::MAX)
    }
    pub fn from_minutes(minutes: u32) -> Time {
        Time(u64::from(minutes) * 60_000_000)
    }
    /// The moment `seconds` later; stays at the largest moment instead of wrapping.
    pub fn plus_seconds(self, seconds: u64) -> Time {
        Time(self.0.saturating_add(seconds.saturating_mul(1_000_000)))
    }
}

impl FromStr for Time {
    type Err = InvalidTime;
    fn from_str(text: &str) -> Result<Time, InvalidTime> {
        let moment: jiff::Timestamp = text.parse().map_err(|_| InvalidTime)?;
        u64::try_from(moment.as_microsecond()).map(Time).map_err(|_| InvalidTime)
    }
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let moment =
            i64::try_from(self.0).ok().and_then(|it| jiff::Timestamp::from_microsecond(it).ok());
        match moment {
            Some(moment) => write!(f, "{moment}"),
            None => write!(f, "{}us", self.0),
        }
    }
}

impl Serialize for Time {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            serializer.collect_str(self)
        } else {
            serializer.serialize_u64(self.0)
        }
    }
}

impl<'de> Deserialize<'de> for Time {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Time, D::Error> {
        if deserializer.is_human_readable() {
            let text = smol_str::SmolStr::deserialize(deserializer)?;
            text.parse().map_err(de::Error::custom)
        } else {
            u64::deserialize(deserializer).map(Time)
        }
    }
}

/// A time of day on local clocks, to the minute: `16:30`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TimeOfDay {
    minutes: u16,
}

impl TimeOfDay {
    /// Since midnight.
    pub fn minutes(self) -> u16 {
        self.minutes
    }
}

impl FromStr for TimeOfDay {
    type Err = &'static str;
    fn from_str(text: &str) -> Result<TimeOfDay, &'static str> {
        let wrong = "must be a time of day such as 16:30, from 00:00 to 23:59";
        let (hours, minutes) = text.split_once(':').ok_or(wrong)?;
        let two = |it: &str| it.len() == 2 && it.bytes().all(|it| it.is_ascii_digit());
        if !two(hours) || !two(minutes) {
            return Err(wrong);
        }
        let number = |it: &str| it.parse::<u16>().map_err(|_| wrong);
        match (number(hours)?, number(minutes)?) {
            (hours @ 0..24, minutes @ 0..60) => Ok(TimeOfDay { minutes: hours * 60 + minutes }),
            _ => Err(wrong),
        }
    }
}

impl fmt::Display for TimeOfDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}:{:02}", self.minutes / 60, self.minutes % 60)
    }
}

impl Serialize for TimeOfDay {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for TimeOfDay {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<TimeOfDay, D::Error> {
        smol_str::SmolStr::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_of_day_reads_as_it_was_written() {
        assert_eq!("16:05".parse::<TimeOfDay>().unwrap().to_string(), "16:05");
        for wrong in ["24:00", "1:00", "12:60", "12", "", "+1:00", "12:0a"] {
            assert!(wrong.parse::<TimeOfDay>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_moment_reads_as_it_was_written() {
        let moment: Time = "2026-11-22T08:30:00.000001Z".parse().unwrap();
        assert_eq!(moment.to_string(), "2026-11-22T08:30:00.000001Z");
        assert_eq!(
            "2026-11-22T09:30:00+01:00".parse::<Time>().unwrap().to_string(),
            "2026-11-22T08:30:00Z"
        );
        assert_eq!("2026-11-22".parse::<Time>(), Err(InvalidTime));
        assert_eq!("1969-12-31T00:00:00Z".parse::<Time>(), Err(InvalidTime));
    }
}
