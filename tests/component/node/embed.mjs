// Loads postroom.wasm in Node, composes one mail and sends it: what a business system in JavaScript would do. What the
// plugin may reach is in imports.mjs and smtp.mjs; outbox.mjs is the loop around it.
//
// embed.mjs JOB: a JSON file that says what to send. Prints JSON: recipients, what came of the attempt, the status, and
// what would be next. Run by node.rs beside the folder; reads nothing else.

import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { attachments, imap, log, web } from "./imports.mjs";
import { Intent } from "./outbox.mjs";
import { Plugin } from "./plugin.mjs";
import { Smtp } from "./smtp.mjs";

/** Submits, and remembers what the server answered. */
class Remembering extends Smtp {
  answer = null;

  constructor(...values) {
    super(...values);
    const send = this.submit;
    this.submit = (message) => {
      try {
        const val = send(message);
        this.answer = { tag: "ok", val };
        return val;
      } catch (val) {
        this.answer = { tag: "err", val };
        throw val;
      }
    };
  }
}

/** What a JSON file says is to be sent, with its files by handle. */
export function wantedFrom(path) {
  const wanted = JSON.parse(readFileSync(path, "utf8"));
  const files = new Map(wanted.files.map(({ handle, content }) => [handle, Buffer.from(content, "base64")]));
  return { wanted, files };
}

/** The plugin, and its way out. */
export async function pluginFor(wanted, files, SmtpKind = Smtp) {
  const [host, port] = wanted.account;
  const smtp = new SmtpKind(new Map([["office", { host, port }]]), files);
  const imports = { attachments: attachments(files), imap, log, smtp, web };
  return { plugin: await Plugin.load(wanted.plugin, imports), smtp };
}

/** The document of a job. */
export function sourceOf(wanted) {
  return { mediaType: wanted.media_type, content: { tag: "text", val: wanted.document } };
}

/** Resolves whom the mail goes to, and says what it is to be made of. */
export function jobOf(plugin, wanted, files) {
  const document = sourceOf(wanted);
  const { settings, use_case: useCase } = wanted;
  const options = { format: wanted.format };
  if (wanted.portal) {
    const [view_url, pdf_url] = wanted.portal;
    options.portal = { view_url, pdf_url };
  }
  const resolution = plugin.recipients.resolve(document, useCase, settings, { to: wanted.to });
  return {
    id: wanted.id,
    now: wanted.now,
    document,
    useCase,
    language: wanted.language,
    settings,
    sender: { address: wanted.sender },
    recipients: resolution.entries,
    attachments: wanted.files.map(({ handle, name: fileName, media_type: mediaType, role }) => {
      return { handle, fileName, mediaType, size: files.get(handle).length, role };
    }),
    options: JSON.stringify(options),
  };
}

/** What a message that came in is. */
function classified(plugin, { report, sender, later }) {
  return plugin.inbound.classify({ tag: "bytes", val: Buffer.from(report) }, [sender], later);
}

async function main(path) {
  const { wanted, files } = wantedFrom(path);
  const { plugin, smtp } = await pluginFor(wanted, files, Remembering);
  const { now } = wanted;
  const summary = plugin.documents.read(sourceOf(wanted));
  const { mail } = plugin.composing.compose(jobOf(plugin, wanted, files));

  // What leaves is what was kept, as JSON: the intent reads it from its file.
  const route = { accountName: "office", transport: "smtp" };
  const canLookInSent = wanted.can_look_in_sent;
  const intent = Intent.begin(plugin, wanted.record, { id: wanted.id, mail, route, canLookInSent });
  let action = intent.pass(now);
  const settled = plugin.schedule.settle(mail.envelope.recipients, smtp.answer, now);
  const first = action;
  if (wanted.doubt) {
    intent.settleDoubt(wanted.doubt, wanted.later);
    action = intent.pass(wanted.later);
  }
  // What comes back: a report says what became of the mail.
  const report = wanted.report && classified(plugin, wanted);
  const events = [...intent.record.events, ...(report?.events ?? [])];
  const { status, reason } = plugin.tracking.fold(mail.envelope.recipients, events, wanted.later);
  const result = {
    number: summary.number,
    recipients: mail.envelope.recipients,
    outcome: intent.lastSubmitted,
    settled,
    outstanding: intent.outstanding,
    next: first,
    afterwards: action,
    attempts: intent.record.attempts,
    report,
    status: plugin.tracking.label(status, "en"),
    reason: reason.detail,
  };
  console.log(JSON.stringify(result));
}

if (fileURLToPath(import.meta.url) === process.argv[1]) await main(process.argv[2]);
