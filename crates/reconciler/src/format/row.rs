//! From the cells of a line to the line: what every format with columns shares.

use jiff::civil;
use onhand_core::Time;
use smol_str::SmolStr;

use super::moment::{self, NoMoment};
use super::number::Numbers;
use super::place::{Field, Places};
use super::{Profile, merge};
use crate::{Complaint, Complaints, Line, Reading};

/// One cell.
#[derive(Clone, Copy, Debug)]
pub(super) enum Cell<'a> {
    Text(&'a str),
    Number(f64),
    /// A number, and how its format shows it: a code with zeros before it.
    Shown(f64, &'a str),
    /// In the supplier's time zone.
    Moment(civil::DateTime),
    /// A cell that holds no value, with words that complete "the column …".
    Wrong(&'a str),
}

impl Cell<'_> {
    pub const BLANK: Cell<'static> = Cell::Text("");

    fn is_blank(self) -> bool {
        matches!(self, Cell::Text(text) if text.trim().is_empty())
    }
}

/// What was read of a file so far.
pub(super) struct Rows<'p> {
    profile: &'p Profile,
    numbers: Numbers,
    pub complaints: Complaints,
    pub reading: Reading,
    /// Lines with something on them, wrong ones and those of other warehouses included.
    records: u64,
    /// The line of the trailer.
    trailer: Option<u64>,
    is_failed: bool,
}

impl<'p> Rows<'p> {
    pub fn new(profile: &'p Profile) -> Rows<'p> {
        Rows {
            profile,
            numbers: Numbers::new(profile),
            complaints: Complaints::default(),
            reading: Reading::default(),
            records: 0,
            trailer: None,
            is_failed: false,
        }
    }

    /// Lines that are left out: empty ones, comments, those of other warehouses.
    pub fn skip(&mut self, lines: u64) {
        self.reading.skipped += lines;
    }

    /// The file as a whole cannot be read.
    pub fn fail(&mut self, complaints: Complaints) {
        self.is_failed = true;
        merge(&mut self.complaints, complaints);
    }

    /// A line that cannot be read at all.
    pub fn wrong(&mut self, complaint: Complaint) {
        self.records += 1;
        self.complaints.add(complaint);
    }

    /// One line by its cells. Hands it on unless it is empty, another warehouse's or wrong.
    pub fn row<'a>(
        &mut self,
        line: u64,
        places: &Places,
        cell: impl Fn(usize) -> Cell<'a>,
        sink: &mut dyn FnMut(Line),
    ) {
        let of = |field: Field| places.index(field).map_or(Cell::BLANK, &cell);
        if Field::ALL.iter().all(|it| of(*it).is_blank()) {
            return self.skip(1);
        }
        self.records += 1;
        if let Some(trailer) = self.trailer {
            let message = format!(
                "stands after the trailer on line {trailer}; one of the two is \
                                   wrong: ask for the file again"
            );
            return self.complaints.add(Complaint { line: Some(line), column: None, message });
        }
        match self.is_ours(of(Field::Only)) {
            Ok(true) => {}
            Ok(false) => return self.skip(1),
            Err(message) => return self.complain(line, places, Field::Only, message),
        }
        if let Some(read) = self.line(line, places, of) {
            self.reading.lines += 1;
            sink(read);
        }
    }

    fn is_ours(&self, cell: Cell<'_>) -> Result<bool, String> {
        match &self.profile.only {
            Some(only) => Ok(text(cell)?.as_deref().unwrap_or_default() == only.is.trim()),
            None => Ok(true),
        }
    }

    /// None: something is wrong with it, and complained about.
    fn line<'a>(
        &mut self,
        line: u64,
        places: &Places,
        of: impl Fn(Field) -> Cell<'a>,
    ) -> Option<Line> {
        let before = self.complaints.count;
        let code = match text(of(Field::Code)) {
            Ok(None) => Err("is blank; every line needs its code".to_owned()),
            other => other,
        };
        let code = self.take(line, places, Field::Code, code);
        let quantity = self.quantity(of(Field::Quantity));
        let quantity = self.take(line, places, Field::Quantity, quantity);
        let pack = self.pack(of(Field::Pack));
        let pack = self.take(line, places, Field::Pack, pack);
        let next_restock_at = self.moment(of(Field::NextRestockAt));
        let next_restock_at = self.take(line, places, Field::NextRestockAt, next_restock_at);
        let as_of = self.moment(of(Field::AsOf));
        let as_of = self.take(line, places, Field::AsOf, as_of);
        self.reading.header.as_of = self.reading.header.as_of.max(as_of);
        let description = self.take(line, places, Field::Description, text(of(Field::Description)));
        let gtin = self.take(line, places, Field::Gtin, text(of(Field::Gtin)));
        let pack = pack.or(self.profile.pack.map(|it| it.get()));
        let code = code.filter(|_| self.complaints.count == before)?;
        Some(Line { line, code, quantity, pack, next_restock_at, description, gtin })
    }

    fn take<T>(
        &mut self,
        line: u64,
        places: &Places,
        field: Field,
        read: Result<Option<T>, String>,
    ) -> Option<T> {
        read.unwrap_or_else(|message| {
            self.complain(line, places, field, message);
            None
        })
    }

    fn complain(&mut self, line: u64, places: &Places, field: Field, message: String) {
        self.complaints.add(Complaint::at(line, places.name(field), message));
    }

    fn quantity(&self, cell: Cell<'_>) -> Result<Option<u64>, String> {
        match cell {
            Cell::Text(text) => self.numbers.quantity(unwrapped(text)),
            Cell::Number(number) | Cell::Shown(number, _) => self.numbers.quantity_of(number),
            Cell::Moment(moment) => Err(format!("is the moment {moment} where a number is due")),
            Cell::Wrong(message) => Err(message.into()),
        }
    }

    fn pack(&self, cell: Cell<'_>) -> Result<Option<u64>, String> {
        match cell {
            Cell::Text(text) => self.numbers.pack(unwrapped(text)),
            Cell::Number(number) | Cell::Shown(number, _) => self.numbers.pack_of(number),
            Cell::Moment(moment) => Err(format!("is the moment {moment} where a number is due")),
            Cell::Wrong(message) => Err(message.into()),
        }
    }

    fn moment(&self, cell: Cell<'_>) -> Result<Option<Time>, String> {
        let (dates, zone) = (&self.profile.dates, self.profile.time_zone.as_ref());
        match cell {
            Cell::Text(text) => {
                let text = unwrapped(text).trim();
                let is_none = text.is_empty() || self.numbers.is_unknown(text);
                if is_none {
                    Ok(None)
                } else {
                    dates.read(text, zone).map(Some).map_err(NoMoment::in_a_feed)
                }
            }
            Cell::Number(number) | Cell::Shown(number, _) => {
                let read = dates.read(&format!("{number}"), zone);
                read.map(Some).map_err(NoMoment::in_a_feed)
            }
            Cell::Moment(local) => moment::local(&local.to_string(), local, zone)
                .map(Some)
                .map_err(NoMoment::in_a_feed),
            Cell::Wrong(message) => Err(message.into()),
        }
    }

    /// The last line of the file, with the cell that counts the lines.
    pub fn trailer(&mut self, line: u64, count: Cell<'_>) {
        let complain = |message: String| Complaint::at(line, "trailer", message);
        if let Some(first) = self.trailer.replace(line) {
            let message = format!("is the second one, after line {first}; ask for the file again");
            return self.complaints.add(complain(message));
        }
        match self.quantity(count) {
            Ok(Some(said)) if said == self.records => {}
            Ok(Some(said)) => self.complaints.add(complain(format!(
                "counts {said} lines, but the file has {}; ask for the whole file again",
                self.records
            ))),
            Ok(None) => self.complaints.add(complain(
                "has no count; correct `trailer.count_field` in the profile, or ask for the file \
                 again"
                    .into(),
            )),
            Err(message) => self.complaints.add(complain(message)),
        }
    }

    /// # Errors
    /// Everything that was complained about.
    pub fn finish(mut self) -> Result<Reading, Complaints> {
        if let (Some(trailer), None, false) = (&self.profile.trailer, self.trailer, self.is_failed)
        {
            self.complaints.add(Complaint::of_file(format!(
                "the file has no line that begins with {:?}: it is cut off; ask for it again, or \
                 correct `trailer` in the profile",
                trailer.prefix
            )));
        }
        if self.complaints.is_empty() { Ok(self.reading) } else { Err(self.complaints) }
    }
}

/// Spreadsheets write `="00123"` so that zeros survive.
fn unwrapped(text: &str) -> &str {
    let trimmed = text.trim();
    trimmed.strip_prefix("=\"").and_then(|it| it.strip_suffix('"')).unwrap_or(text)
}

/// A code or another text, without outer spaces. None: blank.
fn text(cell: Cell<'_>) -> Result<Option<SmolStr>, String> {
    match cell {
        Cell::Text(text) => {
            let text = unwrapped(text).trim();
            Ok((!text.is_empty()).then(|| SmolStr::new(text)))
        }
        Cell::Shown(_, shown) => Ok(Some(SmolStr::new(shown.trim()))),
        // A whole number shows no point.
        Cell::Number(number) => Ok(Some(SmolStr::new(format!("{number}")))),
        Cell::Moment(moment) => {
            Err(format!("is the moment {moment} where a text is due; format the column as text"))
        }
        Cell::Wrong(message) => Err(message.into()),
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use crate::format::testing::*;

    #[test]
    fn a_blank_is_unknown_and_a_mistake_is_never_zero() {
        let text = "supplier_sku,quantity\nA,\nB,  \nC,\"\"\nD,0\nE,-\nF,n/a\n";
        says(
            "unknown = [\"-\", \"N/A\"]",
            text,
            expect![[r#"
            2: A ?
            3: B ?
            4: C ?
            5: D 0
            6: E ?
            7: F ?
            6 lines, 0 skipped"#]],
        );
        let text = "supplier_sku,quantity\nA,lots\nB,1.5\nC,-3\nD,1000000000001\n,4\nE,1.234\n\
                    F,\"1,234\"\nG,4006381333931\n";
        says(
            "",
            text,
            expect![[r#"
            line 2, quantity: "lots" is no number; correct it, or say what it means in `unknown` or `quantity_words` of the profile
            line 3, quantity: "1.5" is not a whole number; units are counted whole: correct it
            line 4, quantity: "-3" is below zero; correct it, or set `negative` in the profile to "zero" or "unknown"
            line 5, quantity: "1000000000001" is above 1000000000000; correct it, or name another column
            line 6, supplier_sku: is blank; every line needs its code
            line 7, quantity: "1.234" is not a whole number; correct it, or set `thousands` in the profile if the mark parts thousands
            line 8, quantity: "1,234" has a mark that may part thousands or a fraction; set `thousands` or `decimal` in the profile, or correct it
            line 9, quantity: "4006381333931" is above 1000000000000; correct it, or name another column"#]],
        );
        says(
            "negative = \"zero\"",
            "supplier_sku,quantity\nA,-3\n",
            expect![[r#"
            2: A 0
            1 lines, 0 skipped"#]],
        );
        says(
            "negative = \"unknown\"",
            "supplier_sku,quantity\nA,-3\n",
            expect![[r#"
            2: A ?
            1 lines, 0 skipped"#]],
        );
    }

    #[test]
    fn words_and_wide_digits_are_quantities() {
        let profile =
            "quantity_words = { \"10+\" = 10, \"in stock\" = 5, \"有货\" = 5, \"无货\" = 0 }";
        let text = "supplier_sku,quantity\nA,10+\nB,In Stock\nC,有货\nD,无货\nE,１２\nF,9+\n";
        says(
            profile,
            text,
            expect![[
                r#"line 7, quantity: "9+" is no number; correct it, or say what it means in `unknown` or `quantity_words` of the profile"#
            ]],
        );
    }

    #[test]
    fn marks_are_those_of_the_profile() {
        let text = "supplier_sku;quantity\nA;1.234\nB;12,0\nC;1.234.567,00\n";
        says(
            "thousands = \".\"",
            text,
            expect![[r#"
            2: A 1234
            3: B 12
            4: C 1234567
            3 lines, 0 skipped"#]],
        );
        says(
            "thousands = \" \"",
            "supplier_sku;quantity\nA;1\u{202f}234\n",
            expect![[r#"
            2: A 1234
            1 lines, 0 skipped"#]],
        );
        says(
            "thousands = \".\"",
            "supplier_sku;quantity\nA;1.5\nB;1,5\n",
            expect![[r#"
            line 2, quantity: "1.5" has a mark that may part thousands or a fraction; set `thousands` or `decimal` in the profile, or correct it
            line 3, quantity: "1,5" is not a whole number; units are counted whole: correct it"#]],
        );
    }

    #[test]
    fn packs_and_moments() {
        let head = "supplier_sku,quantity,pack,next_restock_at\n";
        let profile =
            "dates = [\"%d.%m.%Y %H:%M\", \"%d.%m.%Y\"]\ntime_zone = \"Asia/Shanghai\"\npack = 6";
        let text = format!("{head}A,5,12,24.12.2026\nB,5,,24.12.2026 08:30\nC,5,,\n");
        says(
            profile,
            &text,
            expect![[r#"
            2: A 5 x12 from 2026-12-23T16:00:00Z
            3: B 5 x6 from 2026-12-24T00:30:00Z
            4: C 5 x6
            3 lines, 0 skipped"#]],
        );
        let text = format!("{head}A,5,0,soon\nB,5,two,2026-12-24\nC,5,1.5,1066-10-14T00:00:00Z\n");
        says(
            "",
            &text,
            expect![[r#"
            line 2, pack: "0" is no pack; it must be at least 1: correct it
            line 2, next_restock_at: "soon" is no time as rfc3339 or "%Y-%m-%d"; correct it, or set `dates` in the profile
            line 3, pack: "two" is no number; correct it, or say what it means in `unknown` or `quantity_words` of the profile
            line 3, next_restock_at: "2026-12-24" says no offset; set `time_zone` in the profile
            line 4, pack: "1.5" is not a whole number; units are counted whole: correct it
            line 4, next_restock_at: "1066-10-14T00:00:00Z" lies before 1970; correct it"#]],
        );
        says(
            "dates = [\"unix\"]",
            &format!("{head}A,5,,1767225600\nB,1,,x\n"),
            expect![[
                r#"line 3, next_restock_at: "x" is no time as unix; correct it, or set `dates` in the profile"#
            ]],
        );
    }

    #[test]
    fn the_latest_moment_of_a_column_is_when_the_supplier_looked() {
        let profile =
            "columns = { code = \"sku\", as_of = \"at\" }\ncomplete = true\nbasis = \"on_hand\"";
        let text = "sku,quantity,at\nA,5,2026-11-22T08:00:00Z\nB,5,2026-11-22T09:00:00Z\nC,5,\n";
        says(
            profile,
            text,
            expect![[r#"
            2: A 5
            3: B 5
            4: C 5
            3 lines, 0 skipped, as of 2026-11-22T09:00:00Z, complete true, OnHand"#]],
        );
    }

    #[test]
    fn one_warehouse_of_several() {
        let profile = "only = { column = \"仓库\", is = \"主仓\" }\ncolumns = { code = \"货号\", quantity = \"数量\" }";
        let text = "货号,仓库,数量\nA,主仓,5\nA,次品仓,坏\nB, 主仓 ,1\nB,次品仓,2\n";
        says(
            profile,
            text,
            expect![[r#"
            2: A 5
            4: B 1
            2 lines, 2 skipped"#]],
        );
        says(
            profile,
            "货号,仓库,数量\nA,次品仓,5\n",
            expect![
                "the file has no lines but 1 left out; correct `only`, `comment`, `skip_rows` or `edi.location` in the profile, or ask for the file again"
            ],
        );
    }

    #[test]
    fn a_trailer_counts_the_lines() {
        let profile = "trailer = { prefix = \"TRL\", count_field = 2 }";
        says(
            profile,
            "supplier_sku,quantity\nA,5\n\nB,1\nTRL,0002\n",
            expect![[r#"
            2: A 5
            4: B 1
            2 lines, 1 skipped"#]],
        );
        says(
            profile,
            "supplier_sku,quantity\nA,5\nTRL,2\n",
            expect![
                "line 3, trailer: counts 2 lines, but the file has 1; ask for the whole file again"
            ],
        );
        says(
            profile,
            "supplier_sku,quantity\nA,5\n",
            expect![[
                r#"the file has no line that begins with "TRL": it is cut off; ask for it again, or correct `trailer` in the profile"#
            ]],
        );
        says(
            profile,
            "supplier_sku,quantity\nTRL,1\nA,5\n",
            expect![[r#"
            line 2, trailer: counts 1 lines, but the file has 0; ask for the whole file again
            line 3: stands after the trailer on line 2; one of the two is wrong: ask for the file again"#]],
        );
        says(
            profile,
            "supplier_sku,quantity\nA,5\nTRL,1\nTRL,1\n",
            expect!["line 4, trailer: is the second one, after line 3; ask for the file again"],
        );
        says(
            profile,
            "supplier_sku,quantity\nA,5\nTRL\n",
            expect![
                "line 3, trailer: has no count; correct `trailer.count_field` in the profile, or ask for the file again"
            ],
        );
        says(
            profile,
            "supplier_sku,quantity\nA,5\nTRL,many\n",
            expect![[
                r#"line 3, trailer: "many" is no number; correct it, or say what it means in `unknown` or `quantity_words` of the profile"#
            ]],
        );
    }

    #[test]
    fn a_file_without_lines_is_no_snapshot() {
        says("", "", expect!["the file has no lines; a supplier without stock sends lines with 0"]);
        says(
            "",
            "\n\n",
            expect![
                "the file has no lines but 2 left out; correct `only`, `comment`, `skip_rows` or `edi.location` in the profile, or ask for the file again"
            ],
        );
        says(
            "",
            "supplier_sku,quantity\n",
            expect!["the file has no lines; a supplier without stock sends lines with 0"],
        );
        says(
            "skip_rows = 5",
            "supplier_sku,quantity\nA,5\n",
            expect!["the file has no lines; a supplier without stock sends lines with 0"],
        );
        says(
            "format = \"json\"",
            "",
            expect![
                "is no JSON: EOF while parsing a value at line 1 column 0; correct it, or ask for the whole file again"
            ],
        );
        says(
            "",
            "[]",
            expect!["the file has no lines; a supplier without stock sends lines with 0"],
        );
    }

    #[test]
    fn a_hundred_mistakes_are_told_and_all_are_counted() {
        let text = format!("supplier_sku,quantity\n{}", "A,x\n".repeat(250));
        let said = check("", text.as_bytes());
        assert_eq!(said.lines().count(), 101);
        assert!(said.ends_with("\nand 150 more"), "{said}");
    }
}
