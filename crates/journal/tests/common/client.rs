//! A client of the protocol as plain as can be: it replays, claims, appends numbered bodies and
//! keeps the books about what it was told. Whoever reads the journal afterwards can hold it to that.

use super::{entries, identity};
use onhand_journal::{
    Block, Bytes, Chain, ClaimError, Fault, HighWater, Journal, Kind, Patience, Writer,
};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

/// What a caller was told about a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Told {
    /// Stored at this height.
    Stored(u64),
    /// Not stored, now or ever.
    NotStored,
    /// Nobody knows.
    Unknown,
}

/// Where journals and marks of one client come from.
pub struct Client {
    pub open: Box<dyn FnMut() -> Result<Box<dyn Journal>, Fault> + Send>,
    /// The client's own high-water mark.
    pub mark: PathBuf,
    pub patience: Patience,
    writer: Option<Writer>,
    pub told: BTreeMap<u64, Told>,
    /// Every block handed out as final.
    pub finals: Vec<Block>,
}

impl Client {
    pub fn new(
        open: impl FnMut() -> Result<Box<dyn Journal>, Fault> + Send + 'static,
        mark: PathBuf,
        patience: Patience,
    ) -> Client {
        let (told, finals) = (BTreeMap::new(), Vec::new());
        Client { open: Box::new(open), mark, patience, writer: None, told, finals }
    }

    /// As after a crash: everything but the mark is gone.
    pub fn crash(&mut self) {
        self.writer = None;
    }

    /// Replays and claims if there is no writer.
    pub fn ready(&mut self) -> Result<&mut Writer, Fault> {
        if self.writer.is_none() {
            self.writer = Some(self.claim()?);
        }
        Ok(self.writer.as_mut().unwrap())
    }

    fn claim(&mut self) -> Result<Writer, Fault> {
        let mut chain = Chain::new(identity());
        for _ in 0..100 {
            let journal = (self.open)()?;
            replay(&*journal, &mut chain)?;
            let mark = HighWater::open(&self.mark)?;
            match Writer::claim_with(journal, identity(), chain.tip, mark, 0, self.patience) {
                Ok(writer) => return Ok(writer),
                Err(ClaimError::Behind { .. }) => {}
                Err(ClaimError::Fault(fault)) => return Err(fault),
            }
        }
        Err(Fault::Unavailable("claimed in vain".to_string()))
    }

    /// Appends the body with `number` once and notes what came of it.
    pub fn append(&mut self, number: u64) -> Result<(), Fault> {
        let result = self.ready().and_then(|writer| writer.append(0, &entries(number)));
        let (told, result) = match result {
            Ok(blocks) => {
                let last = blocks.last().unwrap();
                assert_eq!((last.kind, last.body()), (Kind::Entries, &entries(number)[..]));
                let told = Told::Stored(last.height);
                self.finals.extend(blocks);
                (told, Ok(()))
            }
            Err(fault) => {
                let claimed = self.writer.take().is_some();
                let told = match claimed && !fault.nothing_stored() {
                    true => Told::Unknown,
                    false => Told::NotStored,
                };
                (told, Err(fault))
            }
        };
        assert_eq!(self.told.insert(number, told), None);
        result
    }
}

/// Reads on from the chain's tip until nothing more is there.
pub fn replay(journal: &dyn Journal, chain: &mut Chain) -> Result<(), Fault> {
    let mut reader = journal.reader()?;
    loop {
        let blocks = reader.read_from(chain.tip.height + 1, 1 << 20, Duration::ZERO)?;
        if blocks.is_empty() {
            return Ok(());
        }
        for bytes in blocks {
            chain.accept(bytes)?;
        }
    }
}

/// Holds a whole journal against what its clients were told: nothing acknowledged is lost, nothing
/// is doubled, nothing called failed turns up, and acknowledged bodies lie in their order.
pub fn audit(stored: &[Bytes], clients: &[&Client]) {
    let mut chain = Chain::new(identity());
    let blocks: Vec<Block> =
        stored.iter().map(|bytes| chain.accept(bytes.clone()).unwrap()).collect();
    let mut places: BTreeMap<Vec<u8>, u64> = BTreeMap::new();
    for block in blocks.iter().filter(|block| block.kind == Kind::Entries) {
        let doubled = places.insert(block.body().to_vec(), block.height);
        assert_eq!(doubled, None, "{:?} is stored twice", block.body_bytes());
    }
    for client in clients {
        for final_block in &client.finals {
            assert_eq!(blocks.get(final_block.height as usize - 1), Some(final_block));
        }
        let heights: Vec<u64> = client.finals.iter().map(|block| block.height).collect();
        assert!(heights.is_sorted_by(|one, next| one < next), "{heights:?}");
        for (number, told) in &client.told {
            let found = places.get(&entries(*number)).copied();
            match told {
                Told::Stored(height) => assert_eq!(found, Some(*height), "body {number}"),
                Told::NotStored => assert_eq!(found, None, "body {number}"),
                Told::Unknown => {}
            }
        }
    }
}

impl Told {
    /// The height, of a body that was stored.
    pub fn stored(self) -> u64 {
        match self {
            Told::Stored(height) => height,
            Told::NotStored | Told::Unknown => panic!("not known to be stored"),
        }
    }
}
