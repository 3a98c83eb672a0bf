// Draws the contact sheet: node sheet.mjs FOLDER PLAN. Every page is drawn by itself, in light and dark at the width of a
// desktop and on a phone; the small pictures are put together to one, and those of each row to one that can be read.

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { open } from "./chromium.mjs";

const [folder, planFile] = process.argv.slice(2);
const { rows, languages, to } = JSON.parse(readFileSync(planFile, "utf8"));
const VIEWS = [
  { name: "light", width: 660, scheme: "light" },
  { name: "dark", width: 660, scheme: "dark" },
  { name: "phone", width: 375, scheme: "light" },
  { name: "phone-dark", width: 375, scheme: "dark" },
];
// The largest picture that Chromium draws is 16,384 px high: that of all rows has thumbnails of this height.
const THUMBNAIL = 400;

const page = await open();
const escaped = (text) => text.replace(/[&<>]/g, (c) => `&#${c.charCodeAt(0)};`);
const head = "<!doctype html><meta charset=utf-8><style>body{margin:12px;font:14px sans-serif;background:#777;color:#fff}"
  + "div{display:flex;gap:8px;align-items:flex-start;margin-bottom:12px}figure{margin:0}figcaption{padding:2px 0}"
  + "h1{font-size:16px;margin:4px 0}img{display:block}</style>";

async function draw(html, width, file) {
  await page.scheme("light");
  await page.width(width, 600);
  await page.show(html);
  const height = await page.evaluate("document.documentElement.scrollHeight");
  writeFileSync(file, await page.picture({ x: 0, y: 0, width, height: Math.min(height, 16_000) }));
}

try {
  let overview = `${head}<h1>${rows.length} purposes × ${languages.length} languages: ${VIEWS.map((it) => it.name).join(", ")}</h1>`;
  for (const { name, pages } of rows) {
    let whole = `${head}<h1>${escaped(name)}</h1>`;
    overview += `<h1>${escaped(name)}</h1><div>`;
    for (const view of VIEWS) {
      whole += "<div>";
      for (const [at, index] of pages.entries()) {
        await page.scheme(view.scheme);
        await page.width(view.width, 600);
        await page.show(readFileSync(join(folder, `${index}.html`), "utf8"));
        const height = await page.evaluate("document.documentElement.scrollHeight");
        const data = `data:image/png;base64,${(await page.picture({ x: 0, y: 0, width: view.width, height: Math.min(height, 4_000) })).toString("base64")}`;
        const caption = `<figcaption>${escaped(languages[at])} ${view.name}</figcaption>`;
        whole += `<figure>${caption}<img src="${data}" width="${view.width}"></figure>`;
        // The overview would hold a hundred megabytes: it has thumbnails.
        const small = await thumbnail(data, view.width);
        overview += `<figure><img src="${small}" height="${THUMBNAIL}" style="object-fit:cover;object-position:top"></figure>`;
      }
      whole += "</div>";
    }
    overview += "</div>";
    await draw(whole, 2_720, join(to, `${name}.png`));
  }
  await draw(overview, 2_900, join(to, "all.png"));
  console.log(`${rows.length} sheets and all.png in ${to}`);
} finally {
  await page.close();
}

async function thumbnail(data, width) {
  await page.scheme("light");
  await page.show(`<!doctype html><img id=i src="${data}">`);
  return page.evaluate(`(() => {
    const image = document.getElementById("i"), canvas = document.createElement("canvas");
    canvas.width = 170; canvas.height = ${THUMBNAIL};
    const scale = canvas.width / ${width};
    const context = canvas.getContext("2d");
    context.fillStyle = "#777";
    context.fillRect(0, 0, canvas.width, canvas.height);
    context.imageSmoothingQuality = "high";
    context.drawImage(image, 0, 0, canvas.width, image.height * scale);
    return canvas.toDataURL("image/jpeg", 0.8);
  })()`);
}
