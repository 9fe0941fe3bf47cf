//! From a stored block to what is folded: the chain checked, the body read.

use onhand_core::BlockBody;
use onhand_journal::{Block, Break, Bytes, Chain, Fault, Hash, Kind, Tip};

/// A block whose link to the one before was or will be checked, and its entries.
pub(crate) struct Decoded {
    pub tip: Tip,
    pub previous: Hash,
    /// None: a block without entries.
    pub body: Option<BlockBody>,
}

/// Reads `bytes` as the next block of `chain`, which moves onto it.
///
/// # Errors
/// `Halted`: not the next link, or a body this program does not understand.
pub(crate) fn decode(chain: &mut Chain, bytes: Bytes) -> Result<Decoded, Fault> {
    let block = chain.accept(bytes)?;
    let body = match block.kind {
        Kind::Entries => Some(body(&block)?),
        Kind::Genesis | Kind::Claim | Kind::Barrier => None,
    };
    Ok(Decoded { tip: block.tip(), previous: block.previous, body })
}

/// The entries and refusals of an entries block.
fn body(block: &Block) -> Result<BlockBody, Break> {
    let broken = |found: &dyn std::fmt::Display| {
        Break::new(block.height, format!("the body cannot be read: {found}"))
    };
    // Checked at once here, or else at every text in it: a sixth of the whole decoding.
    let text = str::from_utf8(block.body()).map_err(|error| broken(&error))?;
    serde_json::from_str(text).map_err(|error| broken(&error))
}
