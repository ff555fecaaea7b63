-- The first schema. Frozen: what changes after it is a migration of its own.

CREATE TABLE hub (
  id INTEGER PRIMARY KEY CHECK (id = 1),

  mark_wall_ns INTEGER,
  mark_mono_ms INTEGER CHECK (mark_mono_ms >= 0),
  mark_trust TEXT CHECK (mark_trust IN ('trusted', 'untrusted')),

  next_door INTEGER NOT NULL CHECK (next_door >= 1),
  next_code INTEGER NOT NULL CHECK (next_code >= 1),
  next_entry INTEGER NOT NULL CHECK (next_entry >= 1),
  next_recording INTEGER NOT NULL CHECK (next_recording >= 1),
  next_command INTEGER NOT NULL CHECK (next_command >= 1),

  log_size INTEGER NOT NULL CHECK (log_size >= 0),
  log_head TEXT NOT NULL,

  CHECK ((mark_wall_ns IS NULL) = (mark_mono_ms IS NULL)),
  CHECK ((mark_wall_ns IS NULL) = (mark_trust IS NULL))
) STRICT;

CREATE TABLE settings (
  name TEXT PRIMARY KEY CHECK (name <> ''),
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE households (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE CHECK (name <> ''),
  recipient TEXT NOT NULL CHECK (recipient LIKE 'age1%')
) STRICT;

CREATE TABLE people (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  household INTEGER NOT NULL REFERENCES households (id),
  name TEXT NOT NULL CHECK (name <> ''),
  role TEXT NOT NULL CHECK (role IN ('viewer', 'resident', 'owner')),
  added_ns INTEGER NOT NULL,
  UNIQUE (household, name)
) STRICT;

CREATE TABLE paired_devices (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  person INTEGER NOT NULL REFERENCES people (id) ON DELETE CASCADE,
  name TEXT NOT NULL CHECK (name <> ''),
  public_key BLOB NOT NULL UNIQUE CHECK (length(public_key) > 0),
  paired_ns INTEGER NOT NULL,
  last_seen_ns INTEGER,
  revoked_ns INTEGER,
  pin_salt BLOB CHECK (length(pin_salt) = 16),
  pin_hash BLOB CHECK (length(pin_hash) = 32),
  pin_tries INTEGER NOT NULL DEFAULT 0 CHECK (pin_tries >= 0),
  passkey_id BLOB CHECK (length(passkey_id) BETWEEN 1 AND 1023),
  passkey_key BLOB CHECK (length(passkey_key) = 65),
  passkey_name TEXT CHECK (passkey_name <> ''),
  passkey_counter INTEGER CHECK (passkey_counter >= 0),
  witnessed_size INTEGER CHECK (witnessed_size > 0),
  witnessed_ns INTEGER,
  cosignature BLOB CHECK (length(cosignature) = 64),
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

CREATE TABLE door_households (
  door INTEGER NOT NULL REFERENCES doors (id),
  place INTEGER NOT NULL CHECK (place >= 0),
  household INTEGER NOT NULL REFERENCES households (id),
  PRIMARY KEY (door, place)
) STRICT, WITHOUT ROWID;

CREATE TABLE door_keypads (
  keypad TEXT PRIMARY KEY,
  door INTEGER NOT NULL REFERENCES doors (id),
  place INTEGER NOT NULL CHECK (place >= 0)
) STRICT, WITHOUT ROWID;

CREATE TABLE codes (
  id INTEGER PRIMARY KEY,
  household INTEGER NOT NULL REFERENCES households (id),
  issued_ns INTEGER NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('one_time', 'scheduled', 'break_glass', 'duress')),

  mac BLOB NOT NULL CHECK (length(mac) = 32),
  prefix_mac BLOB NOT NULL CHECK (length(prefix_mac) = 32),

  window_from_ns INTEGER,
  window_until_ns INTEGER,
  schedule TEXT CHECK (json_valid(schedule)),
  uses_left INTEGER CHECK (uses_left >= 0),
  resembles INTEGER REFERENCES codes (id),
  issued_by INTEGER,

  standing TEXT NOT NULL DEFAULT 'in_force' CHECK (standing IN ('in_force', 'paused')),

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

CREATE TABLE code_doors (
  code INTEGER NOT NULL REFERENCES codes (id),
  place INTEGER NOT NULL CHECK (place >= 0),
  door INTEGER NOT NULL REFERENCES doors (id),
  PRIMARY KEY (code, place)
) STRICT, WITHOUT ROWID;

CREATE TABLE code_personal (
  code INTEGER PRIMARY KEY REFERENCES codes (id),
  payload TEXT NOT NULL
) STRICT;

CREATE TABLE throttles (
  keypad TEXT PRIMARY KEY,
  record TEXT NOT NULL CHECK (json_valid(record))
) STRICT, WITHOUT ROWID;

CREATE TABLE entries (
  id INTEGER PRIMARY KEY,
  door INTEGER NOT NULL REFERENCES doors (id),
  household INTEGER NOT NULL REFERENCES households (id),
  actor TEXT NOT NULL CHECK (actor IN ('code', 'local_owner', 'person', 'device', 'hub')),
  code INTEGER REFERENCES codes (id),
  person INTEGER,
  paired_device INTEGER,
  device TEXT,
  opened_wall_ns INTEGER NOT NULL,
  opened_mono_ms INTEGER NOT NULL CHECK (opened_mono_ms >= 0),
  stage TEXT NOT NULL,
  entered TEXT NOT NULL CHECK (entered IN ('no', 'yes')),
  recording INTEGER,
  outcome TEXT CHECK (outcome IN ('completed', 'not_entered', 'denied')),
  denied_because TEXT,
  closed_ns INTEGER,

  CHECK ((actor = 'code') = (code IS NOT NULL)),
  CHECK ((actor = 'person') = (person IS NOT NULL)),
  CHECK ((person IS NULL) = (paired_device IS NULL)),
  CHECK ((actor = 'device') = (device IS NOT NULL)),
  CHECK ((outcome IS 'denied') = (denied_because IS NOT NULL)),
  CHECK ((outcome IS NULL) = (closed_ns IS NULL))
) STRICT;

CREATE INDEX entries_in_progress ON entries (id) WHERE outcome IS NULL;

CREATE TRIGGER entries_in_progress_stay BEFORE DELETE ON entries
WHEN OLD.outcome IS NULL
BEGIN
  SELECT RAISE(ABORT, 'an entry in progress is not erased');
END;

CREATE TABLE recordings (
  id INTEGER PRIMARY KEY,
  entry INTEGER NOT NULL REFERENCES entries (id) ON DELETE CASCADE,
  household INTEGER NOT NULL REFERENCES households (id),
  camera TEXT NOT NULL,
  sealed_secret BLOB NOT NULL CHECK (length(sealed_secret) > 0),
  recipient TEXT NOT NULL CHECK (recipient LIKE 'age1%'),
  opened_at_ms INTEGER NOT NULL,
  closed_at_ms INTEGER
) STRICT;

CREATE INDEX recordings_of_entry ON recordings (entry);

CREATE TABLE segments (
  recording INTEGER NOT NULL REFERENCES recordings (id) ON DELETE CASCADE,
  sequence INTEGER NOT NULL CHECK (sequence >= 0),
  starts_at_ms INTEGER NOT NULL,
  duration_ms INTEGER NOT NULL CHECK (duration_ms >= 0),
  bytes INTEGER NOT NULL CHECK (bytes >= 0),
  sha256 BLOB NOT NULL CHECK (length(sha256) = 32),
  PRIMARY KEY (recording, sequence)
) STRICT, WITHOUT ROWID;

CREATE TABLE leaves (
  number INTEGER PRIMARY KEY CHECK (number >= 0),
  commitment BLOB NOT NULL CHECK (length(commitment) = 32),
  salt BLOB CHECK (length(salt) = 16),
  body BLOB,
  wall_ns INTEGER,
  entry INTEGER,
  door INTEGER,
  recording INTEGER,

  CHECK ((salt IS NULL) = (body IS NULL)),
  CHECK ((salt IS NULL) = (wall_ns IS NULL))
) STRICT;

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

CREATE TABLE log_hashes (
  place INTEGER PRIMARY KEY CHECK (place >= 0),
  hash BLOB NOT NULL CHECK (length(hash) = 32)
) STRICT;

CREATE TABLE checkpoints (
  size INTEGER PRIMARY KEY CHECK (size > 0),
  hour INTEGER NOT NULL UNIQUE,
  note TEXT NOT NULL
) STRICT;

CREATE TABLE devices (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL CHECK (name <> ''),
  kind TEXT NOT NULL,
  dialect TEXT NOT NULL,
  base_topic TEXT NOT NULL,
  spki_sha256 BLOB UNIQUE CHECK (length(spki_sha256) = 32),
  certificate_expires_ns INTEGER,
  certificate_authority INTEGER CHECK (certificate_authority >= 1),
  password_sha256 BLOB CHECK (length(password_sha256) = 32),
  enrolled_ns INTEGER NOT NULL,
  revoked_ns INTEGER,

  CHECK ((spki_sha256 IS NULL) = (certificate_expires_ns IS NULL)),
  CHECK ((spki_sha256 IS NULL) = (certificate_authority IS NULL)),
  CHECK ((spki_sha256 IS NULL) <> (password_sha256 IS NULL))
) STRICT;

CREATE UNIQUE INDEX devices_in_service ON devices (name) WHERE revoked_ns IS NULL;

CREATE TABLE device_keys (
  spki_sha256 BLOB PRIMARY KEY CHECK (length(spki_sha256) = 32),
  device INTEGER NOT NULL REFERENCES devices (id),
  certificate_expires_ns INTEGER,
  certificate_authority INTEGER CHECK (certificate_authority >= 1),

  CHECK ((certificate_expires_ns IS NULL) = (certificate_authority IS NULL))
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX device_keys_waiting ON device_keys (device)
  WHERE certificate_expires_ns IS NOT NULL;

CREATE TABLE device_permits (
  device TEXT NOT NULL,
  door INTEGER NOT NULL REFERENCES doors (id),
  permit TEXT NOT NULL CHECK (permit IN ('lock', 'unlock')),
  PRIMARY KEY (device, door)
) STRICT, WITHOUT ROWID;

CREATE TABLE cameras (
  name TEXT PRIMARY KEY,
  url TEXT NOT NULL,
  username TEXT,
  password TEXT,
  audio TEXT NOT NULL CHECK (audio IN ('off', 'recorded')),
  pre_roll_ms INTEGER NOT NULL CHECK (pre_roll_ms >= 0)
) STRICT, WITHOUT ROWID;

CREATE TABLE retained (
  topic TEXT PRIMARY KEY,
  device TEXT NOT NULL,
  payload BLOB NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX retained_by_device ON retained (device);

CREATE TABLE notices (
  seq INTEGER PRIMARY KEY CHECK (seq > 0),
  at_ns INTEGER NOT NULL,
  entry INTEGER,
  document TEXT NOT NULL
) STRICT;

CREATE INDEX notices_of_entry ON notices (entry) WHERE entry IS NOT NULL;

CREATE TRIGGER notices_go_with_their_entry AFTER DELETE ON entries
BEGIN
  DELETE FROM notices WHERE entry = OLD.id;
END;
