//! Webhooks: signed calls to whoever subscribed, tried again until they are taken or given up.
//!
//! One thread per subscription reads the feeds from the subscription's own place, so that a slow
//! target holds up nobody but itself.

mod deliver;
mod doors;
mod event;
mod live;
mod manage;
mod post;
mod schedule;
mod sign;
mod source;
mod store;
mod subscription;
mod terms;
mod view;
mod work;

use std::collections::HashMap;
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::Semaphore;

use crate::Node;
use crate::config::Config;
use crate::feeds::Feeds;
use deliver::Runner;
use post::Caller;
use schedule::Schedule;
use store::Store;

pub(crate) use doors::routes;
pub(crate) use live::{Counts, Live, Told};

/// Events of a subscription that wait to be tried again; with more the feed waits.
pub(super) const PENDING_MAX: usize = 1_000;
/// Pings under way at once.
const PINGS_MAX: usize = 8;
/// Longest wait for calls under way when the server stops; what they come to is told again else.
const CLOSE_MAX: Duration = Duration::from_secs(1);

/// What every subscription's thread needs.
struct Shared {
    pub node: Arc<Node>,
    pub feeds: Arc<Feeds>,
    pub store: Store,
    pub log_max: u64,
    ended: AtomicBool,
}

impl Shared {
    pub fn is_ended(&self) -> bool {
        self.ended.load(Ordering::Acquire)
    }
}

/// All subscriptions, and whoever delivers to them.
pub(crate) struct Webhooks {
    /// Why there are none, where the file cannot be used.
    opened: Result<Arc<Shared>, String>,
    config: Config,
    lives: Mutex<HashMap<String, Arc<Live>>>,
    pings: Semaphore,
}

impl Webhooks {
    /// A file that cannot be used stops webhooks and nothing else.
    ///
    /// # Errors
    /// No thread can be started.
    pub fn begin(node: Arc<Node>, feeds: Arc<Feeds>) -> io::Result<Arc<Webhooks>> {
        let config = node.config().clone();
        let path = config.data_dir.join("webhooks.redb");
        let opened = Store::open(&path, config.webhook_log_max).map(|store| {
            let (log_max, ended) = (config.webhook_log_max, AtomicBool::new(false));
            Arc::new(Shared { node, feeds, store, log_max, ended })
        });
        let opened = opened.map_err(|fault| {
            tracing::error!(%fault, "webhooks are stopped; everything else goes on");
            fault.to_string()
        });
        let (lives, pings) = (Mutex::default(), Semaphore::new(PINGS_MAX));
        let webhooks = Webhooks { opened, config, lives, pings };
        if let Ok(shared) = &webhooks.opened {
            let there = shared.store.subscriptions().map_err(io::Error::other)?;
            there.iter().try_for_each(|it| webhooks.start(shared, &it.key()))?;
        }
        Ok(Arc::new(webhooks))
    }

    /// Starts the thread of a subscription.
    fn start(&self, shared: &Arc<Shared>, key: &str) -> io::Result<()> {
        let live = Arc::new(Live::default());
        self.lives().insert(key.to_owned(), live.clone());
        if !self.config.webhook_enabled {
            return Ok(());
        }
        let runner = Runner {
            shared: Arc::downgrade(shared),
            key: key.to_owned(),
            live,
            caller: Caller::new(&self.config),
            schedule: Schedule::new(&self.config),
        };
        std::thread::Builder::new().name("webhook".to_owned()).spawn(move || runner.run())?;
        Ok(())
    }

    fn lives(&self) -> std::sync::MutexGuard<'_, HashMap<String, Arc<Live>>> {
        self.lives.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How a subscription is doing.
    fn live(&self, key: &str) -> Option<Arc<Live>> {
        self.lives().get(key).cloned()
    }

    /// Forgets a subscription that was removed, unless another one has its name by now.
    fn forget(&self, key: &str, removed: &Arc<Live>) {
        let mut lives = self.lives();
        if lives.get(key).is_some_and(|it| Arc::ptr_eq(it, removed)) {
            lives.remove(key);
        }
    }

    /// How each is doing, by ledger and name.
    pub fn told(&self) -> Vec<(String, Arc<Live>)> {
        let lives = self.lives();
        let mut told: Vec<_> = lives.iter().map(|(key, it)| (key.clone(), it.clone())).collect();
        told.sort_by(|(one, _), (other, _)| one.cmp(other));
        told
    }

    /// Why webhooks are stopped, if they are.
    pub fn stopped(&self) -> Option<&str> {
        self.opened.as_ref().err().map(String::as_str)
    }

    /// Nothing new is delivered from now on.
    pub fn end(&self) {
        if let Ok(shared) = &self.opened {
            shared.ended.store(true, Ordering::Release);
        }
    }

    /// Waits a little for what is under way, then lets go of the file. Blocks.
    pub fn close(&self) {
        self.end();
        let begun = Instant::now();
        let lives = self.told();
        let works = |(_, it): &(String, Arc<Live>)| self.config.webhook_enabled && !it.is_ended();
        while lives.iter().any(works) && begun.elapsed() < CLOSE_MAX {
            std::thread::sleep(Duration::from_millis(5));
        }
        if let Ok(shared) = &self.opened {
            shared.store.close();
        }
    }
}
