//! Routing over random shelves: nothing is lost, nothing is promised twice, every rule is kept.

use std::collections::BTreeSet;

use onhand_core::*;
use proptest::prelude::*;
use serde_json::{Value, json};

const PLACES: [&str; 4] = ["A", "B", "C", "D"];
const ITEMS: [&str; 3] = ["W", "G", "X"];

/// What lies where, what costs what, and what somebody orders.
#[derive(Clone, Debug)]
struct Shop {
    shelves: [[u64; 3]; 4],
    costs: [Option<u64>; 4],
    lines: Vec<(usize, u64)>,
}

fn shop() -> impl Strategy<Value = Shop> {
    let shelves = prop::array::uniform4(prop::array::uniform3(0u64..7));
    let costs = prop::array::uniform4(prop::option::of(0u64..3));
    let lines = prop::collection::vec((0usize..3, 1u64..9), 1..5);
    (shelves, costs, lines).prop_map(|(shelves, costs, lines)| Shop { shelves, costs, lines })
}

struct Book(Ledger);

impl Book {
    fn of(shop: &Shop) -> Book {
        let mut book = Book(Ledger::new(LedgerId::new("shop").expect("a name")));
        for item in ITEMS {
            book.run(json!({ "register_item": { "sku": item } }));
        }
        for (place, (shelf, cost)) in PLACES.iter().zip(shop.shelves.iter().zip(shop.costs)) {
            book.run(json!({ "register_location": { "location": place } }));
            for (item, units) in ITEMS.iter().zip(shelf).filter(|(_, units)| **units > 0) {
                let lines = json!([{ "sku": item, "quantity": units }]);
                book.run(json!({ "receive_stock": { "location": place, "lines": lines } }));
            }
            if let Some(cost) = cost {
                let set = json!({ "cost": cost });
                book.run(json!({ "set_policy": { "location": place, "set": set } }));
            }
        }
        book.run(json!({ "register_channel": { "channel": "web", "locations": PLACES } }));
        book
    }

    fn accept(&self, command: Value) -> Result<Entry, Rejection> {
        let envelope = json!({ "id": format!("c{}", self.0.position()), "request": "" });
        let request = json!({ "ledger": "shop", "envelope": envelope, "command": command });
        let request = serde_json::from_value(request).expect("a request");
        accept(&self.0, Time(1), &Rules::default(), &request)
    }

    fn run(&mut self, command: Value) {
        let entry = self.accept(command).expect("the shop opens");
        self.0.evolve(&entry, Time(1)).expect("a sound entry");
    }

    fn rule(&mut self, by: &str, split: &str) {
        let set = json!({ "routing": { "by": by, "split": split } });
        self.run(json!({ "set_policy": { "channel": "web", "set": set } }));
    }
}

fn order(shop: &Shop) -> Value {
    let line = |(item, units): &(usize, u64)| json!({ "sku": ITEMS[*item], "quantity": units });
    let lines: Vec<Value> = shop.lines.iter().map(line).collect();
    json!({ "order": "O1", "channel": "web", "lines": lines })
}

/// Each line's units by location, if all of it was committed.
fn routed(book: &Book, shop: &Shop) -> Option<Vec<Vec<(LocationId, u64)>>> {
    let entry = book.accept(json!({ "commit_order": order(shop) })).ok()?;
    let Fact::OrderCommitted(fact) = entry.fact else { panic!("no commitment") };
    let at = |it: &Split| (it.location.clone(), it.quantity.units());
    Some(fact.lines.iter().map(|line| line.at.iter().map(at).collect()).collect())
}

fn places(routed: &[Vec<(LocationId, u64)>]) -> BTreeSet<&LocationId> {
    routed.iter().flatten().map(|(it, _)| it).collect()
}

fn wanted(shop: &Shop) -> [u64; 3] {
    let mut wanted = [0; 3];
    shop.lines.iter().for_each(|(item, units)| wanted[*item] += units);
    wanted
}

/// Whether these locations have all that is wanted between them.
fn suffice(shop: &Shop, places: &[usize]) -> bool {
    let there = |item: usize| places.iter().map(|it| shop.shelves[*it][item]).sum::<u64>();
    wanted(shop).iter().enumerate().all(|(item, units)| there(item) >= *units)
}

/// The fewest locations that have everything.
fn fewest(shop: &Shop) -> usize {
    let subset = |bits: u32| (0..4).filter(|it| bits & (1 << it) != 0).collect::<Vec<usize>>();
    let enough = (1..16).map(subset).filter(|it| suffice(shop, it));
    enough.map(|it| it.len()).min().expect("all locations suffice")
}

fn check_conserved(shop: &Shop, routed: &[Vec<(LocationId, u64)>]) {
    let mut taken = [[0; 3]; 4];
    for ((item, units), at) in shop.lines.iter().zip(routed) {
        assert_eq!(at.iter().map(|(_, units)| units).sum::<u64>(), *units, "all of a line, once");
        for (location, units) in at {
            let place = PLACES.iter().position(|it| *it == location.as_str()).expect("a place");
            taken[place][*item] += units;
        }
    }
    for (taken, shelf) in taken.iter().flatten().zip(shop.shelves.iter().flatten()) {
        assert!(taken <= shelf, "{taken} of {shelf}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_rule_is_kept_and_nothing_is_lost(shop in shop()) {
        let everything = suffice(&shop, &[0, 1, 2, 3]);
        let mut book = Book::of(&shop);
        for by in ["priority", "highest_stock", "cost"] {
            let mut spread = 0;
            for split in ["allowed", "fewest", "never"] {
                book.rule(by, split);
                let routed = routed(&book, &shop);
                let possible = match split {
                    "never" => (0..4).any(|it| suffice(&shop, &[it])),
                    _ => everything,
                };
                prop_assert_eq!(routed.is_some(), possible, "{} {}", by, split);
                let command = serde_json::from_value(order(&shop)).expect("an order");
                let preview = preview(&book.0, Time(1), &command);
                prop_assert_eq!(preview.rejection.is_none(), possible);
                let Some(routed) = routed else { continue };
                check_conserved(&shop, &routed);
                let places = places(&routed).len();
                prop_assert_eq!(preview.locations, places as u64);
                match split {
                    "allowed" => spread = places,
                    "never" => prop_assert_eq!(places, 1),
                    _ => prop_assert!(places <= spread && places <= fewest(&shop) + 1),
                }
            }
        }
    }
}
