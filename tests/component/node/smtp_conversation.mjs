// One submission by SMTP, and what the server said at which stage.
//
// What matters most is where the line was lost. Before the final dot nothing was sent; once it left, the mail may be on
// its way without an answer, and must not be sent again before somebody looked: `in-doubt`.

import { lookup } from "node:dns/promises";
import { failure, notSubmitted } from "./imports.mjs";
import { Line } from "./smtp_line.mjs";

/** A server's reply that ends the conversation. */
class Refused extends Error {
  constructor(answer) {
    super(answer.text);
    this.reply = answer;
  }
}

/** Why the message can't leave by this server, before any of it was sent. No reply says so. */
class Unfit extends Error {}

/** Submits, and gives the `result` that the contract has for it, whatever happens. */
export async function submit({ account, envelope, body }, progress) {
  const attempt = new Attempt(account, envelope, progress);
  try {
    return { tag: "ok", val: await attempt.run(body) };
  } catch (error) {
    return { tag: "err", val: attempt.failed(error) };
  } finally {
    attempt.close();
  }
}

class Attempt {
  #line = null;
  #replies = [];
  #extensions = new Map();

  constructor({ host, port }, envelope, progress) {
    this.host = host;
    this.port = port;
    this.envelope = envelope;
    this.progress = progress;
    // Its own, so that it stays true when the other thread gave up.
    this.stage = "prepare";
  }

  async run(body) {
    this.#checkAddresses();
    this.#enter("resolve");
    // Only to tell a name that is not there from a server that is not: connecting tries each of its addresses.
    await lookup(this.host);
    this.#enter("connect");
    this.#line = await Line.open(this.host, this.port);
    this.#enter("greeting");
    this.#expect(2, await this.#line.reply());
    const announced = this.#expect(2, await this.#line.command("EHLO embedder.example"));
    this.#extensions = extensionsOf(announced.text);
    this.#checkLimits();
    await this.#sendEnvelope();
    const answer = await this.#sendData(body);
    this.#line.quit();
    return { server: this.host, reply: answer, recipients: this.#replies, dsn: this.#extensions.has("DSN") };
  }

  close() {
    this.#line?.close();
  }

  #enter(stage) {
    this.progress.enter(stage);
    this.stage = stage;
  }

  /** No address may end its command, or need what was not asked for. */
  #checkAddresses() {
    const { mailFrom, recipients, smtputf8 } = this.envelope;
    for (const address of [mailFrom, ...recipients.map((to) => to.address)]) {
      const isSound = smtputf8 ? !/\p{Cc}/u.test(address) : /^[ -~]*$/.test(address);
      if (!isSound) throw new Unfit(`${JSON.stringify(address)} can't stand in a command`);
    }
  }

  /** What the server announced rules some messages out, before anything was sent. */
  #checkLimits() {
    const { smtputf8, size } = this.envelope;
    if (smtputf8 && !this.#extensions.has("SMTPUTF8")) {
      throw new Unfit(`${this.host} has no SMTPUTF8, which an address of this mail needs`);
    }
    const largest = Number(this.#extensions.get("SIZE") || 0);
    if (largest > 0 && largest < size) {
      throw new Unfit(`the mail has ${size} bytes, and ${this.host} takes ${largest}`);
    }
  }

  async #sendEnvelope() {
    const { mailFrom, recipients, smtputf8, size, envelopeId } = this.envelope;
    const has = (extension) => this.#extensions.has(extension);
    const options = [
      has("8BITMIME") && "BODY=8BITMIME",
      has("SIZE") && `SIZE=${size}`,
      smtputf8 && "SMTPUTF8",
      has("DSN") && envelopeId && `ENVID=${xtext(envelopeId)}`,
    ];
    this.#enter("sender");
    this.#expect(2, await this.#line.command(words(`MAIL FROM:<${mailFrom}>`, options)));
    this.#enter("recipient");
    for (const { address, notify } of recipients) {
      const asked = has("DSN") && notify.length > 0 && `NOTIFY=${notify.join(",").toUpperCase()}`;
      const answer = await this.#line.command(words(`RCPT TO:<${address}>`, [asked]));
      this.#replies.push({ address, reply: answer });
      this.progress.step();
    }
    const replies = this.#replies.map((r) => r.reply);
    if (!replies.some((r) => r.code < 300)) {
      // One that may be tried again makes the whole attempt one.
      throw new Refused(replies.find((r) => r.code < 500) ?? replies[0]);
    }
  }

  async #sendData(body) {
    this.#enter("data");
    this.#expect(3, await this.#line.command("DATA"));
    await this.#line.send(body, () => this.progress.step());
    // From here on nobody knows, until the server has answered.
    this.#enter("after-dot");
    return this.#expect(2, await this.#line.command("."));
  }

  /** The reply, where it is of the class that is expected; what is neither that nor a refusal breaks the line. */
  #expect(kind, answer) {
    if (Math.trunc(answer.code / 100) === kind) return answer;
    if (answer.code < 400) throw new Error(`${answer.code} ${answer.text} is no answer here`);
    throw new Refused(answer);
  }

  failed(error) {
    if (error instanceof Refused) return this.#refused(error.reply);
    if (error instanceof Unfit) return notSubmitted(failure("prepare", "permanent", error.message));
    return this.#broken(error);
  }

  #refused(answer) {
    const verdict = answer.code >= 500 ? "permanent" : "transient";
    // A refusal after the dot is an answer about the data; in doubt is what has none.
    const stage = this.stage === "after-dot" ? "data" : this.stage;
    const detail = `${this.host} at ${stage}: "${answer.text}"`;
    const problem = failure(stage, verdict, detail, answer.enhanced ?? String(answer.code), answer.text);
    return notSubmitted(problem, answer.code, this.#replies);
  }

  #broken(error) {
    const verdict = this.stage === "after-dot" ? "in-doubt" : "transient";
    const problem = failure(this.stage, verdict, `${this.host} at ${this.stage}: ${error.message}`);
    return notSubmitted(problem, undefined, this.#replies);
  }
}

/** What EHLO's answer offers: parameters by keyword. */
function extensionsOf(text) {
  const offers = text.split("\n").slice(1).map((line) => line.trim().split(/\s+/));
  return new Map(offers.map(([keyword, ...parameters]) => [keyword.toUpperCase(), parameters.join(" ")]));
}

function words(command, options) {
  return [command, ...options.filter(Boolean)].join(" ");
}

/** RFC 3461 section 4. */
function xtext(value) {
  return value.replace(/[^!-~]|[+=]/gu, (c) => `+${c.codePointAt(0).toString(16).toUpperCase().padStart(2, "0")}`);
}
