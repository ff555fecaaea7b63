//! Conversations between the page and the hub, which the window's scheme cannot carry: it hands an
//! answer over when it is whole.
//!
//! What the hub says goes into a channel of the page's, in order: text and the conversation's turns
//! as JSON, pieces of video as bytes. The page says how much of either it has taken in; a page that does
//! not keep up is sent no more, and the hub then hangs up. A conversation that is cut ends at once,
//! whatever the hub is waited for. It begins with the page's first word in it: a page that has gone may
//! have asked for one just before, and nobody would cut that.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use doorward_api::CameraName;
use doorward_api::client::{Client, ClientError, Conversation, Said};
use serde::{Deserialize, Serialize};
use tauri::State;
use tauri::ipc::{Channel, InvokeResponseBody};
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;
use tracing::debug;

use crate::hub::Hub;

/// How many conversations a page may have.
const MOST: usize = 16;

/// Bytes that the page was sent and has not taken in; the player's own limit is the same.
const MOST_OWED_BYTES: usize = 8 * 1024 * 1024;

/// What the page may say before the hub has taken it in: a few numbers.
const MOST_SAID: usize = 64;

/// How long a page may take for its first word.
const FIRST_WORD_TIME: Duration = Duration::from_secs(30);

/// The longest thing that the page may say.
const MAX_SAID_BYTES: usize = 1024;

/// What a conversation is about.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum About {
    /// Notices.
    Events,
    /// A camera's live picture.
    Live(CameraName),
    /// What a camera hears.
    Sound(CameraName),
}

/// A turn of a conversation, as the page hears it. Video comes as bare bytes.
#[derive(Debug, Serialize)]
#[serde(rename_all = "snake_case")]
enum Turn {
    Opened,
    Heard(String),
    Ended(String),
}

/// What the page wants of a conversation.
#[derive(Debug)]
enum Wish {
    Say(String),
    Took(usize),
}

/// All conversations of the page. Clones are the same.
#[derive(Debug, Clone, Default)]
pub(crate) struct Wires {
    last: Arc<AtomicU32>,
    open: Arc<Mutex<HashMap<u32, Line>>>,
}

/// The page's hold on a conversation: without it, that is over.
#[derive(Debug)]
struct Line {
    wishes: mpsc::Sender<Wish>,
    _uncut: oneshot::Sender<()>,
}

/// The conversation's end of it.
struct Held {
    wished: mpsc::Receiver<Wish>,
    cut: oneshot::Receiver<()>,
}

impl Wires {
    /// Ends them all.
    pub(crate) fn cut_all(&self) {
        self.locked().clear();
    }

    fn add(&self) -> Option<(u32, Held)> {
        let mut open = self.locked();
        if open.len() >= MOST {
            return None;
        }
        let (wishes, wished) = mpsc::channel(MOST_SAID);
        let (uncut, cut) = oneshot::channel();
        let number = self.last.fetch_add(1, Ordering::Relaxed);
        open.insert(number, Line { wishes, _uncut: uncut });
        Some((number, Held { wished, cut }))
    }

    fn cut(&self, number: u32) {
        self.locked().remove(&number);
    }

    /// A page that says more than the hub hears is cut off.
    fn wish(&self, number: u32, wish: Wish) {
        let mut open = self.locked();
        if open.get(&number).is_some_and(|line| line.wishes.try_send(wish).is_err()) {
            open.remove(&number);
        }
    }

    fn locked(&self) -> std::sync::MutexGuard<'_, HashMap<u32, Line>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Opens a conversation with the hub whose page has this host; its number is the answer.
#[tauri::command]
pub(crate) fn wire_open(
    about: About,
    host: String,
    channel: Channel<InvokeResponseBody>,
    wires: State<'_, Wires>,
    hub: State<'_, Hub>,
) -> Result<u32, String> {
    let client = hub.client_of(&host).ok_or("the window shows another hub")?;
    let (number, held) = wires.add().ok_or("this page has too many conversations")?;
    let wires = wires.inner().clone();
    tauri::async_runtime::spawn(async move {
        let page = Page { channel, owed_bytes: 0 };
        let why = carry(&client, about, held, page).await;
        debug!(number, why, "a conversation is over");
        wires.cut(number);
    });
    Ok(number)
}

/// Says something in a conversation.
#[tauri::command]
pub(crate) fn wire_say(number: u32, text: String, wires: State<'_, Wires>) {
    if text.len() > MAX_SAID_BYTES {
        return wires.cut(number);
    }
    wires.wish(number, Wish::Say(text));
}

/// Tells how many bytes the page has taken in.
#[tauri::command]
pub(crate) fn wire_took(number: u32, bytes: usize, wires: State<'_, Wires>) {
    wires.wish(number, Wish::Took(bytes));
}

/// Ends a conversation.
#[tauri::command]
pub(crate) fn wire_close(number: u32, wires: State<'_, Wires>) {
    wires.cut(number);
}

/// The page's end of a conversation.
struct Page {
    channel: Channel<InvokeResponseBody>,
    owed_bytes: usize,
}

/// Why a conversation ended that nobody closed.
#[derive(Debug, thiserror::Error)]
enum Lost {
    /// The hub has gone, or refuses.
    #[error(transparent)]
    Hub(#[from] ClientError),
    /// There is no page any more.
    #[error("the page has gone")]
    Page,
}

impl Page {
    fn tell(&self, turn: &Turn) -> Result<(), Lost> {
        let text = serde_json::to_string(turn).expect("a turn is an object of one text");
        self.channel.send(InvokeResponseBody::Json(text)).map_err(|_| Lost::Page)
    }

    fn hand_on(&mut self, said: Said) -> Result<(), Lost> {
        match said {
            Said::Text(text) => {
                self.owed_bytes += text.len();
                self.tell(&Turn::Heard(text))
            }
            Said::Bytes(bytes) => {
                self.owed_bytes += bytes.len();
                self.channel.send(InvokeResponseBody::Raw(bytes.into())).map_err(|_| Lost::Page)
            }
        }
    }
}

/// Returns why it ended.
async fn carry(client: &Client, about: About, held: Held, mut page: Page) -> String {
    let Held { mut wished, cut } = held;
    let conversed = tokio::select! {
        biased;
        // The other end is never used but for its absence.
        _cut = cut => Ok(()),
        conversed = async {
            let first = first_word(&mut wished, FIRST_WORD_TIME).await?;
            converse(client, about, first, wished, &mut page).await
        } => conversed,
    };
    let why = conversed.err().map(|error| error.to_string()).unwrap_or_default();
    // A page that has gone needs no farewell.
    drop(page.tell(&Turn::Ended(why.clone())));
    why
}

/// Waits until the page has shown that it knows the conversation's number.
async fn first_word(wished: &mut mpsc::Receiver<Wish>, within: Duration) -> Result<Wish, Lost> {
    timeout(within, wished.recv()).await.ok().flatten().ok_or(Lost::Page)
}

async fn dial(client: &Client, about: About) -> Result<Conversation, ClientError> {
    match about {
        About::Events => client.converse().await,
        About::Live(camera) => client.watch(&camera).await,
        About::Sound(camera) => client.listen(&camera).await,
    }
}

/// Carries words both ways until one side has gone.
async fn converse(
    client: &Client,
    about: About,
    first: Wish,
    mut wished: mpsc::Receiver<Wish>,
    page: &mut Page,
) -> Result<(), Lost> {
    let mut hub = dial(client, about).await?;
    page.tell(&Turn::Opened)?;
    if let Wish::Say(text) = first {
        hub.say(text).await?;
    }
    loop {
        tokio::select! {
            wish = wished.recv() => match wish {
                Some(Wish::Say(text)) => hub.say(text).await?,
                Some(Wish::Took(bytes)) => page.owed_bytes = page.owed_bytes.saturating_sub(bytes),
                None => return Ok(()),
            },
            said = hub.hear(), if page.owed_bytes < MOST_OWED_BYTES => match said? {
                Some(said) => page.hand_on(said)?,
                None => return Ok(()),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use doorward_api::place::socket_in;
    use tokio::net::UnixListener;

    use super::*;

    const PATIENCE: Duration = Duration::from_secs(30);

    fn page() -> (Page, mpsc::UnboundedReceiver<String>) {
        let (told, heard) = mpsc::unbounded_channel();
        let channel = Channel::new(move |body| {
            if let InvokeResponseBody::Json(text) = body {
                drop(told.send(text));
            }
            Ok(())
        });
        (Page { channel, owed_bytes: 0 }, heard)
    }

    #[test]
    fn text_that_the_page_has_not_taken_in_is_owed_as_pictures_are() {
        let (mut page, _heard) = page();
        page.hand_on(Said::Text("five…".to_owned())).unwrap();
        assert_eq!(page.owed_bytes, "five…".len());
        page.hand_on(Said::Bytes(vec![0; 3].into())).unwrap();
        assert_eq!(page.owed_bytes, "five…".len() + 3);
    }

    #[tokio::test]
    async fn a_page_that_says_nothing_in_a_conversation_has_gone() {
        let wires = Wires::default();
        let (number, mut held) = wires.add().unwrap();
        let silent = first_word(&mut held.wished, Duration::from_millis(1)).await;
        assert!(matches!(silent, Err(Lost::Page)));
        wires.wish(number, Wish::Took(0));
        let said = first_word(&mut held.wished, PATIENCE).await;
        assert!(matches!(said, Ok(Wish::Took(0))));
    }

    #[tokio::test]
    async fn a_conversation_is_cut_while_its_hub_does_not_even_answer() {
        let home = tempfile::tempdir().unwrap();
        let silent = UnixListener::bind(socket_in(home.path())).unwrap();
        let client = Client::at(socket_in(home.path()));
        let wires = Wires::default();
        let (number, held) = wires.add().unwrap();
        let (page, mut heard) = page();
        wires.wish(number, Wish::Took(0));
        let carried = tokio::spawn(async move { carry(&client, About::Events, held, page).await });
        let _knocked = timeout(PATIENCE, silent.accept()).await.unwrap().unwrap();
        wires.cut(number);
        assert_eq!(timeout(PATIENCE, carried).await.unwrap().unwrap(), "");
        assert_eq!(heard.recv().await.as_deref(), Some(r#"{"ended":""}"#));
        assert_eq!(heard.recv().await, None, "it was never open");
    }
}
