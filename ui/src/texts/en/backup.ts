// What people read of backups.

export const backup = {
  backup: {
    title: "Backup and restore",
    what: "A backup is one file, sealed to the household: the key on the recovery sheet opens it, which this home’s devices hold, too. In it are the hub’s keys, its doors, devices, people, codes and log.",
    without:
      "Recordings are not in it. They lie sealed in the folder “recordings” on the hub’s machine; copy that folder as it is.",
    make: "Make a backup",
    go: "Save a backup",
    saved: (name: string, size: string) => `Saved as ${name}, ${size}`,
    apart:
      "Keep it away from the hub, and away from the recovery sheet: whoever has both has the hub.",
    ownerOnly: "An owner can make one.",
    restore: "Restore",
    restoreBody:
      "A hub is made of a backup and the recovery sheet on the machine that it shall run on, by typing commands there.",
    steps: [
      {
        say: "Bring the backup and the saved sheet to that machine, or type the key from the paper into a file, recovery.txt.",
      },
      {
        say: "Make the hub, in a folder that is not there yet:",
        type: "doorward restore --from BACKUP.age --identity recovery.txt --state ~/hub",
      },
      {
        say: "Remove the sheet’s file and start the hub:",
        type: "shred -u recovery.txt\ndoorward serve --state ~/hub",
      },
      {
        say: "Stand for its time, and pair each phone again:",
        type: "doorward clock confirm --state ~/hub\ndoorward pair --state ~/hub",
      },
    ] as { say: string; type?: string }[],
    then: "What a restored hub does not believe",
    thenBody: [
      "A backup is older than what came after it, so nothing comes back that could let somebody in: deliveries’ codes are taken back, guests’ and emergency codes are paused until you take them up again.",
      "Locks and keypads that you revoked since are in service again: revoke them anew.",
      "A device that saw more of the log alarms. Say there that you restored the hub yourself.",
      "Never run the old hub beside the new one: they have the same keys.",
    ],
  },
};
