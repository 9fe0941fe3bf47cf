//! Tests through the doors: a real server on a real journal, driven as its users drive it.

#![allow(clippy::unwrap_used)]

mod binary;
mod door;
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
mod node;
mod snapshots;
mod suppliers;
