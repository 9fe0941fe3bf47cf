//! The doors of Onhand: configuration, the node that holds the shards, and the HTTP server.
//!
//! A [`Node`] is an installation that is open: per shard a journal, a projector and an engine.
//! [`serve`] puts the HTTP door before it. Everything a caller is told goes through `onhand_wire`.

pub mod config;
mod contracts;
mod feeds;
mod grpc;
mod http;
mod nats;
mod node;
mod snapshots;
pub mod trace;
mod webhooks;

pub use config::{Config, ConfigError, SETTINGS, settings_reference};
pub use contracts::{asyncapi_json, openapi_json};
pub use feeds::movements::cloud_event as movement_event;
pub use http::{
    Serving, answer_here, handover_csv, handovers_here, part_of, running_server, serve,
};
pub use node::{Archive, Installation, Node, Opening, ShardState, StartError, shard_of};
pub use snapshots::{DifferencesTold, SnapshotReport, refused_text};
