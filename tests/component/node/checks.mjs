// What the programs beside it promise, where no server is needed.
//
// checks.mjs JOB, with a job like that of embed.mjs.

import assert from "node:assert/strict";
import { test } from "node:test";
import { jobOf, pluginFor, sourceOf, wantedFrom } from "./embed.mjs";
import { attachments, imap, log, web } from "./imports.mjs";
import { dotStuffed, messageBytes } from "./message_bytes.mjs";
import { Intent } from "./outbox.mjs";
import { Interruption, Plugin, Refusal } from "./plugin.mjs";
import { Progress } from "./progress.mjs";
import { Smtp } from "./smtp.mjs";

const { wanted, files } = wantedFrom(process.argv[2]);
const { plugin } = await pluginFor(wanted, files);
const route = { accountName: "office", transport: "smtp" };

function composed() {
  return plugin.composing.compose(jobOf(plugin, wanted, files));
}

test("every function of each import is there, those too that this file does not ask for", () => {
  const provided = { attachments: attachments(files), imap, log, smtp: new Smtp(new Map(), files), web };
  for (const [name, functions] of Object.entries(wanted.imports)) {
    assert.ok(functions.length > 0, name);
    for (const f of functions.map((f) => f.replace(/-./g, (letter) => letter[1].toUpperCase()))) {
      assert.equal(typeof provided[name][f], "function", `${name}.${f}`);
    }
  }
});

test("a message is JSON as it is, and gives the same bytes after it", () => {
  const message = composed();
  const copy = JSON.parse(JSON.stringify(message));
  assert.deepEqual(copy, message);
  const bytes = messageBytes(copy.mail.chunks, files);
  assert.equal(bytes.length, message.mail.size);
  assert.ok(bytes.equals(messageBytes(message.mail.chunks, files)));
  const inHand = [...files].map(([handle, content]) => ({ handle, content }));
  assert.ok(bytes.equals(plugin.composing.assemble(copy.mail.chunks, inHand)));
});

test("dots that begin a line are doubled, and the last line ends", () => {
  const stuffed = (text) => dotStuffed(Buffer.from(text)).toString();
  assert.equal(stuffed(".\r\n..\r\n.a\r\nb.\r\n"), "..\r\n...\r\n..a\r\nb.\r\n");
  assert.equal(stuffed("a\r\n."), "a\r\n..\r\n");
  assert.equal(stuffed("a"), "a\r\n");
});

test("a refusal has the contract's words", () => {
  const document = { ...sourceOf(wanted), content: { tag: "text", val: "no document" } };
  assert.throws(
    () => plugin.documents.read(document),
    (error) => error instanceof Refusal && error.error.fault === "malformed",
  );
});

// One import throws, against the contract; the instance is lost, and the mail of an attempt is in doubt.
test("an instance that trapped is replaced, and its attempt is in doubt", async () => {
  let attempts = 0;
  const smtp = {
    probe() {},
    submit() {
      attempts += 1;
      throw new Error("a fault of the host");
    },
  };
  const faulty = await Plugin.load(wanted.plugin, { attachments: attachments(files), imap, log, smtp, web });
  const { mail } = composed();
  const { now, later } = wanted;
  assert.throws(() => faulty.delivery.submit(mail, mail.envelope.recipients, "", route, now), Interruption);
  assert.equal(faulty.info.version(), plugin.info.version());
  const intent = Intent.begin(faulty, wanted.record, { id: wanted.id, mail, route, canLookInSent: true });
  assert.equal(intent.pass(now).step.tag, "look-in-sent");
  assert.equal(new Intent(plugin, wanted.record).pass(later).step.tag, "look-in-sent");
  assert.equal(attempts, 2);
});

test("an attempt under which the program died is in doubt, and not made again", () => {
  const { mail } = composed();
  const { now, later } = wanted;
  const begun = Intent.begin(plugin, wanted.record, { id: wanted.id, mail, route, canLookInSent: false });
  begun.record.attempts.push({ at: now, route, envelopeId: "d41d8cd98f00b204" });
  assert.equal(begun.pass(later).step.tag, "ask-in-doubt");
  assert.equal(begun.record.attempts.length, 1);
});

/** A worker of these lines; `progress`, `port` and `enter` are there. */
function workerOf(lines) {
  const progress = new URL("progress.mjs", import.meta.url);
  const source = `
    import { workerData } from "node:worker_threads";
    import { Progress } from ${JSON.stringify(progress)};
    const progress = new Progress(workerData.memory);
    const enter = (...stages) => stages.forEach((stage) => progress.enter(stage));
    process.on("exit", () => progress.end());
    ${lines}`;
  return new URL(`data:text/javascript,${encodeURIComponent(source)}`);
}

const onMessage = (lines) => `workerData.port.on("message", async () => { ${lines} });`;

for (const [what, lines, stage, verdict] of [
  ["can't be loaded", "this is no program", "prepare", "transient"],
  ["throws at once", "throw new Error('at once');", "prepare", "transient"],
  ["throws later", "workerData.port.on('message', () => { throw new Error('later'); });", "prepare", "transient"],
  ["rejects", onMessage("throw new Error('rejected');"), "prepare", "transient"],
  ["ends", onMessage("enter('data'); process.exit(1);"), "data", "transient"],
  ["falls silent", onMessage("enter('data');"), "data", "transient"],
  ["runs for ever", onMessage("enter('data'); for (;;);"), "data", "transient"],
  ["throws after the dot", onMessage("enter('after-dot'); throw new Error('late');"), "after-dot", "in-doubt"],
  ["falls silent after the dot", onMessage("enter('after-dot');"), "after-dot", "in-doubt"],
]) {
  test(`a worker that ${what} does not hold up its host, and the stage is kept`, () => {
    // Long enough for a worker to begin on a machine that is busy; one that has nothing to do is not waited for so long.
    const silence = stage === "prepare" ? 1_000 : 5_000;
    const accounts = new Map([["office", { host: "127.0.0.1", port: 1 }]]);
    const smtp = new Smtp(accounts, files, workerOf(lines), silence);
    const message = { ...composed().mail, accountName: "office", recipients: [], smtputf8: false };
    const lost = ({ failure }) => failure.stage === stage && failure.verdict === verdict;
    assert.throws(() => smtp.submit(message), lost);
    // The next mail has a worker of its own.
    if (stage === "prepare") assert.throws(() => smtp.submit(message), lost);
  });
}

test("what was given up on sends no final dot", () => {
  const progress = new Progress();
  progress.begin();
  progress.enter("data");
  assert.equal(progress.giveUp(), "data");
  assert.throws(() => progress.enter("after-dot"));
});
