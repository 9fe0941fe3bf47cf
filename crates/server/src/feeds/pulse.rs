//! Tells tasks that something was folded: one thread per shard waits for it.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use onhand_projector::Projector;
use tokio::sync::watch;

/// How soon the end of the server is heard.
const PATIENCE: Duration = Duration::from_millis(200);

/// The newest height of a shard's projection. Its thread ends by itself soon after it is dropped.
pub(super) struct Pulse {
    height: watch::Sender<u64>,
    ended: Arc<AtomicBool>,
}

impl Pulse {
    /// # Errors
    /// No thread can be started.
    pub fn begin(projector: Arc<Projector>) -> io::Result<Pulse> {
        let height = watch::Sender::new(projector.tip().height);
        let ended = Arc::new(AtomicBool::new(false));
        let (beat, stop) = (height.clone(), ended.clone());
        let work = move || {
            while !stop.load(Ordering::Acquire) {
                let next = *beat.borrow() + 1;
                let begun = Instant::now();
                if projector.wait_for_height(next, PATIENCE) {
                    beat.send_replace(projector.tip().height);
                } else {
                    // A projection that halted is not waited for: it says so at once.
                    std::thread::sleep(PATIENCE.saturating_sub(begun.elapsed()));
                }
            }
        };
        std::thread::Builder::new().name("pulse".to_owned()).spawn(work)?;
        Ok(Pulse { height, ended })
    }

    pub fn follow(&self) -> watch::Receiver<u64> {
        self.height.subscribe()
    }
}

impl Drop for Pulse {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::Release);
    }
}
