//! Questions: the numbers that callers live from as messages, the rest as HTTP answers it.

use std::sync::Arc;
use std::time::Duration;

use onhand_core::{ChannelId, LedgerId, Sku};
use onhand_projector::{
    Amount, FreshAt, LedgerView, Missing, Projector, QueryError, Quote, Seen, StockQuery, StockRow,
};
use onhand_proto::v1;
use onhand_proto::v1::queries_server::Queries;
use onhand_wire::{Invalid, Trouble, ledger_of, timestamp};
use tokio::time::Instant;
use tonic::{Request, Response, Status};

use super::ask::ask;
use super::door::{Call, Door};
use super::status::{of_invalid, of_trouble};
use super::telling::{over, stopping};
use crate::http::reads::trouble;

/// Most items of one call.
const SKUS_MAX: usize = 1_000;
/// Items that cost less to answer than a thread of their own.
const SKUS_SHORT: usize = 10;
/// How long a read waits for `min_position` if the caller does not say, in milliseconds.
const WAIT_MS: u64 = 1_000;

#[tonic::async_trait]
impl Queries for Door {
    async fn get_availability(
        &self,
        request: Request<v1::GetAvailabilityRequest>,
    ) -> Result<Response<v1::GetAvailabilityResponse>, Status> {
        let v1::GetAvailabilityRequest { ledger, channel, skus, min_position, wait_ms, freshness } =
            request.into_inner();
        let ledger = ledger_of(&ledger).map_err(|it| of_invalid(&it))?;
        let channel = channel_of(&channel).map_err(|it| of_invalid(&it))?;
        let known = skus_of(&skus).map_err(|it| of_invalid(&it))?;
        let projector = self.reach(&ledger, min_position, wait_ms).await?;
        let is_short = known.len() <= SKUS_SHORT;
        let find = move |it: &Projector| it.quotes(&ledger, &channel, &known, freshness);
        let (seen, quotes) = self.find(projector, is_short, find).await?.map_err(missing)?;
        let rows = skus.into_iter().zip(quotes).map(|(sku, quote)| row(sku, quote)).collect();
        Ok(Response::new(v1::GetAvailabilityResponse { seen: Some(seen_message(&seen)), rows }))
    }

    async fn get_stock(
        &self,
        request: Request<v1::GetStockRequest>,
    ) -> Result<Response<v1::GetStockResponse>, Status> {
        let v1::GetStockRequest { ledger, skus, min_position, wait_ms } = request.into_inner();
        let ledger = ledger_of(&ledger).map_err(|it| of_invalid(&it))?;
        let skus = skus_of(&skus).map_err(|it| of_invalid(&it))?;
        let projector = self.reach(&ledger, min_position, wait_ms).await?;
        let query = StockQuery { limit: skus.len(), skus, location: None, after: None };
        let is_short = query.limit <= SKUS_SHORT;
        let find = move |it: &Projector| it.stock(&ledger, &query);
        let page = self.find(projector, is_short, find).await?.map_err(missing)?;
        let rows = page.rows.iter().map(stock_row).collect();
        Ok(Response::new(v1::GetStockResponse { seen: Some(seen_message(&page.seen)), rows }))
    }

    async fn get_entry(
        &self,
        request: Request<v1::GetEntryRequest>,
    ) -> Result<Response<v1::GetEntryResponse>, Status> {
        let v1::GetEntryRequest { ledger, position } = request.into_inner();
        let ledger = ledger_of(&ledger).map_err(|it| of_invalid(&it))?;
        let projector = self.rooms.node.projector(&ledger);
        // It is read from the journal.
        let view = self.apart(move || projector.entry(&ledger, position)).await?;
        let view = view.map_err(|it| of_trouble(&trouble(&it)))?;
        let entry_json = serde_json::to_string(&view.entry)
            .map_err(|error| of_trouble(&Trouble::Unavailable { message: error.to_string() }))?;
        let (height, recorded_at) = (view.place.height, Some(timestamp(view.place.recorded_at)));
        Ok(Response::new(v1::GetEntryResponse { entry_json, height, recorded_at }))
    }

    async fn list_ledgers(
        &self,
        _request: Request<v1::ListLedgersRequest>,
    ) -> Result<Response<v1::ListLedgersResponse>, Status> {
        let node = self.rooms.node.clone();
        let ledgers = self.apart(move || node.ledgers()).await?;
        let ledgers = ledgers.iter().map(ledger_state).collect();
        Ok(Response::new(v1::ListLedgersResponse { ledgers }))
    }

    async fn ask(
        &self,
        request: Request<v1::AskRequest>,
    ) -> Result<Response<v1::AskResponse>, Status> {
        let call = Call::of(request.metadata());
        let told = call.within(ask(&self.http, request.into_inner())).await??;
        Ok(Response::new(told))
    }
}

impl Door {
    /// The projector of the ledger, once it has seen the position. Whoever waits for it takes
    /// neither a seat nor a thread from those who read.
    async fn reach(
        &self,
        ledger: &LedgerId,
        min_position: u64,
        wait_ms: u64,
    ) -> Result<Arc<Projector>, Status> {
        let projector = self.rooms.node.projector(ledger);
        if min_position == 0 {
            return Ok(projector);
        }
        let wait_ms = if wait_ms == 0 { WAIT_MS } else { wait_ms };
        let wait = Duration::from_millis(wait_ms.min(self.rooms.node.config().http_wait_ms_max));
        let until = Instant::now() + wait;
        let mut pulse = self.rooms.feeds.pulse(ledger);
        let mut ending = self.rooms.feeds.ending();
        loop {
            pulse.borrow_and_update();
            if self.has_seen(&projector, ledger, min_position).await? {
                return Ok(projector);
            }
            tokio::select! {
                turned = pulse.changed() => turned.map_err(|_| stopping())?,
                () = tokio::time::sleep_until(until) => break,
                () = over(&mut ending) => return Err(stopping()),
            }
        }
        let ledger = ledger.clone();
        let find = move |it: &Projector| it.places(&ledger).map_or(0, |it| it.seen.position);
        let position = self.find(projector, false, find).await?;
        Err(of_trouble(&Trouble::PositionNotReached { position, min_position }))
    }

    async fn has_seen(
        &self,
        projector: &Arc<Projector>,
        ledger: &LedgerId,
        position: u64,
    ) -> Result<bool, Status> {
        let ledger = ledger.clone();
        let find = move |it: &Projector| it.wait_for(&ledger, position, Duration::ZERO);
        self.find(projector.clone(), true, find).await
    }

    /// Asks the projector: here if that is short and nobody folds, else away from the threads that
    /// serve connections.
    async fn find<T: Send + 'static>(
        &self,
        projector: Arc<Projector>,
        is_short: bool,
        find: impl FnOnce(&Projector) -> T + Send + 'static,
    ) -> Result<T, Status> {
        match is_short && projector.is_free() {
            true => Ok(find(&projector)),
            false => self.apart(move || find(&projector)).await,
        }
    }

    /// Work that blocks, away from the threads that serve connections.
    pub(super) async fn apart<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Status> {
        let unavailable = |message: String| of_trouble(&Trouble::Unavailable { message });
        let Ok(_seat) = self.rooms.reads.acquire().await else {
            return Err(unavailable("the server stops".to_owned()));
        };
        tokio::task::spawn_blocking(work).await.map_err(|it| unavailable(it.to_string()))
    }
}

fn missing(missing: Missing) -> Status {
    of_trouble(&trouble(&QueryError::Missing(missing)))
}

fn channel_of(text: &str) -> Result<ChannelId, Invalid> {
    match text.is_empty() {
        true => Err(Invalid::new("missing_field", "channel", "is missing; add it")),
        false => ChannelId::new(text).map_err(|it| Invalid::new("invalid_field", "channel", it)),
    }
}

fn skus_of(skus: &[String]) -> Result<Vec<Sku>, Invalid> {
    if skus.is_empty() {
        return Err(Invalid::new("missing_field", "skus", "is empty; name at least one"));
    }
    if skus.len() > SKUS_MAX {
        let message = format!("has more than {SKUS_MAX}; ask in several parts");
        return Err(Invalid::new("invalid_field", "skus", message));
    }
    let one = |(index, it): (usize, &String)| {
        Sku::new(it).map_err(|it| Invalid::new("invalid_field", &format!("skus[{index}]"), it))
    };
    skus.iter().enumerate().map(one).collect()
}

fn seen_message(seen: &Seen) -> v1::Seen {
    let recorded_at = Some(timestamp(seen.recorded_at));
    v1::Seen { position: seen.position, recorded_at, age_ms: seen.age_ms }
}

fn row(sku: String, quote: Option<Quote>) -> v1::AvailabilityRow {
    let Some(quote) = quote else {
        return v1::AvailabilityRow { sku, unknown: true, ..Default::default() };
    };
    let (published, unlimited) = match quote.published {
        Amount::Units(units) => (units, false),
        Amount::Unlimited => (0, true),
    };
    let available = units(&quote.available);
    let freshness = quote.freshness.into_iter().map(fresh).collect();
    v1::AvailabilityRow { sku, unlimited, published, available, unknown: false, freshness }
}

fn units(amount: &Amount<i64>) -> i64 {
    match amount {
        Amount::Units(units) => *units,
        Amount::Unlimited => 0,
    }
}

fn fresh(at: FreshAt) -> v1::Freshness {
    v1::Freshness {
        location: at.location.to_string(),
        feed: at.feed.to_string(),
        as_of: at.as_of.map(timestamp),
        age_seconds: at.age_seconds.unwrap_or(0),
        step: at.step.map_or(0, |it| u32::try_from(it).unwrap_or(u32::MAX)),
    }
}

fn stock_row(row: &StockRow) -> v1::StockRow {
    v1::StockRow {
        sku: row.sku.to_string(),
        location: row.location.to_string(),
        sellable: row.sellable,
        quality_control: row.quality_control,
        damaged: row.damaged,
        quarantined: row.quarantined,
        held: row.held,
        committed: row.committed,
    }
}

fn ledger_state(ledger: &LedgerView) -> v1::LedgerState {
    v1::LedgerState {
        ledger: ledger.ledger.to_string(),
        position: ledger.position,
        recorded_at: Some(timestamp(ledger.recorded_at)),
        items: ledger.items as u64,
    }
}
