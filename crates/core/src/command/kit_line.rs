//! A kit line as holds and orders record it: its parts, and what is drawn of it as it stands
//! assembled. What is asked of the kit line is asked of these.

use super::claim::refuse_doubles;
use super::prelude::*;

/// A recorded line that may belong to a kit line.
pub(super) trait RecordedLine {
    fn name(&self) -> &LineRef;
    fn sku(&self) -> Option<&Sku>;
    fn kit(&self) -> Option<&KitUse>;
}

impl RecordedLine for OrderLine {
    fn name(&self) -> &LineRef {
        &self.r#ref
    }
    fn sku(&self) -> Option<&Sku> {
        self.sku.as_ref()
    }
    fn kit(&self) -> Option<&KitUse> {
        self.kit.as_deref()
    }
}

impl RecordedLine for HeldUnits {
    fn name(&self) -> &LineRef {
        &self.r#ref
    }
    fn sku(&self) -> Option<&Sku> {
        Some(&self.sku)
    }
    fn kit(&self) -> Option<&KitUse> {
        self.kit.as_deref()
    }
}

/// The lines of one kit line.
pub(super) struct KitLine<'a, L> {
    pub kit: &'a KitUse,
    pub assembled: Option<&'a L>,
    /// Each part with the units of it in one kit, in the order of their names.
    pub parts: Vec<(&'a L, u64)>,
}

/// Units of each line.
pub(super) type UnitsOf<'a, L> = Vec<(&'a L, u64)>;

impl<'a, L: RecordedLine> KitLine<'a, L> {
    /// None: the line is no kit's, or all of it stands assembled and is a line like any other.
    pub fn find(lines: &'a [L], name: &LineRef) -> Option<KitLine<'a, L>> {
        let part = |it: &'a L| {
            let kit = it.kit().filter(|kit| kit.line == *name && it.name() != name)?;
            Some((it, kit.need.units()))
        };
        let mut parts: Vec<(&L, u64)> = lines.iter().filter_map(part).collect();
        let kit = parts.first()?.0.kit()?;
        // `1.10` comes after `1.9`.
        parts.sort_by_key(|(it, _)| (it.name().as_str().len(), it.name().as_str()));
        Some(KitLine { kit, assembled: lines.iter().find(|it| it.name() == name), parts })
    }

    pub fn lines(&self) -> impl Iterator<Item = &'a L> {
        self.assembled.into_iter().chain(self.parts.iter().map(|(it, _)| *it))
    }

    /// What the kit line was made of.
    pub fn recipe(&self, ledger: &Ledger) -> Recipe {
        let part = |(it, need): &(&L, u64)| Some((ledger.item_no(it.sku()?)?, *need));
        Recipe { version: self.kit.version, parts: self.parts.iter().filter_map(part).collect() }
    }

    /// Whole kits that the parts make, by what each has.
    pub fn of_parts(&self, has: impl Fn(&L) -> u64) -> u64 {
        self.parts.iter().map(|(it, need)| has(it) / need).min().unwrap_or(0)
    }

    /// Whole kits in all.
    pub fn whole(&self, has: impl Fn(&L) -> u64) -> u64 {
        self.assembled.map_or(0, &has) + self.of_parts(has)
    }

    /// `kits` out of those that the lines have: parts first, since they were drawn on last.
    /// None: there are not so many whole ones.
    pub fn parts_first(&self, kits: u64, has: impl Fn(&L) -> u64) -> Option<UnitsOf<'a, L>> {
        if kits > self.whole(&has) {
            return None;
        }
        let of_parts = kits.min(self.of_parts(&has));
        self.units(kits - of_parts, of_parts)
    }

    /// `kits` as they leave or come back: what the line has assembled first, all else in parts.
    /// None: more units of a part than a quantity can be.
    pub fn assembled_first(&self, kits: u64, has: impl Fn(&L) -> u64) -> Option<UnitsOf<'a, L>> {
        let assembled = kits.min(self.assembled.map_or(0, has));
        self.units(assembled, kits - assembled)
    }

    fn units(&self, assembled: u64, of_parts: u64) -> Option<UnitsOf<'a, L>> {
        let mut units: UnitsOf<'a, L> =
            self.assembled.map(|it| (it, assembled)).into_iter().collect();
        for (it, need) in &self.parts {
            units.push((it, of_parts.checked_mul(*need).filter(|it| *it <= QUANTITY_MAX)?));
        }
        units.retain(|(_, units)| *units > 0);
        Some(units)
    }
}

/// # Errors
/// `duplicate_in_batch` on a line that is named twice: by its name, or as a part of a kit line that
/// is named too.
pub(super) fn refuse_overlaps<L: RecordedLine>(
    lines: &[L],
    named: &[&LineRef],
) -> Result<(), Rejection> {
    refuse_doubles("lines.ref", named)?;
    let is_named_twice = |it: &&L| {
        let kit = it.kit().filter(|kit| kit.line != *it.name());
        kit.is_some_and(|kit| named.contains(&&kit.line) && named.contains(&it.name()))
    };
    match lines.iter().find(is_named_twice) {
        Some(it) => {
            let value = it.name().as_str().into();
            Err(Rejection::DuplicateInBatch { field: "lines.ref".into(), value })
        }
        None => Ok(()),
    }
}
