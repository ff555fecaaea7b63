// What people read of the frame of every screen.

export const shell = {
  shell: {
    name: "Doorward",
    skip: "To the content",
    tabs: "Screens",
    home: "Home",
    deliveries: "Deliveries",
    guests: "Guests",
    history: "History",
    settings: "Settings",
    back: "Back",
    close: "Close",
    loading: "One moment…",
    notFound: "There is nothing at this address",
    notFoundBody: "The link may be old. Home shows how the house is.",
    toHome: "To Home",
    unreachable: "The hub cannot be reached",
    unreachableBody:
      "Are you in the home network, and is the hub running? Doorward has no way in from outside. This page goes on by itself as soon as the hub answers.",
    tryNow: "Try now",
    outdated: "The hub brought a newer app",
    reload: "Load it now",
    sealed: "The hub waits for its passphrase",
    sealedBody:
      "It has been restarted and holds no keys yet. The doors stay as they are and no code opens. On the hub’s machine, run “doorward unseal”.",
    failed: "This screen could not be loaded",
    failedBody: "The connection may have broken off in the middle. Nothing is lost.",
  },

  stale: {
    lost: (age: string) => `No connection to the hub. What you see is from ${age}.`,
    never: "Connecting to the hub…",
    why: "Not while the hub cannot be reached.",
    back: "Connected again. Everything is up to date.",
  },

  time: {
    justNow: "just now",
    ago: (span: string) => `${span} ago`,
    seconds: (n: number) => `${n} s`,
    minutes: (n: number) => `${n} min`,
    hours: (n: number) => `${n} h`,
    days: (n: number) => (n === 1 ? "1 day" : `${n} days`),
    today: "today",
    tomorrow: "tomorrow",
    yesterday: "yesterday",
  },

  problems: {
    unreachable: "The hub did not answer. Nothing was done; try again in a moment.",
    unclear: (status: number) => `The hub answered in a way this app does not know (${status}).`,
    here: "Something went wrong in this app. Reload the page; the hub is not affected.",
    byKind: {
      "/problems/signed-out": "This device is not logged in. Reload the page.",
      "/problems/timeout": "The hub took too long. Nothing was done; try again in a moment.",
      "/problems/sealed": "The hub waits for its passphrase and does nothing until it has it.",
      "/problems/not-recorded":
        "The hub could not write it down, so it was not done. Is its disk full?",
      "/problems/internal": "The hub failed. Its own log says more; nothing was done.",
    } as Record<string, string | undefined>,
  },

  actions: {
    unlock: "Unlock…",
    lock: "Lock",
    cancel: "Cancel",
    save: "Save",
    retry: "Try again",
    copy: "Copy",
    copied: "Copied",
    share: "Share…",
    print: "Print",
    done: "Done",
  },

  steps: {
    done: "Done",
    running: "Now",
    ahead: "Next",
    failed: "Failed",
  },

  codes: {
    spoken: (digits: string) => `The code: ${digits}`,
  },
};
