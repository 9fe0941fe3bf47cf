//! The stored format: what was once written is read for ever.

#![allow(clippy::unwrap_used)]

mod common;

use common::identity;
use onhand_journal::{Block, Bytes, Chain, Kind, genesis, seal, shards_of};
use std::path::{Path, PathBuf};

/// A genesis, a claim, entries, a barrier and entries with a large body: one block a line.
fn written() -> Vec<Block> {
    let genesis = genesis(&identity(), 4, 1_790_000_000_000_000);
    let mut tip = genesis.tip();
    let mut blocks = vec![genesis];
    let claim: &[u8] = br#"{"writer":"019a0000-0000-7000-8000-000000000001"}"#;
    let bodies: [(Kind, &[u8]); 4] = [
        (Kind::Claim, claim),
        (Kind::Entries, r#"[{"sku":"WIDGET","quantity":10,"note":"grün, 12\" × 3"}]"#.as_bytes()),
        (Kind::Barrier, b"null"),
        (Kind::Entries, br#"{"entries":[],"rejections":[]}"#),
    ];
    for (place, (kind, body)) in bodies.into_iter().enumerate() {
        let time_us = 1_790_000_000_000_000 + 1_000 * place as u64;
        let block = seal(&identity(), &tip, 2, time_us, kind, body);
        tip = block.tip();
        blocks.push(block);
    }
    blocks
}

fn golden(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name)
}

#[test]
fn format_1_is_read_for_ever() {
    let stored = std::fs::read(golden("block-v1.json")).unwrap();
    let mut chain = Chain::new(identity());
    let blocks: Vec<Block> = stored
        .split(|byte| *byte == b'\n')
        .filter(|line| !line.is_empty())
        .map(|line| chain.accept(Bytes::copy_from_slice(line)).unwrap())
        .collect();
    assert_eq!(blocks, written());
    assert_eq!(shards_of(&blocks[0]).unwrap(), 4);
    assert_eq!(
        chain.tip.hash.to_string(),
        "566d45df5ad9f70f809164327a357c6b518ffdef9616a40408ad0b4004e948bb"
    );
}

#[test]
fn a_format_to_come_is_refused_by_name() {
    let block = &written()[0];
    let text = String::from_utf8(block.bytes.to_vec()).unwrap().replace("format\":1", "format\":2");
    let broken = onhand_journal::parse(Bytes::from(text)).unwrap_err();
    assert_eq!(broken.reason, "format 2; this program reads format 1");
}
