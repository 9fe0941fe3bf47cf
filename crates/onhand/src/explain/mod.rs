//! `onhand explain SKU`: why so much of an item is available on a channel, term by term.

mod sheet;
mod text;

use clap::Args;
use onhand_core::{ChannelId, Label, Sku, Time};

use crate::failure::Outcome;
use crate::names::{channel, label, sku};
use crate::reads::From;
use crate::settings::Which;
use crate::terminal::print;

/// Tells why so much of an item is available on a channel: every term, rule and entry behind it
#[derive(Debug, Args)]
pub struct Explain {
    /// The item, by SKU or alias
    #[arg(value_parser = sku)]
    sku: Sku,
    #[command(flatten)]
    from: From,
    #[command(flatten)]
    which: Which,
    /// Where it is sold
    #[arg(long, value_name = "NAME", value_parser = channel)]
    channel: ChannelId,
    /// As it was once the entry at this position was recorded, or by this time, such as
    /// 2026-03-03T09:00:00Z
    #[arg(long, value_name = "POSITION|TIME", value_parser = moment)]
    at: Option<Moment>,
    /// A moment in the window asked for, of an item with capacity; without it now
    #[arg(long, value_name = "TIME", value_parser = time)]
    slot: Option<Time>,
    /// For a buyer of this campaign, which pools may serve
    #[arg(long, value_name = "NAME", value_parser = label)]
    campaign: Option<Label>,
    /// For this customer, whom pools may serve
    #[arg(long, value_name = "NAME", value_parser = label)]
    customer: Option<Label>,
    /// As one JSON object
    #[arg(long)]
    json: bool,
}

/// A moment of the past.
#[derive(Clone, Copy, Debug)]
enum Moment {
    Position(u64),
    Time(Time),
}

fn moment(text: &str) -> Result<Moment, String> {
    if text.bytes().all(|it| it.is_ascii_digit()) {
        return text.parse().map(Moment::Position).map_err(|it| format!("as a position: {it}"));
    }
    time(text).map(Moment::Time).map_err(|_| {
        "is neither a position nor a time with an offset, such as 2026-03-03T09:00:00Z".to_owned()
    })
}

fn time(text: &str) -> Result<Time, String> {
    let read: Result<Time, _> = text.parse();
    read.map_err(|_| "is no time with an offset, such as 2026-03-03T09:00:00Z".to_owned())
}

/// # Errors
/// Something named is not known or was not by then, or nothing can be read.
pub fn run(args: &Explain) -> Outcome {
    let reads = args.from.open()?;
    let ledger = args.which.among(&reads.ledgers()?)?;
    let mut pairs = vec![("sku", args.sku.to_string()), ("channel", args.channel.to_string())];
    pairs.extend(args.at.map(|it| match it {
        Moment::Position(position) => ("position", position.to_string()),
        Moment::Time(time) => ("at", time.to_string()),
    }));
    pairs.extend(args.slot.map(|it| ("slot", it.to_string())));
    pairs.extend(args.campaign.iter().map(|it| ("campaign", it.to_string())));
    pairs.extend(args.customer.iter().map(|it| ("customer", it.to_string())));
    let told = reads.ask(&ledger, "explain", &pairs)?;
    match args.json {
        true => print(&told.to_string()),
        false => text::lines(&told).iter().for_each(|it| print(it)),
    }
    Ok(())
}
