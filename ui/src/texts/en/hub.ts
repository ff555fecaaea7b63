// What people read of Settings: what can be checked, and the hub.

export const hub = {
  trustSettings: {
    log: "The log",
    whole: (n: number, moment: string) => `Whole: this device has checked ${n} lines, ${moment}.`,
    unseen: "This device has not checked the log yet.",
    verify: "Check every line now",
    verified: (n: number, ms: number) =>
      `All ${n} lines fit, with every signature. It took ${Math.max(1, Math.round(ms))} ms.`,
    erased: (n: number) => `${n} of them were erased at an owner’s wish; their proofs still hold.`,
    broken: (what: string) => `The log does not hold together: ${what}.`,
    witnesses: "Witnesses",
    witnessesBody:
      "Each device keeps what it saw of the log and asks for a proof that it only grew. Whoever rewrites the log has to fool all of them.",
    witness: (size: number, moment: string) => `Up to line ${size}, ${moment}`,
    none: "No device has witnessed the log yet.",
    outward: "What the hub connects to",
    nothingLeaves:
      "Nothing outside the home network. The hub looks up no names, asks no time servers and looks for no updates.",
    camera: (name: string) => `Camera ${name}`,
    broker: "The house’s own broker",
    only: "It connects to nothing.",
    networks: "Networks it counts as home",
    networksBody: "Whoever is not in one of these is turned away.",
    examination: "Examination",
    allWell: "Everything the hub looked at is as it should be.",
  },

  hubSettings: {
    clock: "Clock",
    clockNow: (moment: string) => `The hub shows ${moment}.`,
    here: (moment: string) => `This device shows ${moment}.`,
    clockGood: "Its clock has run evenly.",
    clockBad:
      "Its clock jumped. Couriers’ and guests’ codes rest until somebody stands for the time.",
    clockDiffers: (span: string) =>
      `The two differ by ${span}. Set the machine’s clock before you confirm.`,
    confirm: "The hub’s time is right",
    confirmed: "Confirmed.",
    key: "How the hub gets its key after a restart",
    unlock: {
      passphrase: "From a passphrase, typed after each start. A stolen hub tells nothing.",
      keyfile: "From a file beside its data. It starts by itself, and so it does for a thief.",
      "systemd-creds": "From its machine. A disk alone tells nothing.",
      keyring: "From the keyring of whoever is logged in at the machine.",
    },
    keyHow: "It was chosen at “doorward init”.",
    storage: "Storage",
    free: (free: string) => `${free} free`,
    used: (recordings: string, database: string) =>
      `Recordings ${recordings}, everything else ${database}`,
    about: "About",
    version: "Version",
    support: "Security updates",
    supportBody:
      "Until the next version is released. The hub does not look for it: whoever runs the machine does.",
    name: "The hub’s name",
    up: (span: string) => `Running for ${span}`,
    licence: "Free software, Apache-2.0 or MIT.",
  },
};
