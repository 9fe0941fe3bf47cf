//! A calculation as lines: sign, number, name, and what is behind it, each in its column.

/// Lines that are being written.
#[derive(Default)]
pub struct Sheet {
    lines: Vec<String>,
    depth: usize,
}

/// How a line goes into the calculation.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Sign {
    /// A figure that the next ones are reckoned from.
    Begin,
    Plus,
    Minus,
    /// What comes out.
    Equals,
}

const INDENT: &str = "    ";

impl Sheet {
    pub fn into_lines(self) -> Vec<String> {
        self.lines
    }

    /// A line of its own.
    pub fn say(&mut self, text: &str) {
        let line = format!("{}{text}", INDENT.repeat(self.depth));
        self.lines.push(line.trim_end().to_owned());
    }

    pub fn gap(&mut self) {
        if self.lines.last().is_some_and(|it| !it.is_empty()) {
            self.lines.push(String::new());
        }
    }

    /// What `write` writes stands further in.
    pub fn within(&mut self, write: impl FnOnce(&mut Sheet)) {
        self.depth += 1;
        write(self);
        self.depth -= 1;
    }

    /// One term with its notes; the second note stands under the first.
    pub fn term(&mut self, sign: Sign, number: &str, name: &str, notes: &[String]) {
        let sign = match sign {
            Sign::Begin => " ",
            Sign::Plus => "+",
            Sign::Minus => "-",
            Sign::Equals => "=",
        };
        let first = notes.first().map_or("", String::as_str);
        self.say(&format!("{sign} {number:>7}  {name:<9}  {first}"));
        for note in notes.iter().skip(1) {
            self.say(&format!("{:22}{note}", ""));
        }
    }
}
