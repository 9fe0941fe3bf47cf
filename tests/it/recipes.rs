//! What `docs/recipes.md` says is run, block by block, wherever its runtime is there.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::nats_caller::NatsDoor;

/// Longest time of one block.
const PATIENCE: Duration = Duration::from_secs(60);

/// Language and text of each block.
fn blocks() -> Vec<(String, String)> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/recipes.md");
    let page = std::fs::read_to_string(path).unwrap();
    let mut blocks = Vec::new();
    let mut open: Option<(String, String)> = None;
    for line in page.lines() {
        match (&mut open, line.strip_prefix("```")) {
            (None, Some(language)) => open = Some((language.to_owned(), String::new())),
            (Some(_), Some(_)) => blocks.extend(open.take()),
            (Some((_, text)), None) => {
                text.push_str(line);
                text.push('\n');
            }
            (None, None) => {}
        }
    }
    blocks
}

/// Whether a program runs at all.
fn has(program: &str, args: &[&str]) -> bool {
    let run = Command::new(program).args(args).stdout(Stdio::null()).stderr(Stdio::null()).status();
    run.is_ok_and(|it| it.success())
}

/// How a language is run. None: it is not here, and why.
fn runtime(language: &str) -> Result<(&'static str, &'static [&'static str]), &'static str> {
    let (program, args, there): (_, &[&str], _) = match language {
        "sh" => ("bash", &["-eu"], has("bash", &["-c", "curl --version"])),
        "nats" => ("bash", &["-eu"], has("nats", &["--version"])),
        "python" => ("python3", &["-"], has("python3", &["--version"])),
        "grpcio" => ("python3", &["-"], has("python3", &["-c", "import grpc"])),
        "ts" => {
            let major = "process.exit(process.versions.node.split('.')[0] >= 18 ? 0 : 1)";
            ("node", &["--input-type=module", "-"], has("node", &["-e", major]))
        }
        other => panic!("nobody knows how to run a recipe in {other}"),
    };
    if there { Ok((program, args)) } else { Err("its runtime is not here") }
}

/// Output of a block; it must succeed in time.
fn run(program: &str, args: &[&str], text: &str, envs: &[(&str, String)]) -> String {
    let mut command = Command::new(program);
    command.args(args).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.envs(envs.iter().cloned()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    let begun = Instant::now();
    while child.try_wait().unwrap().is_none() {
        if begun.elapsed() > PATIENCE {
            child.kill().unwrap();
            panic!("does not end: {text}");
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{text}\n{said}\n{error}");
    said
}

#[test]
fn every_recipe_works() {
    let it = NatsDoor::open_with(|_| ()).stocked();
    let address = format!("http://{}", it.door.address);
    let envs = [("ONHAND", address), ("NATS_URL", it.door.config.nats_url.clone())];
    let mut said = Vec::new();
    for (language, text) in blocks() {
        match runtime(&language) {
            Ok((program, args)) => said.push((language, run(program, args, &text, &envs))),
            Err(why) => eprintln!("SKIPPED a recipe in {language}: {why}"),
        }
    }
    let of = |language: &str| -> String {
        said.iter().filter(|(it, _)| it == language).map(|(_, said)| said.as_str()).collect()
    };
    let curl = of("sh");
    if !curl.is_empty() {
        for part in [r#""replayed":true"#, r#""status":201"#, r#""published":"#, "event: movement"]
        {
            assert!(curl.contains(part), "no {part} in {curl}");
        }
    }
    assert!(of("python").is_empty() || of("python").contains("onhand.movement."));
    assert!(of("ts").is_empty() || of("ts").contains(" W eu "), "{}", of("ts"));
}
