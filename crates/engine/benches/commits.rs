//! Commands per second of one engine in process.
fn main() {}
