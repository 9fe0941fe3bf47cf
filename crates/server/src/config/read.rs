//! Reading settings from a file and from the environment; every refusal says where and why.

use std::path::Path;

use toml::de::{DeTable, DeValue};

use super::settings::{Config, SETTINGS};

/// A setting that cannot be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{place}: {message}")]
pub struct ConfigError {
    /// The file and line, the variable or the flag.
    pub place: String,
    pub message: String,
}

/// Sets one setting by its name; `place` says where that was asked for.
pub(super) fn set(
    config: &mut Config,
    name: &str,
    text: &str,
    place: impl Fn() -> String,
) -> Result<(), ConfigError> {
    let Some(setting) = SETTINGS.iter().find(|it| it.name() == name) else {
        return Err(ConfigError { place: place(), message: unknown(name) });
    };
    match (setting.set)(config, text) {
        true => Ok(()),
        false => {
            let message = format!("{name} cannot be {text:?}. {}", setting.kind);
            Err(ConfigError { place: place(), message })
        }
    }
}

fn unknown(name: &str) -> String {
    let near = |it: &&super::Setting| name.contains(it.key()) || it.name().contains(name);
    match SETTINGS.iter().find(near) {
        Some(setting) => format!("{name} is no setting; did you mean {}?", setting.name()),
        None => format!("{name} is no setting; `onhand serve --help` lists them"),
    }
}

/// Sets what a TOML file says.
pub(super) fn file(config: &mut Config, path: &Path) -> Result<(), ConfigError> {
    let shown = path.display();
    let wrong = |place: String, message: String| ConfigError { place, message };
    let text = std::fs::read_to_string(path)
        .map_err(|error| wrong(shown.to_string(), format!("cannot be read: {error}")))?;
    let line = |at: usize| {
        text.as_bytes()[..at.min(text.len())].iter().filter(|it| **it == b'\n').count() + 1
    };
    let at_line = |at: usize| format!("{shown}, line {}", line(at));
    let table = DeTable::parse(&text).map_err(|error| {
        let place = error.span().map_or_else(|| shown.to_string(), |it| at_line(it.start));
        wrong(place, error.message().to_owned())
    })?;
    for (section, entries) in table.get_ref() {
        let DeValue::Table(entries) = entries.get_ref() else {
            let message = format!("{} must stand in a section such as [http]", section.get_ref());
            return Err(wrong(at_line(section.span().start), message));
        };
        for (key, value) in entries {
            let place = || at_line(key.span().start);
            let name = format!("{}.{}", section.get_ref(), key.get_ref());
            let Some(text) = scalar(value.get_ref()) else {
                return Err(wrong(place(), format!("{name} must be one value")));
            };
            set(config, &name, &text, place)?;
        }
    }
    Ok(())
}

fn scalar(value: &DeValue<'_>) -> Option<String> {
    match value {
        DeValue::String(text) => Some(text.to_string()),
        // TOML allows 65_536.
        DeValue::Integer(number) if number.radix() == 10 => Some(number.as_str().replace('_', "")),
        DeValue::Boolean(it) => Some(it.to_string()),
        DeValue::Integer(_)
        | DeValue::Float(_)
        | DeValue::Datetime(_)
        | DeValue::Array(_)
        | DeValue::Table(_) => None,
    }
}

/// Variables of ours that are no settings.
const OTHER_VARIABLES: &[&str] = &["ONHAND_CONFIG", "ONHAND_LOG", "ONHAND_NATS_SERVER"];

/// Sets what the variables `ONHAND_…` say; one that is no setting is refused, not ignored.
pub(super) fn environment(
    config: &mut Config,
    variables: impl IntoIterator<Item = (String, String)>,
) -> Result<(), ConfigError> {
    for (variable, text) in variables {
        if !variable.starts_with("ONHAND_") || OTHER_VARIABLES.contains(&variable.as_str()) {
            continue;
        }
        let place = || format!("environment variable {variable}");
        let Some(setting) = SETTINGS.iter().find(|it| it.variable() == variable) else {
            let message = "is no setting; `onhand serve --help` lists them".to_owned();
            return Err(ConfigError { place: place(), message });
        };
        set(config, &setting.name(), &text, place)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::settings_reference;
    use super::*;

    fn said(text: &str, variables: &[(&str, &str)], flags: &[(&str, &str)]) -> String {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("onhand.toml");
        std::fs::write(&path, text).unwrap();
        let pairs = |it: &[(&str, &str)]| -> Vec<(String, String)> {
            it.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect()
        };
        match Config::load(Some(&path), pairs(variables), &pairs(flags)) {
            Ok(config) => format!("{} {}", config.http_listen, config.engine_mailbox_batches),
            Err(error) => {
                error.to_string().replace(&format!("{}/", directory.path().display()), "")
            }
        }
    }

    #[test]
    fn flags_win_over_the_environment_over_the_file() {
        let file = "[http]\nlisten = \"127.0.0.1:1\"\n[engine]\nmailbox_batches = 1_0\n";
        assert_eq!(said(file, &[], &[]), "127.0.0.1:1 10");
        let variable = ("ONHAND_HTTP_LISTEN", "127.0.0.1:2");
        assert_eq!(said(file, &[variable, ("PATH", "/")], &[]), "127.0.0.1:2 10");
        assert_eq!(said(file, &[variable], &[("http.listen", "127.0.0.1:3")]), "127.0.0.1:3 10");
    }

    #[test]
    fn a_wrong_setting_is_refused_by_name_and_place() {
        let check = |text: &str, expected: &str| assert_eq!(said(text, &[], &[]), expected);
        check(
            "[http]\n\nlissten = 1\n",
            "onhand.toml, line 3: http.lissten is no setting; `onhand serve --help` lists them",
        );
        check(
            "[engine]\nmailbox_batches = 0\n",
            "onhand.toml, line 2: engine.mailbox_batches cannot be \"0\". A whole number of batches, 1 to 1000000",
        );
        check("[http]\nlisten = [1]\n", "onhand.toml, line 2: http.listen must be one value");
        check(
            "[http]\nlisten = \"nowhere\"\n",
            "onhand.toml, line 2: http.listen cannot be \"nowhere\". A text: an address with its port, such as 127.0.0.1:7070",
        );
        check("listen = 1\n", "onhand.toml, line 1: listen must stand in a section such as [http]");
        check(
            "[http]\nlisten = \"0.0.0.0:1\"\n",
            "http.listen: is not a loopback address, and nothing authenticates callers yet; set http.allow_remote = true if the network is trusted",
        );
        assert!(said("[http\n", &[], &[]).starts_with("onhand.toml, line 1: "));
        assert!(
            said("", &[("ONHAND_HTTP_PORT", "1")], &[])
                .starts_with("environment variable ONHAND_HTTP_PORT: is no setting")
        );
        assert!(
            said("", &[], &[("http.listen", "x")])
                .starts_with("on the command line: http.listen: ")
        );
    }

    #[test]
    fn the_reference_reads_as_the_defaults() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("onhand.toml");
        std::fs::write(&path, settings_reference()).unwrap();
        assert_eq!(Config::load(Some(&path), [], &[]).unwrap(), Config::default());
    }
}
