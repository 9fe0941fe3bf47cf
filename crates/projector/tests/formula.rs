//! What the projector tells of availability after a restart, held against the naive formula.

#![allow(clippy::unwrap_used, reason = "a test may stop")]

#[allow(dead_code)]
#[path = "../../core/tests/formula/book.rs"]
mod book;
mod common;
#[allow(dead_code)]
#[path = "../../core/tests/formula/formula.rs"]
mod formula;
#[path = "common/histories.rs"]
mod histories;
#[path = "../../core/tests/formula/meant.rs"]
mod meant;
#[path = "../../core/tests/formula/ops.rs"]
mod ops;
#[path = "../../core/tests/formula/selling.rs"]
mod selling;
#[path = "../../core/tests/formula/supplied.rs"]
mod supplied;
#[path = "../../core/tests/formula/supply.rs"]
mod supply;

use book::{Book, Recorded};
use formula::Who;
use histories::Histories;
use onhand_core::*;
use onhand_projector::{Amount, AvailabilityQuery, AvailabilityRow, Origin, Projector};

/// Histories, each in a ledger of its own.
const HISTORIES: usize = 10_000;
const STEPS: usize = 24;

#[test]
fn a_projector_tells_what_the_naive_formula_says() {
    let home = tempfile::tempdir().unwrap();
    let dir = home.path().join("checkpoint");
    let mut histories = Histories::new(HISTORIES, STEPS);
    histories.run(0..STEPS / 2);
    let (projector, _) = histories.shard.open(Some(&dir));
    projector.checkpoint();
    drop(projector);
    histories.run(STEPS / 2..STEPS);
    let (projector, report) = histories.shard.open(Some(&dir));
    assert!(matches!(report.origin, Origin::Checkpoint { .. }), "{:?}", report.origin);
    let mut rows = 0;
    for (ledger, entries) in &histories.entries {
        for channel in ops::CHANNELS {
            for (campaign, customer) in
                [(None, None), (Some("c1"), None), (Some("c1"), Some("vip"))]
            {
                let label = |it: &str| Label::new(it).unwrap();
                let who = Who {
                    channel: Some(ChannelId::new(channel).unwrap()),
                    campaign: campaign.map(label),
                    customer: customer.map(label),
                };
                rows += assert_rows(&projector, ledger, entries, &who, histories.shard.now);
            }
        }
    }
    println!("{rows} rows of {} entries", histories.entries.values().map(Vec::len).sum::<usize>());
    assert!(rows > HISTORIES * ops::CHANNELS.len());
}

/// Every item on one channel; returns how many there are.
fn assert_rows(
    projector: &Projector,
    ledger: &LedgerId,
    entries: &[Recorded],
    who: &Who,
    now: Time,
) -> usize {
    let book = Book::read(entries);
    let query = AvailabilityQuery {
        channel: who.channel.clone().unwrap(),
        skus: book.one_name_each().map(|(name, _)| name.clone()).collect(),
        after: None,
        limit: 100,
        slot: None,
        campaign: who.campaign.clone(),
        customer: who.customer.clone(),
    };
    let page = projector.availability_for(ledger, &query).unwrap();
    for ((_, id), row) in book.one_name_each().zip(&page.rows) {
        assert_eq!(book.id(&row.sku), id);
        assert_row(&book, row, who, now);
    }
    page.rows.len()
}

fn assert_row(book: &Book, row: &AvailabilityRow, who: &Who, now: Time) {
    let id = book.id(&row.sku);
    let offer = book.offer(id, who, None, now);
    let (available, published) = (Amount::from(offer.reservable()), offer.published().into());
    let terms = match offer {
        Offer::Unlimited => None,
        Offer::Units(terms) | Offer::Kit { assembled: terms, .. } => Some(terms),
    };
    let told = (&row.available, &row.published, row.terms.as_ref());
    assert_eq!(told, (&available, &published, terms.as_ref()), "{} for {who:?}", row.sku);
    for told in &row.locations {
        let shelf = book.shelf(id, &told.location, now);
        let (believed, unclaimed, kept) = book.believed(id, &told.location, now);
        let naive = (shelf.sellable, shelf.committed, shelf.held, shelf.pooled, believed, kept);
        let row = (told.sellable, told.committed, told.held, told.pooled, told.believed, told.kept);
        assert_eq!(row, naive, "{} at {}", book.name_of(id), told.location);
        assert_eq!(told.free, unclaimed - kept);
    }
}
