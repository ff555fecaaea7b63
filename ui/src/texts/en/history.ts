// What people read of visits that are over, and their evidence.

const count = (n: number, one: string, many: string): string =>
  n === 1 ? `1 ${one}` : `${n} ${many}`;

export const history = {
  history: {
    title: "History",
    empty: "Nobody has come yet",
    emptyBody: "Every visit is listed here with what happened, step by step, and its pictures.",
    noMatch: "No visit in the list fits. Show older ones, or choose less.",
    older: "Show older ones",
    door: "Door",
    who: "Who",
    how: "How it went",
    everyDoor: "Every door",
    everybody: "Everybody",
    everything: "Everything",
    cameIn: "Came in",
    notIn: "Nobody came in",
    denied: "Not let in",
    going: "Going on",
    filmed: "filmed",
    gone: "There is no such visit",
    goneBody: "It may have been erased. Its place in the log is kept, what stood there is not.",
    story: "What happened",
    unfilmed: "This visit was not filmed.",
    clockDoubt: "The hub’s clock was in doubt at the time.",
    evidence: "Evidence pack",
    evidenceBody:
      "One file with the clip, what the log says of this visit, and the proofs that nothing was changed. Whoever has it can watch this visit and no other.",
    evidenceMake: "Save the evidence pack",
    evidenceMaking: (done: number, all: number) => `Packing ${done} of ${all}…`,
    evidenceCheck: "It can be checked anywhere, offline: doorward evidence verify FILE",
    evidenceLess: (lost: number) =>
      `Saved without ${count(lost, "part", "parts")} that the hub’s disk has lost. Whoever checks it is told which.`,
    evidenceFailed: "The evidence pack could not be made.",
    erase: "Erase this visit…",
    eraseTitle: "Erase this visit?",
    eraseBody: (recordings: number) =>
      `${
        recordings === 0
          ? "What the log says of it"
          : `${capitalCount(recordings)}, what the log says of it`
      } and what was written about its delivery go for good. The log keeps that something was erased, and by its proofs that nothing else was. Nobody can bring it back.`,
    eraseYes: "Erase it for good",
    keep: "Keep it",
    erasing: "It is still going on and cannot be erased yet.",
  },

  story: {
    granted: (who: string) => `${who}: the door may open once`,
    denied: (who: string, why: string) => `${who}: not let in, ${why}`,
    moved: {
      arming: "The camera is asked for a live picture",
      unlocking: "The lock is told to unlock",
      unlocked: "Unlocked, by the lock’s own report",
      open: "The door opened",
      relocking: "The door closed; the lock is told to lock",
      jammed: "The bolt is stuck",
      unknown: "Nobody knows where the bolt is",
      secured: "Locked, by the lock’s own report",
    },
    closed: {
      completed: "The visit is over",
      not_entered: "The visit is over; nobody came in",
      denied: "The visit is over",
    },
    resumed: "The hub was started again and took the visit up",
    blocked: "The visit was stopped",
    approved: "The visit was approved",
    bolt: {
      thrown: "The lock reports: locked",
      retracted: "The lock reports: unlocked",
      moving: "The bolt moves",
      jammed: "The lock reports: stuck",
      unknown: "The lock does not say where its bolt is",
    },
    contact: {
      open: "The door opened",
      closed: "The door closed",
      unknown: "The contact does not say whether the door is open",
    },
    lockAsked: (who: string) => `${who} asked to lock`,
    filmBegan: (camera: string) => `${camera} films`,
    filmEnded: "Filming ended",
    filmErased: "The recording was erased",
    filmRested: "Nothing moved for an hour; the camera rests",
    codeEnded: {
      spent: "The code is spent and cannot open again",
      expired: "The code’s time is over",
      cancelled: "The code was taken back",
    },
    entryErased: "The visit was erased",
    erased: "Erased at the owner’s wish",
    segments: (n: number) => `${count(n, "piece", "pieces")} of film sealed`,
  },
};

function capitalCount(recordings: number): string {
  return recordings === 1 ? "Its recording" : `Its ${recordings} recordings`;
}
