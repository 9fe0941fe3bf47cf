//! Import: a shop's export becomes commands, by a profile, each with a key of its own.
//!
//! The file is read twice. The first pass books nothing: it finds every bad line, the items and
//! the opening stock. The second sends commands in the order of the file. Neither keeps lines.

mod booking;
mod clock;
mod doors;
mod key;
mod line;
mod opening;
mod plan;
mod profile;
mod reason;
mod rules;
mod send;
mod source;
mod summary;
mod survey;
mod table;
#[cfg(test)]
mod tests;

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::mpsc::sync_channel;
use std::thread;
use std::time::{Instant, SystemTime};

use clap::Args;
use indicatif::ProgressBar;
use onhand_core::{LedgerId, Time};
use onhand_server::running_server;

use crate::failure::Failure;
use crate::settings::Installed;
use crate::terminal::progress;
use booking::{Booking, Tally};
use doors::{Local, Remote};
use line::{Lens, Read};
use plan::{Planned, Planner};
use profile::Profile;
use send::{Rehearsal, Sender};
use summary::Summary;
use survey::Survey;
use table::Table;

/// Commands of one batch, about: an order's commitment and shipment are never parted.
const BATCH_COMMANDS: usize = 2_000;
/// Order lines of one batch, about: it bounds memory where orders are long.
const BATCH_LINES: usize = 20_000;
/// Batches planned ahead while one is being booked.
const BATCHES_AHEAD: usize = 2;

/// Import a shop's export (CSV, also gzipped) by a profile that says what its lines mean
#[derive(Clone, Debug, Args)]
pub struct ImportArgs {
    /// The export
    pub file: PathBuf,
    /// Profile file, or the name of a shipped profile such as online-retail
    #[arg(long, value_name = "PROFILE")]
    pub profile: PathBuf,
    /// Ledger to book in [default: the profile's]
    #[arg(long, value_name = "NAME", value_parser = |it: &str| LedgerId::new(it).map_err(|it| it.to_string()))]
    pub ledger: Option<LedgerId>,
    /// Opening stock: `none`, `least` (as little as keeps the book from going negative), or a CSV
    /// file with the columns sku and quantity [default: the profile's]
    #[arg(long, value_name = "WHICH")]
    pub opening: Option<PathBuf>,
    #[command(flatten)]
    pub installed: Installed,
    /// A running server to send to, such as http://127.0.0.1:7070 [default: the one that runs on
    /// the data directory; if none does, the directory is opened]
    #[arg(long, value_name = "URL")]
    pub server: Option<String>,
    /// Say what would happen to an empty ledger, and book nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Book nothing at all if any line is bad
    #[arg(long)]
    pub strict: bool,
    /// Bad lines to show with their reasons
    #[arg(long, value_name = "N", default_value_t = 20)]
    pub show_bad: usize,
    /// Print the summary as JSON
    #[arg(long)]
    pub json: bool,
}

/// Imports the file and prints what happened. Exit code 1 if lines were bad.
///
/// # Errors
/// Flags, profile and file do not fit together, or the ledger does not answer.
pub fn run(args: &ImportArgs) -> Result<ExitCode, Failure> {
    let mut profile = Profile::load(&args.profile)?;
    if let Some(which) = &args.opening {
        profile.opening = opening::named(which);
    }
    let named = args.ledger.as_ref().or(profile.ledger.as_ref());
    let ledger = named.cloned().ok_or_else(|| {
        Failure::usage("no ledger: give --ledger NAME, or `ledger` in the profile")
    })?;
    let import = Import { args, profile: &profile, ledger, started: Instant::now(), now: now() };
    let summary = import.run(|| import.sender())?;
    match args.json {
        true => crate::terminal::print(&serde_json::to_string_pretty(&summary)?),
        false => summary.tell(),
    }
    Ok(ExitCode::from(u8::from(summary.bad > 0)))
}

fn now() -> Time {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    Time(u64::try_from(since.as_micros()).unwrap_or(u64::MAX))
}

/// One run over one file.
struct Import<'a> {
    args: &'a ImportArgs,
    profile: &'a Profile,
    ledger: LedgerId,
    started: Instant,
    now: Time,
}

impl Import<'_> {
    /// `sender` is asked for once the whole file has been looked through.
    fn run<'s>(
        &self,
        sender: impl FnOnce() -> Result<Box<dyn Sender + 's>, Failure>,
    ) -> Result<Summary, Failure> {
        let mut survey = self.survey()?;
        let stock = opening::stock(self.profile, &mut survey)?;
        if self.args.strict && survey.bad > 0 {
            return Ok(self.summary(survey, Tally::default(), true, 0));
        }
        let mut sender = sender()?;
        let tally = self.book(sender.as_mut(), &survey, &stock)?;
        let opening_units = stock.iter().map(|(_, units)| units).sum();
        Ok(self.summary(survey, tally, false, opening_units))
    }

    /// The first pass.
    fn survey(&self) -> Result<Survey, Failure> {
        let (mut table, mut lens) = self.open()?;
        let size = std::fs::metadata(&self.args.file).map_or(0, |it| it.len());
        let bar = progress(size, "bytes").with_message("looking through");
        let seen = |table: &Table| bar.set_position(table.read_bytes.get());
        let survey = Survey::take(self.profile, &mut table, &mut lens, self.args.show_bad, seen)?;
        bar.finish_and_clear();
        Ok(survey)
    }

    fn open(&self) -> Result<(Table, Lens<'_>), Failure> {
        let table = Table::open(&self.args.file, &self.profile.form)?;
        let lens = Lens::fit(self.profile, &table, self.now)?;
        Ok((table, lens))
    }

    fn sender(&self) -> Result<Box<dyn Sender>, Failure> {
        if self.args.dry_run {
            return Ok(Box::new(Rehearsal::new(self.ledger.clone(), self.now)));
        }
        if let Some(base) = &self.args.server {
            return Ok(Box::new(Remote::new(base, &self.ledger)?));
        }
        let config = self.args.installed.load(&[])?;
        if let Some(serving) = running_server(&config.data_dir) {
            return Ok(Box::new(Remote::new(&serving.url(), &self.ledger)?));
        }
        Ok(Box::new(Local { node: crate::opening::open_node(&config)? }))
    }

    /// The second pass: one thread reads and plans, another sends and settles.
    fn book(
        &self,
        sender: &mut dyn Sender,
        survey: &Survey,
        stock: &[(onhand_core::Sku, u64)],
    ) -> Result<Tally, Failure> {
        let planner = || Planner::new(self.profile, self.ledger.clone());
        let mut first = planner().registrations(&survey.channels, &survey.items)?;
        if let Some(at) = survey.first_at {
            // A second before the first line, so that it was there when that happened.
            first.extend(planner().opening(stock, Time(at.0.saturating_sub(1_000_000)))?);
        }
        let bar = progress(survey.lines, "lines").with_message("booking");
        let (to_book, planned) = sync_channel::<(Vec<Planned>, u64)>(BATCHES_AHEAD);
        let booked = thread::scope(|scope| {
            let booking = Booking::new(sender, planner(), self.args.show_bad);
            let worker = scope.spawn(|| settle(booking, planned, &bar));
            let read = self.plan(first, &mut |batch, lines| to_book.send((batch, lines)).is_ok());
            drop(to_book);
            let tally = worker.join().unwrap_or_else(|_| Err(Failure::new("the import broke off")));
            // Why the ledger stopped says more than that nobody took the next batch.
            tally.and_then(|tally| read.map(|counts| (tally, counts)))
        });
        bar.finish_and_clear();
        let (tally, (lines, bad)) = booked?;
        match (lines, bad) == (survey.lines, survey.bad) {
            true => Ok(tally),
            false => Err(Failure::new(format!(
                "{}: changed while it was imported; run the import again",
                self.args.file.display()
            ))),
        }
    }

    /// Reads the file once more and hands on batches, with the lines read so far, until `hand_on`
    /// says stop. Returns how many records there were, and how many of them are bad.
    fn plan(
        &self,
        first: Vec<Planned>,
        hand_on: &mut dyn FnMut(Vec<Planned>, u64) -> bool,
    ) -> Result<(u64, u64), Failure> {
        for batch in first.chunks(BATCH_COMMANDS) {
            if !hand_on(batch.to_vec(), 0) {
                return Ok((0, 0));
            }
        }
        let (mut table, mut lens) = self.open()?;
        let mut planner = Planner::new(self.profile, self.ledger.clone());
        let (mut lines, mut bad, mut batch, mut batch_from) = (0, 0, Vec::new(), 0);
        while let Some(record) = table.next()? {
            lines += 1;
            match lens.read(record) {
                Read::Line { line, .. } => planner.push(line, &mut batch)?,
                Read::Nothing { .. } => {}
                Read::Bad(_) => bad += 1,
            }
            if batch.len() >= BATCH_COMMANDS || lines - batch_from >= BATCH_LINES as u64 {
                batch_from = lines;
                if !hand_on(std::mem::take(&mut batch), lines) {
                    return Ok((lines, bad));
                }
            }
        }
        planner.flush(&mut batch)?;
        hand_on(batch, lines);
        Ok((lines, bad))
    }

    fn summary(
        &self,
        survey: Survey,
        tally: Tally,
        held_back: bool,
        opening_units: u64,
    ) -> Summary {
        let mut bad_lines = survey.bad_lines.clone();
        bad_lines.extend(tally.bad_lines);
        bad_lines.sort_by_key(|it| it.line);
        Summary {
            file: self.args.file.display().to_string(),
            ledger: self.ledger.to_string(),
            dry_run: self.args.dry_run,
            held_back,
            lines: survey.lines,
            by_rule: summary::by_rule(self.profile, &survey),
            items: survey.items.len(),
            channels: survey.channels.len(),
            first_at: survey.first_at.map(|it| it.to_string()),
            last_at: survey.last_at.map(|it| it.to_string()),
            units: survey.units,
            opening_units,
            commands: tally.commands,
            flags: tally.flags,
            bad: survey.bad + tally.bad,
            refused_lines: tally.bad,
            bad_lines,
            seconds: self.started.elapsed().as_secs_f64(),
        }
    }
}

/// Books every batch that comes, and says what was answered in all.
fn settle(
    mut booking: Booking<'_>,
    planned: std::sync::mpsc::Receiver<(Vec<Planned>, u64)>,
    bar: &ProgressBar,
) -> Result<Tally, Failure> {
    for (batch, lines) in planned {
        booking.book(&batch)?;
        bar.set_position(lines);
    }
    Ok(booking.tally())
}
