//! What others live from, over HTTP: pages, long polls and server-sent events.

use crate::contracts::route::{EVENTS, JSON, Param, Routes, name, served, text, whole};

const LAST_EVENT: Param =
    text("Last-Event-ID", "Of a reader that comes back: goes before `after`").in_header();

pub(super) fn routes() -> Routes {
    Routes::new("what happens").and(movements()).and(availability())
}

fn movements() -> Routes {
    Routes::new("what happens").with(
        served("get", "/v1/{ledger}/movements", "movements")
            .says(
                "What moved, event by event, in the order of the ledger",
                "Gap-free and without doubles, from any place on: a page, at once or as soon as \
                 there is news; or with `Accept: text/event-stream` a stream without an end, each \
                 event with its place as `id` and a CloudEvent as `data`.",
            )
            .takes(text(
                "after",
                "Behind this place: the `sequence` of an event, the answer's `next`, or a \
                 position. From the beginning without it",
            ))
            .takes(text("kind", "Only these kinds of entries, such as order_shipped").several())
            .takes(name("sku", "Only of these items").several())
            .takes(name("channel", "Only of these channels").several())
            .takes(whole("limit", "Events of a page at most: 100 without it, 1,000 at most"))
            .takes(whole("wait_ms", "Wait so many milliseconds for the first event"))
            .takes(LAST_EVENT)
            .answers(200, JSON, "MovementsPage", "Events, and where the next page begins")
            .answers(200, EVENTS, "", "The stream"),
    )
}

fn availability() -> Routes {
    Routes::new("what happens").with(
        served("get", "/v1/{ledger}/availability/changes", "availability_changes")
            .says(
                "The newest numbers of every item and channel, and which change",
                "Without `after` everything comes first. A number that changes again before it is \
                 taken is told once, with its newest value. With `Accept: text/event-stream` a \
                 stream without an end.",
            )
            .takes(text("after", "Behind this place: the `version` of an event, or `next`"))
            .takes(name("channel", "Only of these channels").several())
            .takes(name("sku", "Only of these items").several())
            .takes(whole("limit", "Events of a page at most"))
            .takes(whole("wait_ms", "Wait so many milliseconds for the first event"))
            .takes(LAST_EVENT)
            .answers(200, JSON, "AvailabilityChangesPage", "Events, and where the next page begins")
            .answers(200, EVENTS, "", "The stream"),
    )
}
