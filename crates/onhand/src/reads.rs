//! Where a reading command reads: from a running server, or from the journal itself.

use clap::Args;
use onhand_core::{ChannelId, LedgerId, LocationId, Sku};
use onhand_projector::{Missing, QueryError, StockQuery, TimelineQuery};
use onhand_server::{answer_here, part_of, running_server};
use serde::Serialize;
use serde_json::Value;

use crate::client::{Client, encoded};
use crate::failure::Failure;
use crate::opening::Books;
use crate::settings::Installed;
use crate::words::plain;

/// Rows asked for at once.
pub const PAGE_ROWS: usize = 1_000;

/// Where to read.
#[derive(Clone, Debug, Args)]
pub struct From {
    #[command(flatten)]
    pub installed: Installed,
    /// A running server, such as http://127.0.0.1:7070; without it the one that serves the data
    /// directory, or the journal itself if none does
    #[arg(long, value_name = "URL")]
    pub server: Option<String>,
}

/// Something that answers queries, in the JSON of the HTTP door.
pub enum Reads {
    Server(Client),
    Own(Books),
}

/// Which rows of the stock.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    pub skus: Vec<Sku>,
    pub location: Option<LocationId>,
    pub after: Option<Sku>,
}

impl From {
    /// The server that was named or runs here, if one does.
    ///
    /// # Errors
    /// A setting cannot be read.
    pub fn client(&self) -> Result<Option<Client>, Failure> {
        if let Some(url) = &self.server {
            return Ok(Some(Client::new(url)));
        }
        let config = self.installed.load(&[])?;
        Ok(running_server(&config.data_dir).map(|it| Client::new(&it.url())))
    }

    /// # Errors
    /// No server answers and there is no installation to read.
    pub fn open(&self) -> Result<Reads, Failure> {
        match self.client()? {
            Some(client) => Ok(Reads::Server(client)),
            None => Ok(Reads::Own(Books::open(&self.installed.load(&[])?)?)),
        }
    }
}

impl Reads {
    /// # Errors
    /// The server does not answer.
    pub fn ledgers(&self) -> Result<Vec<LedgerId>, Failure> {
        let client = match self {
            Reads::Own(books) => return Ok(books.ledgers()),
            Reads::Server(client) => client,
        };
        let answer = client.get("/v1/ledgers", &[])?;
        let listed = answer.get("ledgers").unwrap_or(&answer).as_array().into_iter().flatten();
        let names = listed.filter_map(|it| it.get("ledger").unwrap_or(it).as_str());
        names.map(|it| LedgerId::new(it).map_err(Failure::from)).collect()
    }

    /// What `GET /v1/{ledger}/{what}` answers; `what` may have a name behind a slash, unescaped.
    ///
    /// # Errors
    /// Whatever the door would say no to.
    pub fn ask(
        &self,
        ledger: &LedgerId,
        what: &str,
        pairs: &[(&str, String)],
    ) -> Result<Value, Failure> {
        match self {
            Reads::Own(books) => {
                let answer = answer_here(books.of(ledger)?, ledger, what, pairs);
                answer.map_err(|no| {
                    let detail = no.body["detail"].as_str().unwrap_or(no.page.title);
                    Failure::usage(detail)
                })
            }
            Reads::Server(client) => {
                let (what, name) = what.split_once('/').unwrap_or((what, ""));
                let (name, part) = match what {
                    "suppliers" | "feeds" => part_of(name),
                    _ => (name, ""),
                };
                let named = |it: &str| match it {
                    "" => String::new(),
                    it => format!("/{}", encoded(it)),
                };
                client.get(&format!("/v1/{ledger}/{what}{}{}", named(name), named(part)), pairs)
            }
        }
    }

    /// All rows of what is answered in pages, as [`Reads::ask`] answers each.
    ///
    /// # Errors
    /// Whatever the door would say no to.
    pub fn all(
        &self,
        ledger: &LedgerId,
        what: &str,
        pairs: &[(&str, String)],
    ) -> Result<Vec<Value>, Failure> {
        let (mut rows, mut pairs) = (Vec::new(), pairs.to_vec());
        pairs.push(("limit", PAGE_ROWS.to_string()));
        let first = pairs.len();
        loop {
            let mut page = self.ask(ledger, what, &pairs)?;
            if let Value::Array(more) = page["rows"].take() {
                rows.extend(more);
            }
            pairs.truncate(first);
            match &page["next"] {
                Value::Null => return Ok(rows),
                next => pairs.push(("after", plain(next))),
            }
        }
    }

    /// One page of stock rows.
    ///
    /// # Errors
    /// Something named is not known.
    pub fn stock(&self, ledger: &LedgerId, wanted: &Wanted) -> Result<Value, Failure> {
        match self {
            Reads::Own(books) => {
                let query = StockQuery {
                    skus: wanted.skus.clone(),
                    location: wanted.location.clone(),
                    after: wanted.after.clone(),
                    limit: PAGE_ROWS,
                };
                told(books.of(ledger)?.stock(ledger, &query).map_err(QueryError::from))
            }
            Reads::Server(client) => {
                let mut query = wanted.pairs();
                let location = wanted.location.as_ref().map(|it| ("location", it.to_string()));
                query.extend(location);
                client.get(&format!("/v1/{ledger}/stock"), &query)
            }
        }
    }

    /// One page of what a channel may sell.
    ///
    /// # Errors
    /// Something named is not known.
    pub fn availability(
        &self,
        ledger: &LedgerId,
        channel: &ChannelId,
        wanted: &Wanted,
    ) -> Result<Value, Failure> {
        match self {
            Reads::Own(books) => {
                let (skus, after) = (&wanted.skus, wanted.after.as_ref());
                let found = books.of(ledger)?.availability(ledger, channel, skus, after, PAGE_ROWS);
                told(found.map_err(QueryError::from))
            }
            Reads::Server(client) => {
                let mut query = wanted.pairs();
                query.push(("channel", channel.to_string()));
                client.get(&format!("/v1/{ledger}/availability"), &query)
            }
        }
    }

    /// One page of an item's history, newest first; older than `after`.
    ///
    /// # Errors
    /// The item is not known.
    pub fn timeline(
        &self,
        ledger: &LedgerId,
        sku: &Sku,
        location: Option<&LocationId>,
        after: Option<u64>,
        limit: usize,
    ) -> Result<Value, Failure> {
        match self {
            Reads::Own(books) => {
                let query = TimelineQuery { location: location.cloned(), after, limit };
                told(books.of(ledger)?.timeline(ledger, sku, &query))
            }
            Reads::Server(client) => {
                let mut query = vec![("limit", limit.to_string())];
                query.extend(after.map(|it| ("after", it.to_string())));
                query.extend(location.map(|it| ("location", it.to_string())));
                client.get(&format!("/v1/{ledger}/timeline/{}", encoded(sku.as_str())), &query)
            }
        }
    }
}

impl Wanted {
    fn pairs(&self) -> Vec<(&'static str, String)> {
        let mut pairs: Vec<(&str, String)> =
            self.skus.iter().map(|it| ("sku", it.to_string())).collect();
        pairs.extend(self.after.as_ref().map(|it| ("after", it.to_string())));
        pairs.push(("limit", PAGE_ROWS.to_string()));
        pairs
    }
}

fn told<T: Serialize>(found: Result<T, QueryError>) -> Result<Value, Failure> {
    match found {
        Ok(answer) => Ok(serde_json::to_value(answer)?),
        Err(QueryError::Missing(missing)) => Err(Failure::usage(not_there(missing))),
        Err(QueryError::Fault(fault)) => Err(fault.into()),
    }
}

fn not_there(missing: Missing) -> &'static str {
    match missing {
        Missing::Ledger => "there is no such ledger",
        Missing::Sku => "no item has this SKU or alias; SKUs are compared exactly",
        Missing::Location => "no location has this name",
        Missing::Channel => "no channel has this name",
        Missing::Order => "no order has this number",
        Missing::Hold => "no hold has this name",
        Missing::Transfer => "no transfer has this name",
        Missing::Position => "nothing is recorded at this position",
        Missing::Timeline => "timelines are switched off (setting projector.timeline)",
        Missing::Pool => "no pool has this name",
        Missing::Kit => "the item is no kit",
        Missing::Supplier => "no supplier has this name",
        Missing::Feed => "no feed has this name",
        Missing::Discrepancy => "no discrepancy has this number",
        Missing::Handover => "the supplier was handed over nothing under this name",
        Missing::TooOld { .. } => "some of what was asked for is not kept any more",
        Missing::Ahead { .. } => "nothing is booked at this place yet",
    }
}
