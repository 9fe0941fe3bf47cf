//! The sums of a journal, added up without the code that books them.

use std::collections::{BTreeMap, HashMap};

use onhand_core::{Account, BlockBody, Book, Condition, LedgerId, LocationId, Sku};

/// Balances of one ledger, from its movements alone.
#[derive(Default)]
struct Sheet {
    /// The position of the last entry seen.
    position: u64,
    /// What left and entered each account, per item.
    accounts: HashMap<(Sku, Account), i64>,
}

/// All ledgers of a shard.
#[derive(Default)]
pub struct Sums {
    sheets: BTreeMap<LedgerId, Sheet>,
    pub entries: u64,
    pub movements: u64,
    pub refusals: u64,
    /// What does not add up, in sentences.
    pub faults: Vec<String>,
}

/// Faults told one by one; after that only their number grows.
const FAULTS_MAX: usize = 100;

impl Sums {
    /// Adds the entries of the block at `height`.
    pub fn add(&mut self, height: u64, body: &BlockBody) {
        self.refusals += body.refusals.len() as u64;
        for entry in &body.entries {
            self.entries += 1;
            let sheet = self.sheets.entry(entry.ledger.clone()).or_default();
            let expected = sheet.position + 1;
            sheet.position = entry.position;
            for movement in &entry.movements {
                self.movements += 1;
                let units = movement.quantity.signed();
                let from = (movement.sku.clone(), movement.from.clone());
                let to = (movement.sku.clone(), movement.to.clone());
                *sheet.accounts.entry(from).or_default() -= units;
                *sheet.accounts.entry(to).or_default() += units;
            }
            if entry.position != expected {
                let (ledger, position) = (&entry.ledger, entry.position);
                self.fault(format!(
                    "block {height}: ledger {ledger} goes from position {} to {position}",
                    expected - 1
                ));
            }
        }
    }

    fn fault(&mut self, sentence: String) {
        if self.faults.len() < FAULTS_MAX {
            self.faults.push(sentence);
        }
    }

    /// Closes the sums: per item all accounts must add up to zero.
    pub fn check_zero(&mut self) -> u64 {
        let mut faults = Vec::new();
        let mut items = 0;
        for (ledger, sheet) in &self.sheets {
            let mut totals: BTreeMap<&Sku, i64> = BTreeMap::new();
            for ((sku, _), units) in &sheet.accounts {
                *totals.entry(sku).or_default() += units;
            }
            items += totals.len() as u64;
            let odd = totals.into_iter().filter(|(_, total)| *total != 0);
            faults.extend(odd.map(|(sku, total)| {
                format!("ledger {ledger}: the accounts of {sku} add up to {total}, not to zero")
            }));
        }
        faults.into_iter().for_each(|it| self.fault(it));
        items
    }

    /// Compares every shelf balance with what the fold says. Returns how many were compared.
    pub fn check_book(&mut self, book: &Book) -> u64 {
        let mut faults = Vec::new();
        let mut compared = 0;
        for (id, ledger) in &book.ledgers {
            let empty = Sheet::default();
            let sheet = self.sheets.get(id).unwrap_or(&empty);
            if sheet.position != ledger.position() {
                faults.push(format!(
                    "ledger {id}: the journal ends at position {}, the fold at {}",
                    sheet.position,
                    ledger.position()
                ));
            }
            for item in ledger.items() {
                for cell in &item.cells {
                    let location = &ledger.location(cell.location).id;
                    for condition in Condition::ALL {
                        compared += 1;
                        let (ours, theirs) =
                            (sheet.at(&item.sku, location, condition), cell.balance(condition));
                        if ours != theirs {
                            let (sku, condition) = (&item.sku, condition.as_str());
                            faults.push(format!("ledger {id}: {sku} at {location}, {condition}: the movements say {ours}, the fold says {theirs}"));
                        }
                    }
                }
            }
        }
        faults.into_iter().for_each(|it| self.fault(it));
        compared
    }
}

impl Sheet {
    fn at(&self, sku: &Sku, location: &LocationId, condition: Condition) -> i64 {
        let account = Account::Shelf(location.clone(), condition);
        self.accounts.get(&(sku.clone(), account)).copied().unwrap_or(0)
    }
}
