//! One command of the command line: to the server that runs, or into the installation itself.

use onhand_core::LedgerId;
use onhand_engine::{Answer, AnswerFault, Batch};
use onhand_journal::Hash;
use onhand_wire::{No, problem};
use serde_json::{Value, json};

use crate::failure::Failure;
use crate::reads::From;

/// A key made of what is asked: the same asked twice counts once.
pub fn key(what: &str, text: &str) -> String {
    let hash = Hash::of(text.as_bytes()).to_string();
    format!("{what}:{}", hash.get(..32).unwrap_or(&hash))
}

/// Books a command with its key, and returns what the door answers: position and entry.
///
/// # Errors
/// The command cannot be read, the ledger says no, or nothing answers. Sent again with the same
/// key it is booked at most once.
pub fn send(
    from: &From,
    ledger: &LedgerId,
    stem: &str,
    body: &Value,
    key: &str,
) -> Result<Value, Failure> {
    ask(from, ledger, stem, (body, key), false)
}

/// What [`send`] would come to; nothing is booked.
///
/// # Errors
/// As of [`send`].
pub fn try_out(
    from: &From,
    ledger: &LedgerId,
    stem: &str,
    body: &Value,
    key: &str,
) -> Result<Value, Failure> {
    ask(from, ledger, stem, (body, key), true)
}

fn ask(
    from: &From,
    ledger: &LedgerId,
    stem: &str,
    (body, key): (&Value, &str),
    dry_run: bool,
) -> Result<Value, Failure> {
    if let Some(client) = from.client()? {
        let mut body = body.clone();
        body["id"] = json!(key);
        let (status, told) =
            client.post(&format!("/v1/{ledger}/{stem}?dry_run={dry_run}"), &body)?;
        return match status {
            200..300 => Ok(told),
            _ => {
                let detail = told["detail"].as_str().unwrap_or_default();
                Err(Failure::new(format!("the server says no ({status}): {detail}")))
            }
        };
    }
    let request = onhand_wire::request(ledger, stem, body.to_string().as_bytes(), Some(key));
    let request = request.map_err(|it| Failure::usage(it.message))?;
    let node = crate::opening::open_node(&from.installed.load(&[])?)?;
    let batch = Batch { dry_run, ..Batch::each(vec![request]) };
    let answer = node.submit_blocking(batch).pop();
    node.shutdown_blocking();
    told(answer)
}

fn told(answer: Option<Answer>) -> Result<Value, Failure> {
    match answer {
        Some(Answer::Accepted { block, index, replayed }) => {
            let entry = block.body.entries.get(index);
            let position = entry.map(|it| it.position);
            Ok(json!({ "position": position, "replayed": replayed, "entry": entry }))
        }
        Some(Answer::WouldAccept { entry }) => Ok(json!({ "entry": entry })),
        Some(Answer::Refused { rejection, .. }) => {
            let no = problem(No::Rejected { rejection: &rejection, position: 0 });
            let detail = no.body["detail"].as_str().unwrap_or(no.page.title).to_owned();
            Err(Failure::new(format!("the ledger says no ({}): {detail}", no.page.code)))
        }
        Some(Answer::KeyReused { field, .. }) => {
            Err(Failure::new(format!("the same key was used with another `{field}`")))
        }
        Some(Answer::Fault(
            AnswerFault::Halted { message }
            | AnswerFault::OutcomeUnknown { message }
            | AnswerFault::Unavailable { message },
        )) => Err(Failure::new(message)),
        Some(Answer::Fault(AnswerFault::Overloaded { .. })) | None => {
            Err(Failure::new("the ledger does not answer; nothing was booked"))
        }
    }
}
