//! How much of an item a channel is told of, in one of three levels, and the steps between them.

use onhand_core::LowStock;

/// A level, as it is stored. Unknown: the item never was in stock there, or is not counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Level {
    Unknown = 0,
    Out = 1,
    Low = 2,
    Normal = 3,
}

/// Which edge was crossed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Edge {
    Low,
    Out,
    Back,
}

impl Level {
    pub fn of(byte: u8) -> Level {
        match byte {
            1 => Level::Out,
            2 => Level::Low,
            3 => Level::Normal,
            _ => Level::Unknown,
        }
    }

    /// The level at `published` units, and the edge on the way there. What was never in stock
    /// crosses none.
    pub fn next(self, published: u64, low: Option<&LowStock>) -> (Level, Option<Edge>) {
        let next = match (published, self) {
            (0, Level::Unknown) => Level::Unknown,
            (0, _) => Level::Out,
            // What ran low is low until it clears, whatever came in between.
            (_, Level::Low | Level::Out) if low.is_some_and(|it| published < it.clears_at()) => {
                Level::Low
            }
            (_, _) if low.is_some_and(|it| published <= it.at) => Level::Low,
            (_, _) => Level::Normal,
        };
        let edge = match (self, next) {
            (Level::Unknown, _) => None,
            (Level::Out, Level::Low | Level::Normal) => Some(Edge::Back),
            (Level::Normal, Level::Low) => Some(Edge::Low),
            (Level::Low | Level::Normal, Level::Out) => Some(Edge::Out),
            (_, _) => None,
        };
        (next, edge)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(published: &[u64], expected: &str) {
        let low = LowStock { at: 5, clear: Some(8) };
        let (mut level, mut said) = (Level::Unknown, Vec::new());
        for units in published {
            let (next, edge) = level.next(*units, Some(&low));
            level = next;
            said.extend(edge.map(|edge| format!("{units} {edge:?}")));
        }
        assert_eq!(said.join(", "), expected);
    }

    #[test]
    fn edges_are_told_once_and_low_clears_later() {
        check(&[0, 0, 20, 6, 5, 4, 7, 5, 8, 5], "5 Low, 5 Low");
        check(&[20, 0, 0, 6, 5, 9, 0], "0 Out, 6 Back, 0 Out");
        // The first stock of all is no news, even if it is little.
        check(&[0, 3, 2, 0, 1], "0 Out, 1 Back");
    }

    #[test]
    fn without_a_rule_nothing_is_low() {
        assert_eq!(Level::Normal.next(1, None), (Level::Normal, None));
        assert_eq!(Level::Low.next(1, None), (Level::Normal, None));
        assert_eq!(Level::Low.next(0, None), (Level::Out, Some(Edge::Out)));
    }
}
