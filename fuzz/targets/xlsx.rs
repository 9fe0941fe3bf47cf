//! Any bytes as a workbook.
#![no_main]

libfuzzer_sys::fuzz_target!(
    // Panics of the library beneath are caught by the reader; libFuzzer's hook would stop at them.
    init: drop(std::panic::take_hook()),
    |bytes: &[u8]| onhand_fuzz::try_out(bytes, "format = \"xlsx\"")
);
