//! Moments as EDI writes them: bare digits, in the sender's local time.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime, Time as Clock};
use jiff::tz::{Offset, TimeZone};

use onhand_core::Time;

/// `CCYYMMDD` or `YYMMDD`, and `HHMM`, `HHMMSS` or nothing, which is the day's beginning.
/// Hundredths of a second are dropped. None: no such moment since 1970.
pub(super) fn moment(day: &str, clock: &str, zone: &TimeZone) -> Option<Time> {
    let local = DateTime::from_parts(date(day)?, time_of_day(clock)?);
    let moment = zone.to_ambiguous_timestamp(local).compatible().ok()?;
    since_epoch(moment)
}

fn since_epoch(moment: Timestamp) -> Option<Time> {
    u64::try_from(moment.as_microsecond()).ok().map(Time)
}

fn date(text: &str) -> Option<Date> {
    let all = digits(text)?;
    let (year, rest) = match text.len() {
        8 => (all / 10_000, all % 10_000),
        6 => (2000 + all / 10_000, all % 10_000),
        _ => return None,
    };
    let year = i16::try_from(year).ok()?;
    Date::new(year, i8::try_from(rest / 100).ok()?, i8::try_from(rest % 100).ok()?).ok()
}

fn time_of_day(text: &str) -> Option<Clock> {
    let (all, seconds) = match text.len() {
        0 => (0, 0),
        4 => (digits(text)?, 0),
        6..=8 => (digits(text.get(..4)?)?, digits(text.get(4..6)?)?),
        _ => return None,
    };
    if text.len() > 6 {
        digits(&text[6..])?;
    }
    let part = |it: u32| i8::try_from(it).ok();
    Clock::new(part(all / 100)?, part(all % 100)?, part(seconds)?, 0).ok()
}

fn digits(text: &str) -> Option<u32> {
    let plain = text.len() <= 9 && text.bytes().all(|it| it.is_ascii_digit());
    if plain { text.parse().ok() } else { None }
}

/// An X12 time code (element 623), where it fixes an offset or says that time is local.
pub(super) fn zone_of_code(code: &str, local: &TimeZone) -> Option<TimeZone> {
    let hours = match code {
        "" | "LT" => return Some(local.clone()),
        "UT" | "GM" | "Z" => 0,
        "ED" => -4,
        "ES" | "CD" => -5,
        "CS" | "MD" => -6,
        "MS" | "PD" => -7,
        "PS" => -8,
        // Standard or daylight time, whichever rules that day.
        "ET" => return TimeZone::get("America/New_York").ok(),
        "CT" => return TimeZone::get("America/Chicago").ok(),
        "MT" => return TimeZone::get("America/Denver").ok(),
        "PT" => return TimeZone::get("America/Los_Angeles").ok(),
        _ => return ordinal_zone(code),
    };
    Some(TimeZone::fixed(Offset::from_hours(hours).ok()?))
}

/// `01` to `12`: hours east of Greenwich; `13` to `24`: hours west, from 12 down to 1.
fn ordinal_zone(code: &str) -> Option<TimeZone> {
    let number = i8::try_from(digits(code)?).ok()?;
    let hours = match number {
        1..=12 => number,
        13..=24 => number - 25,
        _ => return None,
    };
    Some(TimeZone::fixed(Offset::from_hours(hours).ok()?))
}

/// A moment in a format of the EDIFACT list 2379. None: the text does not fit the format.
pub(super) fn by_format(text: &str, format: &str, zone: &TimeZone) -> Option<Time> {
    let split = |day: usize, clock: usize| {
        let parts = (text.get(..day)?, text.get(day..)?);
        (parts.1.len() == clock).then_some(parts)
    };
    let local = |parts: Option<(&str, &str)>| parts.and_then(|(day, at)| moment(day, at, zone));
    match format {
        "101" => local(split(6, 0)),
        "102" => local(split(8, 0)),
        "201" => local(split(6, 4)),
        "202" => local(split(6, 6)),
        "203" => local(split(8, 4)),
        "204" => local(split(8, 6)),
        "205" => {
            let (day, rest) = text.split_at_checked(8)?;
            moment(day, rest.get(..4)?, &offset_zone(rest.get(4..)?)?)
        }
        "303" | "304" => {
            let (clock, name) =
                text.get(8..)?.split_at_checked(if format == "303" { 4 } else { 6 })?;
            let known = matches!(name, "UTC" | "GMT");
            moment(text.get(..8)?, clock, &TimeZone::UTC).filter(|_| known)
        }
        _ => None,
    }
}

/// The formats that [`by_format`] knows.
pub(super) const FORMATS: &str = "101, 102, 201, 202, 203, 204, 205, 303 and 304";

/// `+0200`.
fn offset_zone(text: &str) -> Option<TimeZone> {
    let sign = match text.get(..1)? {
        "+" => 1,
        "-" => -1,
        _ => return None,
    };
    let all = i32::try_from(digits(text.get(1..5)?)?).ok()?;
    let seconds = sign * (all / 100 * 3600 + all % 100 * 60);
    if text.len() > 5 || all % 100 > 59 {
        return None;
    }
    Offset::from_seconds(seconds).ok().map(TimeZone::fixed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::{Expect, expect};

    fn told(moment: Option<Time>) -> String {
        moment.map_or_else(|| "none".to_owned(), |it| it.to_string())
    }

    fn check(cases: &[(&str, &str)], expect: Expect) {
        let zone = TimeZone::get("Europe/Berlin").expect("a zone");
        let lines = cases
            .iter()
            .map(|(day, clock)| format!("{day} {clock} = {}\n", told(moment(day, clock, &zone))));
        expect.assert_eq(&lines.collect::<String>());
    }

    fn check_formats(cases: &[(&str, &str)], expect: Expect) {
        let zone = TimeZone::get("Europe/Berlin").expect("a zone");
        let lines = cases.iter().map(|(text, format)| {
            format!("{text}:{format} = {}\n", told(by_format(text, format, &zone)))
        });
        expect.assert_eq(&lines.collect::<String>());
    }

    #[test]
    fn digits_are_moments_in_the_senders_zone() {
        check(
            &[
                ("20261122", "0830"),
                ("20260722", "083015"),
                ("261122", "08301599"),
                ("20261122", ""),
            ],
            expect![[r#"
                20261122 0830 = 2026-11-22T07:30:00Z
                20260722 083015 = 2026-07-22T06:30:15Z
                261122 08301599 = 2026-11-22T07:30:15Z
                20261122  = 2026-11-21T23:00:00Z
            "#]],
        );
    }

    #[test]
    fn what_is_no_moment_is_none() {
        check(
            &[
                ("20261322", ""),
                ("20260230", ""),
                ("2026112", ""),
                ("20261122", "2460"),
                ("20261122", "08"),
                ("20261122", "0830xx"),
                ("2026é12", "0830"),
                ("20261122", "083é9"),
                ("19691231", "2300"),
            ],
            expect![[r#"
                20261322  = none
                20260230  = none
                2026112  = none
                20261122 2460 = none
                20261122 08 = none
                20261122 0830xx = none
                2026é12 0830 = none
                20261122 083é9 = none
                19691231 2300 = none
            "#]],
        );
    }

    #[test]
    fn edifact_formats_are_read_by_their_number() {
        check_formats(
            &[
                ("20261122", "102"),
                ("202611220830", "203"),
                ("20261122083015", "204"),
                ("261122", "101"),
                ("2611220830", "201"),
                ("202611220830+0530", "205"),
                ("202611220830UTC", "303"),
                ("202611220830EST", "303"),
                ("202611220830", "102"),
                ("20261122", "203"),
                ("20261122é8", "203"),
                ("2026W47", "616"),
            ],
            expect![[r#"
                20261122:102 = 2026-11-21T23:00:00Z
                202611220830:203 = 2026-11-22T07:30:00Z
                20261122083015:204 = 2026-11-22T07:30:15Z
                261122:101 = 2026-11-21T23:00:00Z
                2611220830:201 = 2026-11-22T07:30:00Z
                202611220830+0530:205 = 2026-11-22T03:00:00Z
                202611220830UTC:303 = 2026-11-22T08:30:00Z
                202611220830EST:303 = none
                202611220830:102 = none
                20261122:203 = none
                20261122é8:203 = none
                2026W47:616 = none
            "#]],
        );
    }

    #[test]
    fn x12_time_codes_are_zones() {
        let zone = |code: &str| zone_of_code(code, &TimeZone::UTC);
        let at = |code: &str| told(moment("20260722", "0830", &zone(code).expect("a zone")));
        assert_eq!(at("ET"), at("ED"));
        assert_eq!(at("04"), "2026-07-22T04:30:00Z");
        assert_eq!(at("21"), "2026-07-22T12:30:00Z");
        assert!(zone("QQ").is_none() && zone("25").is_none());
    }
}
