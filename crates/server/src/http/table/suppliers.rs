//! Suppliers and their feeds: what they say, how they do, what differs from the book.

use super::commands::{DRY_RUN, KEY};
use super::{AFTER_SKU, LIMIT};
use crate::contracts::route::{
    BYTES, CSV, JSON, Param, Routes, day, get, moment, name, one_of, post, switch, whole,
};
use crate::http::{confirmation, reads, snapshots};

const STANDINGS: &[&str] = &["empty", "waiting", "missed", "confirmed"];
const STATES: &[&str] = &["open", "disputed", "snoozed", "asked", "accepted", "kept", "cleared"];
const KINDS: &[&str] = &[
    "first_seen",
    "in_flight",
    "unacknowledged_receipt",
    "silent_restock",
    "pack_mistake",
    "unknown_sku",
    "vanished_sku",
    "stale",
    "unexplained_loss",
    "unexplained_gain",
    "shortage",
    "echo",
];
const TSV: &str = "text/tab-separated-values";

pub(super) fn routes() -> Routes {
    Routes::new("suppliers").and(suppliers()).and(handovers()).and(inbox())
}

fn suppliers() -> Routes {
    Routes::new("suppliers")
        .with(
            get("/v1/{ledger}/suppliers", "suppliers", reads::suppliers)
                .says("All suppliers", "")
                .waits()
                .answers(200, JSON, "SeenAnswer", "Suppliers with their terms"),
        )
        .with(
            get("/v1/{ledger}/suppliers/{supplier}", "supplier", reads::supplier)
                .says("One supplier with its feeds", "")
                .waits()
                .answers(200, JSON, "SeenAnswer", "The supplier"),
        )
        .with(
            get("/v1/{ledger}/suppliers/{supplier}/skus", "supplier_skus", reads::supplier_skus)
                .says("What a supplier's codes mean", "")
                .takes(AFTER_SKU)
                .takes(LIMIT)
                .waits()
                .answers(200, JSON, "SeenAnswer", "Codes with their items"),
        )
        .with(
            get("/v1/{ledger}/suppliers/{supplier}/scorecard", "scorecard", reads::scorecard)
                .says("How well a supplier did", "Of at most 3,660 days.")
                .takes(day("from", "The first day, of UTC"))
                .takes(day("to", "The last day; today without it"))
                .takes(one_of("by", &["day", "week", "month"], "As a trend by these"))
                .waits()
                .answers(200, JSON, "SeenAnswer", "Its scores"),
        )
        .with(
            get("/v1/{ledger}/suppliers/{supplier}/waiting", "waiting", reads::waiting)
                .says("What waits to be handed over to a supplier", "")
                .takes(LIMIT)
                .waits()
                .answers(200, JSON, "SeenAnswer", "Lines of orders"),
        )
}

fn handovers() -> Routes {
    const ONE: &str = "/v1/{ledger}/suppliers/{supplier}/handovers/{handover}";
    const CONFIRMATION: &str =
        "/v1/{ledger}/suppliers/{supplier}/handovers/{handover}/confirmation";
    const SHORTAGE: Param =
        name("on_shortage", "What becomes of what it lacks, as in `confirm_handover`");
    Routes::new("suppliers")
        .with(
            get("/v1/{ledger}/suppliers/{supplier}/handovers", "handovers", reads::handovers)
                .says("What a supplier got, newest first", "")
                .takes(one_of("state", STANDINGS, "Only these").several())
                .takes(whole("after", "Behind this row: the answer's `next`"))
                .takes(LIMIT)
                .waits()
                .answers(200, JSON, "SeenAnswer", "Handovers with their state"),
        )
        .with(
            get(ONE, "handover", reads::handover)
                .says("One handover with its lines", "CSV if `Accept` or `format` asks for it.")
                .takes(one_of("format", &["json", "csv"], "Instead of the header `Accept`"))
                .waits()
                .answers(200, JSON, "SeenAnswer", "The list")
                .answers(200, CSV, "", "The list"),
        )
        .with(
            post(CONFIRMATION, "confirm_by_file", confirmation::confirm)
                .says(
                    "A supplier's confirmation as a file",
                    "The list of the handover, its column `short` filled in. Booked as \
                     `confirm_handover`, whole or not at all; the same file again is the same \
                     command.",
                )
                .takes(DRY_RUN)
                .takes(SHORTAGE)
                .takes(name("actor", "Who says so"))
                .takes(KEY)
                .body(CSV, "")
                .body(TSV, "")
                .answers(201, JSON, "Accepted", "It is booked, and on disk")
                .answers(200, JSON, "AcceptedBefore", "It was booked before, or would be"),
        )
}

fn inbox() -> Routes {
    Routes::new("suppliers")
        .with(
            get("/v1/{ledger}/discrepancies", "discrepancies", reads::discrepancies)
                .says("The inbox: where the book and somebody else say different numbers", "")
                .takes(one_of("state", STATES, "Only these").several())
                .takes(one_of("kind", KINDS, "Only these").several())
                .takes(name("supplier", "Only of this supplier"))
                .takes(name("feed", "Only of this feed"))
                .takes(name("location", "Only there"))
                .takes(name("sku", "Only of this item"))
                .takes(whole("larger_than", "Only of more units than these"))
                .takes(one_of("order", &["newest", "largest"], "`newest` without it"))
                .takes(whole("after", "Behind this row: the answer's `next`"))
                .takes(LIMIT)
                .waits()
                .answers(200, JSON, "SeenAnswer", "Discrepancies"),
        )
        .with(
            get("/v1/{ledger}/discrepancies/{number}", "discrepancy", reads::discrepancy)
                .says("One discrepancy with its history", "")
                .waits()
                .answers(200, JSON, "SeenAnswer", "The discrepancy"),
        )
}

pub(super) fn feeds() -> Routes {
    Routes::new("suppliers' feeds")
        .with(
            get("/v1/{ledger}/feeds", "feeds", reads::feeds)
                .says("How suppliers' numbers come and how old they are", "")
                .takes(name("supplier", "Only of this supplier"))
                .waits()
                .answers(200, JSON, "SeenAnswer", "Feeds"),
        )
        .with(
            get("/v1/{ledger}/feeds/{feed}", "feed", reads::feed)
                .says("One feed with its tiers and what is held of it", "")
                .waits()
                .answers(200, JSON, "SeenAnswer", "The feed"),
        )
        .with(
            get("/v1/{ledger}/feeds/{feed}/tiers", "tiers", reads::tiers)
                .says("Which tier suits each item", "")
                .takes(switch("differs", "Only items that are in another tier"))
                .takes(AFTER_SKU)
                .takes(LIMIT)
                .waits()
                .answers(200, JSON, "SeenAnswer", "Items with their tiers"),
        )
        .and(files())
}

fn files() -> Routes {
    const BYTES_OF: &str = "/v1/{ledger}/feeds/{feed}/snapshots/{hash}/bytes";
    Routes::new("suppliers' feeds")
        .with(
            post("/v1/{ledger}/feeds/{feed}/snapshots", "upload_snapshot", snapshots::upload)
                .says(
                    "A supplier's file, of any length",
                    "Read by the feed's profile, compared with the book, and booked as a whole or \
                     not at all. The same bytes again are answered as before.",
                )
                .takes(DRY_RUN)
                .takes(moment("as_of", "When its numbers held, if the file does not say"))
                .takes(switch("complete", "Whether what it does not name is gone"))
                .takes(name("tier", "The tier that it is of"))
                .takes(name("snapshot", "Its name, if the file has none"))
                .body(BYTES, "")
                .answers(201, JSON, "SnapshotReport", "It is booked; how it differs")
                .answers(202, JSON, "SnapshotReport", "It is suspicious, and held for a person")
                .answers(200, JSON, "SnapshotReport", "It was booked before, or would be"),
        )
        .with(
            get(BYTES_OF, "snapshot_bytes", snapshots::bytes)
                .says("A supplier's file as it came", "")
                .answers(200, BYTES, "", "Its bytes"),
        )
        .with(
            post("/v1/{ledger}/feeds/{feed}/form", "fill_form", snapshots::form)
                .says("Some numbers of a supplier, typed in by whoever knows them", "")
                .takes(DRY_RUN)
                .takes(KEY)
                .body(JSON, "Form")
                .answers(201, JSON, "Accepted", "It is booked, and on disk")
                .answers(200, JSON, "AcceptedBefore", "It was booked before, or would be"),
        )
        .with(
            post("/v1/{ledger}/feeds/{feed}/pull", "pull", snapshots::pull)
                .says("Fetch a feed's files now", "")
                .answers(200, JSON, "Pulled", "What each fetch came to"),
        )
}
