// The same invoices as an ordinary Node program sends them: handlebars, and nodemailer with a pool of connections.
//
// send.mjs FOLDER PORT CONNECTIONS COUNT: renders and sends so many, and prints how long that took. The template is
// compiled once; a PDF is read from the disk when its mail is sent, as nodemailer does for a path.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import Handlebars from "handlebars";
import nodemailer from "nodemailer";

const [folder, port, connections, count] = [process.argv[2], ...process.argv.slice(3).map(Number)];
const job = JSON.parse(readFileSync(join(folder, "job.json"), "utf8"));
const model = readFileSync(join(folder, "document.json"), "utf8");
const own_folder = new URL(".", import.meta.url).pathname;

const euros = new Intl.NumberFormat("fr-FR", { style: "currency", currency: "EUR" });
const dates = new Intl.DateTimeFormat("fr-FR", { dateStyle: "long", timeZone: "UTC" });
Handlebars.registerHelper("money", (amount) => euros.format(amount));
Handlebars.registerHelper("date", (day) => dates.format(new Date(day)));
const compiled = (name) => Handlebars.compile(readFileSync(join(own_folder, name), "utf8"));
const html = compiled("invoice.html.hbs");
const text = compiled("invoice.txt.hbs");

const transport = nodemailer.createTransport({
  pool: true,
  host: "127.0.0.1",
  port,
  secure: false,
  ignoreTLS: true,
  maxConnections: connections,
  maxMessages: Infinity,
});

function mail(number) {
  const place = String(number).padStart(4, "0");
  const document = JSON.parse(model.replaceAll(job.number, `2026-${place}`));
  const fields = { document, company: job.settings.company, portal: job.portal };
  return {
    from: job.sender,
    to: { name: job.recipient.name, address: `customer-${place}@sink.test` },
    subject: `Facture 2026-${place} de ${job.settings.company.name}`,
    messageId: `<node-${place}@ateliernord.example.com>`,
    text: text(fields),
    html: html(fields),
    attachments: [
      { filename: "logo.png", path: join(folder, "logo.png"), cid: "logo" },
      { filename: `facture-2026-${place}.pdf`, path: join(folder, "pdf", `${place}.pdf`) },
    ],
  };
}

const start = process.hrtime.bigint();
let next = 0;
async function work() {
  while (next < count) {
    next += 1;
    await transport.sendMail(mail(next));
  }
}
await Promise.all(Array.from({ length: 2 * connections }, work));
const nanoseconds = Number(process.hrtime.bigint() - start);
transport.close();
const version = (name) => createRequire(import.meta.url)(`${name}/package.json`).version;
const madeWith = `nodemailer ${version("nodemailer")}, handlebars ${version("handlebars")}, Node ${process.versions.node}`;
console.log(JSON.stringify({ made_with: madeWith, nanoseconds }));
