//! What was promised was there, and what was refused was not: by the naive formula.

use std::collections::BTreeMap;

use onhand_core::*;

use crate::book::{Book, Id};
use crate::formula::Who;

/// Units that an entry promises, as its command asked for them.
struct Promised<'a> {
    who: Who,
    lines: Vec<Line<'a>>,
}

struct Line<'a> {
    item: Id,
    at: &'a [Split],
    /// The location that the caller named.
    named: Option<LocationId>,
}

/// Lines summed: what is promised anew was reservable before, and at a named location it was there.
pub fn assert_there(before: &Book, now: Time, command: &Command, entry: &Entry) {
    assert_set_aside(before, now, &entry.fact);
    let Some(promised) = promised(before, command, &entry.fact) else { return };
    let who = &promised.who;
    let mut of_channel: BTreeMap<(Id, Option<Time>), i64> = BTreeMap::new();
    let mut at_location: BTreeMap<(Id, LocationId), i64> = BTreeMap::new();
    for line in &promised.lines {
        let mode = &before.items[line.item].mode;
        if *mode == Mode::Unlimited {
            continue;
        }
        let finite = *mode == Mode::Finite;
        let units = line.at.iter().map(|it| it.quantity.signed());
        if let Some(named) = line.named.clone().filter(|_| finite) {
            assert!(line.at.iter().all(|it| it.location == named), "elsewhere than {named}");
            *at_location.entry((line.item, named)).or_default() += units.sum::<i64>();
        }
        if is_served(before, line.item, who, line.named.as_ref()) {
            for split in line.at {
                *of_channel.entry((line.item, split.window)).or_default() +=
                    split.quantity.signed();
            }
        }
    }
    for ((item, window), units) in of_channel {
        let there = before.terms(item, who, window, now).reservable;
        assert!(units <= there.max(0), "{units} promised of {there} reservable to {who:?}");
    }
    for ((item, location), units) in at_location {
        let there = before.local(item, who, &location, now);
        assert!(units <= there.max(0), "{units} promised of {there} at {location}");
    }
}

/// Whether the channel's rules have a say in a line.
fn is_served(book: &Book, item: Id, who: &Who, named: Option<&LocationId>) -> bool {
    match (&who.channel, named) {
        (Some(_), None) => true,
        (None, _) => matches!(book.items[item].mode, Mode::Capacity(_)),
        (Some(_), Some(named)) => book.served_by(item, who).contains(named),
    }
}

/// None where nothing is promised anew, or the caller accepts to oversell.
fn promised<'a>(book: &Book, command: &'a Command, fact: &'a Fact) -> Option<Promised<'a>> {
    let line = |sku: &Sku, at: &'a [Split], named| Line { item: book.id(sku), at, named };
    match (command, fact) {
        (Command::HoldStock(asked), Fact::StockHeld(it)) => {
            let named = |line: &HeldLine| named(&asked.lines, &line.r#ref, line.kit.as_deref());
            let who = who(&it.channel, &it.campaign, &it.customer);
            let lines = it.lines.iter().map(|it| line(&it.sku, &it.at, named(it))).collect();
            Some(Promised { who, lines })
        }
        (Command::CommitOrder(asked), Fact::OrderCommitted(it))
            if asked.if_short == IfShort::Refuse =>
        {
            let who = who(&it.channel, &it.campaign, &it.customer);
            let named = |line: &CommittedLine| match asked.lines.is_empty() {
                // Without a channel every line of a hold keeps its location.
                true if who.channel.is_none() => line.at.first().map(|it| it.location.clone()),
                true => None,
                false => named(&asked.lines, &line.r#ref, line.kit.as_deref()),
            };
            let lines = it.lines.iter().map(|it| line(&it.sku, &it.at, named(it))).collect();
            Some(Promised { who, lines })
        }
        _ => None,
    }
}

fn who(channel: &Option<ChannelId>, campaign: &Option<Label>, customer: &Option<Label>) -> Who {
    Who { channel: channel.clone(), campaign: campaign.clone(), customer: customer.clone() }
}

/// The location that the command's line names; of a kit's part, the kit's line.
fn named(lines: &[ClaimLine], line: &LineRef, kit: Option<&KitUse>) -> Option<LocationId> {
    let line = kit.map_or(line, |it| &it.line);
    let mut all = lines.iter().enumerate();
    let found = all.find(|(index, it)| match &it.r#ref {
        Some(known) => known == line,
        None => LineRef::numbered(index + 1) == *line,
    });
    found?.1.location.clone()
}

/// Pools are filled with units that nobody was promised, or out of another pool.
fn assert_set_aside(before: &Book, now: Time, fact: &Fact) {
    let lines = match fact {
        Fact::PoolOpened(it) => &it.lines,
        Fact::PoolMoved(it) if it.from.is_none() => &it.lines,
        _ => return,
    };
    let mut taken: BTreeMap<(Id, &LocationId), i64> = BTreeMap::new();
    for line in lines {
        for split in &line.at {
            *taken.entry((before.id(&line.sku), &split.location)).or_default() +=
                split.quantity.signed();
        }
    }
    for ((item, location), units) in taken {
        let shelf = before.shelf(item, location, now);
        let free = shelf.sellable - shelf.committed - shelf.held - shelf.pooled;
        assert!(units <= free, "{units} set aside of {free} free at {location}");
    }
}

/// A single line is refused only where there is too little of it.
pub fn assert_justified(before: &Book, now: Time, command: &Command, rejection: &Rejection) {
    let (Rejection::InsufficientStock { lines } | Rejection::OversellLimitReached { lines }) =
        rejection
    else {
        return;
    };
    assert!(lines.iter().all(|it| it.available < it.requested && it.shortfall > 0), "{lines:?}");
    let (asked, who, partial) = match command {
        Command::HoldStock(it) => {
            (&it.lines, who(&it.channel, &it.campaign, &it.customer), it.partial)
        }
        Command::CommitOrder(it) if it.hold.is_none() => {
            (&it.lines, who(&it.channel, &it.campaign, &it.customer), it.partial)
        }
        _ => return,
    };
    let [line] = asked.as_slice() else { return };
    if before.is_never_split(before.id(&line.sku), &who) {
        return;
    }
    let there = available(before, now, &who, line);
    let enough = if partial == Partial::BestEffort { 1 } else { line.quantity.signed() };
    assert!(there.max(0) < enough, "refused, though there are {there}: {rejection:?}");
}

/// What a line may get, all of its kits together.
fn available(book: &Book, now: Time, who: &Who, line: &ClaimLine) -> i64 {
    let id = book.id(&line.sku);
    let of = |item: Id| of_item(book, now, who, line, item);
    let recipe = &book.items[id].recipe;
    if recipe.is_empty() {
        return of(id);
    }
    let on_channel = book.assembled(id, who, now);
    let assembled = match &line.location {
        None => on_channel.reservable,
        Some(location) => {
            let (_, unclaimed, kept) = book.believed(id, location, now);
            match is_served(book, id, who, Some(location)) {
                true if on_channel.exclusive => 0,
                true => (unclaimed - kept).min(on_channel.reservable),
                false => unclaimed - kept,
            }
        }
    };
    let parts = recipe.iter().map(|(part, need)| of(*part).max(0) / *need as i64);
    parts.min().unwrap_or(0).saturating_add(assembled.max(0))
}

fn of_item(book: &Book, now: Time, who: &Who, line: &ClaimLine, item: Id) -> i64 {
    let terms = book.terms(item, who, line.slot, now);
    match (&book.items[item].mode, &line.location) {
        (Mode::Unlimited, _) => i64::MAX,
        (Mode::Finite, Some(named)) => {
            let local = book.local(item, who, named, now);
            let served = is_served(book, item, who, Some(named));
            if served { local.min(terms.reservable) } else { local }
        }
        (Mode::Finite, None) | (Mode::Capacity(_), _) => terms.reservable,
    }
}
