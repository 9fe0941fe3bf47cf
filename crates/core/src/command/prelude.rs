//! What every command file uses.

pub(super) use serde::{Deserialize, Serialize};

pub(super) use super::*;
pub(super) use crate::*;
