// What people read of doors, cameras and who came, wherever they are shown.

export const door = {
  door: {
    locked: (age: string) => `Locked. Reported ${age}.`,
    lockedNoAge: "Locked.",
    unlocked: (age: string) => `Unlocked and closed. Reported ${age}.`,
    unlockedNoContact: (age: string) => `Unlocked. Reported ${age}.`,
    open: (age: string) => `Open. Reported ${age}.`,
    openLocked: (age: string) => `Open, with its bolt out. Reported ${age}.`,
    moving: "The bolt is moving.",
    jammed: (age: string) => `The bolt is stuck. Reported ${age}. Look at the door.`,
    never: "Unknown: the lock has not reported since the hub started.",
    unknown: (age: string) => `Unknown: the lock has not said where its bolt is for ${age}.`,
    offline: (age: string) => `Unknown: the lock is not connected. Last heard ${age}.`,
    offlineNever: "Unknown: the lock is not connected.",
    contactGone: "Nobody knows whether the door is open: its contact is silent.",
    drawn: {
      locked: "drawn: closed, bolt out",
      unlocked: "drawn: closed, bolt in",
      open: "drawn: open",
      moving: "drawn: closed, bolt on its way",
      jammed: "drawn: bolt stuck half-way",
      unknown: "drawn in dashes, for nobody knows",
    },
  },

  camera: {
    live: "Camera sees the door",
    connecting: "Camera is being connected",
    unavailable: "Camera sends no picture",
    refused: "Camera refuses the hub’s password",
    frozen: "Camera’s picture does not move",
    unjudged: "Nobody could judge the camera’s picture",
    none: "No camera at this door",
  },

  who: {
    breakGlass: "Somebody with the emergency code",
    courier: "A courier",
    someGuest: "A guest",
    somebody: "Somebody",
    owner: "The owner, at the hub",
    hub: "The hub",
  },

  outcomes: {
    completed: (span: string) => `In and out again in ${span}`,
    completedPlain: "In and out again",
    notEntered: "Unlocked, but nobody came in",
    denied: (why: string) => `Not let in: ${why}`,
  },
};
