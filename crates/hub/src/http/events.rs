//! The socket of notices: goes on where the client broke off, hears what it
//! acknowledges, and is never silent for long.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::extract::ws::Message;
use doorward_api::ProblemKind;
use doorward_api::notice::{Acknowledge, Begin, NumberedNotice};
use tokio::time::{Instant, Interval, MissedTickBehavior, interval, timeout};

use super::answer::{Documents, Refused, listed};
use super::describe::{Description, Gives, refer};
use super::desk::Desk;
use super::house::House;
use super::principal::Principal;
use super::socket::{Knock, Opened, Over, Socket};
use crate::board::Listener;

/// How long a client may take to say where it broke off.
const BEGIN_TIME: Duration = Duration::from_secs(10);

/// How often the hub says that it is there, from the moment on from which it tells: an empty object for the app, which
/// cannot see the WebSocket's own pings, and a ping that the browser answers.
const ALIVE_EVERY: Duration = Duration::from_secs(15);

/// A client that has answered no ping for so long has gone.
const GONE_AFTER: Duration = Duration::from_secs(50);

/// How long acknowledgements gather before they are written down.
const GATHER: Duration = Duration::from_millis(500);

/// The socket, and the words that go over it.
pub(super) struct EventSocket(Opened);

impl axum::response::IntoResponse for EventSocket {
    fn into_response(self) -> axum::response::Response {
        self.0.into_response()
    }
}

impl Gives for EventSocket {
    fn tell(description: &mut Description) {
        let _ = refer::<NumberedNotice>(description);
        let _ = refer::<Begin>(description);
        let _ = refer::<Acknowledge>(description);
        Opened::tell(description);
    }
}

pub(super) async fn socket<H: House>(
    State(desk): State<Desk<H>>,
    knock: Knock,
) -> Result<EventSocket, Refused> {
    let (principal, house) = (knock.principal(), Arc::clone(&desk.house));
    let opened = knock.open(&desk.sockets, desk.stop, move |mut socket| async move {
        let over = talk(&mut socket, house.as_ref(), principal).await;
        socket.close(over).await;
    })?;
    Ok(EventSocket(opened))
}

pub(super) async fn unseen<H: House>(
    State(desk): State<Desk<H>>,
    principal: Principal,
) -> Documents<NumberedNotice> {
    match principal {
        Principal::Person { device, .. } => listed(desk.house.unseen(device).await),
        Principal::LocalOwner | Principal::Anyone => {
            Err(Refused::new(ProblemKind::Invalid, "only a paired device has such a list"))
        }
    }
}

async fn talk<H: House>(socket: &mut Socket, house: &H, principal: Principal) -> Over {
    let begun = timeout(BEGIN_TIME, begin(socket)).await;
    let after = match begun {
        Ok(Ok(after)) => after,
        Ok(Err(over)) => return over,
        Err(_silent) => return Over::Nonsense,
    };
    let talk = Talk { house, principal, notices: house.notices(after), seen: None };
    talk.run(socket).await
}

async fn begin(socket: &mut Socket) -> Result<Option<u64>, Over> {
    loop {
        if let Some(text) = said(socket.hear().await?)? {
            let begin: Begin = serde_json::from_str(&text).map_err(|_| Over::Nonsense)?;
            return Ok(begin.after);
        }
    }
}

/// Returns the text of a message; pings and their answers have none.
fn said(message: Message) -> Result<Option<String>, Over> {
    match message {
        Message::Text(text) => Ok(Some(text.to_string())),
        Message::Ping(_) | Message::Pong(_) => Ok(None),
        Message::Binary(_) | Message::Close(_) => Err(Over::Nonsense),
    }
}

struct Talk<'a, H> {
    house: &'a H,
    principal: Principal,
    notices: Listener,
    /// The highest number that was acknowledged and is not written down.
    seen: Option<u64>,
}

impl<H: House> Talk<'_, H> {
    async fn run(mut self, socket: &mut Socket) -> Over {
        let (mut alive, mut gather) = (ticks(ALIVE_EVERY), ticks(GATHER));
        let mut heard_at = Instant::now();
        let over = loop {
            let step = tokio::select! {
                message = socket.hear() => {
                    heard_at = Instant::now();
                    message.and_then(|message| self.take_in(message))
                }
                notice = self.notices.next() => socket.send(text(notice.as_ref())).await,
                _ = gather.tick() => {
                    self.write_down().await;
                    Ok(())
                }
                _ = alive.tick() => match heard_at.elapsed() > GONE_AFTER {
                    true => Err(Over::Client),
                    false => still_here(socket).await,
                },
            };
            if let Err(over) = step {
                break over;
            }
        };
        self.write_down().await;
        over
    }

    fn take_in(&mut self, message: Message) -> Result<(), Over> {
        if let Some(text) = said(message)? {
            let said: Acknowledge = serde_json::from_str(&text).map_err(|_| Over::Nonsense)?;
            self.seen = self.seen.max(Some(said.ack));
        }
        Ok(())
    }

    /// The hub's own user has the log; only paired devices are kept a list for.
    async fn write_down(&mut self) {
        let Some(seen) = self.seen.take() else { return };
        match self.principal {
            Principal::Person { device, .. } => {
                if let Err(problem) = self.house.acknowledge(device, seen).await {
                    tracing::warn!(%problem, "an acknowledgement was not written down");
                }
            }
            Principal::LocalOwner | Principal::Anyone => {}
        }
    }
}

async fn still_here(socket: &mut Socket) -> Result<(), Over> {
    socket.send(Message::Text("{}".into())).await?;
    socket.send(Message::Ping(axum::body::Bytes::new())).await
}

fn text(notice: &NumberedNotice) -> Message {
    let text = serde_json::to_string(notice).expect("notices hold no map with odd keys");
    Message::Text(text.into())
}

fn ticks(every: Duration) -> Interval {
    let mut ticks = interval(every);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks
}
