//! A line of an order written as one word: `SKU:2`, or `SKU:1@LOCATION`.

use onhand_core::{ClaimLine, LocationId, Quantity, Sku};

use crate::Invalid;

const SHAPE: &str = "must be SKU:QUANTITY or SKU:QUANTITY@LOCATION, such as MUG:2@leeds";

/// The line that `text` asks for; `field` names it to the caller. The quantity stands behind the
/// last colon that has one behind it: SKUs may hold colons themselves.
///
/// # Errors
/// `invalid_field`: it is no such line, or names something that is no name.
pub fn claim_line(field: &str, text: &str) -> Result<ClaimLine, Invalid> {
    let (sku, units, location) = cut(text).ok_or_else(|| invalid(field, SHAPE))?;
    let quantity = units.parse().ok().and_then(Quantity::new);
    Ok(ClaimLine {
        r#ref: None,
        sku: Sku::new(sku).map_err(|it| invalid(field, format_args!("has a SKU that {it}")))?,
        quantity: quantity
            .ok_or_else(|| invalid(field, "has a quantity out of range: 1 to 1,000,000,000,000"))?,
        location: match location {
            Some(it) => Some(
                LocationId::new(it)
                    .map_err(|error| invalid(field, format_args!("has a location that {error}")))?,
            ),
            None => None,
        },
        slot: None,
    })
}

fn invalid(field: &str, message: impl std::fmt::Display) -> Invalid {
    Invalid::new("invalid_field", field, message)
}

/// SKU, units and location.
fn cut(text: &str) -> Option<(&str, &str, Option<&str>)> {
    text.rmatch_indices(':').find_map(|(at, _)| {
        let (sku, rest) = (&text[..at], &text[at + 1..]);
        let (units, location) = match rest.split_once('@') {
            Some((units, location)) => (units, Some(location)),
            None => (rest, None),
        };
        let is_number = !units.is_empty() && units.bytes().all(|it| it.is_ascii_digit());
        is_number.then_some((sku, units, location))
    })
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::claim_line;

    fn check(texts: &[&str], expected: &Expect) {
        let told = texts.iter().map(|text| match claim_line("line", text) {
            Ok(it) => {
                let location = it.location.map_or("anywhere".to_owned(), |it| it.to_string());
                format!("{text}: {} of {} at {location}\n", it.quantity.units(), it.sku)
            }
            Err(it) => format!("{text}: {} {} {}\n", it.code, it.field, it.message),
        });
        expected.assert_eq(&told.collect::<String>());
    }

    #[test]
    fn lines_are_read() {
        let read = ["W:2", "W:1@leeds", "tea:cup:3@main & co", "a@b:4", "W:2@a:b"];
        check(
            &read,
            &expect![[r#"
            W:2: 2 of W at anywhere
            W:1@leeds: 1 of W at leeds
            tea:cup:3@main & co: 3 of tea:cup at main & co
            a@b:4: 4 of a@b at anywhere
            W:2@a:b: 2 of W at a:b
        "#]],
        );
    }

    #[test]
    fn bad_lines_are_refused() {
        let bad =
            ["", "W", "W:", ":2", "W:x", "W:-1", "W:0", "W:99999999999999999999", "W:2@", "W:1.5"];
        check(
            &bad,
            &expect![[r#"
            : invalid_field line must be SKU:QUANTITY or SKU:QUANTITY@LOCATION, such as MUG:2@leeds
            W: invalid_field line must be SKU:QUANTITY or SKU:QUANTITY@LOCATION, such as MUG:2@leeds
            W:: invalid_field line must be SKU:QUANTITY or SKU:QUANTITY@LOCATION, such as MUG:2@leeds
            :2: invalid_field line has a SKU that must not be empty
            W:x: invalid_field line must be SKU:QUANTITY or SKU:QUANTITY@LOCATION, such as MUG:2@leeds
            W:-1: invalid_field line must be SKU:QUANTITY or SKU:QUANTITY@LOCATION, such as MUG:2@leeds
            W:0: invalid_field line has a quantity out of range: 1 to 1,000,000,000,000
            W:99999999999999999999: invalid_field line has a quantity out of range: 1 to 1,000,000,000,000
            W:2@: invalid_field line has a location that must not be empty
            W:1.5: invalid_field line must be SKU:QUANTITY or SKU:QUANTITY@LOCATION, such as MUG:2@leeds
        "#]],
        );
    }
}
