// What smtp_conversation.mjs makes of servers, whatever they say; each lives in this process.

import assert from "node:assert/strict";
import { createServer } from "node:net";
import { test } from "node:test";
import { Progress } from "./progress.mjs";
import { submit } from "./smtp_conversation.mjs";

const ENVELOPE = {
  accountName: "office",
  mailFrom: "office@example.com",
  recipients: [
    { address: "ann@example.org", notify: ["failure", "delay"] },
    { address: "bob@example.org", notify: [] },
  ],
  envelopeId: "a+b=c",
  smtputf8: false,
  size: 11,
};

/** Submits to a server that answers as `answers` says, by the beginning of the command; the result, and the commands that it was sent. */
async function conversation(answers, envelope = {}) {
  const commands = [];
  const server = createServer((socket) => {
    const answer = (command) => {
      const found = Object.entries(answers).find(([beginning]) => command.startsWith(beginning));
      const usual = { "": "220 ready", DATA: "354 go on", EHLO: "250 here" };
      const words = found?.[1] ?? usual[command.split(" ")[0]] ?? "250 2.0.0 good";
      if (words === "closes") socket.destroy();
      else socket.write(`${words}\r\n`);
    };
    socket.on("error", () => {});
    socket.on("data", (data) => {
      for (const line of data.toString().split("\r\n").slice(0, -1)) {
        commands.push(line);
        if (!["a line", "..dot"].includes(line)) answer(line);
      }
    });
    answer("");
  });
  await new Promise((ready) => server.listen(0, "127.0.0.1", ready));
  const account = { host: "127.0.0.1", port: server.address().port };
  const body = Buffer.from("a line\r\n..dot\r\n");
  const progress = new Progress();
  progress.begin();
  const result = await submit({ account, envelope: { ...ENVELOPE, ...envelope }, body }, progress);
  server.close();
  return { ...result, commands };
}

test("what the server does not announce is not asked for", async () => {
  const { tag, val, commands } = await conversation({});
  assert.equal(tag, "ok");
  assert.equal(val.dsn, false);
  assert.deepEqual(val.reply, { code: 250, enhanced: "2.0.0", text: "good" });
  const envelope = ["MAIL FROM:<office@example.com>", "RCPT TO:<ann@example.org>", "RCPT TO:<bob@example.org>"];
  assert.deepEqual(commands.slice(1, 8), [...envelope, "DATA", "a line", "..dot", "."]);
});

test("what it announces is, with the identifier in xtext", async () => {
  const EHLO = "250-here\r\n250-size 1000\r\n250-8BITMIME\r\n250 DSN";
  const { val, commands } = await conversation({ EHLO });
  assert.equal(val.dsn, true);
  assert.deepEqual(commands.slice(1, 4), [
    "MAIL FROM:<office@example.com> BODY=8BITMIME SIZE=11 ENVID=a+2Bb+3Dc",
    "RCPT TO:<ann@example.org> NOTIFY=FAILURE,DELAY",
    "RCPT TO:<bob@example.org>",
  ]);
});

for (const [what, answers, envelope, stage, verdict, code] of [
  ["is too large", { EHLO: "250-here\r\n250 SIZE 10" }, {}, "prepare", "permanent"],
  ["needs SMTPUTF8", {}, { smtputf8: true }, "prepare", "permanent"],
  ["would bring a command of its own", {}, { mailFrom: "a@example.com>\r\nRSET" }, "prepare", "permanent"],
  ["is not wanted at all", { "": "554 5.7.1 go away" }, {}, "greeting", "permanent", "5.7.1"],
  ["meets an endless greeting", { "": "220-and\r\n".repeat(20_000) }, {}, "greeting", "transient"],
  ["meets an endless line", { EHLO: `250 ${"x".repeat(200_000)}` }, {}, "greeting", "transient"],
  ["meets two codes in a reply", { EHLO: "250-here\r\n421 there" }, {}, "greeting", "transient"],
  ["has no recipient left", { RCPT: "550 5.1.1 nobody" }, {}, "recipient", "permanent", "5.1.1"],
  ["may come later to one", { "RCPT TO:<ann": "550 no", RCPT: "450 later" }, {}, "recipient", "transient", "450"],
  ["has no data to give", { DATA: "250 what data" }, {}, "data", "transient"],
  ["is refused at its end", { ".": "554 5.6.0 not this" }, {}, "data", "permanent", "5.6.0"],
  ["gets no answer", { ".": "closes" }, {}, "after-dot", "in-doubt"],
  ["gets half an answer", { ".": "250-2.0.0 taken\r\n25" }, {}, "after-dot", "in-doubt"],
]) {
  test(`a mail that ${what}: ${stage}, ${verdict}`, async () => {
    const { tag, val, commands } = await conversation(answers, envelope);
    assert.equal(tag, "err");
    const { failure } = val;
    assert.deepEqual([failure.stage, failure.verdict, failure.code], [stage, verdict, code], failure.detail);
    // Whom the server spoke of is known; and where it took no mail, none went.
    assert.equal(val.recipients.length > 0, ["recipient", "data", "after-dot"].includes(stage));
    assert.equal(commands.includes("."), stage === "after-dot" || code === "5.6.0");
  });
}
