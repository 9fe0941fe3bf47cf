//! Random commands over a small shop, in which everything meets everything.

use onhand_core::*;
use proptest::prelude::*;

/// One random command: `verb` says which, the other numbers what about.
#[derive(Clone, Debug)]
pub struct Op {
    pub verb: u8,
    /// Seconds since the last one.
    pub pause: u64,
    /// Seconds by which it is dated back.
    pub back: Option<u64>,
    pub order: u8,
    pub place: u8,
    pub other: u8,
    pub lines: Vec<(u8, u64, u8)>,
}

pub fn op() -> impl Strategy<Value = Op> {
    let back = prop_oneof![3 => Just(None), 1 => (0..30u64).prop_map(Some)];
    let lines = prop::collection::vec((0..4u8, 1..8u64, 0..4u8), 1..4);
    (0..40u8, 0..5u64, back, 0..4u8, 0..3u8, 0..6u8, lines).prop_map(
        |(verb, pause, back, order, place, other, lines)| Op {
            verb,
            pause,
            back,
            order,
            place,
            other,
            lines,
        },
    )
}

pub fn sku(number: u8) -> Sku {
    Sku::new(["W", "G", "WW", "K"][number as usize % 4]).unwrap()
}
pub fn location(number: u8) -> LocationId {
    LocationId::new(["A", "B", "C"][number as usize % 3]).unwrap()
}
pub fn channel() -> ChannelId {
    ChannelId::new("web").unwrap()
}
pub fn order(number: u8) -> OrderId {
    OrderId::new(&format!("O{number}")).unwrap()
}
pub fn line_ref(number: u8) -> LineRef {
    LineRef::new(&(1 + number % 3).to_string()).unwrap()
}
fn hold(number: u8) -> HoldId {
    HoldId::new(&format!("H{}", number % 3)).unwrap()
}
fn transfer(number: u8) -> TransferId {
    TransferId::new(&format!("T{}", number % 2)).unwrap()
}
fn quantity(units: u64) -> Quantity {
    Quantity::new(units).unwrap()
}
fn condition(number: u8) -> Option<Condition> {
    match number {
        0 => None,
        more => Some(Condition::ALL[more as usize % 4]),
    }
}
fn partial(number: u8) -> Partial {
    [Partial::None, Partial::PerLine, Partial::BestEffort][number as usize % 3]
}

/// What registers the shop: two items with three names, a third item, three locations, a channel.
pub fn setup() -> Vec<Command> {
    let item = |sku: &str, aliases: &[&str]| {
        let aliases = aliases.iter().map(|it| Sku::new(it).unwrap()).collect();
        let sku = Sku::new(sku).unwrap();
        Command::RegisterItem(RegisterItem { sku, aliases, name: None, category: None, scale: 0 })
    };
    let place = |number: u8| {
        Command::RegisterLocation(RegisterLocation {
            location: location(number),
            name: None,
            kind: LocationKind::Own,
            supplier: None,
        })
    };
    let web = RegisterChannel {
        channel: channel(),
        name: None,
        locations: vec![location(0), location(1)],
    };
    vec![
        item("W", &["WW"]),
        item("G", &[]),
        item("K", &[]),
        place(0),
        place(1),
        place(2),
        Command::RegisterChannel(web),
    ]
}

impl Op {
    /// The command, asked at `now` of a ledger at `position`.
    pub fn command(&self, now: Time, position: u64) -> Command {
        match self.verb {
            0..=6 => Command::ReceiveStock(ReceiveStock {
                location: location(self.place),
                lines: self.each(|(item, units, _)| ReceiveLine {
                    sku: sku(item),
                    quantity: quantity(units * 4),
                    lot: None,
                    unit_cost: None,
                }),
                to: if self.other == 0 { ReceiveTo::QualityControl } else { ReceiveTo::Sellable },
                from: ReceiveFrom::Supplier,
                supplier: None,
                inbound: None,
                create_items: false,
            }),
            7..=16 => self.order_command(),
            17..=23 => self.hold_command(),
            24..=29 => self.transfer_command(),
            30..=32 => Command::CountStock(CountStock {
                location: location(self.place),
                counted_at: self.back.map(|it| Time(now.as_us() - it * 1_000_000)),
                lines: self.each(|(item, units, at)| CountLine {
                    sku: sku(item),
                    condition: condition(at),
                    quantity: units,
                }),
                create_items: false,
                book: Vec::new(),
            }),
            33 => Command::AdjustStock(AdjustStock {
                location: location(self.place),
                lines: self.each(|(item, units, at)| AdjustLine {
                    sku: sku(item),
                    condition: condition(at),
                    change: (at < 2).then_some(units as i64 - 4),
                    set: (at >= 2).then_some(units),
                    expected: (at >= 2).then_some(None),
                }),
                reason: Reason { code: ReasonCode::Correction, note: None },
                create_items: false,
            }),
            34 | 35 => Command::ReverseEntry(ReverseEntry {
                position: position.saturating_sub(u64::from(self.other) + 1),
                reason: ReversalReason::DidNotOccur,
                entry: None,
            }),
            _ => self.shelf_command(),
        }
    }

    fn each<T>(&self, line: impl Fn((u8, u64, u8)) -> T) -> Vec<T> {
        self.lines.iter().map(|it| line(*it)).collect()
    }

    /// Lines that ask for units, some at a named location, some wherever the channel has them.
    fn claims(&self) -> Vec<ClaimLine> {
        self.each(|(item, units, at)| ClaimLine {
            r#ref: None,
            sku: sku(item),
            quantity: quantity(units),
            location: (at < 3).then(|| location(at)),
            slot: None,
        })
    }

    fn order_command(&self) -> Command {
        let order = order(self.order);
        let some = self.other > 1;
        match self.verb {
            7..=10 => Command::CommitOrder(CommitOrder {
                order,
                channel: Some(channel()),
                campaign: None,
                customer: None,
                ship_to: None,
                hold: (self.verb == 7).then(|| hold(self.other)),
                lines: if self.verb == 7 && some { Vec::new() } else { self.claims() },
                partial: partial(self.other),
                if_short: if self.place == 2 { IfShort::AcceptOversold } else { IfShort::Refuse },
            }),
            11 | 12 => Command::CancelOrder(CancelOrder {
                order,
                lines: self.each(|(item, units, at)| CancelLine {
                    r#ref: line_ref(item),
                    quantity: (at > 0).then(|| quantity(units)),
                })[..if some { 1 } else { 0 }]
                    .to_vec(),
                reason: None,
            }),
            13 | 14 => Command::ShipOrder(ShipOrder {
                order,
                location: (self.place < 2).then(|| location(self.place)),
                lines: self.each(|(item, units, at)| ShipLine {
                    r#ref: line_ref(item),
                    quantity: (at > 0).then(|| quantity(units)),
                    sku: (self.other > 3).then(|| sku(item)),
                    location: (at == 3).then(|| location(at)),
                })[..if some { 1 } else { 0 }]
                    .to_vec(),
                refuse_if_short: self.other == 0,
            }),
            _ => Command::ReturnStock(ReturnStock {
                order: some.then_some(order),
                location: location(self.place),
                lines: self.each(|(item, units, at)| ReturnLine {
                    r#ref: some.then(|| line_ref(item)),
                    sku: (!some || at == 0).then(|| sku(item)),
                    quantity: quantity(units),
                    condition: condition(at),
                }),
                reason: None,
            }),
        }
    }

    fn hold_command(&self) -> Command {
        let hold = hold(self.other);
        match self.verb {
            17..=20 => Command::HoldStock(HoldStock {
                hold,
                owner: Label::new("cart").unwrap(),
                channel: Some(channel()),
                campaign: None,
                customer: None,
                ship_to: None,
                expires_in: Some(1 + u64::from(self.order) * 10),
                lines: self.claims(),
                partial: partial(self.place),
            }),
            21 => Command::ExtendHold(ExtendHold { hold, expires_in: 1 + u64::from(self.order) }),
            22 => Command::ReleaseHold(ReleaseHold {
                hold,
                lines: self.each(|(item, units, _)| ReleaseLine {
                    r#ref: line_ref(item),
                    quantity: quantity(units),
                })[..if self.place > 0 { 1 } else { 0 }]
                    .to_vec(),
            }),
            _ => Command::ExpireHold(ExpireHold { hold }),
        }
    }

    fn transfer_command(&self) -> Command {
        let transfer = transfer(self.other);
        match self.verb {
            24..=26 => Command::StartTransfer(StartTransfer {
                transfer,
                from: location(self.place),
                to: location(self.order),
                lines: self.each(|(item, units, _)| TransferLine {
                    sku: sku(item),
                    quantity: quantity(units),
                })[..1]
                    .to_vec(),
            }),
            27 | 28 => Command::ReceiveTransfer(ReceiveTransfer {
                transfer,
                lines: self.each(|(item, units, at)| ArrivedLine {
                    sku: sku(item),
                    received: units,
                    damaged: u64::from(at == 1),
                    missing: u64::from(at == 2),
                })[..1]
                    .to_vec(),
            }),
            _ => Command::CancelTransfer(CancelTransfer {
                transfer,
                outcome: if self.place == 0 {
                    TransferOutcome::WriteOff
                } else {
                    TransferOutcome::Restock
                },
            }),
        }
    }

    fn shelf_command(&self) -> Command {
        let location = location(self.place);
        let lines = self.each(|(item, units, at)| ConditionLine {
            sku: sku(item),
            quantity: quantity(units),
            condition: condition(at),
        });
        match self.other {
            0 => Command::DamageStock(DamageStock { location, lines, reason: None }),
            1 => Command::WriteOffStock(WriteOffStock { location, lines, reason: None }),
            2 => Command::ReturnToSupplier(ReturnToSupplier {
                location,
                lines,
                supplier: None,
                reason: None,
            }),
            3 => Command::InspectStock(InspectStock {
                location,
                lines: self.each(|(item, units, at)| InspectLine {
                    sku: sku(item),
                    passed: units,
                    rejected: u64::from(at),
                }),
                rejected_to: RejectedTo::Damaged,
            }),
            4 => Command::ChangeCondition(ChangeCondition {
                location,
                lines: self.each(|(item, units, at)| ChangeLine {
                    sku: sku(item),
                    quantity: quantity(units),
                    from: Condition::Sellable,
                    to: Condition::ALL[at as usize],
                }),
                reason: None,
            }),
            _ => Command::CloseLocation(CloseLocation { location }),
        }
    }
}
