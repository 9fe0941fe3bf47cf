//! Lines of a promise with their names resolved: a kit line becomes its parts, and what of it can
//! be had as it stands assembled.

use rustc_hash::FxHashMap;
use smol_str::format_smolstr;

use super::ClaimLine;
use super::came_early::called_off;
use super::claim::{LINES_MAX, Need, check_lines, line_refs, refuse_doubles};
use super::kit_line::KitLine;
use super::lines::{contradiction, field_of};
use super::prelude::*;

/// What is known before the lines are read.
pub(super) struct Asking<'a> {
    pub ledger: &'a Ledger,
    pub now: Time,
    pub who: &'a Claimant<'a>,
    /// The hold that the lines are to come from.
    pub hold: Option<&'a Hold>,
    /// The order that the lines are to belong to, if something was heard of it already.
    pub order: Option<&'a Order>,
}

/// What each line asks for, in their order. What is assembled of a kit is taken before its parts.
/// The parts of a kit that a hold holds, or that were shipped before the order came, are those of
/// then, whatever the kit is made of now.
///
/// # Errors
/// As [`line_refs`]; `unknown_sku`, `item_closed`, `unknown_location`, `location_closed`.
pub(super) fn needs(asking: &Asking<'_>, lines: &[ClaimLine]) -> Result<Vec<Need>, Rejection> {
    let refs = line_refs(lines)?;
    let mut expansion = Expansion {
        asking,
        held: asking.hold.map_or_else(FxHashMap::default, |it| held_kits(asking, it)),
        assembled: FxHashMap::default(),
    };
    let mut needs = Vec::with_capacity(lines.len());
    for (index, (line, name)) in lines.iter().zip(&refs).enumerate() {
        let item = expansion.sold_item(&line.sku)?;
        let location = line.location.as_ref();
        let location = location.map(|it| asking.ledger.open_location(it)).transpose()?;
        let (quantity, slot) = (line.quantity.units(), line.slot);
        let need = Need { index, line: name.clone(), item, quantity, location, slot, kit: None };
        match asking.ledger.item(item).recipe() {
            Some(recipe) => expansion.expand(need, recipe, &mut needs)?,
            None => needs.push(need),
        }
    }
    check_names(&refs, &needs)?;
    Ok(needs)
}

/// No part of a kit has the name of another line.
fn check_names(refs: &[LineRef], needs: &[Need]) -> Result<(), Rejection> {
    let parts = needs.iter().filter(|it| it.is_part()).map(|it| &it.line);
    let mut names: Vec<&LineRef> = parts.collect();
    if names.is_empty() {
        return Ok(());
    }
    names.extend(refs);
    refuse_doubles("lines.ref", &names)?;
    match needs.len() {
        0..=LINES_MAX => Ok(()),
        more => {
            let message = format_smolstr!(
                "are {more} with the parts of kits; at most {LINES_MAX} are allowed"
            );
            Err(contradiction("lines", &message))
        }
    }
}

/// What a hold asks for when the order does not say it again: a kit's parts are what they are,
/// part by part. Without a channel every line of a hold has one location, and keeps it.
///
/// # Errors
/// As [`needs`].
pub(super) fn needs_of_hold(ledger: &Ledger, hold: &Hold) -> Result<Vec<Need>, Rejection> {
    check_lines(&hold.lines)?;
    let mut needs: Vec<Need> = Vec::with_capacity(hold.lines.len());
    for held in hold.lines.iter().filter(|it| it.held() > 0) {
        let item = ledger.sold_item(&held.sku)?;
        let first = held.at.first().map(|(spot, _)| *spot);
        let location = first.map(|it| it.location).filter(|_| hold.channel.is_none());
        if let Some(location) = location {
            ledger.open_location(&ledger.location(location).id)?;
        }
        let slot = first.and_then(|it| match it.origin {
            Origin::Window(minutes) => Some(Time::from_minutes(minutes)),
            Origin::Shared | Origin::Pool(_) => None,
        });
        let kit = held.kit.clone();
        let same_kit = |it: &&Need| {
            it.kit.as_ref().zip(kit.as_ref()).is_some_and(|(one, other)| one.line == other.line)
        };
        let index = needs.last().map_or(0, |it| it.index + usize::from(!same_kit(&it)));
        let (line, quantity) = (held.r#ref.clone(), held.held());
        needs.push(Need { index, line, item, quantity, location, slot, kit });
    }
    Ok(needs)
}

/// What a hold has of one kit, over all its lines.
#[derive(Default)]
struct HeldKits {
    assembled: u64,
    /// Whole kits in parts.
    of_parts: u64,
    recipe: Option<Recipe>,
}

/// What the hold has of each kit; of one past its end only the recipes are left.
fn held_kits(asking: &Asking<'_>, hold: &Hold) -> FxHashMap<ItemNo, HeldKits> {
    let (ledger, is_live) = (asking.ledger, hold.is_live(asking.now));
    let mut all: FxHashMap<ItemNo, HeldKits> = FxHashMap::default();
    let mut last: Option<&LineRef> = None;
    for line in &hold.lines {
        let kit = line.kit.as_deref().filter(|it| it.line != line.r#ref);
        let sku = kit.map_or(&line.sku, |it| &it.sku);
        let Some(item) = ledger.item_no(sku) else { continue };
        let Some(kit) = kit else {
            if is_live && ledger.item(item).recipe().is_some() {
                all.entry(item).or_default().assembled += line.held();
            }
            continue;
        };
        // The parts of a kit line stand together.
        if last.replace(&kit.line) == Some(&kit.line) {
            continue;
        }
        let Some(group) = KitLine::find(&hold.lines, &kit.line) else { continue };
        let known = all.entry(item).or_default();
        known.of_parts += if is_live { group.of_parts(HeldUnits::held) } else { 0 };
        known.recipe.get_or_insert_with(|| group.recipe(ledger));
    }
    all
}

struct Expansion<'a> {
    asking: &'a Asking<'a>,
    held: FxHashMap<ItemNo, HeldKits>,
    /// Assembled kits that earlier lines take.
    assembled: FxHashMap<ItemNo, u64>,
}

impl Expansion<'_> {
    /// A kit may be closed while a hold still holds its parts: that is kept.
    fn sold_item(&self, sku: &Sku) -> Result<ItemNo, Rejection> {
        let item = self.asking.ledger.known_item(sku)?;
        let held = self.held.get(&item).map_or(0, |it| it.assembled + it.of_parts);
        if held > 0 { Ok(item) } else { self.asking.ledger.sold_item(sku) }
    }

    fn expand(
        &mut self,
        need: Need,
        in_force: &Recipe,
        needs: &mut Vec<Need>,
    ) -> Result<(), Rejection> {
        let recipe = self.recipe(&need).unwrap_or_else(|| in_force.clone());
        let assembled = self.make_up(&need, &recipe);
        expand_by(self.asking.ledger, &need, &recipe, assembled, needs)
    }

    /// What the line is made of, where that is settled already.
    fn recipe(&self, need: &Need) -> Option<Recipe> {
        let ledger = self.asking.ledger;
        let lines = self.asking.order.map_or(&[][..], |it| &it.lines);
        let shipped = KitLine::find(lines, &need.line);
        let shipped = shipped.filter(|it| ledger.item_no(&it.kit.sku) == Some(need.item));
        let shipped = shipped.map(|it| it.recipe(ledger));
        shipped.or_else(|| self.held.get(&need.item)?.recipe.clone())
    }

    /// Kits that come as they stand assembled. What went out or is held already says how the rest
    /// is made up; kits that were called off take nothing that stands assembled.
    fn make_up(&mut self, need: &Need, recipe: &Recipe) -> u64 {
        let (gone, begun, called_off) = self.came_early(need, recipe);
        let mut left = need.quantity.saturating_sub(gone).saturating_sub(begun);
        left = left.saturating_sub(called_off);
        let held = self.held.entry(need.item).or_default();
        let from_hold = held.assembled.min(left);
        held.assembled -= from_hold;
        left -= from_hold;
        let of_parts = held.of_parts.min(left);
        held.of_parts -= of_parts;
        left -= of_parts;
        gone.min(need.quantity) + from_hold + self.take_assembled(need, left)
    }

    /// Kits of the line that were shipped assembled, of which a part was shipped or cancelled by
    /// itself, and that were cancelled, before the line came.
    fn came_early(&self, need: &Need, recipe: &Recipe) -> (u64, u64, u64) {
        let Some(order) = self.asking.order else { return (0, 0, 0) };
        let gone = order.line(&need.line).map_or(0, |it| it.uncommitted);
        let begun = recipe.parts.iter().enumerate().filter_map(|(place, (_, per_kit))| {
            let part = need.line.part(place + 1)?;
            let shipped = order.line(&part)?.uncommitted;
            Some(shipped.saturating_add(called_off(order, &part)).div_ceil(*per_kit))
        });
        (gone, begun.max().unwrap_or(0), called_off(order, &need.line))
    }

    /// Up to `most` kits that stand assembled and that nobody was promised.
    fn take_assembled(&mut self, need: &Need, most: u64) -> u64 {
        let there = u64::try_from(self.assembled_free(need)).unwrap_or(0);
        let taken = self.assembled.entry(need.item).or_default();
        let more = there.saturating_sub(*taken).min(most);
        *taken += more;
        more
    }

    fn assembled_free(&self, need: &Need) -> i64 {
        let Asking { ledger, now, who, .. } = *self.asking;
        let on_channel = || ledger.assembled(need.item, who, now);
        let Some(location) = need.location else { return on_channel().reservable };
        let free = ledger.shelf_terms(need.item, location, now, &Pending::default()).free;
        let serves = |it| ledger.serving(need.item, it, NOW).contains(&location);
        match who.channel.is_some_and(serves).then(on_channel) {
            None => free,
            // What stands there is not for who sells from pools only.
            Some(terms) if terms.exclusive => 0,
            Some(terms) => free.min(terms.reservable),
        }
    }
}

/// The needs of one kit line: so many kits as they stand assembled, the rest in parts.
///
/// # Errors
/// `contradiction` naming the line's `quantity` or `ref`, `item_closed` naming a part.
pub(super) fn expand_by(
    ledger: &Ledger,
    need: &Need,
    recipe: &Recipe,
    assembled: u64,
    needs: &mut Vec<Need>,
) -> Result<(), Rejection> {
    let of_parts = need.quantity - assembled;
    let use_of = |units: u64| {
        let (line, sku) = (need.line.clone(), ledger.item(need.item).sku.clone());
        let need = Quantity::new(units)?;
        Some(Box::new(KitUse { line, sku, version: recipe.version, need }))
    };
    if assembled > 0 {
        let kit = if of_parts > 0 { use_of(1) } else { None };
        needs.push(Need { quantity: assembled, kit, ..need.clone() });
    }
    if of_parts == 0 {
        return Ok(());
    }
    for (place, (item, per_kit)) in recipe.parts.iter().enumerate() {
        let quantity = of_parts.checked_mul(*per_kit).filter(|it| *it <= QUANTITY_MAX);
        let quantity = quantity.ok_or_else(|| {
            contradiction(field_of(need.index, "quantity"), "makes too many units of a part")
        })?;
        let line = need.line.part(place + 1).ok_or_else(|| {
            let message =
                "is too long to name the parts of a kit: leave room for a dot and a number";
            contradiction(field_of(need.index, "ref"), message)
        })?;
        let item = ledger.sold_item(&ledger.item(*item).sku)?;
        needs.push(Need { line, item, quantity, kit: use_of(*per_kit), ..need.clone() });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use crate::testing::{check, run};

    #[test]
    fn c18_a_kit_is_held_with_all_its_parts_in_one_entry() {
        check(
            "
            register_item K
            define_kit K W:2 G:1
            receive_stock A W:10 G:4
            hold_stock H1 channel=web K:3
            hold H1
            offer K web
            stock W@A
            hold_stock H2 channel=web K:2
            hold_stock H2 K:2@A
            hold_stock H2 channel=web K:2 partial=per_line
            hold_stock H2 channel=web K:2 partial=best_effort
            hold H2
            offer K web
            ",
            expect![[r#"
                6 item_registered:
                7 kit_defined:
                8 stock_received: W 10 supplier > A/sellable; G 4 supplier > A/sellable
                9 stock_held: W@A held +6; G@A held +3; until 900s
                H1 live Live until 900s | 1.1 W 6 | 1.2 G 3
                K reservable 1 published 1 | assembled reservable 0 published 0 | base 0 share 0
                W@A sellable 10 held 6 free 4
                rejected insufficient_stock lines=[available=1 index=0 limiting=free_stock line=1 part=G requested=2 shortfall=1 sku=K]
                rejected insufficient_stock lines=[available=1 index=0 limiting=free_stock line=1 location=A part=G requested=2 shortfall=1 sku=K]
                rejected insufficient_stock lines=[available=1 index=0 limiting=free_stock line=1 part=G requested=2 shortfall=1 sku=K]
                10 stock_held: W@A held +2; G@A held +1; until 900s
                H2 live Live until 900s | 1.1 W 2 | 1.2 G 1
                K reservable 0 published 0 | assembled reservable 0 published 0 | base 0 share 0
            "#]],
        );
    }

    #[test]
    fn c18_what_stands_assembled_is_taken_first() {
        check(
            "
            register_item K
            define_kit K W:2 G:1
            receive_stock A W:10 G:4 K:2
            offer K web
            hold_stock H1 channel=web K:1
            hold_stock H2 channel=web K:3
            hold H2
            commit_order O1 channel=web K:5
            commit_order O1 channel=web K:5 partial=best_effort
            order O1
            ",
            expect![[r#"
                6 item_registered:
                7 kit_defined:
                8 stock_received: W 10 supplier > A/sellable; G 4 supplier > A/sellable; K 2 supplier > A/sellable
                K reservable 6 published 6 | assembled reservable 2 published 2 | base 2 share 2
                9 stock_held: K@A held +1; until 900s
                10 stock_held: K@A held +1; W@A held +4; G@A held +2; until 900s
                H2 live Live until 900s | 1 K 1 | 1.1 W 4 | 1.2 G 2
                rejected insufficient_stock lines=[available=2 index=0 limiting=free_stock line=1 part=G requested=5 shortfall=3 sku=K]
                11 order_committed: W@A committed +4; G@A committed +2; 1.1 short 6; 1.2 short 3
                O1 | 1.1 ordered 4 committed 4 | 1.2 ordered 2 committed 2
            "#]],
        );
    }

    #[test]
    fn c18_a_short_kit_names_its_scarcest_part() {
        check(
            "
            register_item K
            define_kit K W:2 G:1
            receive_stock A W:10 G:2 K:1
            hold_stock H1 channel=web K:9(ref=a)
            hold_stock H1 channel=web W:1 K:9(ref=a)
            commit_order O1 K:4@A
            ",
            expect![[r#"
                6 item_registered:
                7 kit_defined:
                8 stock_received: W 10 supplier > A/sellable; G 2 supplier > A/sellable; K 1 supplier > A/sellable
                rejected insufficient_stock lines=[available=3 index=0 limiting=free_stock line=a part=G requested=9 shortfall=6 sku=K]
                rejected insufficient_stock lines=[available=3 index=1 limiting=free_stock line=a part=G requested=9 shortfall=6 sku=K]
                rejected insufficient_stock lines=[available=3 index=0 limiting=free_stock line=1 location=A part=G requested=4 shortfall=1 sku=K]
            "#]],
        );
    }

    #[test]
    fn c03_kits_and_plain_lines_that_share_parts_are_summed() {
        check(
            "
            register_item K
            register_item L
            define_kit K W:2 G:1
            define_kit L W:1 G:1
            receive_stock A W:6 G:9
            commit_order O1 channel=web K:2 L:1 W:2
            commit_order O1 channel=web K:2 L:1 W:1
            commit_order O2 channel=web K:1
            ",
            expect![[r#"
                6 item_registered:
                7 item_registered:
                8 kit_defined:
                9 kit_defined:
                10 stock_received: W 6 supplier > A/sellable; G 9 supplier > A/sellable
                rejected insufficient_stock lines=[available=1 index=2 limiting=free_stock line=3 requested=2 shortfall=1 sku=W]
                11 order_committed: W@A committed +4; G@A committed +2; W@A committed +1; G@A committed +1; W@A committed +1
                rejected insufficient_stock lines=[available=0 index=0 limiting=free_stock line=1 part=W requested=1 shortfall=1 sku=K]
            "#]],
        );
    }

    #[test]
    fn c03_two_lines_of_one_kit_share_what_stands_assembled() {
        check(
            "
            register_item K
            define_kit K W:2
            receive_stock A K:3 W:2
            commit_order O1 channel=web K:2 K:2
            order O1
            ",
            expect![[r#"
                6 item_registered:
                7 kit_defined:
                8 stock_received: K 3 supplier > A/sellable; W 2 supplier > A/sellable
                9 order_committed: K@A committed +2; K@A committed +1; W@A committed +2
                O1 | 1 ordered 2 committed 2 | 2 ordered 1 committed 1 | 2.1 ordered 2 committed 2
            "#]],
        );
    }

    #[test]
    fn partial_modes_keep_whole_kits() {
        check(
            "
            register_item K
            define_kit K W:2 G:3
            receive_stock A W:7 G:8 K:1
            commit_order O1 channel=web K:5 W:2 partial=per_line
            commit_order O2 channel=web K:5 W:2 partial=best_effort
            order O2
            ",
            expect![[r#"
                6 item_registered:
                7 kit_defined:
                8 stock_received: W 7 supplier > A/sellable; G 8 supplier > A/sellable; K 1 supplier > A/sellable
                9 order_committed: W@A committed +2; 1 short 1; 1.1 short 8; 1.2 short 12
                10 order_committed: K@A committed +1; W@A committed +4; G@A committed +6; W@A committed +1; 1.1 short 4; 1.2 short 6; 2 short 1
                O2 | 1 ordered 1 committed 1 | 1.1 ordered 4 committed 4 | 1.2 ordered 6 committed 6 | 2 ordered 1 committed 1
            "#]],
        );
    }

    #[test]
    fn parts_come_from_where_they_are() {
        check(
            "
            register_item K
            define_kit K W:1 G:1
            receive_stock A W:2
            receive_stock B W:1 G:3
            commit_order O1 channel=web K:2
            commit_order O2 K:1@B
            commit_order O3 K:1@A
            ",
            expect![[r#"
                6 item_registered:
                7 kit_defined:
                8 stock_received: W 2 supplier > A/sellable
                9 stock_received: W 1 supplier > B/sellable; G 3 supplier > B/sellable
                10 order_committed: W@A committed +2; G@B committed +2
                11 order_committed: W@B committed +1; G@B committed +1
                rejected insufficient_stock lines=[available=0 index=0 limiting=free_stock line=1 location=A part=W requested=1 shortfall=1 sku=K]
            "#]],
        );
    }

    #[test]
    fn names_of_parts_are_taken() {
        check(
            "
            register_item K
            define_kit K W:1
            receive_stock A W:9 G:9
            hold_stock H1 K:1@A G:1@A(ref=1.1)
            hold_stock H1 K:1@A K:1@A(ref=1.1)
            hold_stock H1 K:1@A(ref=a234567890123456789012345678901234567890123456789012345678901234)
            hold_stock H1 K:1@A(ref=a2345678901234567890123456789012345678901234567890123456789012)
            hold H1
            ",
            expect![[r#"
                6 item_registered:
                7 kit_defined:
                8 stock_received: W 9 supplier > A/sellable; G 9 supplier > A/sellable
                rejected duplicate_in_batch field=lines.ref value=1.1
                rejected duplicate_in_batch field=lines.ref value=1.1
                rejected contradiction field=lines[0].ref message=is too long to name the parts of a kit: leave room for a dot and a number
                9 stock_held: W@A held +1; until 900s
                H1 live Live until 900s | a2345678901234567890123456789012345678901234567890123456789012.1 W 1
            "#]],
        );
    }

    #[test]
    fn too_many_units_of_a_part_are_refused() {
        check(
            "
            register_item K
            define_kit K W:1000000000000
            hold_stock H1 W:1@A K:2@A
            hold_stock H1 K:1000000000000@A
            ",
            expect![[r#"
                6 item_registered:
                7 kit_defined:
                rejected contradiction field=lines[1].quantity message=makes too many units of a part
                rejected contradiction field=lines[0].quantity message=makes too many units of a part
            "#]],
        );
    }

    /// Every mix of what stands assembled and what parts there are, of small numbers: what is
    /// offered is what can be held, and what is cancelled and shipped leaves the shelves right.
    #[test]
    fn c19_kits_are_counted_in_every_mix_of_assembled_and_parts() {
        let mut cases = 0;
        for assembled in [0, 1, 3] {
            for (w, g) in [(0, 5), (3, 1), (4, 1), (4, 2), (7, 5), (9, 0)] {
                for asked in 1..=5_u64 {
                    for called_off in 0..=asked {
                        for shipped in 0..=asked - called_off {
                            check_mix(assembled, w, g, asked, called_off, shipped);
                            cases += 1;
                        }
                    }
                }
            }
        }
        assert_eq!(cases, 990);
    }

    fn check_mix(assembled: u64, w: u64, g: u64, asked: u64, called_off: u64, shipped: u64) {
        let most = assembled + (w / 2).min(g);
        let some = |verb: &str, units: u64| match units {
            0 => "offer K web".to_string(),
            units => verb.replace('#', &units.to_string()),
        };
        let mut commands: Vec<String> =
            vec!["register_item K".into(), "define_kit K W:2 G:1".into()];
        for (sku, units) in [("K", assembled), ("W", w), ("G", g)] {
            commands.push(some(&format!("receive_stock A {sku}:#"), units));
        }
        commands.push("offer K web".into());
        commands.push(format!("hold_stock H1 channel=web K:{asked}"));
        let said = run(&commands.join("\n"));
        let case = format!("{assembled} {w} {g}, {asked} -{called_off} >{shipped}: {said:?}");
        assert!(said[5].starts_with(&format!("K reservable {most} published {most} ")), "{case}");
        if asked > most {
            assert!(said[6].contains(&format!("[available={most} index=0 ")), "{case}");
            assert!(said[6].contains(&format!("requested={asked} ")), "{case}");
            return;
        }
        // What is held comes as it stands assembled, and is called off and shipped in whole kits.
        commands.push("commit_order O1 hold=H1".into());
        commands.push("define_kit K G:9".into());
        commands.push(some("cancel_order O1 1:#", called_off));
        commands.push(some("ship_order O1 1:#", shipped));
        let rest = asked - called_off - shipped;
        commands.push(some("cancel_order O1 1", rest));
        commands.extend(["stock K@A", "stock W@A", "stock G@A"].map(String::from));
        let said = run(&commands.join("\n"));
        let whole = assembled.min(asked);
        let left_whole = whole - called_off.saturating_sub(asked - whole);
        let gone_whole = shipped.min(left_whole);
        let gone = shipped - gone_whole;
        for (place, sku, left) in
            [(12, "K", assembled - gone_whole), (13, "W", w - 2 * gone), (14, "G", g - gone)]
        {
            assert_eq!(said[place], format!("{sku}@A sellable {left} free {left}"), "{case}");
        }
    }

    #[test]
    fn parts_without_end_and_parts_by_capacity_make_no_kit_scarce() {
        check(
            "
            register_item K
            register_item WRAP
            register_item SETUP
            set_mode WRAP mode=unlimited
            set_mode SETUP mode={\"capacity\":{\"limit\":3,\"window\":\"1d\",\"zone\":\"UTC\"}}
            define_kit K W:2 WRAP:1 SETUP:1
            receive_stock A W:10
            offer K web
            hold_stock H1 channel=web K:2
            hold_stock H2 channel=web K:2
            hold_stock H2 channel=web K:2 partial=best_effort
            commit_order O1 hold=H1
            order O1
            cancel_order O1 1:1
            ship_order O1 1:1
            return_stock A order=O1 1:1/sellable
            order O1
            reverse_entry 18 reason=did_not_occur
            assemble_kit K location=A quantity=2
            disassemble_kit K location=A quantity=1
            stock W@A
            stock WRAP@A
            define_kit K WRAP:1
            offer K web
            define_kit WRAP W:1
            ",
            expect![[r#"
                6 item_registered:
                7 item_registered:
                8 item_registered:
                9 mode_set:
                10 mode_set:
                11 kit_defined:
                12 stock_received: W 10 supplier > A/sellable
                K reservable 3 published 3 | assembled reservable 0 published 0 | base 0 share 0
                13 stock_held: W@A held +4; WRAP@A held +2; SETUP@A held +2 for 0s; until 900s
                rejected insufficient_stock lines=[available=1 index=0 limiting=capacity line=1 part=SETUP requested=2 shortfall=1 sku=K]
                14 stock_held: W@A held +2; WRAP@A held +1; SETUP@A held +1 for 0s; until 900s
                15 order_committed: W@A held -4; W@A committed +4; WRAP@A held -2; WRAP@A committed +2; SETUP@A held -2 for 0s; SETUP@A committed +2 for 0s
                O1 | 1.1 ordered 4 committed 4 | 1.2 ordered 2 committed 2 | 1.3 ordered 2 committed 2
                16 order_cancelled: W@A committed -2; WRAP@A committed -1; SETUP@A committed -1 for 0s
                17 order_shipped: W 2 A/sellable > customer; WRAP 1 supplier > customer; SETUP 1 supplier > customer; W@A committed -2; WRAP@A committed -1; SETUP@A committed -1
                18 stock_returned: W 2 customer > A/sellable; WRAP 1 customer > supplier; SETUP 1 customer > supplier; 1.1 linked 2; 1.2 linked 1; 1.3 linked 1
                O1 | 1.1 ordered 4 shipped 2 cancelled 2 returned 2 | 1.2 ordered 2 shipped 1 cancelled 1 returned 1 | 1.3 ordered 2 shipped 1 cancelled 1 returned 1
                19 entry_reversed: W 2 A/sellable > customer; WRAP 1 supplier > customer; SETUP 1 supplier > customer
                20 kit_assembled: W 4 A/sellable > conversion; WRAP 2 supplier > conversion; SETUP 2 supplier > conversion; K 2 conversion > A/sellable
                21 kit_disassembled: K 1 A/sellable > conversion; W 2 conversion > A/sellable; WRAP 1 conversion > supplier; SETUP 1 conversion > supplier
                W@A sellable 6 held 2 free 4
                WRAP@A sellable 0 held 1 free -1
                22 kit_defined:
                K unlimited
                rejected contradiction field=sku message=must be counted by its units: a kit has what its parts make
            "#]],
        );
    }

    #[test]
    fn a_closed_part_makes_no_kit() {
        check(
            "
            register_item K
            define_kit K W:1 G:1
            receive_stock A W:4
            close_item G
            hold_stock H1 K:1@A
            define_kit K W:1
            close_item G
            hold_stock H1 K:1@A
            close_item K
            define_kit K W:2
            rename_item W to=WW
            hold_stock H2 K:1@A
            commit_order O1 hold=H1 K:1@A
            define_kit K WW:2
            assemble_kit K location=A quantity=1
            ",
            expect![[r#"
                6 item_registered:
                7 kit_defined:
                8 stock_received: W 4 supplier > A/sellable
                rejected contradiction field=sku message=is a part of the kit K
                rejected insufficient_stock lines=[available=0 index=0 limiting=free_stock line=1 location=A part=G requested=1 shortfall=1 sku=K]
                9 kit_defined:
                10 item_closed:
                11 stock_held: W@A held +1; until 900s
                12 item_closed:
                rejected item_closed sku=K
                13 item_renamed:
                rejected item_closed sku=K
                14 order_committed: WW@A held -1; WW@A committed +1
                rejected item_closed sku=K
                rejected item_closed sku=K
            "#]],
        );
    }

    #[test]
    fn a_hold_of_a_kit_outlives_the_names_of_its_parts() {
        check(
            "
            register_item K
            define_kit K W:2 G:1
            receive_stock A W:10 G:5 K:1
            hold_stock H1 K:3@A
            rename_item W to=WW
            rename_item K to=KK
            commit_order O1 hold=H1 K:3@A
            order O1
            cancel_order O1 1:1
            ship_order O1 1:2(sku=K)
            return_stock A order=O1 1:1/sellable(sku=KK)
            ",
            expect![[r#"
                6 item_registered:
                7 kit_defined:
                8 stock_received: W 10 supplier > A/sellable; G 5 supplier > A/sellable; K 1 supplier > A/sellable
                9 stock_held: K@A held +1; W@A held +4; G@A held +2; until 900s
                10 item_renamed:
                11 item_renamed:
                12 order_committed: KK@A held -1; KK@A committed +1; WW@A held -4; WW@A committed +4; G@A held -2; G@A committed +2
                O1 | 1 ordered 1 committed 1 | 1.1 ordered 4 committed 4 | 1.2 ordered 2 committed 2
                13 order_cancelled: WW@A committed -2; G@A committed -1
                14 order_shipped: KK 1 A/sellable > customer; WW 2 A/sellable > customer; G 1 A/sellable > customer; KK@A committed -1; WW@A committed -2; G@A committed -1
                15 stock_returned: KK 1 customer > A/sellable; 1 linked 1
            "#]],
        );
    }
}
