//! The child: one thread, one pipe in, one pipe out.

use std::io::{self, BufReader, Write};
use std::process::exit;

use super::compare::Luma;
use super::decode::decode;
use super::protocol::{Verdict, greeting, read_request};
use super::sandbox;

/// Looks at pictures until the pipe ends. The hub shows this as `doorward eye`.
///
/// Must be called first thing in a process, before any thread is started or
/// any secret read: it closes files, sockets and most system calls behind
/// itself. It exits with 0 when the parent closes the pipe and with 1 when the
/// pipe breaks or carries something else than requests.
pub fn run() -> ! {
    let layers = sandbox::enter();
    let looked = greet_and_look(&greeting(layers));
    exit(i32::from(looked.is_err()))
}

fn greet_and_look(greeting: &[u8]) -> io::Result<()> {
    let mut requests = BufReader::new(io::stdin().lock());
    let mut verdicts = io::stdout().lock();
    verdicts.write_all(greeting)?;
    verdicts.flush()?;
    let mut before = None;
    while let Some(request) = read_request(&mut requests)? {
        let (verdict, kept) = look(decode(&request), before.take());
        before = kept;
        verdicts.write_all(&[verdict.to_byte()])?;
        verdicts.flush()?;
    }
    Ok(())
}

/// Judges a picture by the one before it, and says which to keep.
fn look(picture: Option<Luma>, before: Option<Luma>) -> (Verdict, Option<Luma>) {
    let Some(picture) = picture else {
        return (Verdict::Undecodable, before);
    };
    let verdict = match before.and_then(|before| picture.lives_after(&before)) {
        None => Verdict::First,
        Some(true) => Verdict::Live,
        Some(false) => Verdict::Frozen,
    };
    (verdict, Some(picture))
}
