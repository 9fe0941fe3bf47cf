//! What makes a line an order, a return, an adjustment or nothing: tests on columns, in order.

use serde::{Deserialize, Serialize};

/// What a line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Sold and shipped.
    Order,
    /// Came back from a customer. The sign of the quantity does not matter.
    Return,
    /// More than the book said; the sign of the quantity does not matter.
    AdjustIn,
    /// Fewer than the book said; the sign of the quantity does not matter.
    AdjustOut,
    /// More or fewer, by the sign of the quantity.
    Adjust,
    /// No stock at all: postage, fees, vouchers.
    None,
}

/// The lines for which all of `when` holds are of this kind.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// What the summary calls such lines; several rules may share a name.
    pub name: String,
    pub kind: Kind,
    #[serde(default)]
    pub when: Vec<When>,
}

/// One test on one column. Texts are compared without outer spaces.
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "WrittenWhen")]
pub struct When {
    pub column: String,
    test: Test,
    ignore_case: bool,
    not: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Test {
    /// Equals one of these.
    In(Vec<String>),
    StartsWith(Vec<String>),
    Contains(Vec<String>),
    Blank,
    Sign(Sign),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Sign {
    Negative,
    Zero,
    Positive,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenWhen {
    column: String,
    equals: Option<String>,
    r#in: Option<Vec<String>>,
    starts_with: Option<OneOrMany>,
    contains: Option<OneOrMany>,
    blank: Option<bool>,
    sign: Option<Sign>,
    #[serde(default)]
    ignore_case: bool,
    #[serde(default)]
    not: bool,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

impl From<OneOrMany> for Vec<String> {
    fn from(it: OneOrMany) -> Vec<String> {
        match it {
            OneOrMany::One(one) => vec![one],
            OneOrMany::Many(many) => many,
        }
    }
}

impl TryFrom<WrittenWhen> for When {
    type Error = String;
    fn try_from(written: WrittenWhen) -> Result<When, String> {
        let WrittenWhen { column, ignore_case, mut not, .. } = written;
        // `blank = false` is the plain way to say that a column must be filled.
        not ^= written.blank == Some(false);
        let tests = [
            written.equals.map(|it| Test::In(vec![it])),
            written.r#in.map(Test::In),
            written.starts_with.map(|it| Test::StartsWith(it.into())),
            written.contains.map(|it| Test::Contains(it.into())),
            written.blank.map(|_| Test::Blank),
            written.sign.map(Test::Sign),
        ];
        let mut tests = tests.into_iter().flatten();
        match (tests.next(), tests.next()) {
            (Some(test), None) => {
                Ok(When { column, test: test.folded(ignore_case), ignore_case, not })
            }
            (None, _) => Err(format!("the test on column `{column}` tests nothing; {ONE_OF}")),
            (Some(_), Some(_)) => {
                Err(format!("the test on column `{column}` tests two things; {ONE_OF} each"))
            }
        }
    }
}

const ONE_OF: &str = "give one of equals, in, starts_with, contains, blank, sign";

impl Test {
    fn folded(self, ignore_case: bool) -> Test {
        let fold = |texts: Vec<String>| match ignore_case {
            true => texts.iter().map(|it| it.to_lowercase()).collect(),
            false => texts,
        };
        match self {
            Test::In(texts) => Test::In(fold(texts)),
            Test::StartsWith(texts) => Test::StartsWith(fold(texts)),
            Test::Contains(texts) => Test::Contains(fold(texts)),
            other @ (Test::Blank | Test::Sign(_)) => other,
        }
    }
}

impl When {
    /// Whether the test holds for the text of its column.
    ///
    /// # Errors
    /// The column must be a number and is none.
    pub fn holds(&self, text: &str) -> Result<bool, String> {
        let text = text.trim();
        let folded: String;
        let text = match self.ignore_case {
            true => {
                folded = text.to_lowercase();
                &folded
            }
            false => text,
        };
        let holds = match &self.test {
            Test::In(texts) => texts.iter().any(|it| it == text),
            Test::StartsWith(texts) => texts.iter().any(|it| text.starts_with(it.as_str())),
            Test::Contains(texts) => texts.iter().any(|it| text.contains(it.as_str())),
            Test::Blank => text.is_empty(),
            Test::Sign(sign) => sign_of(text)
                .map(|it| it == *sign)
                .ok_or_else(|| format!("column `{}`: {text:?} is no number", self.column))?,
        };
        Ok(holds != self.not)
    }
}

fn sign_of(text: &str) -> Option<Sign> {
    let number: f64 = text.parse().ok().filter(|it: &f64| it.is_finite())?;
    Some(if number > 0.0 {
        Sign::Positive
    } else if number < 0.0 {
        Sign::Negative
    } else {
        Sign::Zero
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(when: &str, text: &str, said: &str) {
        let read: Result<When, _> = toml::from_str(when);
        let actual = match read.map(|it| it.holds(text)) {
            Ok(Ok(holds)) => holds.to_string(),
            Ok(Err(message)) => message,
            Err(error) => error.message().to_owned(),
        };
        assert_eq!(actual, said, "{when} on {text:?}");
    }

    #[test]
    fn a_test_reads_one_column() {
        check("column = 'a'\nequals = 'POST'", " POST ", "true");
        check("column = 'a'\nequals = 'POST'", "post", "false");
        check("column = 'a'\nin = ['POST', 'M']\nignore_case = true", "m", "true");
        check("column = 'a'\nstarts_with = 'gift_'", "gift_0001_20", "true");
        check("column = 'a'\nstarts_with = ['C', 'R']\nnot = true", "536365", "true");
        check("column = 'a'\ncontains = '运费'", "含运费用", "true");
        check("column = 'a'\nblank = true", "  ", "true");
        check("column = 'a'\nblank = false", "17850.0", "true");
        check("column = 'a'\nsign = 'zero'", "0.00", "true");
        check("column = 'a'\nsign = 'negative'", "-6", "true");
    }

    #[test]
    fn a_wrong_test_is_named() {
        check("column = 'a'\nsign = 'zero'", "free", "column `a`: \"free\" is no number");
        check("column = 'a'", "", &format!("the test on column `a` tests nothing; {ONE_OF}"));
        let two = format!("the test on column `a` tests two things; {ONE_OF} each");
        check("column = 'a'\nblank = true\nequals = 'x'", "", &two);
    }
}
