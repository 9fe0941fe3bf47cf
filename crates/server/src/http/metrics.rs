//! `GET /metrics`: counters of the door, and what engines and projectors count themselves.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use axum::extract::{MatchedPath, Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use onhand_engine::{APPEND_SECONDS, EngineMetrics};
use onhand_wire::Trouble;
use prometheus_client::collector::Collector;
use prometheus_client::encoding::text::encode;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric, MetricEncoder};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::{ConstCounter, Counter};
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::{ConstGauge, Gauge};
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

use super::app::Room;
use super::pulls::Pulls;
use super::respond::{Refused, bytes_response};
use super::streams::{NatsCounts, Streams};
use super::webhooks::Calls;
use crate::Node;
use crate::feeds::Feeds;
use crate::snapshots::Snapshots;
use crate::webhooks::Webhooks;

/// Upper bounds of the buckets of request times, in seconds.
const REQUEST_SECONDS: [f64; 10] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1.0, 10.0];

/// Labels never hold a SKU or another name of a caller's: there may be millions of them.
pub(super) type Labels = Vec<(&'static str, String)>;

/// The door's own counters, and the registry of all.
#[derive(Clone)]
pub(crate) struct Metrics {
    requests: Family<Labels, Counter>,
    seconds: Family<Labels, Histogram, fn() -> Histogram>,
    under_way: Gauge,
    calls: Family<Labels, Counter>,
    call_seconds: Family<Labels, Histogram, fn() -> Histogram>,
    calls_under_way: Gauge,
    pub nats: NatsCounts,
    registry: Arc<Registry>,
}

impl Metrics {
    pub fn new(
        node: Arc<Node>,
        snapshots: Arc<Snapshots>,
        feeds: Arc<Feeds>,
        webhooks: Arc<Webhooks>,
    ) -> Metrics {
        let requests = Family::<Labels, Counter>::default();
        let histogram: fn() -> Histogram = || Histogram::new(REQUEST_SECONDS);
        let seconds = Family::new_with_constructor(histogram);
        let under_way = Gauge::default();
        let mut registry = Registry::with_prefix("onhand");
        registry.register("http_requests", "Requests answered", requests.clone());
        registry.register("http_request_seconds", "Time to an answer", seconds.clone());
        registry.register(
            "http_requests_under_way",
            "Requests not yet answered",
            under_way.clone(),
        );
        let calls = Family::<Labels, Counter>::default();
        let call_seconds = Family::new_with_constructor(histogram);
        let calls_under_way = Gauge::default();
        let (help, of_calls) = ("Time until a gRPC call's answer began", call_seconds.clone());
        registry.register("grpc_calls", "gRPC calls answered", calls.clone());
        registry.register("grpc_call_seconds", help, of_calls);
        let help = "gRPC calls not yet answered";
        registry.register("grpc_calls_under_way", help, calls_under_way.clone());
        registry.register_collector(Box::new(Shards { node }));
        registry.register_collector(Box::new(Pulls { snapshots }));
        registry.register_collector(Box::new(Calls { webhooks }));
        registry.register_collector(Box::new(Streams { feeds }));
        let nats = NatsCounts::default();
        nats.register(&mut registry);
        let registry = Arc::new(registry);
        Metrics {
            requests,
            seconds,
            under_way,
            calls,
            call_seconds,
            calls_under_way,
            nats,
            registry,
        }
    }

    /// A call of gRPC begins.
    pub fn begin_call(&self, path: &str) -> CallTimer {
        self.calls_under_way.inc();
        let call = path.trim_start_matches('/').to_owned();
        CallTimer { metrics: self.clone(), call, begun: Instant::now() }
    }

    /// A request begins; its route is the pattern that matched, never the address itself.
    pub fn begin(&self, request: &Request) -> Timer {
        let route = request.extensions().get::<MatchedPath>().map_or("none", |it| it.as_str());
        self.under_way.inc();
        Timer {
            metrics: self.clone(),
            labels: vec![("method", method(request)), ("route", route.to_owned())],
            begun: Instant::now(),
        }
    }
}

/// Callers may invent methods; labels may not.
fn method(request: &Request) -> String {
    let known = ["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"];
    let method = request.method().as_str();
    known.into_iter().find(|it| *it == method).unwrap_or("other").to_owned()
}

/// Counts its request when it ends, answered or given up.
pub(crate) struct Timer {
    metrics: Metrics,
    labels: Labels,
    begun: Instant,
}

impl Timer {
    pub fn end(mut self, status: StatusCode) {
        self.metrics
            .seconds
            .get_or_create(&self.labels)
            .observe(self.begun.elapsed().as_secs_f64());
        self.labels.push(("status", status.as_u16().to_string()));
        self.metrics.requests.get_or_create(&self.labels).inc();
    }
}

impl Drop for Timer {
    fn drop(&mut self) {
        self.metrics.under_way.dec();
    }
}

/// Counts its call when its answer begins, or it is given up.
pub(crate) struct CallTimer {
    metrics: Metrics,
    call: String,
    begun: Instant,
}

impl CallTimer {
    /// Callers may invent calls; labels may not: a call that is not there is not named.
    pub fn end_call(mut self, code: tonic::Code) {
        let call = match code {
            tonic::Code::Unimplemented => "other".to_owned(),
            _ => std::mem::take(&mut self.call),
        };
        let mut labels = vec![("call", call)];
        let seconds = self.begun.elapsed().as_secs_f64();
        self.metrics.call_seconds.get_or_create(&labels).observe(seconds);
        labels.push(("status", (code as i32).to_string()));
        self.metrics.calls.get_or_create(&labels).inc();
    }
}

impl Drop for CallTimer {
    fn drop(&mut self) {
        self.metrics.calls_under_way.dec();
    }
}

pub(super) async fn scrape(State(rooms): Room) -> Result<Response, Refused> {
    let mut text = String::new();
    encode(&mut text, &rooms.metrics.registry).map_err(|_| Trouble::Unavailable {
        message: "the metrics cannot be written".to_owned(),
    })?;
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    Ok(bytes_response(200, kind, text.into_bytes()))
}

/// Reads the counters of every shard at each scrape.
struct Shards {
    node: Arc<Node>,
}

impl fmt::Debug for Shards {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Shards")
    }
}

type Count = (&'static str, &'static str, fn(&EngineMetrics) -> &AtomicU64);

const COUNTERS: &[Count] = &[
    ("engine_commands", "Commands taken", |it| &it.commands),
    ("engine_accepted", "Commands booked", |it| &it.accepted),
    ("engine_refused", "Commands refused by the ledger", |it| &it.refused),
    ("engine_replayed", "Commands answered as before", |it| &it.replayed),
    ("engine_overloaded", "Commands turned away", |it| &it.overloaded),
    ("engine_expired", "Holds expired", |it| &it.expired),
    ("engine_blocks", "Blocks made durable", |it| &it.blocks),
    ("engine_block_bytes", "Bytes of their bodies", |it| &it.block_bytes),
    ("engine_restarts", "Starts after the first one", |it| &it.restarts),
    ("engine_unknown_outcomes", "Commands whose outcome is not known", |it| &it.unknown_outcomes),
];

const GAUGES: &[Count] = &[
    ("engine_mailbox_batches", "Calls that wait", |it| &it.mailbox_batches),
    ("engine_mailbox_commands", "Commands that wait", |it| &it.mailbox_commands),
];

impl Collector for Shards {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        for (name, help, read) in COUNTERS {
            let metric = encoder.encode_descriptor(name, help, None, MetricType::Counter)?;
            self.each(metric, |shard, metric| {
                let now = read(shard.engine.metrics()).load(Ordering::Relaxed);
                ConstCounter::new(now).encode(metric)
            })?;
        }
        for (name, help, read) in GAUGES {
            let metric = encoder.encode_descriptor(name, help, None, MetricType::Gauge)?;
            self.each(metric, |shard, metric| {
                let now = read(shard.engine.metrics()).load(Ordering::Relaxed);
                ConstGauge::new(now).encode(metric)
            })?;
        }
        self.append_seconds(&mut encoder)?;
        self.states(&mut encoder)
    }
}

impl Shards {
    fn each(
        &self,
        mut metric: MetricEncoder<'_>,
        write: impl Fn(&crate::node::Shard, MetricEncoder<'_>) -> fmt::Result,
    ) -> fmt::Result {
        for shard in self.node.shards() {
            let labels = [("shard", shard.identity.shard.to_string())];
            write(shard, metric.encode_family(&labels)?)?;
        }
        Ok(())
    }

    fn append_seconds(&self, encoder: &mut DescriptorEncoder<'_>) -> fmt::Result {
        let help = "Time until a block was durable";
        let (name, kind) = ("engine_append_seconds", MetricType::Histogram);
        let metric = encoder.encode_descriptor(name, help, None, kind)?;
        self.each(metric, |shard, mut metric| {
            let metrics = shard.engine.metrics();
            let counts = metrics.append_seconds.counts();
            // The encoder writes the largest number as +Inf.
            let bounds = APPEND_SECONDS.iter().copied().chain([f64::MAX]);
            let buckets: Vec<(f64, u64)> = bounds.zip(counts.iter().copied()).collect();
            let sum = metrics.append_seconds.sum_seconds();
            metric.encode_histogram::<Labels>(sum, counts.iter().sum(), &buckets, None)
        })
    }

    fn states(&self, encoder: &mut DescriptorEncoder<'_>) -> fmt::Result {
        type Read = fn(&crate::node::Shard) -> u64;
        let gauges: [(&str, &str, Read); 7] = [
            ("shard_ready", "1 if the shard takes commands and its reads are fresh", |it| {
                u64::from(it.state().is_ready())
            }),
            ("projector_height", "Height of the last block folded", |it| it.projector.tip().height),
            ("projector_age_milliseconds", "Since the journal's end was last seen", |it| {
                it.projector.state().age_ms
            }),
            ("projector_checkpoint_height", "Height of the last checkpoint", |it| {
                it.projector.state().checkpoint_height
            }),
            ("projector_pools_open", "Pools that are not closed", |it| {
                it.projector.counts().pools_open
            }),
            (
                "projector_handovers_missed",
                "Handovers whose time to confirm is over and that no supplier confirmed since",
                |it| it.projector.missed_handovers(),
            ),
            ("projector_keys", "Idempotency keys known", |it| it.projector.state().keys as u64),
        ];
        for (name, help, read) in gauges {
            let metric = encoder.encode_descriptor(name, help, None, MetricType::Gauge)?;
            self.each(metric, |shard, metric| ConstGauge::new(read(shard)).encode(metric))?;
        }
        let help = "Notices of low, missing, returned or oversold stock";
        let (name, kind) = ("projector_notices", MetricType::Counter);
        let metric = encoder.encode_descriptor(name, help, None, kind)?;
        self.each(metric, |shard, metric| {
            ConstCounter::new(shard.projector.counts().notices).encode(metric)
        })?;
        let relaxed = u64::from(self.node.is_relaxed());
        let help = "1 if answers stand on servers that did not prove that they sync";
        let metric =
            encoder.encode_descriptor("durability_relaxed", help, None, MetricType::Gauge)?;
        ConstGauge::new(relaxed).encode(metric)
    }
}
