//! Set a supplier: who it is, how its day runs, what it confirms.

use smol_str::format_smolstr;

use super::lines::contradiction;
use super::prelude::*;

args!(/** Set a supplier. What is left out is not known any more. */
SetSupplier {
    pub supplier: SupplierId,
    #[serde(default)]
    pub name: Option<Label>,
    /// How to reach it: an address, a telephone number, a person.
    #[serde(default)]
    pub contact: Option<Note>,
    /// IANA name; UTC if not given.
    #[serde(default)]
    pub time_zone: Option<Label>,
    /// When the day's orders are handed over, by its clocks.
    #[serde(default)]
    pub cut_off: Option<TimeOfDay>,
    /// Minutes after the cut-off within which it is to confirm.
    #[serde(default)]
    pub confirm_within: Option<u64>,
    /// What happens to orders that it cannot serve.
    #[serde(default)]
    pub on_shortage: OnShortage,
});

/// Longest time to confirm: a week.
const CONFIRM_WITHIN_MAX: u64 = 7 * 24 * 60;

pub(super) fn decide(
    _ledger: &Ledger,
    _now: Time,
    command: &SetSupplier,
) -> Result<Decision, Rejection> {
    check_zone(command)?;
    check_confirmation(command)?;
    let fact = Fact::SupplierSet(SupplierSet {
        supplier: command.supplier.clone(),
        name: command.name.clone(),
        contact: command.contact.clone(),
        time_zone: command.time_zone.clone(),
        cut_off: command.cut_off,
        confirm_within: command.confirm_within,
        on_shortage: command.on_shortage,
    });
    Ok(Decision { fact, movements: Vec::new(), flags: Vec::new() })
}

fn check_zone(command: &SetSupplier) -> Result<(), Rejection> {
    match &command.time_zone {
        Some(zone) if !zone_is_known(zone.as_str()) => {
            let message = "is no IANA time zone; name one such as `Asia/Shanghai`";
            Err(contradiction("time_zone", message))
        }
        _ => Ok(()),
    }
}

fn check_confirmation(command: &SetSupplier) -> Result<(), Rejection> {
    let Some(minutes) = command.confirm_within else { return Ok(()) };
    if !(1..=CONFIRM_WITHIN_MAX).contains(&minutes) {
        let message = format_smolstr!("must be from 1 to {CONFIRM_WITHIN_MAX} minutes");
        return Err(Rejection::Contradiction { field: "confirm_within".into(), message });
    }
    match command.cut_off {
        Some(_) => Ok(()),
        None => {
            let message = "counts from the cut-off: give `cut_off`, or leave it out";
            Err(contradiction("confirm_within", message))
        }
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use crate::testing::check;

    #[test]
    fn a_supplier_is_set_and_set_again() {
        check(
            "
            supplier acme
            set_supplier acme name=Acme time_zone=Asia/Shanghai cut_off=16:30 confirm_within=120
            supplier acme
            @1800 set_supplier acme cut_off=16:30 on_shortage=reroute
            supplier acme
            set_supplier acme
            supplier acme
            set_supplier acme cut_off=00:30
            supplier acme
            ",
            expect![[r#"
                acme unknown
                6 supplier_set:
                acme cut-off 30600s
                7 supplier_set:
                acme cut-off 59400s
                8 supplier_set:
                acme cut-off never
                9 supplier_set:
                acme cut-off 88200s
            "#]],
        );
    }

    #[test]
    fn a_cut_off_that_has_come_is_not_lost() {
        check(
            "
            set_supplier acme cut_off=00:10
            @600 set_supplier acme cut_off=00:20 name=Acme
            supplier acme
            set_supplier acme name=Acme
            supplier acme
            set_supplier acme cut_off=00:10
            supplier acme
            ",
            expect![[r#"
                6 supplier_set:
                7 supplier_set:
                acme cut-off 600s
                8 supplier_set:
                acme cut-off never
                9 supplier_set:
                acme cut-off 87000s
            "#]],
        );
    }

    #[test]
    fn clocks_that_change_move_the_cut_off() {
        // At 01:00 UTC on 2026-03-29, second 7,520,400, clocks in Berlin go from 2 to 3: half past 2
        // is never shown, and an hour later stands for it.
        check(
            "
            @7430400 set_supplier acme time_zone=Europe/Berlin cut_off=02:30
            supplier acme
            @7516800 set_supplier best time_zone=Europe/Berlin cut_off=02:30
            supplier best
            @7603200 set_supplier dear time_zone=Europe/Berlin cut_off=02:30
            supplier dear
            ",
            expect![[r#"
                6 supplier_set:
                acme cut-off 7435800s
                7 supplier_set:
                best cut-off 7522200s
                8 supplier_set:
                dear cut-off 7605000s
            "#]],
        );
    }

    #[test]
    fn bad_suppliers_are_refused() {
        check(
            "
            set_supplier acme time_zone=Mars/Olympus
            set_supplier acme confirm_within=60
            set_supplier acme cut_off=16:30 confirm_within=0
            set_supplier acme cut_off=16:30 confirm_within=10081
            set_supplier acme cut_off=16:30 confirm_within=10080
            ",
            expect![[r#"
                rejected contradiction field=time_zone message=is no IANA time zone; name one such as `Asia/Shanghai`
                rejected contradiction field=confirm_within message=counts from the cut-off: give `cut_off`, or leave it out
                rejected contradiction field=confirm_within message=must be from 1 to 10080 minutes
                rejected contradiction field=confirm_within message=must be from 1 to 10080 minutes
                6 supplier_set:
            "#]],
        );
    }
}
