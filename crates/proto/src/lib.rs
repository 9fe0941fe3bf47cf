//! The contract in `proto/` as Rust types. Generated: nothing here is written by hand.

/// Messages and services of `onhand.v1`.
pub mod v1 {
    #![allow(clippy::all, missing_docs, unused_qualifications)]
    tonic::include_proto!("onhand.v1");
}

/// All files of the contract as a `google.protobuf.FileDescriptorSet`, with their comments.
pub const DESCRIPTORS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/onhand.bin"));
