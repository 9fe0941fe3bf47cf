//! The feed of a ledger, page by page, and that of a whole shard, block by block.

use std::sync::Arc;

use onhand_core::{LedgerId, Sku};

use super::blocks::{Blocks, Unread};
use super::{BlockMovements, FeedPlace, MovementsPage};
use crate::projector::Projector;
use crate::query::{Missing, QueryError};
use crate::timeline::Mark;

/// Blocks that one page looks at, at most.
const BLOCKS_MAX: usize = 256;
/// Events of one page, at most.
const EVENTS_MAX: usize = 10_000;

/// Blocks that hold what comes next.
struct Plan {
    heights: Vec<u64>,
    /// The ledger's last position in each of them.
    last: Vec<u64>,
    /// Nothing is booked behind them.
    to_end: bool,
}

impl Projector {
    /// The events of a ledger behind `after`, oldest first, at most `most` of them. The same place
    /// is always followed by the same events. A page without events says how far it looked.
    ///
    /// # Errors
    /// `Ledger`: it is not known. `Ahead`: nothing is booked at `after` yet. `TooOld`: what follows
    /// `after` is not in the journal any more. Or the journal cannot be read now.
    pub fn movements(
        &self,
        ledger: &LedgerId,
        after: FeedPlace,
        most: usize,
    ) -> Result<MovementsPage, QueryError> {
        let plan = self.plan(ledger, after)?;
        let most = most.clamp(1, EVENTS_MAX);
        let mut page = MovementsPage { events: Vec::new(), reached: after, at_end: false };
        let mut blocks = Blocks::new(self, &plan.heights);
        for last in plan.last {
            let Some(told) = blocks.next() else { break };
            let told = told.map_err(|unread| self.unread(ledger, unread))?;
            let ours = told.events.iter().filter(|it| it.ledger == *ledger && it.place() > after);
            for event in ours {
                if page.events.len() == most {
                    return Ok(page);
                }
                page.reached = event.place();
                page.events.push(event.clone());
            }
            page.reached = FeedPlace::behind(last);
        }
        page.at_end = plan.to_end;
        Ok(page)
    }

    /// What the blocks from `height` on did, at most `most` of them and few if they did much; empty
    /// if none is folded yet.
    ///
    /// # Errors
    /// The journal cannot be read now, or does not hold them any more.
    pub fn block_movements(
        &self,
        height: u64,
        most: usize,
    ) -> Result<Vec<Arc<BlockMovements>>, QueryError> {
        let tip = self.tip().height;
        let heights: Vec<u64> = (height.max(1)..=tip).take(most.min(BLOCKS_MAX)).collect();
        let (mut blocks, mut told, mut events) = (Blocks::new(self, &heights), Vec::new(), 0);
        while events < EVENTS_MAX {
            let Some(block) = blocks.next() else { break };
            let block = block?;
            events += block.events.len();
            told.push(block);
        }
        Ok(told)
    }

    /// All names of these items, those of items that were merged into them too; a name that no item
    /// has stands for itself.
    pub fn names_of(&self, ledger: &LedgerId, skus: &[Sku]) -> Vec<Sku> {
        let state = self.read();
        let known = state.book.ledger(ledger);
        let item = |sku: &Sku| known.and_then(|it| Some(it.item(it.item_no(sku)?)));
        let names = |sku: &Sku| match item(sku) {
            Some(item) => [&item.sku].into_iter().chain(item.aliases()).cloned().collect(),
            None => vec![sku.clone()],
        };
        skus.iter().flat_map(names).collect()
    }

    fn plan(&self, id: &LedgerId, after: FeedPlace) -> Result<Plan, Missing> {
        let state = self.read();
        let ledger = state.known_ledger(id)?;
        let head = ledger.position();
        if after.position > head {
            return Err(Missing::Ahead { position: head });
        }
        let next = after.position + u64::from(after.is_behind_all());
        let marks = state.logs.get(id).map_or(&[][..], |log| log.marks());
        let behind = marks.partition_point(|mark| mark.position <= next);
        let marks = match next > head {
            true => &[][..],
            false => &marks[behind.saturating_sub(1)..],
        };
        let (marks, rest) = marks.split_at(marks.len().min(BLOCKS_MAX));
        let ends = marks.iter().chain(rest.first()).skip(1).map(|mark| mark.position - 1);
        let last = ends.chain(rest.is_empty().then_some(head)).collect();
        let heights = marks.iter().map(|Mark { height, .. }| *height).collect();
        Ok(Plan { heights, last, to_end: rest.is_empty() })
    }

    /// In the ledger's own numbers.
    fn unread(&self, id: &LedgerId, unread: Unread) -> QueryError {
        let Unread::Gone(height) = unread else { return unread.into() };
        let state = self.read();
        let marks = state.logs.get(id).map_or(&[][..], |log| log.marks());
        let kept = marks.iter().find(|mark| mark.height >= height);
        let after_all = state.book.ledger(id).map_or(0, |it| it.position()) + 1;
        Missing::TooOld { oldest: kept.map_or(after_all, |mark| mark.position) }.into()
    }
}

impl From<Unread> for QueryError {
    fn from(unread: Unread) -> QueryError {
        match unread {
            Unread::Fault(fault) => fault.into(),
            Unread::Gone(oldest) => Missing::TooOld { oldest }.into(),
        }
    }
}
