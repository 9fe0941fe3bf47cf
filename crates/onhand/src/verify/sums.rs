//! The sums of a journal, added up without the code that books them.

use std::collections::{BTreeMap, HashMap};

use onhand_core::{
    Account, BlockBody, Book, Cell, Claim, Condition, Entry, Item, LedgerId, LocationId, Sku,
};

/// Balances and claims of one ledger, from its entries alone. By the name that an entry used: an
/// item that was renamed, or that another was merged into, has several.
#[derive(Default)]
struct Sheet {
    /// The position of the last entry seen.
    position: u64,
    /// What left and entered each account, per SKU.
    accounts: HashMap<(Sku, Account), i64>,
    claims: HashMap<(Sku, LocationId, Claim), i64>,
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
            self.movements += entry.movements.len() as u64;
            sheet.add(entry);
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
            for (item, cell) in ledger.items().iter().flat_map(cells) {
                let location = &ledger.location(cell.location).id;
                let figures = sheet.figures(item, location, cell);
                compared += figures.len() as u64;
                let odd = figures.into_iter().filter(|(_, ours, theirs)| ours != theirs);
                faults.extend(odd.map(|(figure, ours, theirs)| {
                    let sku = &item.sku;
                    format!("ledger {id}: {sku} at {location}, {figure}: the entries say {ours}, the fold says {theirs}")
                }));
            }
        }
        faults.into_iter().for_each(|it| self.fault(it));
        compared
    }
}

fn cells(item: &Item) -> impl Iterator<Item = (&Item, &Cell)> {
    item.cells.iter().map(move |cell| (item, cell))
}

impl Sheet {
    fn add(&mut self, entry: &Entry) {
        for movement in &entry.movements {
            let units = movement.quantity.signed();
            let from = (movement.sku.clone(), movement.from.clone());
            let to = (movement.sku.clone(), movement.to.clone());
            *self.accounts.entry(from).or_default() -= units;
            *self.accounts.entry(to).or_default() += units;
        }
        entry.fact.claims(&mut |it| {
            let claim = (it.sku.clone(), it.location.clone(), it.claim);
            *self.claims.entry(claim).or_default() += it.units;
        });
    }

    /// Each figure of a shelf: its name, what the entries add up to, what the fold says.
    fn figures(
        &self,
        item: &Item,
        location: &LocationId,
        cell: &Cell,
    ) -> Vec<(&'static str, i64, i64)> {
        // Whatever was merged into another has handed over its names with all it had.
        let merged = item.info.as_ref().is_some_and(|it| it.merged_into.is_some());
        let names = || std::iter::once(&item.sku).chain(item.aliases()).filter(move |_| !merged);
        let balance = |condition: Condition| {
            let account = Account::Shelf(location.clone(), condition);
            let at = |name: &Sku| self.accounts.get(&(name.clone(), account.clone())).copied();
            (condition.as_str(), names().filter_map(at).sum(), cell.balance(condition))
        };
        let claimed = |claim: Claim| {
            let at =
                |name: &Sku| self.claims.get(&(name.clone(), location.clone(), claim)).copied();
            names().filter_map(at).sum::<i64>()
        };
        let mut figures: Vec<_> = Condition::ALL.into_iter().map(balance).collect();
        figures.push(("held", claimed(Claim::Held), cell.held));
        figures.push(("committed", claimed(Claim::Committed), cell.committed));
        figures.push(("pooled", claimed(Claim::Pooled), cell.pooled));
        figures
    }
}
