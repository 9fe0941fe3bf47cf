//! The real NATS server of the journal's own tests, for everybody's.

pub use onhand_journal::testing::{NatsServer, nats_server};
