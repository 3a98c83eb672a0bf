// What the plugin costs a host in Node: milliseconds and memory of loading it, of composing an invoice and of
// understanding a large message.
//
// speed.mjs JOB, with a job like that of embed.mjs; prints JSON. Run by hand: figures of a machine that is busy mean
// nothing, so no test asserts them.

import { jobOf, pluginFor, wantedFrom } from "./embed.mjs";

const MESSAGE_BYTES = 5_000_000;

/** The median of so many runs, in milliseconds. */
function timed(times, work) {
  const taken = Array.from({ length: times }, () => {
    const start = performance.now();
    work();
    return performance.now() - start;
  });
  return rounded(taken.sort((a, b) => a - b)[Math.trunc(times / 2)]);
}

function rounded(milliseconds) {
  return Math.round(milliseconds * 1000) / 1000;
}

function peakMegabytes() {
  return Math.round(process.resourceUsage().maxRSS / 1024);
}

/** A person's answer with a file of some megabytes. */
function largeMessage() {
  const head = [
    "From: Ann <ann@example.org>",
    "To: office@example.org",
    "Subject: Re: Invoice",
    "MIME-Version: 1.0",
    'Content-Type: multipart/mixed; boundary="b"',
    "\r\n--b",
    "Content-Type: text/plain",
    "\r\nThanks.\r\n--b",
    'Content-Type: application/pdf; name="a.pdf"',
    "Content-Transfer-Encoding: base64\r\n\r\n",
  ];
  const file = Buffer.alloc((MESSAGE_BYTES * 3) / 4).toString("base64").replace(/.{76}/g, "$&\r\n");
  return Buffer.from(`${head.join("\r\n")}${file}\r\n--b--\r\n`);
}

const { wanted, files } = wantedFrom(process.argv[2]);
const start = performance.now();
const { plugin } = await pluginFor(wanted, files);
const loaded = rounded(performance.now() - start);
const instance = timed(5, () => plugin.replaceInstance());
const job = jobOf(plugin, wanted, files);
const first = timed(1, () => plugin.composing.compose(job));
timed(1_000, () => plugin.composing.compose(job));
const composed = timed(500, () => plugin.composing.compose(job));
const message = largeMessage();
const before = peakMegabytes();
files.set(0, message);
const understood = (content) => timed(5, () => plugin.inbound.classify(content, [], wanted.now));
const report = {
  node: process.version,
  load_ms: loaded,
  instance_ms: instance,
  compose_first_ms: first,
  compose_ms: composed,
  message_bytes: message.length,
  before_mb: before,
  classify_bytes_ms: understood({ tag: "bytes", val: message }),
  classify_file_ms: understood({ tag: "file", val: 0 }),
  peak_mb: peakMegabytes(),
};
console.log(JSON.stringify(report));
