//! What is wrong with a file, and where.

use std::fmt;

use serde::Serialize;

/// One thing that keeps a file from being read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Complaint {
    /// Line, row or segment of the file, from 1. None: the file as a whole.
    pub line: Option<u64>,
    /// Column by name, or element such as `QTY02`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub column: Option<String>,
    /// What is wrong and what to do, in words that complete "the column …".
    pub message: String,
}

impl Complaint {
    pub fn of_file(message: impl Into<String>) -> Complaint {
        Complaint { line: None, column: None, message: message.into() }
    }

    pub fn at(line: u64, column: impl Into<String>, message: impl Into<String>) -> Complaint {
        Complaint { line: Some(line), column: Some(column.into()), message: message.into() }
    }
}

impl fmt::Display for Complaint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.line, &self.column) {
            (Some(line), Some(column)) => write!(f, "line {line}, {column}: {}", self.message),
            (Some(line), None) => write!(f, "line {line}: {}", self.message),
            (None, Some(column)) => write!(f, "{column}: {}", self.message),
            (None, None) => write!(f, "{}", self.message),
        }
    }
}

/// Everything that was found wrong, up to a bound: a file is read whole or not at all.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Complaints {
    pub first: Vec<Complaint>,
    /// All of them, those beyond the bound included.
    pub count: u64,
}

/// So many complaints are told one by one.
pub const COMPLAINTS_MAX: usize = 100;

impl Complaints {
    pub fn add(&mut self, complaint: Complaint) {
        self.count += 1;
        if self.first.len() < COMPLAINTS_MAX {
            self.first.push(complaint);
        }
    }

    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    pub fn append(&mut self, more: Complaints) {
        self.count += more.count;
        let room = COMPLAINTS_MAX.saturating_sub(self.first.len());
        self.first.extend(more.first.into_iter().take(room));
    }
}

impl From<Complaint> for Complaints {
    fn from(complaint: Complaint) -> Complaints {
        let mut complaints = Complaints::default();
        complaints.add(complaint);
        complaints
    }
}

impl fmt::Display for Complaints {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, complaint) in self.first.iter().enumerate() {
            write!(f, "{}{complaint}", if index == 0 { "" } else { "\n" })?;
        }
        match self.count - self.first.len() as u64 {
            0 => Ok(()),
            more => write!(f, "\nand {more} more"),
        }
    }
}

impl std::error::Error for Complaints {}
