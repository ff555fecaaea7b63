/** MediaSource, or ManagedMediaSource where a phone has only that. */

type SourceConstructor = typeof MediaSource;

/** This browser cannot be fed with pictures. */
export class NoMediaSource extends Error {
  override name = "NoMediaSource";
}

function constructor(): SourceConstructor {
  const { ManagedMediaSource, MediaSource: plain } = globalThis as {
    ManagedMediaSource?: SourceConstructor;
    MediaSource?: SourceConstructor;
  };
  const found = ManagedMediaSource ?? plain;
  if (!found) throw new NoMediaSource("no MediaSource in this browser");
  return found;
}

export function canPlay(mediaType: string): boolean {
  return constructor().isTypeSupported(mediaType);
}

/** A source that is attached to a player and takes pieces one after the other. */
export interface Feed {
  source: MediaSource;
  /** Appends, and waits until the player has taken it in. */
  append(buffer: SourceBuffer, bytes: Uint8Array<ArrayBuffer>): Promise<void>;
  remove(buffer: SourceBuffer, from: number, until: number): Promise<void>;
  /** Takes the source off the player. */
  detach(): void;
}

/** Attaches a fresh source to a player and waits until it can be fed. */
export async function attach(video: HTMLVideoElement): Promise<Feed> {
  const source = new (constructor())();
  // A managed source opens only if nothing else can take the picture away.
  video.disableRemotePlayback = true;
  const url = URL.createObjectURL(source);
  const opened = new Promise<void>((resolve) =>
    source.addEventListener("sourceopen", () => resolve(), { once: true }),
  );
  video.src = url;
  await opened;
  return {
    source,
    append: (buffer, bytes) => settled(buffer, () => buffer.appendBuffer(bytes)),
    remove: (buffer, from, until) => settled(buffer, () => buffer.remove(from, until)),
    detach: () => {
      video.removeAttribute("src");
      video.load();
      URL.revokeObjectURL(url);
    },
  };
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
