//! The projector's past as a comparison asks for it.

use onhand_core::{ItemNo, LocationNo, Time};
use onhand_projector as projector;
use onhand_reconciler::{Past, PastBook, PastEvent};

pub(super) struct Looking<'a>(pub &'a projector::PastBook<'a>);

impl Past for Looking<'_> {
    fn position_at(&self, at: Time) -> Option<u64> {
        self.0.position_at(at)
    }

    fn book_at(&self, item: ItemNo, location: LocationNo, at: Time) -> Option<PastBook> {
        let figures = self.0.at(item, location, at)?;
        Some(PastBook { sellable: figures.sellable, committed: figures.committed })
    }

    fn events(
        &self,
        item: ItemNo,
        location: Option<LocationNo>,
        since: Time,
        most: usize,
    ) -> Vec<PastEvent> {
        let changes = self.0.changes(item, location, since, most);
        changes.into_iter().map(event).collect()
    }
}

fn event(change: projector::PastChange) -> PastEvent {
    PastEvent {
        position: change.position,
        kind: change.kind,
        occurred_at: change.occurred_at,
        recorded_at: change.recorded_at,
        location: change.location,
        sellable: change.by.sellable,
        quality_control: change.by.quality_control,
        committed: change.by.committed,
    }
}
