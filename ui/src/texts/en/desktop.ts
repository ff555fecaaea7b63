// What people read in the desktop window alone.

export const desktop = {
  desktop: {
    failed: "That did not work",
    absent: "There is no hub on this computer yet",
    absentBody:
      "Doorward keeps your doors with a hub: a program that runs in the background on a computer that is always on. Shall this be it?",
    setUp: "Set up on this computer",
    noProgram:
      "The hub’s program is not installed. Install the package “doorward”, then open this window again.",
    unlock: "Where the hub’s key lies",
    unlocks: { keyring: "In my keyring", keyfile: "In a file" },
    unlockBodies: {
      keyring:
        "The hub opens when you are logged in. Whoever takes the computer gets nothing; after a power cut the doors wait for your login.",
      keyfile:
        "The hub starts by itself whenever this computer does. Whoever takes the computer’s disk can read codes and the log, but no recording.",
    },
    login:
      "This computer has no systemd for users: the hub starts when you log in, and ends when you log out.",
    stopped: "The hub on this computer does not run",
    stoppedBody: "Until it does, no code opens and nobody is filmed. Your key works as always.",
    start: "Start the hub",
    foreign: "The hub on this computer is another user’s",
    foreignBody: (folder: string) =>
      `Its state lies in ${folder}, and only that user and the administrator may open it from here. Log in as that user, or pair this computer: open the hub’s own address in a browser. If nobody has made a hub there, make one of your own.`,
    closed: "The hub on this computer is open to its group",
    closedBody:
      "It keeps the doors as a service of the system, and you are not in its group. Whoever administers this computer can let you in with “sudo usermod -aG doorward” and your name; log in again afterwards. Or pair this computer: open the hub’s own address in a browser.",
    another: "A hub of your own on this computer",
    elsewhere: "A hub elsewhere in the house",
    elsewhereBody:
      "On the hub, make a link: in its app under Settings, People, or with “doorward pair” on its machine. Paste it here as it is; it is good for five minutes.",
    link: "Pairing link",
    linkHint:
      "It begins with https:// and numbers. This computer then believes the hub of that link and no other.",
    goElsewhere: "Show that hub",
    instead:
      "This window can show a hub on another computer of the house instead. The hub on this computer goes on as it is.",
    shownFrom: (at: string) =>
      `This window shows the hub at ${at}, as the person who was paired with it. What it does there is in that hub’s log with this device’s name.`,
    forget: "Forget this hub",
    forgetTitle: "Forget this hub?",
    forgetBody:
      "This window forgets the hub’s address, its pairing, the household’s key and the codes that were made here. The hub itself goes on. End this device’s pairing there, too, under Settings, People; the household’s key is on your other devices and on the recovery sheet.",
    away: "The hub elsewhere cannot be reached",
    awayBody: (why: string) =>
      `${why.charAt(0).toUpperCase()}${why.slice(1)}. This window goes on by itself as soon as it answers; the doors are not affected.`,
    lost: "The hub elsewhere is not known any more",
    lostBody: (why: string) =>
      `What this window remembered of it cannot be read: ${why}. The doors are not affected.`,
    strange: "What answers here is no hub that this window knows",
    strangeBody: (why: string) =>
      `It said: ${why}. The window and the hub may be of different versions; the doors are not affected.`,
    sealedBody:
      "It has been restarted and holds no keys yet. The doors stay as they are and no code opens.",
    passphrase: "The hub’s passphrase",
    unseal: "Open the hub",
    slow: "The hub does not answer in time",
    slowBody:
      "It may be busy or its disk slow. This window goes on by itself as soon as it answers.",
    title: "This computer",
    more: "The hub as a service, tray icon, notifications",
    service: "The door’s service",
    serviceBody:
      "The hub runs apart from this window. Closing the window, or quitting from the tray icon, does not stop it.",
    versions: (window: string, hub: string) =>
      `This window is of version ${window}, the hub of version ${hub}. Install both from the same release.`,
    stop: "Stop the door’s service",
    stopTitle: "Stop keeping the doors?",
    stopBody:
      "No code opens any more, nobody is filmed, and no alarm is raised. Bolts stay where they are; a visit in progress is not locked behind. Your key works. The hub starts again with this computer, or when you start it in this window.",
    has: "What this desktop has",
    there: "there",
    missing: "missing",
    parts: {
      tray: {
        name: "Tray icon",
        without:
          "Closing the window ends this app, and with it its notifications. The hub goes on. On GNOME the extension “AppIndicator” brings a tray.",
      },
      notices: {
        name: "Notifications",
        without: "Alarms and visits are told in this window only, while it is open.",
      },
      pictures: {
        name: "Pictures (H.264)",
        without:
          "Live pictures and clips are not shown here; everything else works. Install gstreamer1.0-libav and gstreamer1.0-plugins-good, then open this app again.",
      },
      keyring: {
        name: "Keyring",
        without: "The hub’s key cannot lie in a keyring; a file or a passphrase works.",
      },
      systemd: {
        name: "systemd for users",
        without: "The hub starts when you log in, and ends when you log out.",
      },
    },
  },
};
