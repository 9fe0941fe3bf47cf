//! A shop's export, imported by the real binary: into a directory, through a server, and killed.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use serde_json::Value;

use crate::binary::{Process, onhand, run};

/// One real day where the data lies beside the repository, else a day of our own in its shape.
fn export() -> PathBuf {
    let start = Path::new(env!("CARGO_MANIFEST_DIR"));
    let real = "../shared/data/online-retail/2010-12-01.csv";
    let found = start.ancestors().map(|it| it.join(real)).find(|it| it.exists());
    found.unwrap_or_else(|| start.join("../profiles/online-retail-sample.csv"))
}

fn import(data: &Path, file: &Path, more: &[&str]) -> Command {
    let mut command = Command::new(onhand());
    command.arg("import").arg(file).args(["--profile", "online-retail", "--json"]);
    command.arg("--data").arg(data).args(more);
    command
}

fn output(mut command: Command) -> Output {
    command.output().unwrap()
}

/// The summary of an import that went well.
fn summary(output: Output) -> Value {
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{error}");
    serde_json::from_slice(&output.stdout).unwrap()
}

fn installation() -> tempfile::TempDir {
    let directory = tempfile::tempdir().unwrap();
    run(&["init", "--data", directory.path().to_str().unwrap()]);
    directory
}

/// What the book says, item by item.
fn stock(data: &Path) -> String {
    let mut command = Command::new(onhand());
    command.args(["stock", "--csv", "--data"]).arg(data);
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn an_export_is_booked_once_and_proved() {
    let directory = installation();
    let data = directory.path();
    let first = summary(output(import(data, &export(), &[])));
    assert!(first["commands"]["booked"].as_u64().unwrap() > 50);
    assert_eq!((&first["bad"], &first["flags"]), (&0.into(), &serde_json::json!({})));
    let before = stock(data);
    let second = summary(output(import(data, &export(), &[])));
    assert_eq!(second["commands"]["booked"], 0);
    assert_eq!(second["commands"]["replayed"], first["commands"]["booked"]);
    assert_eq!(stock(data), before);
    run(&["verify", "--data", data.to_str().unwrap()]);
}

#[test]
fn a_server_books_the_same_as_a_directory() {
    let (alone, served) = (installation(), installation());
    let first = summary(output(import(alone.path(), &export(), &[])));
    let server = Process::serve(served.path(), &[]);
    // The server of the directory is found by itself, and named by its address.
    let second = summary(output(import(served.path(), &export(), &[])));
    assert_eq!(second["commands"], first["commands"]);
    let url = server.serving.url();
    let third = summary(output(import(alone.path(), &export(), &["--server", &url])));
    assert_eq!(third["commands"]["replayed"], first["commands"]["booked"]);
    server.kill();
    assert_eq!(stock(served.path()), stock(alone.path()));
}

#[test]
fn an_import_killed_again_and_again_books_everything_once() {
    let (whole, killed) = (installation(), installation());
    let booked =
        summary(output(import(whole.path(), &export(), &[])))["commands"]["booked"].clone();
    // Ever later in the run, until one gets through.
    for round in 0..40 {
        let mut command = import(killed.path(), &export(), &[]);
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        std::thread::sleep(Duration::from_millis(10 + 15 * round));
        if child.try_wait().unwrap().is_some() {
            break;
        }
        child.kill().unwrap();
        child.wait().unwrap();
    }
    let last = summary(output(import(killed.path(), &export(), &[])));
    let commands = &last["commands"];
    let all = commands["booked"].as_u64().unwrap() + commands["replayed"].as_u64().unwrap();
    assert_eq!(Value::from(all), booked);
    assert_eq!(stock(killed.path()), stock(whole.path()));
    run(&["verify", "--data", killed.path().to_str().unwrap()]);
}

#[test]
fn a_dry_run_needs_no_installation_and_makes_none() {
    let directory = tempfile::tempdir().unwrap();
    let data = directory.path().join("nothing");
    let told = summary(output(import(&data, &export(), &["--dry-run"])));
    assert_eq!((&told["dry_run"], &told["bad"]), (&true.into(), &0.into()));
    assert!(!data.exists());
    let refused = output(import(&data, &export(), &[]));
    assert_eq!(refused.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("onhand init"));
}

#[test]
fn bad_lines_and_wrong_words_have_their_own_exit_codes() {
    let directory = installation();
    let text = std::fs::read_to_string(export()).unwrap();
    let file = directory.path().join("broken.csv");
    let header = text.lines().next().unwrap();
    let broken = "1,A,JUG,many,2010-12-01 08:26:00,1.0,1,France";
    let good = "1,A,JUG,1,2010-12-01 08:26:00,1.0,1,France";
    std::fs::write(&file, format!("{header}\n{good}\n{broken}\n")).unwrap();

    let strict = output(import(directory.path(), &file, &["--strict"]));
    assert_eq!(strict.status.code(), Some(1));
    let told: Value = serde_json::from_slice(&strict.stdout).unwrap();
    assert_eq!(told["commands"]["booked"], 0);

    let loose = output(import(directory.path(), &file, &[]));
    assert_eq!(loose.status.code(), Some(1));
    let told: Value = serde_json::from_slice(&loose.stdout).unwrap();
    // Location, channel, item, opening stock, commitment, shipment.
    assert_eq!((&told["commands"]["booked"], &told["bad"]), (&6.into(), &1.into()));
    assert_eq!(told["bad_lines"][0]["line"], 3);

    let missing = output(import(directory.path(), Path::new("no-such.csv"), &[]));
    assert_eq!(missing.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&missing.stderr).contains("no-such.csv"));
}
