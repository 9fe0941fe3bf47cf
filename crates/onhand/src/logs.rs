//! Where the log goes: standard error, plain for people or JSON for programs.

use std::io::IsTerminal;

use clap::ValueEnum;
use tracing::Subscriber;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer, fmt};

use crate::failure::Failure;

/// How a log line looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// One readable line each.
    Plain,
    /// One JSON object a line.
    Json,
}

/// What is to live as long as the program logs.
pub struct Logging {
    #[cfg(feature = "otlp")]
    _export: Option<crate::otlp::Export>,
}

/// Begins logging. `level` is a level or a list such as `info,onhand_engine=debug`; spans go to the
/// collector at `otlp_url`, if there is one.
///
/// # Errors
/// The level or the address cannot be read, or this build exports no spans.
pub fn begin(level: &str, format: LogFormat, otlp_url: &str) -> Result<Logging, Failure> {
    let filter = EnvFilter::builder()
        .parse(level)
        .map_err(|error| Failure::usage(format!("--log {level:?} cannot be read: {error}")))?;
    let lines = fmt::layer().with_writer(std::io::stderr);
    let lines = match format {
        LogFormat::Plain => {
            let ansi = std::io::stderr().is_terminal();
            lines.with_ansi(ansi).with_target(false).boxed()
        }
        LogFormat::Json => lines.json().flatten_event(true).boxed(),
    };
    let registry = tracing_subscriber::registry().with(lines.with_filter(filter));
    export(registry, otlp_url)
}

#[cfg(feature = "otlp")]
fn export<S>(registry: S, url: &str) -> Result<Logging, Failure>
where
    S: Subscriber + for<'span> LookupSpan<'span> + Send + Sync,
{
    if url.is_empty() {
        registry.init();
        return Ok(Logging { _export: None });
    }
    let (export, layer) = crate::otlp::begin(url)?;
    registry.with(layer).init();
    Ok(Logging { _export: Some(export) })
}

#[cfg(not(feature = "otlp"))]
fn export<S>(registry: S, url: &str) -> Result<Logging, Failure>
where
    S: Subscriber + for<'span> LookupSpan<'span> + Send + Sync,
{
    if !url.is_empty() {
        let message = "trace.otlp_url is set, and this build exports no spans: leave it empty, or \
                       build with --features otlp";
        return Err(Failure::usage(message.to_owned()));
    }
    registry.init();
    Ok(Logging {})
}
