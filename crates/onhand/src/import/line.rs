//! One line of an export, read by its profile: what it is, of what, how much, when.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};

use csv::StringRecord;
use onhand_core::{ChannelId, OrderId, QUANTITY_MAX, Sku, Time};
use smol_str::SmolStr;

use super::profile::{Case, Profile};
use super::rules::Kind;
use super::table::{Record, Table};
use crate::failure::Failure;

/// A line that moves stock.
#[derive(Clone, Debug)]
pub struct Line {
    /// Where it begins in the file, from 1.
    pub number: u64,
    /// Never [`Kind::Adjust`] or [`Kind::None`]: the sign has been looked at.
    pub kind: Kind,
    pub document: OrderId,
    /// Place among the lines of its document, from 1; lines that cannot be read count too.
    pub ordinal: u32,
    pub sku: Sku,
    /// Above zero.
    pub units: u64,
    pub at: Time,
    pub channel: Option<ChannelId>,
    pub name: SmolStr,
    pub reason: SmolStr,
}

/// What became of a record.
#[derive(Clone, Debug)]
pub enum Read {
    /// By the rule at that place among the profile's.
    Line {
        rule: usize,
        line: Line,
    },
    /// No stock at all.
    Nothing {
        rule: usize,
    },
    Bad(BadLine),
}

/// A line that cannot be booked, and why.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct BadLine {
    /// From 1; 0 for a command that comes before the first line.
    pub line: u64,
    pub reason: String,
}

/// A profile fitted to the columns of one file.
pub struct Lens<'p> {
    profile: &'p Profile,
    width: usize,
    document: usize,
    sku: usize,
    quantity: usize,
    time: usize,
    name: Option<usize>,
    channel: Option<usize>,
    reason: Option<usize>,
    /// The column of every test of every rule.
    tests: Vec<Vec<usize>>,
    ordinals: Ordinals,
    /// Neighbouring lines mostly have the same time.
    last_time: (String, Time),
    now: Time,
}

impl<'p> Lens<'p> {
    /// `now`: lines that lie in its future are bad.
    ///
    /// # Errors
    /// A usage [`Failure`] naming the first column that the file does not have.
    pub fn fit(profile: &'p Profile, table: &Table, now: Time) -> Result<Lens<'p>, Failure> {
        let names = &profile.columns;
        let optional = |name: &Option<String>, key: &str| {
            name.as_ref().map(|it| table.column(it, key)).transpose()
        };
        let tests = profile.rules.iter().map(|rule| {
            let key = format!("rule {:?}", rule.name);
            rule.when.iter().map(|it| table.column(&it.column, &key)).collect()
        });
        Ok(Lens {
            profile,
            width: table.width(),
            document: table.column(&names.document, "columns.document")?,
            sku: table.column(&names.sku, "columns.sku")?,
            quantity: table.column(&names.quantity, "columns.quantity")?,
            time: table.column(&names.time, "columns.time")?,
            name: optional(&names.name, "columns.name")?,
            channel: optional(&names.channel, "columns.channel")?,
            reason: optional(&names.reason, "columns.reason")?,
            tests: tests.collect::<Result<_, Failure>>()?,
            ordinals: Ordinals::default(),
            last_time: (String::new(), Time(0)),
            now,
        })
    }

    pub fn read(&mut self, record: Record<'_>) -> Read {
        let document = record.fields.get(self.document).unwrap_or_default().trim();
        // Counted before anything can go wrong: a line's key must not depend on its neighbours.
        let ordinal = self.ordinals.next(document);
        match self.try_read(record, document, ordinal) {
            Ok(read) => read,
            Err(reason) => Read::Bad(BadLine { line: record.line, reason }),
        }
    }

    fn try_read(
        &mut self,
        record: Record<'_>,
        document: &str,
        ordinal: u32,
    ) -> Result<Read, String> {
        let fields = record.fields;
        if fields.len() != self.width {
            return Err(format!("has {} fields; the file has {}", fields.len(), self.width));
        }
        let (rule, kind) = self.classify(fields)?;
        if kind == Kind::None {
            return Ok(Read::Nothing { rule });
        }
        let columns = &self.profile.columns;
        let (kind, units) = self.quantity(fields, kind)?;
        let line = Line {
            number: record.line,
            kind,
            document: OrderId::new(document)
                .map_err(|it| wrong(&columns.document, document, it))?,
            ordinal,
            sku: self.profile.sku(self.field(fields, self.sku))?,
            units,
            at: self.time(fields)?,
            channel: self.channel(fields)?,
            name: self.name.map_or_else(SmolStr::default, |it| self.field(fields, it).into()),
            reason: self.reason.map_or_else(SmolStr::default, |it| self.field(fields, it).into()),
        };
        Ok(Read::Line { rule, line })
    }

    fn field<'r>(&self, fields: &'r StringRecord, place: usize) -> &'r str {
        fields.get(place).unwrap_or_default().trim()
    }

    fn classify(&self, fields: &StringRecord) -> Result<(usize, Kind), String> {
        for (place, (rule, columns)) in self.profile.rules.iter().zip(&self.tests).enumerate() {
            let mut fits = true;
            for (when, column) in rule.when.iter().zip(columns) {
                fits = when.holds(fields.get(*column).unwrap_or_default())?;
                if !fits {
                    break;
                }
            }
            if fits {
                return Ok((place, rule.kind));
            }
        }
        Err("no [[rule]] of the profile fits it".into())
    }

    fn quantity(&self, fields: &StringRecord, kind: Kind) -> Result<(Kind, u64), String> {
        let column = &self.profile.columns.quantity;
        let text = self.field(fields, self.quantity);
        let signed = whole_number(text).ok_or_else(|| {
            format!("column `{column}`: {text:?} is no whole number up to {QUANTITY_MAX}")
        })?;
        if signed == 0 {
            return Err(format!("column `{column}`: is zero, so nothing moves"));
        }
        let kind = match kind {
            Kind::Order if signed < 0 => {
                return Err(format!("column `{column}`: {text} is negative, and it is an order"));
            }
            Kind::Adjust if signed < 0 => Kind::AdjustOut,
            Kind::Adjust => Kind::AdjustIn,
            Kind::Order | Kind::Return | Kind::AdjustIn | Kind::AdjustOut | Kind::None => kind,
        };
        Ok((kind, signed.unsigned_abs()))
    }

    fn time(&mut self, fields: &StringRecord) -> Result<Time, String> {
        let text = self.field(fields, self.time);
        if self.last_time.0 == text && !text.is_empty() {
            return Ok(self.last_time.1);
        }
        let column = &self.profile.columns.time;
        let at = self.profile.zone.read(text).map_err(|it| format!("column `{column}`: {it}"))?;
        if at > self.now {
            return Err(format!("column `{column}`: {text} lies in the future"));
        }
        self.last_time = (text.to_owned(), at);
        Ok(at)
    }

    fn channel(&self, fields: &StringRecord) -> Result<Option<ChannelId>, String> {
        let Some((place, column)) = self.channel.zip(self.profile.columns.channel.as_ref()) else {
            return Ok(self.profile.channel.fixed.clone());
        };
        match (self.field(fields, place), &self.profile.channel.blank) {
            ("", Some(blank)) => Ok(Some(blank.clone())),
            (text, _) => ChannelId::new(text).map(Some).map_err(|it| wrong(column, text, it)),
        }
    }
}

impl Profile {
    /// # Errors
    /// A sentence naming the column.
    pub fn sku(&self, text: &str) -> Result<Sku, String> {
        let changed = match self.sku_case {
            Case::Keep => Sku::new(text),
            Case::Upper => Sku::new(&text.to_uppercase()),
            Case::Lower => Sku::new(&text.to_lowercase()),
        };
        changed.map_err(|it| wrong(&self.columns.sku, text, it))
    }
}

fn wrong(column: &str, text: &str, why: impl std::fmt::Display) -> String {
    let shown: String = text.chars().take(80).collect();
    match text.is_empty() {
        true => format!("column `{column}`: {why}"),
        false => format!("column `{column}`: {shown:?} {why}"),
    }
}

/// A whole number of at most [`QUANTITY_MAX`] either way; `6.0` is one too.
pub fn whole_number(text: &str) -> Option<i64> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    if !fraction.bytes().all(|it| it == b'0') {
        return None;
    }
    let number: i64 = whole.parse().ok()?;
    (number.unsigned_abs() <= QUANTITY_MAX).then_some(number)
}

/// Counts the lines of every document, of which only a fingerprint is kept: the lines of one may
/// lie anywhere in the file, and a name would cost several times as much memory.
#[derive(Default)]
struct Ordinals {
    hasher: RandomState,
    counts: HashMap<u64, u32>,
}

impl Ordinals {
    fn next(&mut self, document: &str) -> u32 {
        let count = self.counts.entry(self.hasher.hash_one(document)).or_default();
        *count += 1;
        *count
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_numbers_are_read_as_shops_write_them() {
        assert_eq!(whole_number("6"), Some(6));
        assert_eq!(whole_number("+6"), Some(6));
        assert_eq!(whole_number("-9600"), Some(-9600));
        assert_eq!(whole_number("17850.0"), Some(17850));
        for wrong in ["", "1.5", "1e3", "six", "1000000000001", "99999999999999999999", "6 "] {
            assert_eq!(whole_number(wrong), None, "{wrong}");
        }
    }
}
