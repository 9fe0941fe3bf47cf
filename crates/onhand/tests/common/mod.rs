//! The real binary on a directory of its own, as people use it.

#![allow(dead_code, reason = "not every test uses all of it")]

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

use serde_json::Value;

/// Runs the binary with nothing of ours in the environment.
pub fn onhand(data: &Path, args: &[&str]) -> Output {
    command(data, args).output().expect("the binary runs")
}

pub fn command(data: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_onhand"));
    command.args(args).arg("--data").arg(data);
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("ONHAND_")) {
        command.env_remove(name);
    }
    command
}

pub fn out(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

pub fn err(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// What a successful run printed.
pub fn said(data: &Path, args: &[&str]) -> String {
    let output = onhand(data, args);
    assert!(output.status.success(), "{args:?}: {}", err(&output));
    out(&output)
}

/// The complaint of a run that failed with that status.
pub fn complaint(data: &Path, status: i32, args: &[&str]) -> String {
    let output = onhand(data, args);
    assert_eq!(output.status.code(), Some(status), "{args:?}: {}{}", out(&output), err(&output));
    err(&output)
}

pub fn rows(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).expect("JSON lines")).collect()
}

/// A server that ends with the test.
pub struct Served {
    child: Child,
    pub url: String,
}

impl Served {
    pub fn start(data: &Path) -> Served {
        let mut command = command(data, &["serve", "--listen", "127.0.0.1:0"]);
        let mut child = command.stdout(Stdio::piped()).spawn().expect("a server");
        let mut line = String::new();
        let stdout = child.stdout.take().expect("its output");
        BufReader::new(stdout).read_line(&mut line).expect("its first line");
        assert!(line.contains("http://127.0.0.1:"), "{line}");
        let url = line[line.find("http://").unwrap_or(0)..].trim().to_owned();
        Served { child, url }
    }

    /// Told to stop as a system does; the exit status.
    pub fn stop(mut self) -> Option<i32> {
        let id = self.child.id().to_string();
        let told = Command::new("kill").args(["-TERM", &id]).status().expect("kill");
        assert!(told.success());
        self.child.wait().expect("an end").code()
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
