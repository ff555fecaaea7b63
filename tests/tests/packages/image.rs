//! The container image, run by a program that nobody here wrote, with the restrictions that
//! `compose.yaml` names.

use std::ffi::OsStr;
use std::path::Path;

use anyhow::{Context as _, ensure};
use doorward_tests::harness::tool;
use doorward_tests::packaging::{Package, Room, Said, System};
use serde_json::{Value, json};

/// Control groups are Podman's and Docker's affair, and need more of the machine than the rest.
const CRUN: &str = "crun --cgroup-manager=disabled";

/// Begins a program in the container: crun does not give it the image's user by itself, as others do.
const WITHIN: &str = "exec --user 10001:10001 hub";

/// What is told to Compose about the container's rights; `prepare` tells crun the same.
const COMPOSE: &str = include_str!("../../../packaging/doorward/compose.yaml");
const RESTRICTIONS: [&str; 3] =
    ["read_only: true", "cap_drop: [ALL]", r#"security_opt: ["no-new-privileges:true"]"#];

/// An unpacked image, as the system knows it.
const BUNDLE: &str = "/given/bundle";

#[tokio::test]
async fn the_image_runs_as_its_user_and_can_write_to_its_state_alone() -> anyhow::Result<()> {
    let system = System::build(Room::Ample).await?;
    let image = unpacked(&system).await?;
    let (user, args) = (&image["process"]["user"], &image["process"]["args"]);
    assert_eq!((user["uid"].as_u64(), user["gid"].as_u64()), (Some(10_001), Some(10_001)));
    assert_eq!(*args, json!(["/usr/bin/doorward", "serve"]));

    let init = ["/usr/bin/doorward", "init", "--unlock", "keyfile"];
    prepare(&system, &image, &json!(init))?;
    let said = system.sh(&format!("{CRUN} run --bundle {BUNDLE} init </dev/null")).await?;
    assert!(said.contains("a hub is made in /var/lib/doorward"), "{said}");

    prepare(&system, &image, args)?;
    let run = format!("exec {CRUN} run --bundle {BUNDLE} hub 2>&1");
    let mut hub = Said::by(system.command(&["sh", "-c", &run])?)?;
    hub.until(" ready ", 1).await?;
    let status = system.sh(&format!("{CRUN} {WITHIN} /usr/bin/doorward status")).await?;
    assert!(status.contains("version"), "{status}");
    is_shut_in(&system).await?;

    system.sh(&format!("{CRUN} kill hub TERM")).await?;
    let log = hub.end().await?;
    assert!(log.contains(" stopped") && !log.contains("ERROR"), "{log}");
    Ok(())
}

/// Unpacks the image in the system, with a folder for its state; says what the image wants.
async fn unpacked(system: &System) -> anyhow::Result<Value> {
    let folder = tempfile::tempdir()?;
    let made = Package::Hub.make(folder.path(), "oci", 1).await?;
    let image = made.iter().find(|path| path.extension() == Some(OsStr::new("tar")));
    let image = system.give(image.context("no image")?)?;
    let tag = env!("CARGO_PKG_VERSION");
    system
        .sh(&format!(
            "mkdir /srv/layout
             tar --extract --file {image} --directory /srv/layout
             umoci unpack --image /srv/layout:doorward:{tag} {BUNDLE}
             install --directory --mode=700 --owner=10001 --group=10001 /srv/state"
        ))
        .await?;
    Ok(serde_json::from_slice(&std::fs::read(system.given().join("bundle/config.json"))?)?)
}

/// Has the next container begin with these words, and no more rights than `compose.yaml` leaves it.
fn prepare(system: &System, image: &Value, words: &Value) -> anyhow::Result<()> {
    let mut config = image.clone();
    config["process"]["args"] = words.clone();
    config["process"]["terminal"] = json!(false);
    for restriction in RESTRICTIONS {
        ensure!(COMPOSE.lines().any(|line| line.trim() == restriction), "{restriction}");
    }
    config["process"]["capabilities"] = json!({});
    config["process"]["noNewPrivileges"] = json!(true);
    config["root"]["readonly"] = json!(true);
    let namespaces = config["linux"]["namespaces"].as_array_mut().context("no namespaces")?;
    namespaces.retain(|namespace| namespace["type"] != "network");
    let mounts = config["mounts"].as_array_mut().context("no mounts")?;
    mounts.retain(|mount| mount["destination"] != "/var/lib/doorward");
    mounts.push(json!({
        "destination": "/var/lib/doorward",
        "type": "bind",
        "source": "/srv/state",
        "options": ["bind", "rw", "nosuid", "nodev", "noexec"],
    }));
    let path = system.given().join(Path::new("bundle/config.json"));
    Ok(std::fs::write(path, serde_json::to_vec(&config)?)?)
}

async fn is_shut_in(system: &System) -> anyhow::Result<()> {
    let state: Value = serde_json::from_str(&system.sh(&format!("{CRUN} state hub")).await?)?;
    let process = format!("/proc/{}", state["pid"]);
    let status = system.ok(&["cat", &format!("{process}/status")]).await?;
    for line in ["Uid:\t10001\t10001", "CapEff:\t0000000000000000", "NoNewPrivs:\t1"] {
        assert!(status.contains(line), "{line}: {status}");
    }
    let mounts = system.ok(&["cat", &format!("{process}/mountinfo")]).await?;
    let root = mounts.lines().find(|line| line.split(' ').nth(4) == Some("/"));
    let root = root.and_then(|line| line.split(' ').nth(5)).unwrap_or_default();
    assert!(root.split(',').any(|option| option == "ro"), "{mounts}");
    let shell = system.run(&["sh", "-c", &format!("{CRUN} {WITHIN} /bin/sh -c true")]).await?;
    assert_ne!(shell.code, Some(0), "there is a shell in the image");
    assert!(shell.stderr.contains("`/bin/sh` not found"), "{}", shell.stderr);
    Ok(())
}

#[tokio::test]
async fn podman_and_docker_find_one_name_and_every_folder() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let layout = folder.path().join("layout");
    let made = Package::Hub.make(folder.path(), "oci", 1).await?;
    let image = made.iter().find(|path| path.extension() == Some(OsStr::new("tar")));
    std::fs::create_dir(&layout)?;
    let unpack = ["--extract", "--directory", layout.to_str().unwrap(), "--file"];
    tool("tar", unpack.into_iter().chain([image.context("no image")?.to_str().unwrap()])).await?;
    let read = |name: &str| -> anyhow::Result<Value> {
        Ok(serde_json::from_slice(&std::fs::read(layout.join(name))?)?)
    };
    let name = concat!("doorward:", env!("CARGO_PKG_VERSION"));
    let entry = &read("index.json")?["manifests"][0]["annotations"];
    assert_eq!(entry["org.opencontainers.image.ref.name"], name, "for Podman");
    let list = &read("manifest.json")?[0];
    assert_eq!(list["RepoTags"], json!([name]), "for Docker");
    assert_eq!(read(list["Config"].as_str().unwrap())?["config"]["User"], "10001:10001");

    // A folder that no layer lists is Docker's to make, and closed to all but root.
    let layer = layout.join(list["Layers"][0].as_str().unwrap());
    let listed = tool("tar", ["--list", "--gzip", "--file", layer.to_str().unwrap()]).await?;
    let listed = String::from_utf8(listed)?;
    let paths: Vec<&Path> =
        listed.lines().map(|line| Path::new(line.trim_start_matches("./"))).collect();
    for path in &paths {
        for parent in path.ancestors().skip(1).filter(|parent| *parent != Path::new("")) {
            assert!(paths.contains(&parent), "{} is not listed", parent.display());
        }
    }
    Ok(())
}
