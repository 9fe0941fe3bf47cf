//! Reading a shard's journal block by block, with the chain checked on the way.

use std::ops::ControlFlow;
use std::time::Duration;

use indicatif::ProgressBar;
use onhand_core::BlockBody;
use onhand_journal::{Block, Chain, Identity, Kind, Reader, Tip};

use crate::failure::{Failure, whole};

/// Bytes asked for at once.
const READ_BYTES: usize = 16 << 20;

/// Reads from the first block on and calls `visit` with every block, and with its body if it holds
/// entries, until it breaks or the journal ends. Returns the last block's tip.
///
/// # Errors
/// The journal cannot be read, the chain is broken (the message says at which height), or a body
/// cannot be read.
pub fn walk(
    reader: &mut dyn Reader,
    identity: Identity,
    bar: &ProgressBar,
    visit: &mut dyn FnMut(&Block, Option<BlockBody>) -> ControlFlow<()>,
) -> Result<Tip, Failure> {
    let mut chain = Chain::new(identity);
    loop {
        let blocks = reader.read_from(chain.tip.height + 1, READ_BYTES, Duration::ZERO)?;
        if blocks.is_empty() {
            return Ok(chain.tip);
        }
        for bytes in blocks {
            let block = chain.accept(bytes).map_err(|it| Failure::new(whole(&it)))?;
            bar.set_position(block.height);
            if visit(&block, body(&block)?).is_break() {
                return Ok(chain.tip);
            }
        }
    }
}

/// The entries of a block. None: it is the journal's own, without any.
///
/// # Errors
/// The body is not what was ever written.
pub fn body(block: &Block) -> Result<Option<BlockBody>, Failure> {
    match block.kind {
        Kind::Genesis | Kind::Claim | Kind::Barrier => Ok(None),
        Kind::Entries => serde_json::from_slice(block.body()).map(Some).map_err(|error| {
            Failure::new(format!("the entries of block {} cannot be read: {error}", block.height))
        }),
    }
}
