// From the pieces of a composed mail to the bytes that leave.

const LINE = 76;
const CRLF_DOT = Buffer.from("\r\n.");

/** The message: text as it is, files in base64 or as they are. Throws where a file is missing. */
export function messageBytes(chunks, files) {
  const pieces = chunks.map(({ tag, val }) => {
    if (tag === "text") return Buffer.from(val);
    const content = files.get(val);
    if (!content) throw new Error(`there is no file ${val}`);
    return tag === "attachment" ? base64Lines(content) : content;
  });
  return Buffer.concat(pieces);
}

function base64Lines(content) {
  const encoded = Buffer.from(content).toString("base64");
  return Buffer.from(encoded.match(new RegExp(`.{1,${LINE}}`, "g"))?.join("\r\n") ?? "");
}

/**
 * The message as it goes over the line, without the final dot: a dot that begins a line is doubled, and the last line
 * ends (RFC 5321 section 4.5.2).
 */
export function dotStuffed(message) {
  const pieces = message[0] === 0x2e ? [Buffer.from(".")] : [];
  let from = 0;
  for (let at = message.indexOf(CRLF_DOT); at >= 0; at = message.indexOf(CRLF_DOT, at + CRLF_DOT.length)) {
    pieces.push(message.subarray(from, at + CRLF_DOT.length), Buffer.from("."));
    from = at + CRLF_DOT.length;
  }
  pieces.push(message.subarray(from));
  if (!message.subarray(-2).equals(Buffer.from("\r\n"))) pieces.push(Buffer.from("\r\n"));
  return Buffer.concat(pieces);
}
