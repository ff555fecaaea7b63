//! The hub as a service, without a window.

use super::description::{Debian, File, Image, Package, Role, Rpm, Speaks};

/// The package for a home server.
pub(crate) const DOORWARD: Package = Package {
    name: "doorward",
    summary: "keeper of your doors: a private hub for locks, keypads and cameras",
    description: &[
        "Doorward talks to the lock, the keypad and the camera over a broker of its own, lets a \
         courier in once, with a code that you gave out, films the visit, and tells nobody but you. \
         It runs on your machine, in your network. There is no account, no cloud and no outbound \
         connection.",
        "This package holds the hub as a service, which starts once you have made a hub with \
         `doorward init` and enabled it, and the command line.",
    ],
    programs: &["doorward"],
    files: &[
        File {
            from: "packaging/doorward/systemd/doorward.service",
            to: "usr/lib/systemd/system/doorward.service",
            role: Role::Service,
        },
        File {
            from: "packaging/doorward/systemd/sysusers.conf",
            to: "usr/lib/sysusers.d/doorward.conf",
            role: Role::Service,
        },
        File {
            from: "packaging/doorward/systemd/tmpfiles.conf",
            to: "usr/lib/tmpfiles.d/doorward.conf",
            role: Role::Service,
        },
        File {
            from: "packaging/doorward/etc/default",
            to: "etc/default/doorward",
            role: Role::Configuration,
        },
        document("README.md"),
        document("SECURITY.md"),
        document("docs/architecture.md"),
        document("docs/openapi.json"),
        document("docs/desktop.md"),
        document("docs/install.md"),
        document("docs/security.md"),
        document("docs/known-issues.md"),
        document("docs/mqtt.md"),
        document("docs/recordings.md"),
        document("docs/backup.md"),
        document("docs/evidence.md"),
        document("docs/glossary.md"),
        document("packaging/doorward/compose.yaml"),
    ],
    folder: "packaging/doorward",
    speaks: Speaks::ForItself,
    debian: Debian {
        section: "net",
        depends: &[
            "debconf (>= 0.5) | debconf-2.0",
            "systemd | systemd-standalone-sysusers | systemd-sysusers",
            "systemd | systemd-standalone-tmpfiles | systemd-tmpfiles",
            "tzdata",
        ],
        recommends: &[],
        suggests: &["minisign"],
    },
    rpm: Rpm {
        requires: &["systemd", "tzdata"],
        scripts: &["coreutils", "grep", "systemd", "util-linux"],
        recommends: &[],
    },
    image: Some(Image {
        uid: 10_001,
        state: "/var/lib/doorward",
        arguments: &["serve"],
        ports: &["8883/tcp", "8443/tcp"],
    }),
};

/// A text of this repository that comes along.
const fn document(from: &'static str) -> File {
    File { from, to: "usr/share/doc/doorward/", role: Role::Document }
}
