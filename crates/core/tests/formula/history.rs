//! A ledger under random steps, held against the formula written down once more at every one.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use onhand_core::*;

use crate::book::{Book, Recorded};
use crate::formula::Who;
use crate::meant::meant;
use crate::ops::{self, Step, What};
use crate::promise;
use crate::supply;

/// What was asked and what came of it; outlives a history that breaks off.
pub type Told = Rc<RefCell<Vec<String>>>;

pub struct History {
    pub ledger: Ledger,
    pub entries: Vec<Recorded>,
    pub now: Time,
    steps: usize,
    pub told: Told,
}

impl History {
    pub fn new(told: Told) -> History {
        let mut history = History {
            ledger: Ledger::new(LedgerId::new("shop").unwrap()),
            entries: Vec::new(),
            now: Time(ops::BEGIN_US),
            steps: 0,
            told,
        };
        for command in ops::setup() {
            history.ask(command, None).unwrap();
        }
        history
    }

    pub fn run(&mut self, step: &Step) {
        self.now = self.now.plus_seconds(step.pause);
        self.steps += 1;
        match &step.what {
            What::Ask(command) => self.promise(&meant(&self.ledger, command), None),
            What::Late(command, ago) => {
                let occurred_at = Time(self.now.as_us() - ago * 1_000_000);
                self.promise(&meant(&self.ledger, command), Some(occurred_at));
            }
            What::Due(most) => self.do_due(*most),
        }
        self.assert_offers();
    }

    fn promise(&mut self, command: &Command, occurred_at: Option<Time>) {
        let before = Book::read(&self.entries);
        let known = match command {
            Command::CommitOrder(it) => self.ledger.order(&it.order).is_some(),
            _ => false,
        };
        match self.ask(command.clone(), occurred_at) {
            Ok(entry) => promise::assert_there(&before, self.now, command, &entry),
            Err(rejection) if !known => {
                promise::assert_justified(&before, self.now, command, &rejection);
            }
            Err(_) => {}
        }
    }

    /// What the writer does by itself: it is never refused.
    fn do_due(&mut self, most: usize) {
        for due in self.ledger.due(self.now, most) {
            let command = match due {
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
            };
            let done = self.ask(command.clone(), None);
            assert!(done.is_ok(), "what is due was refused: {command:?}: {done:?}");
        }
    }

    /// A decision changes nothing, and a trial that is rolled back leaves no trace.
    fn ask(&mut self, command: Command, occurred_at: Option<Time>) -> Result<Entry, Rejection> {
        let request = self.request(command, occurred_at);
        self.tell(&request, occurred_at);
        let entry = accept(&self.ledger, self.now, &Rules::default(), &request);
        assert_eq!(entry, accept(&self.ledger, self.now, &Rules::default(), &request));
        let outcome = entry.as_ref().map_or_else(|it| it.code(), |_| "accepted");
        self.told.borrow_mut().last_mut().unwrap().push_str(outcome);
        let entry = entry?;
        let before = self.ledger.clone();
        self.ledger.begin_trial();
        self.ledger.evolve(&entry, self.now).unwrap();
        self.ledger.roll_back();
        assert!(self.ledger == before, "the trial of {entry:?} left a trace");
        self.ledger.evolve(&entry, self.now).unwrap();
        self.entries.push(Recorded { time: self.now, entry: entry.clone() });
        Ok(entry)
    }

    fn tell(&self, request: &Request, occurred_at: Option<Time>) {
        let at = (self.now.as_us() - ops::BEGIN_US) / 1_000_000;
        let late = if occurred_at.is_some() { " late" } else { "" };
        let mut command = serde_json::to_value(&request.command).unwrap();
        without_nulls(&mut command);
        self.told.borrow_mut().push(format!("@{at}{late} {command} => "));
    }

    fn request(&self, mut command: Command, occurred_at: Option<Time>) -> Request {
        if let Command::ReverseEntry(it) = &mut command {
            let found = self.entries.iter().find(|at| at.entry.position == it.position);
            it.entry = found.map(|found| Box::new(found.entry.clone()));
        }
        let mut actor = None;
        match &mut command {
            Command::RecordSnapshot(it) => {
                it.findings = supply::findings(&self.ledger, it, self.now);
            }
            Command::SettleDiscrepancy(it) => {
                it.book = supply::book(&self.ledger, it);
                actor = Label::new("mei").ok();
            }
            _ => {}
        }
        let envelope = Envelope {
            id: CommandId::new(&format!("c{}", self.entries.len())).unwrap(),
            request: "".into(),
            occurred_at,
            actor,
            source: None,
            source_event: None,
            cause: None,
            traceparent: None,
            metadata: BTreeMap::new(),
        };
        Request { ledger: self.ledger.id().clone(), envelope, command }
    }

    /// Every term of every item on every channel, for nobody in particular and for one claimant
    /// more, another one each time.
    fn assert_offers(&self) {
        let book = Book::read(&self.entries);
        self.assert_shelves(&book);
        let all = claimants();
        let anybody = |it: &&Who| it.campaign.is_none() && it.customer.is_none();
        for who in all.iter().filter(|it| it.channel.is_some()).filter(anybody) {
            self.assert_offer(&book, who, None);
        }
        let slot = Some(moment_of(self.steps)).filter(|_| self.steps.is_multiple_of(2));
        self.assert_offer(&book, &all[self.steps % all.len()], slot);
    }

    /// As at every step, but for everybody.
    pub fn assert_all_offers(&self) {
        let book = Book::read(&self.entries);
        claimants().iter().for_each(|who| self.assert_offer(&book, who, None));
        for slot in [0, 1, 2] {
            self.assert_offer(&book, &claimants()[0], Some(moment_of(slot)));
        }
    }

    fn assert_offer(&self, book: &Book, who: &Who, slot: Option<Time>) {
        let claimant = Claimant {
            channel: who.channel.as_ref().map(|it| self.ledger.channel_no(it).unwrap()),
            campaign: who.campaign.as_ref(),
            customer: who.customer.as_ref(),
            region: None,
        };
        for (name, id) in book.one_name_each() {
            let item = self.ledger.item_no(name).unwrap();
            let told = self.ledger.offer(item, &claimant, slot, self.now);
            let naive = book.offer(id, who, slot, self.now);
            assert_eq!(told, naive, "{name} for {who:?} (left: ledger, right: naive)");
        }
    }

    fn assert_shelves(&self, book: &Book) {
        for (name, id) in &book.names {
            // Whichever name is used, it is the same item.
            let item = self.ledger.item_no(name).unwrap();
            assert_eq!(item, self.ledger.item_no(book.name_of(*id)).unwrap(), "{name}");
        }
        for (name, id) in book.one_name_each() {
            let item = self.ledger.item_no(name).unwrap();
            for (location, _) in &book.locations {
                let place = self.ledger.location_no(location).unwrap();
                let told = self.ledger.shelf(item, place, self.now);
                let naive = book.shelf(id, location, self.now);
                assert_eq!(told, naive, "{name} at {location} (left: ledger, right: naive)");
            }
        }
    }

    /// Entries written as JSON and read again give the same ledger.
    pub fn assert_replayed(&self) {
        let mut replayed = Ledger::new(self.ledger.id().clone());
        for it in &self.entries {
            let text = serde_json::to_string(&it.entry).unwrap();
            let entry: Entry = serde_json::from_str(&text).unwrap();
            assert_eq!(entry, it.entry);
            replayed.evolve(&entry, it.time).unwrap();
        }
        assert!(replayed == self.ledger, "the entries tell another book");
    }
}

/// Moments for which capacity is asked.
fn moment_of(number: usize) -> Time {
    Time(ops::BEGIN_US).plus_seconds((number as u64 % 5) * 40_000)
}

/// Everybody who may ask: on each channel and on none, in a campaign or not, known or not.
pub fn claimants() -> Vec<Who> {
    let channels = ops::CHANNELS.iter().map(|it| Some(ChannelId::new(it).unwrap()));
    let mut all = Vec::new();
    for channel in channels.chain([None]) {
        for campaign in [None, Some("c1")] {
            for customer in [None, Some("vip")] {
                let label = |it: &str| Label::new(it).unwrap();
                all.push(Who {
                    channel: channel.clone(),
                    campaign: campaign.map(label),
                    customer: customer.map(label),
                });
            }
        }
    }
    all
}

/// Leaves out what the caller did not say.
fn without_nulls(value: &mut serde_json::Value) {
    match value {
        serde_json::Value::Object(fields) => {
            fields.retain(|_, it| !it.is_null());
            fields.values_mut().for_each(without_nulls);
        }
        serde_json::Value::Array(all) => all.iter_mut().for_each(without_nulls),
        _ => {}
    }
}
