//! What bridges told of the devices behind them, and what does not fit.

use doorward_api::Problem;
use doorward_api::device::{DiscoveredDevice, Part};
use doorward_api::door::{Doubt, Misfit};
use doorward_core::ids::DeviceName;
use doorward_core::io::NewDoor;
use doorward_devices::{Dialects, Discovered, Familiar, Role};

use super::super::awake::Awake;
use super::super::convert;
use super::super::enrolled::EnrolledDevice;
use crate::http::Answer;

impl Awake {
    pub(super) async fn all_discovered(&self) -> Answer<Vec<DiscoveredDevice>> {
        let list = |dialects: &Dialects| dialects.discovered().map(view).collect::<Vec<_>>();
        self.mailbox.look(move |sight| list(sight.dialects)).await.map_err(Problem::from)
    }

    /// Looks for devices of which something was heard that does not fit their place at a
    /// door. Nothing is refused for it: what a bridge says may be old, or wrong.
    pub(super) async fn doubts(
        &self,
        door: &NewDoor,
        enrolled: &[EnrolledDevice],
    ) -> Answer<Vec<Doubt>> {
        let used = used(door);
        let heard = used.clone();
        let look = move |dialects: &Dialects| {
            let misfits = heard.iter().map(|(device, role)| misfit(dialects, device, *role));
            misfits.collect::<Vec<_>>()
        };
        let misfits = self.mailbox.look(move |sight| look(sight.dialects)).await?;
        let doubts = used.into_iter().zip(misfits).filter_map(|((device, role), misfit)| {
            let why = misfit.or_else(|| enrolled_otherwise(&device, role, enrolled))?;
            Some(Doubt { device: convert::device(&device), part: convert::part_of(role), why })
        });
        Ok(doubts.collect())
    }
}

fn used(door: &NewDoor) -> Vec<(DeviceName, Role)> {
    let lock = [(door.lock.clone(), Role::Lock)];
    let keypads = door.keypads.iter().map(|pad| (pad.clone(), Role::Keypad));
    let contact = door.contact.iter().map(|one| (one.clone(), Role::Contact));
    lock.into_iter().chain(keypads).chain(contact).collect()
}

fn misfit(dialects: &Dialects, device: &DeviceName, role: Role) -> Option<Misfit> {
    match dialects.familiar(device) {
        Familiar::Unsaid => None,
        Familiar::Unknown => Some(Misfit::UnknownToBridge),
        Familiar::Known(one) if one.can_be(role) => None,
        Familiar::Known(one) => Some(Misfit::CannotBe { can_be: parts(one) }),
    }
}

/// A device of our own dialect says by its enrolment what it is.
fn enrolled_otherwise(
    device: &DeviceName,
    role: Role,
    enrolled: &[EnrolledDevice],
) -> Option<Misfit> {
    let one = enrolled.iter().find(|one| one.name == *device)?;
    let kind = convert::device_kind(one.kind);
    (!one.is(role)).then_some(Misfit::EnrolledAs { kind })
}

fn view(one: &Discovered) -> DiscoveredDevice {
    DiscoveredDevice {
        name: one.name.as_ref().map(convert::device),
        friendly: one.friendly.to_string(),
        vendor: one.vendor.to_string(),
        model: one.model.to_string(),
        description: one.description.to_string(),
        can_be: parts(one),
        abilities: one.abilities.iter().map(|ability| convert::ability(*ability)).collect(),
    }
}

fn parts(one: &Discovered) -> Vec<Part> {
    one.roles().map(convert::part_of).collect()
}
