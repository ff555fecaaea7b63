/**
 * An evidence pack: what the log says of one visit, the proofs that it stood there when
 * the hub signed its log, the sealed film with the key to it, and the clip. One file
 * that `doorward evidence verify` checks without a hub (docs/evidence.md).
 */

import { evidence, type EntryEvidence } from "../../api/history";
import { Refused } from "../../api/problem";
import {
  indexOf,
  recording,
  type RecordingDetails,
  sealedSecret,
  sealedSegment,
} from "../../api/recordings";
import type { EntryStory } from "../../api/types";
import { utf8 } from "../bytes";
import { openIdentity } from "../keys/household";
import { keep } from "../keys/own";
import { whoIs } from "../people";
import { ClipWriter } from "../video/export";
import { openSecret, openSegment } from "../video/recording";
import { TarWriter } from "./tar";

const FORMAT = "doorward-evidence-v1";

/** This device does not hold the household key, without which no film is opened. */
export class NoKey extends Error {
  override name = "NoKey";
}

/** A pack, and how many segments it had to go without: the check will name them. */
export interface Packed {
  file: Blob;
  lost: number;
}

/** Makes the pack of a visit; `told` hears how many segments are done. */
export async function pack(
  story: EntryStory,
  told: (done: number, all: number) => void,
): Promise<Packed> {
  const proofs = await evidence(story.entry.id);
  const films = await Promise.all(story.recordings.map(({ id }) => recording(id)));
  const all = films.reduce((sum, { segments }) => sum + segments.length, 0);
  let [done, lost] = [0, 0];
  const madeAt = new Date();
  const tar = new TarWriter(madeAt);
  tar.add("evidence.json", utf8(manifest(story, proofs, films, madeAt)));
  for (const film of films) lost += await addFilm(tar, film, () => told((done += 1), all));
  tar.add("README.txt", utf8(readme(story.entry.id)));
  return { file: tar.finish(), lost };
}

function manifest(
  { entry }: EntryStory,
  proofs: EntryEvidence,
  films: RecordingDetails[],
  madeAt: Date,
): string {
  const written = {
    format: FORMAT,
    made_at: madeAt.toISOString(),
    entry: entry.id,
    named: { door: entry.door, who: whoIs(entry.by) },
    verifier_key: proofs.verifier_key,
    checkpoint: proofs.checkpoint,
    leaves: proofs.leaves,
    recordings: films.map(({ recording, recipient, segments }) => ({
      id: recording.id,
      recipient,
      segments: segments.map(({ sequence }) => sequence),
    })),
  };
  return `${JSON.stringify(written, null, 1)}\n`;
}

/** Returns how many segments the hub does not have any more. */
async function addFilm(tar: TarWriter, film: RecordingDetails, one: () => void): Promise<number> {
  const line = await openIdentity(keep);
  if (!line) throw new NoKey("this device does not hold the household key");
  const secret = await openSecret(sealedSecret(film), line);
  const folder = `recordings/${film.recording.id}`;
  const clip = new ClipWriter();
  tar.add(`${folder}/key.txt`, utf8(`${secret}\n`));
  let lost = 0;
  for (const index of indexOf(film)) {
    const sealed = await sealedSegment(film.recording.id, index.sequence).catch(unlessLost);
    if (!sealed) {
      lost += 1;
      continue;
    }
    clip.add(await openSegment(sealed, index, secret));
    // In a Blob, so that the browser may lay it on the disk.
    tar.add(`${folder}/${name(index.sequence)}`, new Blob([sealed]));
    one();
  }
  if (film.segments.length > lost) tar.add(`${folder}/clip.mp4`, clip.finish());
  return lost;
}

function unlessLost(error: unknown): undefined {
  if (!(error instanceof Refused && error.status === 404)) throw error;
}

const name = (sequence: number) => `${String(sequence).padStart(6, "0")}.mp4.age`;

const readme = (entry: number) => `EVIDENCE OF VISIT ${entry}

recordings/*/clip.mp4     what the camera saw; any player opens it
recordings/*/*.mp4.age    the same, sealed, as the hub stored it
recordings/*/key.txt      opens these files and no others (age-encryption.org)
evidence.json             what the hub's log says of the visit, and the proofs

To check that nothing in it was changed, offline and without the hub:

  doorward evidence verify FILE

It names whatever does not fit. How it is checked, and what a pack can and cannot
prove, is described in docs/evidence.md of the Doorward project.
`;
