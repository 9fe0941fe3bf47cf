//! The end of the demonstration: the supplier's file goes through the door, and the inbox shows
//! what differs.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::Path;

use onhand_server::{SnapshotReport, refused_text};
use serde_json::Value;

use super::run::LEDGER;
use super::shop::Shop;
use super::supply::{FEED, SHELF, file};
use crate::client::Client;
use crate::failure::{Failure, Outcome};
use crate::inbox;
use crate::terminal::{grouped, print};

/// Rows of the shelf that are asked for.
const ROWS: usize = 1_000;

/// Sends the file, if the weeks up to that position were just booked, and says what to try.
///
/// # Errors
/// The server does not answer, or refuses what it should take.
pub fn present(address: SocketAddr, data: &Path, booked: Option<u64>) -> Outcome {
    let base = format!("http://{address}");
    let client = Client::new(&base);
    let mut seen = 0;
    if let Some(position) = booked {
        seen = send(&client, position)?;
    }
    let open = show_inbox(&client, seen)?;
    invite(&base, data, &open);
    Ok(())
}

/// The position of the last entry that came of the file.
fn send(client: &Client, booked: u64) -> Result<u64, Failure> {
    let shop = Shop::open()?;
    let shelf = shop.places[SHELF].id.to_string();
    let query =
        [("location", shelf), ("limit", ROWS.to_string()), ("min_position", booked.to_string())];
    let stock = client.get(&format!("/v1/{LEDGER}/stock"), &query)?;
    let rows = stock["rows"].as_array().into_iter().flatten();
    let book: BTreeMap<String, i64> = rows
        .filter_map(|it| Some((it["sku"].as_str()?.to_owned(), it["sellable"].as_i64()?)))
        .collect();
    let text = file(&shop, &book)?;
    let path = format!("/v1/{LEDGER}/feeds/{FEED}/snapshots");
    let (status, body) = client.send(&path, &[], &mut text.as_bytes())?;
    if !(200..300).contains(&status) {
        return Err(Failure::new(refused_text(&body).trim_end()));
    }
    let report: SnapshotReport = serde_json::from_value(body)?;
    print(&format!(
        "\nLeeds Paper sent its stock, a file of {} lines. Of {} that could be compared {} agree \
         with the book.",
        grouped(report.lines),
        grouped(report.compared),
        grouped(report.accurate),
    ));
    Ok(report.positions.last().copied().unwrap_or(booked))
}

/// What is open, and the numbers of it.
fn show_inbox(client: &Client, seen: u64) -> Result<Vec<u64>, Failure> {
    let query = [("min_position", seen.to_string()), ("limit", "10".to_owned())];
    let page = client.get(&format!("/v1/{LEDGER}/discrepancies"), &query)?;
    let rows: &[Value] = page["rows"].as_array().map_or(&[], Vec::as_slice);
    if !rows.is_empty() {
        print("Somebody is to look at these:\n");
        inbox::show(rows);
    }
    Ok(rows.iter().filter_map(|it| it["number"].as_u64()).collect())
}

fn invite(base: &str, data: &Path, open: &[u64]) {
    print(&format!("\nThe shop is open at {base}, its data in {}. Try:\n", data.display()));
    print(&format!("  curl '{base}/v1/{LEDGER}/availability?channel=webshop&sku=MUG-SND'"));
    print(&format!("  curl '{base}/v1/{LEDGER}/timeline/MUG-SND?limit=3'"));
    print(&format!(
        "  curl {base}/v1/{LEDGER}/commit_order -H 'Idempotency-Key: try-1' \\\n    \
         -H 'Content-Type: application/json' \\\n    -d '{{\"order\":\"MY-1\",\"channel\":\"webshop\",\"lines\":[{{\"sku\":\"MUG-SND\",\"quantity\":2}}]}}'"
    ));
    if let (Some(newest), Some(oldest)) = (open.first(), open.last()) {
        print(&format!("  onhand inbox {newest} --server {base}"));
        print(&format!(
            "  onhand settle {oldest} --action ask_supplier --reason other --note 'please check' \\\n    \
             --actor me --server {base}"
        ));
    }
    print("\nIt stays until Ctrl-C.");
}
