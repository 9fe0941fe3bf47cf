//! Streams of batches.

use onhand_proto::v1;
use onhand_proto::v1::command::Command;
use tokio::sync::mpsc;
use tokio_stream::StreamExt;
use tokio_stream::wrappers::ReceiverStream;

use super::{Caller, accepted, batch, envelope, item, refusal};

fn parts(count: usize, of: usize) -> Vec<v1::SubmitRequest> {
    let part = |it: usize| (0..of).map(|n| item(&format!("{it}-{n}"), 1)).collect();
    (0..count).map(|it| batch(part(it))).collect()
}

#[test]
fn a_stream_is_answered_with_its_counts() {
    let caller = Caller::stocked();
    let mut requests = parts(20, 50);
    requests[1].commands[7] = item("bad", 0);
    let stream = tokio_stream::iter(requests);
    let summary = caller.wait(caller.commands().submit_stream(stream)).unwrap().into_inner();
    assert_eq!((summary.batches, summary.accepted, summary.refused), (20, 999, 1));
    assert_eq!((summary.position, summary.problems[0].index), (1_003, 57));
    let again = tokio_stream::iter(parts(2, 50));
    let summary = caller.wait(caller.commands().submit_stream(again)).unwrap().into_inner();
    assert_eq!((summary.replayed, summary.accepted), (99, 100));
}

#[test]
fn what_cannot_be_read_ends_a_stream_and_what_came_before_is_booked() {
    let caller = Caller::stocked();
    let mut requests = parts(3, 2);
    requests[1].commands.clear();
    let stream = tokio_stream::iter(requests.clone());
    let refused = caller.wait(caller.commands().submit_stream(stream)).unwrap_err();
    assert!(refusal(&refused).contains("empty_batch [commands]"), "{}", refusal(&refused));
    assert_eq!(caller.door.stock(6)["on_hand"], 12);
    let told = caller.wait(async {
        let stream = tokio_stream::iter(requests);
        let answers = caller.commands().converse(stream).await.unwrap().into_inner();
        answers.collect::<Vec<_>>().await
    });
    assert_eq!(told.len(), 2);
    assert!(accepted(&told[0].as_ref().unwrap().results[0]).replayed);
    assert!(refusal(told[1].as_ref().unwrap_err()).contains("empty_batch"));
}

#[test]
fn a_conversation_is_answered_in_order() {
    let caller = Caller::stocked();
    let positions = caller.wait(async {
        let stream = tokio_stream::iter(parts(40, 300));
        let answers = caller.commands().converse(stream).await.unwrap().into_inner();
        let first = |it: Result<v1::SubmitResponse, tonic::Status>| {
            accepted(&it.unwrap().results[0]).position
        };
        answers.map(first).collect::<Vec<u64>>().await
    });
    assert_eq!(positions, (0..40).map(|it| 5 + it * 300).collect::<Vec<u64>>());
}

#[test]
fn a_caller_that_vanishes_leaves_whole_batches() {
    let caller = Caller::stocked();
    caller.wait(async {
        let (requests, stream) = mpsc::channel(64);
        let stream = ReceiverStream::new(stream);
        let mut answers = caller.commands().converse(stream).await.unwrap().into_inner();
        for part in parts(64, 100) {
            requests.send(part).await.unwrap();
        }
        answers.next().await.unwrap().unwrap();
        // Everything is dropped here, with batches under way.
    });
    // What was handed in is booked as a whole: the same again finds each batch old or new.
    for part in parts(64, 100) {
        let results = caller.submit(part).unwrap();
        let replayed = results.iter().filter(|it| accepted(it).replayed).count();
        assert!(matches!(replayed, 0 | 100), "{replayed}");
    }
    assert_eq!(caller.door.stock(6_404)["on_hand"], 6_410);
}

#[test]
fn a_batch_that_looks_up_the_past_is_not_overtaken() {
    let caller = Caller::stocked();
    caller.submit(batch((0..6).map(|it| item(&format!("k{it}"), 1)).collect())).unwrap();
    let reversal = |it: u64| v1::Command {
        envelope: envelope(&format!("r{it}")),
        command: Some(Command::ReverseEntry(v1::ReverseEntry {
            position: 5 + it,
            reason: v1::reverse_entry::Why::DidNotOccur.into(),
        })),
    };
    let requests: Vec<v1::SubmitRequest> = (0..6)
        .flat_map(|it| [batch(vec![reversal(it)]), batch(vec![item(&format!("n{it}"), 1)])])
        .collect();
    let positions = caller.wait(async {
        let stream = tokio_stream::iter(requests);
        let answers = caller.commands().converse(stream).await.unwrap().into_inner();
        answers.map(|it| accepted(&it.unwrap().results[0]).position).collect::<Vec<u64>>().await
    });
    assert_eq!(positions, (11..23).collect::<Vec<u64>>());
}

#[test]
fn a_server_that_stops_answers_what_is_under_way_and_ends_the_conversation() {
    let mut caller = Caller::stocked();
    let (requests, stream) = mpsc::channel(8);
    let stream = ReceiverStream::new(stream);
    let mut answers = caller.wait(caller.commands().converse(stream)).unwrap().into_inner();
    for part in parts(3, 5) {
        caller.wait(requests.send(part)).unwrap();
    }
    accepted(&caller.wait(answers.message()).unwrap().unwrap().results[0]);
    let begun = std::time::Instant::now();
    caller.door.stop();
    assert!(begun.elapsed() < std::time::Duration::from_secs(8), "{:?}", begun.elapsed());
    let end = caller.wait(async {
        loop {
            match answers.message().await {
                Ok(Some(told)) => drop(accepted(&told.results[0]).clone()),
                Ok(None) => panic!("it ended well"),
                Err(status) => break status,
            }
        }
    });
    assert_eq!(end.code(), tonic::Code::Unavailable, "{end:?}");
}
