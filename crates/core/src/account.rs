//! Where stock can be, and how it moves: balanced movements between named accounts.

use std::fmt;

use serde::{Deserialize, Serialize};
use smol_str::{SmolStr, format_smolstr};

use crate::{LocationId, Quantity, Sku, TransferId};

/// Fitness of goods at a location. `on_hand` is the sum over all four.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Condition {
    Sellable,
    QualityControl,
    Damaged,
    Quarantined,
}

impl Condition {
    pub const ALL: [Condition; 4] = [
        Condition::Sellable,
        Condition::QualityControl,
        Condition::Damaged,
        Condition::Quarantined,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Condition::Sellable => "sellable",
            Condition::QualityControl => "quality_control",
            Condition::Damaged => "damaged",
            Condition::Quarantined => "quarantined",
        }
    }
    fn parse(text: &str) -> Option<Condition> {
        Condition::ALL.into_iter().find(|it| it.as_str() == text)
    }
}

/// A place that holds units of an item. The external ones have no floor: the world is large.
///
/// As text: `supplier`, `customer`, …, `transit:TRANSFER`, `LOCATION/CONDITION`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "SmolStr", into = "SmolStr")]
pub enum Account {
    Supplier,
    Customer,
    Loss,
    Adjustment,
    CountVariance,
    Opening,
    /// Where units of one item become units of another: kits and merged items.
    Conversion,
    Transit(TransferId),
    Shelf(LocationId, Condition),
}

const EXTERNAL: [(&str, Account); 7] = [
    ("supplier", Account::Supplier),
    ("customer", Account::Customer),
    ("loss", Account::Loss),
    ("adjustment", Account::Adjustment),
    ("count_variance", Account::CountVariance),
    ("opening", Account::Opening),
    ("conversion", Account::Conversion),
];

impl Account {
    /// What lies within the seller's book: shelves and transit, not the world outside.
    pub fn is_physical(&self) -> bool {
        matches!(self, Account::Transit(_) | Account::Shelf(..))
    }
}

impl fmt::Display for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Account::Shelf(location, condition) => write!(f, "{location}/{}", condition.as_str()),
            Account::Transit(transfer) => write!(f, "transit:{transfer}"),
            Account::Supplier => f.write_str("supplier"),
            Account::Customer => f.write_str("customer"),
            Account::Loss => f.write_str("loss"),
            Account::Adjustment => f.write_str("adjustment"),
            Account::CountVariance => f.write_str("count_variance"),
            Account::Opening => f.write_str("opening"),
            Account::Conversion => f.write_str("conversion"),
        }
    }
}

impl From<Account> for SmolStr {
    fn from(account: Account) -> SmolStr {
        format_smolstr!("{account}")
    }
}

impl TryFrom<SmolStr> for Account {
    type Error = String;
    fn try_from(text: SmolStr) -> Result<Account, String> {
        if let Some((_, account)) = EXTERNAL.into_iter().find(|(name, _)| *name == text) {
            return Ok(account);
        }
        // Neither locations nor transfers contain a slash, so the two forms cannot be confused.
        let shelf = text.rsplit_once('/').and_then(|(location, condition)| {
            Some(Account::Shelf(LocationId::new(location).ok()?, Condition::parse(condition)?))
        });
        let transit = || {
            let transfer = text.strip_prefix("transit:")?;
            TransferId::new(transfer).ok().map(Account::Transit)
        };
        shelf.or_else(transit).ok_or_else(|| format!("{text:?} is no account"))
    }
}

/// Units that left one account for another. Per item the sum over all accounts stays zero.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Movement {
    pub sku: Sku,
    pub quantity: Quantity,
    pub from: Account,
    pub to: Account,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_reads_as_it_was_written() {
        for text in ["supplier", "opening", "wh-1/sellable", "transit:T-1", "仓/quarantined"] {
            let account = Account::try_from(SmolStr::new(text)).unwrap();
            assert_eq!(account.to_string(), text);
        }
        assert!(Account::try_from(SmolStr::new("wh-1/lost")).is_err());
    }
}
