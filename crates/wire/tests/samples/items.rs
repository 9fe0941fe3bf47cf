//! Items, locations, channels, kits.

use super::{Command, Sample, s, v1};

pub const SAMPLES: &[Sample] = &[
    (
        "register_item",
        r#""sku":"A","aliases":["B","C"],"name":"Mug","category":"cups","scale":3"#,
        || {
            let (sku, name, category) = (s("A"), s("Mug"), s("cups"));
            let aliases = vec![s("B"), s("C")];
            Command::RegisterItem(v1::RegisterItem { sku, aliases, name, category, scale: 3 })
        },
    ),
    ("add_alias", r#""sku":"A","alias":"B""#, || {
        Command::AddAlias(v1::AddAlias { sku: s("A"), alias: s("B") })
    }),
    (
        "register_location",
        r#""location":"L","name":"Leeds","kind":"supplier","supplier":"S""#,
        || {
            Command::RegisterLocation(v1::RegisterLocation {
                location: s("L"),
                name: s("Leeds"),
                kind: v1::register_location::Kind::Supplier.into(),
                supplier: s("S"),
            })
        },
    ),
    ("close_location", r#""location":"L""#, || {
        Command::CloseLocation(v1::CloseLocation { location: s("L") })
    }),
    ("register_channel", r#""channel":"web","name":"Shop","locations":["L","M"]"#, || {
        let (channel, name, locations) = (s("web"), s("Shop"), vec![s("L"), s("M")]);
        Command::RegisterChannel(v1::RegisterChannel { channel, name, locations })
    }),
    ("change_channel", r#""channel":"web","locations":["M"]"#, || {
        let (channel, locations) = (s("web"), vec![s("M")]);
        Command::ChangeChannel(v1::ChangeChannel { channel, locations })
    }),
    ("rename_item", r#""sku":"A","to":"B""#, || {
        Command::RenameItem(v1::RenameItem { sku: s("A"), to: s("B") })
    }),
    ("merge_items", r#""sku":"A","into":"B""#, || {
        Command::MergeItems(v1::MergeItems { sku: s("A"), into: s("B") })
    }),
    ("close_item", r#""sku":"A""#, || Command::CloseItem(v1::CloseItem { sku: s("A") })),
    ("set_mode", r#""sku":"A","mode":"finite","counts":[{"location":"L","quantity":4}]"#, || {
        let counts = vec![v1::set_mode::Count { location: s("L"), quantity: 4 }];
        Command::SetMode(v1::SetMode {
            sku: s("A"),
            mode: Some(v1::set_mode::Mode::Finite(v1::set_mode::Finite {})),
            counts: Some(v1::set_mode::Counts { counts }),
        })
    }),
    ("set_mode", r#""sku":"A","mode":"unlimited""#, || {
        let mode = Some(v1::set_mode::Mode::Unlimited(v1::set_mode::Unlimited {}));
        Command::SetMode(v1::SetMode { sku: s("A"), mode, counts: None })
    }),
    (
        "set_mode",
        r#""sku":"A","mode":{"capacity":{"limit":9,"window":"2h","zone":"UTC"}},"counts":[]"#,
        || {
            let (window, zone) = (s("2h"), s("UTC"));
            let capacity = v1::set_mode::Capacity { limit: 9, window, zone };
            let mode = Some(v1::set_mode::Mode::Capacity(capacity));
            let counts = Some(v1::set_mode::Counts { counts: Vec::new() });
            Command::SetMode(v1::SetMode { sku: s("A"), mode, counts })
        },
    ),
    ("define_kit", r#""sku":"K","parts":[{"sku":"A","quantity":2}]"#, || {
        let parts = vec![v1::define_kit::Part { sku: s("A"), quantity: 2 }];
        Command::DefineKit(v1::DefineKit { sku: s("K"), parts })
    }),
    ("assemble_kit", r#""sku":"K","location":"L","quantity":2"#, || {
        let (sku, location) = (s("K"), s("L"));
        Command::AssembleKit(v1::AssembleKit { sku, location, quantity: 2 })
    }),
    ("disassemble_kit", r#""sku":"K","location":"L","quantity":2"#, || {
        let (sku, location) = (s("K"), s("L"));
        Command::DisassembleKit(v1::DisassembleKit { sku, location, quantity: 2 })
    }),
];
