//! The inbox of differences, and one of them in full.

use axum::extract::{Path, Query, State};
use onhand_core::{DifferenceKind, FeedId, LedgerId, LocationId, Sku, SupplierId};
use onhand_projector::{
    DiscrepancyView, InboxOrder, InboxQuery, InboxRow, InboxState, Page, Projector,
};
use onhand_wire::Invalid;

use super::{Answer, Ask, Pairs, Told, limit, word};
use crate::http::app::Room;
use crate::http::params::Params;

const STATES: &str = "must be open, disputed, snoozed, asked, accepted, kept or cleared";
const KINDS: &str = "must be first_seen, in_flight, unacknowledged_receipt, silent_restock, \
                     pack_mistake, unknown_sku, vanished_sku, stale, unexplained_loss, \
                     unexplained_gain, shortage or echo";

/// `GET /v1/{ledger}/discrepancies`
pub(in crate::http) async fn discrepancies(
    State(rooms): Room,
    Path(ledger): Path<String>,
    Query(pairs): Pairs,
) -> Told {
    let mut ask = Ask::new(&rooms, &ledger, pairs)?;
    let query = all(&mut ask.params)?;
    ask.answer(&rooms, query).await
}

pub(super) fn all(params: &mut Params) -> Result<impl Answer<Page<InboxRow, u64>>, Invalid> {
    let states = params.all("state");
    let states = states.iter().map(|it| word::<InboxState>("state", it, STATES));
    let kinds = params.all("kind");
    let kinds = kinds.iter().map(|it| word::<DifferenceKind>("kind", it, KINDS));
    let order = params.text("order")?;
    let order = order
        .map(|it| word::<InboxOrder>("order", &it, "must be newest or largest"))
        .transpose()?;
    let query = InboxQuery {
        states: states.collect::<Result<_, _>>()?,
        kinds: kinds.collect::<Result<_, _>>()?,
        supplier: params.name("supplier", SupplierId::new)?,
        feed: params.name("feed", FeedId::new)?,
        location: params.name("location", LocationId::new)?,
        sku: params.name("sku", Sku::new)?,
        larger_than: params.number("larger_than")?,
        order: order.unwrap_or_default(),
        after: params.number("after")?,
        limit: limit(params)?,
    };
    Ok(move |it: &Projector, ledger: &LedgerId| Ok(it.inbox(ledger, &query)?))
}

/// `GET /v1/{ledger}/discrepancies/{number}`
pub(in crate::http) async fn discrepancy(
    State(rooms): Room,
    Path((ledger, number)): Path<(String, String)>,
    Query(pairs): Pairs,
) -> Told {
    let ask = Ask::new(&rooms, &ledger, pairs)?;
    let query = one(&number)?;
    ask.answer(&rooms, query).await
}

pub(super) fn one(number: &str) -> Result<impl Answer<DiscrepancyView>, Invalid> {
    let message = "must be a whole number, as the inbox shows it";
    let number: u64 =
        number.parse().map_err(|_| Invalid::new("invalid_field", "number", message))?;
    Ok(move |it: &Projector, ledger: &LedgerId| it.discrepancy(ledger, number))
}
