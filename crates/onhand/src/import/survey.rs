//! The first pass: what is in the file, before anything is booked. Remembers items, not lines.

use std::collections::{BTreeMap, HashMap};

use onhand_core::{ChannelId, Condition, Label, Sku, Time};
use smol_str::SmolStr;

use super::line::{BadLine, Lens, Line, Read};
use super::profile::Profile;
use super::rules::Kind;
use super::table::Table;
use crate::failure::Failure;

/// What the file holds.
#[derive(Debug, Default)]
pub struct Survey {
    /// Records, bad ones too.
    pub lines: u64,
    /// Lines by the place of their rule in the profile.
    pub by_rule: Vec<u64>,
    pub bad: u64,
    /// The first bad lines, as many as were asked for.
    pub bad_lines: Vec<BadLine>,
    /// In the order in which they appear.
    pub items: Vec<Item>,
    /// In the order in which they appear.
    pub channels: Vec<ChannelId>,
    pub first_at: Option<Time>,
    pub last_at: Option<Time>,
    /// Units by kind of line.
    pub units: BTreeMap<Kind, u64>,
    places: HashMap<Sku, usize>,
}

/// An item of the file.
#[derive(Clone, Debug)]
pub struct Item {
    pub sku: Sku,
    pub name: Option<Label>,
    /// Sellable units after the lines so far, if there were none before the first.
    balance: i64,
    /// The lowest that `balance` ever was.
    lowest: i64,
}

impl Item {
    /// Units that must have been there before the first line for the book never to go negative.
    pub fn least_opening(&self) -> u64 {
        self.lowest.min(0).unsigned_abs()
    }
}

impl Survey {
    /// Reads the whole table. `bad_max`: how many bad lines to keep with their reasons;
    /// `seen` is told after every record.
    ///
    /// # Errors
    /// [`Failure`] if the file cannot be read to its end.
    pub fn take(
        profile: &Profile,
        table: &mut Table,
        lens: &mut Lens<'_>,
        bad_max: usize,
        mut seen: impl FnMut(&Table),
    ) -> Result<Survey, Failure> {
        let mut survey = Survey { by_rule: vec![0; profile.rules.len()], ..Survey::default() };
        while let Some(record) = table.next()? {
            survey.lines += 1;
            match lens.read(record) {
                Read::Line { rule, line } => {
                    survey.count(rule);
                    survey.note(profile, &line);
                }
                Read::Nothing { rule } => survey.count(rule),
                Read::Bad(bad) => {
                    survey.bad += 1;
                    if survey.bad_lines.len() < bad_max {
                        survey.bad_lines.push(bad);
                    }
                }
            }
            seen(table);
        }
        Ok(survey)
    }

    fn count(&mut self, rule: usize) {
        if let Some(count) = self.by_rule.get_mut(rule) {
            *count += 1;
        }
    }

    fn note(&mut self, profile: &Profile, line: &Line) {
        *self.units.entry(line.kind).or_default() += line.units;
        self.first_at = Some(self.first_at.map_or(line.at, |it| it.min(line.at)));
        self.last_at = self.last_at.max(Some(line.at));
        if let Some(channel) = line.channel.as_ref().filter(|it| !self.channels.contains(it)) {
            self.channels.push(channel.clone());
        }
        let item = self.item(&line.sku);
        // Only a sale says what the item is called; an adjustment says what is wrong with it.
        if item.name.is_none() && matches!(line.kind, Kind::Order | Kind::Return) {
            item.name = label(&line.name);
        }
        let units = i64::try_from(line.units).unwrap_or(i64::MAX);
        let change = match line.kind {
            Kind::Return if profile.returned != Condition::Sellable => 0,
            Kind::Return | Kind::AdjustIn => units,
            Kind::Order | Kind::AdjustOut => -units,
            Kind::Adjust | Kind::None => 0,
        };
        item.balance = item.balance.saturating_add(change);
        item.lowest = item.lowest.min(item.balance);
    }

    /// The item called `sku`, noted if it is new.
    pub fn item(&mut self, sku: &Sku) -> &mut Item {
        let next = self.items.len();
        let place = *self.places.entry(sku.clone()).or_insert(next);
        if place == next {
            self.items.push(Item { sku: sku.clone(), name: None, balance: 0, lowest: 0 });
        }
        &mut self.items[place]
    }
}

/// A description as a name: without control characters, cut to what a name may hold.
fn label(text: &str) -> Option<Label> {
    let plain: String = text.chars().map(|it| if it.is_control() { ' ' } else { it }).collect();
    let cut: SmolStr = plain.trim().chars().take(onhand_core::NAME_CHARS_MAX).collect();
    Label::new(cut.trim()).ok()
}
