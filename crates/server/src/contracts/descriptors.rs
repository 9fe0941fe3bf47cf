//! The messages of `proto/` with their comments, taken out of the compiled contract.

use std::collections::BTreeMap;

use onhand_proto::DESCRIPTORS;
use prost::Message as _;
use prost_types::field_descriptor_proto::{Label, Type};
use prost_types::{DescriptorProto, EnumDescriptorProto, FileDescriptorSet};

const PACKAGE: &str = ".onhand.v1.";

/// Messages and enums by their names within the package, nested ones joined: `ReceiveStockLine`.
#[derive(Default)]
pub(super) struct Descriptors {
    pub messages: BTreeMap<String, Message>,
    pub enums: BTreeMap<String, Vec<Word>>,
}

pub(super) struct Message {
    pub says: String,
    pub fields: Vec<Field>,
}

pub(super) struct Field {
    pub name: String,
    pub says: String,
    pub kind: Kind,
    pub many: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Text,
    Switch,
    /// Not negative.
    Whole,
    Signed,
    Moment,
    /// Of texts by names.
    Map,
    Message(String),
    Enum(String),
}

/// One word of an enum, as JSON has it.
pub(super) struct Word {
    pub word: String,
    pub says: String,
}

/// Comments by the place of what they are about in its file.
type Comments = BTreeMap<Vec<i32>, String>;

/// Numbers of fields in `FileDescriptorProto` and `DescriptorProto`, of which places are made.
const MESSAGE: i32 = 4;
const ENUM: i32 = 5;
const FIELD: i32 = 2;
const NESTED: i32 = 3;
const NESTED_ENUM: i32 = 4;
const VALUE: i32 = 2;

impl Descriptors {
    /// Nothing if what was compiled in cannot be read; a test looks.
    pub fn read() -> Descriptors {
        let mut all = Descriptors::default();
        let files = FileDescriptorSet::decode(DESCRIPTORS).map(|it| it.file).unwrap_or_default();
        for file in files.iter().filter(|it| it.package() == "onhand.v1") {
            let locations = file.source_code_info.iter().flat_map(|it| &it.location);
            let comments = locations.filter_map(|it| {
                Some((it.path.clone(), one_line(it.leading_comments.as_deref()?)))
            });
            let comments: Comments = comments.collect();
            for (index, it) in (0..).zip(&file.message_type) {
                all.message("", it, &comments, vec![MESSAGE, index]);
            }
            for (index, it) in (0..).zip(&file.enum_type) {
                all.words("", it, &comments, vec![ENUM, index]);
            }
        }
        all
    }

    fn message(&mut self, outer: &str, it: &DescriptorProto, comments: &Comments, at: Vec<i32>) {
        let name = format!("{outer}{}", it.name());
        for (index, nested) in (0..).zip(&it.nested_type) {
            self.message(&name, nested, comments, place(&at, [NESTED, index]));
        }
        for (index, nested) in (0..).zip(&it.enum_type) {
            self.words(&name, nested, comments, place(&at, [NESTED_ENUM, index]));
        }
        let maps: Vec<String> = it.nested_type.iter().filter(|it| is_map(it)).map(called).collect();
        let fields = (0..).zip(&it.field).map(|(index, field)| {
            let type_name = field.type_name().trim_start_matches(PACKAGE).replace('.', "");
            let is_map = maps.iter().any(|it| type_name == format!("{name}{it}"));
            Field {
                name: field.name().to_owned(),
                says: comment(comments, &place(&at, [FIELD, index])),
                kind: if is_map { Kind::Map } else { kind(field.r#type(), type_name) },
                many: !is_map && field.label() == Label::Repeated,
            }
        });
        let message = Message { fields: fields.collect(), says: comment(comments, &at) };
        self.messages.insert(name, message);
    }

    /// In lower case without the enum's name in front, and without what stands for none.
    fn words(&mut self, outer: &str, it: &EnumDescriptorProto, comments: &Comments, at: Vec<i32>) {
        let prefix = format!("{}_", in_snake(it.name()));
        let words = (0..).zip(&it.value).map(|(index, value)| {
            let word = value.name().to_lowercase();
            let word = word.strip_prefix(&prefix).unwrap_or(&word).to_owned();
            Word { word, says: comment(comments, &place(&at, [VALUE, index])) }
        });
        let words = words.filter(|it| it.word != "unspecified").collect();
        self.enums.insert(format!("{outer}{}", it.name()), words);
    }
}

fn place(at: &[i32], more: [i32; 2]) -> Vec<i32> {
    [at, &more].concat()
}

fn comment(comments: &Comments, at: &[i32]) -> String {
    comments.get(at).cloned().unwrap_or_default()
}

fn one_line(comment: &str) -> String {
    comment.lines().map(str::trim).collect::<Vec<_>>().join(" ").trim().to_owned()
}

fn is_map(it: &DescriptorProto) -> bool {
    it.options.as_ref().is_some_and(|it| it.map_entry())
}

fn called(it: &DescriptorProto) -> String {
    it.name().to_owned()
}

fn kind(kind: Type, type_name: String) -> Kind {
    match kind {
        Type::Bool => Kind::Switch,
        Type::Sint64 | Type::Int64 | Type::Sint32 | Type::Int32 => Kind::Signed,
        Type::Uint64 | Type::Uint32 => Kind::Whole,
        Type::Message if type_name.ends_with("protobufTimestamp") => Kind::Moment,
        Type::Message => Kind::Message(type_name),
        Type::Enum => Kind::Enum(type_name),
        // The contract has no other types.
        _ => Kind::Text,
    }
}

/// `RejectedTo` as `rejected_to`.
pub(super) fn in_snake(name: &str) -> String {
    let mut snake = String::new();
    for (index, it) in name.char_indices() {
        if it.is_ascii_uppercase() && index > 0 {
            snake.push('_');
        }
        snake.push(it.to_ascii_lowercase());
    }
    snake
}

/// `receive_stock` as `ReceiveStock`.
pub(super) fn in_camel(stem: &str) -> String {
    let words = stem.split('_').map(|it| {
        let (first, rest) = it.split_at(it.len().min(1));
        format!("{}{rest}", first.to_ascii_uppercase())
    });
    words.collect()
}
