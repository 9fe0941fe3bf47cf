//! How long suggestions take for codes that nobody knows, and how often the right item is there.
//!
//! `cargo bench -p onhand-reconciler --bench suggest -- [items]`: 1,000 unknown codes, and once
//! more beside 1,000 codes that vanished. Items are of four kinds of catalogue, a quarter each.

#![allow(clippy::unwrap_used, reason = "a bench may stop")]

use std::time::Instant;

use onhand_reconciler::{Candidate, Hint, Suggester, Unknown, Vanished};
use smol_str::SmolStr;

const UNKNOWN: usize = 1_000;
const CATALOGUES: [&str; 4] = ["style-colour-size", "letters and number", "digits", "parts"];

fn main() {
    let mut arguments = std::env::args().skip(1).filter(|it| it != "--bench");
    let items: usize = arguments.next().and_then(|it| it.parse().ok()).unwrap_or(100_000);
    let mut dice = Dice(42);
    let catalogue: Vec<Candidate> = (0..items).map(|it| item(it, &mut dice)).collect();
    let given = catalogue.clone();
    let begun = Instant::now();
    let suggester = Suggester::new(given);
    println!("index of {items} items: {:.2?}", begun.elapsed());
    speed(&suggester, &catalogue, &mut dice);
    for (number, name) in CATALOGUES.iter().enumerate() {
        println!("{name}, such as {}:", catalogue[number].names[0]);
        for kind in Kind::ALL {
            recall(&suggester, &catalogue, kind, number, &mut dice);
        }
    }
}

/// All kinds of unknown codes in turn, without vanished codes and with many.
fn speed(suggester: &Suggester, catalogue: &[Candidate], dice: &mut Dice) {
    let asked: Vec<Case> = (0..UNKNOWN)
        .map(|it| {
            case(Kind::ALL[it % Kind::ALL.len()], &catalogue[dice.below(catalogue.len())], dice)
        })
        .collect();
    let vanished: Vec<Vanished> = asked.iter().map(|it| it.vanished.clone()).collect();
    let lines: Vec<Unknown<'_>> = asked.iter().map(Case::unknown).collect();
    for vanished in [&[], &vanished[..]] {
        let begun = Instant::now();
        suggester.suggest_all(&lines, vanished, 5);
        println!("{UNKNOWN} codes, {} vanished: {:.2?}", vanished.len(), begun.elapsed());
    }
    let one = |line: &Unknown<'_>| {
        let begun = Instant::now();
        suggester.suggest(line, &[], 5);
        begun.elapsed()
    };
    println!("one code: {:.2?} at most", lines.iter().map(one).max().unwrap_or_default());
}

fn recall(suggester: &Suggester, catalogue: &[Candidate], kind: Kind, of: usize, dice: &mut Dice) {
    let (mut first, mut among, mut silent, mut sure) = (0, 0, 0, 0);
    for _ in 0..UNKNOWN {
        let item = &catalogue[dice.below(catalogue.len() / 4) * 4 + of];
        let case = case(kind, item, dice);
        // Of a renamed code, nineteen others vanished as well.
        let mut vanished = Vec::new();
        if kind == Kind::Renamed {
            vanished.push(case.vanished.clone());
            for _ in 0..19 {
                vanished
                    .push(last_seen(&catalogue[dice.below(catalogue.len() / 4) * 4 + of], dice));
            }
        }
        let hints: Vec<Hint> = suggester.suggest(&case.unknown(), &vanished, 5);
        let place = hints.iter().position(|it| it.sku == item.sku);
        first += usize::from(place == Some(0));
        among += usize::from(place.is_some());
        silent += usize::from(hints.is_empty());
        sure += usize::from(hints.first().is_some_and(|it| it.confidence >= 70));
    }
    let percent = |it: usize| it as f64 * 100.0 / UNKNOWN as f64;
    println!(
        "  {kind:?}: first {:.1} %, among five {:.1} %; no hint {:.1} %, first is 70 or surer {:.1} %",
        percent(first),
        percent(among),
        percent(silent),
        percent(sure)
    );
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Kind {
    OneEdit,
    Extended,
    Renamed,
    Gtin,
    Description,
    /// Drawn from the same catalogue, so it means no item or, by chance, one of that very name.
    New,
}

impl Kind {
    const ALL: [Kind; 6] =
        [Kind::OneEdit, Kind::Extended, Kind::Renamed, Kind::Gtin, Kind::Description, Kind::New];
}

struct Case {
    code: String,
    description: Option<String>,
    gtin: Option<SmolStr>,
    vanished: Vanished,
}

impl Case {
    fn unknown(&self) -> Unknown<'_> {
        Unknown {
            code: &self.code,
            description: self.description.as_deref(),
            gtin: self.gtin.as_deref(),
            quantity: None,
        }
    }
}

fn case(kind: Kind, item: &Candidate, dice: &mut Dice) -> Case {
    let number: usize = item.sku.rsplit_once('/').unwrap().1.parse().unwrap();
    let fresh = format!("{}{:05}", dice.pick(&["Q", "NX", "ZZ"]), dice.below(100_000));
    let mut case = Case {
        code: item.names[dice.below(item.names.len())].to_string(),
        description: None,
        gtin: None,
        vanished: last_seen(item, dice),
    };
    match kind {
        Kind::OneEdit => case.code = edited(&case.code, dice),
        Kind::Extended => case.code = extended(&case.code, dice),
        Kind::Renamed => {
            case.code = match dice.below(2) {
                0 => edited(&extended(&case.vanished.code, dice), dice),
                _ => extended(&edited(&case.vanished.code, dice), dice),
            }
        }
        Kind::Gtin => (case.code, case.gtin) = (fresh, item.gtin.clone()),
        Kind::Description => {
            case.code = fresh;
            case.description = item.description.as_deref().map(|it| reworded(it, dice));
        }
        Kind::New => case.code = code(number, dice),
    }
    case
}

fn last_seen(item: &Candidate, dice: &mut Dice) -> Vanished {
    let code = item.names[item.names.len() - 1].clone();
    let quantity = Some(dice.below(60) as u64);
    Vanished { code, sku: item.sku.clone(), quantity, description: item.description.clone() }
}

fn edited(code: &str, dice: &mut Dice) -> String {
    let mut letters: Vec<char> = code.chars().collect();
    loop {
        let at = dice.below(letters.len());
        let other = match letters[at] {
            it if it.is_ascii_digit() => {
                dice.pick(&['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'])
            }
            _ => dice.pick(&['A', 'B', 'C', 'D', 'E', 'K', 'L', 'M', 'N', 'P', 'R', 'S', 'T', 'X']),
        };
        match dice.below(4) {
            0 => letters[at] = other,
            1 => letters.insert(at, other),
            2 => drop(letters.remove(at)),
            _ if at > 0 => letters.swap(at - 1, at),
            _ => (),
        }
        let edited: String = letters.iter().collect();
        if edited != code {
            return edited;
        }
    }
}

fn extended(code: &str, dice: &mut Dice) -> String {
    match dice.below(2) {
        0 => format!("{code}-{}", dice.pick(&["V2", "NEW", "24", "B", "EU"])),
        _ => format!("{}-{code}", dice.pick(&["N", "EU", "2026", "DE"])),
    }
}

/// Other order, one word fewer.
fn reworded(text: &str, dice: &mut Dice) -> String {
    let mut words: Vec<&str> = text.split(' ').collect();
    words.remove(dice.below(words.len()));
    for at in (1..words.len()).rev() {
        words.swap(at, dice.below(at + 1));
    }
    words.join(" ").to_uppercase()
}

/// A SKU of ours and a supplier's code, both of the kind of catalogue that the number says.
fn item(number: usize, dice: &mut Dice) -> Candidate {
    let names: Vec<SmolStr> = (0..2).map(|_| code(number, dice).into()).collect();
    let digits = format!("{:012}", 400_000_000_000 + number * 7_919);
    Candidate {
        // Codes drawn twice would make one item of two.
        sku: format!("{}/{number}", names[0]).into(),
        names,
        description: Some(describe(dice).into()),
        gtin: Some(with_check_digit(&digits)),
    }
}

fn with_check_digit(digits: &str) -> SmolStr {
    let right = (0..10).map(|it| format!("{digits}{it}"));
    right.map(SmolStr::from).find(|it| onhand_reconciler::gtin14(it).is_some()).unwrap()
}

fn code(number: usize, dice: &mut Dice) -> String {
    match number % 4 {
        0 => format!(
            "{}{:04}-{}-{}",
            dice.pick(&["TS", "HD", "JK", "PT", "SW"]),
            dice.below(3_000),
            dice.pick(&["BLK", "WHT", "RED", "NVY", "GRN", "GRY", "OLV", "SND"]),
            dice.pick(&["XS", "S", "M", "L", "XL", "2XL"])
        ),
        1 => format!("{}{:06}", dice.pick(&["AB", "KX", "RM", "VT"]), dice.below(1_000_000)),
        2 => format!("{:08}", 10_000_000 + dice.below(20_000_000)),
        _ => format!("{:03}.{:04}.{:02}", dice.below(900), dice.below(10_000), dice.below(30)),
    }
}

fn describe(dice: &mut Dice) -> String {
    let goods =
        ["Chair", "Lamp", "Hose", "Screw", "Shirt", "Mug", "Drill", "Brush", "Shelf", "Rug"];
    let makes = ["Arvo", "Bexley", "Corda", "Dunmore", "Elvas", "Fjord", "Garnet", "Holm", "Ivo"];
    let looks = ["black", "white", "red", "navy", "green", "grey", "olive", "sand", "oak", "steel"];
    let forms = ["round", "square", "folding", "slim", "deep", "outdoor", "compact", "wide"];
    let model = dice.below(800) + 100;
    let (length, width) = (dice.below(40) * 5 + 5, dice.below(40) * 5 + 5);
    let (good, make, look) = (dice.pick(&goods), dice.pick(&makes), dice.pick(&looks));
    format!("{make} {good} {} {look} {model} {length} x {width} cm", dice.pick(&forms))
}

/// A fixed sequence: every run asks the same.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) % bound as u64) as usize
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())]
    }
}
