//! From lines to commands: what the ledger is asked to book, in the order of the file.

use std::sync::Arc;

use onhand_core::{
    AdjustLine, AdjustStock, ChannelId, ClaimLine, Command, CommitOrder, IfShort, LINES_MAX, Label,
    LedgerId, LineRef, OrderId, Partial, Quantity, ReceiveFrom, ReceiveLine, ReceiveStock,
    ReceiveTo, RegisterChannel, RegisterItem, RegisterLocation, Request, ReturnLine, ReturnStock,
    ShipLine, ShipOrder, Sku, Time,
};
use onhand_wire::EnvelopeExtra;

use super::key::key;
use super::line::Line;
use super::profile::Profile;
use super::rules::Kind;
use super::survey::Item;
use crate::failure::Failure;

/// A command to be booked, and where it comes from.
#[derive(Clone, Debug)]
pub struct Planned {
    pub request: Request,
    /// Line of the file that it begins with; 0 for what comes before the first.
    pub line: u64,
    pub what: What,
}

/// What a command is for: decides what its refusal means.
#[derive(Clone, Debug)]
pub enum What {
    /// An item, location or channel: no matter who registered it first.
    Registration,
    Opening,
    Commit(Arc<Group>),
    Ship(Arc<Group>),
    /// A return or adjustment: one line, one command.
    Line,
}

/// Neighbouring lines of one order that are booked together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    pub document: OrderId,
    pub channel: Option<ChannelId>,
    /// When the first line happened: a few documents span two minutes.
    pub at: Time,
    pub lines: Vec<GroupLine>,
    /// Whether this line is sent alone because its group was booked with other lines before.
    pub alone: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupLine {
    pub number: u64,
    pub ordinal: u32,
    pub sku: Sku,
    pub quantity: Quantity,
}

/// Makes commands. Holds the lines of one order at most.
pub struct Planner<'p> {
    profile: &'p Profile,
    ledger: LedgerId,
    open: Option<Group>,
}

impl<'p> Planner<'p> {
    pub fn new(profile: &'p Profile, ledger: LedgerId) -> Planner<'p> {
        Planner { profile, ledger, open: None }
    }

    /// Plans the line, and the order before it if that ends here.
    ///
    /// # Errors
    /// None that a line which could be read brings about; see [`key`].
    pub fn push(&mut self, line: Line, out: &mut Vec<Planned>) -> Result<(), Failure> {
        if line.kind != Kind::Order {
            self.flush(out)?;
            out.push(self.single(&line)?);
            return Ok(());
        }
        let fits = |it: &Group| {
            it.document == line.document && it.channel == line.channel && it.lines.len() < LINES_MAX
        };
        if !self.open.as_ref().is_some_and(fits) {
            self.flush(out)?;
        }
        let more = GroupLine {
            number: line.number,
            ordinal: line.ordinal,
            sku: line.sku,
            quantity: quantity(line.units)?,
        };
        let Line { document, channel, at, .. } = line;
        let empty = || Group { document, channel, at, lines: Vec::new(), alone: false };
        self.open.get_or_insert_with(empty).lines.push(more);
        Ok(())
    }

    /// Plans what is still open.
    ///
    /// # Errors
    /// As [`Planner::push`].
    pub fn flush(&mut self, out: &mut Vec<Planned>) -> Result<(), Failure> {
        match self.open.take() {
            Some(group) => self.order(Arc::new(group), out),
            None => Ok(()),
        }
    }

    /// The commitment and the shipment of a group.
    ///
    /// # Errors
    /// As [`Planner::push`].
    pub fn order(&self, group: Arc<Group>, out: &mut Vec<Planned>) -> Result<(), Failure> {
        let line = group.lines.first().map_or(0, |it| it.number);
        let first = group.lines.first().map_or(0, |it| it.ordinal).to_string();
        let alone = if group.alone { "-alone" } else { "" };
        let document = group.document.as_str();
        let cause = Label::new(&format!("order:{document}")).ok();
        let commit = self.commit(&group);
        let ship = self.ship(&group);
        for (verb, command, what) in [
            ("commit", commit, What::Commit(Arc::clone(&group))),
            ("ship", ship, What::Ship(Arc::clone(&group))),
        ] {
            let parts = [document, first.as_str(), &format!("{verb}{alone}")];
            let request = self.request(&parts, command, Some(group.at), cause.clone())?;
            out.push(Planned { request, line, what });
        }
        Ok(())
    }

    fn commit(&self, group: &Group) -> Command {
        let line = |it: &GroupLine| ClaimLine {
            r#ref: Some(line_ref(it)),
            sku: it.sku.clone(),
            quantity: it.quantity,
            location: group.channel.is_none().then(|| self.profile.location.id.clone()),
            slot: None,
        };
        Command::CommitOrder(CommitOrder {
            order: group.document.clone(),
            channel: group.channel.clone(),
            hold: None,
            lines: group.lines.iter().map(line).collect(),
            partial: Partial::None,
            // It was sold: history is booked whatever the book says.
            if_short: IfShort::AcceptOversold,
            campaign: None,
            customer: None,
            ship_to: None,
        })
    }

    /// Without quantities: what is still committed of each line leaves. So a line that was shipped
    /// before, by another run over a file that has changed since, is not shipped again.
    fn ship(&self, group: &Group) -> Command {
        let line = |it: &GroupLine| ShipLine {
            r#ref: line_ref(it),
            quantity: None,
            sku: None,
            location: None,
        };
        Command::ShipOrder(ShipOrder {
            order: group.document.clone(),
            location: None,
            lines: group.lines.iter().map(line).collect(),
            refuse_if_short: false,
        })
    }

    /// A return or an adjustment.
    fn single(&self, line: &Line) -> Result<Planned, Failure> {
        let location = self.profile.location.id.clone();
        let ordinal = line.ordinal.to_string();
        let (verb, command) = match line.kind {
            Kind::Return => {
                let returned = ReturnLine {
                    r#ref: None,
                    sku: Some(line.sku.clone()),
                    quantity: quantity(line.units)?,
                    condition: Some(self.profile.returned),
                };
                let lines = vec![returned];
                let unlinked = ReturnStock { order: None, location, lines, reason: None };
                ("return", Command::ReturnStock(unlinked))
            }
            Kind::AdjustIn | Kind::AdjustOut | Kind::Adjust | Kind::Order | Kind::None => {
                let units = i64::try_from(line.units).unwrap_or(i64::MAX);
                let change = if line.kind == Kind::AdjustOut { -units } else { units };
                let adjusted = AdjustLine {
                    sku: line.sku.clone(),
                    condition: None,
                    change: Some(change),
                    set: None,
                    expected: None,
                };
                let reason = self.profile.reasons.of(&line.reason);
                let adjust =
                    AdjustStock { location, lines: vec![adjusted], reason, create_items: false };
                ("adjust", Command::AdjustStock(adjust))
            }
        };
        let document = line.document.as_str();
        let cause = Label::new(&format!("document:{document}")).ok();
        let request = self.request(&[document, &ordinal, verb], command, Some(line.at), cause)?;
        Ok(Planned { request, line: line.number, what: What::Line })
    }

    /// What must be known before the first line: the location, the channels, the items. Their keys
    /// begin with an empty part, which no document is called.
    ///
    /// # Errors
    /// As [`Planner::push`].
    pub fn registrations(
        &self,
        channels: &[ChannelId],
        items: &[Item],
    ) -> Result<Vec<Planned>, Failure> {
        let place = &self.profile.location;
        let location = RegisterLocation {
            location: place.id.clone(),
            name: place.name.clone(),
            kind: Default::default(),
            supplier: None,
        };
        let location = Command::RegisterLocation(location);
        let mut planned = vec![self.registration(&["", "location", place.id.as_str()], location)?];
        for channel in channels {
            let command = RegisterChannel {
                channel: channel.clone(),
                name: None,
                locations: vec![place.id.clone()],
            };
            let command = Command::RegisterChannel(command);
            planned.push(self.registration(&["", "channel", channel.as_str()], command)?);
        }
        for item in items {
            let command = RegisterItem {
                sku: item.sku.clone(),
                aliases: Vec::new(),
                name: item.name.clone(),
                category: None,
                scale: 0,
            };
            let command = Command::RegisterItem(command);
            planned.push(self.registration(&["", "item", item.sku.as_str()], command)?);
        }
        Ok(planned)
    }

    fn registration(&self, parts: &[&str], command: Command) -> Result<Planned, Failure> {
        let request = self.request(parts, command, None, None)?;
        Ok(Planned { request, line: 0, what: What::Registration })
    }

    /// Opening stock, each item for itself: an item that a later file brings gets its own.
    ///
    /// # Errors
    /// As [`Planner::push`].
    pub fn opening(&self, stock: &[(Sku, u64)], at: Time) -> Result<Vec<Planned>, Failure> {
        let mut planned = Vec::with_capacity(stock.len());
        for (sku, units) in stock {
            let command = Command::ReceiveStock(ReceiveStock {
                location: self.profile.location.id.clone(),
                lines: vec![ReceiveLine {
                    sku: sku.clone(),
                    quantity: quantity(*units)?,
                    lot: None,
                    unit_cost: None,
                }],
                to: ReceiveTo::Sellable,
                from: ReceiveFrom::Opening,
                supplier: None,
                inbound: None,
                create_items: false,
            });
            let request = self.request(&["", "opening", sku.as_str()], command, Some(at), None)?;
            planned.push(Planned { request, line: 0, what: What::Opening });
        }
        Ok(planned)
    }

    fn request(
        &self,
        parts: &[&str],
        command: Command,
        occurred_at: Option<Time>,
        cause: Option<Label>,
    ) -> Result<Request, Failure> {
        let source = &self.profile.source;
        let id = key(source.as_str(), parts)
            .map_err(|it| Failure::new(format!("the key of {parts:?} {it}")))?;
        let source = Some(source.clone());
        let extra = EnvelopeExtra { occurred_at, source, cause, ..EnvelopeExtra::default() };
        Ok(onhand_wire::build(self.ledger.clone(), id, command, extra))
    }
}

fn line_ref(line: &GroupLine) -> LineRef {
    LineRef::numbered(line.ordinal as usize)
}

fn quantity(units: u64) -> Result<Quantity, Failure> {
    let message = || Failure::new(format!("{units} units are more than one command may move"));
    Quantity::new(units).ok_or_else(message)
}

impl Group {
    /// The lines each for itself, for a group that was booked with other lines before.
    pub fn apart(&self) -> impl Iterator<Item = Group> + '_ {
        self.lines.iter().map(|it| Group {
            document: self.document.clone(),
            channel: self.channel.clone(),
            at: self.at,
            lines: vec![it.clone()],
            alone: true,
        })
    }
}
