//! What waits for a supplier, what it was given, and what it confirmed: as JSON and as CSV.

use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, HeaderValue, header};
use onhand_core::{HandedLine, Label, LedgerId, SupplierId};
use onhand_projector::{
    HandoverAnswer, HandoverQuery, HandoverRow, HandoverStanding, Page, Projector, WaitingView,
};
use onhand_wire::{Invalid, No, Problem, Trouble, problem};
use serde::Deserialize;
use serde::de::IntoDeserializer;
use serde::de::value::Error;
use serde_json::Value;

use super::{Answer, Ask, Pairs, Told, limit, trouble};
use crate::http::app::Room;
use crate::http::params::{Params, named};
use crate::http::respond::{bytes_response, json};
use crate::http::sheet;

/// `GET /v1/{ledger}/suppliers/{supplier}/waiting`
pub(in crate::http) async fn waiting(
    State(rooms): Room,
    Path((ledger, supplier)): Path<(String, String)>,
    Query(pairs): Pairs,
) -> Told {
    let mut ask = Ask::new(&rooms, &ledger, pairs)?;
    let query = all_waiting(&supplier, &mut ask.params)?;
    ask.answer(&rooms, query).await
}

fn all_waiting(
    supplier: &str,
    params: &mut Params,
) -> Result<impl Answer<WaitingView> + use<>, Invalid> {
    let supplier = named("supplier", supplier, SupplierId::new)?;
    let limit = limit(params)?;
    Ok(move |it: &Projector, ledger: &LedgerId| Ok(it.waiting(ledger, &supplier, limit)?))
}

/// `GET /v1/{ledger}/suppliers/{supplier}/handovers`
pub(in crate::http) async fn handovers(
    State(rooms): Room,
    Path((ledger, supplier)): Path<(String, String)>,
    Query(pairs): Pairs,
) -> Told {
    let mut ask = Ask::new(&rooms, &ledger, pairs)?;
    let query = all_handovers(&supplier, &mut ask.params)?;
    ask.answer(&rooms, query).await
}

fn all_handovers(
    supplier: &str,
    params: &mut Params,
) -> Result<impl Answer<Page<HandoverRow, u64>> + use<>, Invalid> {
    let supplier = named("supplier", supplier, SupplierId::new)?;
    let query = HandoverQuery {
        states: params.all("state").iter().map(|it| standing(it)).collect::<Result<_, _>>()?,
        before: params.number("after")?,
        limit: limit(params)?,
    };
    Ok(move |it: &Projector, ledger: &LedgerId| Ok(it.handovers(ledger, &supplier, &query)?))
}

fn standing(text: &str) -> Result<HandoverStanding, Invalid> {
    let read: Result<_, Error> = HandoverStanding::deserialize(text.into_deserializer());
    let message = "must be empty, waiting, missed or confirmed";
    read.map_err(|_| Invalid::new("invalid_field", "state", message))
}

/// `GET /v1/{ledger}/suppliers/{supplier}/handovers/{handover}`
pub(in crate::http) async fn handover(
    State(rooms): Room,
    Path((ledger, supplier, handover)): Path<(String, String, String)>,
    Query(pairs): Pairs,
    headers: HeaderMap,
) -> Told {
    let mut ask = Ask::new(&rooms, &ledger, pairs)?;
    let as_csv = match ask.params.text("format")?.as_deref() {
        None => wants_csv(&headers),
        Some("json") => false,
        Some("csv") => true,
        Some(_) => {
            return Err(Invalid::new("invalid_field", "format", "must be json or csv").into());
        }
    };
    let query = one_handover(&supplier, &handover)?;
    let answer = ask.find(&rooms, query).await?;
    Ok(if as_csv { csv_response(&answer)? } else { json(200, &answer) })
}

pub(in crate::http) fn one_handover(
    supplier: &str,
    handover: &str,
) -> Result<impl Answer<HandoverAnswer> + use<>, Invalid> {
    let supplier = named("supplier", supplier, SupplierId::new)?;
    let handover = named("handover", handover, Label::new)?;
    Ok(move |it: &Projector, ledger: &LedgerId| Ok(it.handover(ledger, &supplier, &handover)?))
}

/// Whether the caller takes CSV and not JSON.
fn wants_csv(headers: &HeaderMap) -> bool {
    let accepted = headers.get_all(header::ACCEPT).iter().filter_map(|it| it.to_str().ok());
    let mut kinds = accepted.flat_map(|it| it.split(',')).map(|it| {
        let kind = it.split(';').next().unwrap_or("").trim();
        kind.to_ascii_lowercase()
    });
    kinds.find(|it| ["text/csv", "application/json"].contains(&it.as_str()))
        == Some("text/csv".to_owned())
}

fn csv_response(answer: &HandoverAnswer) -> Told {
    let bytes = handover_csv(&answer.handed);
    let bytes = bytes.map_err(|it| Trouble::Unavailable { message: it.to_string() })?;
    let mut response = bytes_response(200, "text/csv; charset=utf-8; header=present", bytes);
    let named = HeaderValue::from_static("attachment; filename=\"handover.csv\"");
    response.headers_mut().insert(header::CONTENT_DISPOSITION, named);
    Ok(response)
}

/// What was handed over as CSV. The last column is empty: a supplier writes what it does not have
/// there, and sends the file back as its confirmation.
///
/// # Errors
/// None in memory.
pub fn handover_csv(lines: &[HandedLine]) -> Result<Vec<u8>, csv::Error> {
    let mut rows = vec![sheet::COLUMNS.map(str::to_owned)];
    rows.extend(lines.iter().map(|it| {
        [
            it.quantity.units().to_string(),
            it.supplier_sku.as_ref().map(ToString::to_string).unwrap_or_default(),
            it.sku.to_string(),
            it.order.to_string(),
            it.r#ref.to_string(),
            it.location.to_string(),
            String::new(),
        ]
    }));
    sheet::write(&rows)
}

/// The same questions without a door: the supplier's handovers, or the one that is named.
///
/// # Errors
/// What the server would say.
pub fn handovers_here(
    projector: &Projector,
    ledger: &LedgerId,
    supplier: &str,
    handover: Option<&str>,
    pairs: &[(&str, String)],
) -> Result<Value, Problem> {
    let invalid = |it: Invalid| problem(No::Invalid(&it));
    let pairs = pairs.iter().map(|(name, value)| ((*name).to_owned(), value.clone()));
    let mut params = Params::new(pairs.collect());
    let answer = match handover {
        Some(name) => {
            let query = one_handover(supplier, name).map_err(invalid)?;
            query(projector, ledger).map(|it| serde_json::to_value(it))
        }
        None => {
            let query = all_handovers(supplier, &mut params).map_err(invalid)?;
            query(projector, ledger).map(|it| serde_json::to_value(it))
        }
    };
    params.end().map_err(invalid)?;
    let answer = answer.map_err(|it| problem(No::Trouble(&trouble(&it))))?;
    answer.map_err(|it| {
        let message = it.to_string();
        problem(No::Trouble(&Trouble::Unavailable { message }))
    })
}
