//! What the page of commands says of each: its text, and the examples that a test books.

use std::collections::BTreeMap;

use serde_json::Value;

const PAGE: &str = include_str!("../../../../../docs/commands.md");

/// One command's section.
#[derive(Default)]
pub(super) struct Section {
    pub text: String,
    pub examples: Vec<Value>,
}

/// By stem.
pub(super) fn sections() -> BTreeMap<String, Section> {
    let mut sections: BTreeMap<String, Section> = BTreeMap::new();
    let (mut heading, mut open) = (String::new(), None::<(String, String)>);
    for line in PAGE.lines() {
        if let Some((stem, mut example)) = open.take() {
            if line == "```" {
                let read = serde_json::from_str(&example);
                sections.entry(stem).or_default().examples.extend(read);
            } else {
                example.push_str(line);
                open = Some((stem, example));
            }
        } else if let Some(stem) = line.strip_prefix("```json") {
            let stem = if stem.is_empty() { &heading } else { stem.trim() };
            open = Some((stem.to_owned(), String::new()));
        } else if let Some(name) = line.strip_prefix("## ") {
            heading = name.trim_matches('`').to_owned();
        } else {
            let text = &mut sections.entry(heading.clone()).or_default().text;
            text.push_str(line);
            text.push('\n');
        }
    }
    sections.retain(|stem, _| onhand_core::Command::STEMS.contains(&stem.as_str()));
    for section in sections.values_mut() {
        section.text = section.text.trim().to_owned();
    }
    sections
}
