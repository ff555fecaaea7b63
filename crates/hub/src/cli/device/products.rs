//! Settings for what people run: one function for each, after its documentation.
//!
//! Where a program cannot show a certificate, its sheet says so and has no settings: the
//! hub lets nobody in without one.

pub(super) mod plain;

use super::sheet::{ClientCertificates, Facts, Product, Sheet, in_url, with_port};

/// Makes the sheet for one program.
pub(super) fn sheet(product: Product, facts: &Facts<'_>) -> Sheet {
    match product {
        Product::Zigbee2mqtt => zigbee2mqtt(facts),
        Product::HomeAssistant => home_assistant(facts),
        Product::Esphome => esphome(facts),
        Product::Tasmota => tasmota(),
        Product::Shelly => shelly(facts),
        Product::Frigate => frigate(facts),
        Product::ZwaveJsUi => zwave_js_ui(facts),
    }
}

fn zigbee2mqtt(facts: &Facts<'_>) -> Sheet {
    let (base, files) = (yaml(facts.base_topic), facts.files);
    let server = yaml(&format!("mqtts://{}", with_port(facts.host, facts.port)));
    let file = |name: &str| yaml(&format!("{files}/{name}"));
    let (ca, cert, key) = (file("ca.pem"), file("client.pem"), file("client.key"));
    Sheet {
        product: Product::Zigbee2mqtt,
        client_certificates: ClientCertificates::Yes,
        place: "Into Zigbee2MQTT's configuration.yaml, with these paths as Zigbee2MQTT sees them:"
            .to_owned(),
        settings: format!(
            "\
mqtt:
  base_topic: {base}
  server: {server}
  ca: {ca}
  cert: {cert}
  key: {key}
  reject_unauthorized: true
  keepalive: 30
availability:
  enabled: true        # so that a dead lock is known to be dead
advanced:
  output: json         # the hub does not read one topic per attribute
  log_level: warning   # at info and debug, every code that is typed is in Zigbee2MQTT's log
device_options:
  retain: false        # a retained code is a code that is kept
"
        ),
        notes: Vec::new(),
    }
}

fn home_assistant(facts: &Facts<'_>) -> Sheet {
    let Facts { host, port, .. } = facts;
    Sheet {
        product: Product::HomeAssistant,
        client_certificates: ClientCertificates::Yes,
        place: "In Home Assistant: Settings, Devices & services, Add integration, MQTT. The files \
                are uploaded from the computer with the browser:"
            .to_owned(),
        settings: format!(
            "\
Broker                          {host}
Port                            {port}
Username, Password              (empty)
Advanced options                on, then Next
Use a client certificate        on
Broker certificate validation   Custom, then Next
  CA certificate                ca.pem
  Client certificate            client.pem
  Private key                   client.key
Ignore broker certificate
validation                      off
"
        ),
        notes: vec![
            "Without the validation of the broker's certificate, Home Assistant shows no client \
             certificate either."
                .to_owned(),
            "It sees the doors after `doorward home-assistant on`, and may ask of a door what \
             `doorward device allow` lets it."
                .to_owned(),
        ],
    }
}

fn esphome(facts: &Facts<'_>) -> Sheet {
    let Facts { host, port, base_topic, .. } = facts;
    let slug = slug(facts.device.name.as_str());
    let (host, topic) = (yaml(host), yaml(base_topic));
    Sheet {
        product: Product::Esphome,
        client_certificates: ClientCertificates::SomeModels,
        place: "Into the device's YAML:".to_owned(),
        settings: format!(
            "\
mqtt:
  broker: {host}
  port: {port}
  certificate_authority: !secret {slug}_ca
  client_certificate: !secret {slug}_certificate
  client_certificate_key: !secret {slug}_key
  clean_session: true
  keepalive: 15s
  topic_prefix: {topic}
  discovery: false
  discover_ip: false
  log_topic: null
"
        ),
        notes: vec![
            format!(
                "In the folder with ca.pem, client.pem and client.key, this writes the secrets:\n    \
                 {{ for of in ca:ca.pem certificate:client.pem key:client.key; do echo \
                 \"{slug}_${{of%%:*}}: |\"; sed 's/^/  /' \"${{of#*:}}\"; done; }} >> secrets.yaml"
            ),
            "ESP32 with the framework esp-idf only. ESPHome on an ESP8266 shows no client \
             certificate; what is no lock or keypad can be enrolled with --plain."
                .to_owned(),
            "ESPHome says online and offline as the hub wants it. Its own topics for locks and \
             sensors are refused; say and hear the rest of the hub's dialect with `mqtt.publish` \
             and `on_json_message` (docs/mqtt.md)."
                .to_owned(),
        ],
    }
}

fn tasmota() -> Sheet {
    Sheet {
        product: Product::Tasmota,
        client_certificates: ClientCertificates::No,
        place: "Tasmota cannot connect: none of its released builds shows a client certificate."
            .to_owned(),
        settings: String::new(),
        notes: vec![
            "A build of your own with USE_MQTT_TLS and USE_MQTT_AWS_IOT can, with fingerprints or \
             this hub's authority compiled in. It has little room for a certificate, compares \
             names in its own way, and nobody has tried it with this hub."
                .to_owned(),
            "On an ESP32, ESPHome does what is needed: `--for esphome`.".to_owned(),
            "As it is released it can be let in without TLS, as no part of a door: revoke it, and \
             enrol it again with --plain."
                .to_owned(),
        ],
    }
}

fn shelly(facts: &Facts<'_>) -> Sheet {
    let server = json(&with_port(facts.host, facts.port));
    let topic = json(facts.base_topic);
    let put = |method: &str, file: &str| {
        format!(
            "jq -Rs '{{id:1,method:\"{method}\",params:{{data:.,append:false}}}}' {file} | \
             curl -sd @- http://$shelly/rpc\n"
        )
    };
    let ca = put("Shelly.PutUserCA", "ca.pem");
    let certificate = put("Shelly.PutTLSClientCert", "client.pem");
    let key = put("Shelly.PutTLSClientKey", "client.key");
    Sheet {
        product: Product::Shelly,
        client_certificates: ClientCertificates::SomeModels,
        place: "In the folder with ca.pem, client.pem and client.key; SHELLY is its address:"
            .to_owned(),
        settings: format!(
            "\
shelly=SHELLY
{ca}{certificate}{key}curl -sd '{{\"id\":1,\"method\":\"Mqtt.SetConfig\",\"params\":{{\"config\":{{\
             \"enable\":true,\"server\":{server},\"ssl_ca\":\"user_ca.pem\",\"use_client_cert\":true,\
             \"topic_prefix\":{topic}}}}}}}' http://$shelly/rpc
curl -s http://$shelly/rpc/Shelly.Reboot
"
        ),
        notes: vec![
            "Generation 2 and later. The first generation shows no client certificate: enrol it \
             with --plain."
                .to_owned(),
            "The key goes to the device over plain HTTP: do this in a network that you trust."
                .to_owned(),
            not_read("Shelly", facts),
        ],
    }
}

fn frigate(facts: &Facts<'_>) -> Sheet {
    let Facts { host, port, files, device, .. } = facts;
    let host = yaml(host);
    let file = |name: &str| yaml(&format!("{files}/{name}"));
    let (ca, cert, key) = (file("ca.pem"), file("client.pem"), file("client.key"));
    let client = yaml(device.name.as_str());
    Sheet {
        product: Product::Frigate,
        client_certificates: ClientCertificates::Yes,
        place: "Into Frigate's config.yml, with these paths as Frigate sees them:".to_owned(),
        settings: format!(
            "\
mqtt:
  enabled: true
  host: {host}
  port: {port}
  client_id: {client}
  tls_ca_certs: {ca}
  tls_client_cert: {cert}
  tls_client_key: {key}
  tls_insecure: false
"
        ),
        notes: vec![not_read("Frigate", facts)],
    }
}

fn zwave_js_ui(facts: &Facts<'_>) -> Sheet {
    let (url, port) = (format!("mqtts://{}", in_url(facts.host)), facts.port);
    let name = facts.device.name.as_str();
    Sheet {
        product: Product::ZwaveJsUi,
        client_certificates: ClientCertificates::Yes,
        place: "In Z-Wave JS UI: Settings, MQTT. The files are read from the computer with the \
                browser:"
            .to_owned(),
        settings: format!(
            "\
Name                      {name}
Host url                  {url}
Port                      {port}
Clean                     on
Store                     off
Allow self signed certs   off
CA                        ca.pem
Client cert               client.pem
Client key                client.key
Auth                      off
"
        ),
        notes: vec![not_read("Z-Wave JS UI", facts)],
    }
}

fn not_read(program: &str, facts: &Facts<'_>) -> String {
    let name = &facts.device.name;
    format!(
        "The hub does not read what {program} says, and refuses what this certificate has no grant \
         for: `doorward device grants \"{name}\"`"
    )
}

/// Writes a YAML scalar: bare where nothing can be taken for something else.
fn yaml(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:[]".contains(c);
    let begins = text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '/' || c == '.');
    let number = text.chars().all(|c| c.is_ascii_digit() || c == '.');
    let word = matches!(
        text.to_ascii_lowercase().as_str(),
        "y" | "n" | "yes" | "no" | "on" | "off" | "true" | "false" | "null"
    );
    let address = text.parse::<std::net::IpAddr>().is_ok() && text.contains('.');
    if address || (begins && !number && !word && text.chars().all(plain)) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', "''"))
    }
}

/// Writes a JSON text that may stand between a shell's single quotes.
fn json(text: &str) -> String {
    let quoted = serde_json::Value::from(text).to_string();
    quoted.replace('\'', "\\u0027")
}

/// Makes a name for a secret out of a device's name.
fn slug(name: &str) -> String {
    let letter = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '_' };
    name.chars().map(letter).collect()
}

#[cfg(test)]
mod tests;
