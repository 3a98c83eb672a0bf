// The plugin's import `smtp`. It is synchronous and Node's network is not, so a worker holds the conversation and the
// calling thread sleeps until the answer is there. It never sleeps for ever: a worker that dies, or comes to a stop,
// leaves behind how far it came, and that says whether the mail may have left.
//
// A server that must not stop while one mail leaves runs the whole plugin in a worker. From Node 25 on jco can suspend
// the call instead (`asyncMode: "jspi"`), and the conversation needs no thread of its own.

import { MessageChannel, receiveMessageOnPort, Worker } from "node:worker_threads";
import { failure, notSubmitted, notTested } from "./imports.mjs";
import { dotStuffed, messageBytes } from "./message_bytes.mjs";
import { Progress } from "./progress.mjs";

/** Longer than the worker waits for any single thing, so that as a rule it is the one to say what happened. */
const SILENCE_MILLISECONDS = 30_000;

export class Smtp {
  #accounts;
  #files;
  #script;
  #silence;
  #sender = null;

  /** Accounts of the host: host and port by name. The plugin never learns more of one than its name. */
  constructor(accounts, files, script = new URL("smtp_worker.mjs", import.meta.url), silence = SILENCE_MILLISECONDS) {
    this.#accounts = accounts;
    this.#files = files;
    this.#script = script;
    this.#silence = silence;
  }

  // Functions of their own, since jco calls them without their object.

  submit = ({ chunks, ...envelope }) => {
    const account = this.#accounts.get(envelope.accountName);
    // The account is at fault, not the mail.
    if (!account) throw notSubmitted(failure("login", "permanent", `there is no account ${envelope.accountName}`));
    let body;
    try {
      body = dotStuffed(messageBytes(chunks, this.#files));
    } catch (error) {
      throw unprepared(error.message);
    }
    const answer = this.#ask({ account, envelope, body });
    if (answer.tag === "err") throw answer.val;
    return answer.val;
  };

  probe = (accountName) => notTested(accountName);

  #ask(question) {
    try {
      this.#sender ??= new Sender(this.#script);
    } catch (error) {
      return { tag: "err", val: unprepared(error.message, "transient") };
    }
    const { answer, lost } = this.#sender.ask(question, this.#silence);
    if (answer) return answer;
    this.#sender.close();
    this.#sender = null;
    const verdict = lost === "after-dot" ? "in-doubt" : "transient";
    const detail = `the conversation with ${question.account.host} was lost at ${lost}, with the thread that held it`;
    return { tag: "err", val: notSubmitted(failure(lost, verdict, detail)) };
  }
}

function unprepared(detail, verdict = "permanent") {
  return notSubmitted(failure("prepare", verdict, detail));
}

/** The worker, seen from the thread that waits for it. */
class Sender {
  #progress = new Progress();
  #worker;
  #port;

  constructor(script) {
    const { port1, port2 } = new MessageChannel();
    this.#port = port1;
    this.#worker = new Worker(script, {
      workerData: { memory: this.#progress.memory, port: port2 },
      transferList: [port2],
    });
    // A program that has nothing left to do ends without it; what it died of was told already.
    this.#worker.unref();
    this.#worker.on("error", (error) => console.error(`error: the worker of smtp: ${error.message}`));
  }

  ask(question, silence) {
    this.#progress.begin();
    this.#port.postMessage(question);
    const received = this.#progress.wait(() => receiveMessageOnPort(this.#port), silence);
    return received ? { answer: received.message } : { lost: this.#progress.giveUp() };
  }

  close() {
    this.#port.close();
    this.#worker.terminate();
  }
}
