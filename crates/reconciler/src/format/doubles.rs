//! Codes that stand twice in a file: once more the same is nothing new, another number is wrong.

use std::collections::hash_map::Entry;
use std::hash::{DefaultHasher, Hash, Hasher};

use rustc_hash::FxHashMap;

use super::number::quoted;
use crate::{Complaint, Complaints, Line};

/// What was said of each code so far, at 24 bytes a code.
#[derive(Default)]
pub(super) struct Doubles {
    /// By 64 bits of the code's SipHash: of forty million files with a million codes one has two
    /// codes that share theirs.
    said: FxHashMap<u64, Said>,
    pub complaints: Complaints,
    pub repeated: u64,
}

#[derive(Clone, Copy)]
struct Said {
    /// 40 bits of quantity, or ones for one that is not known; 24 of a hash of pack and restock.
    what: u64,
    /// Stays at the largest where a file has more lines than that.
    line: u32,
}

const UNKNOWN: u64 = (1 << 40) - 1;

impl Doubles {
    /// Whether the code was not there before.
    pub fn is_new(&mut self, line: &Line) -> bool {
        let what = what(line);
        match self.said.entry(hash(&line.code)) {
            Entry::Vacant(free) => {
                free.insert(Said { what, line: u32::try_from(line.line).unwrap_or(u32::MAX) });
                return true;
            }
            Entry::Occupied(before) if before.get().what == what => self.repeated += 1,
            Entry::Occupied(before) => self.complaints.add(contradiction(line, *before.get())),
        }
        false
    }
}

fn what(line: &Line) -> u64 {
    // No quantity is above 10^12, which is less than 2^40.
    let quantity = line.quantity.unwrap_or(UNKNOWN) & UNKNOWN;
    match (line.pack, line.next_restock_at) {
        (None, None) => quantity,
        others => quantity | (hash(&others) << 40),
    }
}

fn contradiction(line: &Line, before: Said) -> Complaint {
    let shown = |quantity: u64| match quantity {
        UNKNOWN => "no number".to_owned(),
        _ => quantity.to_string(),
    };
    let (then, now) = (before.what & UNKNOWN, line.quantity.unwrap_or(UNKNOWN));
    let what = match then == now {
        true => "another pack or restock".to_owned(),
        false => format!("{} where it was {}", shown(now), shown(then)),
    };
    Complaint {
        line: Some(line.line),
        column: None,
        message: format!(
            "says {what} of {} on line {}; correct one of them, or choose one warehouse with \
             `only` in the profile",
            quoted(&line.code),
            before.line
        ),
    }
}

fn hash(what: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    what.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use crate::format::testing::*;

    #[test]
    fn a_code_twice_is_once_or_wrong() {
        says(
            "",
            "supplier_sku,quantity\nA,5\nB,1\nA,5\n",
            expect![[r#"
            2: A 5
            3: B 1
            2 lines, 1 skipped"#]],
        );
        says(
            "",
            "supplier_sku,quantity\nA,5\nB,1\nA,6\nA,\nA,5\n",
            expect![[r#"
                line 4: says 6 where it was 5 of "A" on line 2; correct one of them, or choose one warehouse with `only` in the profile
                line 5: says no number where it was 5 of "A" on line 2; correct one of them, or choose one warehouse with `only` in the profile"#]],
        );
        says(
            "",
            "supplier_sku,quantity,pack\nA,5,1\nA,5,12\n",
            expect![[
                r#"line 3: says another pack or restock of "A" on line 2; correct one of them, or choose one warehouse with `only` in the profile"#
            ]],
        );
    }
}
