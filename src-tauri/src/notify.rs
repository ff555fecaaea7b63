//! Notifications of the desktop, over the session bus: what people must be told though the window is
//! hidden. A click leads to it; a visit that waits for leave can be answered at once where the
//! desktop has buttons.

use std::collections::HashMap;
use std::time::Duration;

use futures::StreamExt;
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep};
use tracing::{debug, warn};
use zbus::Address;
use zbus::zvariant::Value;

use crate::desk::{Visit, Wish};
use crate::follow::{Told, Weight};

/// The name of this program's entry in the desktop's menu.
const ENTRY: &str = "doorward-desktop";

/// How long to wait before the desktop is asked again whether it shows notifications.
const BREATH: Duration = Duration::from_secs(5);

/// How long the desktop may take for an answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// How old a notification may be when it is shown at the second try; what is older is no news.
const OLDEST: Duration = Duration::from_secs(60);

/// How many notifications are remembered so that a click on them leads somewhere.
const MOST_SHOWN: usize = 32;

/// Leaves it to the desktop how long a notification stays.
const AS_THE_DESKTOP_LIKES: i32 = -1;

/// The click itself, as the specification names it.
const CLICK: &str = "default";
const APPROVE: &str = "approve";
const BLOCK: &str = "block";

/// The desktop's notifications (Desktop Notifications Specification 1.2).
#[zbus::proxy(
    interface = "org.freedesktop.Notifications",
    default_service = "org.freedesktop.Notifications",
    default_path = "/org/freedesktop/Notifications",
    gen_blocking = false
)]
trait Notifications {
    #[expect(clippy::too_many_arguments, reason = "the specification's")]
    fn notify(
        &self,
        app_name: &str,
        replaces_id: u32,
        app_icon: &str,
        summary: &str,
        body: &str,
        actions: &[&str],
        hints: HashMap<&str, Value<'_>>,
        expire_timeout: i32,
    ) -> zbus::Result<u32>;

    fn get_capabilities(&self) -> zbus::Result<Vec<String>>;

    #[zbus(signal)]
    fn action_invoked(&self, id: u32, action_key: String) -> zbus::Result<()>;
}

/// What a notification that is shown leads to.
struct Shown {
    id: u32,
    told: Told,
}

/// Shows what comes on this bus, until the program ends. `there` says whether the desktop shows
/// notifications. One that did not, or whose service ended, may show them later.
pub(crate) async fn show(
    bus: zbus::Result<Address>,
    mut told: mpsc::Receiver<Told>,
    wishes: mpsc::Sender<Wish>,
    there: watch::Sender<bool>,
) {
    let (mut known, mut failed) = (false, None);
    while let Err(error) = serve(&bus, &mut told, &mut failed, &wishes, &there).await {
        let was_there = there.send_replace(false);
        if was_there || !known {
            warn!(%error, "this desktop shows no notifications; the window still tells everything");
        }
        known = true;
        sleep(BREATH).await;
        // What came while there was nobody to show it is no news when there is somebody again. A desktop
        // that was there a moment ago may be back already.
        while !was_there && told.try_recv().is_ok() {}
    }
}

/// A notification that could not be shown, and when that was. It is tried once more: one that the desktop
/// refuses for its own sake keeps no other waiting.
type Failed = Option<(Instant, Told)>;

async fn serve(
    bus: &zbus::Result<Address>,
    told: &mut mpsc::Receiver<Told>,
    failed: &mut Failed,
    wishes: &mpsc::Sender<Wish>,
    there: &watch::Sender<bool>,
) -> zbus::Result<()> {
    let bus = zbus::connection::Builder::address(bus.clone()?)?;
    let bus = bus.method_timeout(PATIENCE).build().await?;
    let desktop = NotificationsProxy::new(&bus).await?;
    let mut clicks = desktop.receive_action_invoked().await?;
    let capabilities = desktop.get_capabilities().await?;
    let buttons = capabilities.iter().any(|capability| capability == "actions");
    there.send_replace(true);
    let mut shown = Vec::new();
    if let Some((_, again)) = failed.take().filter(|(since, _)| since.elapsed() < OLDEST) {
        show_one(&desktop, again, buttons, &mut shown).await?;
    }
    loop {
        tokio::select! {
            next = told.recv() => match next {
                Some(next) => {
                    // Whoever cannot show it may show it to a second try.
                    *failed = Some((Instant::now(), next.clone()));
                    show_one(&desktop, next, buttons, &mut shown).await?;
                    *failed = None;
                }
                None => return Ok(()),
            },
            Some(click) = clicks.next() => {
                let click = click.args()?;
                let leads = shown.iter().find(|one| one.id == *click.id());
                if let Some(wish) = leads.and_then(|shown| wish(shown, click.action_key())) {
                    // Whoever clicks more than is done can click again.
                    drop(wishes.try_send(wish));
                }
            }
        }
    }
}

async fn show_one(
    desktop: &NotificationsProxy<'_>,
    told: Told,
    buttons: bool,
    shown: &mut Vec<Shown>,
) -> zbus::Result<()> {
    let mut actions = vec![CLICK, "Look"];
    if told.approve.is_some() && buttons {
        actions.extend([APPROVE, "Let in", BLOCK, "Do not let in"]);
    }
    let urgency: u8 = match told.weight {
        Weight::Plain => 1,
        Weight::Heavy => 2,
    };
    let hints = HashMap::from([
        ("urgency", Value::from(urgency)),
        ("desktop-entry", Value::from(ENTRY)),
        ("category", Value::from("device")),
    ]);
    let id = desktop
        .notify("Doorward", 0, ENTRY, &told.sentence, "", &actions, hints, AS_THE_DESKTOP_LIKES)
        .await?;
    debug!(id, "a notification is shown");
    remember(shown, Shown { id, told });
    Ok(())
}

/// A desktop that begins anew counts from the start again, and a click there means what it showed last: it
/// must let in nobody whom an earlier notification of the same number was of.
fn remember(shown: &mut Vec<Shown>, one: Shown) {
    shown.retain(|before| before.id != one.id);
    if shown.len() == MOST_SHOWN {
        shown.remove(0);
    }
    shown.push(one);
}

fn wish(Shown { told, .. }: &Shown, action: &str) -> Option<Wish> {
    let visit = told.approve.map(|entry| Visit { host: told.host.clone(), entry });
    match (action, visit) {
        (CLICK, _) => Some(Wish::Look(told.clone())),
        (APPROVE, Some(visit)) => Some(Wish::Approve(visit)),
        (BLOCK, Some(visit)) => Some(Wish::Block(visit)),
        (_, _) => None,
    }
}

#[cfg(test)]
mod tests {
    use std::process::Stdio;

    use doorward_api::EntryId;
    use tokio::io::{AsyncBufReadExt, BufReader};
    use tokio::process::{Child, Command};
    use tokio::time::timeout;
    use zbus::interface;

    use super::*;

    const PATIENCE: Duration = Duration::from_secs(60);

    /// A bus of its own.
    async fn a_bus() -> (Child, Address) {
        let mut daemon = Command::new("dbus-daemon");
        daemon.args(["--session", "--nofork", "--nopidfile", "--print-address=1"]);
        daemon.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut daemon = daemon.kill_on_drop(true).spawn().unwrap();
        let mut line = String::new();
        let said = daemon.stdout.take().unwrap();
        timeout(PATIENCE, BufReader::new(said).read_line(&mut line)).await.unwrap().unwrap();
        (daemon, line.trim().parse().unwrap())
    }

    /// A desktop that shows no notification which speaks of this, and each other one at the second try.
    struct Moody {
        asked: mpsc::UnboundedSender<String>,
        never: &'static str,
        last: Option<String>,
    }

    #[interface(name = "org.freedesktop.Notifications")]
    impl Moody {
        #[expect(clippy::too_many_arguments, reason = "the specification's")]
        async fn notify(
            &mut self,
            _app_name: String,
            _replaces: u32,
            _icon: String,
            summary: String,
            _body: String,
            _actions: Vec<String>,
            _hints: HashMap<String, zbus::zvariant::OwnedValue>,
            _expires: i32,
        ) -> zbus::fdo::Result<u32> {
            drop(self.asked.send(summary.clone()));
            let again = self.last.replace(summary.clone()).is_some_and(|last| last == summary);
            if again && !summary.contains(self.never) {
                return Ok(7);
            }
            Err(zbus::fdo::Error::Failed("not now".to_owned()))
        }

        async fn get_capabilities(&self) -> Vec<String> {
            Vec::new()
        }
    }

    #[tokio::test]
    async fn what_the_desktop_refuses_is_tried_once_more_and_keeps_nothing_waiting_for_ever() {
        let (_daemon, at) = a_bus().await;
        let (asked, mut tries) = mpsc::unbounded_channel();
        let moody = Moody { asked, never: "odd", last: None };
        let desktop = zbus::connection::Builder::address(at.clone()).unwrap();
        let desktop = desktop.serve_at("/org/freedesktop/Notifications", moody).unwrap();
        let _desktop =
            desktop.name("org.freedesktop.Notifications").unwrap().build().await.unwrap();

        let (tell, told) = mpsc::channel(8);
        let (wishes, _wished) = mpsc::channel(1);
        let (there, _seen) = watch::channel(false);
        for sentence in ["odd", "plain"] {
            let told = Told { sentence: sentence.to_owned(), ..shown("/", None).told };
            tell.try_send(told).unwrap();
        }
        let showing = tokio::spawn(show(Ok(at), told, wishes, there));
        for expected in ["odd", "odd", "plain", "plain"] {
            let tried = timeout(PATIENCE, tries.recv()).await.unwrap();
            assert_eq!(tried.as_deref(), Some(expected));
        }
        drop(tell);
        timeout(PATIENCE, showing).await.unwrap().unwrap();
        assert!(tries.try_recv().is_err(), "what was shown was shown again");
    }

    fn shown(page: &str, approve: Option<EntryId>) -> Shown {
        let (sentence, host) = ("Somebody waits".to_owned(), "hub-1".to_owned());
        let told = Told { sentence, weight: Weight::Heavy, page: page.to_owned(), approve, host };
        Shown { id: 1, told }
    }

    #[test]
    fn a_button_does_nothing_on_a_notification_that_has_none() {
        let alarm = shown("/history/3", None);
        assert_eq!(wish(&alarm, APPROVE), None);
        assert_eq!(wish(&alarm, "unheard of"), None);
        assert_eq!(wish(&alarm, CLICK), Some(Wish::Look(alarm.told.clone())));
    }

    #[test]
    fn a_number_that_the_desktop_gives_anew_means_what_it_showed_last() {
        let mut remembered = Vec::new();
        for entry in [3, 4] {
            remember(&mut remembered, shown("/visit", Some(EntryId(entry))));
        }
        let meant: Vec<_> = remembered.iter().map(|one| wish(one, APPROVE)).collect();
        let visit = Visit { host: "hub-1".to_owned(), entry: EntryId(4) };
        assert_eq!(meant, [Some(Wish::Approve(visit))]);
    }

    #[test]
    fn a_button_means_a_visit_at_the_hub_that_told_of_it() {
        let visit = shown("/visit/3", Some(EntryId(3)));
        let there = Visit { host: "hub-1".to_owned(), entry: EntryId(3) };
        assert_eq!(wish(&visit, APPROVE), Some(Wish::Approve(there.clone())));
        assert_eq!(wish(&visit, BLOCK), Some(Wish::Block(there)));
    }
}
