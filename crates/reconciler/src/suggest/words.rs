//! Words of a description, whatever their order, and pairs of characters where no spaces part words.

use super::fold::{half_width, hash};

/// So many words are looked at: nobody tells items apart by the hundredth.
const WORDS_MAX: usize = 64;

#[derive(Clone, Copy, PartialEq)]
enum Script {
    /// No spaces between words.
    Unspaced,
    Digits,
    Letters,
}

fn script(letter: char) -> Option<Script> {
    match letter {
        '\u{3040}'..='\u{30ff}'
        | '\u{3400}'..='\u{4dbf}'
        | '\u{4e00}'..='\u{9fff}'
        | '\u{f900}'..='\u{faff}'
        | '\u{20000}'..='\u{3ffff}' => Some(Script::Unspaced),
        _ if letter.is_numeric() => Some(Script::Digits),
        _ if letter.is_alphabetic() => Some(Script::Letters),
        _ => None,
    }
}

/// Hashes of the words, sorted, each once. `500ml` is two words, as `500 ml` is.
pub(super) fn words(text: &str) -> Vec<u64> {
    let mut words = Vec::new();
    let mut run: Vec<char> = Vec::new();
    let mut running = None;
    for letter in text.chars().map(half_width) {
        let script = script(letter);
        if script != running {
            finish(&mut run, running, &mut words);
            running = script;
        }
        if words.len() >= WORDS_MAX {
            break;
        }
        if script.is_some() {
            run.extend(letter.to_lowercase());
        }
    }
    finish(&mut run, running, &mut words);
    words.sort_unstable();
    words.dedup();
    words
}

fn finish(run: &mut Vec<char>, script: Option<Script>, words: &mut Vec<u64>) {
    match script {
        Some(Script::Unspaced) if run.len() > 1 => {
            words.extend(run.windows(2).take(WORDS_MAX).map(|it| hash(it.iter().copied())));
        }
        Some(_) => words.push(hash(run.iter().copied())),
        None => (),
    }
    run.clear();
}
