//! Metrics of fetches: how many, how they ended, and how long ago one went well.

use std::fmt;
use std::sync::Arc;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;

use crate::snapshots::Snapshots;
use crate::snapshots::pull::{Place, Told};

/// Reads at each scrape how fetches went. Feeds are few, and told one by one only up to a bound.
pub(super) struct Pulls {
    pub snapshots: Arc<Snapshots>,
}

impl fmt::Debug for Pulls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Pulls")
    }
}

type Count = (&'static str, fn(&Told) -> u64);

const RESULTS: [Count; 4] = [
    ("fetched", |it| it.fetched),
    ("unchanged", |it| it.unchanged),
    ("refused", |it| it.refused),
    ("failed", |it| it.failed),
];

fn labels(place: &Place) -> Vec<(&'static str, String)> {
    let tier = place.tier.as_ref().map_or("", |it| it.as_str());
    vec![
        ("ledger", place.ledger.to_string()),
        ("feed", place.feed.to_string()),
        ("tier", tier.to_owned()),
    ]
}

impl Collector for Pulls {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let told = self.snapshots.pulls.told();
        let help = "Fetches of suppliers' files, by how they ended";
        let kind = MetricType::Counter;
        let mut metric = encoder.encode_descriptor("feed_pulls", help, None, kind)?;
        for (place, told) in &told {
            for (result, count) in RESULTS {
                let mut labels = labels(place);
                labels.push(("result", result.to_owned()));
                ConstCounter::new(count(told)).encode(metric.encode_family(&labels)?)?;
            }
        }
        let (name, help) = ("feed_pull_age_seconds", "Since a fetch last went well");
        let mut metric = encoder.encode_descriptor(name, help, None, MetricType::Gauge)?;
        for (place, told) in &told {
            if let Some(succeeded) = told.succeeded {
                let age = succeeded.elapsed().as_secs();
                ConstGauge::new(age).encode(metric.encode_family(&labels(place))?)?;
            }
        }
        Ok(())
    }
}
