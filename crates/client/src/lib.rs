//! A client of Onhand over gRPC: typed commands, automatic batching, retries with the same key,
//! feeds that go on where they ended.

pub use onhand_proto::v1 as proto;
