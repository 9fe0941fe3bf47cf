//! Times of an export: local texts in one zone, turned into moments.

use onhand_core::Time;
use onhand_reconciler::format;

/// How times are written, and where.
#[derive(Debug)]
pub struct Zone {
    zone: format::Zone,
    moments: format::Moments,
}

impl Zone {
    /// `zone`: an IANA name such as `Asia/Shanghai`. `formats`: tried in order; strftime patterns,
    /// or `rfc3339`, `unix`, `unix_ms`.
    ///
    /// # Errors
    /// A sentence naming the key.
    pub fn new(zone: &str, formats: &[String]) -> Result<Zone, String> {
        let zone = format::Zone::named(zone).ok_or_else(|| {
            format!("`time.zone` {zone:?} is not known; such as UTC, Europe/London, Asia/Shanghai")
        })?;
        if formats.is_empty() {
            return Err("`time.format` must name at least one format".into());
        }
        let moments = format::Moments::new(formats).map_err(|it| format!("`time.format` {it}"))?;
        Ok(Zone { zone, moments })
    }

    /// The moment that `text` names.
    ///
    /// # Errors
    /// A sentence that completes "column …".
    pub fn read(&self, text: &str) -> Result<Time, String> {
        self.moments.read(text, Some(&self.zone)).map_err(|it| it.to_string())
    }
}
