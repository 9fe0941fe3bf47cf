//! Compiles `proto/` without protoc.

use std::env::var_os;
use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};

use prost::Message;

const FILES: [&str; 5] = [
    "onhand/v1/commands.proto",
    "onhand/v1/results.proto",
    "onhand/v1/queries.proto",
    "onhand/v1/feeds.proto",
    "onhand/v1/service.proto",
];

fn main() -> Result<(), Box<dyn Error>> {
    // Asked when it runs: a build directory may be shared by several copies of the source.
    let own = var_os("CARGO_MANIFEST_DIR").ok_or("CARGO_MANIFEST_DIR is not set")?;
    let root = Path::new(&own).join("../../proto");
    println!("cargo::rerun-if-changed={}", root.display());
    let set = protox::compile(FILES, [&root])?;
    let out = PathBuf::from(var_os("OUT_DIR").ok_or("OUT_DIR is not set")?);
    fs::write(out.join("onhand.bin"), set.encode_to_vec())?;
    // Without comments: they are for callers in other languages, and not in rustdoc's form.
    tonic_prost_build::configure().disable_comments(["."]).compile_fds(set)?;
    Ok(())
}
