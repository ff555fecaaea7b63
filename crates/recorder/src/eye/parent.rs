//! The parent's side: starts eyes, waits no longer than agreed, ends them.

use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use bytes::Bytes;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::time::timeout;

use super::protocol::{SandboxLayers, Verdict, read_greeting, request_head};
use crate::media::VideoCodec;

/// How long an eye may take to put up its walls.
const GREETING_WITHIN: Duration = Duration::from_secs(2);
/// How long an eye may take for one picture.
const VERDICT_WITHIN: Duration = Duration::from_secs(1);
/// After so many pictures an eye is replaced, so that what leaks in a decoder
/// leaks no further; well within the processor time that an eye has.
const PICTURES_PER_LIFE: u32 = 5_000;

/// Which program looks at pictures.
#[derive(Debug, Clone)]
pub struct EyeProgram {
    /// The program; it has to call [`super::run`].
    pub program: PathBuf,
    /// Its arguments.
    pub arguments: Vec<String>,
}

/// Why an eye has no verdict.
#[derive(Debug, thiserror::Error)]
pub enum EyeError {
    /// The program could not be started, or is none.
    #[error("could not start the eye")]
    Start(#[source] std::io::Error),
    /// What was started does not answer like an eye.
    #[error("the program that was started as the eye is no eye")]
    NoGreeting,
    /// It ended, or broke the rules of the pipe.
    #[error("the eye died over a picture")]
    Died,
    /// It did not answer in time and was ended.
    #[error("the eye took too long over a picture")]
    Slow,
    /// The picture is larger than any that is looked at.
    #[error("the picture is too large to be looked at")]
    TooLarge,
}

/// A keyframe as the camera sent it.
#[derive(Debug, Clone)]
pub struct Keyframe {
    /// How it is coded.
    pub codec: VideoCodec,
    /// The decoder configuration record.
    pub configuration: Bytes,
    /// NAL units, each behind its length in four bytes.
    pub data: Bytes,
}

/// A running eye. Dropping it ends its process.
#[derive(Debug)]
pub struct Eye {
    child: Child,
    requests: ChildStdin,
    verdicts: ChildStdout,
    layers: SandboxLayers,
    pictures_left: u32,
}

impl Eye {
    /// Starts an eye with an empty environment and waits for its greeting.
    ///
    /// # Errors
    /// Fails if the program cannot be started or does not greet in time.
    pub async fn spawn(program: &EyeProgram) -> Result<Self, EyeError> {
        let mut child = Command::new(&program.program)
            .args(&program.arguments)
            .env_clear()
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .map_err(EyeError::Start)?;
        let (Some(requests), Some(mut verdicts)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(EyeError::NoGreeting);
        };
        let mut greeting = [0; 3];
        let greeted = timeout(GREETING_WITHIN, verdicts.read_exact(&mut greeting)).await;
        let layers = match greeted {
            Ok(Ok(_)) => read_greeting(greeting).ok_or(EyeError::NoGreeting)?,
            Ok(Err(_)) | Err(_) => return Err(EyeError::NoGreeting),
        };
        Ok(Self { child, requests, verdicts, layers, pictures_left: PICTURES_PER_LIFE })
    }

    /// Returns the walls around this eye.
    #[must_use]
    pub fn layers(&self) -> SandboxLayers {
        self.layers
    }

    /// Returns the process id, while the process runs.
    #[must_use]
    pub fn process_id(&self) -> Option<u32> {
        self.child.id()
    }

    /// Says whether the eye has looked at so much that it should be replaced.
    #[must_use]
    pub fn is_worn_out(&self) -> bool {
        self.pictures_left == 0
    }

    /// Looks at a keyframe and compares it with the one before.
    ///
    /// # Errors
    /// Fails if the eye dies or is too slow. It must be dropped then.
    pub async fn look(&mut self, keyframe: &Keyframe) -> Result<Verdict, EyeError> {
        let head = request_head(keyframe.codec, &keyframe.configuration, &keyframe.data)
            .ok_or(EyeError::TooLarge)?;
        self.pictures_left = self.pictures_left.saturating_sub(1);
        match timeout(VERDICT_WITHIN, self.exchange(&head, keyframe)).await {
            Ok(Ok(byte)) => Verdict::from_byte(byte).ok_or(EyeError::Died),
            Ok(Err(_)) => Err(EyeError::Died),
            Err(_) => Err(EyeError::Slow),
        }
    }

    async fn exchange(&mut self, head: &[u8], keyframe: &Keyframe) -> std::io::Result<u8> {
        self.requests.write_all(head).await?;
        self.requests.write_all(&keyframe.configuration).await?;
        self.requests.write_all(&keyframe.data).await?;
        self.requests.flush().await?;
        self.verdicts.read_u8().await
    }
}
