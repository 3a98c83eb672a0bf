// Runs Chromium without a screen and speaks its protocol over two pipes. The browser has a profile of its own and no way
// to the network.

import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, existsSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";

const NAMES = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

function found() {
  for (const folder of (process.env.PATH ?? "").split(delimiter)) {
    for (const name of NAMES) {
      if (folder && existsSync(join(folder, name))) return join(folder, name);
    }
  }
  throw new Error("no Chromium on the path: install the package `chromium`");
}

/** Starts the browser and gives a page: `send(method, params)`, `evaluate(expression)`, `show(html)`, `close()`. */
export async function open() {
  const profile = mkdtempSync(join(tmpdir(), "postroom-chromium-"));
  const rootless = process.getuid?.() === 0 ? ["--no-sandbox"] : [];
  const browser = spawn(found(), [
    "--headless", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync", "--hide-scrollbars",
    "--disable-background-networking", "--disable-component-update", "--host-resolver-rules=MAP * ~NOTFOUND",
    "--force-device-scale-factor=1", "--disable-dev-shm-usage",
    `--user-data-dir=${profile}`, "--remote-debugging-pipe", ...rootless,
  ], { stdio: ["ignore", "ignore", "ignore", "pipe", "pipe"], env: { PATH: process.env.PATH, HOME: profile, LANG: "C.UTF-8" } });
  const [into, outOf] = [browser.stdio[3], browser.stdio[4]];
  const waiting = new Map();
  let next = 1;
  let rest = [];
  const fail = (why) => {
    for (const { reject } of waiting.values()) reject(new Error(why));
    waiting.clear();
  };
  browser.on("exit", (code) => fail(`Chromium ended with ${code}`));
  browser.on("error", (error) => fail(String(error)));
  outOf.on("data", (chunk) => {
    let start = 0;
    for (let at = chunk.indexOf(0); at >= 0; at = chunk.indexOf(0, start)) {
      const message = JSON.parse(Buffer.concat([...rest, chunk.subarray(start, at)]).toString("utf8"));
      rest = [];
      start = at + 1;
      const call = waiting.get(message.id);
      if (!call) continue;
      waiting.delete(message.id);
      if (message.error) call.reject(new Error(`${call.method}: ${message.error.message}`));
      else call.resolve(message.result);
    }
    rest.push(chunk.subarray(start));
  });
  const call = (method, params, sessionId) => new Promise((resolve, reject) => {
    const id = next++;
    waiting.set(id, { resolve, reject, method });
    into.write(`${JSON.stringify({ id, method, params, sessionId })}\0`);
  });
  const { targetId } = await call("Target.createTarget", { url: "about:blank" });
  const { sessionId } = await call("Target.attachToTarget", { targetId, flatten: true });
  const send = (method, params = {}) => call(method, params, sessionId);
  await send("Page.enable");
  const { frameTree } = await send("Page.getFrameTree");
  const evaluate = async (expression) => {
    const { result, exceptionDetails } = await send("Runtime.evaluate", { expression, awaitPromise: true, returnByValue: true });
    if (exceptionDetails) throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
    return result.value;
  };
  return {
    send,
    evaluate,
    /** Shows a page, its pictures read. */
    async show(html) {
      await send("Page.setDocumentContent", { frameId: frameTree.frame.id, html });
      await evaluate("Promise.all([...document.images].map((image) => image.decode().catch(() => {})))");
    },
    async width(width, height = 800) {
      await send("Emulation.setDeviceMetricsOverride", { width, height, deviceScaleFactor: 1, mobile: false });
    },
    async scheme(value) {
      await send("Emulation.setEmulatedMedia", { features: [{ name: "prefers-color-scheme", value }] });
    },
    async picture(clip) {
      const { data } = await send("Page.captureScreenshot", { format: "png", captureBeyondViewport: true, ...(clip && { clip: { ...clip, scale: 1 } }) });
      return Buffer.from(data, "base64");
    },
    async close() {
      browser.removeAllListeners("exit");
      browser.kill();
      await new Promise((done) => browser.once("close", done));
      rmSync(profile, { recursive: true, force: true });
    },
  };
}
