"""The plugin's import `smtp`, by Python's smtplib: one submission, and what the server said at which stage.

What matters most is where the line was lost. Before the final dot nothing was sent; once it left, the mail may be on its
way without an answer, and must not be sent again before somebody looked: `in-doubt`. smtplib's own `sendmail` can't tell
the two apart, so the commands are given one by one.
"""

import base64
import smtplib
import socket

from postroom_plugin import record

TIMEOUT_SECONDS = 20


class Smtp:
    """Accounts of the host, by name. The plugin never learns more of one than its name."""

    def __init__(self, accounts, files):
        self.accounts = accounts
        self.files = files

    def submit(self, message):
        name = getattr(message, "account-name")
        if name not in self.accounts:
            return {"err": not_submitted(failure("login", "permanent", f"there is no account {name}"))}
        attempt = Attempt(self.accounts[name], message, self.files)
        try:
            return {"ok": attempt.run()}
        except Refused as refused:
            return {"err": attempt.refused(refused.reply)}
        except ValueError as error:
            # An address that no command of this conversation can carry.
            return {"err": not_submitted(failure("prepare", "permanent", str(error)))}
        except (OSError, smtplib.SMTPException, NoReply) as error:
            return {"err": attempt.broken(error)}

    def probe(self, account):
        problem = failure("prepare", "transient", f"{account} is not tested here")
        return record(steps=[], failure=problem, capabilities=[])


class Refused(Exception):
    """A server's reply that ends the conversation."""

    def __init__(self, reply):
        super().__init__(reply.text)
        self.reply = reply


class NoReply(Exception):
    """What came is no reply of SMTP, or only a part of one: the line is broken, whatever it says."""


class Attempt:
    """One conversation, and how far it came."""

    def __init__(self, account, message, files):
        self.host, self.port = account
        self.message = message
        self.files = files
        self.stage = "resolve"
        self.replies = []

    def run(self):
        socket.getaddrinfo(self.host, self.port, type=socket.SOCK_STREAM)
        self.stage = "connect"
        with socket.create_connection((self.host, self.port), TIMEOUT_SECONDS) as connection:
            server = smtplib.SMTP(timeout=TIMEOUT_SECONDS)
            server.sock, server.file = connection, None
            self.stage = "greeting"
            self.take(server.getreply())
            self.take(server.ehlo("embedder.example"))
            self.fits(server)
            self.envelope(server)
            answer = self.data(server)
            return record(server=self.host, reply=answer, recipients=self.replies, dsn=server.has_extn("dsn"))

    def fits(self, server):
        """What the server announced rules some messages out, before anything was sent."""
        if self.message.smtputf8 and not server.has_extn("smtputf8"):
            raise Refused(reply(550, b"5.6.7 the server has no SMTPUTF8, which an address of this mail needs"))
        largest = server.esmtp_features.get("size", "")
        if largest.isdigit() and 0 < int(largest) < self.message.size:
            raise Refused(reply(552, b"5.3.4 the mail is larger than the server takes"))

    def envelope(self, server):
        self.stage = "sender"
        dsn = server.has_extn("dsn")
        options = ["BODY=8BITMIME"] * server.has_extn("8bitmime")
        options += [f"SIZE={self.message.size}"] * server.has_extn("size")
        options += ["SMTPUTF8"] * self.message.smtputf8
        envelope_id = getattr(self.message, "envelope-id")
        if dsn and envelope_id:
            options.append(f"ENVID={xtext(envelope_id)}")
        if self.message.smtputf8:
            server.command_encoding = "utf-8"
        self.take(server.mail(getattr(self.message, "mail-from"), options))
        self.stage = "recipient"
        for to in self.message.recipients:
            notify = [f"NOTIFY={','.join(to.notify).upper()}"] if dsn and to.notify else []
            self.replies.append(record(address=to.address, reply=reply(*server.rcpt(to.address, notify))))
        if not any(r.reply.code < 300 for r in self.replies):
            codes = [r.reply for r in self.replies]
            # One that may be tried again makes the whole attempt one.
            raise Refused(next((r for r in codes if r.code < 500), codes[0]))

    def data(self, server):
        self.stage = "data"
        self.take(server.docmd("DATA"), expected=3)
        # Dots at the beginning of lines are doubled (RFC 5321 section 4.5.2). Chunks are text, or the handle of a file
        # whose base64 stands there in lines of 76 characters, none of which begins with a dot, or whose bytes do.
        body = b"".join(self.piece(chunk) for chunk in self.message.chunks).replace(b"\r\n.", b"\r\n..")
        body = b"." + body if body.startswith(b".") else body
        server.send(body if body.endswith(b"\r\n") else body + b"\r\n")
        # From here on nobody knows, until the server has answered.
        self.stage = "after-dot"
        server.send(b".\r\n")
        return self.take(server.getreply())

    def piece(self, chunk):
        if chunk.tag == "text":
            return chunk.payload.encode()
        content = self.files[chunk.payload]
        return lines(content) if chunk.tag == "attachment" else content

    def take(self, answer, expected=2):
        """The reply, where it is of the class that is expected; what is neither that nor a refusal is no reply."""
        answer = reply(*answer)
        if answer.code // 100 == expected:
            return answer
        if answer.code < 400:
            raise NoReply(f"{answer.code} {answer.text}")
        raise Refused(answer)

    def refused(self, answer):
        verdict = "permanent" if answer.code >= 500 else "transient"
        # A refusal after the dot is an answer about the data; in doubt is what has none.
        stage = "data" if self.stage == "after-dot" else self.stage
        detail = f"{self.host} at {stage}: \"{answer.text}\""
        problem = failure(stage, verdict, detail, answer.enhanced or str(answer.code), answer.text)
        return not_submitted(problem, answer.code, self.replies)

    def broken(self, error):
        verdict = "in-doubt" if self.stage == "after-dot" else "transient"
        problem = failure(self.stage, verdict, f"{self.host} at {self.stage}: {error}")
        return not_submitted(problem, None, self.replies)


def lines(content):
    encoded = base64.b64encode(content)
    return b"\r\n".join(encoded[at : at + 76] for at in range(0, len(encoded), 76))


def xtext(value):
    """RFC 3461 section 4."""
    return "".join(c if "!" <= c <= "~" and c not in "+=" else f"+{ord(c):02X}" for c in value)


def reply(code, words):
    words = words.decode("utf-8", "replace")
    # smtplib gives what it could make of a line: 25 of a reply that was cut, -1 of one without a number.
    if not 200 <= code <= 599:
        raise NoReply(f"{code} {words}")
    first, _, rest = words.partition(" ")
    enhanced = first if first[:2] in ("2.", "4.", "5.") else None
    return record(code=code, enhanced=enhanced, text=rest if enhanced else words)


def failure(stage, verdict, detail, code=None, words=None):
    return record(stage=stage, verdict=verdict, code=code, words=words, detail=detail, retry_after=None)


def not_submitted(problem, reply_code=None, recipients=()):
    """The mail was taken for nobody, or that is not known."""
    return record(failure=problem, reply_code=reply_code, recipients=list(recipients))
