//! One shard: its projector, its engine, and the thread that tells one of the other.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use onhand_core::Rules;
use onhand_engine::{CommittedBlock, EngineConfig, Handle, Status};
use onhand_journal::{Fault, Identity};
use onhand_projector::{Arrived, Follower, Projector, ProjectorConfig, ProjectorState};
use serde::Serialize;

use super::journals::{self, Backend, shard_path};
use super::source::ShardSource;
use super::{Installation, Opening, StartError};
use crate::config::Config;

pub(crate) struct Shard {
    pub identity: Identity,
    pub projector: Arc<Projector>,
    pub engine: Handle,
    /// None once the shard is closed.
    follower: Mutex<Option<Follower>>,
}

/// How a shard is doing.
#[derive(Clone, Debug, Serialize)]
pub struct ShardState {
    pub shard: u16,
    /// `serving` is the only one in which commands are taken.
    pub engine: &'static str,
    /// Why it does not serve.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    pub projector: ProjectorState,
}

impl ShardState {
    /// Whether commands are taken and what is read is fresh.
    pub fn is_ready(&self) -> bool {
        self.engine == "serving" && !self.projector.stale && self.projector.halted.is_none()
    }
}

/// Longest wait for an engine to come to its end.
const STOP_MAX: Duration = Duration::from_secs(60);

impl Shard {
    pub fn open(
        config: &Config,
        installation: &Installation,
        shard: u16,
        tell: &mut dyn FnMut(Opening),
    ) -> Result<Shard, StartError> {
        let backend = journals::open(config, installation, shard)?;
        let failed = |fault| StartError::Journal { shard, fault };
        let projector =
            open_projector(config, installation, &backend, shard, tell).map_err(failed)?;
        let identity = installation.identity(shard);
        let source = ShardSource {
            identity,
            data_dir: config.data_dir.clone(),
            backend,
            projector: projector.clone(),
        };
        let engine = onhand_engine::start(identity, engine_config(config), Box::new(source));
        let follower = projector
            .follow(engine.committed(), |block: &Arc<CommittedBlock>| arrived(block))
            .map_err(|error| StartError::io("start a thread", error))?;
        Ok(Shard { identity, projector, engine, follower: Mutex::new(Some(follower)) })
    }

    pub fn state(&self) -> ShardState {
        let (engine, reason) = match self.engine.status() {
            Status::Starting => ("starting", None),
            Status::Serving => ("serving", None),
            Status::Restarting { reason } => ("restarting", Some(reason)),
            Status::Halted { reason } => ("halted", Some(reason)),
            Status::Stopped => ("stopped", None),
        };
        ShardState { shard: self.identity.shard, engine, reason, projector: self.projector.state() }
    }

    /// Waits until all that was answered is folded: whoever compares something with the book finds
    /// what was booked before. False: it is not within `longest`.
    pub fn settle(&self, longest: Duration) -> bool {
        self.projector.wait_for_height(self.engine.committed_height(), longest)
    }

    pub fn stop_taking(&self) {
        self.engine.shutdown();
    }

    /// Waits until what was taken is answered, then until it is folded and checkpointed.
    pub fn close(&self) {
        if !self.engine.wait_stopped(STOP_MAX) {
            tracing::warn!(
                shard = self.identity.shard,
                "the engine did not come to its end in time"
            );
        }
        let follower = self.follower.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(follower) = follower {
            follower.stop();
        }
    }
}

fn open_projector(
    config: &Config,
    installation: &Installation,
    backend: &Backend,
    shard: u16,
    tell: &mut dyn FnMut(Opening),
) -> Result<Arc<Projector>, Fault> {
    let identity = installation.identity(shard);
    let journal = backend.journal(&identity)?;
    let (reader, history) = (journal.reader()?, journal.reader()?);
    drop(journal);
    let checkpoint = shard_path(&config.data_dir, "checkpoint", shard, "");
    let projector_config = ProjectorConfig {
        checkpoint_dir: config.projector_checkpoint.then_some(checkpoint),
        checkpoint_every: Duration::from_millis(config.projector_checkpoint_every_ms),
        timeline: config.projector_timeline,
        ..ProjectorConfig::default()
    };
    let key = installation.key();
    let (projector, report) =
        Projector::open(identity, key, reader, projector_config, &mut |progress| {
            tell(Opening::Replaying { shard, progress });
        })?;
    projector.read_history_with(history);
    tell(Opening::Opened { shard, report });
    Ok(projector)
}

fn engine_config(config: &Config) -> EngineConfig {
    EngineConfig {
        commands_max: config.engine_block_commands_max as usize,
        block_bytes_max: config.engine_block_bytes_max as usize,
        mailbox_batches: config.engine_mailbox_batches as usize,
        mailbox_commands: config.engine_mailbox_commands as usize,
        expiries_max: config.engine_block_expiries_max as usize,
        refusals_max: config.engine_block_refusals_max as usize,
        remember_refusals: config.engine_remember_refusals,
        rules: Rules { clock_skew_seconds: config.engine_clock_skew_s_max },
        differing: onhand_wire::differing_field,
        ..EngineConfig::default()
    }
}

fn arrived(block: &CommittedBlock) -> Arrived<'_> {
    Arrived {
        height: block.height,
        hash: block.hash,
        previous: block.previous,
        time_us: block.time.as_us(),
        body: &block.body,
    }
}
