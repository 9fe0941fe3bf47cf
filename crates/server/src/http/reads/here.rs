//! The same questions without a door: for whoever reads an installation that nobody serves.

use onhand_core::LedgerId;
use onhand_projector::Projector;
use onhand_wire::{Invalid, No, Problem, Trouble, problem};
use serde::Serialize;
use serde_json::Value;

use super::{Answer, availability, inbox, routing, rules, suppliers, trouble};
use crate::http::params::Params;

/// Answers `GET /v1/{ledger}/{what}?pairs`, as the server would; `what` may have a name behind a
/// slash, unescaped.
///
/// # Errors
/// What the server would say. Only some addresses are known: those that commands read.
pub fn answer_here(
    projector: &Projector,
    ledger: &LedgerId,
    what: &str,
    pairs: &[(&str, String)],
) -> Result<Value, Problem> {
    let pairs = pairs.iter().map(|(name, value)| ((*name).to_owned(), value.clone()));
    let mut params = Params::new(pairs.collect());
    let invalid = |it: Invalid| problem(No::Invalid(&it));
    let answer = found(projector, ledger, what, &mut params).map_err(invalid)?;
    params.end().map_err(invalid)?;
    answer.map_err(|it| problem(No::Trouble(&it)))
}

/// What there is of a supplier or feed beside itself, behind another slash.
const PARTS: [&str; 3] = ["skus", "scorecard", "tiers"];

/// A name, and the part that is asked for; no part if there is none. Names may have slashes too.
pub fn part_of(name: &str) -> (&str, &str) {
    name.rsplit_once('/').filter(|(_, part)| PARTS.contains(part)).unwrap_or((name, ""))
}

type Found = Result<Result<Value, Trouble>, Invalid>;

fn found(projector: &Projector, ledger: &LedgerId, what: &str, params: &mut Params) -> Found {
    let (what, name) = what.split_once('/').unwrap_or((what, ""));
    let at = Here { projector, ledger };
    Ok(match (what, name) {
        ("explain", "") => at.told(availability::explained(params)?),
        ("replacements", "") => at.told(availability::replacing(params)?),
        ("promise", "") => at.told(availability::promised(params)?),
        ("routing", "") => at.told(routing::routed(params)?),
        ("notices", "") => at.told(rules::noticed(params)?),
        ("policies", "") => at.told(rules::ruled(params)?),
        ("pools", "") => at.told(rules::all_pools(params)?),
        ("pools", name) => at.told(rules::one_pool(name)?),
        ("discrepancies", "") => at.told(inbox::all(params)?),
        ("discrepancies", number) => at.told(inbox::one(number)?),
        ("suppliers" | "feeds", name) => return at.of_supplier(what, name, params),
        _ => Err(Trouble::NotFound { message: format!("there is nothing at {what}") }),
    })
}

struct Here<'a> {
    projector: &'a Projector,
    ledger: &'a LedgerId,
}

impl Here<'_> {
    /// What is told of suppliers and feeds.
    fn of_supplier(&self, what: &str, name: &str, params: &mut Params) -> Found {
        let (name, part) = part_of(name);
        Ok(match (what, name, part) {
            ("suppliers", "", "") => self.told(suppliers::all_suppliers()),
            ("suppliers", name, "") => self.told(suppliers::one_supplier(name)?),
            ("suppliers", name, "skus") => self.told(suppliers::mapped(name, params)?),
            ("suppliers", name, "scorecard") => self.told(suppliers::scored(name, params)?),
            ("feeds", "", "") => self.told(suppliers::all_feeds(params)?),
            ("feeds", name, "") => self.told(suppliers::one_feed(name)?),
            ("feeds", name, "tiers") => self.told(suppliers::suited(name, params)?),
            _ => Err(Trouble::NotFound { message: format!("there is nothing at {what}/{name}") }),
        })
    }

    fn told<T: Serialize>(&self, query: impl Answer<T>) -> Result<Value, Trouble> {
        let answer = query(self.projector, self.ledger).map_err(|it| trouble(&it))?;
        serde_json::to_value(answer).map_err(|it| Trouble::Unavailable { message: it.to_string() })
    }
}
