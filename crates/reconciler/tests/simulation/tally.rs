//! How well differences were found and named, by what they truly were.

use std::collections::BTreeMap;
use std::fmt;

use onhand_core::DifferenceKind;

/// Counts of true kind and verdict. A verdict of none: it was not found.
type Table = BTreeMap<(DifferenceKind, Option<DifferenceKind>), u64>;

#[derive(Default)]
pub struct Tally {
    /// As differences were named at first: those of one kind, and those of several at once; and
    /// as each was named when it was there once more.
    pub first: Table,
    pub mixed: Table,
    pub second: Table,
    pub snapshots: u64,
    pub lines: u64,
    /// Found where the numbers agree.
    pub invented: u64,
    /// Differences whose figures were not theirs and ours.
    pub wrong: Vec<String>,
    /// Sold beyond what the rules allow.
    pub oversold: Vec<String>,
    /// Mistaken packs of items about which something else was open.
    pub behind: u64,
    /// The same after a number in wrong packs that hid what was missing.
    pub misled: u64,
    /// The same after a loss that hid behind goods of theirs which we had not booked yet.
    pub hidden: u64,
    /// Orders, and snapshots that were held although damaged, or taken although fine.
    pub orders: u64,
    pub damaged: u64,
    /// Damaged ones that left out too few of what had ever been named, as it was little.
    pub few: u64,
    pub held: u64,
    pub held_wrongly: u64,
    /// Good ones with so many numbers left open, or codes that mean nothing, that they were held.
    pub gappy: u64,
    pub late: u64,
    /// Renamed codes, and how often the right item was suggested first.
    pub renamed: u64,
    pub suggested: u64,
}

pub fn recall(table: &Table, kind: DifferenceKind) -> (u64, u64) {
    let of_kind = table.iter().filter(|((truth, _), _)| *truth == kind);
    of_kind.fold((0, 0), |(right, all), ((_, verdict), count)| {
        (right + if *verdict == Some(kind) { *count } else { 0 }, all + count)
    })
}

pub fn precision(table: &Table, kind: DifferenceKind) -> (u64, u64) {
    let named = table.iter().filter(|((_, verdict), _)| *verdict == Some(kind));
    named.fold((0, 0), |(right, all), ((truth, _), count)| {
        (right + if *truth == kind { *count } else { 0 }, all + count)
    })
}

pub fn missed(table: &Table) -> u64 {
    table.iter().filter(|((_, verdict), _)| verdict.is_none()).map(|(_, count)| count).sum()
}

impl Tally {
    pub fn add(&mut self, more: Tally) {
        let tables = [&mut self.first, &mut self.mixed, &mut self.second];
        for (table, more) in tables.into_iter().zip([more.first, more.mixed, more.second]) {
            for (key, count) in more {
                *table.entry(key).or_default() += count;
            }
        }
        self.snapshots += more.snapshots;
        self.lines += more.lines;
        self.invented += more.invented;
        self.wrong.extend(more.wrong);
        self.oversold.extend(more.oversold);
        self.behind += more.behind;
        self.misled += more.misled;
        self.hidden += more.hidden;
        self.orders += more.orders;
        self.damaged += more.damaged;
        self.few += more.few;
        self.held += more.held;
        self.held_wrongly += more.held_wrongly;
        self.gappy += more.gappy;
        self.late += more.late;
        self.renamed += more.renamed;
        self.suggested += more.suggested;
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} snapshots, {} lines, {} orders", self.snapshots, self.lines, self.orders)?;
        writeln!(
            f,
            "{} damaged, {} of them too few items to tell, {} held, {} held for its gaps, {} held wrongly; {} late; {} renamed, {} suggested first; invented {}; {} wrong packs behind something open",
            self.damaged,
            self.few,
            self.held,
            self.gappy,
            self.held_wrongly,
            self.late,
            self.renamed,
            self.suggested,
            self.invented,
            self.behind
        )?;
        let tables = [
            ("at first, of one kind", &self.first),
            ("at first, of several kinds at once", &self.mixed),
            ("once more", &self.second),
        ];
        writeln!(f, "{} orders beyond the stock after a number in wrong packs", self.misled)?;
        writeln!(
            f,
            "{} orders beyond the stock after a loss hid behind goods of theirs",
            self.hidden
        )?;
        for (name, table) in tables {
            writeln!(f, "{name}: missed {}", missed(table))?;
            let mut kinds: Vec<DifferenceKind> = table.keys().map(|(truth, _)| *truth).collect();
            kinds.dedup();
            for kind in kinds {
                let share = |(right, all): (u64, u64)| right as f64 * 100.0 / all.max(1) as f64;
                let (found, named) = (recall(table, kind), precision(table, kind));
                write!(f, "  {kind:?}: recall {:.1} % of {}", share(found), found.1)?;
                write!(f, ", precision {:.1} % of {};", share(named), named.1)?;
                let others = table
                    .iter()
                    .filter(|((truth, verdict), _)| *truth == kind && *verdict != Some(kind));
                for ((_, verdict), count) in others {
                    match verdict {
                        Some(it) => write!(f, " {it:?} {count}")?,
                        None => write!(f, " missed {count}")?,
                    }
                }
                writeln!(f)?;
            }
        }
        Ok(())
    }
}
