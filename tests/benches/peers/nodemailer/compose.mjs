// The same mail as an ordinary Node program makes it: nunjucks and nodemailer.
//
// Reads the case from a folder, says what it made, then for each line N on standard input makes N mails and
// prints their times in nanoseconds. Templates, constants and files are read once, as a server would.

import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { createInterface } from "node:readline";
import MailComposer from "nodemailer/lib/mail-composer/index.js";
import nunjucks from "nunjucks";

const folder = process.argv[2];
const job = JSON.parse(readFileSync(join(folder, "job.json"), "utf8"));
const documentBytes = readFileSync(join(folder, "document.json"));
const pdf = readFileSync(join(folder, "invoice.pdf"));
const logo = readFileSync(join(folder, "logo.png"));
const words = JSON.parse(readFileSync(join(job.templates, "layout/fr/words.json"), "utf8"));

const euros = new Intl.NumberFormat("fr-FR", { style: "currency", currency: "EUR" });
const numbers = new Intl.NumberFormat("fr-FR");
const dates = new Intl.DateTimeFormat("fr-FR", { dateStyle: "long", timeZone: "UTC" });
const money = (amount) => euros.format(amount);

function template(name) {
  const layout = name.startsWith("layout/");
  const env = new nunjucks.Environment(null, {
    autoescape: name.endsWith(".html"),
    trimBlocks: layout,
    lstripBlocks: layout,
  });
  env.addFilter("money", money);
  env.addFilter("date", (day) => dates.format(day));
  env.addFilter("rule", (title) => "-".repeat(title.length));
  env.addGlobal("plural", (n, one, other) => (n < 2 ? one : other));
  // Postroom makes the rows of the lines itself; an ordinary program loops over them in its template.
  const loop = (file) => readFileSync(new URL(`../${file}`, import.meta.url), "utf8");
  const looped = readFileSync(join(job.templates, name), "utf8")
    .replace("{{ mail.lines_html }}\n", () => loop("lines.html"))
    .replace("{{ mail.lines_text }}\n", () => loop("lines.txt"))
    .replaceAll("mail.lines_html", "mail.lines");
  // Nunjucks can't repeat a text with `*`.
  const source = looped.replace(/"-" \* \(([\w.]+) \| length\)/g, "$1 | rule");
  return nunjucks.compile(source, env);
}

const subjectText = template("invoice/new/fr/subject.txt");
const bodyText = template("invoice/new/fr/body.txt");
const layoutHtml = template("layout/mail.html");
const layoutText = template("layout/mail.txt");

const fact = (label, value, strong = false) => ({ label: words[label], value, strong });
const safe = (html) => new nunjucks.runtime.SafeString(html);
const escaped = (text) => nunjucks.lib.escape(text);

async function compose() {
  const document = JSON.parse(documentBytes.toString("utf8"));
  const { settings, portal } = job;
  const company = settings.company;
  const issueDate = new Date(document.issue_date);
  const dueDate = new Date(document.due_date);
  const totals = document.totals;
  const means = document.payment_means[0];
  const fields = {
    locale: job.language,
    company,
    attached: { pdf: true, ubl: false, added: 0 },
    portal,
    document: {
      number: document.number,
      issue_date: issueDate,
      due_date: dueDate,
      order: document.references.order,
      open: document.balance,
      payment_reference: means.reference,
    },
  };
  const subject = subjectText.render(fields).trim();
  const paragraphs = bodyText.render(fields).split("\n\n").map((p) => p.trim());
  const facts = [
    fact("date", dates.format(issueDate)),
    fact("due_date", dates.format(dueDate)),
    fact("order", document.references.order),
    fact("total", money(totals.tax_inclusive)),
    fact("open", money(document.balance), true),
  ];
  const signature = [job.sender.name, company.name];
  const small = [
    `${words.telephone} ${company.telephone}`,
    `${words.vat_identifier} ${company.vat_identifier}`,
    company.email,
    company.website,
  ];
  fields.mail = {
    subject,
    preheader: facts.slice(2).reverse().map((f) => `${f.label}${words.colon} ${f.value}`).join(" · "),
    colon: words.colon,
    accent: settings.layout.accent,
    logo: true,
    width: 140,
    greeting: words.greeting_unnamed,
    paragraphs: paragraphs.map((p) => safe(escaped(p).replaceAll("\n", "<br>"))),
    html: null,
    text: paragraphs.join("\n\n"),
    title: `${words.document_invoice} ${document.number}`,
    facts,
    columns: {
      name: words.description,
      quantity: words.quantity,
      price: words.unit_price,
      amount: words.amount,
    },
    lines: document.lines.map((line) => {
      const quantity = numbers.format(line.quantity);
      const price = money(line.unit_price);
      const amount = money(line.net_amount);
      const sum = `${quantity} × ${price} = ${amount}`;
      return { name: line.name, detail: line.description ?? null, quantity, price, amount, sum };
    }),
    more: null,
    totals: [
      fact("net_total", money(totals.tax_exclusive)),
      fact("tax", money(totals.tax)),
      fact("total", money(totals.tax_inclusive), true),
    ],
    button: { label: words.view_invoice, url: portal.view_url },
    download: { label: words.download, url: portal.pdf_url },
    payment_title: words.payment,
    payment: [
      fact("account", means.account.match(/.{1,4}/g).join(" ")),
      fact("bic", means.bic),
      fact("account_name", means.account_name),
      fact("reference", means.reference),
    ],
    closing: words.closing,
    signature_html: safe(signature.map(escaped).join("<br>")),
    signature_text: signature.join("\n"),
    footer: [[company.name, ...company.address].join(" · "), small.join(" · ")],
  };
  const html = layoutHtml.render(fields);
  const text = layoutText.render(fields);

  const mail = new MailComposer({
    date: new Date(job.now),
    from: { name: job.sender.name, address: job.sender.address },
    to: { name: job.recipient.name, address: job.recipient.address },
    subject,
    messageId: `<${job.id}@ateliernord.example.com>`,
    text,
    html,
    attachments: [
      { filename: "logo.png", content: logo, contentType: "image/png", cid: "logo" },
      { filename: job.pdf_name, content: pdf, contentType: "application/pdf" },
    ],
  });
  return { message: await mail.compile().build(), html };
}

const { message, html } = await compose();
writeFileSync(join(folder, "nodemailer.eml"), message);
writeFileSync(join(folder, "nodemailer.html"), html);
const version = (name) => createRequire(import.meta.url)(`${name}/package.json`).version;
const madeWith = `nodemailer ${version("nodemailer")}, nunjucks ${version("nunjucks")}, Node ${process.versions.node}`;
console.log(JSON.stringify({ made_with: madeWith, message: message.length, html: Buffer.byteLength(html) }));

for await (const line of createInterface({ input: process.stdin })) {
  const times = [];
  for (let n = Number(line); n > 0; n -= 1) {
    const start = process.hrtime.bigint();
    await compose();
    times.push(Number(process.hrtime.bigint() - start));
  }
  console.log(JSON.stringify(times));
}
