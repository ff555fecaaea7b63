//! The scripts that run when a package comes and goes.

use std::path::Path;

use super::Staged;
use super::source::read;
use crate::steps::workspace;

/// What the scripts of a package's folder are called there, with their texts; none that is not there.
///
/// # Errors
/// If one cannot be read.
pub(crate) fn of(
    staged: &Staged<'_>,
    format: &str,
    names: &[&'static str],
) -> anyhow::Result<Vec<(&'static str, String)>> {
    let mut found = Vec::new();
    for name in names {
        let path = format!("{}/{format}/{name}", staged.package.folder);
        if Path::new(&workspace().join(&path)).is_file() {
            let text = String::from_utf8(read(&path)?)?;
            found.push((*name, staged.identity.named_in(&text)));
        }
    }
    Ok(found)
}
