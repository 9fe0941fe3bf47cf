//! What cannot be read: which field, why, and what to write instead.

use std::fmt::Display;

/// A request that cannot be read. Nothing was decided and nothing is remembered for its key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invalid {
    /// The stable name callers switch on.
    pub code: &'static str,
    /// Where, such as `lines[0].quantity`; empty for the body as a whole.
    pub field: String,
    /// What is wrong and what to do, for people.
    pub message: String,
    /// The line of an NDJSON body, counted from 1.
    pub line: Option<u64>,
}

/// Longest text echoed to a caller, in characters: a body may hold a text of megabytes.
const ECHO_CHARS_MAX: usize = 240;

impl Invalid {
    pub fn new(code: &'static str, field: &str, message: impl Display) -> Invalid {
        Invalid { code, field: brief(field), message: brief(&message.to_string()), line: None }
    }

    /// As [`Invalid::new`]; `rest` is not cut short, since it is ours and not the caller's.
    fn followed(code: &'static str, field: &str, message: impl Display, rest: &str) -> Invalid {
        let mut invalid = Invalid::new(code, field, message);
        invalid.message.push_str(rest);
        invalid
    }

    pub(crate) fn on_line(mut self, line: u64) -> Invalid {
        self.line = Some(line);
        self
    }

    /// The same, seen from around the field: what is wrong in `lines` is wrong in `command.lines`.
    pub fn inside(mut self, field: &str) -> Invalid {
        let rest = std::mem::take(&mut self.field);
        let joint = if rest.is_empty() || rest.starts_with('[') { "" } else { "." };
        self.field = brief(&format!("{field}{joint}{rest}"));
        self
    }

    /// From what a typed reader said of one value.
    pub(crate) fn said(path: &str, error: &serde_json::Error) -> Invalid {
        explain(path, &error.to_string())
    }

    /// The body is not JSON at all.
    pub fn not_json(error: &serde_json::Error) -> Invalid {
        Invalid::new("not_json", "", format_args!("is not JSON: {error}"))
    }

    /// From what a typed reader said of a value at `path`.
    pub(crate) fn of_field(path: &serde_path_to_error::Path, error: &serde_json::Error) -> Invalid {
        let said = error.to_string();
        let said = said.rsplit_once(" at line ").map_or(said.as_str(), |(before, _)| before);
        let path = match path.to_string() {
            it if it == "." => String::new(),
            it => it,
        };
        explain(&path, said)
    }
}

/// Puts the reader's short words into a sentence with a remedy.
fn explain(path: &str, said: &str) -> Invalid {
    if let Some(name) = quoted_after(said, "missing field ") {
        return Invalid::new("missing_field", &inside(path, name), "is missing; add it");
    }
    if let Some(name) = quoted_after(said, "duplicate field ") {
        return Invalid::new("duplicate_field", &inside(path, name), "stands twice; keep one");
    }
    if let Some(name) = quoted_after(said, "unknown field ") {
        let field = inside(path, name);
        let known = known(said).map_or("it has none".to_owned(), |it| format!("expected {it}"));
        return Invalid::followed(
            "unknown_field",
            &field,
            "is not a field of this object: ",
            &known,
        );
    }
    if let (Some(name), Some(known)) = (quoted_after(said, "unknown variant "), known(said)) {
        let message = format!("is `{name}`");
        return Invalid::followed("invalid_field", path, message, &format!("; it must be {known}"));
    }
    if let Some(rest) = said.strip_prefix("invalid type: ").or(said.strip_prefix("invalid value: "))
        && let Some((found, expected)) = rest.rsplit_once(", expected ")
    {
        let found = match found {
            "sequence" => "an array",
            "map" => "an object",
            "unit variant" => "a name alone",
            it => it,
        };
        let message = format!("is {found}; it must be {}", in_words(expected));
        return Invalid::new("invalid_field", path, message);
    }
    let said = match said {
        "expected value" => "must be a name as a string, or an object with one name as its member",
        "number out of range" => "is a number too large to read",
        it if it.contains("hex escape") => "has an escape that is no character; write it in UTF-8",
        it => it,
    };
    Invalid::new("invalid_field", path, said)
}

/// The path of a member: the reader names the key already where the key itself was refused.
fn inside(path: &str, name: &str) -> String {
    let named = path == name || path.ends_with(&format!(".{name}"));
    match (named, path.is_empty()) {
        (true, _) => path.to_owned(),
        (false, true) => name.to_owned(),
        (false, false) => format!("{path}.{name}"),
    }
}

fn quoted_after<'a>(said: &'a str, prefix: &str) -> Option<&'a str> {
    said.strip_prefix(prefix)?.strip_prefix('`')?.split_once('`').map(|(name, _)| name)
}

/// The names that a reader knows: what it says after the caller's own text, which may say anything.
fn known(said: &str) -> Option<&str> {
    said.rsplit_once(", expected ").map(|(_, known)| known)
}

fn in_words(expected: &str) -> &str {
    match expected {
        "u64" | "u8" | "u32" => "a whole number, not negative, without fraction or exponent",
        "i64" => "a whole number without fraction or exponent",
        "a sequence" => "an array",
        "a map" => "an object",
        "a boolean" => "true or false",
        "unit" => "the name alone, as a string",
        "newtype variant" => "an object with that name as its member, and its fields inside",
        it if it.starts_with("struct ") => "an object",
        it => it,
    }
}

/// Short enough to echo, and visible: invisible characters could turn a log line around.
fn brief(text: &str) -> String {
    let visible = |it: char| match it {
        it if it.is_control() => '\u{FFFD}',
        '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' => '\u{FFFD}',
        it => it,
    };
    let mut short: String = text.chars().take(ECHO_CHARS_MAX).map(visible).collect();
    if text.chars().nth(ECHO_CHARS_MAX).is_some() {
        short.push('…');
    }
    short
}
