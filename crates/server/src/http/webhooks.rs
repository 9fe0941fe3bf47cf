//! Metrics of webhooks: attempts by how they ended, what waits and since when, what was given up.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;

use crate::node::now;
use crate::webhooks::{Counts, Told, Webhooks};

/// Reads at each scrape how subscriptions are doing: few, by webhook.targets_max.
pub(super) struct Calls {
    pub webhooks: Arc<Webhooks>,
}

impl fmt::Debug for Calls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Calls")
    }
}

type Count = (&'static str, fn(&Counts) -> &AtomicU64);
type Read = (&'static str, &'static str, fn(&Told) -> u64);

const RESULTS: [Count; 4] = [
    ("delivered", |it| &it.delivered),
    ("failed", |it| &it.failed),
    ("given_up", |it| &it.given_up),
    ("missed", |it| &it.missed),
];

const GAUGES: [Read; 4] = [
    ("webhook_pending", "Events that wait to be tried again", |it| it.pending),
    ("webhook_dead", "Events that were given up", |it| it.dead),
    ("webhook_oldest_seconds", "Since the oldest event that waits was first tried", |it| {
        it.oldest.map_or(0, |it| now().as_us().saturating_sub(it.as_us()) / 1_000_000)
    }),
    ("webhook_resting", "1 while the target is left alone", |it| {
        u64::from(it.rest_until.is_some())
    }),
];

fn labels(key: &str) -> Vec<(&'static str, String)> {
    let (ledger, name) = key.split_once('/').unwrap_or((key, ""));
    vec![("ledger", ledger.to_owned()), ("webhook", name.to_owned())]
}

impl Collector for Calls {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let stopped = u64::from(self.webhooks.stopped().is_some());
        let help = "1 if the file of subscriptions cannot be used";
        let kind = MetricType::Gauge;
        let metric = encoder.encode_descriptor("webhook_stopped", help, None, kind)?;
        ConstGauge::new(stopped).encode(metric)?;
        let lives = self.webhooks.told();
        let help = "Attempts to deliver, by how they ended";
        let kind = MetricType::Counter;
        let mut metric = encoder.encode_descriptor("webhook_deliveries", help, None, kind)?;
        for (key, live) in &lives {
            for (result, count) in RESULTS {
                let mut labels = labels(key);
                labels.push(("result", result.to_owned()));
                let count = count(&live.counts).load(Ordering::Relaxed);
                ConstCounter::new(count).encode(metric.encode_family(&labels)?)?;
            }
        }
        let help = "Times that the file of subscriptions could not be read or written";
        let mut metric = encoder.encode_descriptor("webhook_store_faults", help, None, kind)?;
        for (key, live) in &lives {
            let count = live.counts.store_faults.load(Ordering::Relaxed);
            ConstCounter::new(count).encode(metric.encode_family(&labels(key))?)?;
        }
        let help = "Times that a webhook's thread met a fault of the server's own and went on";
        let mut metric = encoder.encode_descriptor("webhook_stumbles", help, None, kind)?;
        for (key, live) in &lives {
            let count = live.counts.stumbles.load(Ordering::Relaxed);
            ConstCounter::new(count).encode(metric.encode_family(&labels(key))?)?;
        }
        for (name, help, read) in GAUGES {
            let kind = MetricType::Gauge;
            let mut metric = encoder.encode_descriptor(name, help, None, kind)?;
            for (key, live) in &lives {
                ConstGauge::new(read(&live.told())).encode(metric.encode_family(&labels(key))?)?;
            }
        }
        Ok(())
    }
}
