//! Any bytes as an EDIFACT interchange.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| onhand_fuzz::try_out(bytes, "format = \"edifact\""));
