//! What the tests share.

pub mod nats;
