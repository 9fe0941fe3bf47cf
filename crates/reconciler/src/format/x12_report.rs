//! What one 846 says: its purpose and moment, its items, and its own count of them.

use onhand_core::Time;
use smol_str::SmolStr;

use super::edi_envelope::Report;
use super::edi_item::{Amount, BY_PLACE, Item, Out, Terms};
use super::edi_items::Items;
use super::edi_number;
use super::edi_segment::Segment;
use super::edi_time::{moment, zone_of_code};
use super::number::quoted;
use crate::Complaint;

/// Qualifiers of codes (235) where the profile names none: the vendor's own numbers, those of the
/// maker, then of the buyer, then GTINs.
pub(super) const CODES: [&str; 12] =
    ["VN", "VP", "VA", "SK", "MG", "MF", "BP", "IN", "UK", "EN", "UP", "UI"];

/// Qualifiers of quantities (673) where the profile names none: free to sell, on hand, then what
/// partners make of it.
pub(super) const QUANTITIES: [&str; 6] = ["33", "17", "1", "QA", "QH", "OH"];

/// The mark before a fraction.
pub(super) const DECIMAL: char = '.';

/// Moments (374) that say when goods are there again.
const RESTOCK: [&str; 2] = ["018", "169"];

/// Moments (374) that a whole report is as of: effective, then created.
const AS_OF: [&str; 2] = ["007", "097"];

/// A report while its segments come in.
pub(super) struct Inventory {
    /// Date and time of the group.
    stamp: (SmolStr, SmolStr),
    complete: Option<bool>,
    /// From BIA, or else the group's stamp.
    written_at: Option<Time>,
    items: Items,
}

impl Report for Inventory {
    fn segment(&mut self, segment: &Segment, terms: &Terms<'_>, out: &mut Out<'_>) {
        let read = match segment.tag() {
            "LIN" => {
                let item = self.items.begin(segment.number, terms, out);
                for element in (2..segment.len()).step_by(2) {
                    item.code(segment.part(element, 1), segment.whole(element + 1));
                }
                Ok(())
            }
            "CTT" => {
                self.items.end(terms, out);
                self.check_totals(segment, out);
                Ok(())
            }
            tag => match &mut self.items.open {
                None => self.header(tag, segment, terms),
                Some(item) => {
                    if tag == "QTY" {
                        self.items.totals.add(segment.part(2, 1), DECIMAL);
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
        let stamp = || moment(&self.stamp.0, &self.stamp.1, &terms.zone);
        let as_of = self.items.as_of().or(self.written_at).or_else(stamp);
        out.message(as_of, self.complete, is_first);
    }
}

impl Inventory {
    pub fn new(stamp: &(SmolStr, SmolStr)) -> Inventory {
        Inventory {
            stamp: stamp.clone(),
            complete: None,
            written_at: None,
            items: Items::default(),
        }
    }

    fn header(&mut self, tag: &str, segment: &Segment, terms: &Terms<'_>) -> Result<(), Complaint> {
        match tag {
            "BIA" => self.begin(segment, terms),
            "DTM" => self.date(segment, terms),
            "N1" if segment.part(1, 1) == "WH" => {
                self.items.place = party(segment);
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// BIA: what the report is for, and when it was written.
    fn begin(&mut self, segment: &Segment, terms: &Terms<'_>) -> Result<(), Complaint> {
        self.complete = match segment.part(1, 1) {
            "00" | "05" => Some(true),
            "04" => Some(false),
            "01" | "03" => {
                return Err(segment.complain(
                    1,
                    format!(
                        "is {}, which takes an earlier report back; send the right one instead",
                        quoted(segment.part(1, 1))
                    ),
                ));
            }
            _ => None,
        };
        let (day, mut clock) = (segment.part(4, 1), segment.part(5, 1));
        if day.is_empty() {
            return Ok(());
        }
        // A day without a time: the group may know better.
        if clock.is_empty() && self.stamp.0 == day {
            clock = &self.stamp.1;
        }
        self.written_at = moment(day, clock, &terms.zone);
        match self.written_at {
            Some(_) => Ok(()),
            None => Err(no_moment(segment, 4, day, clock)),
        }
    }

    fn date(&mut self, segment: &Segment, terms: &Terms<'_>) -> Result<(), Complaint> {
        let Some(rank) = AS_OF.iter().position(|it| *it == segment.part(1, 1)) else {
            return Ok(());
        };
        if let Some(at) = dtm(segment, terms)? {
            self.items.note_moment(rank, at);
        }
        Ok(())
    }

    fn check_totals(&self, segment: &Segment, out: &mut Out<'_>) {
        let said = segment.part(1, 1);
        if edi_number::count(said) != Some(self.items.count) {
            out.complaints.add(segment.complain(
                1,
                format!(
                    "counts {} items, but the set has {}; ask for the whole file again",
                    quoted(said),
                    self.items.count
                ),
            ));
        }
        let hash = segment.part(2, 1);
        if !hash.is_empty() && !self.items.totals.is(hash, DECIMAL) {
            out.complaints.add(segment.complain(
                2,
                format!(
                    "is {}, but the quantities (QTY02) add up to {}; ask for the whole file again",
                    quoted(hash),
                    self.items.totals.hash()
                ),
            ));
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
            column: "QTY02".into(),
            qualifier: segment.part(1, 1).into(),
            place: None,
            text: segment.part(2, 1).into(),
            unit: segment.part(3, 1).into(),
        }),
        "SDQ" => stores(item, segment),
        "PID" => {
            item.describe(segment.whole(5));
            Ok(())
        }
        "UIT" => {
            item.unit = segment.part(1, 1).into();
            Ok(())
        }
        "N1" if segment.part(1, 1) == "WH" => {
            item.place = party(segment);
            Ok(())
        }
        "DTM" if RESTOCK.contains(&segment.part(1, 1)) => {
            dtm(segment, terms)?.into_iter().for_each(|at| item.restock(at));
            Ok(())
        }
        _ => Ok(()),
    }
}

/// SDQ: pairs of a location and what lies there.
fn stores(item: &mut Item, segment: &Segment) -> Result<(), Complaint> {
    for element in (3..=segment.len().min(22)).step_by(2) {
        let place = segment.part(element, 1);
        if place.is_empty() {
            continue;
        }
        item.amount(Amount {
            segment: segment.number,
            column: format!("SDQ{:02}", element + 1),
            qualifier: BY_PLACE.into(),
            place: Some(place.into()),
            text: segment.part(element + 1, 1).into(),
            unit: segment.part(1, 1).into(),
        })?;
    }
    Ok(())
}

/// The code of an N1, or else its name.
fn party(segment: &Segment) -> Option<SmolStr> {
    let found = [4, 2].map(|it| segment.part(it, 1));
    found.iter().find(|it| !it.is_empty()).map(SmolStr::new)
}

/// DTM02 to DTM04. None: no day is said.
fn dtm(segment: &Segment, terms: &Terms<'_>) -> Result<Option<Time>, Complaint> {
    let (day, clock, code) = (segment.part(2, 1), segment.part(3, 1), segment.part(4, 1));
    if day.is_empty() {
        return Ok(None);
    }
    let Some(zone) = zone_of_code(code, &terms.zone) else {
        let message = format!("is {}, no time code that can be told; leave it out", quoted(code));
        return Err(segment.complain(4, message));
    };
    match moment(day, clock, &zone) {
        Some(at) => Ok(Some(at)),
        None => Err(no_moment(segment, 2, day, clock)),
    }
}

fn no_moment(segment: &Segment, element: usize, day: &str, clock: &str) -> Complaint {
    let message = format!(
        "is {} with {}: no day as CCYYMMDD with a time as HHMM or HHMMSS; correct it",
        quoted(day),
        quoted(clock)
    );
    segment.complain(element, message)
}
