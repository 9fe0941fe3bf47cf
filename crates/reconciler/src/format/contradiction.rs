//! Keys of a profile that rule each other out.

use super::{Column, Format, Profile};

impl Profile {
    /// The key that another one rules out, and what to do.
    pub fn contradiction(&self) -> Option<(&'static str, String)> {
        self.wrong_marks().or_else(|| self.wrong_columns()).or_else(|| self.wrong_terms())
    }

    fn wrong_marks(&self) -> Option<(&'static str, String)> {
        let odd = |mark: Option<char>| mark.is_some_and(|it| it.is_alphanumeric() || it == '-');
        if odd(self.decimal) || odd(self.thousands) {
            let key = if odd(self.decimal) { "decimal" } else { "thousands" };
            return Some((key, "is part of a number; such as \".\" or \",\"".into()));
        }
        if self.thousands == Some(self.decimal_mark()) {
            return Some(("thousands", "is the same as `decimal`; change one of them".into()));
        }
        let delimiter = self.delimiter.map(|it| it.0);
        if delimiter.is_some() && delimiter == self.quote.0 {
            return Some(("quote", "is the same as `delimiter`; change one of them".into()));
        }
        (self.comment.as_deref() == Some(""))
            .then(|| ("comment", "is empty and would fit every line; leave it out".into()))
    }

    fn wrong_columns(&self) -> Option<(&'static str, String)> {
        let fixed = self.format == Some(Format::Fixed);
        for (key, column) in self.named_columns() {
            match column {
                Some(Column::Span { .. }) if !fixed && self.format.is_some() => {
                    return Some((
                        key,
                        "has a start and a length, for `format = \"fixed\"` \
                                       only; give the column's name or number"
                            .into(),
                    ));
                }
                Some(Column::Name(_) | Column::Number(_)) if fixed => {
                    return Some((
                        key,
                        "must be { start = 1, length = 12 }: in a fixed file a \
                                       column is a place"
                            .into(),
                    ));
                }
                Some(Column::Name(name)) if self.header == Some(false) => {
                    return Some((
                        key,
                        format!(
                            "is named {name:?}, but `header = false`; give its \
                                               number from 1"
                        ),
                    ));
                }
                None if (fixed || self.header == Some(false)) && key_is_needed(key) => {
                    return Some((
                        key,
                        "is missing; without a header its place must be said".into(),
                    ));
                }
                _ => {}
            }
        }
        None
    }

    fn named_columns(&self) -> [(&'static str, Option<&Column>); 9] {
        let it = &self.columns;
        [
            ("columns.code", it.code.as_ref()),
            ("columns.quantity", it.quantity.as_ref()),
            ("columns.pack", it.pack.as_ref()),
            ("columns.next_restock_at", it.next_restock_at.as_ref()),
            ("columns.description", it.description.as_ref()),
            ("columns.gtin", it.gtin.as_ref()),
            ("columns.as_of", it.as_of.as_ref()),
            ("only.column", self.only.as_ref().map(|it| &it.column)),
            ("trailer.count_field", self.trailer.as_ref().map(|it| &it.count_field)),
        ]
    }

    fn wrong_terms(&self) -> Option<(&'static str, String)> {
        if let Some(trailer) = &self.trailer {
            if trailer.prefix.is_empty() {
                return Some(("trailer.prefix", "is empty and would fit every line".into()));
            }
            if let Column::Name(_) = trailer.count_field {
                return Some((
                    "trailer.count_field",
                    "must be a number from 1: the header does \
                                                     not name the columns of a trailer"
                        .into(),
                ));
            }
        }
        let above = self.quantity_words.iter().find(|(_, it)| **it > onhand_core::QUANTITY_MAX);
        above.map(|(word, _)| ("quantity_words", format!("{word:?} is too large a number")))
    }
}

fn key_is_needed(key: &str) -> bool {
    key == "columns.code" || key == "columns.quantity"
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;

    #[track_caller]
    fn check(text: &str, said: Expect) {
        let refused = Profile::parse(text).unwrap_err();
        said.assert_eq(&refused.to_string());
    }

    #[test]
    fn keys_that_rule_each_other_out_are_named() {
        check(
            "decimal = \".\"\nthousands = \".\"",
            expect!["thousands: is the same as `decimal`; change one of them"],
        );
        check(
            "thousands = \"0\"",
            expect![[r#"thousands: is part of a number; such as "." or ",""#]],
        );
        check(
            "delimiter = \"'\"\nquote = \"'\"",
            expect!["quote: is the same as `delimiter`; change one of them"],
        );
        check(
            "comment = \"\"",
            expect!["comment: is empty and would fit every line; leave it out"],
        );
        check(
            "header = false",
            expect!["columns.code: is missing; without a header its place must be said"],
        );
        check(
            "header = false\ncolumns = { code = \"SKU\" }",
            expect![[
                r#"columns.code: is named "SKU", but `header = false`; give its number from 1"#
            ]],
        );
        check(
            "format = \"fixed\"\ncolumns = { code = 1 }",
            expect![
                "columns.code: must be { start = 1, length = 12 }: in a fixed file a column is a place"
            ],
        );
        check(
            "format = \"csv\"\ncolumns = { code = { start = 1, length = 2 } }",
            expect![[
                r#"columns.code: has a start and a length, for `format = "fixed"` only; give the column's name or number"#
            ]],
        );
        check(
            "trailer = { prefix = \"T\", count_field = \"n\" }",
            expect![
                "trailer.count_field: must be a number from 1: the header does not name the columns of a trailer"
            ],
        );
        check(
            "quantity_words = { lots = 1_000_000_000_001 }",
            expect![[r#"quantity_words: "lots" is too large a number"#]],
        );
    }
}
