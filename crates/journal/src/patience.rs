//! How long a writer tries before it gives up, and how fast it tries.

use std::time::{Duration, Instant};

/// The bounds of one append's retries.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// Longest time from the beginning of an append to the end of its last pause.
    pub resolve_max: Duration,
    /// First pause between two tries; each next pause is twice as long.
    pub pause: Duration,
    /// Longest pause.
    pub pause_max: Duration,
}

impl Default for Patience {
    fn default() -> Patience {
        Patience {
            resolve_max: Duration::from_secs(30),
            pause: Duration::from_millis(20),
            pause_max: Duration::from_secs(1),
        }
    }
}

/// The tries of one append.
pub(crate) struct Tries {
    deadline: Instant,
    next: Duration,
    longest: Duration,
}

impl Tries {
    pub(crate) fn new(patience: &Patience) -> Tries {
        let deadline = Instant::now() + patience.resolve_max;
        Tries { deadline, next: patience.pause, longest: patience.pause_max }
    }

    /// Sleeps before the next try. False: the patience is used up.
    pub(crate) fn pause(&mut self) -> bool {
        if Instant::now() + self.next > self.deadline {
            return false;
        }
        std::thread::sleep(self.next);
        self.next = (self.next * 2).min(self.longest);
        true
    }
}
