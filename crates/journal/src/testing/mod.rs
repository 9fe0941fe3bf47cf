//! A real NATS server for tests, which can be killed, stopped and started again.
//!
//! Only with the feature `testing`. Unlike the rest of the crate it panics: a test that cannot have
//! its server has failed.

mod binary;

pub use binary::nats_server;

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const START_MAX: Duration = Duration::from_secs(20);

/// A server process on free ports of 127.0.0.1. It is killed when this is dropped; its directory is
/// the caller's.
pub struct NatsServer {
    directory: PathBuf,
    /// Its place in a cluster, as the configuration says it.
    cluster: String,
    port: u16,
    monitor_port: u16,
    process: Option<Child>,
}

impl NatsServer {
    /// Starts a server that keeps its streams, its configuration and its log under `directory`.
    /// With `sync_always` it syncs before every acknowledgement; without, every two minutes.
    pub fn start(sync_always: bool, directory: &Path) -> NatsServer {
        for _ in 0..5 {
            let mut server = NatsServer::prepare(sync_always, directory, String::new());
            // A port that was free a moment ago may be somebody else's by now.
            if server.try_start() {
                return server;
            }
        }
        panic!("nats-server did not start, see {}", directory.join("nats.log").display());
    }

    /// Starts a cluster of `count` servers that sync always, each in a directory of its own.
    pub fn start_cluster(count: usize, directory: &Path) -> Vec<NatsServer> {
        let ports: Vec<u16> = (0..count).map(|_| free_port()).collect();
        let routes: Vec<String> =
            ports.iter().map(|port| format!("nats-route://127.0.0.1:{port}")).collect();
        let routes = routes.join(", ");
        let server = |(number, port): (usize, &u16)| {
            let cluster = format!(
                "server_name: n{number}\nserver_tags: [\"sync:always\"]\ncluster {{\n  \
                 name: test\n  listen: 127.0.0.1:{port}\n  routes: [ {routes} ]\n}}\n"
            );
            let mut server =
                NatsServer::prepare(true, &directory.join(format!("n{number}")), cluster);
            server.restart();
            server
        };
        ports.iter().enumerate().map(server).collect()
    }

    fn prepare(sync_always: bool, directory: &Path, cluster: String) -> NatsServer {
        let (port, monitor_port) = (free_port(), free_port());
        let directory = directory.to_path_buf();
        std::fs::create_dir_all(&directory).expect("make the server's directory");
        let server = NatsServer { directory, cluster, port, monitor_port, process: None };
        server.write_config(sync_always);
        server
    }

    /// Sets whether the server syncs always, from its next start on.
    pub fn write_config(&self, sync_always: bool) {
        let (port, monitor_port) = (self.port, self.monitor_port);
        let sync_interval = if sync_always { "always" } else { "2m" };
        let store = self.directory.join("store");
        let store = store.display();
        let config = format!(
            "listen: 127.0.0.1:{port}\nhttp: 127.0.0.1:{monitor_port}\nmax_payload: 8MB\n\
             jetstream {{\n  store_dir: \"{store}\"\n  max_mem: 256MB\n  max_file: 20GB\n  \
             sync_interval: {sync_interval}\n}}\n{}",
            self.cluster
        );
        std::fs::write(self.config(), config).expect("write the server's configuration");
    }

    /// Starts the server again on the same ports with the same streams. One that still runs is
    /// killed first.
    pub fn restart(&mut self) {
        let log = self.directory.join("nats.log");
        assert!(self.try_start(), "nats-server did not start, see {}", log.display());
    }

    /// False: the process ended at once or never listened.
    fn try_start(&mut self) -> bool {
        self.kill();
        let log = File::options().create(true).append(true).open(self.directory.join("nats.log"));
        let log = log.expect("open the server's log");
        let process = Command::new(nats_server())
            .arg("-c")
            .arg(self.config())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .expect("start nats-server");
        self.process = Some(process);
        self.await_ready()
    }

    fn await_ready(&mut self) -> bool {
        let deadline = Instant::now() + START_MAX;
        while Instant::now() < deadline {
            let process = self.process.as_mut().expect("a process");
            if process.try_wait().expect("look after nats-server").is_some() {
                return false;
            }
            if greets(self.port) {
                return true;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        false
    }

    /// Kills the server at once, as a crash would.
    pub fn kill(&mut self) {
        if let Some(mut process) = self.process.take() {
            process.kill().expect("kill nats-server");
            process.wait().expect("wait for nats-server");
        }
    }

    /// Freezes the process: it keeps its connections and answers nothing.
    pub fn stop(&self) {
        self.signal("-STOP");
    }

    /// Lets a frozen process go on.
    pub fn cont(&self) {
        self.signal("-CONT");
    }

    fn signal(&self, signal: &str) {
        let process = self.process.as_ref().expect("a running server");
        let sent = Command::new("kill").arg(signal).arg(process.id().to_string()).status();
        assert!(sent.expect("run kill").success(), "kill {signal}");
    }

    /// Where clients connect.
    pub fn url(&self) -> String {
        format!("nats://127.0.0.1:{}", self.port)
    }

    /// Where `/varz` is.
    pub fn monitor_url(&self) -> String {
        format!("http://127.0.0.1:{}", self.monitor_port)
    }

    /// The directory with `store/`, the configuration and the log.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    fn config(&self) -> PathBuf {
        self.directory.join("nats.conf")
    }
}

impl Drop for NatsServer {
    fn drop(&mut self) {
        self.kill();
    }
}

/// A port that was free a moment ago.
fn free_port() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("bind a free port");
    listener.local_addr().expect("a local address").port()
}

/// A NATS server speaks first. It listens only after its streams are recovered.
fn greets(port: u16) -> bool {
    let Ok(stream) = TcpStream::connect((Ipv4Addr::LOCALHOST, port)) else { return false };
    let mut line = String::new();
    stream.set_read_timeout(Some(Duration::from_secs(1))).is_ok()
        && BufReader::new(stream).read_line(&mut line).is_ok()
        && line.starts_with("INFO")
}
