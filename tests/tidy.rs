//! House rules that no compiler checks: the arrows between rooms, the shape of files, kept promises.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use onhand_core::Command;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("tests/ lies in the repository").into()
}

fn read(path: impl AsRef<Path>) -> String {
    let path = path.as_ref();
    fs::read_to_string(path).unwrap_or_else(|error| panic!("read {}: {error}", path.display()))
}

fn toml_of(path: impl AsRef<Path>) -> toml::Table {
    read(&path).parse().unwrap_or_else(|error| panic!("{}: {error}", path.as_ref().display()))
}

/// Every `.rs` file of the repository, by its path from the root.
fn sources() -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    for start in ["crates", "tests"] {
        collect(&root().join(start), &mut found);
    }
    assert!(found.len() > 50, "only {} source files found", found.len());
    found
}

fn collect(directory: &Path, found: &mut BTreeMap<String, String>) {
    for item in fs::read_dir(directory).expect("a readable directory") {
        let path = item.expect("a readable directory").path();
        if path.is_dir() && path.file_name().is_none_or(|it| it != "target") {
            collect(&path, found);
        } else if path.extension().is_some_and(|it| it == "rs") {
            let name = path.strip_prefix(root()).expect("below the root");
            found.insert(name.to_string_lossy().replace('\\', "/"), read(&path));
        }
    }
}

/// What reaches users: neither tests nor what only tests use.
fn is_product(path: &str) -> bool {
    path.contains("/src/")
        && path.starts_with("crates/")
        && !path.contains("/testing")
        && !path.ends_with("/tests.rs")
}

/// The lines of a file before its inline tests, with their numbers.
fn product_lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let lines = text.lines().enumerate().map(|(index, line)| (index + 1, line));
    lines.take_while(|(_, line)| !line.trim_start().starts_with("#[cfg(test)]"))
}

/// Our own crates among the dependencies of a manifest, without their prefix.
fn ours(manifest: &toml::Table) -> BTreeSet<String> {
    let dependencies = manifest.get("dependencies").and_then(toml::Value::as_table);
    let names = dependencies.into_iter().flat_map(|it| it.keys());
    names.filter_map(|it| it.strip_prefix("onhand-")).map(str::to_owned).collect()
}

/// The table of rooms in ARCHITECTURE.md: crate, and what it may use.
fn rooms() -> BTreeMap<String, BTreeSet<String>> {
    let page = read(root().join("ARCHITECTURE.md"));
    let rows = page.lines().filter(|line| line.starts_with("| `crates/"));
    rows.map(|row| {
        let cells: Vec<&str> = row.trim_matches('|').split('|').map(str::trim).collect();
        let name = cells[0].trim_matches('`').trim_start_matches("crates/").to_owned();
        let may = cells[cells.len() - 1].split(',').map(|it| it.trim().to_owned());
        (name, may.filter(|it| it != "nothing of ours").collect())
    })
    .collect()
}

#[test]
fn arrows_between_rooms_run_one_way() {
    let rooms = rooms();
    for (name, may) in &rooms {
        let used = ours(&toml_of(root().join(format!("crates/{name}/Cargo.toml"))));
        let forbidden: Vec<&String> = used.difference(may).collect();
        assert!(forbidden.is_empty(), "{name} uses {forbidden:?}; ARCHITECTURE.md allows {may:?}");
    }
    let crates = fs::read_dir(root().join("crates")).expect("crates/");
    let there: BTreeSet<String> =
        crates.map(|it| it.expect("crates/").file_name().to_string_lossy().into_owned()).collect();
    assert_eq!(there, rooms.into_keys().collect(), "the rooms in ARCHITECTURE.md and in crates/");
}

/// All packages that `start` needs when built, by the lock file.
fn closure(start: BTreeSet<String>) -> BTreeSet<String> {
    let lock = toml_of(root().join("Cargo.lock"));
    let packages = lock["package"].as_array().expect("packages");
    let mut needs: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for package in packages {
        let name = package["name"].as_str().expect("a name");
        let list = package.get("dependencies").and_then(toml::Value::as_array);
        let names = list.into_iter().flatten().filter_map(toml::Value::as_str);
        needs.entry(name).or_default().extend(names.filter_map(|it| it.split(' ').next()));
    }
    let mut reached = BTreeSet::new();
    let mut open: Vec<String> = start.into_iter().collect();
    while let Some(name) = open.pop() {
        if let Some(more) = needs.get(name.as_str()) {
            open.extend(
                more.iter().filter(|it| !reached.contains(**it)).map(|it| (*it).to_owned()),
            );
        }
        reached.insert(name);
    }
    reached
}

#[test]
fn the_core_knows_no_runtime_no_network_and_no_clock_of_its_own() {
    let manifest = toml_of(root().join("crates/core/Cargo.toml"));
    let direct = manifest["dependencies"].as_table().expect("dependencies");
    let all = closure(direct.keys().cloned().collect());
    for stranger in ["tokio", "async-nats", "axum", "hyper", "tracing", "redb", "sled", "rand"] {
        assert!(!all.contains(stranger), "core reaches {stranger}");
    }
    for (path, text) in sources().iter().filter(|(path, _)| path.starts_with("crates/core/src/")) {
        for (number, line) in product_lines(text) {
            let asks = [
                "SystemTime",
                "Instant::now",
                "Timestamp::now",
                "Zoned::now",
                "std::fs",
                "std::net",
            ];
            let found = asks.iter().find(|it| line.contains(**it));
            assert!(found.is_none(), "{path}:{number}: {found:?} in the core");
        }
    }
}

#[test]
fn every_source_file_says_what_it_is_for() {
    for (path, text) in sources() {
        assert!(text.starts_with("//! "), "{path} does not begin with `//! `");
    }
}

#[test]
fn nothing_is_left_undone_and_no_test_is_skipped() {
    // Put together so that this file does not find itself.
    let banned = ["todo", "unimplemented"].map(|it| format!("{it}!("));
    let skipped = format!("#[{}", "ignore");
    for (path, text) in sources() {
        for (number, line) in text.lines().enumerate() {
            let found = banned.iter().chain([&skipped]).find(|it| line.contains(it.as_str()));
            assert!(found.is_none(), "{path}:{}: {}", number + 1, line.trim());
        }
    }
}

#[test]
fn no_user_meets_a_panic() {
    for (path, text) in sources().iter().filter(|(path, _)| is_product(path)) {
        for (number, line) in product_lines(text) {
            let code = line.split("//").next().unwrap_or_default();
            let found = [".unwrap()", ".expect(", "panic!("].iter().any(|it| code.contains(it));
            assert!(!found, "{path}:{number}: {}", line.trim());
        }
    }
}

/// Longest function, in lines from its signature to its closing brace.
const FUNCTION_LINES_MAX: usize = 70;

#[test]
fn functions_fit_on_a_screen() {
    for (path, text) in sources() {
        let lines: Vec<&str> = text.lines().collect();
        for (start, line) in lines.iter().enumerate() {
            let code = line.trim_start();
            let is_function = ["fn ", "pub fn ", "pub(super) fn ", "pub(crate) fn ", "async fn "]
                .iter()
                .chain(&["pub async fn ", "pub(crate) async fn ", "pub(super) async fn "])
                .any(|it| code.starts_with(it));
            if !is_function || code.ends_with('}') || code.ends_with(';') {
                continue;
            }
            // Formatted code closes a function at the indentation at which it began.
            let indent = &line[..line.len() - code.len()];
            let close = format!("{indent}}}");
            let length = lines[start..].iter().position(|it| **it == close).map_or(0, |it| it + 1);
            assert!(length <= FUNCTION_LINES_MAX, "{path}:{}: {length} lines", start + 1);
        }
    }
}

#[test]
fn every_command_has_its_file() {
    for stem in Command::STEMS {
        let path = root().join(format!("crates/core/src/command/{stem}.rs"));
        assert!(path.exists(), "{} is missing", path.display());
    }
}

/// Code spans of a page that name a file or directory of the repository.
fn paths_in(page: &str) -> impl Iterator<Item = &str> {
    let spans = page.split('`').skip(1).step_by(2);
    let tops = ["crates/", "tests/", "docs/", "deploy/", "proto/", "profiles/", ".ci/"];
    spans.filter(move |span| {
        let plain = !span.contains([' ', '*', '<', '{', '\n']);
        let is_page = span.ends_with(".md") && !span.contains('/');
        plain && (is_page || tops.iter().any(|it| span.starts_with(it)))
    })
}

#[test]
fn every_path_named_in_the_pages_exists() {
    for page in ["ARCHITECTURE.md", "README.md"] {
        let text = read(root().join(page));
        for path in paths_in(&text) {
            assert!(root().join(path).exists(), "{page} names `{path}`, which is not there");
        }
    }
    assert!(paths_in(&read(root().join("ARCHITECTURE.md"))).count() > 10, "the map names places");
}
