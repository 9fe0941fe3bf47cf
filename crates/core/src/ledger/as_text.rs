//! A fact that a checkpoint keeps is kept as the text that it is recorded as: binary forms cannot
//! leave fields out, and the text reads the same for ever.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de, ser};

pub(super) fn serialize<T: Serialize, S: Serializer>(fact: &T, to: S) -> Result<S::Ok, S::Error> {
    serde_json::to_string(fact).map_err(ser::Error::custom)?.serialize(to)
}

pub(super) fn deserialize<'de, T: DeserializeOwned, D: Deserializer<'de>>(
    from: D,
) -> Result<T, D::Error> {
    serde_json::from_str(&String::deserialize(from)?).map_err(de::Error::custom)
}
