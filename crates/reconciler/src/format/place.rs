//! Which column says what: by its name in a header, by its number, or by its place.

use super::number::quoted;
use super::{Column, Columns, Profile};
use crate::{Complaint, Complaints};

/// What a cell may say of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Field {
    Code,
    Quantity,
    Pack,
    NextRestockAt,
    Description,
    Gtin,
    AsOf,
    Only,
}

impl Field {
    pub const ALL: [Field; 8] = [
        Field::Code,
        Field::Quantity,
        Field::Pack,
        Field::NextRestockAt,
        Field::Description,
        Field::Gtin,
        Field::AsOf,
        Field::Only,
    ];

    /// The column's name where the profile gives none: as in our own JSON.
    pub fn name(self) -> &'static str {
        match self {
            Field::Code => "supplier_sku",
            Field::Quantity => "quantity",
            Field::Pack => "pack",
            Field::NextRestockAt => "next_restock_at",
            Field::Description => "description",
            Field::Gtin => "gtin",
            Field::AsOf => "as_of",
            Field::Only => "only",
        }
    }

    /// The column that the profile names.
    pub fn column(self, profile: &Profile) -> Option<&Column> {
        let columns = &profile.columns;
        match self {
            Field::Code => columns.code.as_ref(),
            Field::Quantity => columns.quantity.as_ref(),
            Field::Pack => columns.pack.as_ref(),
            Field::NextRestockAt => columns.next_restock_at.as_ref(),
            Field::Description => columns.description.as_ref(),
            Field::Gtin => columns.gtin.as_ref(),
            Field::AsOf => columns.as_of.as_ref(),
            Field::Only => profile.only.as_ref().map(|it| &it.column),
        }
    }

    pub fn is_needed(self) -> bool {
        matches!(self, Field::Code | Field::Quantity)
    }

    /// Whether it is looked for under its own name although the profile does not name it. Where a
    /// profile names columns the file is not in our own form, and `pack` may mean anything there.
    pub fn is_looked_for(self, profile: &Profile) -> bool {
        let own = profile.columns == Columns::default();
        self.is_needed() || own && !matches!(self, Field::AsOf | Field::Only)
    }
}

/// Which cell says what.
#[derive(Clone, Debug, Default)]
pub(super) struct Places {
    index: [Option<usize>; Field::ALL.len()],
    /// The columns' names, for complaints.
    names: [String; Field::ALL.len()],
}

impl Places {
    /// Finds the profile's columns in a header.
    ///
    /// # Errors
    /// A complaint for each column that is not there, or there twice.
    pub fn in_header(line: u64, header: &[&str], profile: &Profile) -> Result<Places, Complaints> {
        let mut places = Places::default();
        let mut complaints = Complaints::default();
        for field in Field::ALL {
            let column = field.column(profile);
            let found = match column {
                Some(Column::Number(number)) => in_width(number.get() as usize, header.len()),
                Some(Column::Name(name)) => named(name, header),
                Some(Column::Span { .. }) => Err("has a start and a length; name it".into()),
                None if field.is_looked_for(profile) => named(field.name(), header),
                None => continue,
            };
            match found {
                Ok(Some(index)) => places.set(field, index, header[index].trim()),
                Ok(None) if column.is_none() && !field.is_needed() => {}
                Ok(None) => {
                    let name = match column {
                        Some(Column::Name(name)) => name.trim(),
                        _ => field.name(),
                    };
                    complaints.add(Complaint::at(line, name, not_among(header)));
                }
                Err(message) => complaints.add(Complaint::at(line, field.name(), message)),
            }
        }
        if complaints.is_empty() { Ok(places) } else { Err(complaints) }
    }

    /// Takes the profile's columns by their numbers, of lines with `width` columns.
    ///
    /// # Errors
    /// A complaint for each column that is not there.
    pub fn by_number(line: u64, width: usize, profile: &Profile) -> Result<Places, Complaints> {
        let mut places = Places::default();
        let mut complaints = Complaints::default();
        for field in Field::ALL {
            let Some(Column::Number(number)) = field.column(profile) else { continue };
            match in_width(number.get() as usize, width) {
                Ok(Some(index)) => places.set(field, index, &format!("column {number}")),
                Ok(None) => {}
                Err(message) => complaints.add(Complaint::at(line, field.name(), message)),
            }
        }
        if complaints.is_empty() { Ok(places) } else { Err(complaints) }
    }

    pub fn set(&mut self, field: Field, index: usize, name: &str) {
        self.index[field as usize] = Some(index);
        name.clone_into(&mut self.names[field as usize]);
    }

    /// The place of the cell, from 0.
    pub fn index(&self, field: Field) -> Option<usize> {
        self.index[field as usize]
    }

    pub fn name(&self, field: Field) -> &str {
        &self.names[field as usize]
    }
}

fn in_width(number: usize, width: usize) -> Result<Option<usize>, String> {
    match number <= width {
        true => Ok(Some(number - 1)),
        false => Err(format!(
            "is column {number} in the profile, but there are only {width}; correct the number, or \
             `delimiter`"
        )),
    }
}

fn named(name: &str, header: &[&str]) -> Result<Option<usize>, String> {
    let mut places = header.iter().enumerate().filter(|(_, it)| it.trim() == name.trim());
    match (places.next(), places.next()) {
        (Some((index, _)), None) => Ok(Some(index)),
        (Some(_), Some(_)) => Err(format!(
            "is found twice, as {}; rename one, or give the column's number",
            quoted(name)
        )),
        (None, _) => Ok(None),
    }
}

/// Most columns of a header that a complaint lists.
const LISTED_MAX: usize = 30;

fn not_among(header: &[&str]) -> String {
    let shown: Vec<String> = header.iter().take(LISTED_MAX).map(|it| quoted(it.trim())).collect();
    let more = if header.len() > LISTED_MAX { ", …" } else { "" };
    format!(
        "is not among the columns {}{more}; correct `columns` in the profile, or `delimiter`, \
         `encoding` and `skip_rows` if these look wrong",
        shown.join(", ")
    )
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use crate::format::testing::*;

    #[test]
    fn columns_that_are_not_there_are_told_with_those_that_are() {
        says(
            "",
            "SKU,Qty\nA,5\n",
            expect![[r#"
            line 1, supplier_sku: is not among the columns "SKU", "Qty"; correct `columns` in the profile, or `delimiter`, `encoding` and `skip_rows` if these look wrong
            line 1, quantity: is not among the columns "SKU", "Qty"; correct `columns` in the profile, or `delimiter`, `encoding` and `skip_rows` if these look wrong"#]],
        );
        says(
            "columns = { code = \"SKU\", gtin = \"EAN\" }",
            "SKU,quantity\nA,5\n",
            expect![[
                r#"line 1, EAN: is not among the columns "SKU", "quantity"; correct `columns` in the profile, or `delimiter`, `encoding` and `skip_rows` if these look wrong"#
            ]],
        );
        says(
            "columns = { code = \"SKU\", quantity = 9 }",
            "SKU,quantity\nA,5\n",
            expect![
                "line 1, quantity: is column 9 in the profile, but there are only 2; correct the number, or `delimiter`"
            ],
        );
        says(
            "columns = { code = \"SKU\" }",
            "SKU,quantity,SKU\nA,5,B\n",
            expect![[
                r#"line 1, supplier_sku: is found twice, as "SKU"; rename one, or give the column's number"#
            ]],
        );
        says(
            "header = false\ncolumns = { code = 1, quantity = 4 }",
            "A,5\n",
            expect![
                "line 1, quantity: is column 4 in the profile, but there are only 2; correct the number, or `delimiter`"
            ],
        );
        says(
            "encoding = \"windows-1252\"",
            "货号,数量\nA,5\n",
            expect![[r#"
            line 1, supplier_sku: is not among the columns "è´§å\u{8f}·", "æ•°é‡\u{8f}"; correct `columns` in the profile, or `delimiter`, `encoding` and `skip_rows` if these look wrong
            line 1, quantity: is not among the columns "è´§å\u{8f}·", "æ•°é‡\u{8f}"; correct `columns` in the profile, or `delimiter`, `encoding` and `skip_rows` if these look wrong"#]],
        );
    }
}
