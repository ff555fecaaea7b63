//! A container image with one program and what it needs, and no shell.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, bail};
use serde_json::{Value, json};

use super::Staged;
use super::description::Image;
use super::identity::said;
use super::tree::{Packed, Tree, run};
use crate::steps::say;

/// Time zones: schedules are in the home's.
const ZONES: &str = "/usr/share/zoneinfo";

/// Writes the image as one file that Podman and Docker load; none for another machine, whose libraries
/// are not here.
///
/// # Errors
/// If a tool is missing or refuses.
pub(crate) fn write(staged: &Staged<'_>, out: &Path) -> anyhow::Result<Option<PathBuf>> {
    let Some(image) = &staged.package.image else { return Ok(None) };
    if !staged.identity.machine.is_this() {
        say("package: images are made on a machine of their kind; this one is left out");
        return Ok(None);
    }
    let layer = layer(staged, image)?;
    let layout = staged.work.join("layout");
    assemble(staged, image, &layer, &layout)?;
    named(staged, &layout)?;
    let (name, machine) = (staged.package.name, staged.identity.machine.debian());
    let path = out.join(format!("{name}_{}_{machine}.oci.tar", staged.identity.full()));
    run(tar(staged).arg("--create").arg("--file").arg(&path).arg("-C").arg(&layout).arg("."))?;
    Ok(Some(path))
}

/// All files, then the state folder, which belongs to the hub's user.
fn layer(staged: &Staged<'_>, image: &Image) -> anyhow::Result<PathBuf> {
    let mut tree = staged.tree.again();
    libraries(staged, &mut tree)?;
    zones(&mut tree)?;
    let user = format!("doorward:x:{0}:{0}::{1}:/nonexistent\n", image.uid, image.state);
    tree.file("etc/passwd", user.as_bytes(), Packed::No)?;
    tree.file("etc/group", format!("doorward:x:{}:\n", image.uid).as_bytes(), Packed::No)?;
    // Docker keeps folders that nobody lists from everybody but root.
    tree.folder("var/lib", 0o755)?;
    tree.close()?;

    let mut own = Tree::new(staged.work.join("own"), staged.identity.moment)?;
    let state = image.state.trim_start_matches('/');
    own.folder(state, 0o700)?;
    own.folder("tmp", 0o700)?;
    own.close()?;

    let layer = staged.work.join("layer.tar");
    run(tar(staged).arg("--create").arg("--file").arg(&layer).arg("-C").arg(tree.root()).arg("."))?;
    let mut append = tar(staged);
    append.arg("--append").arg("--file").arg(&layer);
    append.arg(format!("--owner={}", image.uid)).arg(format!("--group={}", image.uid));
    run(append.arg("-C").arg(own.root()).args(["tmp", state]))?;
    Ok(layer)
}

/// What the loader would load, and the loader, with the licences of Debian's packages that they are of.
fn libraries(staged: &Staged<'_>, tree: &mut Tree) -> anyhow::Result<()> {
    for program in staged.package.programs {
        let program = staged.tree.root().join("usr/bin").join(program);
        for word in said(Command::new("ldd").arg(program))?.split_whitespace() {
            if word.starts_with('/') {
                tree.copy(Path::new(word), word.trim_start_matches('/'))?;
                licence_of(Path::new(word), tree)?;
            }
        }
    }
    Ok(())
}

fn licence_of(library: &Path, tree: &mut Tree) -> anyhow::Result<()> {
    let package = owner(library)?;
    let copyright = format!("usr/share/doc/{package}/copyright");
    tree.copy(&Path::new("/").join(&copyright), &copyright)
}

/// Which of Debian's packages a library is of. The list has it by one of the two names that each file
/// has since `/lib` is a link to `/usr/lib`.
fn owner(library: &Path) -> anyhow::Result<String> {
    let real = library.canonicalize()?;
    for path in [library, &real] {
        let bare = path.strip_prefix("/usr").unwrap_or(path.strip_prefix("/")?);
        for path in [Path::new("/").join(bare), Path::new("/usr").join(bare)] {
            if let Ok(line) = said(Command::new("dpkg-query").arg("--search").arg(path)) {
                let package = line.split([':', ' ', ',']).next();
                return Ok(package.context("a library of no package")?.to_owned());
            }
        }
    }
    bail!("{} is of no Debian package: make images on Debian", library.display())
}

/// Every zone by its name, without the copies under other calendars.
fn zones(tree: &mut Tree) -> anyhow::Result<()> {
    let mut open = vec![PathBuf::from(ZONES)];
    while let Some(folder) = open.pop() {
        let inside = std::fs::read_dir(&folder)
            .with_context(|| format!("{} is not there: install tzdata", folder.display()))?;
        for entry in inside {
            let path = entry?.path();
            if path.ends_with("posix") || path.ends_with("right") {
                continue;
            }
            if path.is_dir() {
                open.push(path);
            } else {
                tree.copy(&path, path.strip_prefix("/")?.to_str().context("a zone's name")?)?;
            }
        }
    }
    Ok(())
}

/// Has umoci make the image around its one layer.
fn assemble(staged: &Staged<'_>, image: &Image, layer: &Path, layout: &Path) -> anyhow::Result<()> {
    let created = staged.identity.date("+%Y-%m-%dT%H:%M:%SZ")?;
    let name = format!("{}:{}", layout.display(), staged.identity.version);
    run(Command::new("umoci").args(["init", "--layout"]).arg(layout))?;
    run(Command::new("umoci").args(["new", "--image", &name]))?;
    let history = ["--history.created", &created, "--history.created_by", "doorward"];
    run(Command::new("umoci")
        .args(["raw", "add-layer", "--image", &name])
        .args(history)
        .arg(layer))?;

    let uid = format!("{0}:{0}", image.uid);
    let state = format!("DOORWARD_STATE={}", image.state);
    let mut config = Command::new("umoci");
    config.args(["config", "--image", &name, "--created", &created]).args(history);
    config.args(["--os", "linux", "--architecture", staged.identity.machine.oci()]);
    config.args(["--config.user", &uid, "--config.env", &state]);
    config.args(["--config.volume", image.state, "--config.workingdir", "/"]);
    for program in staged.package.programs {
        config.args(["--config.entrypoint", &format!("/usr/bin/{program}")]);
    }
    config.args(image.arguments.iter().flat_map(|word| ["--config.cmd", word]));
    config.args(image.ports.iter().flat_map(|port| ["--config.exposedports", port]));
    for (label, value) in [
        ("title", staged.package.name),
        ("description", staged.package.summary),
        ("version", staged.identity.version),
        ("licenses", "Apache-2.0 OR MIT"),
    ] {
        config.args(["--config.label", &format!("org.opencontainers.image.{label}={value}")]);
    }
    run(&mut config)?;
    run(Command::new("umoci").args(["gc", "--layout"]).arg(layout))
}

/// Gives the image one name for all: Podman takes it from the index, Docker from a list of its own, without
/// which versions before 25 load nothing.
fn named(staged: &Staged<'_>, layout: &Path) -> anyhow::Result<()> {
    let name = format!("{}:{}", staged.package.name, staged.identity.version);
    let path = layout.join("index.json");
    let mut index: Value = serde_json::from_slice(&std::fs::read(&path)?)?;
    let [image] = index["manifests"].as_array_mut().context("an index of nothing")?.as_mut_slice()
    else {
        bail!("the index names more than one image");
    };
    image["annotations"] = json!({ "org.opencontainers.image.ref.name": name });
    let manifest = std::fs::read(layout.join(place(image)?))?;
    std::fs::write(&path, index.to_string())?;

    let manifest: Value = serde_json::from_slice(&manifest)?;
    let layers = manifest["layers"].as_array().context("a manifest without layers")?;
    let layers = layers.iter().map(place).collect::<Result<Vec<_>, _>>()?;
    let config = place(&manifest["config"])?;
    let list = json!([{ "Config": config, "RepoTags": [name], "Layers": layers }]);
    Ok(std::fs::write(layout.join("manifest.json"), list.to_string())?)
}

/// Where a layout has what a descriptor (OCI image specification 1.0) names by its digest.
fn place(descriptor: &Value) -> anyhow::Result<String> {
    let digest = descriptor["digest"].as_str().and_then(|digest| digest.strip_prefix("sha256:"));
    Ok(format!("blobs/sha256/{}", digest.context("a descriptor without a digest")?))
}

/// GNU tar, told to leave out whatever differs between two machines.
fn tar(staged: &Staged<'_>) -> Command {
    let mut command = Command::new("tar");
    command.args(["--format=gnu", "--sort=name", "--numeric-owner", "--owner=0", "--group=0"]);
    command.arg(format!("--mtime=@{}", staged.identity.moment));
    command
}
