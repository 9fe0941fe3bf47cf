//! Where the log goes: standard error, plain for people or JSON for programs.

use std::io::IsTerminal;

use clap::ValueEnum;
use tracing_subscriber::EnvFilter;

use crate::failure::Failure;

/// How a log line looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// One readable line each.
    Plain,
    /// One JSON object a line.
    Json,
}

/// Begins logging. `level` is a level or a list such as `info,onhand_engine=debug`.
///
/// # Errors
/// The level cannot be read.
pub fn begin(level: &str, format: LogFormat) -> Result<(), Failure> {
    let filter = EnvFilter::builder()
        .parse(level)
        .map_err(|error| Failure::usage(format!("--log {level:?} cannot be read: {error}")))?;
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    match format {
        LogFormat::Plain => {
            let ansi = std::io::stderr().is_terminal();
            builder.with_ansi(ansi).with_target(false).init();
        }
        LogFormat::Json => builder.json().flatten_event(true).init(),
    }
    Ok(())
}
