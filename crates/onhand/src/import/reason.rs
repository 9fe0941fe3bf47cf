//! From what somebody typed to a reason of the closed list; the text is kept either way.

use onhand_core::{NOTE_CHARS_MAX, Note, Reason, ReasonCode};
use serde::Deserialize;
use smol_str::SmolStr;

/// Which words mean which reason, in order; what fits none is `other`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reasons {
    /// The reason of a blank text; `other` with a note saying so unless given.
    pub blank: Option<ReasonCode>,
    #[serde(default, rename = "match")]
    matches: Vec<Match>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Match {
    code: ReasonCode,
    /// Fit where a word of the text begins so; letters compare without case.
    #[serde(default)]
    words: Vec<String>,
    /// Fit the whole text, without case: for words that stand in product names too.
    #[serde(default)]
    equals: Vec<String>,
}

impl Reasons {
    /// The reason that `text` gives.
    pub fn of(&self, text: &str) -> Reason {
        let text = text.trim();
        if text.is_empty() {
            let code = self.blank.unwrap_or(ReasonCode::Other);
            let note = (code == ReasonCode::Other).then(|| note("no reason given"));
            return Reason { code, note: note.flatten() };
        }
        let lower = text.to_lowercase();
        let found = self.matches.iter().find(|it| it.fits(&lower));
        Reason { code: found.map_or(ReasonCode::Other, |it| it.code), note: note(text) }
    }
}

impl Match {
    fn fits(&self, text: &str) -> bool {
        let same = |it: &String| it.to_lowercase() == text;
        let begins = |it: &String| has_word(text, &it.to_lowercase());
        self.equals.iter().any(same) || self.words.iter().any(begins)
    }
}

/// Whether `word` begins a word of `text`. Scripts without spaces have no such beginnings: there
/// any place will do.
fn has_word(text: &str, word: &str) -> bool {
    let alone = word.chars().next().is_some_and(|it| it.is_ascii_alphanumeric());
    text.match_indices(word).any(|(at, _)| {
        let before = text.get(..at).and_then(|it| it.chars().next_back());
        !alone || !before.is_some_and(|it| it.is_ascii_alphanumeric())
    })
}

/// The text as a note: without control characters, cut to what a note may hold.
fn note(text: &str) -> Option<Note> {
    let plain = |it: char| if it.is_control() { ' ' } else { it };
    let cut: String = text.chars().take(NOTE_CHARS_MAX).map(plain).collect();
    Note::try_from(SmolStr::from(cut)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, said: &str) {
        let reasons: Reasons = toml::from_str(
            r#"
            [[match]]
            code = "shrinkage"
            words = ["mia", "lost", "丢失"]
            [[match]]
            code = "damaged_warehouse"
            words = ["damage", "thrown away"]
            [[match]]
            code = "count_variance"
            equals = ["check"]
            "#,
        )
        .unwrap();
        let reason = reasons.of(text);
        let code = serde_json::to_value(reason.code).unwrap();
        let note = reason.note.as_ref().map_or("-", |it| it.as_str());
        assert_eq!(format!("{} {note}", code.as_str().unwrap()), said);
    }

    #[test]
    fn words_lead_to_reasons_and_the_text_is_kept() {
        check("MIA", "shrinkage MIA");
        check("PREMIA", "other PREMIA");
        check("samples/damages", "damaged_warehouse samples/damages");
        check("mouldy, Thrown away.", "damaged_warehouse mouldy, Thrown away.");
        check("?lost", "shrinkage ?lost");
        check("仓库丢失", "shrinkage 仓库丢失");
        check("Check", "count_variance Check");
        check("RED CHECK CAT DOORSTOP", "other RED CHECK CAT DOORSTOP");
        check("  ", "other no reason given");
        check("a\tb", "other a b");
    }
}
