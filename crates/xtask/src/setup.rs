//! Installs the Debian, Node and Python packages that building, the demonstration and the tests need.
//!
//! With everything there it asks `dpkg-query` once, changes nothing and needs no network.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::bail;

use crate::python;
use crate::steps::{self, say};
use crate::ui;

/// A package, and the program that makes it unnecessary if found elsewhere.
struct Need {
    package: &'static str,
    program: Option<&'static str>,
    why: &'static str,
}

const NEEDS: &[Need] = &[
    Need::program("gcc", "cc", "compiles SQLCipher, OpenSSL's cipher and ring"),
    Need::program("g++", "c++", "compiles openh264"),
    Need::program("make", "make", "builds OpenSSL's cipher"),
    Need::program("perl", "perl", "configures OpenSSL's cipher"),
    Need::program("pkg-config", "pkg-config", "finds system libraries"),
    Need::program("mosquitto", "mosquitto", "is the broker that a house has already, in the tests"),
    Need::program("mosquitto-clients", "mosquitto_pub", "plays Zigbee2MQTT in the tests"),
    Need::program("ffmpeg", "ffprobe", "checks exported recordings"),
    Need::program("age", "age", "opens sealed segments with a foreign program"),
    Need::program("openssl", "openssl", "verifies the hub's certificates with a foreign program"),
    Need::program("dbus-daemon", "dbus-run-session", "gives the keyring test a bus of its own"),
    Need::program("gnome-keyring", "gnome-keyring-daemon", "keeps a root key in the keyring test"),
    Need::program("chromium", "chromium", "shows the owner's app in the browser tests"),
    Need::program("dpkg-dev", "dpkg-shlibdeps", "names the libraries that packages depend on"),
    Need::program("lintian", "lintian", "judges Debian packages"),
    Need::program("appstream", "appstreamcli", "judges what the desktop app says of itself"),
    Need::program("rpm", "rpmbuild", "writes RPM packages"),
    Need::program("umoci", "umoci", "writes container images"),
    Need::program("skopeo", "skopeo", "reads container images with a foreign program"),
    Need::program("crun", "crun", "runs the container image in the tests"),
    Need::program("minisign", "minisign", "signs updates in the tests"),
    Need::program("systemd", "systemd-analyze", "judges the unit, and runs it in the tests"),
    Need::library("tzdata", "goes into container images"),
    Need::program("libnss3-tools", "certutil", "has Chromium trust a hub's authority"),
    Need::program("iproute2", "ip", "lays the cable of a test's own network"),
    Need::program("tcpdump", "tcpdump", "records what leaves the house in a test"),
    Need::library("libfaketime", "lets the hub of a test be two years old, or in a hurry"),
    Need::program("webkit2gtk-driver", "WebKitWebDriver", "drives the desktop window in the tests"),
    Need::program("xvfb", "Xvfb", "is the desktop window's screen in the tests"),
    Need::program("xdotool", "xdotool", "presses a key in the desktop app's own dialog"),
    Need::library("libwebkit2gtk-4.1-dev", "shows the desktop app's window"),
    Need::program("python3", "python3", "runs what makes up requests, and the test camera"),
    Need::library("python3-venv", "keeps what makes up requests apart from the system's Python"),
    Need::library("python3-gi", "runs the test camera"),
    Need::library("gir1.2-gst-rtsp-server-1.0", "serves RTSP in the test camera"),
    Need::library("gstreamer1.0-plugins-base", "draws the test camera's pictures"),
    Need::library("gstreamer1.0-plugins-good", "packs the test camera's stream"),
    Need::library("gstreamer1.0-plugins-bad", "encodes H.265 in the test camera"),
    Need::library("gstreamer1.0-plugins-ugly", "encodes H.264 in the test camera"),
    Need::library("gstreamer1.0-libav", "encodes AAC in the test camera"),
];

impl Need {
    const fn program(package: &'static str, program: &'static str, why: &'static str) -> Self {
        Self { package, program: Some(program), why }
    }

    const fn library(package: &'static str, why: &'static str) -> Self {
        Self { package, program: None, why }
    }
}

/// Finds what is missing and, as root, installs it; and what the tests alone need.
///
/// # Errors
/// As [`run`], or if `pip` fails.
pub(crate) fn for_tests() -> anyhow::Result<()> {
    run()?;
    python::install()
}

/// Finds what is missing and, as root, installs it.
///
/// # Errors
/// If something is missing and this is not root on a Debian system, or if `apt-get` or `npm` fails.
pub(crate) fn run() -> anyhow::Result<()> {
    packages()?;
    ui::install()
}

fn packages() -> anyhow::Result<()> {
    let missing = missing();
    if missing.is_empty() {
        say("setup: everything is there");
        return Ok(());
    }
    for need in &missing {
        say(&format!("setup: missing {:<28} {}", need.package, need.why));
    }
    let packages: Vec<&str> = missing.iter().map(|need| need.package).collect();
    if on_path("apt-get").is_none() {
        bail!(
            "install with your system's package manager, by these or like names: {}",
            packages.join(" ")
        );
    }
    if !is_root() {
        bail!(
            "run this, then try again:\n  sudo apt-get update && sudo apt-get install -y --no-install-recommends {}",
            packages.join(" ")
        );
    }
    install(&packages)
}

fn missing() -> Vec<&'static Need> {
    let without_program: Vec<&Need> =
        NEEDS.iter().filter(|need| need.program.and_then(on_path).is_none()).collect();
    if without_program.is_empty() {
        return without_program;
    }
    let installed = installed(without_program.iter().map(|need| need.package));
    without_program
        .into_iter()
        .filter(|need| !installed.iter().any(|name| name == need.package))
        .collect()
}

/// Which of the packages `dpkg` has installed; none on a system without `dpkg`.
fn installed(packages: impl Iterator<Item = &'static str>) -> Vec<String> {
    let answer = Command::new("dpkg-query")
        .args(["--show", "--showformat=${db:Status-Abbrev}${Package}\n"])
        .args(packages)
        .output();
    let Ok(answer) = answer else {
        return Vec::new();
    };
    String::from_utf8_lossy(&answer.stdout)
        .lines()
        .filter_map(|line| line.strip_prefix("ii "))
        .map(str::to_owned)
        .collect()
}

fn install(packages: &[&str]) -> anyhow::Result<()> {
    say("setup: apt-get update");
    apt(&["update", "-q"])?;
    say(&format!("setup: apt-get install {}", packages.join(" ")));
    let mut arguments = vec!["install", "-y", "-q", "--no-install-recommends"];
    arguments.extend(packages);
    apt(&arguments)?;
    let left = missing();
    if !left.is_empty() {
        let names: Vec<&str> = left.iter().map(|need| need.package).collect();
        bail!("apt-get ended well, but these are still missing: {}", names.join(" "));
    }
    say("setup: done");
    Ok(())
}

fn apt(arguments: &[&str]) -> anyhow::Result<()> {
    let mut command = Command::new("apt-get");
    command.args(arguments).env("DEBIAN_FRONTEND", "noninteractive");
    steps::run(&mut command)
}

/// Looks a program up on `PATH` and where Debian puts daemons.
fn on_path(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .chain([PathBuf::from("/usr/sbin")])
        .map(|folder| folder.join(program))
        .find(|candidate| candidate.is_file())
}

/// Whether this process runs as root, by the owner of its own `/proc` folder.
fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt as _;
    std::fs::metadata(Path::new(OsStr::new("/proc/self"))).is_ok_and(|meta| meta.uid() == 0)
}
