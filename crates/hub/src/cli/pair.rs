//! `doorward pair`, `doorward person`, `doorward phone`: who may do what, and with which
//! devices.

use clap::{Args, Subcommand, ValueEnum};
use doorward_api::pairing::{OfferPairing, PairingOffer};
use doorward_api::person::{PairedDeviceView, PersonView, PinState};
use doorward_api::{Client, PairedDeviceId, PersonId, Role};
use secrecy::{ExposeSecret, SecretString};

use super::failure::Failure;
use super::look::Look;
use super::session::Session;
use super::table::Table;
use super::words;
use crate::pairing::qr_blocks;

/// What a person may do.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Rank {
    /// Everything.
    Owner,
    /// Lets people in: deliveries, guests, visits, doors, the live picture.
    Resident,
    /// Reads how the house is, and what happened.
    Viewer,
}

#[derive(Args)]
#[command(after_help = "\
Examples:
  doorward pair --qr                      shows a QR code for an owner's phone
  doorward pair --role resident           prints a link for somebody else's
  doorward pair --person Ana              for another device of somebody known

The link is good for five minutes and one device. Whoever opens it first is paired: show it to
nobody else. A hub that was made with `doorward init --set-up-in-browser` answers with the link
that names its household.")]
pub(super) struct Pair {
    /// What somebody whom the household does not know yet may do.
    #[arg(long, value_enum, default_value = "owner")]
    role: Rank,
    /// A person of the household; without it, the phone asks for a name.
    #[arg(long, value_name = "NAME", conflicts_with = "role")]
    person: Option<String>,
    /// Shows a QR code in the terminal.
    #[arg(long)]
    qr: bool,
}

/// People of the household.
#[derive(Subcommand)]
pub(super) enum Person {
    /// Lists the people.
    List(ListPeople),
    /// Removes a person with all their devices, and cuts their sessions.
    Remove(RemovePerson),
}

#[derive(Args)]
pub(super) struct ListPeople {}

#[derive(Args)]
pub(super) struct RemovePerson {
    /// The name.
    #[arg(value_name = "NAME")]
    name: String,
}

/// Paired devices: phones, tablets, browsers.
#[derive(Subcommand)]
pub(super) enum Phone {
    /// Lists the paired devices.
    List(ListPhones),
    /// Ends a device's pairing, and cuts its sessions.
    Revoke(OnePhone),
    /// Lets a device's PIN be tried again after five wrong tries.
    Lift(OnePhone),
}

#[derive(Args)]
pub(super) struct ListPhones {}

#[derive(Args)]
pub(super) struct OnePhone {
    /// Its number, as `doorward phone list` shows it.
    #[arg(value_name = "ID")]
    id: PairedDeviceId,
}

impl Pair {
    pub(super) async fn run(self, session: &mut Session) -> Result<(), Failure> {
        let hub = session.hub().await?;
        let person = match &self.person {
            Some(name) => Some(find(&hub, name).await?.id),
            None => None,
        };
        let role = match self.role {
            Rank::Owner => Role::Owner,
            Rank::Resident => Role::Resident,
            Rank::Viewer => Role::Viewer,
        };
        let offer = hub.offer_pairing(&OfferPairing { role, person }).await?;
        let qr = if self.qr { drawn(&offer)? } else { None };
        let text = |look: &Look| told(&offer, qr.as_ref(), look);
        Ok(session.output.show(&offer, text)?)
    }
}

fn drawn(offer: &PairingOffer) -> Result<Option<SecretString>, Failure> {
    let drawn = offer.links.first().map(qr_blocks).transpose();
    drawn.map_err(|error| Failure::Failed(error.into()))
}

/// From where the links can be opened.
enum Reach {
    /// From the home network.
    House,
    /// From this machine alone.
    Here,
}

fn reach(offer: &PairingOffer) -> Reach {
    const HERE: [&str; 3] = ["https://127.", "https://[::1]", "https://localhost"];
    let here = |link: &SecretString| HERE.iter().any(|at| link.expose_secret().starts_with(at));
    if offer.links.iter().all(here) { Reach::Here } else { Reach::House }
}

/// This is the one place where a link is printed: its owner asked for it.
fn told(offer: &PairingOffer, qr: Option<&SecretString>, look: &Look) -> String {
    let mut text = String::new();
    if let Some(qr) = qr {
        text.push_str(qr.expose_secret());
        text.push('\n');
    }
    let which = if offer.links.len() == 1 { "this" } else { "one of these" };
    let place = match reach(offer) {
        Reach::House => "on the phone, in the home network",
        Reach::Here => "in a browser on this machine; the hub listens nowhere else",
    };
    text.push_str(&format!("Open {which} {place}:\n"));
    for link in &offer.links {
        text.push_str(&format!("  {}\n", link.expose_secret()));
    }
    let until = look.seconds(offer.expires);
    text.push_str(&format!("\nGood until {until}, for one device. Show it to nobody else."));
    text
}

async fn find(hub: &Client, name: &str) -> Result<PersonView, Failure> {
    let people = hub.people().await?;
    people.into_iter().find(|person| person.name == name).ok_or_else(|| {
        let what = "the household knows nobody of that name; `doorward person list` shows all";
        Failure::Failed(anyhow::anyhow!(what))
    })
}

impl Person {
    pub(super) async fn run(self, session: &mut Session) -> Result<(), Failure> {
        let hub = session.hub().await?;
        match self {
            Self::List(ListPeople {}) => {
                let people = hub.people().await?;
                Ok(session.output.show(&people, |look| people_table(&people, look))?)
            }
            Self::Remove(RemovePerson { name }) => {
                let PersonId(id) = find(&hub, &name).await?.id;
                hub.remove_person(PersonId(id)).await?;
                Ok(session.output.done("removed, with all their devices")?)
            }
        }
    }
}

impl Phone {
    pub(super) async fn run(self, session: &mut Session) -> Result<(), Failure> {
        let hub = session.hub().await?;
        match self {
            Self::List(ListPhones {}) => {
                let phones = hub.paired_devices().await?;
                Ok(session.output.show(&phones, |look| phone_table(&phones, look))?)
            }
            Self::Revoke(OnePhone { id }) => {
                hub.end_pairing(id).await?;
                Ok(session.output.done("its pairing has ended; its sessions are cut")?)
            }
            Self::Lift(OnePhone { id }) => {
                hub.lift_pin(id).await?;
                Ok(session.output.done("its PIN may be tried again")?)
            }
        }
    }
}

fn people_table(people: &[PersonView], look: &Look) -> String {
    if people.is_empty() {
        return "nobody yet; `doorward pair --qr` pairs the first phone".to_owned();
    }
    let mut table = Table::with_heading(["name", "may do", "since"]);
    for person in people {
        let since = look.local(person.added_at).strftime("%-d %b %Y").to_string();
        table.push([person.name.as_str().into(), words::role(person.role).into(), since.into()]);
    }
    table.lay_out(0, look)
}

fn phone_table(phones: &[PairedDeviceView], look: &Look) -> String {
    if phones.is_empty() {
        return "none yet; `doorward pair --qr` pairs the first".to_owned();
    }
    let mut table = Table::with_heading(["id", "device", "whose", "last seen", "pin", "witnessed"]);
    for phone in phones {
        let date = |at| look.local(at).strftime("%-d %b %Y %H:%M").to_string();
        let seen = match (phone.revoked_at, phone.last_seen_at) {
            (Some(at), _) => format!("revoked {}", date(at)),
            (None, Some(at)) => date(at),
            (None, None) => "never".to_owned(),
        };
        let witnessed = phone.witnessed.map_or_else(|| "–".to_owned(), |by| by.size.to_string());
        table.push([
            phone.id.to_string().into(),
            phone.name.as_str().into(),
            phone.person.name.as_str().into(),
            seen.into(),
            pin(phone.pin).into(),
            witnessed.into(),
        ]);
    }
    table.lay_out(0, look)
}

const fn pin(state: PinState) -> &'static str {
    match state {
        PinState::Unset => "none",
        PinState::Set => "set",
        PinState::Resting => "rests",
    }
}
