//! Any bytes as delimited, fixed or JSON text; the first byte chooses how.
#![no_main]

const FIXED: &str = "format = \"fixed\"\ncolumns = { code = { start = 1, length = 4 }, \
                     quantity = { start = 5, length = 3 } }";

const PROFILES: [&str; 6] = [
    "",
    "format = \"json\"",
    FIXED,
    "encoding = \"gbk\"",
    "encoding = \"utf-16le\"\nthousands = \".\"",
    "format = \"tsv\"\nheader = false\ncolumns = { code = 1, quantity = 2 }\nquote = \"\"",
];

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    if let Some((first, rest)) = bytes.split_first() {
        onhand_fuzz::try_out(rest, PROFILES[usize::from(*first) % PROFILES.len()]);
    }
});
