//! What one INVRPT says: its function and moment, its items, and its own count of them.

use onhand_core::Time;
use smol_str::SmolStr;

use super::edi_envelope::Report;
use super::edi_item::{Amount, Item, Out, Terms};
use super::edi_items::Items;
use super::edi_number;
use super::edi_segment::Segment;
use super::edi_time::{FORMATS, by_format};
use super::number::quoted;
use crate::Complaint;

/// Types of codes (7143) where the profile names none: the supplier's own numbers, those of the
/// maker, then of the buyer, then GTINs.
pub(super) const CODES: [&str; 11] =
    ["SA", "VN", "VP", "SK", "MF", "MG", "BP", "IN", "SRV", "EN", "UP"];

/// Qualifiers of quantities (6063) where the profile names none: actual stock first, then what
/// partners make of it.
pub(super) const QUANTITIES: [&str; 4] = ["145", "17", "33", "1"];

/// Moments (2005) that say when goods are there again: available, expected to arrive.
const RESTOCK: [&str; 3] = ["44", "132", "17"];

/// Moments (2005) that a whole report is as of: inventory taken, end of report, written.
const AS_OF: [&str; 3] = ["366", "91", "137"];

/// A report while its segments come in.
pub(super) struct Inventory {
    /// Date and time of the interchange, as YYMMDDHHMM or with four digits of the year.
    stamp: String,
    decimal: char,
    complete: Option<bool>,
    items: Items,
}

impl Report for Inventory {
    fn segment(&mut self, segment: &Segment, terms: &Terms<'_>, out: &mut Out<'_>) {
        let read = match segment.tag() {
            "LIN" => {
                let item = self.items.begin(segment.number, terms, out);
                item.code(segment.part(3, 2), segment.part(3, 1));
                Ok(())
            }
            "UNS" => {
                self.items.end(terms, out);
                Ok(())
            }
            "CNT" => {
                self.items.end(terms, out);
                self.check_totals(segment)
            }
            tag => match &mut self.items.open {
                None => self.header(tag, segment, terms),
                Some(item) => {
                    if tag == "QTY" {
                        self.items.totals.add(segment.part(1, 2), self.decimal);
                    }
                    detail(item, tag, segment, terms)
                }
            },
        };
        if let Err(complaint) = read {
            out.complaints.add(complaint);
        }
    }

    fn finish(mut self, terms: &Terms<'_>, out: &mut Out<'_>, is_first: bool) {
        self.items.end(terms, out);
        let as_of = self.items.as_of().or_else(|| self.written_at(terms));
        out.message(as_of, self.complete, is_first);
    }
}

impl Inventory {
    pub fn new(stamp: &str, decimal: char) -> Inventory {
        Inventory { stamp: stamp.into(), decimal, complete: None, items: Items::default() }
    }

    fn header(&mut self, tag: &str, segment: &Segment, terms: &Terms<'_>) -> Result<(), Complaint> {
        match tag {
            "BGM" => self.begin(segment),
            "DTM" => self.date(segment, terms),
            "NAD" | "LOC" => {
                if let Some(place) = place(segment) {
                    self.items.place = Some(place);
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// BGM: what the report is for.
    fn begin(&mut self, segment: &Segment) -> Result<(), Complaint> {
        self.complete = match segment.part(3, 1) {
            "5" | "9" => Some(true),
            "2" | "3" | "4" => Some(false),
            "1" => {
                let message = "is \"1\", which takes an earlier report back; send the right one \
                               instead";
                return Err(segment.complain(3, message));
            }
            _ => None,
        };
        Ok(())
    }

    fn date(&mut self, segment: &Segment, terms: &Terms<'_>) -> Result<(), Complaint> {
        let Some(rank) = AS_OF.iter().position(|it| *it == segment.part(1, 1)) else {
            return Ok(());
        };
        if let Some(mut at) = dtm(segment, terms)? {
            // A day of writing without a time: the interchange may know better.
            let day = segment.part(1, 2);
            let is_day = matches!(segment.part(1, 3), "101" | "102" | "");
            if segment.part(1, 1) == "137" && is_day && self.is_of_day(day) {
                at = self.written_at(terms).unwrap_or(at);
            }
            self.items.note_moment(rank, at);
        }
        Ok(())
    }

    /// Whether the interchange was written that day.
    fn is_of_day(&self, day: &str) -> bool {
        self.stamp.len() > day.len() && self.stamp.starts_with(day)
            || day.len() == 8 && self.stamp.len() == 10 && self.stamp.get(..6) == day.get(2..)
    }

    fn written_at(&self, terms: &Terms<'_>) -> Option<Time> {
        let format = if self.stamp.len() == 10 { "201" } else { "203" };
        by_format(&self.stamp, format, &terms.zone)
    }

    /// CNT: 1 sums the quantities, 2 counts the items.
    fn check_totals(&self, segment: &Segment) -> Result<(), Complaint> {
        let said = segment.part(1, 2);
        match segment.part(1, 1) {
            "2" if edi_number::count(said) != Some(self.items.count) => Err(segment.complain_part(
                1,
                2,
                format!(
                    "counts {} items, but the message has {}; ask for the whole file again",
                    quoted(said),
                    self.items.count
                ),
            )),
            "1" if !self.items.totals.is(said, self.decimal) => Err(segment.complain_part(
                1,
                2,
                format!(
                    "is {}, but the quantities add up to {}; ask for the whole file again",
                    quoted(said),
                    self.items.totals.sum()
                ),
            )),
            _ => Ok(()),
        }
    }
}

/// A segment below a LIN.
fn detail(
    item: &mut Item,
    tag: &str,
    segment: &Segment,
    terms: &Terms<'_>,
) -> Result<(), Complaint> {
    match tag {
        "QTY" => item.amount(Amount {
            segment: segment.number,
            column: "QTY01.2".into(),
            qualifier: segment.part(1, 1).into(),
            place: None,
            text: segment.part(1, 2).into(),
            unit: segment.part(1, 3).into(),
        }),
        "INV" => {
            if let Some(amount) = item.amounts.last_mut().filter(|_| is_no_stock(segment)) {
                amount.qualifier = "INV".into();
            }
            Ok(())
        }
        "PIA" => {
            for element in 2..=segment.len() {
                item.code(segment.part(element, 2), segment.part(element, 1));
            }
            Ok(())
        }
        "IMD" => {
            let text = [4, 5].map(|it| segment.part(3, it)).join(" ");
            item.describe(text.trim());
            Ok(())
        }
        "NAD" | "LOC" => {
            locate(item, segment);
            Ok(())
        }
        "DTM" if RESTOCK.contains(&segment.part(1, 1)) => {
            dtm(segment, terms)?.into_iter().for_each(|at| item.restock(at));
            Ok(())
        }
        _ => Ok(()),
    }
}

/// INV says of the quantity before it that it moved (4501), or that it is damaged, bonded or
/// reserved (7491): either is not what can be sold.
fn is_no_stock(segment: &Segment) -> bool {
    let moved = matches!(segment.part(1, 1), "1" | "2");
    moved || !matches!(segment.part(2, 1), "" | "1")
}

/// After a quantity it says where that lies, before any where all of them do.
fn locate(item: &mut Item, segment: &Segment) {
    let Some(place) = place(segment) else { return };
    match item.amounts.last_mut() {
        Some(amount) => amount.place = Some(place),
        None => item.place = Some(place),
    }
}

/// The location of a LOC, or the party of a NAD that keeps stock.
fn place(segment: &Segment) -> Option<SmolStr> {
    let keeps = segment.tag() == "LOC" || matches!(segment.part(1, 1), "WH" | "GY" | "ST");
    let code = segment.part(2, 1);
    (keeps && !code.is_empty()).then(|| code.into())
}

/// A DTM. None: no day is said.
fn dtm(segment: &Segment, terms: &Terms<'_>) -> Result<Option<Time>, Complaint> {
    let (text, format) = (segment.part(1, 2), segment.part(1, 3));
    if text.is_empty() {
        return Ok(None);
    }
    // Without a format the number of digits tells.
    let format = match (format, text.len()) {
        ("", 8) => "102",
        ("", 12) => "203",
        ("", 14) => "204",
        _ => format,
    };
    match by_format(text, format, &terms.zone) {
        Some(at) => Ok(Some(at)),
        None => Err(segment.complain_part(
            1,
            2,
            format!(
                "is {} with format {}: no moment in one of the formats {FORMATS}; correct it",
                quoted(text),
                quoted(format)
            ),
        )),
    }
}
