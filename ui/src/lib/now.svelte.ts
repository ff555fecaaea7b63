// The time that screens show, moved on once a second while somebody looks.
//
// The hub's clock decides when a code opens, so screens go by it, whatever this device shows.

class Now {
  /** Milliseconds that only ever grow: for ages and countdowns. */
  mono = $state(performance.now());
  /** The hub's wall clock; this device's own until the hub has been heard. */
  wall = $state(new Date());
  /** The wall clock of this device. */
  own = $state(new Date());
  /** How much later it is at the hub than here, in milliseconds. */
  apart = $state(0);

  start(): void {
    const tick = () => {
      if (document.visibilityState !== "visible") return;
      this.mono = performance.now();
      this.own = new Date();
      this.wall = this.date();
    };
    setInterval(tick, 1000);
    document.addEventListener("visibilitychange", tick);
  }

  /** Goes by the hub's clock, which shows this. */
  follow(hub: number): void {
    this.apart = hub - Date.now();
    this.wall = this.date();
  }

  /** The hub's wall clock at this very moment. */
  date(): Date {
    return new Date(Date.now() + this.apart);
  }
}

export const now = new Now();
