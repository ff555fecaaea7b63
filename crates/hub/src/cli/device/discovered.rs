//! `doorward device list --discovered`: what bridges told of the devices behind them.

use doorward_api::device::{Ability, DiscoveredDevice};

use super::super::look::{Look, Tint};
use super::super::table::{Cell, Table};
use super::super::words;

/// Lists what can hang on a door; a bridge's lamps and plugs are nobody's business here.
pub(crate) fn text(devices: &[DiscoveredDevice], look: &Look) -> String {
    let useful: Vec<_> = devices.iter().filter(|one| !one.can_be.is_empty()).collect();
    if useful.is_empty() {
        let seen = words::count(devices.len() as u64, "device", "devices");
        return match devices.len() {
            0 => "no bridge has told of any device yet; is it connected?".to_owned(),
            _ => format!("bridges told of {seen}, none of them a lock, a keypad or a contact"),
        };
    }
    let mut table = Table::with_heading(["name", "can be", "model", "can"]);
    for one in useful {
        let can_be: Vec<_> = one.can_be.iter().map(|part| words::part(*part)).collect();
        let can: Vec<_> = one.abilities.iter().map(|ability| words_of(*ability)).collect();
        let model = format!("{} {}", one.vendor, one.model);
        table.push([name(one), can_be.join(", ").into(), model.into(), can.join(", ").into()]);
    }
    table.lay_out(0, look)
}

fn name(one: &DiscoveredDevice) -> Cell {
    match &one.name {
        Some(name) => name.as_str().into(),
        None => Cell::tinted(Tint::Watch, format!("{} (rename it first)", one.friendly)),
    }
}

const fn words_of(ability: Ability) -> &'static str {
    match ability {
        Ability::Bolt => "lock and unlock",
        Ability::Jam => "tell a jam",
        Ability::Pins => "keep PINs",
        Ability::AutoRelock => "relock by itself",
        Ability::Contact => "tell open from closed",
        Ability::Codes => "tell typed codes",
        Ability::Answers => "be answered",
    }
}
