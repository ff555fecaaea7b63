//! `doorward ca`: the hub's certificate authority, and how another one follows it.

use clap::{Args, Subcommand};
use doorward_api::authority::{
    Authorities, AuthorityView, Remaining, RemainingDevice, Renewal, RetireAuthority,
};

use super::failure::Failure;
use super::look::{Look, Tint};
use super::session::Session;
use super::table::{Cell, Table};

#[derive(Subcommand)]
pub(super) enum Ca {
    /// Says which authority vouches for whom, until when, and what to do.
    Show(Show),
    /// Has another authority follow; both are believed until `finish`.
    Rollover(Rollover),
    /// Ends a rollover: the old authority is believed no longer.
    Finish(Finish),
}

#[derive(Args)]
pub(super) struct Show {}

#[derive(Args)]
#[command(after_help = "\
When: in the authority's last years (`doorward doctor` says so), or when its key may be lost, for
example with a disk or a backup and its passphrase.

What happens: another authority is made. Devices go on as they are. Each certificate that is issued
from here on is the new authority's, and comes with both authorities in ca.pem. Devices of
Doorward's own dialect are told to renew; give the others files with `doorward device renew`.
`doorward ca show` names those that are left, and `doorward ca finish` ends it.")]
pub(super) struct Rollover {}

#[derive(Args)]
#[command(after_help = "\
It is refused while there are devices that only the old authority vouches for. A device that has
shown its new certificate has been given the new authority as well, and goes on without a break.")]
pub(super) struct Finish {
    /// Revokes the devices that have no certificate of the new authority.
    #[arg(long)]
    revoke_remaining: bool,
}

impl Ca {
    pub(super) async fn run(self, session: &mut Session) -> Result<(), Failure> {
        let hub = session.hub().await?;
        let found = match self {
            Self::Show(Show {}) => hub.authorities().await?,
            Self::Rollover(Rollover {}) => hub.begin_rollover().await?,
            Self::Finish(Finish { revoke_remaining }) => {
                let remaining = if revoke_remaining { Remaining::Revoke } else { Remaining::Wait };
                hub.finish_rollover(&RetireAuthority { remaining }).await?
            }
        };
        Ok(session.output.show(&found, |look| text(&found, look))?)
    }
}

/// Tells which authorities there are, who is left, and what to do.
fn text(found: &Authorities, look: &Look) -> String {
    let Authorities { current, next, rollover_due, remaining } = found;
    let mut table = Table::with_heading(["authority", "vouches for", "until", "SHA-256"]);
    let (both, hub) = ("the hub and its devices", "the hub, devices of before");
    table.push(row(current, if next.is_some() { hub } else { both }, look));
    if let Some(next) = next {
        table.push(row(next, "devices from here on", look));
    }
    let then = match next {
        None => {
            let due = look.local(*rollover_due).strftime("%-d %b %Y");
            format!("nothing to do before {due}; then `doorward ca rollover`")
        }
        Some(_) if remaining.is_empty() => {
            "every device has a certificate of the new authority: `doorward ca finish`".to_owned()
        }
        Some(_) => format!("only the old authority vouches for\n{}", left(remaining, look)),
    };
    format!("{}\n{then}", table.lay_out(0, look))
}

fn row(authority: &AuthorityView, vouches_for: &str, look: &Look) -> [Cell; 4] {
    [
        authority.number.to_string().as_str().into(),
        vouches_for.into(),
        look.local(authority.until).strftime("%-d %b %Y").to_string().into(),
        Cell::tinted(Tint::Faint, authority.sha256.clone()),
    ]
}

fn left(remaining: &[RemainingDevice], look: &Look) -> String {
    let mut table = Table::default();
    for one in remaining {
        let what = match one.renewal {
            Renewal::Told => "is told to renew by itself; if it cannot, renew it by hand",
            Renewal::ByHand => "`doorward device renew` writes its files",
            Renewal::Issued => "has not shown the certificate that it was issued",
        };
        table.push([one.device.as_str().into(), what.into()]);
    }
    table.lay_out(2, look)
}
