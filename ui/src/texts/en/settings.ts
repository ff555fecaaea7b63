// What people read of Settings: the house.

export const settings = {
  settings: {
    title: "Settings",
    house: "The house",
    people: "People",
    device: "This device",
    trust: "Trust",
    hub: "The hub",
    doors: "Doors",
    doorsMore: "What each asks for before it opens",
    cameras: "Cameras",
    camerasMore: "Live pictures, sound",
    devices: "Locks, keypads, contacts",
    devicesMore: "What each may do, and when its certificate ends",
    keeping: "How long recordings are kept",
    keepingMore: (days: number, gb: number) => `${days} days, ${gb} GB of each camera`,
    peopleMore: "Who may do what, and their devices",
    keyMore: (have: boolean) => (have ? "On this device" : "Not on this device"),
    pinMore: "Asked for before unlocking",
    look: "Look",
    looks: { system: "As the system", light: "Light", dark: "Dark" },
    trustMore: "Log, witnesses, what the hub connects to",
    backupMore: "A file to keep elsewhere",
    about: "About the hub",
    hubMore: (version: string) => `Clock, keys, storage, version ${version}`.trimEnd(),
    ownerOnly: "An owner can change this.",
    logOut: "Log out",
    logOutBody:
      "This device logs in again by itself as soon as the app is opened. To end that for good, end its pairing under People.",
    saved: "Saved.",
    who: (name: string, role: string) => `${name}, ${role.toLowerCase()}`,
  },

  doorSettings: {
    none: "There is no door yet",
    noneBody: "Describe one on the hub’s machine, with “doorward door add”.",
    recording: "Must a visit be filmed?",
    recordings: { required: "Must be", preferred: "If it can", off: "Never" },
    recordingWords: {
      required: "The door opens for a code only while its camera shows a live picture.",
      preferred: "Filmed if the camera can; otherwise the gap is written down.",
      off: "Visits through this door are never filmed.",
    },
    approval: "Does somebody have to approve?",
    approvals: { none: "No", tap: "Each time" },
    approvalWords: {
      none: "A good code opens the door.",
      tap: "Somebody here taps within a minute, or the door stays locked.",
    },
    relock: "Locks again if nobody opens it, after",
    seconds: (s: number) => (s < 60 ? `${s} s` : s === 60 ? "1 min" : `${s / 60} min`),
    weaker: "Make this door easier to open?",
    weakerBody:
      "Without a filmed visit or an approval, whoever has a code comes in unseen. The change is written down in the log.",
    weakerYes: "Change it",
    parts: (lock: string, keypads: string, contact: string, camera: string) =>
      [
        `Lock ${lock}`,
        keypads && `keypad ${keypads}`,
        contact && `contact ${contact}`,
        camera && `camera ${camera}`,
      ]
        .filter(Boolean)
        .join(", "),
  },

  cameraSettings: {
    none: "There is no camera yet",
    noneBody: "Add one on the hub’s machine, with “doorward camera add”.",
    sound: {
      off: "Pictures only: its sound is neither recorded nor heard.",
      recorded: "Its sound is recorded, and can be heard with the live picture.",
    },
    live: "Live picture",
    remove: "Remove this camera…",
    removeTitle: (name: string) => `Remove ${name}?`,
    removeBody:
      "A camera that films a door stays; give that door another one first. What it recorded stays until its time is over.",
    removeYes: "Remove the camera",
    soundHow:
      "Sound is chosen when a camera is added, on the hub’s machine. In many places recording what people say needs their consent. To change it, add the camera again with “--replace”.",
    size: (codec: string, width: number, height: number) => `${codec}, ${width} × ${height}`,
  },

  deviceSettings: {
    none: "No device is enrolled yet",
    noneBody: "Enrol one on the hub’s machine, with “doorward device enrol”.",
    kinds: {
      lock: "Lock",
      keypad: "Keypad",
      contact: "Contact",
      bridge: "Bridge",
      camera: "Camera",
      home_assistant: "Home Assistant",
      other: "Other device",
    },
    dialects: {
      native: "Doorward’s own messages",
      zigbee2mqtt: "Zigbee2MQTT",
      home_assistant: "Home Assistant",
      frigate: "Frigate",
      tasmota: "Tasmota",
      shelly: "Shelly",
      esphome: "ESPHome",
      zwave_js_ui: "Z-Wave JS UI",
    },
    links: { online: "connected", offline: "not connected", unknown: "has not said yet" },
    until: (day: string) => `Certificate until ${day}`,
    ends: (day: string) => `Certificate ends on ${day}: enrol it again`,
    revokedOn: (day: string) => `Revoked on ${day}`,
    revoked: "Revoked",
    may: "What it may do",
    publish: "May say",
    subscribe: "May hear",
    nothing: "nothing",
    tried: (n: number) => `Tried ${n === 1 ? "once" : `${n} times`} what it may not.`,
    lockedOut: (span: string) => `Takes no code for ${span}, after wrong tries.`,
    suspended: (span: string) => `Couriers’ and guests’ codes rest for ${span}.`,
    rearm: "Take codes again",
    revoke: "Revoke…",
    revokeTitle: (name: string) => `Revoke ${name}?`,
    revokeBody:
      "It is cut off at once and can never connect with this certificate again. A lock that is revoked cannot be opened or locked from here.",
    revokeYes: "Revoke it",
  },

  keepSettings: {
    body: "Once an hour the hub erases what is older, and of each camera the oldest that does not fit.",
    days: "Days at most",
    gb: "GB of each camera at most",
    wrong: "A number of 1 or more, please.",
    less: "Erase recordings that no longer fit?",
    lessBody: "What is older, or no longer fits, goes within the hour and cannot be brought back.",
    lessYes: "Keep less",
    clock: "While the hub does not trust its clock, nothing is erased for its age.",
  },
};
