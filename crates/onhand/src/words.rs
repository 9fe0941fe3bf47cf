//! Values of the HTTP door as words for people.

use serde_json::Value;

/// A value without the marks of JSON: `units 2, percent 5`.
pub fn plain(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Array(all) => all.iter().map(plain).collect::<Vec<_>>().join(", "),
        Value::Object(members) => {
            let members = members.iter().map(|(name, it)| format!("{name} {}", plain(it)));
            members.collect::<Vec<_>>().join(", ")
        }
        Value::Bool(_) | Value::Number(_) => value.to_string(),
    }
}

/// What a rule is about: `category cups, channel web`.
pub fn scope(scope: &Value) -> String {
    let halves = [
        ("item", &scope["sku"]),
        ("category", &scope["category"]),
        ("channel", &scope["channel"]),
        ("location", &scope["location"]),
        ("supplier", &scope["supplier"]),
    ];
    let named = halves.iter().filter(|(_, it)| !it.is_null());
    let named: Vec<String> = named.map(|(what, it)| format!("{what} {}", plain(it))).collect();
    match named.is_empty() {
        true => "the whole ledger".to_owned(),
        false => named.join(", "),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn values_become_words() {
        assert_eq!(plain(&json!({"limit": 20, "ratio": 105})), "limit 20, ratio 105");
        assert_eq!(plain(&json!(["leeds", "rotterdam"])), "leeds, rotterdam");
        assert_eq!(
            scope(&json!({"category": "cups", "channel": "web"})),
            "category cups, channel web"
        );
        assert_eq!(scope(&json!({})), "the whole ledger");
    }
}
