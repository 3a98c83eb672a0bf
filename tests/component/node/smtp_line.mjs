// A connection to an SMTP server: commands, and replies that are replies. Whatever the other end does, each step ends.

import { connect } from "node:net";

const STEP_MILLISECONDS = 20_000;
const LONGEST_REPLY = 64 * 1024;
const BLOCK = 64 * 1024;

export class Line {
  #socket;
  #received;
  #text = Buffer.alloc(0);

  static async open(host, port) {
    const line = new Line(connect({ host, port }));
    try {
      await line.#step((resolve, reject) => line.#socket.once("connect", resolve).once("error", reject));
    } catch (error) {
      line.close();
      throw error;
    }
    return line;
  }

  constructor(socket) {
    this.#socket = socket;
    this.#received = socket[Symbol.asyncIterator]();
    // Each step is told of an error by itself; between two of them nobody listens.
    socket.on("error", () => {});
  }

  async command(words) {
    await this.#write(Buffer.from(`${words}\r\n`));
    return this.reply();
  }

  /** Sends so much text; `onBlock` is called after each block of it. */
  async send(content, onBlock) {
    for (let at = 0; at < content.length; at += BLOCK) {
      await this.#write(content.subarray(at, at + BLOCK));
      onBlock();
    }
  }

  /** The server's next reply, of however many lines. */
  reply() {
    return this.#step((resolve, reject) => this.#read().then(resolve, reject));
  }

  async #read() {
    const lines = [];
    for (let size = 0; size < LONGEST_REPLY; ) {
      const line = await this.#next();
      size += line.length;
      const [, code, more, text] = /^([2-5]\d\d)(?:([ -])(.*))?$/s.exec(line) ?? [];
      // One that was cut, or is none: nobody knows what it would have been.
      if (!code || (lines[0] && lines[0].code !== code)) throw new Error(`${JSON.stringify(line)} is no reply`);
      const [, enhanced, words] = /^(?:([245]\.\d{1,3}\.\d{1,3})(?: |$))?(.*)$/s.exec(text ?? "");
      lines.push({ code, enhanced, words });
      if (more === "-") continue;
      // A `transport.reply`.
      return { code: Number(code), enhanced: lines[0].enhanced, text: lines.map((l) => l.words).join("\n") };
    }
    throw new Error("the reply has no end");
  }

  /** A line, without its end. */
  async #next() {
    for (;;) {
      const end = this.#text.indexOf("\n");
      if (end >= 0) {
        const line = this.#text.subarray(0, end).toString().replace(/\r$/, "");
        this.#text = this.#text.subarray(end + 1);
        return line;
      }
      if (this.#text.length > LONGEST_REPLY) throw new Error("the line has no end");
      const { value, done } = await this.#received.next();
      if (done) throw new Error("the server closed the connection");
      this.#text = Buffer.concat([this.#text, value]);
    }
  }

  #write(bytes) {
    return this.#step((resolve, reject) =>
      this.#socket.write(bytes, (error) => (error ? reject(error) : resolve())),
    );
  }

  /** One thing that is waited for, and not for ever. */
  async #step(work) {
    let timer;
    const late = new Promise((_, reject) => {
      const problem = new Error(`nothing happened for ${STEP_MILLISECONDS / 1000} s`);
      timer = setTimeout(() => reject(problem), STEP_MILLISECONDS);
    });
    try {
      return await Promise.race([new Promise(work), late]);
    } finally {
      clearTimeout(timer);
    }
  }

  /** Says goodbye, and waits for no answer. */
  quit() {
    this.#socket.end("QUIT\r\n");
  }

  /** What was said goodbye to still gets the goodbye; anything else ends at once. */
  close() {
    if (this.#socket.writableEnded) this.#socket.destroySoon();
    else this.#socket.destroy();
  }
}
