//! A client of Onhand over gRPC: typed commands, automatic batching, retries with the same key,
//! feeds that go on where they ended.
//!
//! ```no_run
//! use onhand_client::{Client, Error, proto};
//!
//! # async fn run() -> Result<(), Error> {
//! let shop = Client::connect("http://127.0.0.1:7070")?.ledger("acme");
//! let line = proto::ClaimLine { sku: "MUG".into(), quantity: 2, ..Default::default() };
//! let order = proto::CommitOrder {
//!     order: "SO-1".into(),
//!     channel: "web".into(),
//!     lines: vec![line],
//!     ..Default::default()
//! };
//! // The key is the caller's own name of this command: the same again books nothing twice.
//! match shop.commit_order("checkout-1", order).await {
//!     Ok(booked) => println!("booked at {}", booked.position),
//!     Err(Error::Refused(refusal)) => println!("{}: {}", refusal.code, refusal.facts["lines"]),
//!     Err(other) => return Err(other),
//! }
//! let mut feed = shop.movements("");
//! while let Some(movement) = feed.next().await? {
//!     println!("{} {} {}", movement.sequence, movement.kind, movement.sku);
//! }
//! # Ok(())
//! # }
//! ```
//!
//! Commands of many callers travel together: while some are under way the next ones gather, so
//! that batches grow with the load and a lonely command waits for nobody. A command whose outcome
//! is not known, or that could not be booked now, is sent again under its key until
//! [`Settings::patience`] is over; it is booked at most once whatever happens.

mod batching;
mod client;
mod commands;
mod error;
mod feeds;
mod ledger;
mod pause;
mod questions;

pub use client::{Client, Settings};
pub use error::{Error, Refusal};
pub use feeds::{AvailabilityFeed, AvailabilityNews, MovementFeed, MovementWish};
pub use ledger::{IntoEnvelope, Ledger, new_key};
pub use onhand_proto::v1 as proto;
