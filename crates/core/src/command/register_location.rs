//! Register a location: goods can lie there from now on.

use super::prelude::*;

args!(/** Register a location. */
RegisterLocation {
    pub location: LocationId,
    #[serde(default)]
    pub name: Option<Label>,
    #[serde(default)]
    pub kind: LocationKind,
    /// Whose warehouse it is, if `kind` is `supplier`.
    #[serde(default)]
    pub supplier: Option<SupplierId>,
});

pub(super) fn decide(
    ledger: &Ledger,
    _now: Time,
    command: &RegisterLocation,
) -> Result<Decision, Rejection> {
    if ledger.location_no(&command.location).is_some() {
        let name = command.location.as_str().into();
        return Err(Rejection::AlreadyExists { kind: "location".into(), name });
    }
    let fact = Fact::LocationRegistered(LocationRegistered {
        location: command.location.clone(),
        name: command.name.clone(),
        kind: command.kind,
        supplier: command.supplier.clone(),
    });
    Ok(Decision { fact, movements: Vec::new(), flags: Vec::new() })
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use crate::testing::check;

    #[test]
    fn a_location_is_registered_once() {
        check(
            "
            register_location C kind=supplier supplier=acme name=Acme
            register_location C
            receive_stock C W:1
            ",
            expect![[r#"
                6 location_registered:
                rejected already_exists kind=location name=C
                7 stock_received: W 1 supplier > C/sellable
            "#]],
        );
    }
}
