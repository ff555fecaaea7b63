/**
 * MediaSource, or ManagedMediaSource where a phone has only that.
 *
 * A managed source belongs to the phone more than to the page. It opens only on a player that cannot
 * hand its picture to another screen; it says when it wants to be fed (`streaming`, with events at
 * both ends) and is left alone otherwise; and it may throw away what it holds at any time. A plain
 * source wants everything at once, so that both are fed alike.
 */

type SourceConstructor = typeof MediaSource;

/** What a managed source has that a plain one has not. */
interface Managed {
  readonly streaming: boolean;
}

/** An attached player that does not open in this time never will. */
export const OPENS_WITHIN_MS = 10_000;

/** This browser cannot be fed with pictures. */
export class NoMediaSource extends Error {
  override name = "NoMediaSource";
}

/** The player did not take the source. */
export class NotOpened extends Error {
  override name = "NotOpened";
}

function constructor(): SourceConstructor {
  const { ManagedMediaSource: managed, MediaSource: plain } = globalThis as {
    ManagedMediaSource?: SourceConstructor;
    MediaSource?: SourceConstructor;
  };
  // What keeps all that it was fed is the simpler one to fill.
  const found = plain ?? managed;
  if (!found) throw new NoMediaSource("no MediaSource in this browser");
  return found;
}

export function canPlay(mediaType: string): boolean {
  return constructor().isTypeSupported(mediaType);
}

/** A source that is attached to a player and takes pieces one after the other. */
export interface Feed {
  source: MediaSource;
  /** Makes a place for pieces of one kind; `evicted` tells when the phone threw some away. */
  buffer(mediaType: string, evicted?: () => void): SourceBuffer;
  /** Waits until the player wants to be fed, or until nobody waits any more. */
  hungry(until: AbortSignal): Promise<void>;
  /** Appends, and waits until the player has taken it in. */
  append(buffer: SourceBuffer, bytes: Uint8Array<ArrayBuffer>): Promise<void>;
  remove(buffer: SourceBuffer, from: number, until: number): Promise<void>;
  /** Takes the source off the player. */
  detach(): void;
}

/**
 * Attaches a fresh source to a player and waits until it can be fed.
 *
 * @throws {NotOpened} if the player does not take it
 */
export async function attach(video: HTMLMediaElement): Promise<Feed> {
  const source = new (constructor())();
  // Before it is attached: a managed source looks at this once, and stays closed otherwise.
  video.disableRemotePlayback = true;
  const url = URL.createObjectURL(source);
  const detach = () => {
    // By now the player may show another source.
    if (video.src !== url) return;
    video.removeAttribute("src");
    video.load();
  };
  const late = new AbortController();
  const patience = setTimeout(() => late.abort(), OPENS_WITHIN_MS);
  const opened = happens(source, "sourceopen", late.signal);
  video.src = url;
  await opened;
  clearTimeout(patience);
  // An open source is held by its player; its address has done its work.
  URL.revokeObjectURL(url);
  if (source.readyState === "open") return feedOf(source, detach);
  detach();
  throw new NotOpened("the player did not open the source");
}

function feedOf(source: MediaSource, detach: () => void): Feed {
  return {
    source,
    detach,
    buffer: (mediaType, evicted) => {
      const buffer = source.addSourceBuffer(mediaType);
      // Plain buffers never fire it.
      if (evicted) buffer.addEventListener("bufferedchange", evicted);
      return buffer;
    },
    hungry: async (until) => {
      while (!wantsMore(source) && !until.aborted) await happens(source, "startstreaming", until);
    },
    append: (buffer, bytes) => settled(buffer, () => buffer.appendBuffer(bytes)),
    remove: (buffer, from, until) => settled(buffer, () => buffer.remove(from, until)),
  };
}

function wantsMore(source: MediaSource): boolean {
  return !("streaming" in source) || (source as MediaSource & Managed).streaming;
}

/** Waits for an event, or until nobody waits any more. */
function happens(target: EventTarget, name: string, until: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      target.removeEventListener(name, done);
      until.removeEventListener("abort", done);
      resolve();
    };
    if (until.aborted) return resolve();
    target.addEventListener(name, done);
    until.addEventListener("abort", done);
  });
}

/** Starts an operation on a buffer and waits for its end. */
function settled(buffer: SourceBuffer, start: () => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const end = new AbortController();
    const { signal } = end;
    const finish = (how: () => void) => () => {
      end.abort();
      how();
    };
    buffer.addEventListener("updateend", finish(resolve), { signal });
    const failed = finish(() => reject(new Error("the player refused the pictures")));
    buffer.addEventListener("error", failed, { signal });
    try {
      start();
    } catch (error) {
      end.abort();
      reject(error as Error);
    }
  });
}
