//! Streams of batches: several under way, answered in the order in which they came.

use std::future::poll_fn;
use std::task::Poll;

use futures_util::StreamExt;
use futures_util::stream::FuturesOrdered;
use onhand_proto::v1;
use onhand_wire::Trouble;
use tonic::{Status, Streaming};

use super::door::{Call, Door};
use super::status::of_trouble;
use super::submit::{Answering, hand_in, read};
use super::telling::{Told, over, told};

/// Batches of one stream that are under way at once. Enough for the next to be read while one is
/// being made durable; more would only wait.
const UNDER_WAY_MAX: usize = 8;
/// Refusals that a summary lists.
const PROBLEMS_MAX: usize = 100;

pub(super) type Responses = Told<v1::SubmitResponse>;

/// Answers a stream until its caller is done or gone. What was handed in by then is booked or
/// refused as a whole batch, whoever listens.
pub(super) fn converse(
    door: &Door,
    call: Call,
    requests: Streaming<v1::SubmitRequest>,
) -> Responses {
    let door = door.clone();
    told(UNDER_WAY_MAX, |answers| async move {
        call.stream_within(pump(&door, &call, requests, |it| answers.send(it))).await?
    })
}

/// # Errors
/// The first batch that cannot be read, or the stream's own end by a fault.
pub(super) async fn submit_stream(
    door: &Door,
    call: &Call,
    requests: Streaming<v1::SubmitRequest>,
) -> Result<v1::SubmitSummary, Status> {
    let mut summary = v1::SubmitSummary::default();
    let mut index = 0;
    pump(door, call, requests, |it| {
        count(&mut summary, &mut index, it);
        std::future::ready(Ok(()))
    })
    .await?;
    Ok(summary)
}

fn count(summary: &mut v1::SubmitSummary, index: &mut u64, response: v1::SubmitResponse) {
    summary.batches += 1;
    for result in response.results {
        match result.result {
            Some(v1::result::Result::Accepted(it)) => {
                summary.accepted += 1;
                summary.replayed += u64::from(it.replayed);
                summary.position = summary.position.max(it.position);
            }
            Some(v1::result::Result::Problem(problem)) => {
                summary.refused += 1;
                if summary.problems.len() < PROBLEMS_MAX {
                    let problem = Some(problem);
                    summary.problems.push(v1::PlacedProblem { index: *index, problem });
                }
            }
            None => {}
        }
        *index += 1;
    }
}

/// Takes batches from the stream and gives their responses to `tell`, in order, until the stream
/// ends, the server stops or `tell` fails.
///
/// # Errors
/// The first batch that cannot be read, or that the server stops, once all before it are told.
async fn pump<F: Future<Output = Result<(), Status>>>(
    door: &Door,
    call: &Call,
    mut requests: Streaming<v1::SubmitRequest>,
    mut tell: impl FnMut(v1::SubmitResponse) -> F,
) -> Result<(), Status> {
    let mut under_way: FuturesOrdered<Answering> = FuturesOrdered::new();
    let mut end: Option<Result<(), Status>> = None;
    let mut ending = door.rooms.feeds.ending();
    loop {
        tokio::select! {
            biased;
            Some(response) = under_way.next() => tell(response).await?,
            () = over(&mut ending), if end.is_none() => end = Some(Err(stopping())),
            next = requests.message(), if end.is_none() && under_way.len() < UNDER_WAY_MAX => {
                match begin(door, call, next).await {
                    Ok(Some(answering)) => under_way.push_back(answering),
                    Ok(None) => end = Some(Ok(())),
                    Err(status) => end = Some(Err(status)),
                }
            }
            else => return end.unwrap_or(Ok(())),
        }
    }
}

fn stopping() -> Status {
    let message = "the server stops; send what was not answered again, with the same ids";
    of_trouble(&Trouble::OutcomeUnknown { message: message.to_owned() })
}

/// Hands the next batch in before the one behind it is read, so that they are booked in order. One
/// that looks up the past is handed in only when it is found, so the next waits for its answer.
async fn begin(
    door: &Door,
    call: &Call,
    next: Result<Option<v1::SubmitRequest>, Status>,
) -> Result<Option<Answering>, Status> {
    let Some(message) = next? else { return Ok(None) };
    let batch = read(message, call).await?;
    let is_late = batch.looks_up();
    let mut answering = hand_in(door, batch);
    if is_late {
        return Ok(Some(Box::pin(std::future::ready(answering.await))));
    }
    let asked = poll_fn(|context| Poll::Ready(answering.as_mut().poll(context))).await;
    Ok(Some(match asked {
        Poll::Ready(response) => Box::pin(std::future::ready(response)),
        Poll::Pending => answering,
    }))
}
