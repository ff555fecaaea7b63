// The shapes that go over the wire, by the names that the hub gives them. `npm run types` writes
// them out of the hub's own description.

import type { components } from "./schema";

type Schemas = components["schemas"];

export type Actor = Schemas["Actor"];
export type Alarm = Schemas["Alarm"];
export type Bolt = Schemas["Bolt"];
export type CameraHealth = Schemas["CameraHealth"];
export type CameraStatus = Schemas["CameraStatus"];
export type Checkpoint = Schemas["Checkpoint"];
export type CodeKind = Schemas["CodeKind"];
export type CodeState = Schemas["CodeState"];
export type CodeTerms = Schemas["CodeTerms"];
export type CodeView = Schemas["CodeView"];
export type Contact = Schemas["Contact"];
export type Day = Schemas["Day"];
export type DoorStatus = Schemas["DoorStatus"];
export type DoorView = Schemas["DoorView"];
export type EntryStory = Schemas["EntryStory"];
export type EntryView = Schemas["EntryView"];
export type HouseStatus = Schemas["HouseStatus"];
export type IssuedCode = Schemas["IssuedCode"];
export type LockAsked = Schemas["LockAsked"];
export type LogLine = Schemas["LogLine"];
export type NewCode = Schemas["NewCode"];
export type News = Schemas["News"];
export type Outcome = Schemas["Outcome"];
export type Problem = Schemas["Problem"];
export type Reason = Schemas["Reason"];
export type RecordingView = Schemas["RecordingView"];
export type Schedule = Schemas["Schedule"];
export type Stage = Schemas["Stage"];
export type Status = Schemas["Status"];
export type UnlockBegun = Schemas["UnlockBegun"];
export type Window = Schemas["Window"];

/** One frame of the event socket, and one line of the list of missed ones. */
export type Numbered = Schemas["NumberedNotice"];

export type Role = Schemas["Role"];
export type SessionView = Schemas["SessionView"];
export type Welcome = Schemas["Welcome"];
export type WitnessView = Schemas["WitnessView"];
