//! The server that is measured: a process of its own, over an installation of its own.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use onhand_server::{Config, Node};

use crate::failure::{Failure, whole};

/// A serving process; ended when it is dropped.
pub struct Server {
    process: Child,
    pub address: SocketAddr,
}

impl Server {
    /// Makes the installation that `config` describes, and serves it from another process, which is
    /// told `settings` besides.
    ///
    /// # Errors
    /// The installation cannot be made, or the process does not begin to serve.
    pub fn start(config: &Config, settings: &[(&str, String)]) -> Result<Server, Failure> {
        std::fs::create_dir_all(&config.data_dir)
            .map_err(|error| Failure::while_doing("make the server's directory", &error))?;
        Node::create(config).map_err(|error| Failure::new(whole(&error)))?;
        let own = std::env::current_exe()
            .map_err(|error| Failure::while_doing("find this program", &error))?;
        let mut command = Command::new(own);
        command.arg("serve").arg("--data").arg(&config.data_dir);
        command.args(["--listen", "127.0.0.1:0"]);
        for (name, value) in settings {
            command.arg("--set").arg(format!("{name}={value}"));
        }
        let log = log_file(&config.data_dir)?;
        let spawned = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(log).spawn();
        let process = spawned.map_err(|error| Failure::while_doing("start the server", &error))?;
        let mut server = Server { process, address: SocketAddr::from(([127, 0, 0, 1], 0)) };
        server.address = server.told().ok_or_else(|| {
            let log = config.data_dir.join("bench.log");
            Failure::new(format!("the server did not begin to serve; see {}", log.display()))
        })?;
        Ok(server)
    }

    fn told(&mut self) -> Option<SocketAddr> {
        let mut line = String::new();
        BufReader::new(self.process.stdout.take()?).read_line(&mut line).ok()?;
        line.trim().rsplit_once("http://")?.1.parse().ok()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Its installation goes away with it: there is nothing to come to an end.
        let _ended = self.process.kill();
        let _ended = self.process.wait();
    }
}

fn log_file(directory: &Path) -> Result<std::fs::File, Failure> {
    let log = std::fs::File::create(directory.join("bench.log"));
    log.map_err(|error| Failure::while_doing("make the server's log", &error))
}
