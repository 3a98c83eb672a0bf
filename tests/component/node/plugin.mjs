// Loads what jco made of postroom.wasm, and calls it as the contract asks: one company's instance, one call at a time,
// and an instance that trapped never called again.
//
// What Node can't do is to bound the time and the memory of a call. A server that gives the plugin what strangers wrote
// runs this in a worker of its own, and ends the worker.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

/** Its memory never shrinks: after so many calls another instance takes its place. */
const CALLS_OF_AN_INSTANCE = 10_000;

/** The error of a function's result: what the plugin refused, as the contract's types have it. */
export class Refusal extends Error {
  constructor(name, error) {
    super(`${name}: ${JSON.stringify(error)}`);
    this.error = error;
  }
}

/** The call came to no answer: the instance trapped, or an argument has not the form of the contract. */
export class Interruption extends Error {
  constructor(name, cause) {
    super(`${name} came to no answer: ${cause.message}`, { cause });
  }
}

/** The component; each of its interfaces is a property: `plugin.composing.compose(job)`. */
export class Plugin {
  #instantiate;
  #instance = null;
  #calls = 0;

  /** Loads the folder that transpile.mjs wrote. `imports` has an object of functions for each interface. */
  static async load(folder, imports) {
    const { instantiate } = await import(pathToFileURL(join(folder, "plugin.js")));
    const modules = new Map();
    const moduleOf = (name) => {
      if (!modules.has(name)) modules.set(name, new WebAssembly.Module(readFileSync(join(folder, name))));
      return modules.get(name);
    };
    const named = Object.entries(imports).map(([name, functions]) => [`postroom:plugin/${name}`, functions]);
    return new Plugin(() => instantiate(moduleOf, Object.fromEntries(named)));
  }

  constructor(instantiate) {
    this.#instantiate = instantiate;
    this.#instance = instantiate();
    for (const [name, functions] of Object.entries(this.#instance)) {
      // Each is there a second time by the name that it has in the component, with its version.
      if (name.includes(":")) continue;
      const calls = Object.keys(functions).map((f) => [f, (...values) => this.#call(name, f, values)]);
      this[name] = Object.fromEntries(calls);
    }
  }

  /** Takes another instance, which remembers nothing. */
  replaceInstance() {
    this.#instance = this.#instantiate();
    this.#calls = 0;
  }

  #call(name, f, values) {
    if (!this.#instance || this.#calls >= CALLS_OF_AN_INSTANCE) this.replaceInstance();
    this.#calls += 1;
    try {
      return this.#instance[name][f](...values);
    } catch (error) {
      const trapped = error instanceof Error;
      if (trapped || isOfHostileInput(error)) this.#instance = null;
      throw trapped ? new Interruption(`${name}.${f}`, error) : new Refusal(`${name}.${f}`, error);
    }
  }
}

/**
 * Whether an error is one after which the contract asks for another instance: a document or a message that was refused
 * or malformed, a template that failed. Not after each one: jco makes all its functions anew, for a quarter of a second.
 */
function isOfHostileInput({ tag, val, fault }) {
  // A mail that should not be sent is "refused", too: with a reason, where a message has a sentence.
  if (tag === "refused") return typeof val === "string";
  return tag === "template" || ["refused", "malformed"].includes(tag === "document" ? val.fault : fault);
}
