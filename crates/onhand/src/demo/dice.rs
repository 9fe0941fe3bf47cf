//! Dice that fall the same way for the same seed, on any machine: SplitMix64.

/// A stream of numbers. Good enough for a shop, not for secrets.
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Dice {
        Dice(seed)
    }

    fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A whole number from `low` to `high`, both included.
    pub fn between(&mut self, low: u64, high: u64) -> u64 {
        low + self.roll() % (high - low + 1)
    }

    /// True about `percent` times of a hundred.
    pub fn chance(&mut self, percent: u64) -> bool {
        self.between(1, 100) <= percent
    }

    /// A place in a list of `count`.
    pub fn index(&mut self, count: usize) -> usize {
        self.between(0, count as u64 - 1) as usize
    }

    /// A place in a list of `count`, the early ones much more often: bestsellers.
    pub fn popular(&mut self, count: usize) -> usize {
        let (once, again) = (self.index(count), self.index(count));
        once * again / count
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_falls_the_same_way() {
        let rolls = |seed| {
            let mut dice = Dice::new(seed);
            [(); 5].map(|()| dice.between(1, 6))
        };
        assert_eq!(rolls(7), rolls(7));
        assert_ne!(rolls(7), rolls(8));
    }

    #[test]
    fn bounds_are_kept_and_early_places_come_more_often() {
        let mut dice = Dice::new(1);
        let places: Vec<usize> = (0..1_000).map(|_| dice.popular(100)).collect();
        assert!(places.iter().all(|it| *it < 100));
        assert!(places.iter().filter(|it| **it < 20).count() > 400);
    }
}
