//! Random histories of many ledgers in one journal, as the core's own test tells them.

use std::collections::BTreeMap;

use onhand_core::*;
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;

use crate::book::Recorded;
use crate::common::Shard;
use crate::ops::{About, Step, What};
use crate::{meant, ops, supply};

/// A journal of many histories, told round by round, so that some holds are live at the end.
pub struct Histories {
    pub shard: Shard,
    steps: BTreeMap<LedgerId, Vec<Step>>,
    pub entries: BTreeMap<LedgerId, Vec<Recorded>>,
    commands: usize,
}

impl Histories {
    /// So many ledgers, each with a history of so many steps that is always the same.
    pub fn new(ledgers: usize, steps_each: usize) -> Histories {
        let mut runner = TestRunner::deterministic();
        let mut steps = BTreeMap::new();
        let kinds = [About::Rules, About::Pools, About::Kits, About::Supply, About::Everything];
        for number in 0..ledgers {
            let history = ops::steps(kinds[number % kinds.len()], steps_each);
            let history = history.new_tree(&mut runner).unwrap().current();
            steps.insert(LedgerId::new(&format!("h{number}")).unwrap(), history);
        }
        let (shard, entries) = (Shard::new(), BTreeMap::new());
        let mut histories = Histories { shard, steps, entries, commands: 0 };
        for command in ops::setup() {
            let all = histories.steps.keys().cloned().map(|it| (it, command.clone()));
            histories.append(all.collect());
        }
        histories
    }

    pub fn run(&mut self, rounds: std::ops::Range<usize>) {
        for round in rounds {
            self.shard.now = self.shard.now.plus_seconds(3);
            let all = self.steps.iter();
            let ours = all.filter_map(|(ledger, steps)| Some((ledger.clone(), steps.get(round)?)));
            let commands = ours.flat_map(|(ledger, step)| self.commands(&ledger, step)).collect();
            self.append(commands);
        }
    }

    fn commands(&self, id: &LedgerId, step: &Step) -> Vec<(LedgerId, Command)> {
        let ledger = &self.shard.book.ledgers[id];
        let commands: Vec<Command> = match &step.what {
            What::Ask(command) | What::Late(command, _) => vec![meant::meant(ledger, command)],
            What::Due(most) => ledger.due(self.shard.now, *most).into_iter().map(due).collect(),
        };
        commands.into_iter().map(|command| (id.clone(), command)).collect()
    }

    fn append(&mut self, commands: Vec<(LedgerId, Command)>) {
        let requests = commands.into_iter().map(|(ledger, mut command)| {
            self.commands += 1;
            if let Command::ReverseEntry(it) = &mut command {
                let mut known = self.entries[&ledger].iter();
                let found = known.find(|at| at.entry.position == it.position);
                it.entry = found.map(|found| Box::new(found.entry.clone()));
            }
            match (&mut command, self.shard.book.ledgers.get(&ledger)) {
                (Command::RecordSnapshot(it), Some(book)) => {
                    it.findings = supply::findings(book, it, self.shard.now);
                }
                (Command::SettleDiscrepancy(it), Some(book)) => it.book = supply::book(book, it),
                _ => {}
            }
            let envelope = Envelope {
                id: CommandId::new(&format!("c{}", self.commands)).unwrap(),
                request: "".into(),
                occurred_at: None,
                actor: Label::new("mei").ok(),
                source: None,
                source_event: None,
                cause: None,
                traceparent: None,
                metadata: BTreeMap::new(),
            };
            Request { ledger, envelope, command }
        });
        let requests = requests.collect();
        self.shard.append(requests);
        let time = self.shard.now;
        for entry in &self.shard.bodies.last().unwrap().1.entries {
            let known = self.entries.entry(entry.ledger.clone()).or_default();
            known.push(Recorded { time, entry: entry.clone() });
        }
    }
}

fn due(due: Due) -> Command {
    match due {
        Due::Hold(hold, _) => Command::ExpireHold(ExpireHold { hold }),
        Due::Tranche(pool, tranche, ..) => {
            Command::ReleaseTranche(ReleaseTranche { pool, tranche })
        }
        Due::PoolEnd(pool, _) => Command::ClosePool(ClosePool { pool }),
        Due::Shortage(_) => Command::ShrinkPools(ShrinkPools {}),
        Due::Step(feed, tier, step, _) => Command::StepFeed(StepFeed { feed, tier, step }),
        Due::CutOff(supplier, handover, _) => {
            Command::HandOverOrders(HandOverOrders { supplier, handover })
        }
        Due::Missed(supplier, handover, _) => {
            Command::MissHandover(MissHandover { supplier, handover })
        }
    }
}
