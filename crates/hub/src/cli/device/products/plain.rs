//! Settings for devices that have no TLS and are let in with a password.

use doorward_api::device::Dialect;

use super::super::sheet::{ClientCertificates, Facts, Product, Sheet};
use super::{with_port, yaml};

/// What stands for a password that was shown once and is known to nobody here.
const UNKNOWN: &str = "THE-PASSWORD";

/// Makes the sheet for a device without TLS.
pub(in super::super) fn sheet(
    product: Product,
    facts: &Facts<'_>,
    password: Option<&str>,
) -> Sheet {
    let shown = password.unwrap_or(UNKNOWN);
    let (place, settings) = match product {
        Product::Tasmota => ("Into Tasmota's console:", tasmota(facts, shown)),
        Product::Shelly => (
            "For the first generation; SHELLY is its address. If it asks for a login, add \
             `-u USER:PASSWORD` to curl:",
            shelly(facts, shown),
        ),
        Product::Esphome => ("Into the device's YAML:", esphome(facts, shown)),
        Product::Zigbee2mqtt | Product::HomeAssistant | Product::Frigate | Product::ZwaveJsUi => (
            "This program has TLS: revoke the device and enrol it again without --plain.",
            String::new(),
        ),
    };
    let notes = if settings.is_empty() { Vec::new() } else { notes(product, facts, password) };
    Sheet {
        product,
        client_certificates: ClientCertificates::No,
        place: place.to_owned(),
        settings,
        notes,
    }
}

fn notes(product: Product, facts: &Facts<'_>, password: Option<&str>) -> Vec<String> {
    let name = &facts.device.name;
    let mut notes = Vec::new();
    if password.is_none() {
        notes.push(format!(
            "{UNKNOWN} was shown once, when the device was enrolled. If it is lost, revoke the \
             device and enrol it again."
        ));
    }
    if product == Product::Esphome && facts.device.dialect == Dialect::Native {
        notes.push(
            "ESPHome says online and offline as the hub wants it. Its own topics for sensors are \
             refused; say the rest of the hub's dialect with `mqtt.publish` (docs/mqtt.md)."
                .to_owned(),
        );
    }
    notes.push(format!("It is refused what it has no grant for: `doorward device grants {name}`"));
    notes
}

/// Without `%topic%` in it, Tasmota asks for no group's and no fallback's topics, which
/// belong to all of them.
fn tasmota(facts: &Facts<'_>, password: &str) -> String {
    let Facts { host, port, base_topic, device, .. } = facts;
    let name = device.name.as_str();
    format!(
        "Backlog MqttHost {host}; MqttPort {port}; MqttClient {name}; MqttUser {name}; \
         MqttPassword {password}; FullTopic {base_topic}/%prefix%/\n"
    )
}

fn shelly(facts: &Facts<'_>, password: &str) -> String {
    let Facts { host, port, device, .. } = facts;
    let (server, name) = (with_port(host, *port), device.name.as_str());
    let fields = [
        ("mqtt_enable", "true"),
        ("mqtt_server", &server),
        ("mqtt_user", name),
        ("mqtt_pass", password),
        ("mqtt_id", name),
        ("mqtt_clean_session", "true"),
    ];
    let fields = fields.map(|(field, value)| format!(" \\\n    -d '{field}={value}'")).concat();
    format!("curl -s http://SHELLY/settings{fields}\ncurl -s http://SHELLY/reboot\n")
}

fn esphome(facts: &Facts<'_>, password: &str) -> String {
    let Facts { host, port, base_topic, device, .. } = facts;
    let (host, topic, name) = (yaml(host), yaml(base_topic), yaml(device.name.as_str()));
    let password = yaml(password);
    format!(
        "\
mqtt:
  broker: {host}
  port: {port}
  username: {name}
  password: {password}
  clean_session: true
  keepalive: 15s
  topic_prefix: {topic}
  discovery: false
  discover_ip: false
  log_topic: null
"
    )
}
