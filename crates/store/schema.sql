-- The hub's database, as a fresh one is made.
--
-- This file is the truth; the migrations lead older databases to it, and a test
-- compares the two. It is one file, encrypted page by page with SQLCipher under
-- a key that is not on the disk in the clear.
--
-- Conventions
--   *_ns    a moment by the hub's wall clock, in nanoseconds since 1970 UTC
--   *_mono_ms  a moment in hub time: milliseconds of watching since the first
--           start, never going back
--   *_ms    without "mono": milliseconds, of a duration or since 1970 UTC
--   Words such as 'one_time' are those of the core's own JSON.
--   Every blob that is a hash has exactly 32 bytes: SHA-256 or HMAC-SHA-256.
--
-- What must hold whatever the program does is written here as a constraint or a
-- trigger: a code that has ended stays ended, uses only fall, a leaf changes in
-- one way only, by being erased.

-- The hub's own state: exactly one row, rewritten by every batch. It is on one
-- page with nothing else, so that a commit touches as few pages as it can.
CREATE TABLE hub (
  id INTEGER PRIMARY KEY CHECK (id = 1),

  -- How far time had come at the last batch, and whether the wall clock could
  -- be believed. Absent before the first batch, all three together.
  mark_wall_ns INTEGER,
  mark_mono_ms INTEGER CHECK (mark_mono_ms >= 0),
  mark_trust TEXT CHECK (mark_trust IN ('trusted', 'untrusted')),

  -- The next number of each kind. They only rise: a number given out is never
  -- given out again, even if the thing it named was erased.
  next_door INTEGER NOT NULL CHECK (next_door >= 1),
  next_code INTEGER NOT NULL CHECK (next_code >= 1),
  next_entry INTEGER NOT NULL CHECK (next_entry >= 1),
  next_recording INTEGER NOT NULL CHECK (next_recording >= 1),
  next_command INTEGER NOT NULL CHECK (next_command >= 1),

  -- The log's latest checkpoint, a signed note (C2SP tlog-checkpoint), and the
  -- number of leaves that it covers. It covers all of them, always: leaves and
  -- checkpoint are written in one transaction.
  log_size INTEGER NOT NULL CHECK (log_size >= 0),
  log_head TEXT NOT NULL,

  CHECK ((mark_wall_ns IS NULL) = (mark_mono_ms IS NULL)),
  CHECK ((mark_wall_ns IS NULL) = (mark_trust IS NULL))
) STRICT;

-- Small things that have one value each, by name: retention and the like. The
-- names and their meaning are the hub's.
CREATE TABLE settings (
  name TEXT PRIMARY KEY CHECK (name <> ''),
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- The people who share a home. A recording is sealed to one household alone.
CREATE TABLE households (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE CHECK (name <> ''),
  -- The public half of the household's age identity ("age1…"). The secret half
  -- was never here.
  recipient TEXT NOT NULL CHECK (recipient LIKE 'age1%')
) STRICT;

-- The people of a household. A row goes when the person is removed; its number is not
-- given out again, so that the log never takes one person for another.
CREATE TABLE people (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  household INTEGER NOT NULL REFERENCES households (id),
  name TEXT NOT NULL CHECK (name <> ''),
  role TEXT NOT NULL CHECK (role IN ('viewer', 'resident', 'owner')),
  added_ns INTEGER NOT NULL,
  UNIQUE (household, name)
) STRICT;

-- Devices that people paired: phones, tablets, browsers. One whose pairing was ended
-- keeps its row until its person goes, and its key stays refused.
CREATE TABLE paired_devices (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  person INTEGER NOT NULL REFERENCES people (id) ON DELETE CASCADE,
  name TEXT NOT NULL CHECK (name <> ''),
  -- The P-256 public key that it proves itself with, SubjectPublicKeyInfo in DER.
  public_key BLOB NOT NULL UNIQUE CHECK (length(public_key) > 0),
  paired_ns INTEGER NOT NULL,
  last_seen_ns INTEGER,
  revoked_ns INTEGER,
  -- The PIN that it asks its person for before a door is unlocked: scrypt over the PIN
  -- and the salt. The tries are written before the answer is given; at the limit the
  -- PIN rests.
  pin_salt BLOB CHECK (length(pin_salt) = 16),
  pin_hash BLOB CHECK (length(pin_hash) = 32),
  pin_tries INTEGER NOT NULL DEFAULT 0 CHECK (pin_tries >= 0),
  -- The passkey by which its own system verifies the person in the PIN's place: the name that
  -- its authenticator gave it, the public key (a point on P-256, SEC 1, uncompressed), the host
  -- name that it is for, and how often it was used, if the authenticator counts. The PIN stays
  -- the other way, so there is none without one.
  passkey_id BLOB CHECK (length(passkey_id) BETWEEN 1 AND 1023),
  passkey_key BLOB CHECK (length(passkey_key) = 65),
  passkey_name TEXT CHECK (passkey_name <> ''),
  passkey_counter INTEGER CHECK (passkey_counter >= 0),
  -- The newest checkpoint that it stands for, and its signature, 64 bytes r ‖ s.
  witnessed_size INTEGER CHECK (witnessed_size > 0),
  witnessed_ns INTEGER,
  cosignature BLOB CHECK (length(cosignature) = 64),
  -- The number of the newest notice that its person has seen.
  acknowledged INTEGER NOT NULL DEFAULT 0 CHECK (acknowledged >= 0),

  CHECK ((pin_salt IS NULL) = (pin_hash IS NULL)),
  CHECK ((passkey_id IS NULL) = (passkey_key IS NULL)),
  CHECK ((passkey_id IS NULL) = (passkey_name IS NULL)),
  CHECK ((passkey_id IS NULL) = (passkey_counter IS NULL)),
  CHECK (passkey_id IS NULL OR pin_hash IS NOT NULL),
  CHECK ((witnessed_size IS NULL) = (witnessed_ns IS NULL)),
  CHECK ((witnessed_size IS NULL) = (cosignature IS NULL))
) STRICT;

CREATE TRIGGER paired_devices_witness_no_less BEFORE UPDATE ON paired_devices
WHEN OLD.witnessed_size IS NOT NULL
  AND (NEW.witnessed_size IS NULL OR NEW.witnessed_size < OLD.witnessed_size)
BEGIN
  SELECT RAISE(ABORT, 'a device does not stand for less than it did');
END;

CREATE TRIGGER paired_devices_stay_revoked BEFORE UPDATE ON paired_devices
WHEN OLD.revoked_ns IS NOT NULL AND NEW.revoked_ns IS NOT OLD.revoked_ns
BEGIN
  SELECT RAISE(ABORT, 'a pairing that was ended stays ended');
END;

-- Doors, as their owner described them. Devices and cameras are named, not
-- referred to: a lock behind a bridge has no row of its own, and a door whose
-- camera was removed is a door without a camera.
CREATE TABLE doors (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  lock TEXT NOT NULL,
  contact TEXT,
  camera TEXT,
  recording TEXT NOT NULL CHECK (recording IN ('required', 'preferred', 'off')),
  approval TEXT NOT NULL CHECK (approval IN ('none', 'tap')),
  relock_after_ms INTEGER NOT NULL CHECK (relock_after_ms > 0)
) STRICT;

-- The households that may give out codes for a door, in the owner's order: by
-- place, from 0.
CREATE TABLE door_households (
  door INTEGER NOT NULL REFERENCES doors (id),
  place INTEGER NOT NULL CHECK (place >= 0),
  household INTEGER NOT NULL REFERENCES households (id),
  PRIMARY KEY (door, place)
) STRICT, WITHOUT ROWID;

-- The keypads in front of a door, in the owner's order. A keypad belongs to one
-- door only: what is typed there must not be tried against another.
CREATE TABLE door_keypads (
  keypad TEXT PRIMARY KEY,
  door INTEGER NOT NULL REFERENCES doors (id),
  place INTEGER NOT NULL CHECK (place >= 0)
) STRICT, WITHOUT ROWID;

-- Access codes. Rows are never deleted: a spent code must be told from a wrong
-- one, and must stay spent.
CREATE TABLE codes (
  id INTEGER PRIMARY KEY,
  household INTEGER NOT NULL REFERENCES households (id),
  -- When it was given out.
  issued_ns INTEGER NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('one_time', 'scheduled', 'break_glass', 'duress')),

  -- HMAC-SHA-256 of the eight digits, and of the first four, under a key that is
  -- not in this database: 10^8 codes are searched in seconds otherwise.
  mac BLOB NOT NULL CHECK (length(mac) = 32),
  prefix_mac BLOB NOT NULL CHECK (length(prefix_mac) = 32),

  -- 'one_time': the first moment, and the first moment after it.
  window_from_ns INTEGER,
  window_until_ns INTEGER,
  -- 'scheduled': days, hours and dates as the core's JSON, in local time at the
  -- door; and how often it still opens, without a limit if NULL.
  schedule TEXT CHECK (json_valid(schedule)),
  uses_left INTEGER CHECK (uses_left >= 0),
  -- 'duress': the code that it resembles.
  resembles INTEGER REFERENCES codes (id),
  -- The person who gave it out; NULL if it was given out at the hub's own machine. Not
  -- a reference: a code outlives the person's row.
  issued_by INTEGER,

  -- Whether it opens while it is live: a guest's or an emergency code can be paused.
  standing TEXT NOT NULL DEFAULT 'in_force' CHECK (standing IN ('in_force', 'paused')),

  -- Why it will never open again, and since when. NULL means live.
  tombstone TEXT CHECK (tombstone IN ('spent', 'expired', 'cancelled')),
  ended_ns INTEGER,

  CHECK ((kind = 'one_time') = (window_from_ns IS NOT NULL)),
  CHECK ((kind = 'one_time') = (window_until_ns IS NOT NULL)),
  CHECK ((kind = 'scheduled') = (schedule IS NOT NULL)),
  CHECK (uses_left IS NULL OR kind = 'scheduled'),
  CHECK ((kind = 'duress') = (resembles IS NOT NULL)),
  CHECK ((tombstone IS NULL) = (ended_ns IS NULL))
) STRICT;

CREATE TRIGGER codes_ended_stay_ended BEFORE UPDATE ON codes
WHEN OLD.tombstone IS NOT NULL AND NEW.tombstone IS NOT OLD.tombstone
BEGIN
  SELECT RAISE(ABORT, 'a code that has ended stays ended');
END;

CREATE TRIGGER codes_keep_their_digits BEFORE UPDATE ON codes
WHEN NEW.id <> OLD.id OR NEW.mac <> OLD.mac OR NEW.kind <> OLD.kind
BEGIN
  SELECT RAISE(ABORT, 'a code keeps its digits and its kind');
END;

CREATE TRIGGER codes_uses_only_fall BEFORE UPDATE ON codes
WHEN OLD.uses_left IS NOT NULL
  AND (NEW.uses_left IS NULL OR NEW.uses_left > OLD.uses_left)
BEGIN
  SELECT RAISE(ABORT, 'the uses of a code only fall');
END;

CREATE TRIGGER codes_stay BEFORE DELETE ON codes
BEGIN
  SELECT RAISE(ABORT, 'a code is never deleted');
END;

-- The doors that a code opens, in the owner's order.
CREATE TABLE code_doors (
  code INTEGER NOT NULL REFERENCES codes (id),
  place INTEGER NOT NULL CHECK (place >= 0),
  door INTEGER NOT NULL REFERENCES doors (id),
  PRIMARY KEY (code, place)
) STRICT, WITHOUT ROWID;

-- What the owner wrote about a code: carrier, reference, a guest's name. JSON of
-- the hub's, opaque here. It has rows of its own so that it can be erased while
-- the code and its leaves stay.
CREATE TABLE code_personal (
  code INTEGER PRIMARY KEY REFERENCES codes (id),
  payload TEXT NOT NULL
) STRICT;

-- Wrong tries, by keypad, as the core's JSON (hub time, so that neither a
-- restart nor a set clock shortens a lock-out).
CREATE TABLE throttles (
  keypad TEXT PRIMARY KEY,
  record TEXT NOT NULL CHECK (json_valid(record))
) STRICT, WITHOUT ROWID;

-- Entries: one visit through one door each. The row goes when the entry is
-- erased; its number is not given out again.
CREATE TABLE entries (
  id INTEGER PRIMARY KEY,
  door INTEGER NOT NULL REFERENCES doors (id),
  household INTEGER NOT NULL REFERENCES households (id),
  -- Who came: a code, the owner at the hub's own machine, a person with a paired
  -- device, a device by the owner's permit, or the hub's rules.
  actor TEXT NOT NULL CHECK (actor IN ('code', 'local_owner', 'person', 'device', 'hub')),
  code INTEGER REFERENCES codes (id),
  -- A person, and the device they used. Not references: an entry outlives both rows.
  person INTEGER,
  paired_device INTEGER,
  device TEXT,
  opened_wall_ns INTEGER NOT NULL,
  opened_mono_ms INTEGER NOT NULL CHECK (opened_mono_ms >= 0),
  stage TEXT NOT NULL,
  -- Whether the door was opened in it, by the contact's word.
  entered TEXT NOT NULL CHECK (entered IN ('no', 'yes')),
  -- The number of its recording. Not a reference: the number is given out with
  -- the decision, the recording's row follows when the camera was asked.
  recording INTEGER,
  -- How it ended; NULL while it is in progress.
  outcome TEXT CHECK (outcome IN ('completed', 'not_entered', 'denied')),
  denied_because TEXT,
  -- When it ended.
  closed_ns INTEGER,

  CHECK ((actor = 'code') = (code IS NOT NULL)),
  CHECK ((actor = 'person') = (person IS NOT NULL)),
  CHECK ((person IS NULL) = (paired_device IS NULL)),
  CHECK ((actor = 'device') = (device IS NOT NULL)),
  CHECK ((outcome IS 'denied') = (denied_because IS NOT NULL)),
  CHECK ((outcome IS NULL) = (closed_ns IS NULL))
) STRICT;

-- The few entries in progress, which every start reads.
CREATE INDEX entries_in_progress ON entries (id) WHERE outcome IS NULL;

CREATE TRIGGER entries_in_progress_stay BEFORE DELETE ON entries
WHEN OLD.outcome IS NULL
BEGIN
  SELECT RAISE(ABORT, 'an entry in progress is not erased');
END;

-- Recordings: one unbroken session of one camera. The secret half of the
-- recording's own age identity is sealed to the household's recipient; without
-- this row nobody opens its segments again, so that deleting it erases them.
CREATE TABLE recordings (
  id INTEGER PRIMARY KEY,
  entry INTEGER NOT NULL REFERENCES entries (id) ON DELETE CASCADE,
  household INTEGER NOT NULL REFERENCES households (id),
  camera TEXT NOT NULL,
  sealed_secret BLOB NOT NULL CHECK (length(sealed_secret) > 0),
  -- The public half, to which its segments are sealed ("age1…").
  recipient TEXT NOT NULL CHECK (recipient LIKE 'age1%'),
  opened_at_ms INTEGER NOT NULL,
  -- NULL while the camera runs, and after a crash until it is closed.
  closed_at_ms INTEGER
) STRICT;

CREATE INDEX recordings_of_entry ON recordings (entry);

-- Sealed segments: one file each, written before its row. A file without a row
-- is left over from a crash.
CREATE TABLE segments (
  recording INTEGER NOT NULL REFERENCES recordings (id) ON DELETE CASCADE,
  -- Its place in the recording, from 1.
  sequence INTEGER NOT NULL CHECK (sequence >= 0),
  starts_at_ms INTEGER NOT NULL,
  duration_ms INTEGER NOT NULL CHECK (duration_ms >= 0),
  -- The size of the sealed file.
  bytes INTEGER NOT NULL CHECK (bytes >= 0),
  -- SHA-256 of the sealed file; the same is in a leaf of the log, because age
  -- does not say who sealed.
  sha256 BLOB NOT NULL CHECK (length(sha256) = 32),
  PRIMARY KEY (recording, sequence)
) STRICT, WITHOUT ROWID;

-- The log: one leaf for each thing that happened, numbered from 0 without gaps.
-- A leaf refers to nothing: the log outlives the rows it tells of.
CREATE TABLE leaves (
  number INTEGER PRIMARY KEY CHECK (number >= 0),
  -- SHA-256(salt ‖ body): the tree's record. It stays when the body goes, and
  -- the salt keeps anybody from guessing an erased body.
  commitment BLOB NOT NULL CHECK (length(commitment) = 32),
  -- 16 bytes of the operating system's randomness, and the leaf's JSON. Both are
  -- NULL once erased.
  salt BLOB CHECK (length(salt) = 16),
  body BLOB,
  -- When it happened, for looking up; a copy of what the body says.
  wall_ns INTEGER,
  -- What it tells of, for looking up; copies too.
  entry INTEGER,
  door INTEGER,
  recording INTEGER,

  CHECK ((salt IS NULL) = (body IS NULL)),
  CHECK ((salt IS NULL) = (wall_ns IS NULL))
) STRICT;

-- For one entry's story, and for erasing it.
CREATE INDEX leaves_of_entry ON leaves (entry) WHERE entry IS NOT NULL;

CREATE TRIGGER leaves_stay BEFORE DELETE ON leaves
BEGIN
  SELECT RAISE(ABORT, 'a leaf is never deleted');
END;

CREATE TRIGGER leaves_change_by_erasing_only BEFORE UPDATE ON leaves
WHEN NEW.number <> OLD.number OR NEW.commitment <> OLD.commitment OR NEW.body IS NOT NULL
BEGIN
  SELECT RAISE(ABORT, 'a leaf can be erased but not changed');
END;

-- The hashes of the tree's complete subtrees (RFC 6962), in the order in which
-- they come into being; see tlog_tiles::stored_hash_index. A proof reads some
-- twenty of them.
CREATE TABLE log_hashes (
  place INTEGER PRIMARY KEY CHECK (place >= 0),
  hash BLOB NOT NULL CHECK (length(hash) = 32)
) STRICT;

-- Checkpoints that are kept: the first of each hour in which anything happened.
-- The latest is in the hub's row. They let a verification say between which
-- hours a tree was rewritten. One per leaf would take half as much again as the
-- log itself (200 bytes each); one per hour takes at most 1.8 MB a year.
CREATE TABLE checkpoints (
  size INTEGER PRIMARY KEY CHECK (size > 0),
  -- Hub time in whole hours.
  hour INTEGER NOT NULL UNIQUE,
  note TEXT NOT NULL
) STRICT;

-- Devices that are enrolled or were. A revoked device keeps its row, and so its
-- key stays refused; its name is free again.
CREATE TABLE devices (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL CHECK (name <> ''),
  -- What it is and how it talks, in the hub's words.
  kind TEXT NOT NULL,
  dialect TEXT NOT NULL,
  base_topic TEXT NOT NULL,
  -- SHA-256 of the certificate's SubjectPublicKeyInfo. It is the identity: a
  -- stolen name does not have it. Absent for a device without TLS.
  spki_sha256 BLOB UNIQUE CHECK (length(spki_sha256) = 32),
  certificate_expires_ns INTEGER,
  -- Which of the hub's authorities issued the certificate: 1 for the first.
  certificate_authority INTEGER CHECK (certificate_authority >= 1),
  -- SHA-256 over name and password of a device without TLS. The password was
  -- drawn from as many values as a key, so that no slow hash is needed.
  password_sha256 BLOB CHECK (length(password_sha256) = 32),
  enrolled_ns INTEGER NOT NULL,
  revoked_ns INTEGER,

  CHECK ((spki_sha256 IS NULL) = (certificate_expires_ns IS NULL)),
  CHECK ((spki_sha256 IS NULL) = (certificate_authority IS NULL)),
  CHECK ((spki_sha256 IS NULL) <> (password_sha256 IS NULL))
) STRICT;

CREATE UNIQUE INDEX devices_in_service ON devices (name) WHERE revoked_ns IS NULL;

-- Keys of devices whose certificates are renewed. With an end, a key whose
-- certificate was issued and has not been shown yet; without one, a key that
-- another has followed, and that stays refused.
CREATE TABLE device_keys (
  spki_sha256 BLOB PRIMARY KEY CHECK (length(spki_sha256) = 32),
  device INTEGER NOT NULL REFERENCES devices (id),
  certificate_expires_ns INTEGER,
  certificate_authority INTEGER CHECK (certificate_authority >= 1),

  CHECK ((certificate_expires_ns IS NULL) = (certificate_authority IS NULL))
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX device_keys_waiting ON device_keys (device)
  WHERE certificate_expires_ns IS NOT NULL;

-- What a device that is no part of a door may ask of it. The device is named, so
-- that a renewed certificate keeps its permit; revoking the device takes it away.
CREATE TABLE device_permits (
  device TEXT NOT NULL,
  door INTEGER NOT NULL REFERENCES doors (id),
  permit TEXT NOT NULL CHECK (permit IN ('lock', 'unlock')),
  PRIMARY KEY (device, door)
) STRICT, WITHOUT ROWID;

-- Cameras. Address and password are secrets; the encryption of the database is
-- what protects them.
CREATE TABLE cameras (
  name TEXT PRIMARY KEY,
  url TEXT NOT NULL,
  username TEXT,
  password TEXT,
  audio TEXT NOT NULL CHECK (audio IN ('off', 'recorded')),
  -- How much of the past an entry's recording begins with.
  pre_roll_ms INTEGER NOT NULL CHECK (pre_roll_ms >= 0)
) STRICT, WITHOUT ROWID;

-- Retained MQTT messages, so that a bridge's last word survives a restart. How
-- many and how large is the broker's to bound.
CREATE TABLE retained (
  topic TEXT PRIMARY KEY,
  -- The certificate's holder who published it.
  device TEXT NOT NULL,
  payload BLOB NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX retained_by_device ON retained (device);

-- Notices that somebody should see even if nobody listened when they came; the hub
-- keeps the newest few hundred. The number is the one that listeners heard.
CREATE TABLE notices (
  seq INTEGER PRIMARY KEY CHECK (seq > 0),
  at_ns INTEGER NOT NULL,
  -- The entry that it is about. Not a reference: it can come before the entry's row.
  entry INTEGER,
  -- The hub's JSON, with nothing in it that an owner wrote.
  document TEXT NOT NULL
) STRICT;

CREATE INDEX notices_of_entry ON notices (entry) WHERE entry IS NOT NULL;

CREATE TRIGGER notices_go_with_their_entry AFTER DELETE ON entries
BEGIN
  DELETE FROM notices WHERE entry = OLD.id;
END;
