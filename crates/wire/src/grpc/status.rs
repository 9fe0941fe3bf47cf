//! The one map from a page to the status of gRPC.

use crate::Page;

/// Those statuses of gRPC that are told, by their numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i32)]
pub enum GrpcCode {
    InvalidArgument = 3,
    DeadlineExceeded = 4,
    NotFound = 5,
    AlreadyExists = 6,
    ResourceExhausted = 8,
    FailedPrecondition = 9,
    Aborted = 10,
    OutOfRange = 11,
    Unimplemented = 12,
    Unavailable = 14,
}

/// The status that a page is told with. What may succeed later unchanged is one of `Unavailable`,
/// `ResourceExhausted`, `Aborted` and `DeadlineExceeded`; callers that know the codes need no more.
pub fn grpc_code(page: &Page) -> GrpcCode {
    match (page.status, page.code) {
        // It was used for another command: no retry changes that.
        (_, "idempotency_key_reused" | "already_exists") => GrpcCode::AlreadyExists,
        // An operator has to look.
        (_, "halted") => GrpcCode::FailedPrecondition,
        // Something else came in between.
        (409, _) if page.retryable => GrpcCode::Aborted,
        (409, _) => GrpcCode::FailedPrecondition,
        (404, _) => GrpcCode::NotFound,
        (405, _) => GrpcCode::Unimplemented,
        (408 | 504, _) => GrpcCode::DeadlineExceeded,
        (410, _) => GrpcCode::OutOfRange,
        (413 | 429, _) => GrpcCode::ResourceExhausted,
        (503, _) => GrpcCode::Unavailable,
        (_, _) => GrpcCode::InvalidArgument,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::PAGES;

    #[test]
    fn what_may_succeed_later_has_a_status_that_says_so() {
        for page in PAGES {
            let code = grpc_code(page);
            let again = matches!(
                code,
                GrpcCode::Unavailable
                    | GrpcCode::ResourceExhausted
                    | GrpcCode::Aborted
                    | GrpcCode::DeadlineExceeded
            );
            // A message that is too large is so again.
            assert_eq!(again, page.retryable || page.status == 413, "{} {code:?}", page.code);
        }
    }
}
