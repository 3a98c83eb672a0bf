// The loop that the contract asks for: record, decide, do, record. Each mail is a file of JSON here, where a business
// system has a row of a table; what counts is that a record is on the disk before the next step is made, so that a
// program that dies under any of them finds afterwards what it knew.

import { randomBytes } from "node:crypto";
import { closeSync, fsyncSync, openSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { Interruption } from "./plugin.mjs";

/** One mail, from the intent to its end. */
export class Intent {
  #plugin;
  #path;

  constructor(plugin, path) {
    this.#plugin = plugin;
    this.#path = path;
    this.record = JSON.parse(readFileSync(path, "utf8"));
  }

  /** Records that a composed mail is to leave. */
  static begin(plugin, path, { id, mail, route, canLookInSent }) {
    write(path, { id, mail, route, canLookInSent, attempts: [], events: [], pause: null });
    return new Intent(plugin, path);
  }

  /** Does what there is to do now; gives the step that has to wait, for a time, a person or the Sent folder. */
  pass(now) {
    this.#settleInterrupted(now);
    for (;;) {
      const action = this.#plugin.schedule.decide(this.#facts(), now);
      switch (action.step.tag) {
        case "submit":
          this.#attempt(action.step.val, now);
          break;
        case "give-up":
          this.#add(action.step.val);
          return action;
        default:
          return action;
      }
    }
  }

  /** What was learned of an attempt in doubt, `found` or `not-found`; or what a person decided. */
  settleDoubt(lookup, now) {
    const attempt = this.record.attempts.at(-1);
    const settled = this.#plugin.schedule.settleDoubt(lookup, this.#recipients, this.record.events, now);
    this.#store(attempt, settled);
  }

  /** Recipients that a further attempt has to name. */
  get outstanding() {
    return this.#plugin.schedule.outstanding(this.#recipients, this.record.events);
  }

  get #recipients() {
    return this.record.mail.envelope.recipients;
  }

  #facts() {
    const { id, attempts, events, route, pause, canLookInSent } = this.record;
    // What a program has no use for stays as here; a field that is left out is none.
    const unused = { held: false, fallbackPolicy: "off", patience: 0, compromised: false };
    return { ...unused, id, recipients: this.#recipients, events, attempts, route, pause, canLookInSent };
  }

  #attempt(route, now) {
    // New for every attempt, and not to be guessed: a report of failure is believed by it.
    const attempt = { at: now, route, envelopeId: randomBytes(16).toString("hex") };
    const recipients = this.outstanding;
    this.record.attempts.push(attempt);
    this.#save();
    const options = JSON.stringify({ envelope_id: attempt.envelopeId });
    try {
      const submitted = this.#plugin.delivery.submit(this.record.mail, recipients, options, route, now);
      this.lastSubmitted = submitted;
      this.#store(attempt, submitted.settlement);
    } catch (error) {
      // Whether the mail left is unknown.
      if (error instanceof Interruption) this.#settleInterrupted(now, error.message);
      else throw error;
    }
  }

  /** An attempt without an end: the program died under it, or the instance did. */
  #settleInterrupted(now, detail) {
    const attempt = this.record.attempts.at(-1);
    if (!attempt || attempt.memo) return;
    this.#store(attempt, this.#plugin.schedule.settleInterruption(this.#recipients, this.record.events, detail, now));
  }

  #store(attempt, settlement) {
    const { memo, pause, events } = settlement;
    Object.assign(attempt, { memo, outcome: settlement.outcome });
    // The account's, in a system with more than one mail: none of them tries before its end.
    if (pause) {
      const until = new Date(Date.parse(attempt.at) + pause.seconds * 1000).toISOString();
      this.record.pause = { cause: pause.cause, since: attempt.at, until };
    } else if (["accepted", "partly-accepted"].includes(settlement.outcome)) {
      this.record.pause = null;
    }
    this.#add(events);
  }

  #add(events) {
    this.record.events.push(...events);
    this.#save();
  }

  #save() {
    write(this.#path, this.record);
  }
}

/** Whole or not at all, and on the disk. */
function write(path, record) {
  const written = `${path}.new`;
  const file = openSync(written, "w");
  writeFileSync(file, JSON.stringify(record));
  fsyncSync(file);
  closeSync(file);
  renameSync(written, path);
  const folder = openSync(dirname(path), "r");
  fsyncSync(folder);
  closeSync(folder);
}
