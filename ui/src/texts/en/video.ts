// What people read of pictures, live and recorded.

export const video = {
  live: {
    title: "Live pictures",
    open: "Only this one",
    of: (camera: string) => `Live picture of ${camera}`,
    live: "live",
    connecting: "Connecting to the camera…",
    stalled: (age: string) => `No new picture. The last one came ${age}.`,
    lost: (age: string) => `The connection broke off ${age}. Trying again…`,
    unsupported:
      "This browser cannot show what the camera sends. Set the camera to H.264, or use another browser.",
    none: "There is no camera yet",
    noneBody: "Add one on the hub’s machine, with “doorward camera add”.",
    soundOn: "Turn sound on",
    soundOff: "Turn sound off",
    hearing: {
      connecting: "Connecting the sound…",
      stalled: "No sound comes.",
      lost: "The sound broke off. Trying again…",
      unsupported: "This browser cannot play the camera’s sound.",
      held: "The browser keeps the sound off. Turn it off and on again.",
    },
    sound: {
      off: "This camera’s sound is off: it is neither recorded nor heard.",
      recorded:
        "This camera’s sound is recorded, and can be heard here. In many places recording what people say needs their consent.",
    },
    encrypted: "The picture goes from the hub to this device and nowhere else.",
  },

  clip: {
    label: "Recording",
    opening: "Opening the recording on this device…",
    fetching: "Fetching…",
    empty: "The camera films. The first seconds are being sealed…",
    noKey: "Only a device with the household key can open recordings.",
    getKey: "Get the household key",
    gaps: "Not everything is here",
    gap: (from: string, until: string) => `No pictures from ${from} to ${until}`,
    export: "Save the clip",
    exporting: (percent: number) => `Opening… ${percent} %`,
    exportedLess: (lost: number) =>
      `Saved without ${lost === 1 ? "1 part" : `${lost} parts`} that the hub’s disk has lost.`,
    notExported: "The clip could not be saved.",
    part: (n: number) => `Part ${n}`,
    parts: "Parts of the recording",
    failed: {
      unsupported: "This browser cannot play what the camera recorded. Save the clip instead.",
      wrong_key: "The household key on this device does not open this recording.",
      changed: "A part of it is not what the log says it was. Look at Settings, Trust.",
      missing: "A part of it is gone from the hub’s disk.",
      offline: "The hub did not hand it out. Are you in the home network?",
      damaged: "A part of it is damaged and cannot be shown.",
      gone: "The recording was erased.",
    },
  },
};
