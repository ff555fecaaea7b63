// What people read of backups.

export const backup = {
  backup: {
    title: "Backup and restore",
    what: "A backup is one file, sealed to the household: the recovery sheet opens it, and nothing else does. In it are the hub’s keys, its doors, devices, people, codes and log.",
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
      "A hub is made again from a backup on the machine that it shall run on, by typing commands there. The hub that the backup is of must not run any more.",
    steps: [
      {
        say: "Type or scan the key from the recovery sheet into a file on that machine, household.txt.",
      },
      {
        say: "Make the hub again, in a folder that is not there yet:",
        type: "doorward restore --from BACKUP.age --identity household.txt --state /var/lib/doorward",
      },
      { say: "Start it, and remove the key’s file:", type: "shred -u household.txt" },
    ] as { say: string; type?: string }[],
    then: "What you will see then",
    thenBody:
      "The log is as old as the backup. Each device notices that and asks whether you restored the hub yourself.",
  },
};
