// What the plugin may reach, besides `smtp`: files by their handles, the log, and, where there is no such account, the
// honest answer. An import answers whatever happens: jco takes what is thrown for the error of the result where it is a
// plain value, and an Error ends the instance.

/** Files by handle, a Map of Uint8Array. Their bytes enter the sandbox only where a rule looks at them. */
export function attachments(files) {
  return {
    read(handle, offset, length) {
      const content = files.get(handle);
      if (!content) throw { tag: "unknown-handle" };
      return { tag: "bytes", val: content.subarray(offset, offset + length) };
    },
  };
}

/** Log lines, to standard error. */
export const log = {
  write(level, message) {
    console.error(`${level}: ${message}`);
  },
};

function unknownAccount() {
  throw { tag: "unknown-account" };
}

/**
 * For a program that has no mailbox. Every function of the interface is here, those too that today's file does not
 * import: a later one may, and then runs in this program as it is.
 */
export const imap = {
  folders: unknownAccount,
  state: unknownAccount,
  search: unknownAccount,
  fetchEnvelopes: unknownAccount,
  fetchHeaders: unknownAccount,
  fetchMessage: unknownAccount,
  fetchPart: unknownAccount,
  append: unknownAccount,
  setFlags: unknownAccount,
  probe: (accountName) => notTested(accountName),
};

/** For a program that calls no provider's API. */
export const web = { call: unknownAccount };

/** The report of a connection test that this program does not make. */
export function notTested(accountName) {
  return { steps: [], failure: failure("prepare", "permanent", `${accountName} is not tested here`), capabilities: [] };
}

/** A `transport.failure`. */
export function failure(stage, verdict, detail, code, words) {
  return { stage, verdict, code, words, detail, retryAfter: undefined };
}

/** A `transport.submission-failure`: the mail was taken for nobody, or that is not known. */
export function notSubmitted(problem, replyCode, recipients = []) {
  return { failure: problem, replyCode, recipients };
}
