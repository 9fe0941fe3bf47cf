//! What sellers use otherwise, by its own measuring tools: a row in Postgres, a script in Redis.

use std::process::Command;

use super::{CALLERS, Case};
use crate::failure::Failure;
use crate::terminal::grouped;

const TABLES: &str = include_str!("../../../../../deploy/bench/postgres.sql");
const COMMIT: &str = include_str!("../../../../../deploy/bench/postgres_commit.sql");
const SCRIPT: &str = include_str!("../../../../../deploy/bench/redis_commit.lua");
/// Seconds that Postgres is measured for.
const SECONDS: u64 = 10;
/// Units of each item.
const STOCK: &str = "1000000000";

/// One-line orders, 64 callers with one at a time, each in a transaction of its own.
///
/// # Errors
/// `psql` or `pgbench` is missing, or the server says no.
pub fn postgres(url: &str, skus: u64) -> Result<Case, Failure> {
    let directory = tempfile::tempdir();
    let directory = directory.map_err(|error| Failure::while_doing("make a directory", &error))?;
    let skus = format!("skus={skus}");
    let file = |name: &str, text: &str| {
        let path = directory.path().join(name);
        let written = std::fs::write(&path, text);
        written.map_err(|error| Failure::while_doing("write a script", &error))?;
        Ok::<_, Failure>(path.display().to_string())
    };
    let (tables, commit) = (file("tables.sql", TABLES)?, file("commit.sql", COMMIT)?);
    let psql = ["-q", "-v", "ON_ERROR_STOP=1", "-d", url];
    told("psql", &[&psql[..], &["-v", &skus, "-f", &tables]].concat())?;
    let ask = |what: &str| told("psql", &[&psql[..], &["-At", "-c", what]].concat());
    let syncs = format!(
        "fsync {}, synchronous_commit {}",
        ask("SHOW fsync")?.trim(),
        ask("SHOW synchronous_commit")?.trim()
    );
    let (callers, seconds) = (CALLERS.to_string(), SECONDS.to_string());
    let bench = [
        "-n", "-M", "prepared", "-c", &callers, "-j", "2", "-T", &seconds, "-D", &skus, "-f",
        &commit, url,
    ];
    let said = told("pgbench", &bench)?;
    let rate = said.lines().find_map(|line| {
        line.strip_prefix("tps = ")?.split_whitespace().next()?.parse::<f64>().ok()
    });
    case("Postgres, single orders", &syncs, rate, &said)
}

/// One-line orders, 64 callers with one at a time, each by one call of a script.
///
/// # Errors
/// `redis-cli` or `redis-benchmark` is missing, or the server says no.
pub fn redis(url: &str, orders: u64, skus: u64) -> Result<Case, Failure> {
    let ask = |what: &[&str]| told("redis-cli", &[&["-u", url][..], what].concat());
    let setting = |name: &str| {
        let answer = ask(&["CONFIG", "GET", name])?;
        Ok::<_, Failure>(answer.lines().nth(1).unwrap_or("unknown").trim().to_owned())
    };
    let syncs =
        format!("appendonly {}, appendfsync {}", setting("appendonly")?, setting("appendfsync")?);
    let sha = ask(&["SCRIPT", "LOAD", SCRIPT])?;
    let (callers, orders, skus) = (CALLERS.to_string(), orders.to_string(), skus.to_string());
    let bench = [
        "-u",
        url,
        "-c",
        &callers,
        "-n",
        &orders,
        "-r",
        &skus,
        "--csv",
        "evalsha",
        sha.trim(),
        "2",
        "onhand_bench:__rand_int__",
        "onhand_bench_journal",
        STOCK,
    ];
    let said = told("redis-benchmark", &bench)?;
    // The last line: the call, then calls per second, each in quotes.
    let rate = said.lines().last().and_then(|line| {
        line.rsplit("\",\"")
            .nth(6)
            .or_else(|| line.rsplit("\",\"").next())?
            .trim_matches('"')
            .parse::<f64>()
            .ok()
    });
    ask(&["DEL", "onhand_bench_journal"])?;
    case("Redis, single orders", &syncs, rate, &said)
}

fn case(what: &str, syncs: &str, rate: Option<f64>, said: &str) -> Result<Case, Failure> {
    let rate =
        rate.ok_or_else(|| Failure::new(format!("{what}: no figure in what it said:\n{said}")))?;
    Ok(Case {
        what: format!("{what}, {CALLERS} callers ({syncs})"),
        measured: format!("{}/s", grouped(rate as u64)),
        aim: "a peer".to_owned(),
        ratio: None,
        calls: 0,
    })
}

/// What a program says; its complaint if it fails.
fn told(program: &str, arguments: &[&str]) -> Result<String, Failure> {
    let output = Command::new(program).args(arguments).output().map_err(|error| {
        Failure::while_doing(format!("run {program}, which measures this peer; install it"), &error)
    })?;
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    match output.status.success() {
        true => Ok(said),
        false => {
            let error = String::from_utf8_lossy(&output.stderr).into_owned();
            Err(Failure::new(format!("{program}: {} {}", error.trim(), said.trim())))
        }
    }
}
