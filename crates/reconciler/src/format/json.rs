//! JSON: an array of lines, a body with `lines`, or a line of JSON for each line.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};
use smol_str::SmolStr;

use super::detect::{decoded, rewind, sample};
use super::moment::NoMoment;
use super::number::quoted;
use super::place::{Field, Places};
use super::row::{Cell, Rows};
use super::text::Text;
use super::{Column, Columns, Profile, Source, merged};
use onhand_core::Basis;

use crate::{Complaint, Complaints, Line, Reading};

/// Reads a body or a file of lines. A line is counted from 1 in `lines`, or in the file.
///
/// # Errors
/// Everything that is wrong with it.
pub(super) fn read(
    source: &mut dyn Source,
    profile: &Profile,
    sink: &mut dyn FnMut(Line),
) -> Result<Reading, Complaints> {
    let begin = decoded(&sample(source)?, profile);
    rewind(source)?;
    let mut text = Text::new(source, profile);
    let mut elements = Elements::new(profile, sink)?;
    if is_line_by_line(&begin) {
        while let Some((number, line)) = text.next() {
            match line.trim() {
                "" => elements.rows.skip(1),
                line => elements.line(number, line),
            }
        }
    } else {
        let mut document = serde_json::Deserializer::from_reader(&mut text);
        let read = Body(&mut elements).deserialize(&mut document);
        if let Err(error) = read.and_then(|()| document.end()) {
            elements.rows.fail(Complaint::of_file(format!("is no JSON: {error}; {AGAIN}")).into());
        }
    }
    merged(elements.rows.finish(), text.complaints)
}

/// Whether each line of the file is a document of its own, to tell by how the file begins.
fn is_line_by_line(begin: &str) -> bool {
    let first = begin.trim_start().lines().next().unwrap_or_default();
    let object = serde_json::from_str::<Map<String, Value>>(first);
    object.is_ok_and(|it| !it.contains_key(LINES))
}

const AGAIN: &str = "correct it, or ask for the whole file again";

const LINES: &str = "lines";

const HEADER: [&str; 5] = ["snapshot", "as_of", "complete", "basis", "orders_seen_through"];

/// The lines of a file, as values.
struct Elements<'p, 's> {
    profile: &'p Profile,
    rows: Rows<'p>,
    places: Places,
    /// The fields of a line with their names, by place.
    names: Vec<(Field, String)>,
    /// Whether the file is in our own form, where a name that is not known is a mistake.
    is_own: bool,
    sink: &'s mut dyn FnMut(Line),
}

impl<'p, 's> Elements<'p, 's> {
    fn new(
        profile: &'p Profile,
        sink: &'s mut dyn FnMut(Line),
    ) -> Result<Elements<'p, 's>, Complaint> {
        let mut places = Places::default();
        let mut names = Vec::new();
        for field in Field::ALL {
            let name = match field.column(profile) {
                Some(Column::Name(name)) => name.as_str(),
                Some(Column::Number(_) | Column::Span { .. }) => {
                    let message = "is a place in the profile; JSON has names: give the field's";
                    return Err(Complaint {
                        line: None,
                        column: Some(field.name().into()),
                        message: message.into(),
                    });
                }
                None if field.is_looked_for(profile) => field.name(),
                None => continue,
            };
            places.set(field, names.len(), name);
            names.push((field, name.to_owned()));
        }
        let is_own = profile.columns == Columns::default() && profile.only.is_none();
        Ok(Elements { profile, rows: Rows::new(profile), places, names, is_own, sink })
    }

    /// A line of a file that has one document a line; the first may be a header.
    fn line(&mut self, number: u64, line: &str) {
        match serde_json::from_str(line) {
            Ok(Value::Object(map)) if is_header(&map) => {
                map.into_iter().for_each(|(key, value)| self.header(&key, value));
            }
            Ok(value) => self.element(number, &value),
            Err(error) => self.rows.wrong(Complaint {
                line: Some(number),
                column: None,
                message: format!("is no JSON: {error}; {AGAIN}"),
            }),
        }
    }

    fn element(&mut self, number: u64, value: &Value) {
        let Value::Object(map) = value else {
            let message = format!("is {} where a line is due: an object", kind(value));
            return self.rows.wrong(Complaint { line: Some(number), column: None, message });
        };
        let before = self.rows.complaints.count;
        for (field, name) in &self.names {
            if field.is_needed() && !map.contains_key(name) {
                let open = match field {
                    Field::Quantity => "; write null where it is not known",
                    _ => "; every line needs it",
                };
                self.rows.complaints.add(Complaint::at(number, name, format!("is missing{open}")));
            }
        }
        if self.is_own {
            let is_known = |key: &str| self.names.iter().any(|(_, name)| name == key);
            for key in map.keys().filter(|it| !is_known(it)) {
                let names: Vec<&str> = self.names.iter().map(|(_, it)| it.as_str()).collect();
                let message = format!("is no field of a line; those are {}", names.join(", "));
                self.rows.complaints.add(Complaint::at(number, key, message));
            }
        }
        if self.rows.complaints.count == before {
            let names = &self.names;
            self.rows.row(number, &self.places, |index| cell(map.get(&names[index].1)), self.sink);
        }
    }

    /// A field of the body beside its lines.
    fn header(&mut self, key: &str, value: Value) {
        let header = &mut self.rows.reading.header;
        let moment = |value: &Value| match value {
            Value::String(text) => {
                let zone = self.profile.time_zone.as_ref();
                let read = self.profile.dates.read(text.trim(), zone);
                read.map(Some).map_err(NoMoment::in_a_feed)
            }
            other => Err(format!("is {} where a time is due, as text", kind(other))),
        };
        let read = match (key, &value) {
            (_, Value::Null) => Ok(()),
            ("snapshot", Value::String(text)) if !text.trim().is_empty() => {
                header.snapshot = Some(SmolStr::new(text.trim()));
                Ok(())
            }
            ("snapshot", Value::Number(number)) => {
                header.snapshot = Some(SmolStr::new(number.to_string()));
                Ok(())
            }
            ("snapshot", other) => Err(format!("is {} where a text is due", kind(other))),
            ("as_of", value) => moment(value).map(|it| header.as_of = it),
            ("orders_seen_through", value) => {
                moment(value).map(|it| header.orders_seen_through = it)
            }
            ("complete", Value::Bool(complete)) => {
                header.complete = Some(*complete);
                Ok(())
            }
            ("complete", other) => Err(format!("is {}; it must be true or false", kind(other))),
            ("basis", _) => serde_json::from_value::<Basis>(value)
                .map(|it| header.basis = Some(it))
                .map_err(|_| BASES.to_owned()),
            _ => Err(format!("is no field of a body; those are {}, lines", HEADER.join(", "))),
        };
        if let Err(message) = read {
            let column = Some(key.to_owned());
            self.rows.complaints.add(Complaint { line: None, column, message });
        }
    }
}

const BASES: &str = "must be on_hand, before_our_orders or after_our_orders";

fn is_header(map: &Map<String, Value>) -> bool {
    !map.is_empty() && map.keys().all(|it| HEADER.contains(&it.as_str()))
}

fn cell(value: Option<&Value>) -> Cell<'_> {
    match value {
        None | Some(Value::Null) => Cell::BLANK,
        Some(Value::String(text)) => Cell::Text(text),
        Some(Value::Number(number)) => match number.as_f64() {
            Some(number) if number.abs() < 9e15 => Cell::Number(number),
            _ => Cell::Wrong("is too long for a number; write it as text, in quotes"),
        },
        Some(Value::Bool(_)) => Cell::Wrong("is true or false where a text or number is due"),
        Some(Value::Array(_)) => Cell::Wrong("is a list where a text or number is due"),
        Some(Value::Object(_)) => Cell::Wrong("is an object where a text or number is due"),
    }
}

fn kind(value: &Value) -> String {
    match value {
        Value::Array(_) => "a list".into(),
        Value::Object(_) => "an object".into(),
        Value::String(text) => quoted(text),
        other => other.to_string(),
    }
}

/// The whole of a document that is not one of lines.
struct Body<'e, 'p, 's>(&'e mut Elements<'p, 's>);

impl<'de> DeserializeSeed<'de> for Body<'_, '_, '_> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Body<'_, '_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array of lines, or an object with `lines`")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, lines: A) -> Result<(), A::Error> {
        Lines(self.0).visit_seq(lines)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut body: A) -> Result<(), A::Error> {
        let mut has_lines = false;
        while let Some(key) = body.next_key::<String>()? {
            if key == LINES {
                has_lines = true;
                body.next_value_seed(Lines(self.0))?;
            } else {
                let value = body.next_value()?;
                if self.0.is_own || HEADER.contains(&key.as_str()) {
                    self.0.header(&key, value);
                }
            }
        }
        if !has_lines {
            let message = "is missing; the body needs an array of lines".into();
            let column = Some(LINES.to_owned());
            self.0.rows.fail(Complaint { line: None, column, message }.into());
        }
        Ok(())
    }
}

/// The lines of a body, one after the other: no more than one is in memory.
struct Lines<'e, 'p, 's>(&'e mut Elements<'p, 's>);

impl<'de> DeserializeSeed<'de> for Lines<'_, '_, '_> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Lines<'_, '_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array of lines")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut lines: A) -> Result<(), A::Error> {
        let mut number = 0;
        while let Some(value) = lines.next_element::<Value>()? {
            number += 1;
            self.0.element(number, &value);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use crate::format::testing::*;

    #[test]
    fn a_body_of_json_says_more_than_lines() {
        let body = r#"{"snapshot": "S-7", "as_of": "2026-11-22T08:30:00Z", "complete": true,
            "basis": "after_our_orders", "orders_seen_through": "2026-11-22T08:00:00+00:00", "lines": [
            {"supplier_sku": "00123", "quantity": 5, "pack": 12, "description": "Cup", "gtin": "4006381333931"},
            {"supplier_sku": "B", "quantity": null, "next_restock_at": "2026-12-01T00:00:00Z"},
            {"supplier_sku": 77, "quantity": 12.0}, {"supplier_sku": "D", "quantity": "8"}]}"#;
        says(
            "",
            body,
            expect![[r#"
            1: 00123 5 x12 "Cup" gtin 4006381333931
            2: B ? from 2026-12-01T00:00:00Z
            3: 77 12
            4: D 8
            4 lines, 0 skipped, snapshot S-7, as of 2026-11-22T08:30:00Z, complete true, AfterOurOrders, orders through 2026-11-22T08:00:00Z"#]],
        );
        says(
            "",
            r#"[{"supplier_sku": "A", "quantity": 5}]"#,
            expect![[r#"
            1: A 5
            1 lines, 0 skipped"#]],
        );
        let lines = "{\"complete\": false}\n{\"supplier_sku\": \"A\", \"quantity\": 5}\n\n\
                     {\"supplier_sku\": \"B\", \"quantity\": 1}\n";
        says(
            "",
            lines,
            expect![[r#"
            2: A 5
            4: B 1
            2 lines, 1 skipped, complete false"#]],
        );
        let profile = "columns = { code = \"sku_id\", quantity = \"qty\" }\nonly = { column = \"wms\", is = \"1\" }";
        let body = r#"{"code": 0, "lines": [{"sku_id": "A", "qty": 5, "wms": 1}, {"sku_id": "A", "qty": 6, "wms": 2}]}"#;
        says(
            profile,
            body,
            expect![[r#"
            1: A 5
            1 lines, 1 skipped"#]],
        );
    }

    #[test]
    fn mistakes_in_json_are_told() {
        let body = r#"{"snapshot": [], "as_of": "today", "complete": "yes", "basis": "shelf", "scope": 1,
            "orders_seen_through": 5, "lines": [
            {"supplier_sku": "A", "quantity": 1.5}, {"supplier_sku": "B"}, {"quantity": 5}, 7,
            {"supplier_sku": "C", "quantity": -1}, {"supplier_sku": "D", "quantity": 5, "packs": 3},
            {"supplier_sku": "E", "quantity": true}, {"supplier_sku": ["F"], "quantity": 1},
            {"supplier_sku": 12345678901234567890, "quantity": 1e13}, {"supplier_sku": "", "quantity": 1}]}"#;
        says(
            "",
            body,
            expect![[r#"
                snapshot: is a list where a text is due
                as_of: "today" is no time as rfc3339 or "%Y-%m-%d"; correct it, or set `dates` in the profile
                complete: is "yes"; it must be true or false
                basis: must be on_hand, before_our_orders or after_our_orders
                scope: is no field of a body; those are snapshot, as_of, complete, basis, orders_seen_through, lines
                orders_seen_through: is 5 where a time is due, as text
                line 1, quantity: "1.5" is not a whole number; units are counted whole: correct it
                line 2, quantity: is missing; write null where it is not known
                line 3, supplier_sku: is missing; every line needs it
                line 4: is 7 where a line is due: an object
                line 5, quantity: "-1" is below zero; correct it, or set `negative` in the profile to "zero" or "unknown"
                line 6, packs: is no field of a line; those are supplier_sku, quantity, pack, next_restock_at, description, gtin
                line 7, quantity: is true or false where a text or number is due
                line 8, supplier_sku: is a list where a text or number is due
                line 9, supplier_sku: is too long for a number; write it as text, in quotes
                line 9, quantity: "10000000000000" is above 1000000000000; correct it, or name another column
                line 10, supplier_sku: is blank; every line needs its code"#]],
        );
    }

    #[test]
    fn what_is_no_json_is_told() {
        says(
            "",
            r#"{"lines": [{"supplier_sku": "A", "quantity": 5}, {"supplier_sku": "B", "qua"#,
            expect![
                "is no JSON: EOF while parsing a string at line 1 column 75; correct it, or ask for the whole file again"
            ],
        );
        says(
            "",
            r#"{"lines": {}, "complete": true}"#,
            expect![
                "is no JSON: invalid type: map, expected an array of lines at line 1 column 11; correct it, or ask for the whole file again"
            ],
        );
        says(
            "",
            "{\"items\":\n []}",
            expect![[r#"
                lines: is missing; the body needs an array of lines
                items: is no field of a body; those are snapshot, as_of, complete, basis, orders_seen_through, lines"#]],
        );
        says(
            "",
            "[{\"supplier_sku\": \"A\", \"quantity\": 5}] x",
            expect![
                "is no JSON: trailing characters at line 1 column 40; correct it, or ask for the whole file again"
            ],
        );
        says(
            "format = \"json\"",
            "7",
            expect![
                "is no JSON: invalid type: integer `7`, expected an array of lines, or an object with `lines` at line 1 column 1; correct it, or ask for the whole file again"
            ],
        );
        says(
            "",
            "{\"supplier_sku\": \"A\", \"quantity\": 5}\n{\"supplier_sku\n[]\n",
            expect![[r#"
                line 2: is no JSON: EOF while parsing a string at line 1 column 14; correct it, or ask for the whole file again
                line 3: is a list where a line is due: an object"#]],
        );
        says(
            "columns = { code = 1 }",
            "[]",
            expect!["supplier_sku: is a place in the profile; JSON has names: give the field's"],
        );
        says_of(
            "",
            b"[{\"supplier_sku\": \"A\",\n \"quantity\": 5, \"description\": \"\xe9\"}]",
            expect![
                "line 2: byte 55 of the file is not UTF-8; set `encoding` in the profile, such as gbk, utf-16le, windows-1252"
            ],
        );
    }
}
