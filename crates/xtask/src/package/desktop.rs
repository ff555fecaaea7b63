//! The window and the tray icon.

use super::description::{Debian, File, Package, Role, Rpm, Speaks};
use crate::desktop::PACKAGE;

/// The app's picture, drawn from `ui/public/icon.svg` at one of the sizes that desktops look for.
macro_rules! icon {
    ($side:literal) => {
        part(
            concat!("packaging/doorward-desktop/icons/", $side, ".png"),
            concat!("usr/share/icons/hicolor/", $side, "x", $side, "/apps/doorward-desktop.png"),
        )
    };
}

/// The package for a computer with a screen. The hub that its window starts is the other package's.
pub(crate) const DESKTOP: Package = Package {
    name: PACKAGE,
    summary: "window and tray icon for the doors that Doorward keeps",
    description: &[
        "Doorward talks to the lock, the keypad and the camera over a broker of its own, lets a \
         courier in once, with a code that you gave out, films the visit, and tells nobody but you.",
        "This package holds the owner's app in a window, over the local socket of a hub on the same \
         computer, with a tray icon and notifications. Where there is no hub it sets one up as a \
         service that outlives the window: no door depends on it.",
    ],
    programs: &[PACKAGE],
    files: &[
        part(
            "packaging/doorward-desktop/doorward-desktop.desktop",
            "usr/share/applications/doorward-desktop.desktop",
        ),
        part(
            "packaging/doorward-desktop/local.doorward.desktop.metainfo.xml",
            "usr/share/metainfo/local.doorward.desktop.metainfo.xml",
        ),
        part("ui/public/icon.svg", "usr/share/icons/hicolor/scalable/apps/doorward-desktop.svg"),
        icon!("16"),
        icon!("24"),
        icon!("32"),
        icon!("48"),
        icon!("64"),
        icon!("128"),
        icon!("256"),
        icon!("512"),
    ],
    folder: "packaging/doorward-desktop",
    speaks: Speaks::Through("packaging/doorward-desktop/doorward-desktop.1"),
    debian: Debian {
        section: "utils",
        // The two speak to each other in words that may change from version to version.
        depends: &["doorward (= @VERSION@)", "hicolor-icon-theme"],
        // Without these the window plays no pictures.
        recommends: &["gstreamer1.0-libav", "gstreamer1.0-plugins-good"],
        suggests: &["gnome-keyring"],
    },
    rpm: Rpm {
        requires: &["doorward = @VERSION@", "hicolor-icon-theme"],
        scripts: &[],
        recommends: &["gstreamer1-plugin-libav", "gstreamer1-plugins-good"],
    },
    image: None,
};

const fn part(from: &'static str, to: &'static str) -> File {
    File { from, to, role: Role::Part }
}
