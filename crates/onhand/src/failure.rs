//! How a command ends when it cannot do what it was asked: one sentence and an exit status.

use std::error::Error;
use std::fmt;

/// What went wrong, in a sentence that names the option, file or field and the remedy.
#[derive(Debug)]
pub struct Failure {
    message: String,
    status: u8,
}

/// What a command returns.
pub type Outcome = Result<(), Failure>;

impl Failure {
    /// Something was found wrong, or something beneath broke. Exit status 1.
    pub fn new(message: impl Into<String>) -> Failure {
        Failure { message: message.into(), status: 1 }
    }

    /// An option or a file that cannot be used. Exit status 2.
    pub fn usage(message: impl Into<String>) -> Failure {
        Failure { message: message.into(), status: 2 }
    }

    /// An error and everything beneath it, while `doing` something.
    pub fn while_doing(doing: impl fmt::Display, error: &dyn Error) -> Failure {
        Failure::new(format!("cannot {doing}: {}", whole(error)))
    }

    pub fn status(&self) -> u8 {
        self.status
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

/// An error with its causes, one after the other.
pub fn whole(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut beneath = error.source();
    while let Some(cause) = beneath {
        // Some errors repeat their cause in their own words already.
        let said = cause.to_string();
        if !text.contains(&said) {
            text.push_str(": ");
            text.push_str(&said);
        }
        beneath = cause.source();
    }
    text
}

impl From<onhand_journal::Fault> for Failure {
    fn from(fault: onhand_journal::Fault) -> Failure {
        Failure::new(whole(&fault))
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Failure {
        Failure::new(error.to_string())
    }
}

impl From<serde_json::Error> for Failure {
    fn from(error: serde_json::Error) -> Failure {
        Failure::new(format!("an answer that cannot be read: {error}"))
    }
}

impl From<onhand_core::InvalidName> for Failure {
    fn from(invalid: onhand_core::InvalidName) -> Failure {
        Failure::usage(format!("a name {invalid}"))
    }
}
