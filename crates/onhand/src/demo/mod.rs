//! `onhand demo`: a generated shop with weeks of history, and the server on it.

mod dice;
mod flash_sale;
mod present;
mod routine;
mod run;
mod shelf;
mod shop;
mod supply;
mod trade;
mod weeks;

pub use run::{Demo, run};

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use onhand_core::{Envelope, Flag, Ledger, LedgerId, Request, Rules, Time, accept};

    use super::shop::Shop;
    use super::weeks::{Step, weeks};

    fn six_weeks(seed: u64) -> Vec<Step> {
        let shop = Shop::open().expect("names as they should be");
        weeks(&shop, seed, 42, Time(1_790_000_000_000_000)).expect("names as they should be")
    }

    fn request(step: &Step) -> Request {
        let envelope = Envelope {
            id: step.id.clone(),
            request: "".into(),
            occurred_at: Some(step.occurred_at),
            actor: Some(step.actor.clone()),
            source: None,
            source_event: None,
            cause: step.cause.clone(),
            traceparent: None,
            metadata: BTreeMap::new(),
        };
        let ledger = LedgerId::new("demo").expect("a name");
        Request { ledger, envelope, command: step.command.clone() }
    }

    #[test]
    fn the_same_seed_tells_the_same_story() {
        assert_eq!(six_weeks(7), six_weeks(7));
        assert_ne!(six_weeks(7), six_weeks(8));
    }

    #[test]
    fn the_story_makes_sense_to_the_book() {
        let mut ledger = Ledger::new(LedgerId::new("demo").expect("a name"));
        let (mut kinds, mut codes, mut negative) = (BTreeMap::new(), BTreeMap::new(), 0);
        let steps = six_weeks(7);
        for step in &steps {
            match accept(&ledger, step.occurred_at, &Rules::default(), &request(step)) {
                Ok(entry) => {
                    *kinds.entry(entry.fact.kind()).or_insert(0) += 1;
                    negative += entry
                        .flags
                        .iter()
                        .filter(|it| matches!(it, Flag::NegativeBook { .. }))
                        .count();
                    ledger.evolve(&entry, step.occurred_at).expect("an entry that follows");
                }
                Err(rejection) => *codes.entry(rejection.code()).or_insert(0) += 1,
            }
        }
        println!("{} steps: {kinds:?} {codes:?} negative {negative}", steps.len());
        assert_eq!(codes.keys().copied().collect::<Vec<_>>(), ["insufficient_stock"]);
        assert!(kinds.len() >= 15, "{kinds:?}");
        assert!(kinds["order_committed"] > 1_500 && kinds["stock_returned"] > 50, "{kinds:?}");
        assert!(negative * 100 < steps.len(), "{negative} negative balances");
    }
}
