//! The settings, word for word.

use doorward_api::device::{DeviceKind, DeviceView, Dialect, Link};

use super::super::sheet::ClientCertificates;
use super::*;
use crate::http::samples::moment;

fn device(name: &str) -> DeviceView {
    DeviceView {
        name: name.into(),
        kind: DeviceKind::Bridge,
        dialect: Dialect::Zigbee2mqtt,
        link: Link::Online,
        enrolled_at: moment("09:00:00"),
        certificate_until: Some(moment("09:00:00")),
        next_certificate_until: None,
        revoked_at: None,
    }
}

fn sheet_for(product: Product) -> Sheet {
    let device = device("z2m");
    let (host, base_topic) = ("192.168.1.10", "zigbee2mqtt");
    let facts = Facts { device: &device, host, port: 8883, base_topic, files: "/etc/z2m" };
    sheet(product, &facts)
}

const ALL: [Product; 7] = [
    Product::Zigbee2mqtt,
    Product::HomeAssistant,
    Product::Esphome,
    Product::Tasmota,
    Product::Shelly,
    Product::Frigate,
    Product::ZwaveJsUi,
];

#[test]
fn zigbee2mqtt_gets_its_mqtt_section() {
    assert_eq!(
        sheet_for(Product::Zigbee2mqtt).settings,
        "\
mqtt:
  base_topic: zigbee2mqtt
  server: mqtts://192.168.1.10:8883
  ca: /etc/z2m/ca.pem
  cert: /etc/z2m/client.pem
  key: /etc/z2m/client.key
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
    );
}

#[test]
fn the_page_on_mqtt_shows_what_is_printed_for_zigbee2mqtt() {
    let page = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/mqtt.md");
    let page = std::fs::read_to_string(page).unwrap();
    let device = device("z2m");
    let (host, base_topic, files) = ("hub.local", "zigbee2mqtt", "/app/data/z2m");
    let facts = Facts { device: &device, host, port: 8883, base_topic, files };
    let printed = sheet(Product::Zigbee2mqtt, &facts).settings;
    assert!(page.contains(&format!("```yaml\n{printed}```")), "{printed}");
}

#[test]
fn home_assistant_gets_a_form_to_fill_in() {
    assert_eq!(
        sheet_for(Product::HomeAssistant).settings,
        "\
Broker                          192.168.1.10
Port                            8883
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
    );
}

#[test]
fn esphome_gets_its_mqtt_section_and_the_way_to_its_secrets() {
    let sheet = sheet_for(Product::Esphome);
    assert_eq!(
        sheet.settings,
        "\
mqtt:
  broker: 192.168.1.10
  port: 8883
  certificate_authority: !secret z2m_ca
  client_certificate: !secret z2m_certificate
  client_certificate_key: !secret z2m_key
  clean_session: true
  keepalive: 15s
  topic_prefix: zigbee2mqtt
  discovery: false
  discover_ip: false
  log_topic: null
"
    );
    assert_eq!(
        sheet.notes[0].lines().nth(1).unwrap().trim(),
        "{ for of in ca:ca.pem certificate:client.pem key:client.key; do echo \
         \"z2m_${of%%:*}: |\"; sed 's/^/  /' \"${of#*:}\"; done; } >> secrets.yaml"
    );
}

#[test]
fn the_line_for_esphomes_secrets_writes_them_as_yaml() {
    let folder = tempfile::tempdir().unwrap();
    for file in ["ca.pem", "client.pem", "client.key"] {
        std::fs::write(folder.path().join(file), format!("-----\n{file}\n-----\n")).unwrap();
    }
    let sheet = sheet_for(Product::Esphome);
    let line = sheet.notes[0].lines().nth(1).unwrap();
    let mut shell = std::process::Command::new("sh");
    let done = shell.args(["-c", line]).current_dir(folder.path()).status().unwrap();
    assert!(done.success());
    let secrets = std::fs::read_to_string(folder.path().join("secrets.yaml")).unwrap();
    let part = |name: &str, file: &str| format!("z2m_{name}: |\n  -----\n  {file}\n  -----\n");
    let expected = part("ca", "ca.pem") + &part("certificate", "client.pem");
    assert_eq!(secrets, expected + &part("key", "client.key"));
}

#[test]
fn shelly_gets_its_certificates_and_its_settings_over_its_own_rpc() {
    assert_eq!(
        sheet_for(Product::Shelly).settings,
        r#"shelly=SHELLY
jq -Rs '{id:1,method:"Shelly.PutUserCA",params:{data:.,append:false}}' ca.pem | curl -sd @- http://$shelly/rpc
jq -Rs '{id:1,method:"Shelly.PutTLSClientCert",params:{data:.,append:false}}' client.pem | curl -sd @- http://$shelly/rpc
jq -Rs '{id:1,method:"Shelly.PutTLSClientKey",params:{data:.,append:false}}' client.key | curl -sd @- http://$shelly/rpc
curl -sd '{"id":1,"method":"Mqtt.SetConfig","params":{"config":{"enable":true,"server":"192.168.1.10:8883","ssl_ca":"user_ca.pem","use_client_cert":true,"topic_prefix":"zigbee2mqtt"}}}' http://$shelly/rpc
curl -s http://$shelly/rpc/Shelly.Reboot
"#
    );
}

#[test]
fn frigate_gets_its_mqtt_section() {
    assert_eq!(
        sheet_for(Product::Frigate).settings,
        "\
mqtt:
  enabled: true
  host: 192.168.1.10
  port: 8883
  client_id: z2m
  tls_ca_certs: /etc/z2m/ca.pem
  tls_client_cert: /etc/z2m/client.pem
  tls_client_key: /etc/z2m/client.key
  tls_insecure: false
"
    );
}

#[test]
fn z_wave_js_ui_gets_a_form_to_fill_in() {
    assert_eq!(
        sheet_for(Product::ZwaveJsUi).settings,
        "\
Name                      z2m
Host url                  mqtts://192.168.1.10
Port                      8883
Clean                     on
Store                     off
Allow self signed certs   off
CA                        ca.pem
Client cert               client.pem
Client key                client.key
Auth                      off
"
    );
}

#[test]
fn what_cannot_show_a_certificate_is_told_so_and_gets_no_settings() {
    for product in ALL {
        let sheet = sheet_for(product);
        let cannot = match sheet.client_certificates {
            ClientCertificates::Yes => continue,
            ClientCertificates::SomeModels => {
                sheet.notes.iter().any(|note| note.contains("shows no client certificate"))
            }
            ClientCertificates::No => {
                sheet.settings.is_empty() && sheet.place.contains("cannot connect")
            }
        };
        assert!(cannot, "{product:?}: {}", sheet.text());
    }
    assert_eq!(sheet_for(Product::Tasmota).client_certificates, ClientCertificates::No);
}

#[test]
fn nobody_is_told_to_leave_the_hubs_certificate_unchecked() {
    for product in ALL {
        let text = sheet_for(product).text();
        for wrong in
            ["reject_unauthorized: false", "tls_insecure: true", "\"ssl_ca\":\"*\"", "1883"]
        {
            assert!(!text.contains(wrong), "{product:?}: {text}");
        }
    }
}

#[test]
fn odd_names_are_quoted_where_they_stand() {
    let device = device("it's: #1");
    let (host, base_topic, files) = ("fd00::7", "Café 'x'", "/srv/my files");
    let facts = Facts { device: &device, host, port: 8883, base_topic, files };
    let z2m = sheet(Product::Zigbee2mqtt, &facts).settings;
    for line in [
        "  base_topic: 'Café ''x'''\n",
        "  server: mqtts://[fd00::7]:8883\n",
        "  ca: '/srv/my files/ca.pem'\n",
    ] {
        assert!(z2m.contains(line), "{z2m}");
    }
    let frigate = sheet(Product::Frigate, &facts).settings;
    assert!(frigate.contains("  client_id: 'it''s: #1'\n"), "{frigate}");
    let esphome = sheet(Product::Esphome, &facts).settings;
    assert!(esphome.contains("!secret it_s___1_ca\n"), "{esphome}");
    let shelly = sheet(Product::Shelly, &facts).settings;
    assert!(shelly.contains(r#""server":"[fd00::7]:8883""#), "{shelly}");
    assert!(shelly.contains(r#""topic_prefix":"Café \u0027x\u0027""#), "{shelly}");
}

fn plain_sheet(product: Product, dialect: Dialect, base_topic: &str) -> Sheet {
    let device = DeviceView { dialect, certificate_until: None, ..device("plug") };
    let facts = Facts { device: &device, host: "192.168.1.10", port: 1883, base_topic, files: "" };
    plain::sheet(product, &facts, Some("abcdefgh"))
}

#[test]
fn without_tls_tasmota_gets_one_line_that_asks_for_no_group_topic() {
    assert_eq!(
        plain_sheet(Product::Tasmota, Dialect::Tasmota, "plug").settings,
        "Backlog MqttHost 192.168.1.10; MqttPort 1883; MqttClient plug; MqttUser plug; \
         MqttPassword abcdefgh; FullTopic plug/%prefix%/\n"
    );
}

#[test]
fn without_tls_a_first_shelly_gets_its_id_and_login() {
    assert_eq!(
        plain_sheet(Product::Shelly, Dialect::Shelly, "shellies/plug").settings,
        "\
curl -s http://SHELLY/settings \\
    -d 'mqtt_enable=true' \\
    -d 'mqtt_server=192.168.1.10:1883' \\
    -d 'mqtt_user=plug' \\
    -d 'mqtt_pass=abcdefgh' \\
    -d 'mqtt_id=plug' \\
    -d 'mqtt_clean_session=true'
curl -s http://SHELLY/reboot
"
    );
}

#[test]
fn without_tls_esphome_gets_its_login_and_no_certificate() {
    let settings = plain_sheet(Product::Esphome, Dialect::Native, "doorward/plug").settings;
    for line in [
        "  port: 1883\n",
        "  username: plug\n",
        "  password: abcdefgh\n",
        "  topic_prefix: doorward/plug\n",
    ] {
        assert!(settings.contains(line), "{settings}");
    }
    assert!(!settings.contains("certificate"), "{settings}");
}

#[test]
fn what_has_tls_gets_no_settings_without_it() {
    for product in
        [Product::Zigbee2mqtt, Product::HomeAssistant, Product::Frigate, Product::ZwaveJsUi]
    {
        let sheet = plain_sheet(product, Dialect::Native, "doorward/plug");
        assert!(sheet.settings.is_empty() && sheet.notes.is_empty(), "{product:?}");
        assert!(sheet.place.contains("without --plain"), "{product:?}");
    }
}
