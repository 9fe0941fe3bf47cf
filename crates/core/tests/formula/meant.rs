//! Commands that follow up on something are about something that exists, if there is any.
//!
//! Random names would mostly name nothing: the digit of a name picks among what there is.

use onhand_core::*;

/// What the command means in this ledger.
pub fn meant(ledger: &Ledger, command: &Command) -> Command {
    let mut command = command.clone();
    match &mut command {
        Command::CommitOrder(it) => {
            it.hold = it.hold.take().map(|it| hold(ledger, &it));
        }
        Command::ReleaseHold(it) => {
            it.hold = hold(ledger, &it.hold);
            let held = ledger.hold(&it.hold).map_or(&[][..], |it| &it.lines);
            let refs: Vec<LineRef> = held.iter().map(|it| it.r#ref.clone()).collect();
            it.lines.iter_mut().for_each(|line| line.r#ref = line_ref(&refs, &line.r#ref));
        }
        Command::ExtendHold(it) => it.hold = hold(ledger, &it.hold),
        Command::CancelOrder(it) => {
            let refs = order(ledger, &mut it.order);
            it.lines.iter_mut().for_each(|line| line.r#ref = line_ref(&refs, &line.r#ref));
        }
        Command::ShipOrder(it) => {
            let refs = order(ledger, &mut it.order);
            it.lines.iter_mut().for_each(|line| line.r#ref = line_ref(&refs, &line.r#ref));
        }
        Command::RelocateOrder(it) => {
            let refs = order(ledger, &mut it.order);
            it.lines.iter_mut().for_each(|line| line.r#ref = line_ref(&refs, &line.r#ref));
        }
        Command::ReturnStock(it) => {
            let refs = it.order.as_mut().map(|it| order(ledger, it)).unwrap_or_default();
            for known in it.lines.iter_mut().filter_map(|line| line.r#ref.as_mut()) {
                *known = line_ref(&refs, known);
            }
        }
        Command::ReceiveTransfer(it) => {
            it.transfer = transfer(ledger, &it.transfer);
            let Some(known) = ledger.transfer(&it.transfer) else { return command };
            let Some(item) = known.in_transit.keys().next() else { return command };
            let sku = &ledger.item(ItemNo(*item)).sku;
            it.lines.iter_mut().for_each(|line| line.sku = sku.clone());
        }
        Command::CancelTransfer(it) => it.transfer = transfer(ledger, &it.transfer),
        Command::ReleaseTranche(it) => it.pool = pool(ledger, &it.pool),
        Command::ClosePool(it) => it.pool = pool(ledger, &it.pool),
        Command::MovePool(it) => {
            it.from = it.from.take().map(|it| pool(ledger, &it));
            it.to = it.to.take().map(|it| pool(ledger, &it));
        }
        Command::SettleDiscrepancy(it) => {
            let open = ledger.discrepancies().filter(|it| it.state.is_open());
            let mut known: Vec<u64> = open.map(|it| it.difference.number).collect();
            known.sort_unstable();
            let nth = |it: &u64| known.get(*it as usize % known.len().max(1)).copied();
            it.numbers = it.numbers.iter().map(|it| nth(it).unwrap_or(*it)).collect();
            it.numbers.dedup();
        }
        _ => {}
    }
    command
}

/// The one that the name's digit picks, in the order of names; the name itself if there is none.
fn pick<T: Clone + Ord + ToString>(mut known: Vec<T>, name: &T) -> T {
    known.sort();
    let digits: String = name.to_string().chars().filter(char::is_ascii_digit).collect();
    let number: usize = digits.parse().unwrap_or(0);
    known.get(number % known.len().max(1)).unwrap_or(name).clone()
}

fn hold(ledger: &Ledger, name: &HoldId) -> HoldId {
    let live = ledger.holds().filter(|(_, it)| it.state == HoldState::Live);
    pick(live.map(|(id, _)| id.clone()).collect(), name)
}

fn transfer(ledger: &Ledger, name: &TransferId) -> TransferId {
    let open = ledger.transfers().filter(|(_, it)| !it.in_transit.is_empty());
    pick(open.map(|(id, _)| id.clone()).collect(), name)
}

fn pool(ledger: &Ledger, name: &PoolId) -> PoolId {
    let open = ledger.pools().iter().filter(|it| it.closed.is_none());
    pick(open.map(|it| it.id.clone()).collect(), name)
}

/// Makes the order one that exists; returns the names of its lines.
fn order(ledger: &Ledger, name: &mut OrderId) -> Vec<LineRef> {
    *name = pick(ledger.orders().map(|(id, _)| id.clone()).collect(), name);
    let lines = ledger.order(name).map_or(&[][..], |it| &it.lines);
    lines.iter().map(|it| it.r#ref.clone()).collect()
}

fn line_ref(known: &[LineRef], name: &LineRef) -> LineRef {
    pick(known.to_vec(), name)
}
