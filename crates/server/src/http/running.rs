//! `serving.json`: where the server of a data directory listens, for the command line beside it.

use std::fs;
use std::io;
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::config::Config;
use crate::node::write_whole;

/// What the file says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Serving {
    pub address: SocketAddr,
    pub process: u32,
}

impl Serving {
    /// The address as a URL without a slash at its end.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

/// Removes the file when the door closes.
pub(super) struct Announced {
    path: PathBuf,
}

impl Drop for Announced {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_file(&self.path) {
            tracing::warn!(%error, path = %self.path.display(), "the file could not be removed");
        }
    }
}

pub(super) fn announce(config: &Config, address: SocketAddr) -> io::Result<Announced> {
    let path = config.serving_file();
    let serving = Serving { address, process: std::process::id() };
    write_whole(&path, &serde_json::to_vec(&serving)?)?;
    Ok(Announced { path })
}

/// The server that runs on `data_dir`, if one answers. A file that a killed server left behind
/// does not count: whether somebody listens is found out by trying.
pub fn running_server(data_dir: &Path) -> Option<Serving> {
    let text = fs::read(data_dir.join("serving.json")).ok()?;
    let mut serving: Serving = serde_json::from_slice(&text).ok()?;
    if serving.address.ip().is_unspecified() {
        // It listens everywhere, so also here.
        serving.address.set_ip(std::net::Ipv4Addr::LOCALHOST.into());
    }
    TcpStream::connect_timeout(&serving.address, Duration::from_millis(500)).ok()?;
    Some(serving)
}
