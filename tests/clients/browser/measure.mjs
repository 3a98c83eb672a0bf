// Measures pages: node measure.mjs FOLDER AXE. One line of JSON a page: { page, measures: { NAME: { value, what } } }.

import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { open } from "./chromium.mjs";

const [folder, axe] = process.argv.slice(2);
const axeSource = readFileSync(axe, "utf8");
const leftOut = (process.env.LEFT_OUT ?? "").split(",").filter(Boolean);

// How wide the page is, and the text that reaches furthest.
const WIDTH = `(() => {
  const width = document.documentElement.scrollWidth;
  let what = "", furthest = window.innerWidth;
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (width > window.innerWidth && walker.nextNode()) {
    const range = document.createRange();
    range.selectNodeContents(walker.currentNode);
    const { right } = range.getBoundingClientRect();
    const text = walker.currentNode.textContent.trim();
    if (text && right > furthest) {
      furthest = right;
      what = "<" + walker.currentNode.parentElement.localName + "> " + text.slice(0, 40);
    }
  }
  return { value: width, what };
})()`;

// Numbers of documents and references that are broken within, and middle dots left hanging at the end of a line.
const TORN = `(() => {
  const found = [];
  const nodes = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const { parentElement } = walker.currentNode;
    // A signature is its author's.
    if (parentElement.checkVisibility({ opacityProperty: true }) && !parentElement.closest(".s")) nodes.push(walker.currentNode);
  }
  const lines = (node, from, to) => {
    const range = document.createRange();
    range.setStart(node, from);
    range.setEnd(node, to);
    return [...range.getClientRects()].map(({ top }) => Math.round(top / 4));
  };
  for (const [at, node] of nodes.entries()) {
    const text = node.textContent;
    for (const { 0: word, index } of text.matchAll(/(?<![\\p{L}\\p{N}+/-])[\\p{L}\\p{N}+][\\p{L}\\p{N}+/-]{3,23}(?![\\p{L}\\p{N}+/-])/gu)) {
      const isNumber = /\\d/.test(word) && /[/-]/.test(word) && !/[@]|:\\/\\/|www\\./.test(text);
      if (isNumber && new Set(lines(node, index, index + word.length)).size > 1) found.push(word);
    }
    for (const { index } of text.matchAll(/·/g)) {
      const rest = text.slice(index + 1).search(/\\S/);
      const next = nodes.slice(at + 1).find((node) => node.textContent.trim());
      const after = rest >= 0 ? lines(node, index + 1 + rest, index + 2 + rest)
        : next ? lines(next, next.textContent.search(/\\S/), next.textContent.search(/\\S/) + 1) : [];
      if (after.length && after[0] !== lines(node, index, index + 1)[0]) found.push("· at the end of: " + text.trim().slice(0, 30));
    }
  }
  return { value: found.length, what: found.join("; ") };
})()`;

// Letters of twice the size, and lines of twice the height.
const LARGE = `(() => {
  const all = [...document.body.querySelectorAll("*"), document.body];
  const sizes = all.map((element) => { const style = getComputedStyle(element); return [style.fontSize, style.lineHeight]; });
  all.forEach((element, at) => {
    const [size, height] = sizes[at].map(parseFloat);
    element.style.setProperty("font-size", size * 2 + "px", "important");
    if (height) element.style.setProperty("line-height", height * 2 + "px", "important");
  });
})()`;

// The least contrast of a text with what is behind it (WCAG 2.2).
const CONTRAST = `(() => {
  const parts = (colour) => (colour.match(/[\\d.]+/g) ?? []).map(Number);
  const luminance = (rgb) => {
    const [r, g, b] = rgb.map((part) => part / 255).map((part) => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const over = (top, below) => top.slice(0, 3).map((part, at) => part * (top[3] ?? 1) + below[at] * (1 - (top[3] ?? 1)));
  const behind = (element) => {
    const layers = [];
    for (let at = element; at; at = at.parentElement) {
      const colour = parts(getComputedStyle(at).backgroundColor);
      layers.push(colour);
      if ((colour[3] ?? 1) === 1) break;
    }
    const dark = matchMedia("(prefers-color-scheme: dark)").matches && getComputedStyle(document.documentElement).colorScheme.includes("dark");
    return layers.reverse().reduce((below, top) => over(top, below), dark ? [18, 18, 18] : [255, 255, 255]);
  };
  let worst = { value: 21, what: "" };
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const node = walker.currentNode;
    const element = node.parentElement;
    if (!/[\\p{L}\\p{N}]/u.test(node.textContent) || !element.checkVisibility({ opacityProperty: true, visibilityProperty: true })) continue;
    const range = document.createRange();
    range.selectNodeContents(node);
    const box = range.getBoundingClientRect();
    if (box.width < 2 || box.height < 2) continue;
    const ground = behind(element);
    const text = over(parts(getComputedStyle(element).color), ground);
    const [one, two] = [luminance(text), luminance(ground)];
    const value = (Math.max(one, two) + 0.05) / (Math.min(one, two) + 0.05);
    if (value < worst.value) {
      const hex = (rgb) => "#" + rgb.map((part) => Math.round(part).toString(16).padStart(2, "0")).join("");
      worst = { value, what: "\\"" + node.textContent.trim().slice(0, 30) + "\\" " + hex(text) + " on " + hex(ground) };
    }
  }
  return worst;
})()`;

const AXE = `(async () => {
  const rules = Object.fromEntries(${JSON.stringify(leftOut)}.map((id) => [id, { enabled: false }]));
  const { violations } = await axe.run(document, { rules, resultTypes: ["violations"] });
  return violations.map((it) => it.id + " (" + it.nodes.length + ": " + it.nodes[0].target.join(" ") + ")");
})()`;

const page = await open();
try {
  const names = readdirSync(folder).filter((name) => name.endsWith(".html"));
  for (const name of names.sort((a, b) => parseInt(a) - parseInt(b))) {
    const html = readFileSync(join(folder, name), "utf8");
    const unstyled = html.replace(/<style\b[\s\S]*?<\/style>/gi, "");
    const measures = {};
    await page.scheme("light");
    await page.width(320);
    await page.show(unstyled);
    measures["width-320-unstyled"] = await page.evaluate(WIDTH);
    measures["torn-320-unstyled"] = await page.evaluate(TORN);
    await page.width(375);
    measures["width-375-unstyled"] = await page.evaluate(WIDTH);
    await page.width(320);
    await page.show(html);
    measures["width-320"] = await page.evaluate(WIDTH);
    measures["torn-320"] = await page.evaluate(TORN);
    await page.width(375);
    measures["width-375"] = await page.evaluate(WIDTH);
    measures["torn-375"] = await page.evaluate(TORN);
    await page.evaluate(LARGE);
    measures["width-375-text-200"] = await page.evaluate(WIDTH);
    await page.width(700);
    await page.show(html);
    measures["width-700"] = await page.evaluate(WIDTH);
    await page.evaluate(axeSource);
    const violations = [];
    for (const scheme of ["light", "dark"]) {
      await page.scheme(scheme);
      measures[`contrast-${scheme}`] = await page.evaluate(CONTRAST);
      for (const rule of await page.evaluate(AXE)) violations.push(`${scheme}: ${rule}`);
    }
    measures.axe = { value: violations.length, what: violations.join("; ") };
    console.log(JSON.stringify({ page: parseInt(name), measures }));
  }
} finally {
  await page.close();
}
