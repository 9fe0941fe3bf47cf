//! What a channel may sell, why, and what rules say about it.

use super::{AFTER_SKU, LIMIT};
use crate::contracts::route::{
    JSON, Param, Routes, get, moment, name, one_of, switch, text, whole,
};
use crate::http::reads;

const CHANNEL: Param = name("channel", "The channel that sells").needed();
const SKU: Param = name("sku", "The item").needed();
const SLOT: Param = moment("slot", "A moment in the window whose capacity is asked for");
const CAMPAIGN: Param = name("campaign", "Whom else a pool may serve");
const CUSTOMER: Param = name("customer", "Whom else a pool may serve");
const POSITION: Param = whole("position", "As it was at this position of the ledger");
const AT: Param = moment("at", "As it was at this moment; not beside `position`");

const NOTICES: &[&str] = &["low_stock", "out_of_stock", "back_in_stock", "oversold"];

pub(super) fn routes() -> Routes {
    Routes::new("availability").and(availability()).and(promised()).and(rules()).and(pools())
}

fn availability() -> Routes {
    Routes::new("availability")
        .with(
            get("/v1/{ledger}/availability", "availability", reads::availability)
                .says(
                    "What a channel may sell",
                    "`published` is what to tell the channel, `available` what a hold or a \
                     commitment may take. As of a past moment name the items, at most 100.",
                )
                .takes(CHANNEL)
                .takes(name("sku", "Only these items").several())
                .takes(AFTER_SKU)
                .takes(LIMIT)
                .takes(SLOT)
                .takes(CAMPAIGN)
                .takes(CUSTOMER)
                .takes(POSITION)
                .takes(AT)
                .waits()
                .answers(200, JSON, "AvailabilityPage", "One row per item"),
        )
        .with(
            get("/v1/{ledger}/explain", "explain", reads::explain)
                .says("Why a number is what it is, term by term", "")
                .takes(CHANNEL)
                .takes(SKU)
                .takes(SLOT)
                .takes(CAMPAIGN)
                .takes(CUSTOMER)
                .takes(POSITION)
                .takes(AT)
                .waits()
                .answers(200, JSON, "SeenAnswer", "The formula with its terms"),
        )
}

fn promised() -> Routes {
    Routes::new("availability")
        .with(
            get("/v1/{ledger}/replacements", "replacements", reads::replacements)
                .says("What to sell instead: items of the same category with stock", "")
                .takes(CHANNEL)
                .takes(SKU)
                .takes(LIMIT)
                .waits()
                .answers(200, JSON, "SeenAnswer", "Items with what is available of them"),
        )
        .with(
            get("/v1/{ledger}/promise", "promise", reads::promise)
                .says("How much may be promised by a moment, with what is expected until then", "")
                .takes(CHANNEL)
                .takes(SKU)
                .takes(moment("by", "The moment; as far as is known without it"))
                .waits()
                .answers(200, JSON, "SeenAnswer", "Units by moments"),
        )
        .with(
            get("/v1/{ledger}/routing", "routing", reads::routing)
                .says(
                    "Where an order would be taken from",
                    "A preview: nothing of it is booked. A refusal stands in `rejection`.",
                )
                .takes(name("channel", "The channel that sells"))
                .takes(text("line", "`SKU:2`, or `SKU:1@LOCATION`").several().needed())
                .takes(CAMPAIGN)
                .takes(CUSTOMER)
                .takes(name("ship_to", "The region that the goods are to go to"))
                .waits()
                .answers(200, JSON, "SeenAnswer", "Locations by lines"),
        )
        .with(
            get("/v1/{ledger}/notices", "notices", reads::notices)
                .says(
                    "Items that ran low, ran out, came back or are oversold",
                    "410 where those behind `after` are not kept any more.",
                )
                .takes(whole("after", "Behind the notice of this number"))
                .takes(whole("after_position", "Behind this position; not beside `after`"))
                .takes(one_of("kind", NOTICES, "Only these").several())
                .takes(name("channel", "Only of this channel"))
                .takes(name("sku", "Only of this item"))
                .takes(LIMIT)
                .waits()
                .answers(200, JSON, "SeenAnswer", "Notices in their order"),
        )
}

fn rules() -> Routes {
    Routes::new("rules")
        .with(
            get("/v1/{ledger}/policies", "policies", reads::policies)
                .says("What is ruled, by scope", "Without a scope named: all rules.")
                .takes(name("sku", "Only rules about this item"))
                .takes(name("category", "Only rules about this category"))
                .takes(name("channel", "Only rules about this channel"))
                .takes(name("location", "Only rules about this location"))
                .takes(name("supplier", "Only rules about this supplier"))
                .takes(switch("history", "With what was ruled before"))
                .takes(whole("after", "Behind this row: the answer's `next`"))
                .takes(LIMIT)
                .waits()
                .answers(200, JSON, "SeenAnswer", "Rules with the entry that set them"),
        )
        .with(
            get("/v1/{ledger}/kits/{sku}", "kit", reads::kit)
                .says("What a kit is made of, and how many can be made", "")
                .waits()
                .answers(200, JSON, "SeenAnswer", "The recipe with its parts"),
        )
}

fn pools() -> Routes {
    Routes::new("rules")
        .with(
            get("/v1/{ledger}/pools", "pools", reads::pools)
                .says("Stock set aside", "")
                .takes(switch("open", "Only pools that are not closed"))
                .waits()
                .answers(200, JSON, "SeenAnswer", "Pools with what is left in them"),
        )
        .with(
            get("/v1/{ledger}/pools/{pool}", "pool", reads::pool)
                .says("One pool with its tranches", "")
                .waits()
                .answers(200, JSON, "SeenAnswer", "The pool"),
        )
}
