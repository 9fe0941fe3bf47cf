//! The table of settings: name, default, what it takes, what it is for.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use super::value::{Durability, JournalKind, Kind, Value};

/// One line of the table.
pub struct Setting {
    /// `section_key`, the field of [`Config`].
    field: &'static str,
    pub kind: Kind,
    pub doc: &'static str,
    /// The value as text.
    pub show: fn(&Config) -> String,
    /// False: the text is not what the setting takes.
    pub(super) set: fn(&mut Config, &str) -> bool,
}

impl Setting {
    /// `section.key`, as in errors and on the command line.
    pub fn name(&self) -> String {
        self.field.replacen('_', ".", 1)
    }
    pub fn section(&self) -> &'static str {
        self.field.split_once('_').map_or("", |(section, _)| section)
    }
    pub fn key(&self) -> &'static str {
        self.field.split_once('_').map_or("", |(_, key)| key)
    }
    /// The environment variable.
    pub fn variable(&self) -> String {
        format!("ONHAND_{}", self.field.to_uppercase())
    }
}

macro_rules! settings {
    ($($field:ident: $type:ty = $default:expr, $kind:expr, $doc:literal;)*) => {
        /// All settings, each with its value.
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub struct Config { $(#[doc = $doc] pub $field: $type,)* }

        impl Default for Config {
            fn default() -> Config {
                Config { $($field: $default,)* }
            }
        }

        /// Every setting there is, in the order of the documentation.
        pub const SETTINGS: &[Setting] = &[$(Setting {
            field: stringify!($field),
            kind: $kind,
            doc: $doc,
            show: |config| config.$field.show(),
            set: |config, text| match Value::read(text, $kind) {
                Some(value) => {
                    config.$field = value;
                    true
                }
                None => false,
            },
        },)*];
    };
}

const fn number(unit: &'static str, min: u64, max: u64) -> Kind {
    Kind::Number { unit, min, max }
}

settings! {
    data_dir: PathBuf = PathBuf::from("onhand-data"), Kind::Text("a directory"),
        "Where the installation lives: its name, embedded journals, checkpoints, high-water marks, suppliers' files.";

    http_listen: SocketAddr = SocketAddr::from((Ipv4Addr::LOCALHOST, 7070)), Kind::Text("an address with its port, such as 127.0.0.1:7070"),
        "Where the HTTP door listens. Port 0 takes any free one.";
    http_allow_remote: bool = false, Kind::Switch,
        "Whether to listen beyond this machine. Nothing authenticates callers yet: only in a trusted network.";
    http_connections_max: u64 = 1024, number("connections", 1, 100_000),
        "Connections at once; more wait unaccepted until one closes.";
    http_body_bytes_max: u64 = 4 << 20, number("bytes", 1024, 64 << 20),
        "Largest body of a request.";
    http_header_ms_max: u64 = 10_000, number("milliseconds", 10, 600_000),
        "Longest time a request's head may take to arrive; a slower connection is closed.";
    http_body_ms_max: u64 = 30_000, number("milliseconds", 10, 600_000),
        "Longest time a body or a gRPC message may take to arrive; of a file, its next piece.";
    http_drain_ms_max: u64 = 10_000, number("milliseconds", 0, 600_000),
        "Longest time that requests under way are given when the server stops.";
    http_wait_ms_max: u64 = 10_000, number("milliseconds", 0, 60_000),
        "Longest time that a read may wait for `min_position`.";

    grpc_enabled: bool = true, Kind::Switch,
        "Whether gRPC is served, on the same port as HTTP.";
    grpc_reflection: bool = true, Kind::Switch,
        "Whether callers may ask which services and messages there are.";
    grpc_message_bytes_max: u64 = 8 << 20, number("bytes", 1024, 64 << 20),
        "Largest message of a gRPC call.";
    grpc_streams_max: u64 = 256, number("calls", 1, 100_000),
        "Calls at once on one connection.";

    journal_kind: JournalKind = JournalKind::Embedded, Kind::Text("embedded or jetstream"),
        "What a new installation keeps its journal in. An existing one keeps what it was made with.";
    journal_shards: u64 = 1, number("shards", 1, 256),
        "Shards of a new installation, fixed for its life. Ledgers are spread over them by name.";
    journal_url: String = String::new(), Kind::Text("NATS addresses, separated by commas"),
        "The NATS servers of a jetstream journal, such as nats://127.0.0.1:4222.";
    journal_credentials: PathBuf = PathBuf::new(), Kind::Text("a file, or empty for none"),
        "A NATS credentials file, or the seed of a user nkey.";
    journal_tls_ca: PathBuf = PathBuf::new(), Kind::Text("a PEM file, or empty for none"),
        "Whom to trust as a NATS server, beside the system's roots.";
    journal_tls_cert: PathBuf = PathBuf::new(), Kind::Text("a PEM file, or empty for none"),
        "Our certificate, if the NATS servers demand one; needs journal.tls_key.";
    journal_tls_key: PathBuf = PathBuf::new(), Kind::Text("a PEM file, or empty for none"),
        "The key of journal.tls_cert.";
    journal_replicas: u64 = 1, number("copies", 1, 3),
        "Copies of each stream: 1 or 3.";
    journal_durability: Durability = Durability::Strict, Kind::Text("strict or relaxed"),
        "strict: only a NATS server that proves that it syncs before it acknowledges. relaxed: any; what was acknowledged may be lost when the power fails.";
    journal_monitor_url: String = String::new(), Kind::Text("HTTP addresses, separated by commas, or empty"),
        "Monitoring addresses of the NATS servers, asked whether they sync, such as http://127.0.0.1:8222.";
    journal_ack_ms_max: u64 = 2_000, number("milliseconds", 100, 60_000),
        "Longest wait for one answer of a NATS server.";
    journal_stream_prefix: String = "ONHAND_J_".to_owned(), Kind::Text("letters, digits, _ and -"),
        "Before the shard in the names of streams; lets several installations share a server.";
    journal_subject_prefix: String = "onhand.journal.".to_owned(), Kind::Text("a subject with a point at its end"),
        "Before the shard in the subjects of streams.";

    engine_block_commands_max: u64 = 8_192, number("commands", 1, 8_192),
        "Commands in one block.";
    engine_block_bytes_max: u64 = 2 << 20, number("bytes", 64 << 10, 6 << 20),
        "Bytes of one block.";
    engine_mailbox_batches: u64 = 1_024, number("batches", 1, 1_000_000),
        "Calls that may wait for a shard; more are told to come back.";
    engine_mailbox_commands: u64 = 65_536, number("commands", 1, 10_000_000),
        "Commands that may wait for a shard; more are told to come back.";
    engine_block_expiries_max: u64 = 1_000, number("holds", 1, 8_192),
        "Expired holds that one block books.";
    engine_block_refusals_max: u64 = 8_192, number("refusals", 0, 8_192),
        "Refusals that one block records.";
    engine_remember_refusals: bool = true, Kind::Switch,
        "Whether refusals are recorded, so that a retry after a crash is refused as before.";
    engine_clock_skew_s_max: u64 = 300, number("seconds", 0, 86_400),
        "How far ahead of the ledger's clock a claimed time may lie and still be believed.";

    nats_url: String = String::new(), Kind::Text("NATS addresses, separated by commas, or empty"),
        "The NATS servers that take commands and carry the feeds. Empty: those of a jetstream journal, if it is one.";
    nats_credentials: PathBuf = PathBuf::new(), Kind::Text("a file, or empty for none"),
        "For nats.url: a NATS credentials file, or the seed of a user nkey. Those of the journal where nats.url is empty.";
    nats_commands: bool = true, Kind::Switch,
        "Whether commands are taken over NATS.";
    nats_commands_max: u64 = 4_096, number("commands", 1, 1_000_000),
        "Commands over NATS under way at once; more are told to come back.";
    nats_reply_prefix: String = "_INBOX".to_owned(), Kind::Text("the beginning of a subject"),
        "Only requests whose reply goes to a subject that begins so are taken: whoever names another one would have this server write there with its own rights.";
    nats_subject_prefix: String = "onhand.".to_owned(), Kind::Text("a subject with a point at its end"),
        "Before the subjects of commands, questions and feeds; lets several installations share a server.";
    nats_stream_prefix: String = "ONHAND_".to_owned(), Kind::Text("letters, digits, _ and -"),
        "Before the names of the feeds' streams.";

    feed_movements: bool = true, Kind::Switch,
        "Whether movements are published to NATS, where there is one.";
    feed_movements_days: u64 = 0, number("days", 0, 36_500),
        "How long movements are kept in their stream; 0: for ever. The journal keeps them in any case.";
    feed_availability: bool = true, Kind::Switch,
        "Whether availability is published to NATS, where there is one.";
    feed_subscribers_max: u64 = 1_024, number("subscribers", 1, 100_000),
        "Streams of feeds at once, over HTTP and gRPC together.";
    feed_wait_ms_max: u64 = 60_000, number("milliseconds", 0, 600_000),
        "Longest time that a caller may wait for news in one request.";
    feed_keep_alive_ms: u64 = 15_000, number("milliseconds", 100, 600_000),
        "How often a stream without news is told that it is alive.";

    webhook_enabled: bool = true, Kind::Switch,
        "Whether webhooks are delivered.";
    webhook_allow_private: bool = false, Kind::Switch,
        "Whether webhooks may go to private, local and loopback addresses. Whoever may subscribe can then make the server call machines beside it.";
    webhook_targets_max: u64 = 64, number("targets", 1, 1_024),
        "Subscriptions; each has a thread of its own.";
    webhook_timeout_ms: u64 = 15_000, number("milliseconds", 100, 60_000),
        "Longest time that a target may take to answer.";
    webhook_retry_first_ms: u64 = 5_000, number("milliseconds", 10, 600_000),
        "Pause before an event is sent again for the first time. The later pauses grow as the standard has them: 60 times this, 360 times, and so on.";
    webhook_retry_s_max: u64 = 86_400, number("seconds", 1, 604_800),
        "How long an event is tried again before it is given up.";
    webhook_log_max: u64 = 1_000, number("deliveries", 10, 100_000),
        "Deliveries of each subscription that are remembered; and events given up, after which many it is disabled.";

    snapshot_bytes_max: u64 = 256 << 20, number("bytes", 1024, 16 << 30),
        "Largest file of a supplier, sent or fetched.";
    snapshot_files_max: u64 = 4, number("files", 1, 64),
        "Suppliers' files that are compared at once; more wait.";

    pull_enabled: bool = true, Kind::Switch,
        "Whether this server fetches the files of feeds that say where from.";
    pull_allow_private: bool = false, Kind::Switch,
        "Whether files are fetched from private, local and loopback addresses too. Whoever may set a feed can then make the server ask machines beside it.";
    pull_directories: PathBuf = PathBuf::new(), Kind::Text("a directory, or empty for none"),
        "Below which the directories of feeds must lie. Empty: no directory is watched.";
    pull_look_ms: u64 = 5_000, number("milliseconds", 50, 600_000),
        "How often it is looked for what is due: fetches, files in directories, snapshots to finish.";
    pull_ms_max: u64 = 120_000, number("milliseconds", 100, 3_600_000),
        "Longest time one fetch may take.";

    projector_checkpoint: bool = true, Kind::Switch,
        "Whether what was folded is kept on disk, so that a start does not read the whole journal.";
    projector_checkpoint_every_ms: u64 = 300, number("milliseconds", 10, 60_000),
        "How often it is written.";
    projector_timeline: bool = true, Kind::Switch,
        "Whether each item's history is kept in memory. Counts of past moments need it.";

    trace_otlp_url: String = String::new(), Kind::Text("an HTTP address, or empty for none"),
        "The OpenTelemetry collector that gets a span for each request and batch, such as http://127.0.0.1:4318. Needs a build with the feature otlp.";
}
