// transpile.mjs COMPONENT FOLDER: makes JavaScript of a component, once for each file. What it writes needs no package.
//
// This script does, and runs where package.json was installed (`npm ci`). Then `node embed.mjs JOB` needs Node alone.

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { transpile, writeFiles } from "@bytecodealliance/jco-transpile";

const [component, folder] = process.argv.slice(2);
const { files } = await transpile(component, {
  name: "plugin",
  outDir: folder,
  // The imports are given for each instance: one that trapped is thrown away, and another takes its place.
  instantiation: "sync",
  // An error of a function's result is thrown as it is. Whatever is thrown and is an Error is then no answer.
  noComponentErrorWrapping: true,
  // Files are read by the program, so that nothing in the generated code asks whether it runs in Node.
  nodejsCompat: false,
});
await writeFiles(files);
// Node would have to guess otherwise.
writeFileSync(join(folder, "package.json"), '{ "type": "module" }\n');
