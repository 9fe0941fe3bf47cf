//! Beginning from a checkpoint, or from nothing where it does not fit.

use std::io;
use std::path::{Path, PathBuf};

use onhand_journal::{Fault, Identity, Reader, Tip, parse};

use super::dirty::Dirty;
use super::load::load;
use super::meta::{Meta, key_print};
use super::store::{Store, Trouble};
use super::writer::{Writer, Written};
use crate::config::{Origin, ProjectorConfig};
use crate::state::State;

/// Checkpoints that were moved aside and are kept, for whoever wants to know what happened.
const ASIDE_MAX: usize = 2;

/// What a projector begins with.
pub(crate) struct Begun {
    pub state: State,
    /// None: memory only, or no checkpoint can be written.
    pub writer: Option<Writer>,
    pub origin: Origin,
    /// Why no checkpoint can be written.
    pub fault: Option<String>,
}

/// Why a checkpoint is not begun from.
enum Unfit {
    /// Nothing was ever finished there.
    Empty,
    Because(String),
    Fault(Fault),
}

impl From<Trouble> for Unfit {
    fn from(trouble: Trouble) -> Unfit {
        match trouble {
            Trouble::Damaged(why) => Unfit::Because(why),
            Trouble::Locked(why) => Unfit::Fault(Fault::Gate(format!(
                "the checkpoint is open in another process: stop that process first ({why})"
            ))),
        }
    }
}

/// The projection as the checkpoint has it, or an empty one.
///
/// # Errors
/// `Halted`: the journal ends before the checkpoint. `Gate`: another process has it open. Others:
/// the journal cannot be read now.
pub(crate) fn begin(
    identity: &Identity,
    key: [u8; 16],
    reader: &mut dyn Reader,
    config: &ProjectorConfig,
) -> Result<Begun, Fault> {
    let Some(dir) = &config.checkpoint_dir else {
        let state = State::new(key, config.timeline);
        return Ok(Begun { state, writer: None, origin: Origin::Memory, fault: None });
    };
    let origin = match from_checkpoint(dir, identity, key, reader, config.timeline) {
        Ok(begun) => return Ok(begun),
        Err(Unfit::Fault(fault)) => return Err(fault),
        Err(Unfit::Empty) => {
            // Only a directory without a single key. If it stays, it is opened as it is.
            drop(std::fs::remove_dir_all(dir));
            Origin::NoCheckpoint
        }
        Err(Unfit::Because(because)) => {
            let aside = move_aside(dir);
            tracing::warn!(
                %because, dir = %dir.display(), ?aside,
                "the checkpoint is not used; the projection is built anew from the journal"
            );
            Origin::Rebuilt { because, aside: aside.ok() }
        }
    };
    Ok(from_nothing(dir, key, config.timeline, origin))
}

fn from_checkpoint(
    dir: &Path,
    identity: &Identity,
    key: [u8; 16],
    reader: &mut dyn Reader,
    timeline: bool,
) -> Result<Begun, Unfit> {
    if !dir.exists() {
        return Err(Unfit::Empty);
    }
    let mut store = Store::open(dir)?;
    let Some(meta) = store.meta()? else {
        return Err(match store.is_empty() {
            true => Unfit::Empty,
            false => Unfit::Because("it was begun and not finished".to_string()),
        });
    };
    if let Some(why) = meta.misfit(identity, key, timeline) {
        return Err(Unfit::Because(why));
    }
    check_chain(&meta, dir, reader)?;
    let (mut state, written) = load(&mut store, &meta, key)?;
    state.track(true);
    let (tip, key_print) = (meta.tip, meta.key_print);
    let writer = Writer { store, dirty: Dirty::default(), written, key_print, tip };
    let origin = Origin::Checkpoint { height: tip.height };
    Ok(Begun { state, writer: Some(writer), origin, fault: None })
}

/// The checkpoint's last block must be in the journal, and be that block.
fn check_chain(meta: &Meta, dir: &Path, reader: &mut dyn Reader) -> Result<(), Unfit> {
    let Tip { height, hash, .. } = meta.tip;
    let Some(bytes) = reader.read(height).map_err(Unfit::Fault)? else {
        return Err(Unfit::Fault(Fault::halted(
            height,
            format!(
                "the checkpoint has seen block {height}, and the journal ends before it: the \
                 journal lost its tail. Restore the journal; or, to go on without what is lost, \
                 move {} away",
                dir.display()
            ),
        )));
    };
    match parse(bytes) {
        Ok(block) if block.hash == hash => Ok(()),
        Ok(_) | Err(_) => {
            Err(Unfit::Because(format!("the journal holds another block at height {height}")))
        }
    }
}

/// An empty projection, and a checkpoint that is to be written whole.
fn from_nothing(dir: &Path, key: [u8; 16], timeline: bool, origin: Origin) -> Begun {
    let state = State::new(key, timeline);
    match Store::open(dir) {
        Ok(store) => {
            let (dirty, written) = (Dirty::default(), Written::default());
            let (tip, key_print) = (Tip::default(), key_print(key));
            let writer = Some(Writer { store, dirty, written, key_print, tip });
            Begun { state, writer, origin, fault: None }
        }
        Err(Trouble::Damaged(why) | Trouble::Locked(why)) => {
            tracing::error!(dir = %dir.display(), %why, "no checkpoint can be written");
            Begun { state, writer: None, origin, fault: Some(why) }
        }
    }
}

/// Renames `dir` to the next `….damaged-N`, and removes the oldest of those beyond the last two.
fn move_aside(dir: &Path) -> io::Result<PathBuf> {
    let parent = dir.parent().unwrap_or(Path::new("."));
    let name = dir.file_name().unwrap_or_default().to_string_lossy();
    let prefix = format!("{name}.damaged-");
    let mut known: Vec<u64> = std::fs::read_dir(parent)?
        .filter_map(|it| it.ok()?.file_name().to_str()?.strip_prefix(&prefix)?.parse().ok())
        .collect();
    known.sort_unstable();
    let next = known.last().map_or(1, |last| last + 1);
    let aside = parent.join(format!("{prefix}{next}"));
    std::fs::rename(dir, &aside)?;
    known.push(next);
    let kept = known.len().saturating_sub(ASIDE_MAX);
    for old in &known[..kept] {
        std::fs::remove_dir_all(parent.join(format!("{prefix}{old}")))?;
    }
    Ok(aside)
}

#[cfg(test)]
mod tests {
    use onhand_journal::{Journal, MemoryJournal};

    use super::*;
    use crate::checkpoint::meta::FOLD_VERSION;

    #[test]
    fn a_checkpoint_of_an_older_fold_is_built_anew() {
        let home = tempfile::tempdir().unwrap();
        let dir = home.path().join("checkpoint");
        let identity = Identity { installation: Default::default(), shard: 0 };
        let journal = MemoryJournal::create(&identity, 1, 0);
        let genesis = parse(journal.settled().remove(0)).unwrap();
        let meta = |fold_version| Meta {
            fold_version,
            identity,
            tip: genesis.tip(),
            timeline: true,
            key_print: key_print([7; 16]),
            answers: 0,
            keys: 0,
            digest: 0,
        };
        let config =
            ProjectorConfig { checkpoint_dir: Some(dir.clone()), ..ProjectorConfig::default() };
        let origin_with = |fold_version| {
            let mut store = Store::open(&dir).unwrap();
            store.write(Vec::new(), Some(meta(fold_version))).unwrap();
            drop(store);
            let mut reader = journal.reader().unwrap();
            begin(&identity, [7; 16], &mut *reader, &config).unwrap().origin
        };
        assert_eq!(origin_with(FOLD_VERSION), Origin::Checkpoint { height: 1 });
        let Origin::Rebuilt { because, aside } = origin_with(FOLD_VERSION + 1) else { panic!() };
        assert!(because.starts_with("it was folded by version "), "{because}");
        assert!(aside.unwrap().ends_with("checkpoint.damaged-1"));
    }
}
