//! List stock: the numbers that were pushed to a channel, to be known when they are heard back.

use rustc_hash::FxHashSet;

use super::claim::check_lines;
use super::lines::{canonical, check_units};
use super::prelude::*;

args!(/** List stock: these numbers were pushed. */
ListStock {
    pub channel: ChannelId,
    pub lines: Vec<ListedLine>,
});

pub(super) fn decide(
    ledger: &Ledger,
    _now: Time,
    command: &ListStock,
) -> Result<Decision, Rejection> {
    let lines = listed(ledger, &command.lines)?;
    let lines = lines.into_iter().map(|(_, line)| line).collect();
    ledger.known_channel(&command.channel)?;
    let fact = Fact::StockListed(StockListed { channel: command.channel.clone(), lines });
    Ok(Decision { fact, movements: Vec::new(), flags: Vec::new() })
}

/// The lines under the items' own SKUs, each item once.
///
/// # Errors
/// `contradiction`, `duplicate_in_batch`, `unknown_sku`.
pub(super) fn listed(
    ledger: &Ledger,
    lines: &[ListedLine],
) -> Result<Vec<(ItemNo, ListedLine)>, Rejection> {
    check_lines(lines)?;
    for (index, line) in lines.iter().enumerate() {
        check_units(index, "quantity", line.quantity)?;
    }
    let mut seen = FxHashSet::default();
    let mut found = Vec::with_capacity(lines.len());
    for line in lines {
        let (item, sku) = canonical(ledger, &line.sku)?;
        if !seen.insert(item) {
            let (field, value) = ("lines.sku".into(), line.sku.as_str().into());
            return Err(Rejection::DuplicateInBatch { field, value });
        }
        found.push((item, ListedLine { sku, quantity: line.quantity }));
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use crate::testing::check;

    #[test]
    fn a_listing_that_cannot_be_is_refused() {
        check(
            "
            list_stock web lines=
            list_stock web W:1000000000001
            list_stock web G:1 GG:1
            list_stock web N:1
            list_stock shop W:1
            list_stock web W:0 GG:1000000000000
            ",
            expect![[r#"
                rejected contradiction field=lines message=must have at least one line
                rejected contradiction field=lines[0].quantity message=must be at most 1000000000000
                rejected duplicate_in_batch field=lines.sku value=GG
                rejected unknown_sku sku=N
                rejected unknown_channel channel=shop
                6 stock_listed:
            "#]],
        );
    }
}
