//! Traces over HTTP: the context of a call goes into what it books, and the call is a span.
//!
//! Spans have a target of their own, so that logs at their usual level do without them.

use std::sync::OnceLock;

use axum::http::HeaderMap;
use onhand_core::{Request, TraceParent};
use tracing::Span;

/// Where spans of requests and of what they hand to the engine belong.
pub const TARGET: &str = "onhand::trace";

/// The call's context. None: it has none, or one that cannot be read; callers go on without it then.
pub(crate) fn of_headers(headers: &HeaderMap) -> Option<TraceParent> {
    let mut values = headers.get_all("traceparent").iter();
    let only = values.next().filter(|_| values.next().is_none());
    only.and_then(|it| it.to_str().ok()).and_then(TraceParent::parse)
}

/// The call's context goes into a request that names none itself.
pub(crate) fn mark(request: &mut Request, trace: Option<&TraceParent>) {
    if request.envelope.traceparent.is_none() {
        request.envelope.traceparent = trace.cloned();
    }
}

/// Makes a span a child of that of its caller: `traceparent` and `tracestate`, empty if there is none.
pub type Adopt = fn(&Span, &str, &str);

static ADOPT: OnceLock<Adopt> = OnceLock::new();

/// Whoever exports spans says how; only the first time counts.
pub fn adopt_with(adopt: Adopt) {
    let _ = ADOPT.set(adopt);
}

/// One call.
pub fn span(method: &str, route: &str, headers: &HeaderMap) -> Span {
    let span = tracing::debug_span!(
        target: TARGET,
        "request",
        otel.kind = "server",
        http.request.method = method,
        http.route = route,
        http.response.status_code = tracing::field::Empty,
    );
    if let Some(adopt) = ADOPT.get().filter(|_| !span.is_disabled()) {
        let text = |it: &str| headers.get(it).and_then(|it| it.to_str().ok()).unwrap_or_default();
        adopt(&span, text("traceparent"), text("tracestate"));
    }
    span
}
