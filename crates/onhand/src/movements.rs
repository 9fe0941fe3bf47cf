//! `onhand movements`: the movement feed, event by event.

use std::sync::Arc;

use clap::Args;
use onhand_core::LedgerId;
use onhand_projector::{FeedPlace, Projector};
use onhand_server::movement_event;
use serde_json::Value;

use crate::client::Client;
use crate::failure::{Failure, Outcome};
use crate::reads::{From, Reads};
use crate::settings::Which;
use crate::terminal::{moment, print};

/// Shows what moved and which claims changed, event by event
#[derive(Debug, Args)]
pub struct Movements {
    #[command(flatten)]
    from: From,
    #[command(flatten)]
    which: Which,
    /// Only what follows this place: the sequence of an event, or a position
    #[arg(long, value_name = "PLACE", value_parser = place)]
    after: Option<FeedPlace>,
    /// Wait for more at the end; needs a running server
    #[arg(long)]
    follow: bool,
    /// As one CloudEvent a line
    #[arg(long)]
    json: bool,
}

fn place(text: &str) -> Result<FeedPlace, String> {
    FeedPlace::parse(text).ok_or_else(|| {
        "must be the sequence of an event, such as 00000000000000000012.000003, or a position"
            .to_owned()
    })
}

/// Events that are asked for at once.
const PAGE: usize = 1_000;
/// Longest wait of one question, in milliseconds: a server that goes away is noticed by then.
const WAIT_MS: u64 = 5_000;

/// # Errors
/// The ledger is not known, nothing is booked at the place, or nothing can be read.
pub fn run(args: &Movements) -> Outcome {
    let reads = args.from.open()?;
    let ledger = args.which.among(&reads.ledgers()?)?;
    match &reads {
        Reads::Server(client) => args.follow_server(client, &ledger),
        Reads::Own(_) if args.follow => {
            Err(Failure::new("no server is running, so nothing more will come; leave out --follow"))
        }
        Reads::Own(books) => args.read(books.of(&ledger)?, &ledger),
    }
}

impl Movements {
    fn follow_server(&self, client: &Client, ledger: &LedgerId) -> Outcome {
        let mut after = self.after.unwrap_or_default().to_string();
        loop {
            let wait_ms = if self.follow { WAIT_MS } else { 0 };
            let query =
                [("after", after), ("limit", PAGE.to_string()), ("wait_ms", wait_ms.to_string())];
            let page = client.get(&format!("/v1/{ledger}/movements"), &query)?;
            page["events"].as_array().into_iter().flatten().for_each(|it| self.show(it));
            after = page["next"].as_str().unwrap_or_default().to_owned();
            if page["at_end"] == true && !self.follow {
                return Ok(());
            }
        }
    }

    fn read(&self, projector: &Arc<Projector>, ledger: &LedgerId) -> Outcome {
        let mut after = self.after.unwrap_or_default();
        loop {
            let page = projector.movements(ledger, after, PAGE);
            let page = page.map_err(|error| Failure::new(error.to_string()))?;
            for event in &page.events {
                self.show(&serde_json::to_value(movement_event(event))?);
            }
            after = page.reached;
            if page.at_end {
                return Ok(());
            }
        }
    }

    fn show(&self, event: &Value) {
        match self.json {
            true => print(&event.to_string()),
            false => print(&line(event)),
        }
    }
}

/// `2026-01-02 09:00:00  11.0 order_shipped W: 1 from A sellable (10 > 9) to customer  us O3`.
fn line(event: &Value) -> String {
    let data = &event["data"];
    let text = |name: &str| data[name].as_str().unwrap_or_default();
    let what = match data["claim"].as_object() {
        Some(_) => claim(&data["claim"]),
        None => {
            format!("{} from {} to {}", data["quantity"], side(&data["from"]), side(&data["to"]))
        }
    };
    let named = ["channel", "order", "hold", "cause", "reason", "actor"].map(text);
    let named: Vec<&str> = named.into_iter().filter(|it| !it.is_empty()).collect();
    format!(
        "{}  {}.{} {} {}: {what}  {}",
        moment(&event["recordedtime"]),
        data["position"],
        data["index"],
        text("kind"),
        text("sku"),
        named.join(" ")
    )
    .trim_end()
    .to_owned()
}

fn side(side: &Value) -> String {
    let text = |name: &str| side[name].as_str().unwrap_or_default();
    match side["location"].as_str() {
        Some(location) => format!("{location} {}{}", text("condition"), steps(side)),
        None => [text("account"), text("transfer")].join(" ").trim_end().to_owned(),
    }
}

fn claim(claim: &Value) -> String {
    let text = |name: &str| claim[name].as_str().unwrap_or_default();
    let change = claim["change"].as_i64().unwrap_or(0);
    format!("{change:+} {} at {}{}", text("claim"), text("location"), steps(claim))
}

/// Before and after, where they are known.
fn steps(it: &Value) -> String {
    match (it["before"].as_i64(), it["after"].as_i64()) {
        (Some(before), Some(after)) => format!(" ({before} > {after})"),
        (_, _) => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn events_in_one_line() {
        let shelf = json!({"account": "shelf", "location": "A", "condition": "sellable",
            "before": 10, "after": 9});
        let moved = json!({"recordedtime": "2026-01-02T09:00:00.1Z", "data": {"position": 11,
            "index": 0, "kind": "order_shipped", "sku": "W", "quantity": 1, "from": shelf,
            "to": {"account": "customer"}, "channel": "us", "order": "O3"}});
        let said = "2026-01-02 09:00:00  11.0 order_shipped W: 1 from A sellable (10 > 9) to \
                    customer  us O3";
        assert_eq!(line(&moved), said);
        let claimed = json!({"recordedtime": "2026-01-02T09:00:00Z", "data": {"position": 12,
            "index": 1, "kind": "stock_held", "sku": "W",
            "claim": {"claim": "held", "location": "A", "change": 2}}});
        assert_eq!(line(&claimed), "2026-01-02 09:00:00  12.1 stock_held W: +2 held at A");
    }
}
