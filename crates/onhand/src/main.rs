//! The binary: server and command line in one. One file per command beside this one.

mod bench;
mod client;
mod demo;
mod entry_line;
mod entry_told;
mod explain;
mod failure;
mod feeds;
mod handover;
mod handovers;
mod import;
mod inbox;
mod init;
mod judge;
mod logs;
mod map;
mod movements;
mod names;
mod notices;
mod opening;
#[cfg(feature = "otlp")]
mod otlp;
mod policies;
mod pools;
mod reads;
mod replay;
mod route;
mod scorecard;
mod sending;
mod serve;
mod settings;
mod settle;
mod snapshot;
mod stock;
mod suppliers;
mod tail;
mod terminal;
mod timeline;
mod verify;
mod walk;
mod webhooks;
mod words;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::failure::Failure;
use crate::logs::LogFormat;

/// Onhand, an event-sourced stock ledger: sell everything that exists, nothing that does not, and
/// prove every number
#[derive(Debug, Parser)]
#[command(version, propagate_version = true, arg_required_else_help = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
    /// What to log to standard error: a level, or a list such as info,onhand_engine=debug
    #[arg(long, global = true, value_name = "LEVEL", env = "ONHAND_LOG", default_value = "warn")]
    log: String,
    /// How to log
    #[arg(long, global = true, value_name = "FORMAT", default_value = "plain")]
    log_format: LogFormat,
}

#[derive(Debug, Subcommand)]
enum Command {
    Init(init::Init),
    #[command(after_long_help = onhand_server::settings_reference())]
    Serve(serve::Serve),
    Import(import::ImportArgs),
    Snapshot(snapshot::Snapshot),
    Judge(judge::Judge),
    Map(map::Map),
    Stock(stock::Stock),
    Explain(explain::Explain),
    Route(route::Route),
    Notices(notices::Notices),
    Policies(policies::Policies),
    Pools(pools::Pools),
    Timeline(timeline::Timeline),
    Handovers(handovers::Handovers),
    Handover(handover::HandoverArgs),
    Inbox(inbox::Inbox),
    Settle(settle::Settle),
    Suppliers(suppliers::Suppliers),
    Feeds(feeds::Feeds),
    Scorecard(scorecard::Scorecard),
    Webhooks(webhooks::Webhooks),
    Tail(tail::Tail),
    Movements(movements::Movements),
    Replay(replay::Replay),
    Verify(verify::Verify),
    Bench(bench::Bench),
    Demo(demo::Demo),
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let logging =
        otlp_url(&cli.command).and_then(|url| logs::begin(&cli.log, cli.log_format, &url));
    // What is logged lives until the command has ended.
    match logging.and_then(|_logging| run(&cli.command)) {
        Ok(code) => code,
        Err(failure) => {
            eprintln!("onhand: {failure}");
            ExitCode::from(failure.status())
        }
    }
}

/// Where spans go to. Only a server has any.
fn otlp_url(command: &Command) -> Result<String, Failure> {
    match command {
        Command::Serve(args) => Ok(args.config()?.trace_otlp_url),
        _ => Ok(String::new()),
    }
}

/// What a command comes to: most end well or in a failure, an import may end well with bad lines.
fn run(command: &Command) -> Result<ExitCode, Failure> {
    let outcome = match command {
        Command::Import(args) => return import::run(args),
        Command::Snapshot(args) => return snapshot::run(args),
        Command::Init(args) => init::run(args),
        Command::Serve(args) => serve::run(args),
        Command::Judge(args) => judge::run(args),
        Command::Map(args) => map::run(args),
        Command::Stock(args) => stock::run(args),
        Command::Explain(args) => explain::run(args),
        Command::Route(args) => route::run(args),
        Command::Notices(args) => notices::run(args),
        Command::Policies(args) => policies::run(args),
        Command::Pools(args) => pools::run(args),
        Command::Timeline(args) => timeline::run(args),
        Command::Webhooks(args) => webhooks::run(args),
        Command::Handovers(args) => handovers::run(args),
        Command::Handover(args) => handover::run(args),
        Command::Inbox(args) => inbox::run(args),
        Command::Settle(args) => settle::run(args),
        Command::Suppliers(args) => suppliers::run(args),
        Command::Feeds(args) => feeds::run(args),
        Command::Scorecard(args) => scorecard::run(args),
        Command::Tail(args) => tail::run(args),
        Command::Movements(args) => movements::run(args),
        Command::Replay(args) => replay::run(args),
        Command::Verify(args) => verify::run(args),
        Command::Bench(args) => bench::run(args),
        Command::Demo(args) => demo::run(args),
    };
    outcome.map(|()| ExitCode::SUCCESS)
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn every_option_is_documented() {
        let mut command = super::Cli::command();
        command.build();
        for subcommand in command.get_subcommands() {
            assert!(subcommand.get_about().is_some(), "{} says nothing", subcommand.get_name());
            for argument in subcommand.get_arguments() {
                let (name, id) = (subcommand.get_name(), argument.get_id());
                assert!(argument.get_help().is_some(), "{name} --{id} is not documented");
            }
        }
        command.debug_assert();
    }
}
