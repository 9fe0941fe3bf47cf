//! Opening stock: what was there before the first line.

use std::collections::BTreeMap;
use std::path::Path;

use onhand_core::Sku;

use super::line::whole_number;
use super::profile::{Opening, OpeningFile, Profile};
use super::survey::Survey;
use super::table::Table;
use crate::failure::Failure;

/// What `--opening` names.
pub fn named(which: &Path) -> Opening {
    match which.to_str() {
        Some("none") => Opening::None,
        Some("least") => Opening::Least,
        _ => Opening::File(OpeningFile::new(which.to_owned(), None, None)),
    }
}

/// Units per item, none of them zero. Items that only the opening file has are noted in `survey`.
///
/// # Errors
/// A usage [`Failure`] naming the line of the opening file that cannot be read.
pub fn stock(profile: &Profile, survey: &mut Survey) -> Result<Vec<(Sku, u64)>, Failure> {
    match &profile.opening {
        Opening::None => Ok(Vec::new()),
        Opening::Least => {
            let units = survey.items.iter().map(|it| (it.sku.clone(), it.least_opening()));
            Ok(units.filter(|(_, units)| *units > 0).collect())
        }
        Opening::File(file) => {
            let stock = of_file(profile, file)?;
            for sku in stock.keys() {
                survey.item(sku);
            }
            Ok(stock.into_iter().filter(|(_, units)| *units > 0).collect())
        }
    }
}

/// An item that stands there twice has the sum.
fn of_file(profile: &Profile, file: &OpeningFile) -> Result<BTreeMap<Sku, u64>, Failure> {
    let mut table = Table::open(&file.path, &profile.form)?;
    let sku = table.column(&file.sku, "opening.sku")?;
    let quantity = table.column(&file.quantity, "opening.quantity")?;
    let mut stock = BTreeMap::new();
    while let Some(record) = table.next()? {
        let field = |place: usize| record.fields.get(place).unwrap_or_default().trim();
        let wrong = |message: String| {
            Failure::usage(format!("{} line {}: {message}", file.path.display(), record.line))
        };
        let units = whole_number(field(quantity)).and_then(|it| u64::try_from(it).ok());
        let units = units.ok_or_else(|| {
            let text = field(quantity);
            wrong(format!("column `{}`: {text:?} is no whole number from 0 on", file.quantity))
        })?;
        *stock.entry(profile.sku(field(sku)).map_err(wrong)?).or_insert(0) += units;
    }
    Ok(stock)
}
