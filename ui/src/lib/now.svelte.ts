// The time that screens show, moved on once a second while somebody looks.

class Now {
  /** Milliseconds that only ever grow: for ages and countdowns. */
  mono = $state(performance.now());
  /** The wall clock of this device. */
  wall = $state(new Date());

  start(): void {
    const tick = () => {
      if (document.visibilityState !== "visible") return;
      this.mono = performance.now();
      this.wall = new Date();
    };
    setInterval(tick, 1000);
    document.addEventListener("visibilitychange", tick);
  }
}

export const now = new Now();
