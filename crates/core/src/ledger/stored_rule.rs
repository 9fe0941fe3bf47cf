//! A rule in a checkpoint: every field in its place, because binary forms cannot leave any out.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::{Condition, KeptBack, Label, LocationId, LowStock, Oversell, Routing, Rule};

type Pair = (Option<u64>, Option<u64>);
type OfChannel = (
    Option<Pair>,
    Option<u64>,
    Option<bool>,
    Option<Pair>,
    Option<u64>,
    Option<u64>,
    Option<Vec<LocationId>>,
    Option<u64>,
    Option<u64>,
    Option<(u64, Option<u64>)>,
    Option<Routing>,
);
type OfLocation = (Option<Pair>, Option<u64>, Option<u64>, Option<Vec<Label>>, Option<Condition>);

pub(super) fn serialize<S: Serializer>(rule: &Rule, to: S) -> Result<S::Ok, S::Error> {
    // Taken apart by name: a dimension more does not compile until it is stored too.
    let Rule {
        buffer,
        share_percent,
        exclusive,
        oversell,
        max_listed,
        end_when,
        locations,
        hold_seconds,
        sell_ahead_days,
        low_stock,
        routing,
        safety,
        trust_percent,
        cost,
        regions,
        return_to,
    } = rule;
    let kept = |it: &Option<KeptBack>| it.map(|it| (it.units, it.percent));
    let channel = (
        kept(buffer),
        share_percent,
        exclusive,
        oversell.map(|it| (it.limit, it.ratio)),
        max_listed,
        end_when,
        locations,
        hold_seconds,
        sell_ahead_days,
        low_stock.map(|it| (it.at, it.clear)),
        routing,
    );
    (channel, (kept(safety), trust_percent, cost, regions, return_to)).serialize(to)
}

pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Rule, D::Error> {
    let (channel, location) = <(OfChannel, OfLocation)>::deserialize(from)?;
    let kept = |it: Option<Pair>| it.map(|(units, percent)| KeptBack { units, percent });
    Ok(Rule {
        buffer: kept(channel.0),
        share_percent: channel.1,
        exclusive: channel.2,
        oversell: channel.3.map(|(limit, ratio)| Oversell { limit, ratio }),
        max_listed: channel.4,
        end_when: channel.5,
        locations: channel.6,
        hold_seconds: channel.7,
        sell_ahead_days: channel.8,
        low_stock: channel.9.map(|(at, clear)| LowStock { at, clear }),
        routing: channel.10,
        safety: kept(location.0),
        trust_percent: location.1,
        cost: location.2,
        regions: location.3,
        return_to: location.4,
    })
}
