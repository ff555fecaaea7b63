/**
 * What a browser keeps of the app for when the hub is away: the app's own files, as one build made
 * them, and nothing that the hub ever answered.
 *
 * Pages come from the hub whenever it answers, so that the app is the one that fits the hub; what is
 * kept steps in only where it does not. Files that bear a hash of their content never change, and
 * come from what is kept at once. Everything else, and with it the whole API, is left to the browser.
 */

/** What a build consists of. */
export interface Build {
  /** Another one for every change of any file. */
  version: string;
  /** The page, by its address. */
  page: string;
  /** All other files, by their addresses. */
  files: string[];
}

/** What this needs of the Cache API. */
export interface Shelves {
  open(name: string): Promise<Pick<Cache, "addAll">>;
  /** In the order in which they were opened first. */
  keys(): Promise<string[]>;
  delete(name: string): Promise<boolean>;
  match(address: string, options?: { cacheName?: string }): Promise<Response | undefined>;
}

/** What this needs to know of a request. */
export type Wanted = Pick<Request, "method" | "mode" | "url">;

const PREFIX = "doorward-shell-";
/** Files with a hash in their names. */
const HASHED = "/assets/";
/** Pages that were opened before an update still load the parts of their own build. */
const GENERATIONS = 2;
/** Away from home nobody refuses the connection: it just takes very long to fail. */
export const PATIENCE_MS = 4_000;

export class Shell {
  constructor(
    private readonly build: Build,
    private readonly shelves: Shelves,
    private readonly origin: string,
  ) {}

  private get name(): string {
    return PREFIX + this.build.version;
  }

  /** Keeps the whole build, or nothing of it. */
  async keep(): Promise<void> {
    const shelf = await this.shelves.open(this.name);
    const wanted = [this.build.page, ...this.build.files];
    // What bears a hash may come from the browser's own cache; the rest is asked for anew.
    await shelf.addAll(
      wanted.map((file) =>
        file.startsWith(HASHED) ? file : new Request(file, { cache: "no-cache" }),
      ),
    );
  }

  /** Lets go of builds that no open page can be of any more. */
  async tidy(): Promise<void> {
    const kept = (await this.shelves.keys()).filter((name) => name.startsWith(PREFIX));
    const older = kept.filter((name) => name !== this.name);
    for (const name of older.slice(0, Math.max(0, kept.length - GENERATIONS))) {
      await this.shelves.delete(name);
    }
  }

  /** How a request is met, if it is one for the app. */
  meets(wanted: Wanted): "page" | "file" | undefined {
    const { origin, pathname } = new URL(wanted.url);
    if (origin !== this.origin || wanted.method !== "GET") return undefined;
    if (pathname.startsWith("/api/")) return undefined;
    if (wanted.mode === "navigate") return "page";
    return pathname.startsWith(HASHED) || this.build.files.includes(pathname) ? "file" : undefined;
  }

  /** The hub's own answer, whatever it is; the kept page if none comes in time. */
  async page(fetched: Promise<Response>): Promise<Response> {
    const late = new Promise<undefined>((tell) => setTimeout(tell, PATIENCE_MS));
    const first = await Promise.race([fetched.catch(() => undefined), late]);
    if (first) return first;
    return (await this.kept(this.build.page)) ?? fetched;
  }

  /** The kept file; the hub's own if none is kept. */
  async file(wanted: Wanted, ask: () => Promise<Response>): Promise<Response> {
    const { pathname } = new URL(wanted.url);
    if (pathname.startsWith(HASHED)) return (await this.shelves.match(pathname)) ?? ask();
    return ask().catch(async (away) => (await this.kept(pathname)) ?? Promise.reject(away));
  }

  private kept(address: string): Promise<Response | undefined> {
    return this.shelves.match(address, { cacheName: this.name });
  }
}
