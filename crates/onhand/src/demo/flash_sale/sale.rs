//! The course of the sale: buyers come, hold, pay or do not, and some change their minds.

use std::collections::BTreeMap;

use onhand_core::{
    Book, CancelOrder, ClaimLine, Command, CommitOrder, Entry, HoldId, HoldStock, IfShort, Label,
    LocationKind, OpenPool, OpenTranche, OrderId, Oversell, Partial, PoolDraw, PoolStock, Quantity,
    ReceiveFrom, ReceiveLine, ReceiveStock, ReceiveTo, RegisterChannel, RegisterItem,
    RegisterLocation, Rejection, Rule, SetPolicy, Time, TrancheUnits,
};
use onhand_engine::Answer;

use super::buyers::{Buyer, buyers};
use super::desk::{Desk, moment, unexpected};
use super::terms::{
    Good, HOLD_SECONDS, OVERSELL_RATIO, SALE_SECONDS, TRANCHE_SECONDS, TRANCHES, Terms,
};
use crate::failure::Failure;

/// What a buyer does next.
#[derive(Clone, Copy)]
enum Step {
    Arrive,
    Pay,
    Cancel,
}

/// What buyers were told, by good.
#[derive(Default)]
pub struct Told {
    pub buyers: u64,
    pub held: u64,
    pub committed: u64,
    pub cancelled: u64,
    /// Buyers sent away, by the code of the refusal.
    pub refused: BTreeMap<&'static str, u64>,
}

/// The sale once it is over.
pub struct Over {
    pub told: [Told; 2],
    pub entries: Vec<(Time, Entry)>,
    pub book: Book,
}

struct Sale<'a> {
    terms: &'a Terms,
    buyers: Vec<Buyer>,
    /// Who does what at which second.
    agenda: BTreeMap<u64, Vec<(usize, Step)>>,
    told: [Told; 2],
}

/// # Errors
/// The ledger answered what the story has no place for.
pub fn run(terms: &Terms, seed: u64) -> Result<Over, Failure> {
    let mut desk = Desk::open()?;
    desk.order(0, opening(terms)?)?;
    let buyers = buyers(terms, seed);
    let mut sale = Sale { terms, buyers, agenda: BTreeMap::new(), told: Default::default() };
    for number in 0..sale.buyers.len() {
        sale.later(sale.buyers[number].arrives, number, Step::Arrive);
    }
    let mut last = SALE_SECONDS;
    while let Some((second, steps)) = sale.agenda.pop_first() {
        let commands = steps.iter().map(|(number, step)| sale.command(*number, *step));
        let commands = commands.collect::<Result<Vec<Command>, Failure>>()?;
        let answers = desk.ask(second, commands)?;
        for ((number, step), answer) in steps.into_iter().zip(answers) {
            sale.note(second, number, step, &answer)?;
        }
        last = last.max(second);
    }
    // When the last hold has ended the channel's rules are taken back.
    let rules = Command::SetPolicy(Box::new(SetPolicy {
        set: Rule { exclusive: Some(false), ..Rule::default() },
        ..policy(terms)
    }));
    desk.order(last + HOLD_SECONDS, vec![rules])?;
    let (entries, book) = desk.close()?;
    Ok(Over { told: sale.told, entries, book })
}

impl Sale<'_> {
    fn later(&mut self, second: u64, number: usize, step: Step) {
        self.agenda.entry(second).or_default().push((number, step));
    }

    fn command(&self, number: usize, step: Step) -> Result<Command, Failure> {
        let buyer = &self.buyers[number];
        let hold = HoldId::new(&format!("cart-{number}"))?;
        let order = OrderId::new(&format!("FS-{number}"))?;
        Ok(match step {
            Step::Arrive => Command::HoldStock(HoldStock {
                hold,
                owner: Label::new("checkout")?,
                channel: Some(self.terms.channel.clone()),
                campaign: None,
                customer: None,
                ship_to: None,
                expires_in: None,
                lines: vec![ClaimLine {
                    r#ref: None,
                    sku: self.terms.goods[buyer.good].sku.clone(),
                    quantity: quantity(buyer.units)?,
                    location: None,
                    slot: None,
                }],
                partial: Partial::None,
            }),
            Step::Pay => Command::CommitOrder(CommitOrder {
                order,
                channel: None,
                hold: Some(hold),
                campaign: None,
                customer: None,
                ship_to: None,
                lines: Vec::new(),
                partial: Partial::None,
                if_short: IfShort::Refuse,
            }),
            Step::Cancel => {
                Command::CancelOrder(CancelOrder { order, lines: Vec::new(), reason: None })
            }
        })
    }

    /// What the answer means to the buyer, and what they do next.
    fn note(
        &mut self,
        second: u64,
        number: usize,
        step: Step,
        answer: &Answer,
    ) -> Result<(), Failure> {
        let Buyer { good, units, pays_after, cancels_after, .. } = self.buyers[number];
        let told = &mut self.told[good];
        let next = match (step, answer) {
            (Step::Arrive, Answer::Accepted { .. }) => {
                (told.buyers, told.held) = (told.buyers + 1, told.held + units);
                pays_after.map(|it| (it, Step::Pay))
            }
            (Step::Arrive, Answer::Refused { rejection, .. }) if is_sold_out(rejection) => {
                told.buyers += 1;
                *told.refused.entry(rejection.code()).or_default() += 1;
                None
            }
            (Step::Pay, Answer::Accepted { .. }) => {
                told.committed += units;
                cancels_after.map(|it| (it, Step::Cancel))
            }
            (Step::Cancel, Answer::Accepted { .. }) => {
                told.cancelled += units;
                None
            }
            (_, other) => return Err(unexpected(other)),
        };
        if let Some((seconds, step)) = next {
            self.later(second + seconds, number, step);
        }
        Ok(())
    }
}

fn is_sold_out(rejection: &Rejection) -> bool {
    matches!(
        rejection,
        Rejection::InsufficientStock { .. } | Rejection::OversellLimitReached { .. }
    )
}

fn quantity(units: u64) -> Result<Quantity, Failure> {
    Quantity::new(units).ok_or_else(|| Failure::new(format!("{units} is no quantity")))
}

/// The shop, its stock, the channel's rules and the pool.
fn opening(terms: &Terms) -> Result<Vec<Command>, Failure> {
    let location = terms.location.clone();
    let place = RegisterLocation {
        location: location.clone(),
        name: None,
        kind: LocationKind::Own,
        supplier: None,
    };
    let channel = RegisterChannel {
        channel: terms.channel.clone(),
        name: None,
        locations: vec![location.clone()],
    };
    let item = |it: &Good| {
        let (sku, aliases, name, category, scale) = (it.sku.clone(), Vec::new(), None, None, 0);
        Command::RegisterItem(RegisterItem { sku, aliases, name, category, scale })
    };
    let line = |it: &Good| {
        let (sku, quantity) = (it.sku.clone(), quantity(it.units)?);
        Ok(ReceiveLine { sku, quantity, lot: None, unit_cost: None })
    };
    let stock = ReceiveStock {
        location,
        lines: terms.goods.iter().map(line).collect::<Result<_, Failure>>()?,
        to: ReceiveTo::Sellable,
        from: ReceiveFrom::Opening,
        supplier: None,
        inbound: None,
        create_items: false,
    };
    let mut commands = vec![Command::RegisterLocation(place), Command::RegisterChannel(channel)];
    commands.extend(terms.goods.iter().map(item));
    commands.push(Command::ReceiveStock(stock));
    commands.push(Command::SetPolicy(Box::new(policy(terms))));
    commands.push(Command::OpenPool(pool(terms)?));
    Ok(commands)
}

/// The channel sells from its pool only, and a little beyond it.
fn policy(terms: &Terms) -> SetPolicy {
    let set = Rule {
        exclusive: Some(true),
        oversell: Some(Oversell { limit: None, ratio: Some(OVERSELL_RATIO) }),
        hold_seconds: Some(HOLD_SECONDS),
        ..Rule::default()
    };
    SetPolicy {
        sku: None,
        category: None,
        channel: Some(terms.channel.clone()),
        location: None,
        supplier: None,
        set,
        clear: Vec::new(),
    }
}

fn pool(terms: &Terms) -> Result<OpenPool, Failure> {
    let line = |it: &Good| {
        let (sku, quantity) = (it.sku.clone(), quantity(it.units)?);
        Ok(PoolStock { sku, quantity, location: Some(terms.location.clone()) })
    };
    let tranche = |number: usize| {
        let units = |it: &Good| {
            let (sku, quantity) = (it.sku.clone(), quantity(it.tranche_units(number))?);
            Ok(TrancheUnits { sku, quantity })
        };
        Ok(OpenTranche {
            tranche: terms.tranche(number)?,
            release_at: moment(number as u64 * TRANCHE_SECONDS),
            lines: terms.goods.iter().map(units).collect::<Result<_, Failure>>()?,
        })
    };
    Ok(OpenPool {
        pool: terms.pool.clone(),
        channel: Some(terms.channel.clone()),
        campaign: None,
        customer: None,
        draw: PoolDraw::Only,
        priority: 0,
        ends_at: Some(moment(SALE_SECONDS)),
        lines: terms.goods.iter().map(line).collect::<Result<_, Failure>>()?,
        tranches: (0..TRANCHES).map(tranche).collect::<Result<_, Failure>>()?,
    })
}
