//! Commands in: one by its own address, or many in one body.

use axum::body::Bytes;
use axum::extract::{Path, Query, Request, State};
use axum::http::{HeaderMap, HeaderValue};
use axum::response::Response;
use onhand_core::{Command, LedgerId, TraceParent};
use onhand_engine::{Answer, AnswerFault, Batch, Mode};
use onhand_wire::{Format, Invalid, No, Problem, Trouble, Would, answer, batch, problem};
use serde_json::value::RawValue;

use super::app::{Room, Rooms};
use super::body;
use super::params::{Params, named};
use super::respond::{Refused, bytes_response, json, problem_response};
use crate::snapshots::{check_feed, of_answer as problem_of};
use crate::trace;

type Pairs = Query<Vec<(String, String)>>;

/// `POST /v1/{ledger}/{stem}`
pub(super) async fn one(
    State(rooms): Room,
    Path((ledger, stem)): Path<(String, String)>,
    Query(pairs): Pairs,
    request: Request,
) -> Result<Response, Refused> {
    let ledger = named("ledger", &ledger, LedgerId::new)?;
    if !Command::STEMS.contains(&stem.as_str()) {
        let message =
            format!("`{stem}` is no command; the commands are {}", Command::STEMS.join(", "));
        return Err(Trouble::NotFound { message }.into());
    }
    let mut params = Params::new(pairs);
    let dry_run = params.switch("dry_run")?;
    params.end()?;
    let key = key_of(request.headers())?;
    if body::format(request.headers())? != Format::Json {
        let message = "one command is application/json; a batch goes to …/commands";
        return Err(Trouble::MediaType { found: message.to_owned() }.into());
    }
    let trace = trace::of_headers(request.headers());
    let bytes = body::read(rooms.node.config(), request.into_body()).await?;
    let mut request = onhand_wire::request(&ledger, &stem, &bytes, key.as_deref())?;
    trace::mark(&mut request, trace.as_ref());
    check_feed(&request)?;
    Ok(book(&rooms, request, dry_run).await)
}

/// One command's response, once it is booked.
pub(crate) async fn book(rooms: &Rooms, request: onhand_core::Request, dry_run: bool) -> Response {
    let is_judged = !dry_run && is_judgement(&request);
    let batch = Batch { requests: vec![request], mode: Mode::Each, dry_run };
    let answer = rooms.node.submit(batch).await.pop();
    if is_judged {
        rooms.snapshots.poke();
    }
    respond(&answer.unwrap_or_else(lost))
}

/// It may let a snapshot go on.
pub(crate) fn is_judgement(request: &onhand_core::Request) -> bool {
    matches!(request.command, Command::JudgeSnapshot(_))
}

pub(crate) fn key_of(headers: &HeaderMap) -> Result<Option<String>, Invalid> {
    let mut values = headers.get_all("idempotency-key").iter();
    let key = values.next().map(|it| onhand_wire::idempotency_key(it.as_bytes())).transpose()?;
    match values.next() {
        Some(_) => {
            Err(Invalid::new("duplicate_field", "Idempotency-Key", "stands twice; keep one"))
        }
        None => Ok(key),
    }
}

pub(crate) fn lost() -> Answer {
    let message = "the shard gave no answer".to_owned();
    Answer::Fault(AnswerFault::OutcomeUnknown { message })
}

/// One answer as its caller is told it, by whatever door.
pub(crate) struct Told {
    pub status: u16,
    /// JSON; of a no its problem.
    pub body: Vec<u8>,
    /// The command was answered before, and this is that answer.
    pub replayed: bool,
    pub no: Option<Problem>,
}

impl Told {
    pub fn no(problem: Problem) -> Told {
        let body = problem.body.to_string().into_bytes();
        Told { status: problem.status(), body, replayed: false, no: Some(problem) }
    }

    fn yes(status: u16, body: &impl serde::Serialize) -> Told {
        match serde_json::to_vec(body) {
            Ok(body) => Told { status, body, replayed: false, no: None },
            Err(error) => {
                // It is booked: only the telling failed.
                let message = format!("the answer cannot be written as JSON: {error}");
                Told::no(problem(No::Trouble(&Trouble::OutcomeUnknown { message })))
            }
        }
    }
}

/// One answer in the words of the API.
pub(crate) fn tell(answered: &Answer) -> Told {
    let replayed = is_replayed(answered);
    let told = match answered {
        Answer::Accepted { block, index, .. } => match block.body.entries.get(*index) {
            Some(entry) => {
                let status = if replayed { 200 } else { 201 };
                Told::yes(status, &answer(entry, block.height, block.time, replayed))
            }
            None => tell(&lost()),
        },
        Answer::WouldAccept { entry } => Told::yes(200, &Would::accept(entry)),
        Answer::Refused { .. } | Answer::KeyReused { .. } | Answer::Fault(_) => {
            Told::no(problem_of(answered))
        }
    };
    Told { replayed, ..told }
}

/// One answer as a response.
fn respond(answered: &Answer) -> Response {
    let told = tell(answered);
    let mut response = match &told.no {
        Some(problem) => problem_response(problem),
        None => bytes_response(told.status, "application/json", told.body),
    };
    if told.replayed {
        let value = HeaderValue::from_static("true");
        response.headers_mut().insert("idempotency-replayed", value);
    }
    response
}

fn is_replayed(answer: &Answer) -> bool {
    match answer {
        Answer::Accepted { replayed, .. } | Answer::Refused { replayed, .. } => *replayed,
        Answer::WouldAccept { .. } | Answer::KeyReused { .. } | Answer::Fault(_) => false,
    }
}

/// How a batch is to be taken.
#[derive(Clone, Copy)]
pub(crate) struct Wish {
    pub mode: Mode,
    pub dry_run: bool,
    /// Whether answers carry the entries themselves.
    pub entries: bool,
}

impl Wish {
    fn read(pairs: Vec<(String, String)>) -> Result<Wish, Invalid> {
        let mut params = Params::new(pairs);
        let mode = if params.switch("atomic")? { Mode::Atomic } else { Mode::Each };
        let dry_run = params.switch("dry_run")?;
        let entries = params.text("entries")?.is_none_or(|it| it != "false");
        params.end()?;
        Ok(Wish { mode, dry_run, entries })
    }
}

/// `POST /v1/{ledger}/commands`
pub(super) async fn many(
    State(rooms): Room,
    Path(ledger): Path<String>,
    Query(pairs): Pairs,
    request: Request,
) -> Result<Response, Refused> {
    let ledger = named("ledger", &ledger, LedgerId::new)?;
    let wish = Wish::read(pairs)?;
    if key_of(request.headers())?.is_some() {
        let message = "belongs to one command; in a batch each item has its own `id`";
        return Err(Invalid::new("idempotency_key_mismatch", "Idempotency-Key", message).into());
    }
    let format = body::format(request.headers())?;
    let trace = trace::of_headers(request.headers());
    let bytes = body::read(rooms.node.config(), request.into_body()).await?;
    book_many(&rooms, ledger, bytes, format, wish, trace).await
}

/// The response to a batch, once it is booked. `trace` is that of items that name none.
pub(crate) async fn book_many(
    rooms: &Rooms,
    ledger: LedgerId,
    bytes: Bytes,
    format: Format,
    wish: Wish,
    trace: Option<TraceParent>,
) -> Result<Response, Refused> {
    // Reading ten thousand commands takes milliseconds, which other requests need not wait for.
    let read = tokio::task::spawn_blocking(move || batch(&ledger, &bytes, format)).await;
    let items = read.map_err(|error| Trouble::Unavailable { message: error.to_string() })??;
    let items: Vec<_> = items
        .into_iter()
        .map(|it| {
            let mut request = it?;
            trace::mark(&mut request, trace.as_ref());
            check_feed(&request).map(|()| request)
        })
        .collect();
    refuse_unread(&items, &wish)?;
    Ok(results(rooms, items, &wish).await?)
}

/// All or none: an item that cannot be read keeps the others out as well.
fn refuse_unread<T>(items: &[Result<T, Invalid>], wish: &Wish) -> Result<(), Trouble> {
    let unread = items.iter().enumerate();
    let unread = unread.filter_map(|(index, it)| Some((index as u64, it.as_ref().err()?.clone())));
    let invalid: Vec<(u64, Invalid)> = unread.collect();
    match invalid.is_empty() || wish.mode == Mode::Each {
        true => Ok(()),
        false => Err(Trouble::BatchInvalid { invalid }),
    }
}

/// The results in the order of the items.
async fn results(
    rooms: &Rooms,
    items: Vec<Result<onhand_core::Request, Invalid>>,
    wish: &Wish,
) -> Result<Response, Trouble> {
    let mut requests = Vec::with_capacity(items.len());
    let mut unread: Vec<Option<Invalid>> = Vec::with_capacity(items.len());
    for item in items {
        match item {
            Ok(request) => {
                requests.push(request);
                unread.push(None);
            }
            Err(invalid) => unread.push(Some(invalid)),
        }
    }
    let is_judged = !wish.dry_run && requests.iter().any(is_judgement);
    let batch = Batch { requests, mode: wish.mode, dry_run: wish.dry_run };
    let answers = match batch.requests.is_empty() {
        true => Vec::new(),
        false => rooms.node.submit(batch).await,
    };
    // Whatever was judged in it goes on at once.
    if is_judged {
        rooms.snapshots.poke();
    }
    // Writing ten thousand entries takes milliseconds as well.
    let wish = *wish;
    let written = tokio::task::spawn_blocking(move || {
        let mut answers = answers.into_iter();
        let told = unread.into_iter().map(|it| match it {
            Some(invalid) => refused_item(&problem(No::Invalid(&invalid))),
            None => item(&answers.next().unwrap_or_else(lost), wish),
        });
        json(200, &Results { results: told.collect() })
    });
    written.await.map_err(|error| Trouble::OutcomeUnknown { message: error.to_string() })
}

#[derive(serde::Serialize)]
struct Results {
    results: Vec<Box<RawValue>>,
}

fn item(answered: &Answer, wish: Wish) -> Box<RawValue> {
    let replayed = is_replayed(answered);
    match answered {
        Answer::Accepted { block, index, .. } => match block.body.entries.get(*index) {
            Some(entry) => {
                let status = if replayed { 200 } else { 201 };
                let told = answer(entry, block.height, block.time, replayed);
                accepted_item(status, &told, wish)
            }
            None => refused_item(&problem_of(answered)),
        },
        Answer::WouldAccept { entry } => {
            raw(&serde_json::json!({ "status": 200, "dry_run": true, "entry": entry }))
        }
        Answer::Refused { .. } | Answer::KeyReused { .. } | Answer::Fault(_) => {
            refused_item(&problem_of(answered))
        }
    }
}

#[derive(serde::Serialize)]
struct Accepted<'a> {
    status: u16,
    ledger: &'a LedgerId,
    position: u64,
    height: u64,
    recorded_at: onhand_core::Time,
    replayed: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    entry: Option<&'a onhand_core::Entry>,
}

fn accepted_item(status: u16, told: &onhand_wire::Answer<'_>, wish: Wish) -> Box<RawValue> {
    raw(&Accepted {
        status,
        ledger: told.ledger,
        position: told.position,
        height: told.height,
        recorded_at: told.recorded_at,
        replayed: told.replayed,
        entry: wish.entries.then_some(told.entry),
    })
}

fn refused_item(problem: &Problem) -> Box<RawValue> {
    raw(&serde_json::json!({ "status": problem.status(), "problem": problem.body }))
}

/// Names and numbers always have a JSON form; `null` stands for one that had none.
fn raw(value: &impl serde::Serialize) -> Box<RawValue> {
    serde_json::value::to_raw_value(value).unwrap_or_else(|_| RawValue::NULL.to_owned())
}
