//! Subscriptions of webhooks.

use super::LIMIT;
use crate::contracts::route::{JSON, Routes, served, whole};

const ALL: &str = "/v1/{ledger}/webhooks";
const ONE: &str = "/v1/{ledger}/webhooks/{name}";

pub(super) fn routes() -> Routes {
    Routes::new("webhooks").and(subscriptions()).and(care()).and(logs())
}

fn subscriptions() -> Routes {
    Routes::new("webhooks")
        .with(
            served("get", ALL, "webhooks")
                .says("All subscriptions of a ledger and how they are doing", "")
                .answers(200, JSON, "WebhookList", "Subscriptions, without their secrets"),
        )
        .with(
            served("post", ALL, "create_webhook")
                .says(
                    "Events are posted to an address from now on",
                    "As Standard Webhooks has it: signed, tried again for a day. What signatures \
                     are checked with is shown once, in this answer.",
                )
                .body(JSON, "WebhookTerms")
                .answers(201, JSON, "Webhook", "The subscription, with its secret"),
        )
        .with(
            served("get", ONE, "webhook").says("One subscription and how it is doing", "").answers(
                200,
                JSON,
                "Webhook",
                "The subscription, without its secrets",
            ),
        )
        .with(
            served("patch", ONE, "change_webhook")
                .says("What is named changes, the rest stays", "")
                .body(JSON, "WebhookChange")
                .answers(200, JSON, "Webhook", "The subscription"),
        )
        .with(
            served("delete", ONE, "remove_webhook")
                .says("Nothing is posted any more, and its log is gone", "")
                .answers_empty(204, "It is gone"),
        )
}

fn care() -> Routes {
    Routes::new("webhooks")
        .with(
            served("post", "/v1/{ledger}/webhooks/{name}/rotate", "rotate_webhook")
                .says("A new secret; the old one goes on signing beside it for a while", "")
                .body(JSON, "WebhookRotation")
                .answers(200, JSON, "Webhook", "The subscription, with its new secret"),
        )
        .with(
            served("post", "/v1/{ledger}/webhooks/{name}/enable", "enable_webhook")
                .says("A disabled subscription goes on where it stopped", "")
                .answers(200, JSON, "Webhook", "The subscription"),
        )
        .with(
            served("post", "/v1/{ledger}/webhooks/{name}/replay", "replay_webhook")
                .says("What is told again: exactly one of the fields", "")
                .body(JSON, "WebhookReplay")
                .answers(202, JSON, "WebhookReplayed", "What is queued is told in its turn"),
        )
        .with(
            served("post", "/v1/{ledger}/webhooks/{name}/test", "test_webhook")
                .says("Posts an event that says nothing, once and at once", "")
                .answers(200, JSON, "WebhookDelivery", "How the target answered"),
        )
}

fn logs() -> Routes {
    Routes::new("webhooks")
        .with(
            served("get", "/v1/{ledger}/webhooks/{name}/deliveries", "webhook_deliveries")
                .says("Attempts and how they ended, newest first", "")
                .takes(whole("before", "Before this number: the answer's `next`"))
                .takes(LIMIT)
                .answers(200, JSON, "WebhookLog", "Attempts"),
        )
        .with(
            served("get", "/v1/{ledger}/webhooks/{name}/dead", "webhook_dead")
                .says("Events that were given up, oldest first", "")
                .takes(whole("after", "Behind this number: the answer's `next`"))
                .takes(LIMIT)
                .answers(200, JSON, "WebhookLog", "Events with their bodies"),
        )
}
