//! Why a snapshot was not taken, in the words of the door.

use onhand_core::Rejection;
use onhand_engine::{Answer, AnswerFault};
use onhand_reconciler::Complaints;
use onhand_wire::{Complaint, No, Problem, Trouble, problem};

pub(super) fn no(trouble: Trouble) -> Problem {
    problem(No::Trouble(&trouble))
}

pub(super) fn rejected(rejection: &Rejection, position: u64) -> Problem {
    problem(No::Rejected { rejection, position })
}

pub(super) fn unreadable(complaints: &Complaints) -> Problem {
    let told = complaints.first.iter().map(|it| Complaint {
        line: it.line,
        column: it.column.clone(),
        message: it.message.clone(),
    });
    no(Trouble::FileUnreadable { complaints: told.collect(), count: complaints.count })
}

/// The problem that an answer is told as; an accepted one has none, and counts as lost.
pub(crate) fn of_answer(answer: &Answer) -> Problem {
    let unknown = |message: &str| Trouble::OutcomeUnknown { message: message.to_owned() };
    no(match answer {
        Answer::Refused { rejection, position, .. } => return rejected(rejection, *position),
        Answer::KeyReused { field, id, recorded } => {
            let (id, field, height) = (id.clone(), field.clone(), recorded.height);
            Trouble::KeyReused { id, field, height }
        }
        Answer::Fault(AnswerFault::OutcomeUnknown { message }) => unknown(message),
        Answer::Fault(AnswerFault::Unavailable { message }) => {
            Trouble::Unavailable { message: message.clone() }
        }
        Answer::Fault(AnswerFault::Halted { message }) => {
            Trouble::Halted { message: message.clone() }
        }
        Answer::Fault(AnswerFault::Overloaded { retry_after_ms }) => {
            Trouble::Overloaded { retry_after_ms: *retry_after_ms }
        }
        Answer::Accepted { .. } | Answer::WouldAccept { .. } => unknown("the answer was lost"),
    })
}
