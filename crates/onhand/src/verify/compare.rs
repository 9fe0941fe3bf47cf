//! Two books side by side: every difference in a sentence.

use std::collections::BTreeMap;
use std::fmt::Debug;

use onhand_core::{Book, Ledger};

/// Differences told; one book that is wrong all over needs no million sentences.
const TOLD_MAX: usize = 20;

/// How `one` and `other` differ, told with their names. Empty: they are equal.
pub fn differences(names: (&str, &str), one: &Book, other: &Book) -> Vec<String> {
    let mut told = Vec::new();
    let ledgers: BTreeMap<_, _> = one.ledgers.iter().chain(&other.ledgers).collect();
    for id in ledgers.keys() {
        match (one.ledger(id), other.ledger(id)) {
            (Some(ours), Some(theirs)) => {
                compare_ledgers(&format!("ledger {id}"), names, ours, theirs, &mut told);
            }
            (ours, _) => {
                let there = if ours.is_some() { names.0 } else { names.1 };
                told.push(format!("only {there} has ledger {id}"));
            }
        }
    }
    if one.seen.len() != other.seen.len() {
        let (a, b) = (one.seen.len(), other.seen.len());
        told.push(format!("{} knows {a} answered commands, {} knows {b}", names.0, names.1));
    }
    told.truncate(TOLD_MAX);
    told
}

fn compare_ledgers(
    what: &str,
    names: (&str, &str),
    one: &Ledger,
    other: &Ledger,
    told: &mut Vec<String>,
) {
    let mut differ = |part: String, a: &dyn Debug, b: &dyn Debug| {
        if told.len() < TOLD_MAX {
            told.push(format!("{what}, {part}: {} says {a:?}, {} says {b:?}", names.0, names.1));
        }
    };
    let (ours, theirs) = (one.frame(), other.frame());
    if ours != theirs {
        differ("places and position".to_owned(), &ours, &theirs);
    }
    let (ours, theirs) = (one.items(), other.items());
    if ours.len() != theirs.len() {
        differ("number of items".to_owned(), &ours.len(), &theirs.len());
    }
    for (a, b) in ours.iter().zip(theirs).filter(|(a, b)| a != b) {
        differ(format!("item {}", a.sku), a, b);
    }
    compare_maps("order", one.orders(), other.orders(), &mut differ);
    compare_maps("hold", one.holds(), other.holds(), &mut differ);
    compare_maps("transfer", one.transfers(), other.transfers(), &mut differ);
    let (ours, theirs) = (one.pools().iter(), other.pools().iter());
    let (ours, theirs) = (ours.map(|it| (&it.id, it)), theirs.map(|it| (&it.id, it)));
    compare_maps("pool", ours, theirs, &mut differ);
}

fn compare_maps<'a, K: Ord + Debug + 'a, V: PartialEq + Debug + 'a>(
    kind: &str,
    one: impl Iterator<Item = (&'a K, &'a V)>,
    other: impl Iterator<Item = (&'a K, &'a V)>,
    differ: &mut impl FnMut(String, &dyn Debug, &dyn Debug),
) {
    let (one, other): (BTreeMap<_, _>, BTreeMap<_, _>) = (one.collect(), other.collect());
    for (id, ours) in &one {
        let theirs = other.get(id);
        if theirs != Some(ours) {
            differ(format!("{kind} {id:?}"), &ours, &theirs);
        }
    }
    for (id, theirs) in other.iter().filter(|(id, _)| !one.contains_key(*id)) {
        differ(format!("{kind} {id:?}"), &None::<()>, theirs);
    }
}
