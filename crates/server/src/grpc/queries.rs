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
use tonic::{Request, Response, Status};

use super::ask::ask;
use super::door::{Call, Door};
use super::status::{of_invalid, of_trouble};
use crate::http::reads::trouble;

/// Most items of one call.
const SKUS_MAX: usize = 1_000;
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
        let told = projector.quotes(&ledger, &channel, &known, freshness);
        let (seen, quotes) = told.map_err(missing)?;
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
        let page = projector.stock(&ledger, &query).map_err(missing)?;
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
        let ledgers = self.rooms.node.ledgers().iter().map(ledger_state).collect();
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
    /// The projector of the ledger, once it has seen the position.
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
        let (ledger, waiting) = (ledger.clone(), projector.clone());
        let work = move || match waiting.wait_for(&ledger, min_position, wait) {
            true => Ok(()),
            false => {
                let position = waiting.places(&ledger).map_or(0, |it| it.seen.position);
                Err(Trouble::PositionNotReached { position, min_position })
            }
        };
        self.apart(work).await?.map_err(|it| of_trouble(&it))?;
        Ok(projector)
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
