// The thread that holds the conversations of smtp.mjs, one after the other.

import { workerData } from "node:worker_threads";
import { Progress } from "./progress.mjs";
import { submit } from "./smtp_conversation.mjs";

const { memory, port } = workerData;
const progress = new Progress(memory);

// Also after an error that nothing caught: nobody else can wake the thread that waits.
process.on("exit", () => progress.end());

port.on("message", async (question) => {
  port.postMessage(await submit(question, progress));
  progress.step();
});
