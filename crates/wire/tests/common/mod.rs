//! What a body is answered, in one line of text.

use expect_test::Expect;
use onhand_core::LedgerId;
use onhand_wire::{Invalid, No, page, problem, request};

pub fn ledger() -> LedgerId {
    LedgerId::new("acme").unwrap()
}

pub fn said(result: Result<onhand_core::Request, Invalid>) -> String {
    match result {
        Ok(request) => format!("ok {} {}", request.command.stem(), request.envelope.request),
        Err(it) => {
            assert!(page(it.code).is_some(), "{} has no page", it.code);
            assert_eq!(problem(No::Invalid(&it)).status(), 400);
            format!("{} [{}] {}", it.code, it.field, it.message)
        }
    }
}

pub fn check(stem: &str, body: &str, expected: Expect) {
    expected.assert_eq(&said(request(&ledger(), stem, body.as_bytes(), Some("k"))));
}
