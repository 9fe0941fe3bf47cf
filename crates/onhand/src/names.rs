//! Names, times and reasons as options take them.

use onhand_core::{ChannelId, FeedId, Label, LocationId, ReasonCode, Sku, SupplierId, Time};
use serde_json::{Value, json};

pub fn sku(text: &str) -> Result<Sku, String> {
    Sku::new(text).map_err(|error| error.to_string())
}

pub fn location(text: &str) -> Result<LocationId, String> {
    LocationId::new(text).map_err(|error| error.to_string())
}

pub fn channel(text: &str) -> Result<ChannelId, String> {
    ChannelId::new(text).map_err(|error| error.to_string())
}

pub fn supplier(text: &str) -> Result<SupplierId, String> {
    SupplierId::new(text).map_err(|error| error.to_string())
}

pub fn feed(text: &str) -> Result<FeedId, String> {
    FeedId::new(text).map_err(|error| error.to_string())
}

pub fn label(text: &str) -> Result<Label, String> {
    Label::new(text).map_err(|error| error.to_string())
}

pub fn time(text: &str) -> Result<Time, String> {
    text.parse()
        .map_err(|_| "must be a time with an offset, such as 2026-03-03T09:00:00Z".to_owned())
}

/// The code of a reason; what is none is told all there are.
pub fn reason(text: &str) -> Result<String, String> {
    let known: Result<ReasonCode, _> = serde_json::from_value(json!(text));
    known.map(|_| text.to_owned()).map_err(|error| {
        // The list of codes is the enum's own, as its reader tells it.
        let error = error.to_string();
        let codes = error.split_once("one of ").map_or("correction", |(_, codes)| codes);
        format!("is no code of a reason; take one of {}", codes.replace('`', ""))
    })
}

/// A reason as commands carry it.
pub fn reason_of(code: &str, note: Option<&str>) -> Value {
    match note {
        Some(note) => json!({ "code": code, "note": note }),
        None => json!({ "code": code }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrong_reason_is_told_all_codes() {
        let told = reason("because").unwrap_err();
        assert!(
            told.starts_with("is no code of a reason; take one of correction, count_variance, ")
        );
        assert!(told.ends_with("data_import, other"), "{told}");
        assert_eq!(reason("recall"), Ok("recall".to_owned()));
    }
}
