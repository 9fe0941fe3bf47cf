//! Opening an installation: to serve it, or to read it while nobody serves it.

use std::sync::Arc;

use indicatif::ProgressBar;
use onhand_core::LedgerId;
use onhand_projector::{OpenReport, Origin, Projector, ProjectorConfig};
use onhand_server::{Archive, Config, Node, Opening, shard_of};

use crate::failure::{Failure, whole};
use crate::terminal::{grouped, progress};

/// Opens an installation for commands, telling how far the journal is read.
///
/// # Errors
/// What keeps it from being opened, with the remedy.
pub fn open_node(config: &Config) -> Result<Node, Failure> {
    let bar = reading();
    let node = Node::open(config, &mut |it| match it {
        Opening::Replaying { progress, .. } => tell(&bar, progress.height, progress.entries),
        Opening::Opened { shard, report } => say_origin(shard, &report),
    });
    bar.finish_and_clear();
    node.map_err(|error| Failure::new(whole(&error)))
}

/// A checkpoint that could not be used is no failure, but somebody should know.
fn say_origin(shard: u16, report: &OpenReport) {
    let (height, replayed) = (report.tip.height, report.entries_replayed);
    match &report.origin {
        Origin::Rebuilt { because, aside } => {
            tracing::warn!(shard, because, ?aside, "the checkpoint was moved aside and rebuilt");
        }
        Origin::Checkpoint { .. } | Origin::NoCheckpoint | Origin::Memory => {}
    }
    tracing::info!(shard, height, replayed, took = ?report.took, "the shard is open");
}

/// A bar without a known end: how long a journal is shows only when it ends.
fn reading() -> ProgressBar {
    let bar = progress(0, "");
    if let Ok(style) = indicatif::ProgressStyle::with_template("  {spinner} {msg}") {
        bar.set_style(style);
    }
    bar
}

fn tell(bar: &ProgressBar, height: u64, entries: u64) {
    bar.set_message(format!(
        "reading the journal: {} entries, block {}",
        grouped(entries),
        grouped(height)
    ));
    bar.tick();
}

/// An installation's read models, opened without a server.
pub struct Books {
    projectors: Vec<Arc<Projector>>,
}

impl Books {
    /// # Errors
    /// No installation is there, it is in use, or its journal is broken.
    pub fn open(config: &Config) -> Result<Books, Failure> {
        let archive = Archive::open(config).map_err(|error| Failure::new(whole(&error)))?;
        let bar = reading();
        let mut projectors = Vec::new();
        for shard in 0..archive.installation().shards {
            let settings = ProjectorConfig {
                checkpoint_dir: archive.checkpoint(shard).filter(|_| config.projector_checkpoint),
                ..ProjectorConfig::default()
            };
            let (projector, _) = Projector::open(
                archive.identity(shard),
                archive.installation().key(),
                archive.reader(shard)?,
                settings,
                &mut |it| tell(&bar, it.height, it.entries),
            )?;
            projectors.push(projector);
        }
        bar.finish_and_clear();
        Ok(Books { projectors })
    }

    pub fn ledgers(&self) -> Vec<LedgerId> {
        let all = self.projectors.iter().flat_map(|it| it.ledgers());
        let mut names: Vec<LedgerId> = all.map(|it| it.ledger).collect();
        names.sort_unstable();
        names
    }

    /// The read models of the shard that a ledger lies in.
    ///
    /// # Errors
    /// None in practice: an installation has at least one shard.
    pub fn of(&self, ledger: &LedgerId) -> Result<&Arc<Projector>, Failure> {
        let shard = shard_of(ledger, self.projectors.len() as u16);
        let found = self.projectors.get(usize::from(shard));
        found.ok_or_else(|| Failure::new("the installation has no shards"))
    }
}
