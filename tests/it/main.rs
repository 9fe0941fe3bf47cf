//! Tests through the doors: a real server on a real journal, driven as its users drive it.

#![allow(clippy::unwrap_used)]

mod asyncapi;
mod availability_feed;
mod binary;
mod door;
mod grpc;
mod handover;
mod http_batches;
mod http_bounds;
mod http_commands;
mod http_drain;
mod http_health;
mod http_nats;
mod http_overload;
mod http_reads;
mod http_rules;
mod import;
mod inbox;
mod kill;
mod movements;
mod movements_nats;
mod nats_caller;
mod nats_feeds;
mod nats_service;
mod node;
mod observability;
mod openapi;
mod recipes;
mod snapshots;
mod suppliers;
mod traces;
mod webhooks;
