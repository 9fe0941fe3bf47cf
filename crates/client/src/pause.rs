//! How long to wait before the same is tried again: longer each time, and by chance, so that those
//! who failed together do not come back together.

use std::time::Duration;

use tokio::time::Instant;
use uuid::Uuid;

const FIRST: Duration = Duration::from_millis(20);
const LONGEST: Duration = Duration::from_secs(2);

pub(crate) struct Pauses {
    next: Duration,
    deadline: Option<Instant>,
}

impl Pauses {
    /// Without an end.
    pub fn endless() -> Pauses {
        Pauses { next: FIRST, deadline: None }
    }

    pub fn within(patience: Duration) -> Pauses {
        Pauses { next: FIRST, deadline: Some(Instant::now() + patience) }
    }

    /// It went well: the next failure is the first one again.
    pub fn forget(&mut self) {
        self.next = FIRST;
    }

    /// Waits, at least as long as the server asked for. False: there is no time left.
    pub async fn pause(&mut self, at_least_ms: u64) -> bool {
        let most = self.next.as_micros() as u64;
        let wait = Duration::from_micros(most / 2 + chance() % (most / 2).max(1));
        let wait = wait.max(Duration::from_millis(at_least_ms));
        self.next = (self.next * 2).min(LONGEST);
        let until = Instant::now() + wait;
        if self.deadline.is_some_and(|deadline| until >= deadline) {
            return false;
        }
        tokio::time::sleep_until(until).await;
        true
    }
}

/// The last bits of a new id are random.
fn chance() -> u64 {
    Uuid::now_v7().as_u128() as u64 >> 8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn pauses_grow_and_end() {
        let begun = Instant::now();
        let mut pauses = Pauses::within(Duration::from_secs(10));
        let mut count = 0;
        while pauses.pause(0).await {
            count += 1;
        }
        assert!((8..20).contains(&count), "{count}");
        assert!(begun.elapsed() < Duration::from_secs(10));
    }

    #[tokio::test(start_paused = true)]
    async fn the_server_s_word_counts() {
        let begun = Instant::now();
        assert!(Pauses::endless().pause(5_000).await);
        assert!(begun.elapsed() >= Duration::from_secs(5));
    }
}
