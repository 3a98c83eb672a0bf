"""Loads postroom.wasm from Python, composes one mail and sends it with smtplib: what a business system that is
not written in Rust would do. What the plugin may reach are the two classes below, and `smtp_submission.Smtp`;
`postroom_plugin` is the glue.

Takes one argument, a JSON file that says what to send, and prints JSON: recipients, outcome, status, and what the
plugin would do next. Run by python.rs beside it; reads nothing else.
"""

import base64
import json
import sys

from postroom_plugin import Plugin, plain, record, to_component
from smtp_submission import Smtp


class Attachments:
    """Files by handle. Their bytes enter the sandbox only where a rule looks at the first few."""

    def __init__(self, files):
        self.files = files

    def read(self, handle, offset, length):
        content = self.files.get(handle)
        if content is None:
            return {"err": "unknown-handle"}
        # As text a block is one value, as bytes one value for each.
        return {"ok": {"base64": base64.b64encode(content[offset : offset + length]).decode()}}


class Log:
    """Log lines, to standard error."""

    def write(self, level, message):
        print(f"{level}: {message}", file=sys.stderr)


class Remembering(Smtp):
    """Submits, and remembers what the server answered."""

    answer = None

    def submit(self, message):
        self.answer = super().submit(message)
        return self.answer


def settled(plugin, recipients, answer, now):
    """What a program is told that submits by itself, without `delivery`: the very same."""
    _, kind = plugin.function("schedule", "settle")
    return plugin.ask("schedule", "settle", recipients, to_component(dict(kind.params)["answer"], answer), now)


def job_of(plugin, wanted, files):
    """Resolves whom the mail goes to, and says what it is to be made of."""
    document = record(media_type=wanted["media_type"], content=wanted["document"])
    wanted_to = record(to=wanted["to"], cc=None, bcc=None, reply_to=None)
    settings, portal = wanted["settings"], wanted["portal"]
    options = {"format": wanted["format"], **wanted.get("options", {})}
    if portal:
        options["portal"] = {"view_url": portal[0], "pdf_url": portal[1]}
    resolution, _ = plugin.call("recipients", "resolve", document, wanted["use_case"], settings, wanted_to)
    return record(
        id=wanted["id"],
        now=wanted["now"],
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
        options=json.dumps(options),
    )


def main(path):
    with open(path, encoding="utf-8") as file:
        wanted = json.load(file)
    files = {f["handle"]: base64.b64decode(f["content"]) for f in wanted["files"]}
    account = wanted["account"]
    smtp = Remembering({"office": tuple(account)}, files)
    served = {"attachments": Attachments(files), "log": Log(), "smtp": smtp}
    plugin = Plugin(wanted["plugin"], served, wanted["compiled"])

    now = wanted["now"]
    job = job_of(plugin, wanted, files)
    message, _ = plugin.call("composing", "compose", job)

    # The mail leaves as it is; this attempt names all of its recipients.
    mail = message.mail
    route = record(account_name="office", transport="smtp")
    submitted, kind = plugin.call("delivery", "submit", mail, mail.envelope.recipients, "", route, now)
    timeline, _ = plugin.call("tracking", "fold", mail.envelope.recipients, submitted.settlement.events, now)
    # A host keeps the attempt, with what came of it, before and after; here is only one, and what would be next.
    report = plain(kind, submitted)
    attempt = record(at=now, route=route, memo=submitted.settlement.memo)
    facts = record(
        id=wanted["id"],
        recipients=mail.envelope.recipients,
        events=submitted.settlement.events,
        send_at=None,
        held=False,
        attempts=[attempt],
        route=route,
        fallback=None,
        fallback_policy="off",
        patience=0,
        compromised=False,
        pause=None,
        fallback_pause=None,
        can_look_in_sent=False,
    )
    accepted = report["settlement"]["outcome"] == "accepted"
    json.dump(
        {
            "recipients": mail.envelope.recipients,
            "outcome": report,
            "settled": settled(plugin, mail.envelope.recipients, smtp.answer, now),
            "outstanding": plugin.ask("schedule", "outstanding", mail.envelope.recipients, submitted.settlement.events),
            "next": None if accepted else plugin.ask("schedule", "decide", facts, now),
            "status": plugin.ask("tracking", "label", timeline.status, "en"),
            "reason": timeline.reason.detail,
        },
        sys.stdout,
    )


if __name__ == "__main__":
    main(sys.argv[1])
