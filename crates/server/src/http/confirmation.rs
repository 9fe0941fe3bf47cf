//! A supplier's confirmation of a handover as a file: read whole, held against what was handed
//! over, and booked as the command `confirm_handover`, or not at all.

use std::collections::BTreeMap;

use axum::extract::{Path, Query, Request, State};
use axum::http::{HeaderMap, header};
use axum::response::Response;
use onhand_core::{HandedLine, Label, LedgerId, LineRef, OrderId, SupplierId};
use onhand_wire::{Invalid, Trouble};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use super::app::Room;
use super::body;
use super::commands::{book, key_of};
use super::params::{Params, named};
use super::respond::Refused;
use super::sheet::{self, Short};
use crate::trace;

type Pairs = Query<Vec<(String, String)>>;

/// `POST /v1/{ledger}/suppliers/{supplier}/handovers/{handover}/confirmation`
pub(super) async fn confirm(
    State(rooms): Room,
    Path((ledger, supplier, handover)): Path<(String, String, String)>,
    Query(pairs): Pairs,
    request: Request,
) -> Result<Response, Refused> {
    let ledger = named("ledger", &ledger, LedgerId::new)?;
    let supplier = named("supplier", &supplier, SupplierId::new)?;
    let handover = named("handover", &handover, Label::new)?;
    let mut params = Params::new(pairs);
    let dry_run = params.switch("dry_run")?;
    let mut fields = Map::new();
    for name in ["on_shortage", "actor"] {
        fields.extend(params.text(name)?.map(|it| (name.to_owned(), it.into())));
    }
    params.end()?;
    check_kind(request.headers())?;
    let key = key_of(request.headers())?;
    let trace = trace::of_headers(request.headers());
    let bytes = body::read(rooms.node.config(), request.into_body()).await?;
    let short = sheet::read(&bytes)?;
    // What is not visible yet the ledger itself still knows, and checks.
    let projector = rooms.node.projector(&ledger);
    if let Ok(known) = projector.handover(&ledger, &supplier, &handover) {
        check(&short, &known.handed)?;
    }
    fields.insert("supplier".to_owned(), json!(supplier));
    fields.insert("handover".to_owned(), json!(handover));
    fields.insert("short".to_owned(), Value::Array(summed(short)));
    let key = key.unwrap_or_else(|| key_of_file(&bytes, &supplier, &handover, &fields));
    let body = Value::Object(fields).to_string();
    let body = body.as_bytes();
    let mut request = onhand_wire::request(&ledger, "confirm_handover", body, Some(&key))?;
    trace::mark(&mut request, trace.as_ref());
    Ok(book(&rooms, request, dry_run).await)
}

/// The same file for the same handover is the same command.
fn key_of_file(
    bytes: &[u8],
    supplier: &SupplierId,
    handover: &Label,
    fields: &Map<String, Value>,
) -> String {
    let mut hash = Sha256::new();
    for text in [supplier.as_str(), handover.as_str()] {
        hash.update((text.len() as u64).to_be_bytes());
        hash.update(text);
    }
    hash.update(fields.get("on_shortage").and_then(Value::as_str).unwrap_or_default());
    hash.update([0]);
    hash.update(bytes);
    let hex = hash.finalize().iter().take(16).map(|it| format!("{it:02x}")).collect::<String>();
    format!("confirmation:{hex}")
}

/// A type is demanded that a web page of somebody else cannot send without being asked first.
fn check_kind(headers: &HeaderMap) -> Result<(), Trouble> {
    let value = headers.get(header::CONTENT_TYPE).and_then(|it| it.to_str().ok()).unwrap_or("");
    let kind = value.split(';').next().unwrap_or("").trim().to_ascii_lowercase();
    match ["text/csv", "text/tab-separated-values"].contains(&kind.as_str()) {
        true => Ok(()),
        false => Err(Trouble::MediaType { found: kind.chars().take(80).collect() }),
    }
}

/// # Errors
/// `invalid_field` naming line and column: not in the handover, or more than was handed over.
fn check(short: &[Short], handed: &[HandedLine]) -> Result<(), Invalid> {
    let mut left: BTreeMap<(&OrderId, &LineRef, &str), u64> = BTreeMap::new();
    for line in handed {
        for location in ["", line.location.as_str()] {
            let key = (&line.order, &line.r#ref, location);
            *left.entry(key).or_default() += line.quantity.units();
        }
    }
    for it in short {
        let key = (&it.order, &it.r#ref, it.location.as_str());
        let Some(units) = left.get(&key) else {
            let message = "is not in the handover";
            return Err(Invalid::new("invalid_field", &sheet::cell(it.line, "ref"), message));
        };
        if it.short > *units {
            let message = format!("are {} short of the {units} that were handed over", it.short);
            return Err(Invalid::new("invalid_field", &sheet::cell(it.line, "short"), message));
        }
    }
    Ok(())
}

/// Lines that are short, each once, in the order in which they came.
fn summed(short: Vec<Short>) -> Vec<Value> {
    let mut lines: Vec<Short> = Vec::new();
    let mut places: BTreeMap<(OrderId, LineRef), usize> = BTreeMap::new();
    for it in short.into_iter().filter(|it| it.short > 0) {
        let place = *places.entry((it.order.clone(), it.r#ref.clone())).or_insert(lines.len());
        match lines.get_mut(place) {
            Some(known) => known.short += it.short,
            None => lines.push(it),
        }
    }
    let line = |it: Short| json!({ "order": it.order, "ref": it.r#ref, "short": it.short });
    lines.into_iter().map(line).collect()
}
