//! Metrics of the feeds and of the NATS door: who follows, how far publishers and boards are behind,
//! what was asked over NATS and refused.

use std::fmt;
use std::sync::Arc;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::{ConstGauge, Gauge};
use prometheus_client::registry::Registry;

use super::metrics::Labels;
use crate::feeds::Feeds;

/// Reads at each scrape how feeds are doing: few numbers, by shard.
pub(super) struct Streams {
    pub feeds: Arc<Feeds>,
}

impl fmt::Debug for Streams {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Streams")
    }
}

type Read = (&'static str, &'static str, fn(&Feeds, usize) -> u64);

const GAUGES: [Read; 6] = [
    ("availability_boards", "Ledgers whose newest numbers are kept for a feed", |it, shard| {
        it.availability.boards(shard)
    }),
    ("availability_rows", "Items on channels whose newest numbers are kept", |it, shard| {
        it.availability.rows(shard)
    }),
    (
        "availability_lag_blocks",
        "Blocks that are folded and not yet looked through for changed numbers",
        |it, shard| it.availability.lag_blocks(shard),
    ),
    (
        "feed_published_height",
        "Height up to which movements are in their stream on JetStream; 0 before that is known",
        |it, shard| it.publishing[shard].height(),
    ),
    (
        "feed_lag_blocks",
        "Blocks that are folded and whose movements are not in the stream yet; 0 before that is \
         known",
        |it, shard| match it.publishing[shard].height() {
            0 => 0,
            height => it.node.shards()[shard].projector.tip().height.saturating_sub(height),
        },
    ),
    (
        "feed_publisher_stopped",
        "1 while movements are not published: the log and `/readyz` say why",
        |it, shard| u64::from(it.publishing[shard].stopped().is_some()),
    ),
];

const COUNTERS: [Read; 2] = [
    ("feed_published", "Movements that were stored in the stream", |it, shard| {
        it.publishing[shard].published()
    }),
    (
        "feed_publisher_faults",
        "Sessions of publishing that ended, after which it is begun anew",
        |it, shard| it.publishing[shard].ended(),
    ),
];

impl Collector for Streams {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let most = self.feeds.node.config().feed_subscribers_max;
        let free = self.feeds.seats.available_permits() as u64;
        for (name, help, now) in [
            ("feed_subscribers", "Streams that are open", most.saturating_sub(free)),
            ("feed_subscribers_max", "Streams that may be open", most),
        ] {
            let metric = encoder.encode_descriptor(name, help, None, MetricType::Gauge)?;
            ConstGauge::new(now).encode(metric)?;
        }
        let shards = self.feeds.node.shards().len();
        for (name, help, read) in GAUGES {
            let mut metric = encoder.encode_descriptor(name, help, None, MetricType::Gauge)?;
            for shard in 0..shards {
                let labels = [("shard", shard.to_string())];
                let now = ConstGauge::new(read(&self.feeds, shard));
                now.encode(metric.encode_family(&labels)?)?;
            }
        }
        for (name, help, read) in COUNTERS {
            let mut metric = encoder.encode_descriptor(name, help, None, MetricType::Counter)?;
            for shard in 0..shards {
                let labels = [("shard", shard.to_string())];
                let now = ConstCounter::new(read(&self.feeds, shard));
                now.encode(metric.encode_family(&labels)?)?;
            }
        }
        Ok(())
    }
}

/// What the NATS door counts.
#[derive(Clone, Default)]
pub(crate) struct NatsCounts {
    answers: Family<Labels, Counter>,
    under_way: Gauge,
}

impl NatsCounts {
    pub fn register(&self, registry: &mut Registry) {
        let help = "Commands and questions answered over NATS, by their status";
        registry.register("nats_requests", help, self.answers.clone());
        let help = "Commands and questions over NATS that are taken and not yet answered";
        registry.register("nats_requests_under_way", help, self.under_way.clone());
    }

    /// Taken until what is given here is dropped.
    pub fn taken(&self) -> Taken {
        self.under_way.inc();
        Taken(self.under_way.clone())
    }

    /// `call` is the name of an endpoint, never a subject.
    pub fn answered(&self, call: &str, status: u16) {
        let labels = vec![("call", call.to_owned()), ("status", status.to_string())];
        self.answers.get_or_create(&labels).inc();
    }
}

/// A message that waits for its answer.
pub(crate) struct Taken(Gauge);

impl Drop for Taken {
    fn drop(&mut self) {
        self.0.dec();
    }
}
