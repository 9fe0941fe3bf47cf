//! The profile: how one shop's export is to be read. What was written, and what it means.

use std::fs;
use std::path::{Path, PathBuf};

use encoding_rs::Encoding;
use onhand_core::{ChannelId, Condition, Label, LedgerId, LocationId};
use serde::Deserialize;

use super::clock::Zone;
use super::reason::Reasons;
use super::rules::Rule;
use crate::failure::Failure;

/// Longest `source` in characters: it begins every idempotency key of the import.
const SOURCE_CHARS_MAX: usize = 24;

/// The profiles that come with the program, by name.
const SHIPPED: &[(&str, &str)] =
    &[("online-retail", include_str!("../../../../profiles/online-retail.toml"))];

/// How to read an export, checked as far as that is possible without the file.
#[derive(Debug)]
pub struct Profile {
    /// Which system says so: the first part of every key, so it never changes once used.
    pub source: Label,
    /// The ledger to book in unless a flag names another one.
    pub ledger: Option<LedgerId>,
    pub form: Form,
    pub columns: ColumnNames,
    pub zone: Zone,
    pub sku_case: Case,
    pub location: Place,
    pub channel: Channels,
    /// Where returned goods land.
    pub returned: Condition,
    pub opening: Opening,
    /// In order: the first that fits a line decides.
    pub rules: Vec<Rule>,
    pub reasons: Reasons,
}

/// The bytes of the file.
#[derive(Clone, Debug)]
pub struct Form {
    pub encoding: &'static Encoding,
    pub delimiter: u8,
    pub quote: Option<u8>,
    /// Whether the first line names the columns; else they are named `1`, `2`, ….
    pub header: bool,
}

/// Which column says what.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ColumnNames {
    /// The invoice or order that a line belongs to.
    pub document: String,
    pub sku: String,
    pub quantity: String,
    pub time: String,
    pub name: Option<String>,
    pub channel: Option<String>,
    /// Free text that says why stock was adjusted.
    pub reason: Option<String>,
}

/// How SKUs are made one where a shop spells them in two ways.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Case {
    #[default]
    Keep,
    Upper,
    Lower,
}

/// The location that everything is booked at.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Place {
    pub id: LocationId,
    pub name: Option<Label>,
}

/// Which channel sold a line, where the column does not say.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Channels {
    /// The channel of every line, where the file has no column for it.
    pub fixed: Option<ChannelId>,
    /// The channel of lines whose column is blank; without it they are bad lines.
    pub blank: Option<ChannelId>,
}

/// What was there before the first line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Opening {
    #[default]
    None,
    /// The least per SKU that keeps the book from going negative.
    Least,
    File(OpeningFile),
}

/// A table of SKUs and quantities, in the same form as the export.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpeningFile {
    pub path: PathBuf,
    pub sku: String,
    pub quantity: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    source: Label,
    ledger: Option<LedgerId>,
    #[serde(default)]
    file: WrittenForm,
    columns: ColumnNames,
    time: WrittenTime,
    #[serde(default)]
    sku: WrittenSku,
    location: Place,
    #[serde(default)]
    channel: Channels,
    #[serde(default)]
    returns: WrittenReturns,
    #[serde(default)]
    opening: WrittenOpening,
    #[serde(default)]
    rule: Vec<Rule>,
    #[serde(default)]
    reasons: Reasons,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct WrittenForm {
    encoding: String,
    delimiter: String,
    quote: String,
    header: bool,
}

impl Default for WrittenForm {
    fn default() -> WrittenForm {
        WrittenForm {
            encoding: "utf-8".into(),
            delimiter: ",".into(),
            quote: "\"".into(),
            header: true,
        }
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenTime {
    zone: String,
    format: Vec<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenSku {
    #[serde(default)]
    case: Case,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenReturns {
    into: Condition,
}

impl Default for WrittenReturns {
    fn default() -> WrittenReturns {
        WrittenReturns { into: Condition::QualityControl }
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenOpening {
    #[serde(default)]
    from: WrittenOpeningFrom,
    path: Option<PathBuf>,
    sku: Option<String>,
    quantity: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
enum WrittenOpeningFrom {
    #[default]
    None,
    Least,
    File,
}

impl Profile {
    /// Reads the profile file at `path`, or the shipped profile of that name if there is no file.
    ///
    /// # Errors
    /// A usage [`Failure`] naming file, line and key.
    pub fn load(path: &Path) -> Result<Profile, Failure> {
        let shipped = SHIPPED.iter().find(|(name, _)| Path::new(name) == path);
        let (text, folder) = match (fs::read_to_string(path), shipped) {
            (Ok(text), _) => (text, path.parent().unwrap_or(Path::new("")).to_owned()),
            (Err(_), Some((_, text))) => ((*text).to_owned(), PathBuf::new()),
            (Err(error), None) => {
                let known: Vec<&str> = SHIPPED.iter().map(|(name, _)| *name).collect();
                return Err(Failure::usage(format!(
                    "--profile {}: cannot be read: {error}; give a profile file, or one of the \
                     shipped profiles: {}",
                    path.display(),
                    known.join(", ")
                )));
            }
        };
        Profile::parse(&text, &folder)
            .map_err(|message| Failure::usage(format!("--profile {}: {message}", path.display())))
    }

    /// `folder`: what relative paths in the profile are relative to.
    ///
    /// # Errors
    /// A sentence naming the key, with its line where it is known.
    pub fn parse(text: &str, folder: &Path) -> Result<Profile, String> {
        let written: Written = toml::from_str(text).map_err(|it| it.to_string())?;
        let source_chars = written.source.as_str().chars().count();
        if source_chars > SOURCE_CHARS_MAX {
            return Err(format!(
                "`source` has {source_chars} characters; at most {SOURCE_CHARS_MAX} are allowed"
            ));
        }
        if written.rule.is_empty() {
            return Err("has no [[rule]]; say what makes a line an order, a return, …".into());
        }
        if written.channel.fixed.is_some() && written.columns.channel.is_some() {
            return Err("`channel.fixed` stands beside `columns.channel`; leave one out".into());
        }
        Ok(Profile {
            source: written.source,
            ledger: written.ledger,
            form: form(&written.file)?,
            columns: written.columns,
            zone: Zone::new(&written.time.zone, &written.time.format)?,
            sku_case: written.sku.case,
            location: written.location,
            channel: written.channel,
            returned: written.returns.into,
            opening: opening(written.opening, folder)?,
            rules: written.rule,
            reasons: written.reasons,
        })
    }
}

fn form(written: &WrittenForm) -> Result<Form, String> {
    let encoding = Encoding::for_label(written.encoding.as_bytes()).ok_or_else(|| {
        format!(
            "`file.encoding` {:?} is not known; such as utf-8, utf-16, gbk, big5, shift_jis, \
             windows-1252",
            written.encoding
        )
    })?;
    Ok(Form {
        encoding,
        delimiter: one_byte("file.delimiter", &written.delimiter)?
            .ok_or("`file.delimiter` must not be empty")?,
        quote: one_byte("file.quote", &written.quote)?,
        header: written.header,
    })
}

fn one_byte(key: &str, text: &str) -> Result<Option<u8>, String> {
    match text.as_bytes() {
        [] => Ok(None),
        [one] if one.is_ascii() && !b"\r\n".contains(one) => Ok(Some(*one)),
        _ => Err(format!("`{key}` {text:?} must be one ASCII character, such as \",\" or \"\\t\"")),
    }
}

fn opening(written: WrittenOpening, folder: &Path) -> Result<Opening, String> {
    let path = match (written.from, written.path) {
        (WrittenOpeningFrom::None, None) => return Ok(Opening::None),
        (WrittenOpeningFrom::Least, None) => return Ok(Opening::Least),
        (WrittenOpeningFrom::File, Some(path)) => folder.join(path),
        (WrittenOpeningFrom::File, None) => return Err("`opening.path` is missing".into()),
        (WrittenOpeningFrom::None | WrittenOpeningFrom::Least, Some(_)) => {
            return Err("`opening.path` needs `opening.from = \"file\"`".into());
        }
    };
    Ok(Opening::File(OpeningFile::new(path, written.sku, written.quantity)))
}

impl OpeningFile {
    /// The columns are called `sku` and `quantity` unless said otherwise.
    pub fn new(path: PathBuf, sku: Option<String>, quantity: Option<String>) -> OpeningFile {
        OpeningFile {
            path,
            sku: sku.unwrap_or_else(|| "sku".into()),
            quantity: quantity.unwrap_or_else(|| "quantity".into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LEAST: &str = r#"
        source = "shop"
        columns = { document = "no", sku = "sku", quantity = "qty", time = "when" }
        time = { zone = "UTC", format = ["%Y-%m-%d"] }
        location = { id = "main" }
        rule = [{ name = "sale", kind = "order" }]
    "#;

    fn refused(replace: &str, with: &str) -> String {
        let text = LEAST.replace(replace, with);
        assert_ne!(text, LEAST);
        Profile::parse(&text, Path::new("")).unwrap_err()
    }

    #[test]
    fn a_small_profile_is_enough() {
        let profile = Profile::parse(LEAST, Path::new("")).unwrap();
        assert_eq!(profile.opening, Opening::None);
        assert_eq!(profile.returned, Condition::QualityControl);
        assert_eq!(profile.form.encoding.name(), "UTF-8");
    }

    #[test]
    fn the_shipped_profiles_are_read() {
        for (name, _) in SHIPPED {
            Profile::load(Path::new(name)).unwrap();
        }
    }

    #[test]
    fn the_profile_in_the_documentation_is_read() {
        let page = include_str!("../../../../docs/import.md");
        let example = page.split("```toml\n").nth(1).and_then(|it| it.split("```").next());
        let profile = Profile::parse(example.unwrap(), Path::new("")).unwrap();
        assert_eq!(profile.rules.len(), 4);
    }

    #[test]
    fn what_is_wrong_is_named() {
        assert!(refused("sku = \"sku\"", "skew = \"sku\"").contains("skew"));
        assert!(refused("\"UTC\"", "\"Europe/Lundon\"").contains("Europe/Lundon"));
        assert!(refused("\"%Y-%m-%d\"", "\"%Y-%m-%Q\"").contains("%Y-%m-%Q"));
        assert!(refused("\"main\"", "\"a/b\"").contains("must not contain a slash"));
        assert!(refused("\"order\"", "\"ordre\"").contains("ordre"));
        assert!(
            refused("source", "file = { encoding = \"latin9000\" }\nsource").contains("latin9000")
        );
        assert!(
            refused("source", "file = { delimiter = \"||\" }\nsource").contains("file.delimiter")
        );
        assert!(refused("rule = [{ name = \"sale\", kind = \"order\" }]", "").contains("[[rule]]"));
        assert!(refused("\"shop\"", "\"a-shop-with-a-name-too-long\"").contains("at most 24"));
    }

    #[test]
    fn a_missing_profile_names_the_shipped_ones() {
        let failure = Profile::load(Path::new("no-such-profile")).unwrap_err();
        assert!(failure.to_string().contains("shipped profiles: online-retail"), "{failure}");
    }
}
