//! Spans to an OpenTelemetry collector, in builds with the feature `otlp`: OTLP as protobuf over
//! HTTP, sent by a thread of its own, a few seconds after they ended.
//!
//! A collector that is away stops nobody: spans wait up to a bound, and are dropped beyond it.

use std::collections::HashMap;
use std::time::Duration;

use bytes::Bytes;
use opentelemetry::propagation::TextMapPropagator;
use opentelemetry::trace::TracerProvider;
use opentelemetry_http::{HttpClient, HttpError, Request, Response};
use opentelemetry_otlp::{SpanExporter, WithExportConfig, WithHttpConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::SdkTracerProvider;
use tracing::{Level, Span, Subscriber};
use tracing_opentelemetry::OpenTelemetrySpanExt;
use tracing_subscriber::Layer;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::registry::LookupSpan;

use crate::failure::Failure;

/// Where collectors take spans, below their address.
const PATH: &str = "/v1/traces";
/// Longest time that a collector may take to answer.
const PATIENCE: Duration = Duration::from_secs(10);
/// Longest answer of a collector that is read, in bytes.
const ANSWER_BYTES_MAX: u64 = 64 << 10;

/// Sends what is left when it is dropped.
pub struct Export {
    provider: SdkTracerProvider,
}

impl Drop for Export {
    fn drop(&mut self) {
        if let Err(error) = self.provider.shutdown() {
            tracing::warn!(%error, "the last spans were not sent");
        }
    }
}

/// Begins to export to the collector at `url`, such as `http://127.0.0.1:4318`. The layer takes the
/// spans of requests and batches, whatever is logged.
///
/// # Errors
/// The address cannot be read.
pub fn begin<S>(url: &str) -> Result<(Export, impl Layer<S> + use<S>), Failure>
where
    S: Subscriber + for<'span> LookupSpan<'span> + Send + Sync,
{
    let url = url.trim_end_matches('/');
    let endpoint = if url.ends_with(PATH) { url.to_owned() } else { format!("{url}{PATH}") };
    let exporter = SpanExporter::builder()
        .with_http()
        .with_http_client(Post::new())
        .with_endpoint(endpoint)
        .with_timeout(PATIENCE)
        .build()
        .map_err(|error| Failure::while_doing(format!("export spans to {url}"), &error))?;
    let provider = SdkTracerProvider::builder()
        .with_resource(Resource::builder().with_service_name("onhand").build())
        .with_batch_exporter(exporter)
        .build();
    onhand_server::trace::adopt_with(adopt);
    let spans = Targets::new().with_target(onhand_server::trace::TARGET, Level::DEBUG);
    let layer = tracing_opentelemetry::layer().with_tracer(provider.tracer("onhand"));
    Ok((Export { provider }, layer.with_filter(spans)))
}

/// The span is a child of its caller's.
fn adopt(span: &Span, traceparent: &str, tracestate: &str) {
    let headers = [("traceparent", traceparent), ("tracestate", tracestate)];
    let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let headers: HashMap<String, String> = HashMap::from(headers);
    let context = TraceContextPropagator::new().extract(&headers);
    // A span that nobody listens to has no parent either.
    let _ = span.set_parent(context);
}

/// The HTTP client that is here anyway. Its thread is the exporter's own, and may wait.
#[derive(Debug)]
struct Post {
    agent: ureq::Agent,
}

impl Post {
    fn new() -> Post {
        let config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(PATIENCE))
            .build();
        Post { agent: config.into() }
    }
}

#[async_trait::async_trait]
impl HttpClient for Post {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let (parts, body) = request.into_parts();
        let mut sending = self.agent.post(parts.uri.to_string());
        for (name, value) in &parts.headers {
            sending = sending.header(name, value);
        }
        let mut answer = sending.send(&body[..])?;
        let status = answer.status();
        let read = answer.body_mut().with_config().limit(ANSWER_BYTES_MAX).read_to_vec()?;
        Ok(Response::builder().status(status).body(read.into())?)
    }
}

#[cfg(test)]
mod tests {
    use std::io::{BufRead, BufReader, Read, Write};
    use std::net::TcpListener;

    use tracing_subscriber::layer::SubscriberExt;

    use super::*;

    /// Takes one request as a collector does: its first line and its body.
    fn collect(listener: &TcpListener) -> (String, Vec<u8>) {
        let (stream, _) = listener.accept().unwrap();
        let mut reader = BufReader::new(&stream);
        let (mut first, mut length) = (String::new(), 0);
        reader.read_line(&mut first).unwrap();
        loop {
            let mut line = String::new();
            reader.read_line(&mut line).unwrap();
            let (name, value) = line.trim().split_once(':').unwrap_or_default();
            if name.eq_ignore_ascii_case("content-length") {
                length = value.trim().parse().unwrap();
            }
            if line.trim().is_empty() {
                break;
            }
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body).unwrap();
        (&stream).write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").unwrap();
        (first, body)
    }

    #[test]
    fn a_call_is_a_child_of_its_callers_span() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let collecting = std::thread::spawn(move || collect(&listener));
        let (export, layer) = begin(&url).unwrap();
        let subscriber = tracing_subscriber::registry().with(layer);
        tracing::subscriber::with_default(subscriber, || {
            let mut headers = tonic::metadata::MetadataMap::new().into_headers();
            let trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
            headers.insert("traceparent", trace.parse().unwrap());
            let span = onhand_server::trace::span("POST", "/v1/{ledger}/{stem}", &headers);
            span.in_scope(|| tracing::info!("an event of another target"));
        });
        drop(export);
        let (first, body) = collecting.join().unwrap();
        assert!(first.starts_with("POST /v1/traces "), "{first}");
        let has = |bytes: &[u8]| body.windows(bytes.len()).any(|it| it == bytes);
        let trace = 0x0af7651916cd43dd8448eb211c80319c_u128.to_be_bytes();
        let parent = 0xb7ad6b7169203331_u64.to_be_bytes();
        assert!(has(&trace) && has(&parent) && has(b"onhand") && has(b"/v1/{ledger}/{stem}"));
    }
}
