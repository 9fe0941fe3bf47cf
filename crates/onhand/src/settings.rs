//! The options that every command shares: where the installation is, and how it is set up.

use std::path::PathBuf;

use clap::Args;
use onhand_core::LedgerId;
use onhand_server::Config;

use crate::failure::{Failure, whole};

/// Which installation, and with which settings.
#[derive(Clone, Debug, Default, Args)]
pub struct Installed {
    /// Directory of the installation [setting: data.dir, default: onhand-data]
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// TOML file with settings; `onhand serve --help` lists them all
    #[arg(long, value_name = "FILE", env = "ONHAND_CONFIG")]
    pub config: Option<PathBuf>,
    /// The NATS servers of a jetstream journal, such as nats://127.0.0.1:4222 [setting: journal.url]
    #[arg(long, value_name = "URL")]
    pub url: Option<String>,
    /// Where those servers show their settings, such as http://127.0.0.1:8222
    /// [setting: journal.monitor_url]
    #[arg(long, value_name = "URL")]
    pub monitor: Option<String>,
    /// One setting, over the file and the environment; may be given several times
    #[arg(long = "set", value_name = "NAME=VALUE")]
    pub set: Vec<String>,
}

impl Installed {
    /// The settings: of the file, the environment over it, then `--set`, `--data` and `flags`.
    ///
    /// # Errors
    /// A setting cannot be read; says which and where.
    pub fn load(&self, flags: &[(&str, String)]) -> Result<Config, Failure> {
        let mut pairs = Vec::new();
        for text in &self.set {
            let Some((name, value)) = text.split_once('=') else {
                let message = format!("--set {text:?} has no `=`; write it as NAME=VALUE");
                return Err(Failure::usage(message));
            };
            pairs.push((name.trim().to_owned(), value.trim().to_owned()));
        }
        if let Some(data) = &self.data {
            pairs.push(("data.dir".to_owned(), data.display().to_string()));
        }
        for (name, value) in [("journal.url", &self.url), ("journal.monitor_url", &self.monitor)] {
            pairs.extend(value.iter().map(|it| (name.to_owned(), it.clone())));
        }
        pairs.extend(flags.iter().map(|(name, value)| ((*name).to_owned(), value.clone())));
        // A variable that is not Unicode cannot be a setting of ours.
        let environment = std::env::vars_os().filter_map(|(name, value)| {
            Some((name.into_string().ok()?, value.into_string().ok()?))
        });
        Config::load(self.config.as_deref(), environment, &pairs)
            .map_err(|error| Failure::usage(whole(&error)))
    }
}

/// Which ledger.
#[derive(Clone, Debug, Args)]
pub struct Which {
    /// The ledger; may be left out where there is only one
    #[arg(long, value_name = "NAME", value_parser = ledger)]
    pub ledger: Option<LedgerId>,
}

fn ledger(text: &str) -> Result<LedgerId, String> {
    LedgerId::new(text).map_err(|error| error.to_string())
}

impl Which {
    /// The ledger that was named, or the only one there is.
    ///
    /// # Errors
    /// None or several are there and none was named.
    pub fn among(&self, there: &[LedgerId]) -> Result<LedgerId, Failure> {
        match (&self.ledger, there) {
            (Some(named), _) if there.contains(named) => Ok(named.clone()),
            (Some(named), _) => {
                Err(Failure::usage(format!("there is no ledger {named}; {}", told(there))))
            }
            (None, [only]) => Ok(only.clone()),
            (None, _) => Err(Failure::usage(format!("name one with --ledger; {}", told(there)))),
        }
    }
}

/// Ledgers listed in a message.
const LISTED_MAX: usize = 10;

fn told(there: &[LedgerId]) -> String {
    let names: Vec<&str> = there.iter().take(LISTED_MAX).map(LedgerId::as_str).collect();
    match there.len() {
        0 => "nothing has been booked yet".to_owned(),
        count if count > LISTED_MAX => {
            format!("there are {count}, among them {}", names.join(", "))
        }
        _ => format!("there are {}", names.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_only_ledger_needs_no_name() {
        let name = |it: &str| LedgerId::new(it).unwrap();
        let which = |it: Option<&str>| Which { ledger: it.map(name) };
        let chosen = |it: Option<&str>, there: &[&str]| {
            let there: Vec<LedgerId> = there.iter().map(|it| name(it)).collect();
            match which(it).among(&there) {
                Ok(ledger) => ledger.to_string(),
                Err(failure) => failure.to_string(),
            }
        };
        assert_eq!(chosen(None, &["a"]), "a");
        assert_eq!(chosen(Some("b"), &["a", "b"]), "b");
        assert_eq!(chosen(None, &["a", "b"]), "name one with --ledger; there are a, b");
        assert_eq!(chosen(Some("c"), &[]), "there is no ledger c; nothing has been booked yet");
    }
}
