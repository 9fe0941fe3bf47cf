//! What a setting may be, read from text and shown as text.

use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;

/// What a setting takes: said in errors and in the documentation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Number { unit: &'static str, min: u64, max: u64 },
    Switch,
    Text(&'static str),
}

impl Kind {
    /// Whether TOML writes it in quotes.
    pub fn is_quoted(&self) -> bool {
        matches!(self, Kind::Text(_))
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Kind::Number { unit, min, max } => {
                write!(f, "A whole number of {unit}, {min} to {max}")
            }
            Kind::Switch => write!(f, "true or false"),
            Kind::Text(what) => write!(f, "A text: {what}"),
        }
    }
}

pub(super) trait Value: Sized {
    fn read(text: &str, kind: Kind) -> Option<Self>;
    fn show(&self) -> String;
}

impl Value for u64 {
    fn read(text: &str, kind: Kind) -> Option<u64> {
        let number = text.parse().ok()?;
        match kind {
            Kind::Number { min, max, .. } => (min..=max).contains(&number).then_some(number),
            Kind::Switch | Kind::Text(_) => Some(number),
        }
    }
    fn show(&self) -> String {
        self.to_string()
    }
}

impl Value for bool {
    fn read(text: &str, _: Kind) -> Option<bool> {
        text.parse().ok()
    }
    fn show(&self) -> String {
        self.to_string()
    }
}

impl Value for String {
    fn read(text: &str, _: Kind) -> Option<String> {
        Some(text.to_owned())
    }
    fn show(&self) -> String {
        self.clone()
    }
}

impl Value for PathBuf {
    fn read(text: &str, _: Kind) -> Option<PathBuf> {
        Some(PathBuf::from(text))
    }
    fn show(&self) -> String {
        self.display().to_string()
    }
}

impl Value for SocketAddr {
    fn read(text: &str, _: Kind) -> Option<SocketAddr> {
        text.parse().ok()
    }
    fn show(&self) -> String {
        self.to_string()
    }
}

macro_rules! choice {
    ($(#[$doc:meta])* $name:ident { $($variant:ident = $text:literal),* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum $name { $($variant),* }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(match self { $($name::$variant => $text),* })
            }
        }
        impl Value for $name {
            fn read(text: &str, _: Kind) -> Option<$name> {
                match text { $($text => Some($name::$variant),)* _ => None }
            }
            fn show(&self) -> String {
                self.to_string()
            }
        }
    };
}

choice!(/** Where blocks are kept. */ JournalKind { Embedded = "embedded", Jetstream = "jetstream" });
choice!(/** Which NATS servers are good enough. */ Durability { Strict = "strict", Relaxed = "relaxed" });
