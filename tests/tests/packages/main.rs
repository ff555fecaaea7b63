//! What people install: fit for Debian, at work as a service, upgraded, removed.

mod installed;
mod life;
mod scripts;
mod trouble;

use std::os::unix::fs::PermissionsExt as _;

use doorward_tests::harness::{Doorward, tool};
use doorward_tests::packaging::{self, Package, Unit};
use tokio::process::Command;

#[tokio::test]
async fn lintian_finds_no_error_and_no_warning() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    packaging::judge(&Package::Hub.debian(folder.path(), 1).await?).await
}

#[tokio::test]
async fn the_unit_shuts_the_hub_in_as_far_as_it_says() -> anyhow::Result<()> {
    let unit = Unit::of_the_hub()?;
    let words = ["security", "--offline=true", "--threshold=15"];
    let path = unit.path().to_str().unwrap();
    tool("systemd-analyze", words.into_iter().chain([path])).await?;
    // The kernel lets through what the program calls the home network, and mDNS.
    let allowed: Vec<&str> =
        unit.values("IPAddressAllow").flat_map(str::split_whitespace).collect();
    for network in home_networks() {
        assert!(allowed.contains(&network), "{network}");
    }
    assert_eq!(allowed.len(), home_networks().len() + 2, "{allowed:?}");
    assert!(unit.values("IPAddressDeny").eq(["any"]));
    Ok(())
}

/// What is at home in every house, by RFC 1122, 1918, 3927, 4193 and 4291.
const fn home_networks() -> [&'static str; 8] {
    [
        "127.0.0.0/8",
        "10.0.0.0/8",
        "172.16.0.0/12",
        "192.168.0.0/16",
        "169.254.0.0/16",
        "::1/128",
        "fc00::/7",
        "fe80::/10",
    ]
}

#[tokio::test]
async fn the_same_programs_make_the_same_package_twice() -> anyhow::Result<()> {
    let (one, other) = (tempfile::tempdir()?, tempfile::tempdir()?);
    for kind in ["deb", "rpm", "oci"] {
        let mut sums = Vec::new();
        for folder in [&one, &other] {
            let made = Package::Hub.make(folder.path(), kind, 1).await?;
            let sum = made.iter().find(|path| path.ends_with("SHA256SUMS")).unwrap();
            sums.push(std::fs::read_to_string(sum)?);
        }
        assert_eq!(sums[0], sums[1]);
        assert_eq!(sums[0].lines().count(), 2, "a package and its list of parts: {}", sums[0]);
    }
    Ok(())
}

#[tokio::test]
async fn a_visit_is_played_to_its_end_within_the_units_walls() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let seen = folder.path().to_str().unwrap();
    let shut_in = Unit::of_the_hub()?.script(folder.path(), seen, &["$DOORWARD_STATE"])?;
    let program = Doorward::new(folder.path())?.program().to_owned();
    // Only the service is shut in, not its owner's command line.
    let wrapper = folder.path().join("doorward");
    let text = format!(
        "#!/bin/sh\nif [ \"$1\" = serve ]; then exec {} {program} \"$@\"; fi\nexec {program} \"$@\"\n",
        shut_in.display(),
        program = program.display(),
    );
    std::fs::write(&wrapper, text)?;
    std::fs::set_permissions(&wrapper, std::fs::Permissions::from_mode(0o755))?;
    let mut demo = Command::new(program.with_file_name("doorward-demo"));
    let played = packaging::run(demo.arg("--once").env("DOORWARD_PROGRAM", wrapper)).await?;
    assert_eq!(played.code, Some(0), "{}{}", played.stdout, played.stderr);
    Ok(())
}
