//! What is left of a code when the way it is typed is taken away.

/// Longer codes are compared whole, never by likeness.
const LIKENESS_CHARS_MAX: usize = 64;

/// A code without case, width, spaces and punctuation.
pub(super) struct Folded {
    pub text: String,
    /// Characters, not bytes.
    pub length: usize,
    /// Bit n: a part of the code begins at character n, by what stood there or by digits ending
    /// or beginning. Right for the first 64 characters.
    parts: u64,
}

impl Folded {
    pub fn new(code: &str) -> Folded {
        let mut folded = Folded { text: String::new(), length: 0, parts: 1 };
        let (mut before, mut apart) = (None, false);
        for letter in code.chars().map(half_width) {
            if !letter.is_alphanumeric() {
                apart = true;
                continue;
            }
            let digit = letter.is_numeric();
            if apart || before.is_some_and(|it| it != digit) {
                folded.parts |= bit(folded.length);
            }
            (before, apart) = (Some(digit), false);
            for lower in letter.to_lowercase() {
                folded.text.push(lower);
                folded.length += 1;
            }
        }
        folded
    }

    /// Short enough to be compared letter by letter.
    pub fn is_comparable(&self) -> bool {
        self.length <= LIKENESS_CHARS_MAX
    }

    pub fn part_begins_at(&self, character: usize) -> bool {
        self.parts & bit(character) != 0
    }

    /// Between separators, and between letters and digits.
    pub fn parts(&self) -> Vec<&str> {
        let mut parts = Vec::new();
        let mut begin = 0;
        for (place, (byte, _)) in self.text.char_indices().enumerate() {
            if place > 0 && self.part_begins_at(place) {
                parts.push(&self.text[begin..byte]);
                begin = byte;
            }
        }
        parts.push(&self.text[begin..]);
        parts
    }

    /// Without the zeros that lead a number: spreadsheets eat them.
    pub fn without_zeros(&self) -> String {
        let letters: Vec<char> = self.text.chars().collect();
        let mut leading = false;
        let mut kept = String::with_capacity(self.text.len());
        for (place, &letter) in letters.iter().enumerate() {
            leading |= self.part_begins_at(place);
            let more = letters.get(place + 1).is_some_and(char::is_ascii_digit);
            if !(leading && letter == '0' && more && !self.part_begins_at(place + 1)) {
                kept.push(letter);
                leading = false;
            }
        }
        kept
    }
}

fn bit(place: usize) -> u64 {
    u32::try_from(place).ok().and_then(|it| 1u64.checked_shl(it)).unwrap_or(0)
}

/// Full-width forms, as Chinese and Japanese input methods write them, in their usual width.
pub(super) fn half_width(letter: char) -> char {
    match letter {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(letter) - 0xfee0).unwrap_or(letter),
        '\u{3000}' => ' ',
        _ => letter,
    }
}

/// Letters and digits that people and scanners take for one another, as one of them.
pub(super) fn shape(text: &str) -> String {
    let alike = |letter| match letter {
        'o' | 'q' => '0',
        'i' | 'l' => '1',
        'z' => '2',
        's' => '5',
        'b' => '8',
        _ => letter,
    };
    text.chars().map(alike).collect()
}

/// Of letters in their order. The same on every machine and in every run.
pub(super) fn hash(letters: impl IntoIterator<Item = char>) -> u64 {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    for letter in letters {
        state = (state.rotate_left(5) ^ u64::from(letter)).wrapping_mul(0x517c_c1b7_2722_0a95);
    }
    state ^= state >> 32;
    state.wrapping_mul(0xd6e8_feb8_6659_fd93)
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::expect;

    #[test]
    fn a_code_is_its_letters_and_digits() {
        let mut told = String::new();
        for code in [
            "AB-0012 x",
            "ＡＢ－００１２",
            "000123",
            "0",
            "00",
            "10-05",
            "A1005",
            "¿?",
            "螺丝 M08",
            "-007",
        ] {
            let folded = Folded::new(code);
            told += &format!("{code} = {} = {}\n", folded.text, folded.without_zeros());
        }
        expect![[r#"
            AB-0012 x = ab0012x = ab12x
            ＡＢ－００１２ = ab0012 = ab12
            000123 = 000123 = 123
            0 = 0 = 0
            00 = 00 = 0
            10-05 = 1005 = 105
            A1005 = a1005 = a1005
            ¿? =  = 
            螺丝 M08 = 螺丝m08 = 螺丝m8
            -007 = 007 = 7
        "#]]
        .assert_eq(&told);
    }
}
