//! Any bytes as an X12 interchange.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| onhand_fuzz::try_out(bytes, "format = \"x12\""));
