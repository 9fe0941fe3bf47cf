//! The real `onhand` as a process of its own: started, killed, started again.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use onhand_server::{Serving, running_server};

/// The binary, built once by this test run in the profile of this test run.
pub fn onhand() -> &'static Path {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    BUILT.get_or_init(|| {
        let this = std::env::current_exe().unwrap();
        // TARGET/PROFILE/deps/it-…
        let profile = this.parent().and_then(Path::parent).unwrap();
        let mut build = Command::new(env!("CARGO"));
        // With the whole workspace's features, as the tests are built: what they share is there.
        build.args(["build", "--quiet", "--workspace", "--bin", "onhand", "--target-dir"]);
        build.arg(profile.parent().unwrap()).current_dir(env!("CARGO_MANIFEST_DIR"));
        if profile.ends_with("release") {
            build.arg("--release");
        }
        assert!(build.status().unwrap().success(), "onhand does not build");
        profile.join("onhand")
    })
}

/// Runs to the end; must succeed.
pub fn run(args: &[&str]) {
    let output = Command::new(onhand()).args(args).output().unwrap();
    assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
}

/// A server process. Killed when dropped.
pub struct Process {
    child: Child,
    pub serving: Serving,
}

/// Longest start of a server.
const START_MAX: Duration = Duration::from_secs(60);

impl Process {
    /// `onhand serve` on `data_dir` and a free port, as soon as it listens.
    pub fn serve(data_dir: &Path, more: &[&str]) -> Process {
        let mut command = Command::new(onhand());
        command.arg("serve").arg("--data").arg(data_dir).args(["--listen", "127.0.0.1:0"]);
        let log = data_dir.join("serve.log");
        let log = std::fs::File::options().create(true).append(true).open(log).unwrap();
        command.args(more).stdout(Stdio::null()).stderr(log).stdin(Stdio::null());
        let mut child = command.spawn().unwrap();
        let begun = Instant::now();
        loop {
            if let Some(serving) = running_server(data_dir)
                && serving.process == child.id()
            {
                return Process { child, serving };
            }
            let ended = child.try_wait().unwrap();
            let text = || std::fs::read_to_string(data_dir.join("serve.log")).unwrap();
            assert!(ended.is_none(), "onhand ended: {}", text());
            assert!(begun.elapsed() < START_MAX, "onhand does not start: {}", text());
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// SIGKILL: nothing in the process gets to say goodbye.
    pub fn kill(mut self) {
        self.end();
    }

    /// As [`Process::kill`], of a process that another one will take the place of.
    pub fn end(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.end();
    }
}
