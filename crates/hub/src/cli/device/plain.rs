//! A device without TLS: its user and password, and what to paste.

use doorward_api::device::PlainEnrolment;
use secrecy::ExposeSecret;
use serde_json::json;

use super::super::failure::Failure;
use super::super::look::{Look, Tint};
use super::super::session::Session;
use super::super::table::Table;
use super::super::words;
use super::files::broker;
use super::settings::Choices;

/// Shows a device's password, the only time.
pub(super) fn show(
    enrolment: &PlainEnrolment,
    choices: &Choices,
    session: &mut Session,
) -> Result<(), Failure> {
    let password = enrolment.password.expose_secret();
    let sheet = choices.plain_sheet(&enrolment.device, &enrolment.connection, password);
    let shown = json!({
        "device": enrolment.device,
        "broker": broker(&enrolment.connection),
        "username": enrolment.username,
        "password": password,
        "settings": sheet,
    });
    Ok(session.output.show(&shown, |look| {
        let settings = sheet.map_or_else(String::new, |sheet| "\n".to_owned() + &sheet.text());
        enrolled(enrolment, look) + &settings
    })?)
}

fn enrolled(enrolment: &PlainEnrolment, look: &Look) -> String {
    let mut table = Table::default();
    let password = enrolment.password.expose_secret();
    for (name, text) in [
        ("user", enrolment.username.clone()),
        ("password", format!("{password} (shown this once; the hub keeps a digest)")),
        ("connects to", broker(&enrolment.connection).join(", ")),
    ] {
        table.push([name.into(), text.into()]);
    }
    let warning = "warning: whoever is in your network can read and forge what it says";
    format!(
        "{} is enrolled as a {}, without TLS\n{}\n{}\n",
        enrolment.device.name,
        words::device_kind(enrolment.device.kind),
        table.lay_out(2, look),
        look.paint(Tint::Watch, warning)
    )
}
