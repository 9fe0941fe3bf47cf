//! Query parameters: known by name, read by type, refused otherwise.

use std::str::FromStr;

use onhand_core::{InvalidName, Time};
use onhand_wire::Invalid;

/// The parameters of one request, taken out one by one; what is left at the end is unknown.
pub(crate) struct Params {
    pairs: Vec<(String, String)>,
}

impl Params {
    pub fn new(pairs: Vec<(String, String)>) -> Params {
        Params { pairs }
    }

    /// All values of a parameter that may stand several times.
    pub fn all(&mut self, name: &str) -> Vec<String> {
        let (found, rest) =
            std::mem::take(&mut self.pairs).into_iter().partition(|(it, _)| it == name);
        self.pairs = rest;
        found.into_iter().map(|(_, value)| value).collect()
    }

    /// # Errors
    /// `duplicate_field` if it stands twice.
    pub fn text(&mut self, name: &str) -> Result<Option<String>, Invalid> {
        let mut values = self.all(name);
        match values.len() {
            0 | 1 => Ok(values.pop()),
            _ => Err(Invalid::new("duplicate_field", name, "stands twice; keep one")),
        }
    }

    /// A name such as a location's.
    ///
    /// # Errors
    /// `invalid_field` if the text is no such name.
    pub fn name<T>(
        &mut self,
        name: &str,
        read: fn(&str) -> Result<T, InvalidName>,
    ) -> Result<Option<T>, Invalid> {
        self.text(name)?.map(|it| named(name, &it, read)).transpose()
    }

    /// # Errors
    /// `invalid_field` if it is no whole number.
    pub fn number(&mut self, name: &str) -> Result<Option<u64>, Invalid> {
        self.read(name, "must be a whole number, not negative")
    }

    /// # Errors
    /// `invalid_field` unless it is true or false.
    pub fn switch(&mut self, name: &str) -> Result<bool, Invalid> {
        Ok(self.read(name, "must be true or false")?.unwrap_or(false))
    }

    /// # Errors
    /// `invalid_field` unless it is true, false or left out.
    pub fn switch_if_given(&mut self, name: &str) -> Result<Option<bool>, Invalid> {
        self.read(name, "must be true or false")
    }

    /// # Errors
    /// `invalid_field` if it is no moment.
    pub fn time(&mut self, name: &str) -> Result<Option<Time>, Invalid> {
        // An unescaped `+` arrives as a space.
        let message = "must be a time with an offset (RFC 3339), such as 2026-03-03T09:00:00Z; \
                       write + as %2B in an address";
        self.read(name, message)
    }

    fn read<T: FromStr>(&mut self, name: &str, message: &str) -> Result<Option<T>, Invalid> {
        let text = self.text(name)?;
        let read =
            |it: String| it.parse().map_err(|_| Invalid::new("invalid_field", name, message));
        text.map(read).transpose()
    }

    /// # Errors
    /// `unknown_field` if a parameter was not asked for: a misspelt one never passes silently.
    pub fn end(self) -> Result<(), Invalid> {
        match self.pairs.into_iter().next() {
            None => Ok(()),
            Some((name, _)) => {
                Err(Invalid::new("unknown_field", &name, "is no parameter of this address"))
            }
        }
    }
}

/// A name out of a text.
///
/// # Errors
/// `invalid_field` names the field.
pub(crate) fn named<T>(
    field: &str,
    text: &str,
    read: fn(&str) -> Result<T, InvalidName>,
) -> Result<T, Invalid> {
    read(text).map_err(|it| Invalid::new("invalid_field", field, it))
}
