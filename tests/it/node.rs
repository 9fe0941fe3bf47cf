//! Opening an installation: what is missing, damaged, in use or not writable is named, with a remedy.

use std::fs;
use std::path::Path;

use onhand_server::{Config, Node};

use crate::door::config;

fn made(directory: &Path) -> Config {
    let config = config(directory);
    Node::create(&config).unwrap();
    config
}

/// Why it does not open, with the directory's name taken out.
fn refusal(config: &Config) -> String {
    let error = Node::open(config, &mut |_| ()).err().expect("it opened").to_string();
    error.replace(&config.data_dir.display().to_string(), "DIR")
}

#[test]
fn an_installation_is_made_once_and_never_in_passing() {
    let directory = tempfile::tempdir().unwrap();
    let config = config(directory.path());
    assert!(
        refusal(&config)
            .starts_with("DIR holds no installation; create one with `onhand init --data DIR`")
    );
    assert!(!config.data_dir.exists());
    let installation = Node::create(&config).unwrap();
    assert!(
        Node::create(&config).unwrap_err().to_string().contains("holds an installation already")
    );
    let node = Node::open(&config, &mut |_| ()).unwrap();
    assert_eq!(*node.installation(), installation);
}

#[test]
fn one_process_at_a_time() {
    let directory = tempfile::tempdir().unwrap();
    let config = made(directory.path());
    let first = Node::open(&config, &mut |_| ()).unwrap();
    assert!(refusal(&config).starts_with("DIR is in use by another process"));
    drop(first);
    Node::open(&config, &mut |_| ()).unwrap();
}

#[test]
fn a_journal_that_is_gone_is_not_made_anew() {
    let directory = tempfile::tempdir().unwrap();
    let config = made(directory.path());
    let journal = config.data_dir.join("journal/shard-000.redb");
    fs::remove_file(&journal).unwrap();
    let said = refusal(&config);
    assert!(said.starts_with("the journal DIR/journal/shard-000.redb is gone"), "{said}");
    assert!(!journal.exists());
}

#[test]
fn a_damaged_description_is_named() {
    let directory = tempfile::tempdir().unwrap();
    let config = made(directory.path());
    fs::write(config.data_dir.join("installation.json"), "{\"format\":1").unwrap();
    let said = refusal(&config);
    assert!(said.starts_with("DIR/installation.json cannot be read as an installation"), "{said}");
}

/// A journal of another installation put in its place.
#[test]
fn another_installations_journal_is_refused() {
    let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (one, two) = (made(one.path()), made(two.path()));
    let journal = "journal/shard-000.redb";
    fs::copy(two.data_dir.join(journal), one.data_dir.join(journal)).unwrap();
    let said = refusal(&one);
    assert!(said.starts_with("shard 0: halted") && said.contains("installation"), "{said}");
}

#[test]
fn a_place_that_cannot_be_written_is_named() {
    let directory = tempfile::tempdir().unwrap();
    // A file where a directory should be refuses even those who may write everywhere.
    fs::write(directory.path().join("data"), "").unwrap();
    let error = Node::create(&config(directory.path())).unwrap_err().to_string();
    assert!(error.starts_with("cannot create ") && error.contains("/data"), "{error}");
}
