//! Where an order would be taken from: a preview, nothing of it is booked.

use axum::extract::{Path, Query, State};
use onhand_core::{ChannelId, Label, LedgerId, Preview, PreviewLine, RouteSplit};
use onhand_projector::{FreshOf, PreviewQuery, Previewed, Projector, Seen};
use onhand_wire::{Invalid, No, claim_line, problem};
use serde::Serialize;
use serde_json::Value;

use super::{Answer, Ask, Pairs, Told, needed};
use crate::http::app::Room;
use crate::http::params::Params;

/// The preview with its refusal told as callers are told every no.
#[derive(Serialize)]
pub(super) struct Routing {
    seen: Seen,
    split: RouteSplit,
    locations: u64,
    lines: Vec<PreviewLine>,
    /// How old the suppliers' numbers are that it rests on.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    freshness: Vec<FreshOf>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rejection: Option<Value>,
}

/// `GET /v1/{ledger}/routing`
pub(in crate::http) async fn routing(
    State(rooms): Room,
    Path(ledger): Path<String>,
    Query(pairs): Pairs,
) -> Told {
    let mut ask = Ask::new(&rooms, &ledger, pairs)?;
    let query = routed(&mut ask.params)?;
    ask.answer(&rooms, query).await
}

pub(super) fn routed(params: &mut Params) -> Result<impl Answer<Routing>, Invalid> {
    let lines = params.all("line");
    if lines.is_empty() {
        return Err(needed("line"));
    }
    let query = PreviewQuery {
        channel: params.name("channel", ChannelId::new)?,
        lines: lines.iter().map(|it| claim_line("line", it)).collect::<Result<_, _>>()?,
        campaign: params.name("campaign", Label::new)?,
        customer: params.name("customer", Label::new)?,
        ship_to: params.name("ship_to", Label::new)?,
    };
    Ok(move |it: &Projector, ledger: &LedgerId| Ok(told(it.preview(ledger, &query)?)))
}

fn told(Previewed { seen, preview, freshness }: Previewed) -> Routing {
    let Preview { split, locations, lines, rejection } = preview;
    let position = seen.position;
    let refused = |rejection| problem(No::Rejected { rejection, position }).body;
    Routing { seen, split, locations, lines, freshness, rejection: rejection.as_ref().map(refused) }
}
