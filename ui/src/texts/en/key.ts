// What people read of the household key.

export const key = {
  key: {
    title: "Household key",
    have: "This device holds the household key and opens recordings.",
    other: "This device holds the key of another household. Get the right one.",
    none: "Without it this device shows everything but recordings.",
    fromDevice: "From another device",
    fromSheet: "From the recovery sheet",
    way: "Where shall it come from?",
    compare: "Compare the number",
    compareBody:
      "On a device that has the key, open Settings, Household key. It must show the same number; then tap “Hand over” there.",
    waiting: "Waiting for the other device…",
    expired: "Nobody handed it over in time. Ask again.",
    ask: "Ask for the key",
    badAnswer: "What arrived was not sealed for this device. Ask again, and compare the number.",
    sheet: "The key from the sheet",
    sheetHint: "The one line, or all its groups. Small letters are fine.",
    sheetFile: "Open the saved sheet…",
    sheetGo: "Take the key in",
    sheetNone: "That holds no household key. It begins with AGE-SECRET-KEY-1.",
    sheetLetter: "A letter is wrong or missing. Compare it with the groups on the sheet.",
    sheetOther:
      "This is the sheet of another household. Its key does not open what this hub records.",
    later: "Later",
    asks: "Asking for the key",
    asksBody: "Hand it over only if both screens show the same number.",
    asksNone: "Nobody asks for the key.",
    asksOf: (person: string, device: string) => `${person}, ${device}`,
    give: "Same number: hand over",
    refuse: "Another number",
    refused:
      "Do not hand it over. Somebody may stand between the two devices; ask again in your own network, and tell the owner.",
    given: "Handed over.",
    forget: "Remove the key from this device…",
    forgetTitle: "Remove the key from this device?",
    forgetBody: "This device then opens no recordings until it gets the key again.",
    forgetYes: "Remove it",
    kept: "The key never leaves your devices unsealed; the hub passes on what it cannot read.",
  },
};
