// How far a submission came, in memory that the thread that waits and the thread that sends share. The one that waits
// can run no callback, so nothing else could tell it that the other died, and at which stage.

/** Stages of `transport.stage` that a conversation by SMTP comes through, in order. */
const STAGES = ["prepare", "resolve", "connect", "greeting", "sender", "recipient", "data", "after-dot"];
const GIVEN_UP = STAGES.length;

const [STEPS, STAGE, ENDED, CELLS] = [0, 1, 2, 3];

export class Progress {
  #cells;

  constructor(memory = new SharedArrayBuffer(CELLS * Int32Array.BYTES_PER_ELEMENT)) {
    this.memory = memory;
    this.#cells = new Int32Array(memory);
  }

  /** A conversation begins. */
  begin() {
    Atomics.store(this.#cells, STAGE, 0);
  }

  /**
   * The conversation enters a stage. Throws where the one that waits has given up: what it then said of the mail stays
   * true, since no dot follows any more.
   */
  enter(stage) {
    const now = Atomics.load(this.#cells, STAGE);
    const entered = now < GIVEN_UP && Atomics.compareExchange(this.#cells, STAGE, now, STAGES.indexOf(stage)) === now;
    if (!entered) throw new Error("nobody waits for this conversation any more");
    this.step();
  }

  /** Something went on. */
  step() {
    Atomics.add(this.#cells, STEPS, 1);
    Atomics.notify(this.#cells, STEPS);
  }

  /** The thread that sends ends. */
  end() {
    Atomics.store(this.#cells, ENDED, 1);
    this.step();
  }

  /**
   * Waits until `read` gives something, and gives that; undefined where nothing went on for so long, or the other thread
   * ended.
   */
  wait(read, milliseconds) {
    for (;;) {
      const steps = Atomics.load(this.#cells, STEPS);
      const ended = Atomics.load(this.#cells, ENDED);
      const found = read();
      if (found !== undefined || ended) return found;
      if (Atomics.wait(this.#cells, STEPS, steps, milliseconds) === "timed-out") return read();
    }
  }

  /** Nobody waits any more; the stage that was reached. */
  giveUp() {
    return STAGES[Atomics.exchange(this.#cells, STAGE, GIVEN_UP)];
  }
}
