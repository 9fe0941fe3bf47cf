//! What is true: the supplier's stock with a life of its own, and when each side came to know.

use onhand_core::{Basis, DifferenceKind};

/// A moment in minutes that never comes.
pub const NEVER: u64 = u64::MAX;

/// Units that came or went, and when each side booked it.
#[derive(Clone, Copy, Debug)]
pub struct Cause {
    /// What it is as long as only one side knows.
    pub kind: DifferenceKind,
    pub units: i64,
    pub theirs: u64,
    pub ours: u64,
}

impl Cause {
    /// What it makes of theirs less ours, when their number is of `theirs` and ours of `ours`.
    fn apart(&self, theirs: u64, ours: u64) -> i64 {
        let booked = |at: u64, by: u64| if at <= by { self.units } else { 0 };
        booked(self.theirs, theirs) - booked(self.ours, ours)
    }
}

/// An order of ours: placed, known to them, shipped, and its shipment booked by us.
#[derive(Clone, Copy, Debug)]
pub struct OurOrder {
    pub name: u64,
    pub units: i64,
    pub placed: u64,
    pub seen: u64,
    pub shipped: u64,
    pub booked: u64,
}

/// One item as it truly is.
#[derive(Clone, Debug, Default)]
pub struct Item {
    pub sku: String,
    /// As the supplier calls it now.
    pub code: String,
    /// Units of ours in one of theirs, as everybody agreed.
    pub pack: i64,
    pub causes: Vec<Cause>,
    pub orders: Vec<OurOrder>,
}

/// How a snapshot counts.
#[derive(Clone, Copy, Debug)]
pub struct Counting {
    pub basis: Basis,
    /// The moment that it claims, and that it truly is of.
    pub as_of: u64,
    pub truly: u64,
    /// Orders seen through, if it says.
    pub seen: Option<u64>,
}

impl Item {
    /// Units on the supplier's shelf, by its own books.
    pub fn shelf(&self, at: u64) -> i64 {
        self.causes.iter().filter(|it| it.theirs <= at).map(|it| it.units).sum()
    }

    /// What the supplier's system says.
    pub fn number(&self, it: Counting) -> i64 {
        let known = |order: &&OurOrder| order.seen <= it.truly && order.shipped > it.truly;
        let off: i64 = self.orders.iter().filter(known).map(|it| it.units).sum();
        self.shelf(it.truly) - if it.basis == Basis::AfterOurOrders { off } else { 0 }
    }

    /// Theirs less ours by kind: what each side does not know yet.
    pub fn apart(&self, it: Counting) -> Vec<(DifferenceKind, i64)> {
        let mut by_kind: Vec<(DifferenceKind, i64)> = Vec::new();
        let mut add = |kind, units| match by_kind.iter_mut().find(|(known, _)| *known == kind) {
            Some((_, sum)) => *sum += units,
            None => by_kind.push((kind, units)),
        };
        for cause in &self.causes {
            add(cause.kind, cause.apart(it.truly, it.as_of));
        }
        if it.basis == Basis::AfterOurOrders {
            for order in &self.orders {
                let theirs = order.seen <= it.truly && order.shipped > it.truly;
                let through = it.seen.unwrap_or(it.as_of).min(it.as_of);
                let ours = order.placed <= through && order.booked > it.as_of;
                let apart = i64::from(ours) * order.units - i64::from(theirs) * order.units;
                add(DifferenceKind::InFlight, apart);
            }
        }
        by_kind.retain(|(_, units)| *units != 0);
        by_kind
    }

    /// Units that truly are there and that are promised to our orders.
    pub fn promised(&self, at: u64) -> i64 {
        let open = |it: &&OurOrder| it.placed <= at && it.shipped > at;
        self.orders.iter().filter(open).map(|it| it.units).sum()
    }

    /// Units that lay there whoever had booked them.
    pub fn truly(&self, at: u64) -> i64 {
        let there = |it: &&Cause| match it.kind {
            DifferenceKind::UnacknowledgedReceipt => it.theirs.min(it.ours) <= at,
            _ => it.theirs <= at,
        };
        self.causes.iter().filter(there).map(|it| it.units).sum()
    }

    /// What went since `since` without any word of it.
    pub fn gone_unsaid(&self, since: u64, at: u64) -> i64 {
        let unsaid = |it: &&Cause| {
            it.units < 0
                && it.kind == DifferenceKind::UnexplainedLoss
                && it.theirs > since
                && it.theirs <= at
        };
        self.causes.iter().filter(unsaid).map(|it| -it.units).sum()
    }

    /// Losses that the number of `said` could not show, until the next one comes: goods stood
    /// against them that only they had booked and that we have booked since; or orders that were
    /// shipped before the moment that it claimed to be of and after the one it truly was of.
    pub fn hidden(&self, said: u64, claimed: u64, at: u64) -> i64 {
        let of = |kind| self.causes.iter().filter(move |it: &&Cause| it.kind == kind);
        let lost: i64 = of(DifferenceKind::UnexplainedLoss).map(|it| it.apart(said, said)).sum();
        let booked_since = |it: &&Cause| it.theirs <= said && it.ours > said && it.ours <= at;
        let came = of(DifferenceKind::UnacknowledgedReceipt).filter(booked_since);
        let unseen = |it: &&Cause| it.theirs > said && it.theirs <= claimed;
        let went = of(DifferenceKind::InFlight).filter(unseen);
        let stood: i64 = came.map(|it| it.units).chain(went.map(|it| -it.units)).sum();
        (-lost).max(0).min(stood)
    }
}
