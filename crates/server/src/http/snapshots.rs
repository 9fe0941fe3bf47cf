//! Suppliers' numbers in: files of any length, a form, a fetch at once; and the bytes back out.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::{Path, Query, Request, State};
use axum::http::{HeaderMap, header};
use axum::response::Response;
use http_body_util::BodyExt;
use hyper::body::Frame;
use onhand_core::{FeedId, Label, LedgerId, SnapshotOutcome};
use onhand_wire::{Format, Invalid, Problem, Trouble};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use tokio::sync::mpsc;

use super::app::{Room, Rooms};
use super::body;
use super::commands::{book, key_of};
use super::params::{Params, named};
use super::respond::{Refused, bytes_response, json};
use crate::snapshots::{Ask, Came, Form, Fresh, Snapshots, check_feed};
use crate::trace;

type Pairs = Query<Vec<(String, String)>>;
type Told = Result<Response, Refused>;

/// Pieces of a body that may wait to be written, or to be sent.
const PIECES_AHEAD: usize = 8;
const PIECE_BYTES: usize = 64 << 10;

/// `POST /v1/{ledger}/feeds/{feed}/snapshots`
pub(super) async fn upload(
    State(rooms): Room,
    Path((ledger, feed)): Path<(String, String)>,
    Query(pairs): Pairs,
    request: Request,
) -> Told {
    let ask = ask(&ledger, &feed, pairs)?;
    check_kind(request.headers())?;
    let fresh = receive(&rooms, request.into_body()).await?;
    let report = blocking(&rooms, move |it| it.take(&ask, fresh)).await?;
    let is_new = !report.dry_run && !report.replayed;
    let status = match report.outcome {
        SnapshotOutcome::Held if is_new => 202,
        _ if is_new => 201,
        _ => 200,
    };
    Ok(json(status, &report))
}

fn ask(ledger: &str, feed: &str, pairs: Vec<(String, String)>) -> Result<Ask, Invalid> {
    let mut params = Params::new(pairs);
    let ask = Ask {
        ledger: named("ledger", ledger, LedgerId::new)?,
        feed: named("feed", feed, FeedId::new)?,
        dry_run: params.switch("dry_run")?,
        as_of: params.time("as_of")?,
        complete: params.switch_if_given("complete")?,
        tier: params.name("tier", Label::new)?,
        snapshot: params.name("snapshot", Label::new)?,
        came: Came::Sent,
    };
    params.end()?;
    Ok(ask)
}

/// Any type but those that a web page of somebody else may send without being asked first.
fn check_kind(headers: &HeaderMap) -> Result<(), Trouble> {
    let value = headers.get(header::CONTENT_TYPE).and_then(|it| it.to_str().ok()).unwrap_or("");
    let kind = value.split(';').next().unwrap_or("").trim().to_ascii_lowercase();
    let of_pages = ["", "text/plain", "multipart/form-data", "application/x-www-form-urlencoded"];
    match of_pages.contains(&kind.as_str()) {
        true => Err(Trouble::MediaType { found: kind }),
        false => Ok(()),
    }
}

/// The body as a file of its own, a piece at a time: however long it is, little is in memory. No
/// thread waits for a slow sender: one is taken for each piece that is there.
async fn receive(rooms: &Rooms, mut body: Body) -> Result<Fresh, Trouble> {
    let bytes_max = rooms.node.config().snapshot_bytes_max;
    let patience = Duration::from_millis(rooms.node.config().http_body_ms_max);
    let snapshots = rooms.snapshots.clone();
    let not_kept = |error: io::Error| match error.kind() {
        io::ErrorKind::FileTooLarge => Trouble::BodyTooLarge { bytes_max },
        _ => Trouble::Unavailable { message: format!("the file could not be kept: {error}") },
    };
    let mut coming = on_disk(move || snapshots.kept().begin()).await.map_err(not_kept)?;
    let mut piece = Vec::with_capacity(PIECE_BYTES);
    while let Some(bytes) = next_of(&mut body, patience).await? {
        piece.extend_from_slice(&bytes);
        if piece.len() >= PIECE_BYTES {
            let full = std::mem::replace(&mut piece, Vec::with_capacity(PIECE_BYTES));
            coming =
                on_disk(move || coming.write(&full).map(|()| coming)).await.map_err(not_kept)?;
        }
    }
    on_disk(move || coming.write(&piece).map(|()| coming.end(Form::Raw))).await.map_err(not_kept)
}

/// None: that was all.
async fn next_of(body: &mut Body, patience: Duration) -> Result<Option<Bytes>, Trouble> {
    loop {
        let Ok(frame) = tokio::time::timeout(patience, body.frame()).await else {
            return Err(Trouble::RequestTimeout { seconds: patience.as_secs().max(1) });
        };
        match frame.map(|it| it.map(Frame::into_data)) {
            None => return Ok(None),
            Some(Ok(Ok(bytes))) => return Ok(Some(bytes)),
            // Trailers say nothing here.
            Some(Ok(Err(_))) => {}
            Some(Err(error)) => {
                let message = format!("the body broke off: {error}");
                return Err(Trouble::Unavailable { message });
            }
        }
    }
}

async fn on_disk<T: Send + 'static>(
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> io::Result<T> {
    tokio::task::spawn_blocking(work).await.map_err(io::Error::other)?
}

/// Work on snapshots, away from the threads that serve connections; few at once.
async fn blocking<T: Send + 'static>(
    rooms: &Arc<Rooms>,
    work: impl FnOnce(&Snapshots) -> Result<T, Problem> + Send + 'static,
) -> Result<T, Refused> {
    let Ok(_seat) = rooms.files.acquire().await else {
        return Err(Trouble::Unavailable { message: "the server stops".to_owned() }.into());
    };
    let snapshots = rooms.snapshots.clone();
    let done = tokio::task::spawn_blocking(move || work(&snapshots)).await;
    let lost =
        |error: tokio::task::JoinError| Trouble::OutcomeUnknown { message: error.to_string() };
    done.map_err(lost)?.map_err(Refused)
}

/// `POST /v1/{ledger}/feeds/{feed}/pull`
pub(super) async fn pull(
    State(rooms): Room,
    Path((ledger, feed)): Path<(String, String)>,
    Query(pairs): Pairs,
) -> Told {
    Params::new(pairs).end()?;
    let ledger = named("ledger", &ledger, LedgerId::new)?;
    let feed = named("feed", &feed, FeedId::new)?;
    let pulled = blocking(&rooms, move |it| it.pull_now(&ledger, &feed)).await?;
    Ok(json(200, &serde_json::json!({ "pulled": pulled })))
}

/// What a form says beside its envelope.
const FORM_FIELDS: [&str; 2] = ["lines", "as_of"];
const ENVELOPE_FIELDS: [&str; 7] =
    ["id", "occurred_at", "actor", "source", "source_event", "cause", "metadata"];

/// `POST /v1/{ledger}/feeds/{feed}/form`: some numbers, typed in by whoever knows them.
pub(super) async fn form(
    State(rooms): Room,
    Path((ledger, feed)): Path<(String, String)>,
    Query(pairs): Pairs,
    request: Request,
) -> Told {
    let mut params = Params::new(pairs);
    let dry_run = params.switch("dry_run")?;
    params.end()?;
    let ledger = named("ledger", &ledger, LedgerId::new)?;
    let feed = named("feed", &feed, FeedId::new)?;
    let key = key_of(request.headers())?;
    if body::format(request.headers())? != Format::Json {
        let found = "a form is application/json".to_owned();
        return Err(Trouble::MediaType { found }.into());
    }
    let trace = trace::of_headers(request.headers());
    let bytes = body::read(rooms.node.config(), request.into_body()).await?;
    let body = as_snapshot(&bytes, &feed, key.as_deref())?;
    let mut request = onhand_wire::request(&ledger, "record_snapshot", &body, key.as_deref())?;
    trace::mark(&mut request, trace.as_ref());
    check_feed(&request)?;
    Ok(book(&rooms, request, dry_run).await)
}

/// The form as a partial snapshot, named after its key: sent again it is the same one.
fn as_snapshot(bytes: &[u8], feed: &FeedId, key: Option<&str>) -> Result<Vec<u8>, Invalid> {
    let read: Result<Map<String, Value>, _> = serde_json::from_slice(bytes);
    let mut body = read.map_err(|it| Invalid::not_json(&it))?;
    let known =
        |it: &&String| FORM_FIELDS.contains(&it.as_str()) || ENVELOPE_FIELDS.contains(&it.as_str());
    if let Some(other) = body.keys().find(|it| !known(it)) {
        let message = format!("is no field of a form; it has {}", FORM_FIELDS.join(", "));
        return Err(Invalid::new("unknown_field", other, message));
    }
    if !body.get("lines").is_some_and(Value::is_array) {
        return Err(Invalid::new("missing_field", "lines", "is missing; send a list of lines"));
    }
    let id = key.or_else(|| body.get("id").and_then(Value::as_str)).unwrap_or_default();
    let digest = Sha256::digest(id.as_bytes());
    let name: String = digest.iter().take(8).map(|it| format!("{it:02x}")).collect();
    body.insert("feed".to_owned(), feed.as_str().into());
    body.insert("snapshot".to_owned(), format!("form-{name}").into());
    serde_json::to_vec(&body).map_err(|it| Invalid::not_json(&it))
}

/// `GET /v1/{ledger}/feeds/{feed}/snapshots/{hash}/bytes`: a file as it came.
pub(super) async fn bytes(
    State(rooms): Room,
    Path((ledger, feed, hash)): Path<(String, String, String)>,
    Query(pairs): Pairs,
) -> Told {
    Params::new(pairs).end()?;
    let ledger = named("ledger", &ledger, LedgerId::new)?;
    let feed = named("feed", &feed, FeedId::new)?;
    let found = blocking(&rooms, move |it| it.bytes_of(&ledger, &feed, &hash)).await?;
    let (mut file, length, kind) = found;
    let (pieces, to_send) = mpsc::channel(PIECES_AHEAD);
    // No thread waits for a slow reader either.
    tokio::spawn(async move {
        loop {
            let read = on_disk(move || {
                let mut piece = vec![0; PIECE_BYTES];
                let count = io::Read::read(&mut file, &mut piece)?;
                piece.truncate(count);
                Ok((file, Bytes::from(piece)))
            });
            let piece = match read.await {
                Ok((_, piece)) if piece.is_empty() => return,
                Ok((rest, piece)) => {
                    file = rest;
                    piece
                }
                Err(error) => return drop(pieces.send(Err(error)).await),
            };
            if pieces.send(Ok(piece)).await.is_err() {
                return;
            }
        }
    });
    let mut response = bytes_response(200, kind, Vec::new());
    *response.body_mut() = Body::new(Pieces(to_send));
    response.headers_mut().insert(header::CONTENT_LENGTH, length.into());
    // Whoever opens the address in a browser gets a file, not a page of a supplier's making.
    let (disposition, sniff) = (header::CONTENT_DISPOSITION, header::X_CONTENT_TYPE_OPTIONS);
    response.headers_mut().insert(disposition, header::HeaderValue::from_static("attachment"));
    response.headers_mut().insert(sniff, header::HeaderValue::from_static("nosniff"));
    Ok(response)
}

/// A body that comes from a thread that reads.
struct Pieces(mpsc::Receiver<io::Result<Bytes>>);

impl hyper::body::Body for Pieces {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        self.0.poll_recv(context).map(|it| it.map(|piece| piece.map(Frame::data)))
    }
}
