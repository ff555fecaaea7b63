// Whose sound is on: one picture's at a time, and nobody's until somebody asks. It is kept nowhere,
// so that whoever comes to another camera, or comes back to this one, comes in silence.

class Listening {
  #to: symbol | undefined = $state();

  is(who: symbol): boolean {
    return this.#to === who;
  }

  turnOn(who: symbol): void {
    this.#to = who;
  }

  turnOff(who: symbol): void {
    if (this.#to === who) this.#to = undefined;
  }
}

export const listening = new Listening();
