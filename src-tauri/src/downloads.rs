//! Answers that are files: saved as they come, so that neither the page nor this program holds one whole.
//!
//! Guarantees that a file is there whole or not at all, in the folder for downloads, in the place of no
//! other one, and for this user alone to read.

mod part;
mod saves;

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use doorward_api::client::Question;
use doorward_api::path::BASE;
use doorward_api::{Client, ClientError, Problem, ProblemKind};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Deserializer, Serialize};
use tauri::http::Method;
use tauri::path::PathResolver;
use tauri::{AppHandle, Manager, Runtime, State};
use tracing::info;

use crate::hub::Hub;
use crate::words::ANOTHER;
use part::Part;
pub(crate) use saves::Saves;

/// The longest file that is taken: a hub elsewhere could send one without an end.
const MAX_BYTES: u64 = 16 * 1024 * 1024 * 1024;

/// How long a file may take: the longest one comes in this time over a network of 7 Mbit/s.
const SAVE_TIME: Duration = Duration::from_hours(6);

/// The longest name, in bytes; file systems take 255, and some is added here.
const LONGEST_NAME: usize = 200;

/// How many files of one name there may be.
const MOST_NAMESAKES: u32 = 100;

/// What the page wants to have saved.
#[derive(Deserialize)]
pub(crate) struct Wanted {
    /// The hub that is asked, by its host.
    host: String,
    /// What it is asked, below the API's base, with `POST`: the file is made for this question.
    at: String,
    /// JSON, or nothing. It may hold a PIN.
    #[serde(default, deserialize_with = "secret")]
    body: Option<SecretString>,
    /// What the file shall be called.
    name: String,
}

fn secret<'de, D: Deserializer<'de>>(from: D) -> Result<Option<SecretString>, D::Error> {
    Ok(Option::<String>::deserialize(from)?.map(SecretString::from))
}

/// What was saved.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Saved {
    /// What the file is called, where another one had the name already.
    name: String,
    bytes: u64,
}

/// Why nothing was saved.
#[derive(Debug, thiserror::Error)]
enum NotSaved {
    #[error(transparent)]
    Hub(#[from] ClientError),
    #[error("{ANOTHER}")]
    Left,
    #[error("the page that wanted the file has gone")]
    Gone,
    #[error("a file is being saved already")]
    Busy,
    #[error("the file did not come within {} hours", SAVE_TIME.as_secs() / 3600)]
    TooSlow,
    #[error("that is no name for a file")]
    Name,
    #[error("that is no question to a hub")]
    Question,
    #[error("there is no folder to save into: neither one for downloads nor a home")]
    NoFolder,
    #[error("the file broke off: try again")]
    Broken,
    #[error("could not save into {folder}: {source}")]
    File { folder: PathBuf, source: io::Error },
}

/// Asks the hub of the page with this host, and saves the answer under a name that no file has yet.
///
/// # Errors
/// With the hub's own problem, or why it could not be saved.
#[tauri::command]
pub(crate) async fn save_answer(
    wanted: Wanted,
    hub: State<'_, Hub>,
    saves: State<'_, Saves>,
    app: AppHandle,
) -> Result<Saved, Problem> {
    let saving = async {
        let client = hub.client_of(&wanted.host).ok_or(NotSaved::Left)?;
        let folder = folder(app.path()).ok_or(NotSaved::NoFolder)?;
        tokio::select! {
            biased;
            () = hub.leaves(&wanted.host) => Err(NotSaved::Left),
            saved = save(&client, &wanted, &folder) => saved,
        }
    };
    let saved = saves.one(saving, SAVE_TIME).await?;
    info!(bytes = saved.bytes, "a file of the hub was saved");
    Ok(saved)
}

/// Where files are saved: in the folder for downloads, or, where none is set or can be made, at home.
pub(crate) fn folder<R: Runtime>(paths: &PathResolver<R>) -> Option<PathBuf> {
    first_there([paths.download_dir(), paths.home_dir()].into_iter().flatten())
}

/// The first that is there. One that is named and missing is made, as the desktop does at a login.
fn first_there(mut folders: impl Iterator<Item = PathBuf>) -> Option<PathBuf> {
    folders.find(|folder| std::fs::create_dir_all(folder).is_ok())
}

impl From<NotSaved> for Problem {
    fn from(why: NotSaved) -> Self {
        match why {
            NotSaved::Hub(ClientError::Problem(problem)) => problem,
            NotSaved::Name | NotSaved::Question => Self::new(ProblemKind::Invalid, why.to_string()),
            NotSaved::Busy => Self::new(ProblemKind::Conflict, why.to_string()),
            NotSaved::Hub(_)
            | NotSaved::Left
            | NotSaved::Gone
            | NotSaved::TooSlow
            | NotSaved::NoFolder
            | NotSaved::Broken
            | NotSaved::File { .. } => Self::new(ProblemKind::Unavailable, why.to_string()),
        }
    }
}

async fn save(client: &Client, wanted: &Wanted, folder: &Path) -> Result<Saved, NotSaved> {
    if !is_plain(&wanted.name) {
        return Err(NotSaved::Name);
    }
    let question = question(wanted)?;
    let failed = |source| NotSaved::File { folder: folder.to_owned(), source };
    // What can fail for nothing is tried before the hub makes anything.
    let part = Part::in_folder(folder).map_err(failed)?;
    let mut out = tokio::fs::File::from_std(part.file().map_err(failed)?);
    let download = client.download(question).await?;
    let said = download.bytes();
    if said.is_some_and(|said| said > MAX_BYTES) {
        return Err(NotSaved::Hub(ClientError::TooLong));
    }
    let written = download.write_to(&mut out, said.unwrap_or(MAX_BYTES)).await;
    let bytes = written.map_err(|error| {
        if let ClientError::Write(source) = error {
            return failed(source);
        }
        NotSaved::Hub(error)
    })?;
    out.sync_all().await.map_err(failed)?;
    if said.is_some_and(|said| said != bytes) {
        return Err(NotSaved::Broken);
    }
    Ok(Saved { name: name(part, folder, &wanted.name).map_err(failed)?, bytes })
}

fn question(wanted: &Wanted) -> Result<Question, NotSaved> {
    let target = format!("{BASE}{}", wanted.at).parse().map_err(|_| NotSaved::Question)?;
    let body = wanted.body.as_ref().map(|body| body.expose_secret().to_owned());
    Ok(Question { method: Method::POST, target, body: body.unwrap_or_default().into() })
}

/// Gives a file its name, or one like it that is free.
fn name(mut part: Part, folder: &Path, name: &str) -> io::Result<String> {
    for number in 1..=MOST_NAMESAKES {
        let name = numbered(name, number);
        match part.named(&folder.join(&name)) {
            Ok(()) => return Ok(name),
            Err((nameless, error)) if error.kind() == io::ErrorKind::AlreadyExists => {
                part = nameless;
            }
            Err((_, error)) => return Err(error),
        }
    }
    Err(io::ErrorKind::AlreadyExists.into())
}

fn numbered(name: &str, number: u32) -> String {
    match (number, name.rsplit_once('.')) {
        (1, _) => name.to_owned(),
        (_, Some((stem, ending))) => format!("{stem}-{number}.{ending}"),
        (_, None) => format!("{name}-{number}"),
    }
}

/// Whether a name stays in its folder, on every file system.
fn is_plain(name: &str) -> bool {
    let letters = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    (1..=LONGEST_NAME).contains(&name.len()) && !name.starts_with('.') && name.bytes().all(letters)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use doorward_api::place::socket_in;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::UnixListener;

    use super::*;

    /// More than an answer may have that is held whole.
    const LARGE: u64 = 65 * 1024 * 1024;

    /// A hub that answers every question so; it breaks off after `given` bytes of the `said` ones.
    fn hub(state: &Path, said: u64, given: u64) -> Client {
        let listener = UnixListener::bind(socket_in(state)).unwrap();
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                drop(stream.read(&mut [0; 4096]).await);
                let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {said}\r\n\r\n");
                drop(stream.write_all(head.as_bytes()).await);
                drop(tokio::io::copy(&mut tokio::io::repeat(7).take(given), &mut stream).await);
            }
        });
        Client::at(socket_in(state))
    }

    fn wanted(name: &str) -> Wanted {
        let (host, at) = (String::new(), "/backup".to_owned());
        Wanted { host, at, body: None, name: name.to_owned() }
    }

    fn files(folder: &Path) -> usize {
        std::fs::read_dir(folder).unwrap().count()
    }

    #[tokio::test]
    async fn a_file_of_any_length_is_saved_beside_its_namesakes() {
        let (home, to) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let client = hub(home.path(), LARGE, LARGE);
        for name in ["house.age", "house-2.age"] {
            let saved = save(&client, &wanted("house.age"), to.path()).await.unwrap();
            assert_eq!(saved, Saved { name: name.to_owned(), bytes: LARGE });
            let found = to.path().join(name).metadata().unwrap();
            assert_eq!((found.len(), found.permissions().mode() & 0o777), (LARGE, 0o600));
        }
        assert_eq!(files(to.path()), 2);
    }

    #[tokio::test]
    async fn of_a_file_that_breaks_off_nothing_is_left() {
        let (home, to) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let client = hub(home.path(), 1000, 999);
        let refused = save(&client, &wanted("house.age"), to.path()).await;
        assert!(matches!(refused, Err(NotSaved::Hub(ClientError::Broken(_)))), "{refused:?}");
        assert_eq!(files(to.path()), 0);
    }

    #[tokio::test]
    async fn a_file_that_is_said_to_be_too_long_is_not_begun() {
        let (home, to) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let client = hub(home.path(), MAX_BYTES + 1, 1000);
        let refused = save(&client, &wanted("house.age"), to.path()).await;
        assert!(matches!(refused, Err(NotSaved::Hub(ClientError::TooLong))), "{refused:?}");
    }

    #[test]
    fn what_the_page_wants_to_have_saved_may_need_a_pin_or_nothing() {
        let read = |body| {
            let wanted = format!(r#"{{"host":"h","at":"/backup","name":"a"{body}}}"#);
            let wanted: Wanted = serde_json::from_str(&wanted).unwrap();
            question(&wanted).unwrap().body
        };
        assert_eq!(read(r#","body":"{\"pin\":\"2468\"}""#), r#"{"pin":"2468"}"#);
        assert_eq!(read(r#","body":null"#), "");
        assert_eq!(read(""), "");
    }

    #[test]
    fn a_folder_for_downloads_that_is_missing_is_made_and_otherwise_it_is_the_home() {
        let home = tempfile::tempdir().unwrap();
        let (missing, file) = (home.path().join("missing"), home.path().join("file"));
        std::fs::write(&file, "").unwrap();
        let first = |folders: [&Path; 2]| first_there(folders.into_iter().map(PathBuf::from));
        assert_eq!(first([&missing, home.path()]), Some(missing.clone()));
        assert!(missing.is_dir());
        assert_eq!(first([&file, home.path()]), Some(home.path().to_owned()));
        assert_eq!(first([&file, &file]), None);
    }

    #[tokio::test]
    async fn no_name_leads_out_of_the_folder() {
        let to = tempfile::tempdir().unwrap();
        let nobody = Client::at("/nonexistent");
        for name in ["", ".", "..", ".bashrc", "../house.age", "a/b", "a b", "ä", "a\0"] {
            let refused = save(&nobody, &wanted(name), to.path()).await;
            assert!(matches!(refused, Err(NotSaved::Name)), "{name:?}");
        }
    }

    #[test]
    fn the_hubs_own_problem_reaches_the_page() {
        let problem = Problem::new(ProblemKind::NotProven, "the PIN is not right");
        let told = Problem::from(NotSaved::Hub(ClientError::Problem(problem.clone())));
        assert_eq!(told, problem);
        let full = io::Error::from(io::ErrorKind::StorageFull);
        let told = Problem::from(NotSaved::File { folder: "/home/ada".into(), source: full });
        assert!(told.detail.starts_with("could not save into /home/ada: "), "{}", told.detail);
    }
}
