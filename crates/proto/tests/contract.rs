//! The contract keeps its form: names, comments, a call per command, and nothing that callers rely
//! on is taken away.

#![allow(clippy::unwrap_used)]

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::path::PathBuf;

use onhand_proto::DESCRIPTORS;
use prost::Message;
use prost_types::field_descriptor_proto::{Label, Type};
use prost_types::{
    DescriptorProto, EnumDescriptorProto, FieldDescriptorProto, FileDescriptorProto,
    FileDescriptorSet,
};

/// The files of ours.
fn files() -> Vec<FileDescriptorProto> {
    let set = FileDescriptorSet::decode(DESCRIPTORS).unwrap();
    set.file.into_iter().filter(|it| it.package() == "onhand.v1").collect()
}

/// Paths, as in `SourceCodeInfo`, of everything that has a comment before it.
fn commented(file: &FileDescriptorProto) -> BTreeSet<Vec<i32>> {
    let places = file.source_code_info.iter().flat_map(|it| &it.location);
    let with = places.filter(|it| !it.leading_comments().trim().is_empty());
    with.map(|it| it.path.clone()).collect()
}

fn messages(file: &FileDescriptorProto) -> Vec<(String, Vec<i32>, &DescriptorProto)> {
    let mut found = Vec::new();
    let tops = file.message_type.iter().enumerate();
    let mut open: Vec<_> =
        tops.map(|(index, it)| (String::new(), vec![4, index as i32], it)).collect();
    while let Some((outer, path, message)) = open.pop() {
        let name = format!("{outer}{}", message.name());
        for (index, inner) in message.nested_type.iter().enumerate() {
            let path = [path.as_slice(), &[3, index as i32]].concat();
            open.push((format!("{name}."), path, inner));
        }
        if !message.options.as_ref().is_some_and(|it| it.map_entry()) {
            found.push((name, path, message));
        }
    }
    found
}

fn enums(file: &FileDescriptorProto) -> Vec<(String, &EnumDescriptorProto)> {
    let top = file.enum_type.iter().map(|it| (it.name().to_owned(), it));
    let inner = messages(file).into_iter().flat_map(|(name, _, message)| {
        let named = move |it| (format!("{name}.{}", EnumDescriptorProto::name(it)), it);
        message.enum_type.iter().map(named)
    });
    top.chain(inner).collect()
}

fn snake(name: &str) -> String {
    let mut snake = String::new();
    for it in name.chars() {
        if it.is_ascii_uppercase() && !snake.is_empty() {
            snake.push('_');
        }
        snake.push(it.to_ascii_lowercase());
    }
    snake
}

#[test]
fn names_and_comments_are_as_agreed() {
    let mut wrong = String::new();
    for file in files() {
        let commented = commented(&file);
        for (name, path, message) in messages(&file) {
            // What a call takes is told with the call; what a line holds with its command.
            let told_elsewhere =
                name.contains('.') || name.ends_with("Request") || name.ends_with("Response");
            if !told_elsewhere && !commented.contains(&path) {
                writeln!(wrong, "{name} has no comment").unwrap();
            }
            for field in message.field.iter().filter(|it| it.name() != snake(it.name())) {
                writeln!(wrong, "{name}.{} is not in snake_case", field.name()).unwrap();
            }
        }
        for (index, service) in file.service.iter().enumerate() {
            for (place, call) in service.method.iter().enumerate() {
                if !commented.contains(&vec![6, index as i32, 2, place as i32]) {
                    writeln!(wrong, "{}.{} has no comment", service.name(), call.name()).unwrap();
                }
            }
        }
        for (name, choice) in enums(&file) {
            let zero = choice.value.first().map(|it| (it.number(), it.name().to_owned()));
            if zero.as_ref().is_none_or(|(number, _)| *number != 0) {
                writeln!(wrong, "{name} has no value 0 at its beginning").unwrap();
            }
            let all = choice.value.iter();
            for value in all.filter(|it| it.name() != it.name().to_ascii_uppercase()) {
                writeln!(wrong, "{name}.{} is not in capitals", value.name()).unwrap();
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn every_command_has_a_call_and_every_call_a_command() {
    let files = files();
    let all: BTreeMap<String, &DescriptorProto> =
        files.iter().flat_map(messages).map(|(name, _, it)| (name, it)).collect();
    let stems: BTreeSet<String> = all["Command"]
        .field
        .iter()
        .filter(|it| it.oneof_index.is_some())
        .map(|it| it.name().to_owned())
        .collect();
    let service =
        files.iter().flat_map(|it| &it.service).find(|it| it.name() == "Commands").unwrap();
    let calls = service.method.iter().filter(|it| !it.client_streaming());
    let calls = calls.filter(|it| it.name() != "Submit");
    let mut called = BTreeSet::new();
    for call in calls {
        let stem = snake(call.name());
        assert_eq!(call.input_type(), format!(".onhand.v1.{}Request", call.name()));
        assert_eq!(call.output_type(), ".onhand.v1.Accepted");
        let request = all[&format!("{}Request", call.name())];
        let fields: Vec<&str> = request.field.iter().map(FieldDescriptorProto::name).collect();
        assert_eq!(fields, ["ledger", "envelope", "command", "dry_run"], "{stem}");
        assert_eq!(request.field[2].type_name(), format!(".onhand.v1.{}", call.name()));
        called.insert(stem);
    }
    assert_eq!(called, stems);
    assert_eq!(called.len(), 51);
}

/// `Message.field = number type`, `Enum.VALUE = number`, `Service.Call = input -> output`.
fn contract() -> BTreeSet<String> {
    let mut lines = BTreeSet::new();
    for file in &files() {
        for (name, _, message) in messages(file) {
            for field in &message.field {
                let text = format!("{name}.{} = {} {}", field.name(), field.number(), kind(field));
                lines.insert(text);
            }
        }
        for (name, choice) in enums(file) {
            for value in &choice.value {
                lines.insert(format!("{name}.{} = {}", value.name(), value.number()));
            }
        }
        for service in &file.service {
            for it in &service.method {
                let stream = |yes| if yes { "stream " } else { "" };
                let (from, to) = (stream(it.client_streaming()), stream(it.server_streaming()));
                let (input, output) = (it.input_type(), it.output_type());
                let (service, call) = (service.name(), it.name());
                lines.insert(format!("{service}.{call} = {from}{input} -> {to}{output}"));
            }
        }
    }
    lines
}

fn kind(field: &FieldDescriptorProto) -> String {
    let label = match (field.label(), field.proto3_optional()) {
        (Label::Repeated, _) => "repeated ",
        (_, true) => "optional ",
        (_, false) => "",
    };
    let kind = match field.r#type() {
        Type::Message | Type::Enum => field.type_name().to_owned(),
        plain => format!("{plain:?}").to_ascii_lowercase(),
    };
    format!("{label}{kind}")
}

#[test]
fn nothing_is_taken_away_or_changed() {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/golden/onhand.v1.txt");
    let now = contract();
    let before: BTreeSet<String> =
        std::fs::read_to_string(&path).unwrap_or_default().lines().map(str::to_owned).collect();
    let gone: Vec<&String> = before.difference(&now).collect();
    assert!(gone.is_empty(), "callers rely on what is not there any more:\n{gone:#?}");
    let new: Vec<&String> = now.difference(&before).collect();
    if std::env::var_os("UPDATE_EXPECT").is_some() && !new.is_empty() {
        let text = now.iter().fold(String::new(), |text, line| text + line + "\n");
        std::fs::write(&path, text).unwrap();
        return;
    }
    assert!(new.is_empty(), "new in the contract; run again with UPDATE_EXPECT=1:\n{new:#?}");
}
