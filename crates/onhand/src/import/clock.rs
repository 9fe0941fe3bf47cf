//! Times of an export: local texts in one zone, turned into moments.

use jiff::civil::DateTime;
use jiff::fmt::strtime::{self, BrokenDownTime};
use jiff::tz::TimeZone;
use jiff::{Timestamp, Unit};
use onhand_core::Time;

/// How times are written, and where.
#[derive(Debug)]
pub struct Zone {
    zone: TimeZone,
    formats: Vec<Format>,
    /// As written, for messages.
    written: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Format {
    Rfc3339,
    UnixSeconds,
    UnixMilliseconds,
    Pattern(String),
}

impl Zone {
    /// `zone`: an IANA name such as `Asia/Shanghai`. `formats`: tried in order; strftime patterns,
    /// or `rfc3339`, `unix`, `unix_ms`.
    ///
    /// # Errors
    /// A sentence naming the key.
    pub fn new(zone: &str, formats: &[String]) -> Result<Zone, String> {
        let known = TimeZone::get(zone).map_err(|_| {
            format!("`time.zone` {zone:?} is not known; such as UTC, Europe/London, Asia/Shanghai (which need \
                 the system's time zone data, often the package tzdata)")
        })?;
        if formats.is_empty() {
            return Err("`time.format` must name at least one format".into());
        }
        let formats = formats.iter().map(|it| format(it)).collect::<Result<Vec<_>, _>>()?;
        let written = formats.iter().map(Format::name).collect::<Vec<_>>().join(" or ");
        Ok(Zone { zone: known, formats, written })
    }

    /// The moment that `text` names. A time that the clocks skipped or lived through twice is read
    /// as most calendars do: the later one in the gap, the earlier one in the fold.
    ///
    /// # Errors
    /// A sentence that completes "column …".
    pub fn read(&self, text: &str) -> Result<Time, String> {
        let moment = self.formats.iter().find_map(|it| it.read(text, &self.zone));
        let moment = moment.ok_or_else(|| format!("{text:?} is no time as {}", self.written))?;
        u64::try_from(moment.as_microsecond())
            .map(Time)
            .map_err(|_| format!("{text:?} lies before 1970"))
    }
}

/// Tries the pattern on a moment, so that a wrong one is refused before any line is read.
fn format(written: &str) -> Result<Format, String> {
    let pattern = match written {
        "rfc3339" => return Ok(Format::Rfc3339),
        "unix" => return Ok(Format::UnixSeconds),
        "unix_ms" => return Ok(Format::UnixMilliseconds),
        pattern => Format::Pattern(pattern.to_owned()),
    };
    let noon = DateTime::constant(2011, 11, 22, 12, 34, 56, 0);
    let shown = noon.to_zoned(TimeZone::UTC).map(|it| strtime::format(written, &it));
    let readable = matches!(&shown, Ok(Ok(it)) if pattern.read(it, &TimeZone::UTC).is_some());
    match readable {
        true => Ok(pattern),
        false => Err(format!(
            "`time.format` {written:?} cannot be read back; such as \"%Y-%m-%d %H:%M:%S\", \
             \"%d/%m/%Y\", \"rfc3339\""
        )),
    }
}

impl Format {
    fn name(&self) -> String {
        match self {
            Format::Rfc3339 => "rfc3339".into(),
            Format::UnixSeconds => "unix".into(),
            Format::UnixMilliseconds => "unix_ms".into(),
            Format::Pattern(pattern) => format!("{pattern:?}"),
        }
    }

    fn read(&self, text: &str, zone: &TimeZone) -> Option<Timestamp> {
        match self {
            Format::Rfc3339 => text.parse().ok(),
            Format::UnixSeconds => Timestamp::from_second(text.parse().ok()?).ok(),
            Format::UnixMilliseconds => Timestamp::from_millisecond(text.parse().ok()?).ok(),
            Format::Pattern(pattern) => {
                let read = BrokenDownTime::parse(pattern, text).ok()?;
                if read.offset().is_some() || read.timestamp().is_some() {
                    return read.to_timestamp().ok();
                }
                let date = read.to_date().ok()?;
                // A day without a time begins at midnight; a time that is half said is no time.
                let local = match read.to_time() {
                    Ok(time) => date.to_datetime(time),
                    Err(_) if read.hour().is_none() => date.at(0, 0, 0, 0),
                    Err(_) => return None,
                };
                let moment = local.to_zoned(zone.clone()).ok()?;
                moment.timestamp().round(Unit::Microsecond).ok()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(zone: &str, format: &str, text: &str, said: &str) {
        let zone = Zone::new(zone, &[format.to_owned()]).unwrap();
        let actual = zone.read(text).map_or_else(|it| it, |it| it.to_string());
        assert_eq!(actual, said);
    }

    #[test]
    fn local_times_become_moments() {
        let full = "%Y-%m-%d %H:%M:%S";
        check("Europe/London", full, "2010-12-01 08:26:00", "2010-12-01T08:26:00Z");
        check("Europe/London", full, "2011-06-30 20:08:00", "2011-06-30T19:08:00Z");
        check("Asia/Shanghai", "%Y/%m/%d %H:%M", "2026/11/11 00:00", "2026-11-10T16:00:00Z");
        check("UTC", "%d.%m.%Y", "31.12.2025", "2025-12-31T00:00:00Z");
        check("UTC", "rfc3339", "2026-01-01T00:00:00+08:00", "2025-12-31T16:00:00Z");
        check("UTC", "unix_ms", "1767225600000", "2026-01-01T00:00:00Z");
        check("Europe/London", "%Y-%m-%dT%H:%M%z", "2011-06-30T20:08+0200", "2011-06-30T18:08:00Z");
    }

    #[test]
    fn an_hour_that_was_skipped_or_doubled_has_a_reading() {
        let full = "%Y-%m-%d %H:%M";
        check("Europe/London", full, "2011-03-27 01:30", "2011-03-27T01:30:00Z");
        check("Europe/London", full, "2011-10-30 01:30", "2011-10-30T00:30:00Z");
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
