//! One item of an EDI report while its segments come in, and the line that it becomes.

use std::collections::BTreeMap;
use std::num::NonZeroU64;

use jiff::tz::TimeZone;
use onhand_core::{QUANTITY_MAX, Time};
use smol_str::SmolStr;

use super::Profile;
use super::number::{Numbers, quoted};
use crate::{Complaint, Complaints, Line, Reading};

/// What the feed's profile and the file together say about reading items.
pub(super) struct Terms<'p> {
    /// Qualifiers of codes, the best first.
    pub codes: Vec<SmolStr>,
    /// Qualifiers of quantities, the best first.
    pub quantities: Vec<SmolStr>,
    /// Only what lies here counts, where a file tells places apart.
    pub place: Option<&'p str>,
    /// Units of ours in one of theirs, by their unit code; else `pack`.
    packs: &'p BTreeMap<String, NonZeroU64>,
    pack: Option<NonZeroU64>,
    pub zone: TimeZone,
    numbers: Numbers,
}

impl<'p> Terms<'p> {
    /// The profile's terms, with the usual ones of a format where it names none.
    /// Numbers have the mark `decimal` before their fraction, and none between thousands.
    pub fn new(
        profile: &'p Profile,
        decimal: char,
        codes: &[&str],
        quantities: &[&str],
    ) -> Terms<'p> {
        let or = |said: &[String], usual: &[&str]| -> Vec<SmolStr> {
            match said {
                [] => usual.iter().map(SmolStr::new).collect(),
                said => said.iter().map(SmolStr::new).collect(),
            }
        };
        let edi = &profile.edi;
        Terms {
            codes: or(&edi.code_qualifiers, codes),
            quantities: or(&edi.quantity_qualifiers, quantities),
            place: edi.location.as_deref(),
            packs: &edi.unit_packs,
            pack: profile.pack,
            zone: profile.time_zone.as_ref().map_or(TimeZone::UTC, |it| it.0.clone()),
            numbers: Numbers::with_marks(profile, decimal, None),
        }
    }

    fn pack_of(&self, unit: &str) -> Option<u64> {
        self.packs.get(unit).copied().or(self.pack).map(NonZeroU64::get)
    }
}

/// Stock by place needs no qualifier in X12; among others it stands under this name.
pub(super) const BY_PLACE: &str = "SDQ";

/// One number of an item as it is written; only the one that counts is read.
#[derive(Clone, Debug, Default)]
pub(super) struct Amount {
    pub segment: u64,
    pub column: String,
    pub qualifier: SmolStr,
    pub place: Option<SmolStr>,
    pub text: SmolStr,
    pub unit: SmolStr,
}

/// Amounts and codes of one item: more are a mistake or an attack.
const PARTS_MAX: usize = 10_000;

#[derive(Debug, Default)]
pub(super) struct Item {
    segment: u64,
    codes: Vec<(SmolStr, SmolStr)>,
    pub amounts: Vec<Amount>,
    pub description: Option<SmolStr>,
    pub next_restock_at: Option<Time>,
    /// Where the amounts from here on lie.
    pub place: Option<SmolStr>,
    /// Where all that the message reports lies.
    pub message_place: Option<SmolStr>,
    /// The unit of amounts that name none.
    pub unit: SmolStr,
}

/// What the amounts of an item come to.
#[derive(Debug, PartialEq, Eq)]
enum Stock {
    Units(Option<u64>, SmolStr),
    Elsewhere,
}

impl Item {
    pub fn new(segment: u64) -> Item {
        Item { segment, ..Item::default() }
    }

    pub fn code(&mut self, qualifier: &str, code: &str) {
        if !code.is_empty() && self.codes.len() < PARTS_MAX {
            self.codes.push((qualifier.into(), code.into()));
        }
    }

    /// Notes an amount. The item's place stands in for one of its own.
    pub fn amount(&mut self, mut amount: Amount) -> Result<(), Complaint> {
        if self.amounts.len() == PARTS_MAX {
            let message = format!("an item has at most {PARTS_MAX} quantities");
            return Err(Complaint::at(amount.segment, amount.column, message));
        }
        if amount.place.is_none() {
            amount.place.clone_from(&self.place);
        }
        self.amounts.push(amount);
        Ok(())
    }

    /// Keeps the first description that is not empty.
    pub fn describe(&mut self, text: &str) {
        if self.description.is_none() && !text.is_empty() {
            self.description = Some(text.into());
        }
    }

    /// Keeps the earliest moment.
    pub fn restock(&mut self, at: Time) {
        self.next_restock_at = Some(self.next_restock_at.map_or(at, |it| it.min(at)));
    }

    fn code_by(&self, qualifiers: &[SmolStr]) -> Option<&SmolStr> {
        let mut found = qualifiers.iter().filter_map(|wanted| self.first_code(wanted));
        found.next()
    }

    fn first_code(&self, qualifier: &str) -> Option<&SmolStr> {
        self.codes.iter().find(|(it, _)| it == qualifier).map(|(_, code)| code)
    }

    /// Hands the line on, or says what is wrong with the item.
    pub fn close(self, terms: &Terms<'_>, out: &mut Out<'_>) {
        match self.line(terms, out) {
            Ok(Some(line)) => out.hand_on(line),
            Ok(None) => out.reading.skipped += 1,
            Err(complaint) => out.complaints.add(complaint),
        }
    }

    fn line(&self, terms: &Terms<'_>, out: &mut Out<'_>) -> Result<Option<Line>, Complaint> {
        let Some(code) = self.code_by(&terms.codes) else {
            return Err(self.no_code(&terms.codes));
        };
        out.notice(&self.amounts, &terms.quantities);
        let (quantity, unit) = match self.stock(terms)? {
            Stock::Units(quantity, unit) => (quantity, unit),
            Stock::Elsewhere => return Ok(None),
        };
        Ok(Some(Line {
            line: self.segment,
            code: code.clone(),
            quantity,
            pack: terms.pack_of(&unit),
            next_restock_at: self.next_restock_at,
            description: self.description.clone(),
            gtin: GTINS.iter().find_map(|it| self.first_code(it)).cloned(),
        }))
    }

    fn no_code(&self, wanted: &[SmolStr]) -> Complaint {
        let has: Vec<&str> = self.codes.iter().map(|(it, _)| it.as_str()).take(10).collect();
        let has = if has.is_empty() { "none".to_owned() } else { has.join(", ") };
        let message = format!(
            "no code with a qualifier of {}; the item has {has}; name the right one in the \
             profile as `edi.code_qualifiers`",
            wanted.join(", ")
        );
        Complaint::at(self.segment, "LIN", message)
    }

    /// The amounts by the best qualifier that the item has, at the place that is asked for.
    fn stock(&self, terms: &Terms<'_>) -> Result<Stock, Complaint> {
        // Where one place is asked for, stock by place says more than the item's sum.
        let by_place = [SmolStr::new_static(BY_PLACE)];
        let order = match terms.place {
            Some(_) => [&by_place[..], &terms.quantities[..]].concat(),
            None => [&terms.quantities[..], &by_place[..]].concat(),
        };
        let by = |wanted: &SmolStr| self.amounts_by(wanted);
        let amounts = order.iter().map(by).find(|it| !it.is_empty()).unwrap_or_default();
        let counted = self.counted(&amounts, terms.place);
        match (terms.place, &counted[..]) {
            (Some(place), []) if !amounts.is_empty() || !self.is_of(place) => Ok(Stock::Elsewhere),
            (_, []) => Ok(Stock::Units(None, self.unit.clone())),
            _ => self.sum(&counted, terms),
        }
    }

    fn amounts_by(&self, qualifier: &str) -> Vec<&Amount> {
        self.amounts.iter().filter(|it| it.qualifier == qualifier).collect()
    }

    /// Those of the place that is asked for; else the item's own sum, or those of all places.
    fn counted<'a>(&self, amounts: &[&'a Amount], wanted: Option<&str>) -> Vec<&'a Amount> {
        let placed = amounts.iter().any(|it| it.place.is_some());
        let has_sum = amounts.iter().any(|it| it.place.is_none());
        let counts = |it: &&&Amount| match (wanted, it.place.as_deref()) {
            (Some(place), Some(its)) => its == place,
            (Some(place), None) => !placed && self.is_of(place),
            (None, its) => its.is_none() || !has_sum,
        };
        amounts.iter().filter(counts).copied().collect()
    }

    /// Whether what names no place of its own lies there.
    fn is_of(&self, place: &str) -> bool {
        self.place.as_deref().or(self.message_place.as_deref()) == Some(place)
    }

    /// Adds what lies at different places. Unknown somewhere is unknown as a whole.
    fn sum(&self, amounts: &[&Amount], terms: &Terms<'_>) -> Result<Stock, Complaint> {
        let mut places = BTreeMap::new();
        let mut sum = Some(0u64);
        let unit = self.unit_of(amounts[0]);
        for amount in amounts {
            let complain = |message| Complaint::at(amount.segment, amount.column.clone(), message);
            if let Some(before) = places.insert(amount.place.as_deref(), amount) {
                return Err(complain(twice(before, amount)));
            }
            if self.unit_of(amount) != unit {
                let other = self.unit_of(amount);
                return Err(complain(format!(
                    "is in {other:?}, others of this item are in {unit:?}; send one unit"
                )));
            }
            let units = terms.numbers.quantity(&amount.text).map_err(complain)?;
            sum = sum.zip(units).and_then(|(sum, units)| sum.checked_add(units));
            if sum.is_some_and(|it| it > QUANTITY_MAX) {
                return Err(complain(format!("the sum over all places is above {QUANTITY_MAX}")));
            }
        }
        Ok(Stock::Units(sum, unit.clone()))
    }

    fn unit_of<'a>(&'a self, amount: &'a Amount) -> &'a SmolStr {
        if amount.unit.is_empty() { &self.unit } else { &amount.unit }
    }
}

fn twice(before: &Amount, amount: &Amount) -> String {
    let place = amount.place.as_deref().map(|it| format!(" at {it}")).unwrap_or_default();
    format!(
        "is {} where {}{place} was {} in segment {}; send it once, or each with its location",
        quoted(&amount.text),
        amount.qualifier,
        quoted(&before.text),
        before.segment
    )
}

/// Qualifiers of GTINs in both standards.
const GTINS: [&str; 7] = ["UK", "EN", "UP", "SRV", "UI", "UA", "GTIN"];

/// Where lines and complaints go.
pub(super) struct Out<'s> {
    sink: &'s mut dyn FnMut(Line),
    pub reading: Reading,
    pub complaints: Complaints,
    /// Whether any quantity had a qualifier that the profile names.
    counted: bool,
    /// Some of the qualifiers that it does not name.
    others: Vec<SmolStr>,
}

impl<'s> Out<'s> {
    pub fn new(sink: &'s mut dyn FnMut(Line)) -> Out<'s> {
        let (reading, complaints) = (Reading::default(), Complaints::default());
        Out { sink, reading, complaints, counted: false, others: Vec::new() }
    }

    fn hand_on(&mut self, line: Line) {
        self.reading.lines += 1;
        (self.sink)(line);
    }

    fn notice(&mut self, amounts: &[Amount], wanted: &[SmolStr]) {
        for amount in amounts {
            if amount.qualifier == BY_PLACE || wanted.contains(&amount.qualifier) {
                self.counted = true;
            } else if self.others.len() < 10 && !self.others.contains(&amount.qualifier) {
                self.others.push(amount.qualifier.clone());
            }
        }
    }

    /// A file whose every quantity means something else would read as all unknown.
    fn check_qualifiers(&mut self, wanted: &[SmolStr]) {
        if self.counted || self.others.is_empty() {
            return;
        }
        self.complaints.add(Complaint::of_file(format!(
            "no quantity has a qualifier of {}; the file has {}; name the right one in the \
             profile as `edi.quantity_qualifiers`",
            wanted.join(", "),
            self.others.join(", ")
        )));
    }

    /// What reading came to.
    pub fn finish(mut self, terms: &Terms<'_>) -> Result<Reading, Complaints> {
        self.check_qualifiers(&terms.quantities);
        if self.complaints.is_empty() { Ok(self.reading) } else { Err(self.complaints) }
    }

    /// Takes in what one of several messages says of itself. The earliest moment stands, since
    /// no number of the file is older; one partial message makes the whole partial.
    pub fn message(&mut self, as_of: Option<Time>, complete: Option<bool>, first: bool) {
        let header = &mut self.reading.header;
        header.as_of = match (header.as_of, as_of) {
            (Some(one), Some(other)) => Some(one.min(other)),
            (one, other) => one.or(other),
        };
        header.complete = match (header.complete, complete) {
            _ if first => complete,
            (Some(false), _) | (_, Some(false)) => Some(false),
            (Some(true), Some(true)) => Some(true),
            (None, _) | (_, None) => None,
        };
    }
}
