//! What an import did: counted for programs, told for people.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Serialize;

use super::line::BadLine;
use super::profile::Profile;
use super::rules::Kind;
use super::survey::Survey;
use crate::terminal::{Align, grouped, print, print_table, told};

/// The whole result, as `--json` prints it.
#[derive(Debug, Serialize)]
pub struct Summary {
    pub file: String,
    pub ledger: String,
    /// Nothing was booked: this is what would happen to an empty ledger.
    pub dry_run: bool,
    /// Nothing was booked because lines are bad and `--strict` was asked for.
    pub held_back: bool,
    pub lines: u64,
    pub by_rule: Vec<RuleLines>,
    /// Units by kind of line.
    pub units: BTreeMap<Kind, u64>,
    pub items: usize,
    pub channels: usize,
    /// When the first and the last line happened.
    pub first_at: Option<String>,
    pub last_at: Option<String>,
    pub opening_units: u64,
    pub commands: Commands,
    /// What a person should look at, by the name of the flag; an entry may carry several.
    pub flags: BTreeMap<&'static str, u64>,
    /// Lines that cannot be read, and lines whose command the ledger refused.
    pub bad: u64,
    /// Of these, the lines that the ledger refused.
    pub refused_lines: u64,
    /// The first of them.
    pub bad_lines: Vec<BadLine>,
    pub seconds: f64,
}

/// Lines of the rules that share a name.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct RuleLines {
    pub rule: String,
    pub kind: Kind,
    pub lines: u64,
}

/// What came of the commands.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Commands {
    /// Of which each became one entry.
    pub booked: u64,
    /// Booked by an earlier run already.
    pub replayed: u64,
    /// Items, locations and channels that others had registered, or under another name.
    pub known: u64,
    /// Items whose opening stock an earlier import booked with another number; that one stands.
    pub opening_kept: u64,
    pub refused: u64,
}

/// Lines by the names of the rules, in the order of the profile.
pub fn by_rule(profile: &Profile, survey: &Survey) -> Vec<RuleLines> {
    let mut all: Vec<RuleLines> = Vec::new();
    for (rule, lines) in profile.rules.iter().zip(&survey.by_rule) {
        match all.iter_mut().find(|it| it.rule == rule.name && it.kind == rule.kind) {
            Some(known) => known.lines += lines,
            None => {
                all.push(RuleLines { rule: rule.name.clone(), kind: rule.kind, lines: *lines });
            }
        }
    }
    all
}

impl Summary {
    /// Prints tables and sentences to standard output.
    pub fn tell(&self) {
        let row = |it: &RuleLines| vec![it.rule.clone(), kind_name(it.kind), grouped(it.lines)];
        let mut rows: Vec<Vec<String>> = self.by_rule.iter().map(row).collect();
        rows.push(vec![
            "bad lines".into(),
            "not booked".into(),
            grouped(self.bad - self.refused_lines),
        ]);
        rows.push(vec!["all".into(), String::new(), grouped(self.lines)]);
        print_table(
            &[("lines", Align::Text), ("booked as", Align::Text), ("number", Align::Number)],
            &rows,
        );
        self.tell_commands();
        self.tell_bad_lines();
    }

    fn tell_commands(&self) {
        let Commands { booked, replayed, known, opening_kept, refused } = self.commands;
        let would = if self.dry_run { "would be booked" } else { "booked" };
        print(&format!(
            "{} items, {} channels, ledger {}: {} commands {would}, {} booked before, {} refused, in {}.",
            grouped(self.items as u64),
            grouped(self.channels as u64),
            self.ledger,
            grouped(booked),
            grouped(replayed),
            grouped(refused),
            told(Duration::from_secs_f64(self.seconds)),
        ));
        if self.opening_units > 0 {
            print(&format!("Opening stock: {} units.", grouped(self.opening_units)));
        }
        if known > 0 {
            print(&format!("{} items, locations or channels were known already.", grouped(known)));
        }
        if opening_kept > 0 {
            print(&format!(
                "{} items keep the opening stock that an earlier import booked.",
                grouped(opening_kept)
            ));
        }
        for (flag, count) in &self.flags {
            print(&format!("Flagged {flag}: {} times.", grouped(*count)));
        }
        if self.refused_lines > 0 {
            print(&format!("{} lines were refused by the ledger.", grouped(self.refused_lines)));
        }
        if self.held_back {
            print("Nothing was booked, since lines are bad and --strict was given.");
        } else if self.dry_run {
            print("Nothing was booked: this was a dry run, on an empty ledger.");
        } else if booked == 0 && replayed > 0 {
            print("Nothing new: all of it was booked by an earlier import.");
        }
    }

    fn tell_bad_lines(&self) {
        for bad in &self.bad_lines {
            match bad.line {
                0 => print(&bad.reason),
                line => print(&format!("line {line}: {}", bad.reason)),
            }
        }
        let more = self.bad.saturating_sub(self.bad_lines.len() as u64);
        if more > 0 {
            print(&format!("… and {} more; --show-bad N shows more of them.", grouped(more)));
        }
    }
}

fn kind_name(kind: Kind) -> String {
    match kind {
        Kind::Order => "order, shipped",
        Kind::Return => "return",
        Kind::AdjustIn => "adjustment, in",
        Kind::AdjustOut => "adjustment, out",
        Kind::Adjust => "adjustment",
        Kind::None => "no stock",
    }
    .into()
}
