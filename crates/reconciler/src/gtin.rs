//! GTINs: one number in four lengths, with a check digit.

/// The 14-digit form of a GTIN-8, 12, 13 or 14 whose check digit is right. Zeros alone are none.
pub fn gtin14(text: &str) -> Option<[u8; 14]> {
    let digits = text.as_bytes();
    if !matches!(digits.len(), 8 | 12 | 13 | 14) || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let mut padded = [b'0'; 14];
    padded[14 - digits.len()..].copy_from_slice(digits);
    let weighted = |(place, digit): (usize, &u8)| {
        u32::from(digit - b'0') * if place.is_multiple_of(2) { 3 } else { 1 }
    };
    let sum: u32 = padded[..13].iter().enumerate().map(weighted).sum();
    let check = (10 - sum % 10) % 10;
    (sum > 0 && u32::from(padded[13] - b'0') == check).then_some(padded)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn published_examples_are_right_and_others_wrong() {
        for right in [
            "6291041500213",
            "036000291452",
            "4006381333931",
            "96385074",
            "10614141000415",
            "614141000012",
            "4012345000009",
            "5412345000013",
        ] {
            assert!(gtin14(right).is_some(), "{right}");
        }
        assert_eq!(gtin14("614141000012"), gtin14("0614141000012"));
        for wrong in ["6291041500214", "96385075", "12345", "40063813339a1", "00000000", ""] {
            assert_eq!(gtin14(wrong), None, "{wrong}");
        }
    }
}
