// How the simulated house stands, as far as somebody in front of it can see.

export interface Sight {
  at: string;
  /** What the hub did, in words; an onlooker does not see it. */
  hub?: string;
  seen?: string;
  bolt?: "thrown" | "retracted" | "moving" | "jammed" | "unknown";
  leaf?: "open" | "closed";
  answer?: "accepted" | "refused";
  countdown_s?: number;
  device?: string;
  turn?: string;
  why?: string;
}

const MOST_LINES = 200;
const TRY_AGAIN_MS = 1_500;
/** How long a keypad's light stays on. */
const LIGHT_MS = 4_000;

class Stand {
  bolt = $state<NonNullable<Sight["bolt"]>>("thrown");
  leaf = $state<"open" | "closed">("closed");
  light = $state<"accepted" | "refused">();
  countdown = $state(0);
  lines = $state.raw<Sight[]>([]);
  connected = $state(false);
  private out: ReturnType<typeof setTimeout> | undefined;

  /** Reads what happens, from the beginning, and again whenever that breaks off. */
  async follow(): Promise<never> {
    for (;;) {
      try {
        await this.read();
      } catch {
        // The page says that the connection is lost; the next turn may find it again.
      }
      this.connected = false;
      await new Promise((done) => setTimeout(done, TRY_AGAIN_MS));
    }
  }

  private async read(): Promise<void> {
    const answer = await fetch("/sights", { cache: "no-store" });
    if (!answer.ok || !answer.body) return;
    this.begin();
    const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
    let rest = "";
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      const lines = (rest + value).split("\n");
      rest = lines.pop() ?? "";
      this.take(lines.filter(Boolean).map((line) => JSON.parse(line) as Sight));
    }
  }

  private begin(): void {
    this.connected = true;
    this.lines = [];
    this.bolt = "thrown";
    this.leaf = "closed";
    this.countdown = 0;
    this.light = undefined;
  }

  /** What was before comes in two heaps, the door's and the hub's; the list is in the order of time. */
  private take(sights: Sight[]): void {
    for (const sight of sights) this.see(sight);
    const lines = [...this.lines, ...sights].sort((a, b) => Date.parse(a.at) - Date.parse(b.at));
    this.lines = lines.slice(-MOST_LINES);
  }

  private see(sight: Sight): void {
    if (sight.seen === "bolt" && sight.bolt) this.bolt = sight.bolt;
    if (sight.seen === "leaf" && sight.leaf) this.leaf = sight.leaf;
    if (sight.seen === "countdown") this.countdown = sight.countdown_s ?? 0;
    if (sight.seen === "answered" && sight.answer) this.shine(sight.answer, sight.at);
  }

  private shine(light: "accepted" | "refused", at: string): void {
    const left = LIGHT_MS - (Date.now() - Date.parse(at));
    if (left <= 0) return;
    this.light = light;
    clearTimeout(this.out);
    this.out = setTimeout(() => (this.light = undefined), left);
  }
}

export const stand = new Stand();

/** Has something happen at the door; false if it could not be asked for. */
export const order = async (words: string): Promise<boolean> =>
  (await post("/orders", { order: words }))?.ok ?? false;

/** Makes the owner expect a courier; the code's digits. */
export async function beExpected(): Promise<string | undefined> {
  const answer = await post("/deliveries", null);
  if (!answer?.ok) return undefined;
  return ((await answer.json()) as { digits: string }).digits;
}

async function post(path: string, body: unknown): Promise<Response | undefined> {
  try {
    return await fetch(path, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
  } catch {
    return undefined;
  }
}
