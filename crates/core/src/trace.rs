//! The W3C trace context of the call that booked an entry, so that what follows from it can be
//! found in the same trace.

use std::fmt;

use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

/// A `traceparent` of version 00: `00-TRACE-SPAN-FLAGS`, 55 characters.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "SmolStr", into = "SmolStr")]
pub struct TraceParent(SmolStr);

/// Characters of each of its four parts.
const PARTS: [usize; 4] = [2, 32, 16, 2];

impl TraceParent {
    /// None: it is none, or says that there is no trace. Callers are to go on without it then, as
    /// the standard says.
    pub fn parse(text: &str) -> Option<TraceParent> {
        let parts: Vec<&str> = text.split('-').collect();
        let is_hex = |it: &str| it.bytes().all(|it| matches!(it, b'0'..=b'9' | b'a'..=b'f'));
        let fits = parts.iter().map(|it| it.len()).eq(PARTS) && parts.iter().all(|it| is_hex(it));
        let nothing = |it: &str| it.bytes().all(|it| it == b'0');
        let is_trace = fits && parts[0] == "00" && !nothing(parts[1]) && !nothing(parts[2]);
        is_trace.then(|| TraceParent(SmolStr::new(text)))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for TraceParent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<SmolStr> for TraceParent {
    type Error = &'static str;
    fn try_from(text: SmolStr) -> Result<TraceParent, &'static str> {
        TraceParent::parse(&text).ok_or("must be a W3C traceparent, such as 00-…-…-01")
    }
}

impl From<TraceParent> for SmolStr {
    fn from(it: TraceParent) -> SmolStr {
        it.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_trace_is_one() {
        let good = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
        assert_eq!(TraceParent::parse(good).unwrap().as_str(), good);
        for bad in [
            "",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331",
            "01-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            "00-0AF7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            "00-00000000000000000000000000000000-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
        ] {
            assert!(TraceParent::parse(bad).is_none(), "{bad}");
        }
    }
}
