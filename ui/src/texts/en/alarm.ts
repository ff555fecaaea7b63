// What people read of the alarm over the log.

export const alarm = {
  alarm: {
    title: "The hub’s log is not what it was",
    kinds: {
      rolled_back: (seen: number, shown: number) =>
        `This device has seen ${seen} lines of the log; the hub now shows ${shown}. An older copy is in its place: the hub was restored from a backup, or somebody put an old log back.`,
      rewritten: (seen: number) =>
        `The hub cannot prove that the first ${seen} lines are the ones this device has seen. Either the hub was restored from a backup, or the log was rewritten.`,
      other_key: () =>
        "Another key signs the log. The hub was replaced, or somebody pretends to be it.",
      not_signed: () => "What the hub shows as its log is not signed by the log’s key.",
    },
    what: "What this means",
    whatBody:
      "Somebody with power over the hub may have removed or changed what happened at your doors. Recordings that you saved elsewhere are not affected.",
    todo: "What to do",
    todoBody:
      "Do not erase anything. Compare with the other devices of the household: do they show this too? If you restored the hub from a backup yourself, this is expected, and the log has a line that says so with the day of the backup.",
    restored: "I restored the hub myself…",
    restoredTitle: "Start witnessing anew?",
    restoredBody:
      "This device forgets what it had seen and takes the log as it is now. What was lost in between cannot be found out later.",
    restoredYes: "Start anew",
    look: "Look at the house anyway",
    noticed: (moment: string) => `Noticed ${moment}.`,
  },
};
