//! The newest numbers, and what ran low, as streams.

use onhand_core::{ChannelId, Sku};
use onhand_projector::{NoticeKind, NoticeRow};
use onhand_proto::v1;
use onhand_proto::v1::watch_availability_response;
use onhand_wire::{Invalid, ledger_of, timestamp};
use serde::Deserialize;
use serde::de::IntoDeserializer;
use serde::de::value::Error;
use tonic::Status;

use super::door::Door;
use super::feeds::{WAITING_MAX, names};
use super::status::{of_invalid, of_problem};
use super::telling::{ToReader, Told, feed};
use crate::feeds::availability::{AvailabilityChange, Filter, News, Place, Watching};
use crate::feeds::movements::at_most;
use crate::feeds::notices::{NoticeFilter, NoticeWatching};

impl Door {
    pub(super) async fn follow_availability(
        &self,
        asked: v1::WatchAvailabilityRequest,
    ) -> Result<Told<v1::WatchAvailabilityResponse>, Status> {
        let v1::WatchAvailabilityRequest { ledger, channels, skus, after } = asked;
        let ledger = ledger_of(&ledger).map_err(|it| of_invalid(&it))?;
        let after = place(&after).map_err(|it| of_invalid(&it))?;
        let filter = Filter {
            channels: named("channels", &channels, ChannelId::new)?,
            skus: named("skus", &skus, Sku::new)?,
        };
        let (seat, feeds) = (self.seat()?, self.rooms.feeds.clone());
        let begin = move || feeds.watch_availability(&ledger, after.as_ref(), filter);
        let watching = self.apart(begin).await?.map_err(|it| of_problem(&it))?;
        let tell = |to_reader| tell_availability(watching, to_reader);
        Ok(feed(&self.rooms.feeds, seat, WAITING_MAX, tell))
    }

    pub(super) async fn follow_notices(
        &self,
        asked: v1::WatchNoticesRequest,
    ) -> Result<Told<v1::WatchNoticesResponse>, Status> {
        let v1::WatchNoticesRequest { ledger, after, channels, kinds, skus } = asked;
        let ledger = ledger_of(&ledger).map_err(|it| of_invalid(&it))?;
        let filter = NoticeFilter {
            kinds: kinds_of(&kinds).map_err(|it| of_invalid(&it))?,
            channels: named("channels", &channels, ChannelId::new)?,
            skus: named("skus", &skus, Sku::new)?,
        };
        let (seat, feeds) = (self.seat()?, self.rooms.feeds.clone());
        let after = (after > 0).then_some(after);
        let begin = move || feeds.watch_notices(&ledger, after, filter);
        let watching = self.apart(begin).await?.map_err(|it| of_problem(&it))?;
        let tell = |to_reader| tell_notices(watching, to_reader);
        Ok(feed(&self.rooms.feeds, seat, WAITING_MAX, tell))
    }
}

async fn tell_availability(
    mut watching: Watching,
    to_reader: ToReader<v1::WatchAvailabilityResponse>,
) -> Result<(), Status> {
    loop {
        // Room first: what changes before a slow reader takes it is told once, as it is then.
        let room = to_reader.room().await?;
        let news = match watching.next().await {
            News::Change(it) => watch_availability_response::News::Change(change(&it)),
            News::CaughtUp(place) => {
                let version = place.to_string();
                watch_availability_response::News::CaughtUp(v1::CaughtUp { version })
            }
        };
        room.send(v1::WatchAvailabilityResponse { news: Some(news) });
    }
}

async fn tell_notices(
    mut watching: NoticeWatching,
    to_reader: ToReader<v1::WatchNoticesResponse>,
) -> Result<(), Status> {
    loop {
        let row = watching.next().await.map_err(|it| of_problem(&it))?;
        to_reader.send(notice(&row)).await?;
    }
}

fn named<T>(
    field: &str,
    texts: &[String],
    read: fn(&str) -> Result<T, onhand_core::InvalidName>,
) -> Result<Vec<T>, Status> {
    names(field, texts, read).map_err(|it| of_invalid(&it))
}

fn place(text: &str) -> Result<Option<Place>, Invalid> {
    if text.is_empty() {
        return Ok(None);
    }
    let message = "must be the `version` of a change, or be left out to begin with everything";
    Place::parse(text).map(Some).ok_or_else(|| Invalid::new("invalid_field", "after", message))
}

fn kinds_of(texts: &[String]) -> Result<Vec<NoticeKind>, Invalid> {
    let one = |(index, text): (usize, &String)| {
        let kind: Result<NoticeKind, Error> =
            NoticeKind::deserialize(text.as_str().into_deserializer());
        kind.map_err(|_| {
            let message = "must be low_stock, out_of_stock, back_in_stock or oversold";
            Invalid::new("invalid_field", &format!("kinds[{index}]"), message)
        })
    };
    at_most("kinds", texts.len())?;
    texts.iter().enumerate().map(one).collect()
}

fn change(change: &AvailabilityChange) -> v1::AvailabilityChange {
    v1::AvailabilityChange {
        ledger: change.ledger.to_string(),
        channel: change.channel.to_string(),
        sku: change.sku.to_string(),
        unlimited: change.unlimited,
        published: change.published.unwrap_or(0),
        available: change.available.unwrap_or(0),
        sellable: change.sellable,
        position: change.position,
        reason: change.reason.unwrap_or_default().to_owned(),
        recorded_at: Some(timestamp(change.recorded_at)),
        freshness_step: u32::try_from(change.freshness_step).unwrap_or(u32::MAX),
        freshness_seconds: change.freshness_seconds,
        version: change.version.to_string(),
        closed: change.closed,
    }
}

fn notice(row: &NoticeRow) -> v1::WatchNoticesResponse {
    let kind = match row.kind {
        NoticeKind::LowStock => "low_stock",
        NoticeKind::OutOfStock => "out_of_stock",
        NoticeKind::BackInStock => "back_in_stock",
        NoticeKind::Oversold => "oversold",
    };
    v1::WatchNoticesResponse {
        number: row.number,
        kind: kind.to_owned(),
        sku: row.sku.to_string(),
        channel: row.channel.as_ref().map(ToString::to_string).unwrap_or_default(),
        location: row.location.as_ref().map(ToString::to_string).unwrap_or_default(),
        published: row.published,
        low_at: row.low_at,
        by: row.by,
        position: row.position,
        recorded_at: Some(timestamp(row.recorded_at)),
    }
}
