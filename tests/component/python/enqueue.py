"""Composes a mail and stores it to be sent: one transaction, which uses no network."""

import json
import secrets

from embed import job_of


def enqueue(erp, plugin, wanted, request, files, now):
    """Composes a mail, unless this request did already, and gives its id.

    `wanted` is what embed.py takes, `files` maps handles to bytes for the imports. `bounces` is an address of which each mail
    gets a variant of its own as return path.
    """
    with erp.transaction():
        known = erp.row(
            "SELECT id FROM mail WHERE company = ? AND document = ? AND use_case = ? AND request = ?",
            erp.company, wanted["document_id"], wanted["use_case"], request,
        )  # fmt: skip
        if known:
            return known["id"]
        mail = secrets.token_hex(16)
        return_path = None
        if wanted.get("bounces"):
            local, domain = wanted["bounces"].lower().split("@")
            return_path = f"{local}+{secrets.token_hex(10)}@{domain}"
        options = {"return_path": return_path} if return_path else {}
        job = job_of(plugin, {**wanted, "id": mail, "now": now, "options": options}, files)
        message = plugin.ask("composing", "compose", job)
        outgoing = message["mail"]
        erp.insert(
            "mail",
            id=mail,
            company=erp.company,
            document=wanted["document_id"],
            use_case=wanted["use_case"],
            request=request,
            created=now,
            outgoing=json.dumps(outgoing),
            message_id=outgoing["message-id"],
            subject=message["subject"],
            return_path=return_path,
            account=wanted["account_name"],
            send_at=wanted.get("send_at"),
            next_at=now,
        )
        # Only files that travel: the format may leave some out.
        named = {it["file"] for it in outgoing["files"]}
        for of in wanted["files"]:
            if of["handle"] in named:
                erp.insert(
                    "mail_file",
                    mail=mail,
                    handle=of["handle"],
                    file_name=of["name"],
                    media_type=of["media_type"],
                    role=of["role"],
                    content=files[of["handle"]],
                )
        for place, address in enumerate(outgoing["envelope"]["recipients"]):
            erp.insert("mail_recipient", mail=mail, place=place, address=address)
        queued = {"recipient": None, "kind": "queued", "at": now, "source": "host", "code": None, "words": None}
        erp.add_events(plugin, mail, [queued], now)
    return mail
