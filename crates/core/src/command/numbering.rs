//! Which number a difference has: that of the open one about the same thing, else the next.

use rustc_hash::FxHashSet;

use super::prelude::*;

/// What one witness finds, and what it finds no more.
pub(super) struct Numbering<'a> {
    ledger: &'a Ledger,
    witness: Witness,
    /// The moment that what it says is of.
    as_of: Time,
    next: u64,
    /// What something was found about already: once is enough.
    about: FxHashSet<(Option<ItemNo>, Option<Sku>)>,
    /// Numbers of open differences that are there still.
    stands: FxHashSet<u64>,
    /// Items that differ as somebody decided to live with.
    lived_with: Vec<Sku>,
    found: Vec<Difference>,
    cleared: Vec<u64>,
}

impl<'a> Numbering<'a> {
    pub fn new(ledger: &'a Ledger, witness: Witness, as_of: Time) -> Numbering<'a> {
        Numbering {
            ledger,
            witness,
            as_of,
            next: ledger.next_discrepancy(),
            about: FxHashSet::default(),
            stands: FxHashSet::default(),
            lived_with: Vec::new(),
            found: Vec::new(),
            cleared: Vec::new(),
        }
    }

    /// The number that it comes with counts for nothing. What says only what is known is dropped.
    ///
    /// # Errors
    /// `unknown_sku`.
    pub fn find(&mut self, mut difference: Difference) -> Result<(), Rejection> {
        let item = match &difference.sku {
            Some(sku) => Some(self.ledger.known_item(sku)?),
            None => None,
        };
        difference.sku = item.map(|it| self.ledger.item(it).sku.clone());
        let code = difference.supplier_sku.clone().filter(|_| item.is_none());
        if !self.about.insert((item, code)) {
            return Ok(());
        }
        if self.is_lived_with(item, &difference) {
            self.lived_with.extend(difference.sku);
            return Ok(());
        }
        match self.known(item, &difference) {
            Some(known) => {
                let number = known.difference.number;
                self.stands.insert(number);
                let ours = known.witness == self.witness && known.state.is_open();
                if ours && !self.is_newer(known) && self.is_news(item, &difference, known) {
                    self.found.push(Difference { number, ..difference });
                }
            }
            None => {
                self.found.push(Difference { number: self.next, ..difference });
                self.next += 1;
            }
        }
        Ok(())
    }

    /// The open difference about the same. One about a code may be another feed's of the supplier,
    /// or left as it is on purpose.
    fn known(&self, item: Option<ItemNo>, difference: &Difference) -> Option<&'a Discrepancy> {
        match item {
            Some(item) => {
                let location = difference.location.as_ref();
                self.ledger.open_difference(item, &self.witness, location)
            }
            None => {
                let feed = self.ledger.feed(self.feed()?);
                let number =
                    self.ledger.open_unknown(feed.supplier, difference.supplier_sku.as_ref()?)?;
                self.ledger.discrepancy(number)
            }
        }
    }

    fn feed(&self) -> Option<FeedNo> {
        match &self.witness {
            Witness::Feed(feed) => self.ledger.feed_no(feed),
            Witness::Stocktake(_) | Witness::Channel(_) => None,
        }
    }

    /// Somebody decided that the book stands, this far from what the feed says.
    fn is_lived_with(&self, item: Option<ItemNo>, difference: &Difference) -> bool {
        let Some((item, feed)) = item.zip(self.feed()) else { return false };
        let said = self.ledger.item(item).supplied.as_ref().and_then(|it| it.said_by(feed));
        let by = difference.theirs.map(|it| it - difference.ours);
        by.is_some() && said.is_some_and(|it| it.kept == by)
    }

    /// The witness said so of a later moment: what it says of an earlier one leaves that alone.
    fn is_newer(&self, known: &Discrepancy) -> bool {
        known.difference.as_of > self.as_of
    }

    /// Whether it says more than that the same is the same later. That it is says much where the
    /// shelf became another in between: what was found before is answered by that.
    fn is_news(&self, item: Option<ItemNo>, difference: &Difference, known: &Discrepancy) -> bool {
        let Difference { number, as_of, confidence, .. } = known.difference;
        let same = Difference { number, as_of, confidence, ..difference.clone() };
        known.difference != same || self.is_counted_between(item, difference, as_of)
    }

    fn is_counted_between(&self, item: Option<ItemNo>, later: &Difference, before: Time) -> bool {
        let at = later.location.as_ref().and_then(|it| self.ledger.location_no(it));
        let Some((item, at)) = item.zip(at) else { return false };
        let item = self.ledger.item(item);
        let anchor = item.anchor(at, Condition::Sellable);
        let counted = anchor.is_some_and(|it| (before..later.as_of).contains(&it.counted_at));
        let merged = item.is_merged_after(before) && !item.is_merged_after(later.as_of);
        counted || merged
    }

    /// Of the items that are said anew those that differ as somebody decided to live with.
    pub fn lived_with(&mut self, said: &[SaidLine]) -> Vec<Sku> {
        let said: FxHashSet<&Sku> = said.iter().map(|it| &it.sku).collect();
        let mut all = std::mem::take(&mut self.lived_with);
        all.retain(|it| said.contains(it));
        all
    }

    /// Whether what was compared as of `position` about the item there is about another book now:
    /// somebody counted the shelf since, or decided about what the witness has open.
    pub fn is_settled_since(&self, item: ItemNo, at: LocationNo, position: u64) -> bool {
        let location = &self.ledger.location(at).id;
        let open = self.ledger.open_difference(item, &self.witness, Some(location));
        let counted = self.ledger.item(item).anchor(at, Condition::Sellable);
        open.is_some_and(|it| it.changed > position)
            || counted.is_some_and(|it| it.position > position)
    }

    /// What the witness had open about the item is gone.
    pub fn agree(&mut self, item: ItemNo, location: Option<&LocationId>) {
        let known = self.ledger.open_difference(item, &self.witness, location);
        self.cleared.extend(known.map(|it| it.difference.number));
    }

    /// As its numbers show. Those of others, and what is not open, are left as they are.
    pub fn clear(&mut self, number: u64) {
        self.cleared.push(number);
    }

    /// Differences that are new or have new figures, and numbers of open ones that are gone.
    pub fn finish(mut self) -> (Vec<Difference>, Vec<u64>) {
        let mut cleared = std::mem::take(&mut self.cleared);
        let mut known = std::mem::take(&mut self.stands);
        let is_open = |it: &u64| {
            let discrepancy = self.ledger.discrepancy(*it);
            discrepancy.is_some_and(|it| {
                it.state.is_open() && it.witness == self.witness && !self.is_newer(it)
            })
        };
        cleared.retain(|it| is_open(it) && known.insert(*it));
        (self.found, cleared)
    }
}

/// A difference at a location that nothing explains so far.
pub(super) fn unexplained(
    sku: &Sku,
    location: &LocationId,
    theirs: i64,
    ours: i64,
    as_of: Time,
) -> Difference {
    let kind = match theirs < ours {
        true => DifferenceKind::UnexplainedLoss,
        false => DifferenceKind::UnexplainedGain,
    };
    Difference {
        number: 0,
        kind,
        sku: Some(sku.clone()),
        supplier_sku: None,
        location: Some(location.clone()),
        theirs: Some(theirs),
        ours,
        as_of,
        confidence: 50,
        explained_by: Vec::new(),
        suggestions: Vec::new(),
    }
}
