//! What must hold of any bytes that are read as a supplier's file.

use std::io::Cursor;

use onhand_reconciler::format::{self, Profile};

/// No stock is larger.
const QUANTITY_MAX: u64 = 1_000_000_000_000;

/// Reads the bytes by a profile in TOML.
pub fn try_out(bytes: &[u8], profile: &str) {
    let Ok(profile) = Profile::parse(profile) else { return };
    let mut lines = 0;
    let read = format::read(&mut Cursor::new(bytes), &profile, &mut |line| {
        lines += 1;
        assert!(!line.code.is_empty() && line.quantity.is_none_or(|it| it <= QUANTITY_MAX));
    });
    match read {
        Ok(reading) => assert_eq!(reading.lines, lines),
        Err(complaints) => assert!(!complaints.is_empty()),
    }
}
