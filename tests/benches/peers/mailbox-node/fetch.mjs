// Fetches what an index needs of every message of two folders by imapflow, and keeps none of it.

import { readFileSync } from "node:fs";
import { ImapFlow } from "imapflow";

const [port, user, pass] = process.argv.slice(2);
const { version } = JSON.parse(readFileSync(new URL("node_modules/imapflow/package.json", import.meta.url)));
let messages = 0;
const begun = process.hrtime.bigint();
const client = new ImapFlow({
  host: "127.0.0.1",
  port: Number(port),
  secure: false,
  doSTARTTLS: false,
  auth: { user, pass },
  logger: false,
});
await client.connect();
for (const folder of ["INBOX", "Sent"]) {
  await client.mailboxOpen(folder, { readOnly: true });
  const wanted = { uid: true, flags: true, internalDate: true, size: true, envelope: true, bodyStructure: true };
  for await (const message of client.fetch("1:*", wanted)) {
    messages += message.envelope && message.bodyStructure ? 1 : 0;
  }
}
await client.logout();
const nanoseconds = Number(process.hrtime.bigint() - begun);
console.log(JSON.stringify({ made_with: `imapflow ${version}`, messages, nanoseconds }));
