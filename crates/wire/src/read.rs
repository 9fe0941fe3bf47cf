//! Bodies that are no commands: one JSON object, read into a type of the reader's.

use serde::de::DeserializeOwned;
use serde_json::error::Category;

use crate::Invalid;
use crate::request::text;

/// The object that a body holds.
///
/// # Errors
/// `not_utf8`, `not_json`, or the field that cannot be read, by its path.
pub fn read_json<T: DeserializeOwned>(body: &[u8]) -> Result<T, Invalid> {
    let mut reader = serde_json::Deserializer::from_str(text(body)?);
    let read = serde_path_to_error::deserialize(&mut reader).map_err(|error| {
        match error.inner().classify() {
            Category::Data => Invalid::of_field(error.path(), error.inner()),
            Category::Io | Category::Syntax | Category::Eof => Invalid::not_json(error.inner()),
        }
    })?;
    reader.end().map_err(|error| Invalid::not_json(&error))?;
    Ok(read)
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Body {
        _name: String,
    }

    #[test]
    fn what_cannot_be_read_is_told_by_its_field() {
        let told = |body: &str| {
            let invalid = read_json::<Body>(body.as_bytes()).map(|_| ()).unwrap_err();
            (invalid.code, invalid.field)
        };
        assert_eq!(told("{"), ("not_json", String::new()));
        assert_eq!(told("{}"), ("missing_field", "_name".to_owned()));
        assert_eq!(told(r#"{"_name":1}"#), ("invalid_field", "_name".to_owned()));
        assert_eq!(told(r#"{"_name":"a","b":1}"#), ("unknown_field", "b".to_owned()));
        assert_eq!(told(r#"{"_name":"a"} {}"#), ("not_json", String::new()));
    }
}
