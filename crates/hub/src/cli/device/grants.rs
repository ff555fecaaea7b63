//! `doorward device grants`: what a device may say and hear.

use clap::Args;
use doorward_api::DeviceName;
use doorward_api::device::DeviceGrants;
use serde_json::json;

use super::super::failure::Failure;
use super::super::look::Look;
use super::super::names;
use super::super::session::Session;
use super::super::table::Table;
use super::super::words;
use super::mosquitto;

#[derive(Args)]
#[command(after_help = "\
With --mosquitto: the whole access control list of a Mosquitto that the hub is a client of, for all
enrolled devices (`acl_file` in mosquitto.conf, with `use_identity_as_username true`).")]
pub(crate) struct Grants {
    /// The device's name.
    #[arg(value_parser = names::device, required_unless_present = "mosquitto")]
    name: Option<DeviceName>,
    /// Prints an access control list for Mosquitto.
    #[arg(long, conflicts_with = "name")]
    mosquitto: bool,
    /// The hub's user there: the common name of the certificate that it shows.
    #[arg(long, value_name = "NAME", default_value = "doorward", requires = "mosquitto")]
    hub_user: String,
}

impl Grants {
    pub(super) async fn run(self, session: &mut Session) -> Result<(), Failure> {
        let hub = session.hub().await?;
        let Some(name) = self.name else {
            let devices = hub.devices().await?;
            let mut all = Vec::new();
            for device in devices.iter().filter(|device| device.revoked_at.is_none()) {
                all.push(hub.device_grants(&device.name).await?);
            }
            let acl = mosquitto::acl(&self.hub_user, &all).map_err(anyhow::Error::from)?;
            return Ok(session.output.show(&json!({ "acl": acl }), |_| acl.clone())?);
        };
        let granted = hub.device_grants(&name).await?;
        Ok(session.output.show(&granted, |look| text(&granted, look))?)
    }
}

/// Prints the grants: one topic a row, as MQTT filters.
pub(crate) fn text(grants: &DeviceGrants, look: &Look) -> String {
    let DeviceGrants { device, kind, dialect, publish, subscribe } = grants;
    let mut table = Table::with_heading(["may", "topic"]);
    for (may, topics) in [("publish", publish), ("subscribe", subscribe)] {
        for topic in topics {
            table.push([may.into(), topic.as_str().into()]);
        }
        if topics.is_empty() {
            table.push([may.into(), "nothing".into()]);
        }
    }
    let (kind, dialect) = (words::device_kind(*kind), words::dialect(*dialect));
    format!("{device} is a {kind} and speaks {dialect}\n{}", table.lay_out(2, look))
}

#[cfg(test)]
mod tests {
    use doorward_core::grants::{DeviceKind, Dialect, Program, TopicGrants};
    use doorward_core::ids::DeviceName;

    use super::super::super::tests::look;
    use super::*;
    use crate::daemon::convert_grants;

    #[test]
    fn what_is_printed_is_the_table_of_grants_whole_and_nothing_else() {
        let name = DeviceName::parse("porch lock").unwrap();
        use DeviceKind::{Bridge, Camera, Contact, HomeAssistant, Keypad, Lock, Other};
        let kinds = [Lock, Keypad, Contact, Bridge, HomeAssistant, Camera, Other];
        let base = Program::Frigate.base_for(&name).unwrap();
        let frigate = Dialect::Carried { program: Program::Frigate, base };
        let mut printed_pairs = 0;
        for dialect in [Dialect::Native, Dialect::zigbee2mqtt(), Dialect::HomeAssistant, frigate] {
            for kind in kinds {
                let Ok(granted) = TopicGrants::for_device(kind, &dialect, &name) else { continue };
                let converted = convert_grants(&name, kind, &dialect, &granted);
                let (kind, speaks) = (converted.kind, converted.dialect);
                let printed = text(&converted, &look());
                let rows = |may: &str| {
                    let lines = printed.lines().filter_map(|line| line.trim().split_once("  "));
                    let rows = lines.filter(|(first, _)| *first == may);
                    let topics: Vec<_> = rows.map(|(_, topic)| topic.trim().to_owned()).collect();
                    if topics == ["nothing"] { Vec::new() } else { topics }
                };
                let texts = |all: &[doorward_core::topic::TopicFilter]| {
                    all.iter().map(ToString::to_string).collect::<Vec<_>>()
                };
                assert_eq!(rows("publish"), texts(&granted.publish), "{printed}");
                assert_eq!(rows("subscribe"), texts(&granted.subscribe), "{printed}");
                assert_eq!(
                    printed.lines().next().unwrap(),
                    format!(
                        "porch lock is a {} and speaks {}",
                        words::device_kind(kind),
                        words::dialect(speaks),
                    )
                );
                printed_pairs += 1;
            }
        }
        assert_eq!(printed_pairs, 8, "a pair was added to the table: is it printed well?");
    }
}
