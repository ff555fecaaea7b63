// What people read of Settings: people and their devices.

export const people = {
  peopleSettings: {
    you: "you",
    seen: (moment: string) => `Last here ${moment}`,
    never: "Has not been here yet",
    thisOne: "this device",
    resting: "Its PIN was wrong too often and rests.",
    lift: "Let it try again",
    end: "End…",
    endTitle: (name: string) => `End the pairing of ${name}?`,
    endBody:
      "It is logged out at once and cannot come back without pairing again. If it held the household key, it keeps the key, but gets no more recordings from the hub.",
    endOwn:
      "This is the device in your hand. You will need another owner, or the hub’s machine, to pair it again.",
    endYes: "End the pairing",
    remove: "Remove this person…",
    removeTitle: (name: string) => `Remove ${name}?`,
    removeBody: "All their devices are logged out at once and their pairings end.",
    removeYes: "Remove the person",
    role: "May do",
    roleWords: {
      owner: "Everything",
      resident: "Open doors, deliveries, guests, look",
      viewer: "Look",
    },
    pair: "Pair another device",
    pairTitle: "Pair a device",
    pairWho: "Whose is it?",
    somebodyNew: "Somebody new",
    pairRole: "What may they do?",
    pairMake: "Show the code",
    pairBody:
      "Open the camera of the other device and point it here. It is good once, and for five minutes.",
    pairCopy: "Copy the link",
    pairTyped: "Or type this code there:",
    pairOver: "The code is over. Make another one.",
    pairLeft: (span: string) => `Good for ${span} more`,
    pairWarn: "Give it to nobody but the person it is meant for.",
    certificate:
      "The other device will warn of an unknown certificate the first time. The authority in it must have a SHA-256 fingerprint that begins with",
  },
};
