//! Settings: a TOML file, the environment over it, flags over that. One table drives them all.

mod read;
mod settings;
mod value;

use std::path::{Path, PathBuf};

pub use read::ConfigError;
pub use settings::{Config, SETTINGS, Setting};
pub use value::{Durability, JournalKind, Kind};

impl Config {
    /// Settings from `file`, then from the variables `ONHAND_SECTION_KEY` among `environment`,
    /// then from `flags`, pairs such as `("http.listen", "127.0.0.1:8080")`.
    ///
    /// # Errors
    /// [`ConfigError`] names the setting, where it was set, and what it takes.
    pub fn load(
        file: Option<&Path>,
        environment: impl IntoIterator<Item = (String, String)>,
        flags: &[(String, String)],
    ) -> Result<Config, ConfigError> {
        let mut config = Config::default();
        if let Some(path) = file {
            read::file(&mut config, path)?;
        }
        read::environment(&mut config, environment)?;
        for (name, text) in flags {
            read::set(&mut config, name, text, || format!("on the command line: {name}"))?;
        }
        config.check()?;
        Ok(config)
    }

    /// What no single setting can tell.
    fn check(&self) -> Result<(), ConfigError> {
        let wrong = |name: &str, message: &str| {
            Err(ConfigError { place: name.to_owned(), message: message.to_owned() })
        };
        if self.journal_kind == JournalKind::Jetstream && self.journal_url.is_empty() {
            return wrong(
                "journal.url",
                "is needed with journal.kind = \"jetstream\"; name a NATS server, such as nats://127.0.0.1:4222",
            );
        }
        if !self.http_listen.ip().is_loopback() && !self.http_allow_remote {
            return wrong(
                "http.listen",
                "is not a loopback address, and nothing authenticates callers yet; set http.allow_remote = true if the network is trusted",
            );
        }
        if !matches!(self.journal_replicas, 1 | 3) {
            return wrong("journal.replicas", "must be 1 or 3");
        }
        Ok(())
    }

    /// The file in the data directory that says where a running server listens.
    pub fn serving_file(&self) -> PathBuf {
        self.data_dir.join("serving.json")
    }
}

/// All settings with their defaults, as one commented TOML document.
pub fn settings_reference() -> String {
    let defaults = Config::default();
    let mut text = String::new();
    let mut section = "";
    for setting in SETTINGS {
        if setting.section() != section {
            section = setting.section();
            let gap = if text.is_empty() { "" } else { "\n" };
            text.push_str(&format!("{gap}[{section}]\n"));
        }
        text.push_str(&format!("# {}\n", setting.doc));
        text.push_str(&format!("# {}. Environment: {}\n", setting.kind, setting.variable()));
        let shown = (setting.show)(&defaults);
        let quoted = if setting.kind.is_quoted() { format!("\"{shown}\"") } else { shown };
        text.push_str(&format!("{} = {quoted}\n", setting.key()));
    }
    text
}
