//! What people install: fit for Debian, at work as a service, upgraded, removed.

mod image;
mod installed;
mod life;
mod rpm;
mod scripts;
mod supervised;
mod system;
mod trouble;
mod walls;

use doorward_tests::packaging::{self, Package};

#[tokio::test]
async fn lintian_finds_no_error_and_no_warning() -> anyhow::Result<()> {
    let [first, _] = installed::debian().await?;
    packaging::judge(first).await
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
