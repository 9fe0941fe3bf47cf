//! Facts about what suppliers say: who they are, how their numbers come, and what differs.
//!
//! Every type here is stored for ever: add variants and optional fields, never change one.

use serde::{Deserialize, Serialize};

/// What a supplier's number measures.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Basis {
    /// What lies on the shelf, promised or not.
    #[default]
    OnHand,
    /// What is free once everybody's orders but ours are taken off.
    BeforeOurOrders,
    /// What is free once all orders they know of are taken off, ours too.
    AfterOurOrders,
}
