//! How much room the hub takes on a disk, and its packages on the way there.

use std::ffi::OsStr;
use std::path::Path;

use super::figures::{Aim, Report};
use crate::harness::{Doorward, tool};
use crate::packaging::Package;

/// The program without symbols, as packages carry it, and the packages.
///
/// They are made of the program that the other measurements use, unless `DOORWARD_PROGRAM` names another.
/// What is given away is compiled for size (`[profile.dist]` in `Cargo.toml`) and smaller.
pub(crate) async fn measure(report: &mut Report) -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let stripped = folder.path().join("doorward");
    let doorward = Doorward::new(folder.path())?;
    let from = doorward.program().as_os_str();
    tool("strip", [OsStr::new("-o"), stripped.as_os_str(), from]).await?;
    report.note("program, without symbols", megabytes(&stripped)?, "MB", Aim::AtMost(15.0));
    for kind in ["deb", "rpm", "oci"] {
        for path in Package::Hub.make(folder.path(), kind, 1).await? {
            let name = path.to_string_lossy();
            if name.ends_with(".deb") || name.ends_with(".rpm") || name.ends_with(".tar") {
                report.note(format!("package: {kind}"), megabytes(&path)?, "MB", Aim::None);
            }
        }
    }
    Ok(())
}

fn megabytes(path: &Path) -> anyhow::Result<f64> {
    #[expect(clippy::cast_precision_loss, reason = "a size for people")]
    let bytes = std::fs::metadata(path)?.len() as f64;
    Ok(bytes / 1e6)
}
