// What people read of setup, pairing and the PIN.

export const setup = {
  setup: {
    title: "A doorkeeper for your home",
    intro:
      "This hub belongs to nobody yet. In four steps it becomes yours: name it, make its key, keep the key on paper, pair this device.",
    steps: ["Name", "Key", "Paper", "Done"],
    stepOf: (n: number, all: number) => `Step ${n} of ${all}`,
    noToken: "This link opens no setup",
    noTokenBody:
      "The hub prints a setup link when it starts for the first time, and again with “doorward pair” on its machine. Open that link, or type its last part.",
    token: "Setup code",
    tokenHint: "What stands behind “#pair=” in the link.",
    go: "Go on",
    home: "What is your home called?",
    homeHint: "Everybody you pair sees this name.",
    homeExample: "Lindenallee 4",
    you: "What is your name?",
    device: "What is this device called?",
    nameWrong: "Please type a name.",
    keyTitle: "The household key",
    keyBody:
      "Your recordings are sealed with this key. It is made here, on this device, and the hub never gets it: whoever takes the hub cannot watch your door.",
    keyPaper: "If every device is lost, only the paper that comes next can open your recordings.",
    make: "Make the key",
    paperTitle: "Keep the key on paper",
    paperBody: "Print this sheet or save it somewhere safe and offline. It exists once.",
    print: "Print the sheet",
    save: "Save as a file",
    show: "Show the key",
    hide: "Hide the key",
    proveTitle: "Take the sheet to hand",
    proveBody: "So that it is certain you can read it: type these four groups.",
    row: (n: number) => `Row ${n}`,
    group: (row: number, place: number) => `Row ${row}, group ${place}`,
    groupWrong: "That is not what stands there. Look at the sheet again.",
    proveGo: "I have the sheet",
    printFirst: "Print or save the sheet first.",
    doneTitle: (home: string) => `${home} has a doorkeeper`,
    doneBody: "This device is paired and holds the household key.",
    toHome: "To the door",
    taken:
      "This hub has been set up meanwhile, or the link was used. Ask its owner to pair you. If that is you, run “doorward pair --role owner” on the hub’s machine; the sheet you have saved is the right one.",
    linkOver:
      "The hub does not take this link any more: it was restarted meanwhile, or five minutes have passed. Your key and your sheet stay good. Run “doorward pair” on the hub’s machine and type the last part of its link here.",
    lost: "The key was made on this page and is not kept until setup is done. If you leave now, start again and throw this sheet away.",
  },

  pin: {
    title: "A PIN for this device",
    body: "Asked for before a door is unlocked from here. Whoever finds this device without it can look, not open.",
    field: "PIN, six digits or more",
    again: "The same again",
    short: "Six to twelve digits, please.",
    differs: "The two are not the same.",
    set: "Set the PIN",
    later: "Later",
    isSet: "A PIN is set on this device.",
    resting: "It was wrong too often and rests. An owner can lift that under People.",
    once: "A PIN is set once. To change it, pair this device again.",
  },

  passkey: {
    title: "Finger, face or device code",
    body: "Instead of the PIN, this device can verify you itself before a door is unlocked from here. The PIN stays the other way.",
    isSet: "This device verifies you itself.",
    set: "Let this device verify me",
    again: "Make it anew",
    notVerified:
      "This device did not verify you; nothing was changed. Behind a warning about the hub’s certificate, a browser may verify nobody.",
    cannot:
      "Instead of the PIN, a device can verify you by finger, face or its own code. That needs the hub’s certificate installed here and a host name in the address bar; with an address of numbers, browsers do not offer it.",
  },

  pair: {
    title: "Pair this device",
    body: "An owner shows a link or a code under Settings, People. It is good for five minutes and for one device.",
    bodyLinked: "This link pairs one device, within five minutes of being made. Say whose it is.",
    code: "Link or pairing code",
    codeWrong: "That is no pairing code. It stands behind “#pair=” in the link.",
    you: "Your name",
    device: "This device’s name",
    go: "Pair",
    done: (home: string) => `You belong to ${home}`,
    roles: {
      owner: "As an owner you may change everything.",
      resident: "As a resident you may open doors, expect deliveries, invite guests and look.",
      viewer: "As a viewer you may look at what happens and what happened.",
    },
    again:
      "This browser was paired before, but the hub does not take its key any more. An owner may have ended it; pair again.",
    refused: "The code is wrong, used, or over. Ask for a new one.",
    deviceNames: { phone: "Phone", tablet: "Tablet", computer: "Computer" },
  },
};
