"""Reads every message of a folder strictly, and prints a line for each: how many defects it has, and which.

Beside what the package itself notes, lines are looked at as they leave: they end in CRLF, and are no longer than RFC 5322
allows.
"""

import email
import email.errors
import email.policy
import pathlib
import sys

# Fields without which a mail is none, or that may stand once (RFC 5322, 3.6).
ONCE = ["From", "Date", "Message-ID", "Subject", "To", "MIME-Version", "Content-Type"]


def is_of_smtputf8(defect: Exception) -> bool:
    """The package notes a local part beyond ASCII as a defect where it is allowed, too."""
    return isinstance(defect, email.errors.NonASCIILocalPartDefect)


def defects(data: bytes) -> list[str]:
    found = []
    if data.replace(b"\r\n", b"").find(b"\n") >= 0 or data.replace(b"\r\n", b"").find(b"\r") >= 0:
        found.append("a line that does not end in CRLF")
    longest = max(len(line) for line in data.split(b"\r\n"))
    if longest > 998:
        found.append(f"a line of {longest} bytes")
    if data.isascii():
        message = email.message_from_bytes(data, policy=email.policy.SMTP)
    else:
        # Names and addresses beyond ASCII as they stand (RFC 6532): bytes of a header are not read as UTF-8.
        message = email.message_from_string(data.decode(), policy=email.policy.SMTPUTF8)
    for name in ONCE:
        if len(message.get_all(name, [])) != 1:
            found.append(f"{name} is there {len(message.get_all(name, []))} times")
    for part in message.walk():
        found.extend(repr(defect) for defect in part.defects)
        for name, value in part.items():
            found.extend(f"{name}: {defect!r}" for defect in value.defects if data.isascii() or not is_of_smtputf8(defect))
        if not part.is_multipart():
            # Decoding notes defects of the transfer encoding.
            part.get_payload(decode=True)
            found.extend(repr(defect) for defect in part.defects if repr(defect) not in found)
            if part.get_content_maintype() == "text":
                part.get_content()
    return found


for path in sorted(pathlib.Path(sys.argv[1]).glob("*.eml"), key=lambda path: int(path.stem)):
    found = defects(path.read_bytes())
    print(len(found), "; ".join(found).replace("\n", " "))
