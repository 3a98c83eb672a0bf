"""Loads postroom.wasm from Python, composes one mail and sends it with smtplib: what a business system that is
not written in Rust would do. The imports that it needs (attachments, log, smtp) are the three classes below.

Takes one argument, a JSON file that says what to send, and prints JSON: recipients, outcome and status. Run by
python.rs beside it; reads nothing else.
"""

import base64
import json
import smtplib
import sys

import wasmtime
from wasmtime import component
from wasmtime.component import Record, Variant

PACKAGE = "postroom:plugin/{}@0.1.0"


def record(**fields):
    """A record of the contract: fields_with_underscores become the-names-of-the-contract."""
    made = Record()
    for name, value in fields.items():
        setattr(made, name.rstrip("_").replace("_", "-"), value)
    return made


class Attachments:
    """Files by handle. Their bytes enter the sandbox only where a rule looks at the first few."""

    def __init__(self, files):
        self.files = files

    def read(self, _store, handle, offset, length):
        content = self.files.get(handle)
        # None is the case without payload: unknown-handle.
        return None if content is None else content[offset : offset + length]


class Log:
    """Log lines, to standard error."""

    def write(self, _store, level, message):
        print(f"{level}: {message}", file=sys.stderr)


class Smtp:
    """Accounts of the host, by name. The plugin never learns more of one than its name."""

    def __init__(self, accounts, files):
        self.accounts = accounts
        self.files = files

    def submit(self, _store, message):
        host, port = self.accounts[message.account]
        # Chunks are text, or the handle of a file whose base64 stands there in lines of 76 characters.
        pieces = [c.encode() if isinstance(c, str) else lines(self.files[c]) for c in message.chunks]
        try:
            with smtplib.SMTP(host, port, timeout=20) as server:
                server.ehlo()
                mail = ["BODY=8BITMIME", f"SIZE={message.size}"] + ["SMTPUTF8"] * message.smtputf8
                self.ask(server.mail(getattr(message, "mail-from"), mail), "sender")
                replies = []
                for to in message.recipients:
                    notify = [f"NOTIFY={','.join(to.notify).upper()}"] if to.notify else []
                    replies.append(record(address=to.address, reply=reply(*server.rcpt(to.address, notify))))
                if not any(r.reply.code < 300 for r in replies):
                    return Variant("err", failure("recipient", replies[0].reply, replies))
                # smtplib would take bytes that end in CRLF as they are, and doubles the dots.
                answer = self.ask(server.data(b"".join(pieces)), "data")
                return Variant("ok", record(server=host, reply=answer, recipients=replies, dsn=server.has_extn("dsn")))
        except Refused as refused:
            return Variant("err", failure(refused.stage, refused.reply, []))
        except OSError as error:
            return Variant("err", failure("connect", None, [], str(error)))

    def ask(self, answer, stage):
        answer = reply(*answer)
        if answer.code >= 300:
            raise Refused(stage, answer)
        return answer

    def probe(self, _store, account):
        return record(steps=[], failure=failure("prepare", None, [], f"{account} is not tested here"), extensions=[])


class Refused(Exception):
    """A server's reply that ends the conversation."""

    def __init__(self, stage, answer):
        super().__init__(answer.text)
        self.stage, self.reply = stage, answer


def lines(content):
    encoded = base64.b64encode(content)
    return b"\r\n".join(encoded[at : at + 76] for at in range(0, len(encoded), 76))


def reply(code, words):
    words = words.decode("utf-8", "replace")
    first, _, rest = words.partition(" ")
    enhanced = first if first[:2] in ("2.", "4.", "5.") else None
    return record(code=code, enhanced=enhanced, text=rest if enhanced else words)


def failure(stage, answer, recipients, detail=None):
    permanent = answer is not None and answer.code >= 500
    return record(
        stage=stage,
        verdict="permanent" if permanent else "transient",
        reply=answer,
        detail=detail or f"{stage}: \"{answer.text}\"",
        retry_after=None,
        recipients=recipients,
    )


def absent(*_):
    """This program has no mailbox and no provider's API; sending by SMTP asks for neither."""
    raise NotImplementedError


class Plugin:
    """The component, with what it may reach."""

    def __init__(self, path, attachments, log, smtp):
        engine = wasmtime.Engine()
        self.store = wasmtime.Store(engine)
        linker = component.Linker(engine)
        with linker.root() as root:
            for name, functions in {
                "attachments": {"read": attachments.read},
                "log": {"write": log.write},
                "smtp": {"submit": smtp.submit, "probe": smtp.probe},
                "imap": dict.fromkeys(("folders", "search", "fetch-envelopes", "fetch-message", "append"), absent),
                "web": {"call": absent},
            }.items():
                with root.add_instance(PACKAGE.format(name)) as instance:
                    for function, implementation in functions.items():
                        instance.add_func(function, implementation)
        self.instance = linker.instantiate(self.store, component.Component.from_file(engine, path))

    def call(self, interface, function, *arguments):
        """Calls an export; an `err` of its result is raised."""
        exports = self.instance.get_export_index(self.store, PACKAGE.format(interface))
        index = self.instance.get_export_index(self.store, function, exports)
        called = self.instance.get_func(self.store, index)
        answer = called(self.store, *arguments)
        if isinstance(answer, Variant):
            if answer.tag != "ok":
                raise SystemExit(f"{interface}.{function}: {answer.tag}: {vars_of(answer.payload)}")
            answer = answer.payload
        return answer


def vars_of(value):
    """A value of the contract as JSON has it."""
    if isinstance(value, Variant):
        return {value.tag: vars_of(value.payload)}
    if isinstance(value, list):
        return [vars_of(item) for item in value]
    if hasattr(value, "__dict__"):
        return {name: vars_of(item) for name, item in vars(value).items()}
    return value


def main(path):
    with open(path, encoding="utf-8") as file:
        wanted = json.load(file)
    files = {f["handle"]: base64.b64decode(f["content"]) for f in wanted["files"]}
    account = wanted["account"]
    plugin = Plugin(wanted["plugin"], Attachments(files), Log(), Smtp({"office": tuple(account)}, files))

    document = record(media_type=wanted["media_type"], content=base64.b64decode(wanted["document"]))
    typed = record(to=None, cc=None, bcc=None, reply_to=None)
    settings, now = wanted["settings"], wanted["now"]
    resolution = plugin.call("recipients", "resolve", document, wanted["use_case"], settings, typed)
    portal = wanted["portal"]
    job = record(
        id=wanted["id"],
        now=now,
        document=document,
        use_case=wanted["use_case"],
        language=wanted["language"],
        settings=settings,
        sender=record(name=None, address=wanted["sender"]),
        recipients=resolution.entries,
        attachments=[
            record(
                handle=f["handle"],
                file_name=f["name"],
                media_type=f["media_type"],
                size=len(files[f["handle"]]),
                role=f["role"],
            )
            for f in wanted["files"]
        ],
        format=wanted["format"],
        portal=portal and record(view_url=portal[0], pdf_url=portal[1]),
        edits=None,
        thread=None,
        automatic=False,
        mode="account",
        insist=[],
    )
    message = plugin.call("composing", "compose", job)

    parcel = record(
        message_id=getattr(message, "message-id"),
        envelope=message.envelope,
        chunks=message.chunks,
        enclosures=[record(file=handle, size=len(content)) for handle, content in files.items()],
        size=message.size,
        sender=None,
        check_opens=False,
        needs_smtputf8=getattr(message, "needs-smtputf8"),
        envelope_id=None,
        notify_delivered=False,
    )
    outcome = plugin.call("delivery", "submit", parcel, record(account="office", transport="smtp"), now)
    timeline = plugin.call("tracking", "fold", message.envelope.recipients, outcome.events, now)
    json.dump(
        {
            "recipients": message.envelope.recipients,
            "outcome": vars_of(outcome),
            "status": plugin.call("tracking", "label", timeline.status),
            "reason": timeline.reason,
        },
        sys.stdout,
    )


if __name__ == "__main__":
    main(sys.argv[1])
