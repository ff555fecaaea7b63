//! Notices over the conversation that every asker may have, at home and from elsewhere.

use tokio::time::timeout;

use super::transport::ANSWER_TIME;
use super::{Client, ClientError, Conversation, Said};
use crate::notice::{Begin, Notice, NumberedNotice};

/// What the hub says to show that it is there.
const STILL_HERE: &str = "{}";

/// Notices as they come, for whoever acknowledges none of them.
pub struct Following {
    conversation: Conversation,
}

impl Client {
    /// Listens to what people are told from here on.
    ///
    /// # Errors
    /// If the hub cannot be asked, or refuses.
    pub async fn follow(&self) -> Result<Following, ClientError> {
        let mut conversation = self.converse().await?;
        let begin = serde_json::to_string(&Begin { after: None }).expect("a number or none");
        conversation.say(begin).await?;
        Ok(Following { conversation })
    }
}

impl Following {
    /// Waits for the next notice; `None` when the hub ends the conversation.
    ///
    /// # Errors
    /// If the connection breaks, a notice makes no sense, or the hub says nothing for so long that it
    /// hangs: in a quiet house it says four times a minute that it is there.
    pub async fn next(&mut self) -> Result<Option<Notice>, ClientError> {
        loop {
            let said = timeout(ANSWER_TIME, self.conversation.hear());
            match said.await.map_err(|_| ClientError::TooSlow)?? {
                Some(Said::Text(text)) if text == STILL_HERE => {}
                Some(Said::Text(text)) => {
                    let NumberedNotice { notice, .. } =
                        serde_json::from_str(&text).map_err(ClientError::NotUnderstood)?;
                    return Ok(Some(notice));
                }
                // Pictures belong to another conversation.
                Some(Said::Bytes(_)) => return Err(ClientError::NotOfTheApi),
                None => return Ok(None),
            }
        }
    }
}
