//! What is sold on which terms: goods, pool, tranches, how long a hold lasts, how far to oversell.

use onhand_core::{ChannelId, InvalidName, LocationId, PoolId, Sku, TrancheId};

/// Seconds from the opening of the sale to its end.
pub const SALE_SECONDS: u64 = 1_800;
/// Tranches, and the seconds from one to the next; the first is there when the sale opens.
pub const TRANCHES: usize = 5;
pub const TRANCHE_SECONDS: u64 = 360;
/// How long a buyer may take to pay.
pub const HOLD_SECONDS: u64 = 300;
/// Of each hundred units released, how many may be promised.
pub const OVERSELL_RATIO: u64 = 105;

/// One thing that is sold.
pub struct Good {
    pub sku: Sku,
    /// Units in the pool, and on the shelf: all of it is for the sale.
    pub units: u64,
    /// Of a hundred buyers, how many come for it.
    pub percent: u64,
}

pub struct Terms {
    pub buyers: u64,
    /// What everybody wants, and what fewer want than there is.
    pub goods: [Good; 2],
    pub location: LocationId,
    pub channel: ChannelId,
    pub pool: PoolId,
}

impl Terms {
    pub fn usual() -> Result<Terms, InvalidName> {
        Terms::of(10_000)
    }

    pub fn of(buyers: u64) -> Result<Terms, InvalidName> {
        let units = buyers / 2;
        let good = |sku: &str, percent| Ok(Good { sku: Sku::new(sku)?, units, percent });
        Ok(Terms {
            buyers,
            goods: [good("SNEAKER-BLACK", 75)?, good("SNEAKER-WHITE", 25)?],
            location: LocationId::new("main")?,
            channel: ChannelId::new("flash")?,
            pool: PoolId::new("flash-sale")?,
        })
    }

    pub fn tranche(&self, number: usize) -> Result<TrancheId, InvalidName> {
        TrancheId::new(&format!("wave-{}", number + 1))
    }
}

impl Good {
    /// Units of one tranche; the last one has what is left over.
    pub fn tranche_units(&self, number: usize) -> u64 {
        let each = self.units / TRANCHES as u64;
        match number + 1 == TRANCHES {
            true => self.units - each * (TRANCHES as u64 - 1),
            false => each,
        }
    }
}
