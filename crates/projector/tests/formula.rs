//! What the projector tells of availability after a restart, held against the naive formula.

#![allow(clippy::unwrap_used, reason = "a test may stop")]

#[allow(dead_code)]
#[path = "../../core/tests/formula/book.rs"]
mod book;
mod common;
#[allow(dead_code)]
#[path = "../../core/tests/formula/formula.rs"]
mod formula;
#[path = "../../core/tests/formula/meant.rs"]
mod meant;
#[path = "../../core/tests/formula/ops.rs"]
mod ops;
#[path = "../../core/tests/formula/selling.rs"]
mod selling;
#[path = "../../core/tests/formula/supplied.rs"]
mod supplied;
#[path = "../../core/tests/formula/supply.rs"]
mod supply;

use std::collections::BTreeMap;

use book::{Book, Recorded};
use common::Shard;
use formula::Who;
use onhand_core::*;
use onhand_projector::{Amount, AvailabilityQuery, AvailabilityRow, Origin, Projector};
use ops::{About, Step, What};
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;

/// Histories, each in a ledger of its own.
const HISTORIES: usize = 10_000;
const STEPS: usize = 24;

/// A journal of many histories, told round by round, so that some holds are live at the end.
struct Histories {
    shard: Shard,
    steps: BTreeMap<LedgerId, Vec<Step>>,
    entries: BTreeMap<LedgerId, Vec<Recorded>>,
    commands: usize,
}

impl Histories {
    fn new() -> Histories {
        let mut runner = TestRunner::deterministic();
        let mut steps = BTreeMap::new();
        let kinds = [About::Rules, About::Pools, About::Kits, About::Supply, About::Everything];
        for number in 0..HISTORIES {
            let history = ops::steps(kinds[number % kinds.len()], STEPS);
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

    fn run(&mut self, rounds: std::ops::Range<usize>) {
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

#[test]
fn a_projector_tells_what_the_naive_formula_says() {
    let home = tempfile::tempdir().unwrap();
    let dir = home.path().join("checkpoint");
    let mut histories = Histories::new();
    histories.run(0..STEPS / 2);
    let (projector, _) = histories.shard.open(Some(&dir));
    projector.checkpoint();
    drop(projector);
    histories.run(STEPS / 2..STEPS);
    let (projector, report) = histories.shard.open(Some(&dir));
    assert!(matches!(report.origin, Origin::Checkpoint { .. }), "{:?}", report.origin);
    let mut rows = 0;
    for (ledger, entries) in &histories.entries {
        for channel in ops::CHANNELS {
            for (campaign, customer) in
                [(None, None), (Some("c1"), None), (Some("c1"), Some("vip"))]
            {
                let label = |it: &str| Label::new(it).unwrap();
                let who = Who {
                    channel: Some(ChannelId::new(channel).unwrap()),
                    campaign: campaign.map(label),
                    customer: customer.map(label),
                };
                rows += assert_rows(&projector, ledger, entries, &who, histories.shard.now);
            }
        }
    }
    println!("{rows} rows of {} entries", histories.entries.values().map(Vec::len).sum::<usize>());
    assert!(rows > HISTORIES * ops::CHANNELS.len());
}

/// Every item on one channel; returns how many there are.
fn assert_rows(
    projector: &Projector,
    ledger: &LedgerId,
    entries: &[Recorded],
    who: &Who,
    now: Time,
) -> usize {
    let book = Book::read(entries);
    let query = AvailabilityQuery {
        channel: who.channel.clone().unwrap(),
        skus: book.one_name_each().map(|(name, _)| name.clone()).collect(),
        after: None,
        limit: 100,
        slot: None,
        campaign: who.campaign.clone(),
        customer: who.customer.clone(),
    };
    let page = projector.availability_for(ledger, &query).unwrap();
    for ((_, id), row) in book.one_name_each().zip(&page.rows) {
        assert_eq!(book.id(&row.sku), id);
        assert_row(&book, row, who, now);
    }
    page.rows.len()
}

fn assert_row(book: &Book, row: &AvailabilityRow, who: &Who, now: Time) {
    let id = book.id(&row.sku);
    let offer = book.offer(id, who, None, now);
    let (available, published) = (Amount::from(offer.reservable()), offer.published().into());
    let terms = match offer {
        Offer::Unlimited => None,
        Offer::Units(terms) | Offer::Kit { assembled: terms, .. } => Some(terms),
    };
    let told = (&row.available, &row.published, row.terms.as_ref());
    assert_eq!(told, (&available, &published, terms.as_ref()), "{} for {who:?}", row.sku);
    for told in &row.locations {
        let shelf = book.shelf(id, &told.location, now);
        let (believed, unclaimed, kept) = book.believed(id, &told.location, now);
        let naive = (shelf.sellable, shelf.committed, shelf.held, shelf.pooled, believed, kept);
        let row = (told.sellable, told.committed, told.held, told.pooled, told.believed, told.kept);
        assert_eq!(row, naive, "{} at {}", book.name_of(id), told.location);
        assert_eq!(told.free, unclaimed - kept);
    }
}
