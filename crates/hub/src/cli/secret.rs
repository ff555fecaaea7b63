//! Secrets from the terminal or from standard input.

use std::io::{self, IsTerminal, Read};

use anyhow::{Context, bail};
use secrecy::SecretString;
use zeroize::Zeroizing;

/// The longest secret that is read from standard input.
const MAX_SECRET_BYTES: u64 = 4096;

/// Asks for a secret: on the terminal, without showing it, or from standard input if
/// that is a pipe or a file.
pub(super) fn ask(prompt: &str) -> anyhow::Result<SecretString> {
    if io::stdin().is_terminal() {
        let secret = rpassword::prompt_password(prompt).context("could not ask for it")?;
        Ok(secret.into())
    } else {
        from_pipe(prompt)
    }
}

/// Asks for a new secret, twice on the terminal.
pub(super) fn choose(prompt: &str) -> anyhow::Result<SecretString> {
    if !io::stdin().is_terminal() {
        return from_pipe(prompt);
    }
    let read = |prompt: &str| {
        rpassword::prompt_password(prompt).map(Zeroizing::new).context("could not ask for it")
    };
    let first = read(prompt)?;
    if *first != *read("Once more: ")? {
        bail!("the two are not the same; nothing was done");
    }
    Ok(SecretString::from(first.as_str()))
}

/// Reads a secret from standard input: all of it, without the line's end.
fn from_pipe(prompt: &str) -> anyhow::Result<SecretString> {
    let limit = usize::try_from(MAX_SECRET_BYTES).unwrap_or(usize::MAX);
    // Room for all of it, so that growing leaves no copies behind.
    let mut text = Zeroizing::new(String::with_capacity(limit + 1));
    io::stdin()
        .take(MAX_SECRET_BYTES + 1)
        .read_to_string(&mut text)
        .context("could not read it from standard input")?;
    let secret = text.strip_suffix('\n').unwrap_or(&text);
    let secret = secret.strip_suffix('\r').unwrap_or(secret);
    if secret.contains('\n') {
        bail!("more than one line came from standard input; a secret is one line");
    }
    if secret.is_empty() {
        let what = prompt.trim_end().trim_end_matches(':').to_lowercase();
        bail!(
            "{what} is missing: without a terminal it is read from standard input, as one line of a \
             file (`< FILE`) or of a program (`PROGRAM |`)"
        );
    }
    if secret.len() > limit {
        bail!("more than {MAX_SECRET_BYTES} bytes came from standard input; that is no password");
    }
    Ok(SecretString::from(secret))
}
