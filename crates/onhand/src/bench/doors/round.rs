//! Callers that begin together, and how long it took them.

use std::future::Future;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::Barrier;

use crate::failure::Failure;

/// What one round of callers came to.
pub struct Round {
    /// From the first to the last.
    pub time: Duration,
    /// Of each call, sorted.
    pub times: Vec<Duration>,
}

impl Round {
    /// Lets every caller work in a task of its own, all at once. `work` is given a caller and its
    /// number, and tells how long each of its calls took.
    ///
    /// # Errors
    /// That of the first caller that failed.
    pub async fn run<C, F>(callers: Vec<C>, work: impl Fn(C, u64) -> F) -> Result<Round, Failure>
    where
        F: Future<Output = Result<Vec<Duration>, Failure>> + Send + 'static,
    {
        let ready = Arc::new(Barrier::new(callers.len() + 1));
        let mut tasks = Vec::new();
        for (number, caller) in callers.into_iter().enumerate() {
            let (ready, work) = (ready.clone(), work(caller, number as u64));
            tasks.push(tokio::spawn(async move {
                ready.wait().await;
                work.await
            }));
        }
        ready.wait().await;
        let begun = Instant::now();
        let mut times = Vec::new();
        for task in tasks {
            let told = task.await.map_err(|error| Failure::while_doing("run a caller", &error))?;
            times.append(&mut told?);
        }
        let time = begun.elapsed();
        times.sort_unstable();
        Ok(Round { time, times })
    }

    /// Calls in a second.
    pub fn rate(&self) -> f64 {
        self.times.len() as f64 / self.time.as_secs_f64()
    }

    /// What so many of a hundred are within.
    pub fn percentile(&self, percent: usize) -> Duration {
        super::super::percentile(&self.times, percent)
    }
}
