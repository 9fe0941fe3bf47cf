//! One event of the movement feed as a message.

use onhand_core::{Claim, Condition};
use onhand_projector::{ClaimView, MovementView, OriginView, SideView};
use onhand_proto::v1;
use onhand_wire::timestamp;

/// The text of a name that may not be there.
fn text<T: ToString>(name: &Option<T>) -> String {
    name.as_ref().map(ToString::to_string).unwrap_or_default()
}

pub(super) fn movement(event: &MovementView) -> v1::Movement {
    v1::Movement {
        ledger: event.ledger.to_string(),
        sequence: event.place().to_string(),
        position: event.position,
        index: event.index,
        count: event.count,
        kind: event.kind.to_owned(),
        occurred_at: Some(timestamp(event.occurred_at)),
        recorded_at: Some(timestamp(event.recorded_at)),
        sku: event.sku.to_string(),
        quantity: event.quantity.unwrap_or(0),
        from: event.from.as_ref().map(side),
        to: event.to.as_ref().map(side),
        claim: event.claim.as_ref().map(claim),
        channel: text(&event.channel),
        order: text(&event.order),
        hold: text(&event.hold),
        cause: text(&event.cause),
        reason: text(&event.reason),
        actor: text(&event.actor),
        origin: Some(origin(&event.origin)),
        traceparent: text(&event.traceparent),
    }
}

fn side(side: &SideView) -> v1::Side {
    v1::Side {
        account: side.account.to_owned(),
        location: text(&side.location),
        condition: side.condition.map(Condition::as_str).unwrap_or_default().to_owned(),
        transfer: text(&side.transfer),
        before: side.before,
        after: side.after,
    }
}

fn claim(claim: &ClaimView) -> v1::ClaimChange {
    v1::ClaimChange {
        claim: claim_name(claim.claim).to_owned(),
        location: claim.location.to_string(),
        change: claim.change,
        before: claim.before,
        after: claim.after,
        pool: text(&claim.pool),
    }
}

fn claim_name(claim: Claim) -> &'static str {
    match claim {
        Claim::Held => "held",
        Claim::Committed => "committed",
        Claim::Pooled => "pooled",
    }
}

fn origin(origin: &OriginView) -> v1::Origin {
    v1::Origin {
        id: origin.id.to_string(),
        source: text(&origin.source),
        source_event: text(&origin.source_event),
    }
}
