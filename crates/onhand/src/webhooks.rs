//! `onhand webhooks`: who is called about what, how it goes, and what was given up.

use clap::{Args, Subcommand};
use onhand_core::{ChannelId, Label, LedgerId};
use serde_json::{Map, Value, json};

use crate::client::{Client, encoded};
use crate::failure::{Failure, Outcome};
use crate::names::{channel, label};
use crate::reads::{From, Reads};
use crate::settings::Which;
use crate::terminal::{Align, moment, print, print_table};
use crate::words::plain;

/// Shows and changes webhooks: who is called about what, how it goes, what was given up
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct Webhooks {
    #[command(subcommand)]
    action: Option<Action>,
    #[command(flatten)]
    at: At,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Lists the webhooks of a ledger
    List(At),
    /// Subscribes an address, and shows the secret this once
    Add(Add),
    /// Shows one webhook
    Show(One),
    /// Changes what a webhook is told, or where
    Set(Set),
    /// Makes a new secret, shown this once; the old one signs beside it for a while
    Rotate(Rotate),
    /// Lets a disabled webhook go on where it stopped
    Enable(One),
    /// Forgets a webhook and all that waits for it
    Remove(One),
    /// Shows attempts, newest first
    Deliveries(Rows),
    /// Shows what was given up
    Dead(Rows),
    /// Tells events again
    Replay(Replay),
    /// Calls the target now, with an event that says nothing
    Test(One),
}

/// Of which server and ledger, and how it is shown.
#[derive(Debug, Args)]
struct At {
    #[command(flatten)]
    from: From,
    #[command(flatten)]
    which: Which,
    /// As one JSON object a line
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
struct One {
    /// The webhook
    #[arg(value_parser = label)]
    name: Label,
    #[command(flatten)]
    at: At,
}

/// What a webhook is told.
#[derive(Debug, Args)]
struct About {
    /// A type of event, or a beginning with a point at its end, such as onhand.stock.; may be given
    /// several times
    #[arg(long = "type", value_name = "TYPE")]
    types: Vec<String>,
    /// Only events of this channel; may be given several times
    #[arg(long, value_name = "NAME", value_parser = channel)]
    channel: Vec<ChannelId>,
    /// Only items whose SKU begins so
    #[arg(long, value_name = "TEXT")]
    sku_prefix: Option<String>,
}

#[derive(Debug, Args)]
struct Add {
    /// What to call it
    #[arg(value_parser = label)]
    name: Label,
    /// Whom to call: https://…
    #[arg(value_name = "URL")]
    address: String,
    #[command(flatten)]
    about: About,
    /// Sign with a key pair (ed25519), of which the target knows the public half
    #[arg(long)]
    ed25519: bool,
    /// Begin behind this place of the feed, or at the `beginning`, instead of now
    #[arg(long, value_name = "PLACE")]
    after: Option<String>,
    #[command(flatten)]
    at: At,
}

#[derive(Debug, Args)]
struct Set {
    #[command(flatten)]
    one: One,
    /// Call this address from now on
    #[arg(long, value_name = "URL")]
    to: Option<String>,
    #[command(flatten)]
    about: About,
    /// Call it no more until it is enabled
    #[arg(long)]
    disable: bool,
}

#[derive(Debug, Args)]
struct Rotate {
    #[command(flatten)]
    one: One,
    /// Seconds for which the old secret goes on signing [default: 86400]
    #[arg(long, value_name = "SECONDS")]
    overlap: Option<u64>,
}

#[derive(Debug, Args)]
struct Rows {
    #[command(flatten)]
    one: One,
    /// Rows to show, at most 1000
    #[arg(long, value_name = "N", default_value_t = 50)]
    limit: u64,
}

#[derive(Debug, Args)]
struct Replay {
    #[command(flatten)]
    one: One,
    #[command(flatten)]
    what: What,
}

#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
struct What {
    /// All movements behind this place, or everything from the `beginning`
    #[arg(long, value_name = "PLACE")]
    after: Option<String>,
    /// All notices behind this number
    #[arg(long, value_name = "NUMBER")]
    after_notice: Option<u64>,
    /// The event with this webhook-id
    #[arg(long, value_name = "ID")]
    id: Option<String>,
    /// All that was given up
    #[arg(long)]
    dead: bool,
}

const COLUMNS: [(&str, Align); 8] = [
    ("webhook", Align::Text),
    ("state", Align::Text),
    ("address", Align::Text),
    ("types", Align::Text),
    ("pending", Align::Number),
    ("dead", Align::Number),
    ("place", Align::Text),
    ("why", Align::Text),
];

const DELIVERIES: [(&str, Align); 8] = [
    ("number", Align::Number),
    ("at", Align::Text),
    ("id", Align::Text),
    ("type", Align::Text),
    ("attempt", Align::Number),
    ("result", Align::Text),
    ("status", Align::Number),
    ("why", Align::Text),
];

const DEAD: [(&str, Align); 6] = [
    ("number", Align::Number),
    ("since", Align::Text),
    ("id", Align::Text),
    ("type", Align::Text),
    ("attempts", Align::Number),
    ("why", Align::Text),
];

/// A server, and where the webhooks of a ledger are at it.
struct Door {
    client: Client,
    base: String,
}

impl Door {
    fn open(at: &At) -> Result<Door, Failure> {
        let Some(client) = at.from.client()? else {
            let message = "webhooks are kept by a server, and none runs here: start onhand serve, \
                           or name one with --server";
            return Err(Failure::usage(message));
        };
        let there = Reads::Server(client.clone()).ledgers()?;
        let ledger: LedgerId = at.which.among(&there)?;
        Ok(Door { client, base: format!("/v1/{ledger}/webhooks") })
    }

    fn path(&self, one: &One, what: &str) -> String {
        format!("{}/{}{what}", self.base, encoded(one.name.as_str()))
    }
}

fn yes((status, told): (u16, Value)) -> Result<Value, Failure> {
    match status {
        200..300 => Ok(told),
        _ => {
            let detail = told["detail"].as_str().unwrap_or_default();
            Err(Failure::new(format!("the server says no ({status}): {detail}")))
        }
    }
}

/// # Errors
/// No server runs, or it says no.
pub fn run(args: &Webhooks) -> Outcome {
    match &args.action {
        None => list(&args.at),
        Some(Action::List(at)) => list(at),
        Some(Action::Add(it)) => add(it),
        Some(Action::Show(one)) => {
            let door = Door::open(&one.at)?;
            show(&door.client.get(&door.path(one, ""), &[])?, one.at.json);
            Ok(())
        }
        Some(Action::Set(it)) => set(it),
        Some(Action::Rotate(it)) => rotate(it),
        Some(Action::Enable(one)) => post(one, "/enable", &json!({})),
        Some(Action::Remove(one)) => remove(one),
        Some(Action::Deliveries(rows)) => table(rows, "/deliveries", &DELIVERIES, "at"),
        Some(Action::Dead(rows)) => table(rows, "/dead", &DEAD, "since"),
        Some(Action::Replay(it)) => replay(it),
        Some(Action::Test(one)) => test(one),
    }
}

fn list(at: &At) -> Outcome {
    let door = Door::open(at)?;
    let told = door.client.get(&door.base, &[])?;
    let rows = told["rows"].as_array().map_or(&[][..], |it| it);
    if at.json {
        rows.iter().for_each(|it| print(&it.to_string()));
        return Ok(());
    }
    let cells: Vec<Vec<String>> = rows.iter().map(cells).collect();
    match cells.is_empty() {
        true => print("No webhooks."),
        false => print_table(&COLUMNS, &cells),
    }
    Ok(())
}

fn cells(it: &Value) -> Vec<String> {
    ["name", "state", "url", "types", "pending", "dead", "place", "why"]
        .map(|name| plain(&it[name]))
        .to_vec()
}

/// One webhook in full.
fn show(it: &Value, json: bool) {
    if json {
        return print(&it.to_string());
    }
    print_table(&COLUMNS, &[cells(it)]);
    for secret in it["secrets"].as_array().into_iter().flatten() {
        let until = match secret["expires_at"].is_null() {
            true => String::new(),
            false => format!(", signs until {}", moment(&secret["expires_at"])),
        };
        let (signing, made) = (plain(&secret["signing"]), moment(&secret["created_at"]));
        let public = plain(&secret["public_key"]);
        print(format!("{signing} of {made}{until} {public}").trim_end());
    }
    if let Some(secret) = it["secret"].as_str() {
        print(&format!("\n{secret}\nWrite it down: it is shown this once."));
    }
}

impl About {
    fn fill(&self, body: &mut Map<String, Value>) {
        if !self.types.is_empty() {
            body.insert("types".into(), json!(self.types));
        }
        if !self.channel.is_empty() {
            body.insert("channels".into(), json!(self.channel));
        }
        if let Some(prefix) = &self.sku_prefix {
            body.insert("sku_prefix".into(), json!(prefix));
        }
    }
}

fn add(it: &Add) -> Outcome {
    let door = Door::open(&it.at)?;
    let mut body = Map::new();
    body.insert("name".into(), json!(it.name));
    body.insert("url".into(), json!(it.address));
    it.about.fill(&mut body);
    if it.ed25519 {
        body.insert("signing".into(), json!("ed25519"));
    }
    if let Some(after) = &it.after {
        body.insert("after".into(), json!(after));
    }
    show(&yes(door.client.post(&door.base, &Value::Object(body))?)?, it.at.json);
    Ok(())
}

fn set(it: &Set) -> Outcome {
    let door = Door::open(&it.one.at)?;
    let mut body = Map::new();
    it.about.fill(&mut body);
    if let Some(url) = &it.to {
        body.insert("url".into(), json!(url));
    }
    if it.disable {
        body.insert("enabled".into(), json!(false));
    }
    if body.is_empty() {
        return Err(Failure::usage("nothing is to be changed: name --to, --type, --channel, …"));
    }
    let told = door.client.patch(&door.path(&it.one, ""), &Value::Object(body))?;
    show(&yes(told)?, it.one.at.json);
    Ok(())
}

fn rotate(it: &Rotate) -> Outcome {
    post(&it.one, "/rotate", &json!({ "overlap_s": it.overlap }))
}

fn post(one: &One, what: &str, body: &Value) -> Outcome {
    let door = Door::open(&one.at)?;
    show(&yes(door.client.post(&door.path(one, what), body)?)?, one.at.json);
    Ok(())
}

fn remove(one: &One) -> Outcome {
    let door = Door::open(&one.at)?;
    yes(door.client.delete(&door.path(one, ""))?)?;
    print(&format!("{} is forgotten.", one.name));
    Ok(())
}

fn table(rows: &Rows, what: &str, columns: &[(&str, Align)], time: &str) -> Outcome {
    let door = Door::open(&rows.one.at)?;
    let limit = [("limit", rows.limit.to_string())];
    let told = door.client.get(&door.path(&rows.one, what), &limit)?;
    let found = told["rows"].as_array().map_or(&[][..], |it| it);
    if rows.one.at.json {
        found.iter().for_each(|it| print(&it.to_string()));
        return Ok(());
    }
    let cell = |it: &Value, name: &str| match name == time {
        true => moment(&it[name]),
        false => plain(&it[name]),
    };
    let line = |it: &Value| columns.iter().map(|(name, _)| cell(it, name)).collect();
    let cells: Vec<Vec<String>> = found.iter().map(line).collect();
    match cells.is_empty() {
        true => print("None."),
        false => print_table(columns, &cells),
    }
    Ok(())
}

fn replay(it: &Replay) -> Outcome {
    let door = Door::open(&it.one.at)?;
    let what = &it.what;
    let body = json!({
        "after": what.after, "after_notice": what.after_notice, "id": what.id,
        "dead": what.dead.then_some(true),
    });
    let told = yes(door.client.post(&door.path(&it.one, "/replay"), &body)?)?;
    if it.one.at.json {
        print(&told.to_string());
        return Ok(());
    }
    let line = match told["queued"].as_u64() {
        Some(0) | None => format!("It goes on behind {}.", plain(&told["webhook"]["place"])),
        Some(count) => format!("{count} told again."),
    };
    print(&line);
    Ok(())
}

fn test(one: &One) -> Outcome {
    let door = Door::open(&one.at)?;
    let told = yes(door.client.post(&door.path(one, "/test"), &json!({}))?)?;
    if one.at.json {
        print(&told.to_string());
        return Ok(());
    }
    let (status, took) = (plain(&told["status"]), plain(&told["took_ms"]));
    match told["result"] == "delivered" {
        true => print(&format!("Taken: {status} after {took} ms.")),
        false => return Err(Failure::new(format!("the target does not: {}", plain(&told["why"])))),
    }
    Ok(())
}
