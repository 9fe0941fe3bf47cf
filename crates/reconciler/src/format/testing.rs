//! Files in, lines or complaints out: how the formats are tested.

use std::io::Cursor;

use expect_test::Expect;

use super::*;

/// What comes of a file: its lines, then its header; or what is wrong with it.
pub fn check(profile: &str, bytes: &[u8]) -> String {
    let profile = Profile::parse(profile).unwrap();
    let mut said = String::new();
    let mut sink = |line: Line| {
        let Line { line: number, code, quantity, pack, next_restock_at, description, gtin } = line;
        said += &format!("{number}: {code} ");
        said += &quantity.map_or("?".into(), |it| it.to_string());
        said += &pack.map_or(String::new(), |it| format!(" x{it}"));
        said += &next_restock_at.map_or(String::new(), |it| format!(" from {it}"));
        said += &description.map_or(String::new(), |it| format!(" {it:?}"));
        said += &gtin.map_or(String::new(), |it| format!(" gtin {it}"));
        said += "\n";
    };
    match read(&mut Cursor::new(bytes), &profile, &mut sink) {
        Ok(Reading { header, lines, skipped }) => {
            said += &format!("{lines} lines, {skipped} skipped");
            said += &header.snapshot.map_or(String::new(), |it| format!(", snapshot {it}"));
            said += &header.as_of.map_or(String::new(), |it| format!(", as of {it}"));
            said += &header.complete.map_or(String::new(), |it| format!(", complete {it}"));
            said += &header.basis.map_or(String::new(), |it| format!(", {it:?}"));
            let seen = header.orders_seen_through;
            said += &seen.map_or(String::new(), |it| format!(", orders through {it}"));
            said
        }
        Err(complaints) => complaints.to_string(),
    }
}

#[track_caller]
pub fn says(profile: &str, text: &str, said: Expect) {
    said.assert_eq(&check(profile, text.as_bytes()));
}

#[track_caller]
pub fn says_of(profile: &str, bytes: &[u8], said: Expect) {
    said.assert_eq(&check(profile, bytes));
}
