//! What lies where, what was promised, and what was booked.

use super::{AFTER_SKU, LIMIT};
use crate::contracts::route::{JSON, Routes, get, name, whole};
use crate::http::reads;

pub(super) fn routes() -> Routes {
    Routes::new("the book").and(stock()).and(promises())
}

fn stock() -> Routes {
    Routes::new("the book")
        .with(
            get("/v1/ledgers", "ledgers", reads::ledgers)
                .says("All ledgers of this server", "A ledger begins with its first command.")
                .answers(200, JSON, "Ledgers", "Their names"),
        )
        .with(
            get("/v1/{ledger}/stock", "stock", reads::stock)
                .says("What lies where, in base units by condition", "")
                .takes(name("sku", "Only these items").several())
                .takes(name("location", "Only what lies there"))
                .takes(AFTER_SKU)
                .takes(LIMIT)
                .waits()
                .answers(200, JSON, "StockPage", "One row per item and location"),
        )
        .with(
            get("/v1/{ledger}/stock/{sku}", "stock_of", reads::stock_of)
                .says("What lies where of one item", "")
                .takes(name("location", "Only what lies there"))
                .waits()
                .answers(200, JSON, "StockPage", "One row per location"),
        )
        .with(
            get("/v1/{ledger}/places", "places", reads::places)
                .says("Locations and channels", "")
                .waits()
                .answers(200, JSON, "SeenAnswer", "All of them"),
        )
        .with(
            get("/v1/{ledger}/expected", "expected", reads::expected)
                .says("Supply on its way, by shipment", "")
                .takes(name("sku", "Only this item"))
                .takes(name("location", "Only what goes there"))
                .waits()
                .answers(200, JSON, "SeenAnswer", "What is expected where and when"),
        )
        .with(
            get("/v1/{ledger}/timeline/{sku}", "timeline", reads::timeline)
                .says("What happened to an item, oldest first", "404 where timelines are off.")
                .takes(name("location", "Only what happened there"))
                .takes(whole("after", "Behind this position"))
                .takes(LIMIT)
                .waits()
                .answers(200, JSON, "SeenAnswer", "Entries with what they changed"),
        )
        .with(
            get("/v1/{ledger}/entries/{position}", "entry", reads::entry)
                .says("The stored entry at a position", "")
                .waits()
                .answers(200, JSON, "EntryAnswer", "The entry, as it is in the journal"),
        )
}

fn promises() -> Routes {
    Routes::new("orders")
        .with(
            get("/v1/{ledger}/orders/{order}", "order", reads::order)
                .says("What is committed, shipped, cancelled and returned of an order", "")
                .waits()
                .answers(200, JSON, "SeenAnswer", "The order by lines"),
        )
        .with(
            get("/v1/{ledger}/holds/{hold}", "hold", reads::hold)
                .says("What a hold holds and until when", "")
                .waits()
                .answers(200, JSON, "SeenAnswer", "The hold by lines"),
        )
        .with(
            get("/v1/{ledger}/affected_orders", "affected_orders", reads::affected_orders)
                .says("Whose orders a shortage hits, newest commitments first", "")
                .takes(name("sku", "The item").needed())
                .takes(name("location", "Where it is short").needed())
                .takes(LIMIT)
                .waits()
                .answers(200, JSON, "SeenAnswer", "Orders with what they lack"),
        )
        .with(
            get("/v1/{ledger}/transfers/{transfer}", "transfer", reads::transfer)
                .says("What a transfer carries and what of it arrived", "")
                .waits()
                .answers(200, JSON, "SeenAnswer", "The transfer by lines"),
        )
}
