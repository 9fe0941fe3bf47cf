//! Fixed width: a column is a place in the line, counted in characters.

use super::cells::is_left_out;
use super::detect::rewind;
use super::place::{Field, Places};
use super::row::{Cell, Rows};
use super::text::Text;
use super::{Column, Profile, Source, merged};
use crate::{Complaint, Complaints, Line, Reading};

/// Reads a file whose columns begin and end at places of the line.
///
/// # Errors
/// Everything that is wrong with it.
pub(super) fn read(
    source: &mut dyn Source,
    profile: &Profile,
    sink: &mut dyn FnMut(Line),
) -> Result<Reading, Complaints> {
    rewind(source)?;
    let form = Form::new(profile);
    let mut rows = Rows::new(profile);
    let mut text = Text::new(source, profile);
    let mut above = profile.skip_rows + u64::from(profile.header == Some(true));
    let mut ends = Vec::new();
    while let Some((number, line)) = text.next() {
        if above > 0 {
            above -= 1;
        } else if is_left_out(line, profile.comment.as_deref()) {
            rows.skip(1);
        } else {
            let line = Characters::new(line, &mut ends);
            form.line(number, &line, &mut rows, sink);
        }
    }
    merged(rows.finish(), text.complaints)
}

/// From which character to which, both counted from 0, the last not included.
type Span = (usize, usize);

struct Form<'p> {
    profile: &'p Profile,
    places: Places,
    spans: Vec<(Field, Span)>,
}

impl<'p> Form<'p> {
    fn new(profile: &'p Profile) -> Form<'p> {
        let mut places = Places::default();
        let mut spans = Vec::new();
        for field in Field::ALL {
            if let Some(span) = field.column(profile).and_then(span) {
                places.set(field, spans.len(), field.name());
                spans.push((field, span));
            }
        }
        Form { profile, places, spans }
    }

    fn line(
        &self,
        number: u64,
        line: &Characters<'_>,
        rows: &mut Rows<'_>,
        sink: &mut dyn FnMut(Line),
    ) {
        if let Some(trailer) = &self.profile.trailer
            && line.text.starts_with(&trailer.prefix)
        {
            let count = span(&trailer.count_field).map_or("", |it| line.cut(it));
            return rows.trailer(number, Cell::Text(count));
        }
        if let Some((field, (_, end))) = self.spans.iter().find(|it| self.is_cut(it, line.count)) {
            return rows.wrong(Complaint::at(
                number,
                field.name(),
                format!(
                    "ends with character {end}, but the line has only {}; it is cut off: ask for \
                     the file again, or correct the column's length in the profile",
                    line.count
                ),
            ));
        }
        rows.row(number, &self.places, |index| Cell::Text(line.cut(self.spans[index].1)), sink);
    }

    /// Whether the line ends where the column does not. A blank end of line is often left out, so
    /// a text that is the last column may be short, and what need not be there may be missing; a
    /// number that is cut off is another number.
    fn is_cut(&self, (field, (begin, end)): &(Field, Span), chars: usize) -> bool {
        let is_last = self.spans.iter().all(|(_, (other, _))| other <= begin);
        match field {
            Field::Description => false,
            Field::Code if is_last => chars <= *begin,
            Field::Code | Field::Quantity => chars < *end,
            _ => *begin < chars && chars < *end,
        }
    }
}

fn span(column: &Column) -> Option<Span> {
    match column {
        Column::Span { start, length } => {
            let begin = start.get() as usize - 1;
            Some((begin, begin + length.get() as usize))
        }
        Column::Name(_) | Column::Number(_) => None,
    }
}

/// A line that can be cut at its characters.
struct Characters<'a> {
    text: &'a str,
    count: usize,
    /// Where each character begins, in bytes. Empty where a character is a byte.
    begins: &'a [usize],
}

impl<'a> Characters<'a> {
    fn new(text: &'a str, begins: &'a mut Vec<usize>) -> Characters<'a> {
        begins.clear();
        if !text.is_ascii() {
            begins.extend(text.char_indices().map(|(begin, _)| begin));
        }
        let count = if begins.is_empty() { text.len() } else { begins.len() };
        Characters { text, count, begins }
    }

    /// What stands there, as far as the line goes.
    fn cut(&self, (begin, end): Span) -> &'a str {
        let byte = |character: usize| match self.begins {
            [] => character.min(self.text.len()),
            begins => begins.get(character).copied().unwrap_or(self.text.len()),
        };
        &self.text[byte(begin)..byte(end)]
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use crate::format::testing::*;

    #[test]
    fn columns_of_fixed_width_are_places() {
        let profile = "format = \"fixed\"\ntrailer = { prefix = \"END\", count_field = { start = 4, length = 6 } }\n\
                       [columns]\ncode = { start = 1, length = 6 }\nquantity = { start = 11, length = 5 }\n\
                       description = { start = 7, length = 4 }\npack = { start = 16, length = 3 }\n";
        says(
            profile,
            "00123 Cup 00005012\nB-2   茶杯  00007\n\nC            \u{20}\u{20}\nEND000003\n",
            expect![[r#"
                1: 00123 5 x12 "Cup"
                2: B-2 7 "茶杯"
                4: C ?
                3 lines, 1 skipped"#]],
        );
        says(
            profile,
            "00123 Cup 000\nB-2   Cup 0000501\nC\nEND000003\n",
            expect![[r#"
            line 1, quantity: ends with character 15, but the line has only 13; it is cut off: ask for the file again, or correct the column's length in the profile
            line 2, pack: ends with character 18, but the line has only 17; it is cut off: ask for the file again, or correct the column's length in the profile
            line 3, supplier_sku: ends with character 6, but the line has only 1; it is cut off: ask for the file again, or correct the column's length in the profile"#]],
        );
        let profile = "format = \"fixed\"\nheader = true\n[columns]\nquantity = { start = 1, length = 3 }\n\
                       code = { start = 4, length = 8 }\n";
        says(
            profile,
            "qtycode\n  5A\n 12B-1234\n  1\n",
            expect![
                "line 4, supplier_sku: ends with character 11, but the line has only 3; it is cut off: ask for the file again, or correct the column's length in the profile"
            ],
        );
    }
}
