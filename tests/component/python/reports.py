"""Takes what comes back about mails: messages in the mailbox, webhooks of providers. The mail is looked up here; the plugin
says which trace counts, and what the report means for whom.
"""

import base64

# Where to look, by the kind of a trace or of a reference. A kind that a later release brings is passed over.
COLUMNS = {
    "envelope-id": ["mail_attempt.envelope_id"],
    "attempt": ["mail_attempt.envelope_id"],
    "message-id": ["mail.message_id", "mail_attempt.provider_message_id"],
    "provider-id": ["mail_attempt.provider_id"],
}


def find(erp, kind, value, account=None):
    """Finds the mail of a trace or a reference, among those of the company, and of the account where one is named."""
    for column in COLUMNS.get(kind, ()):
        found = erp.row(
            "SELECT mail.id FROM mail JOIN mail_attempt ON mail_attempt.mail = mail.id WHERE mail.company = ?"
            f" AND {column} = ? AND mail_attempt.account = COALESCE(?, mail_attempt.account)",
            erp.company, value, account,
        )  # fmt: skip
        if found:
            return found["id"]
    return None


def follow(erp, trace):
    """Finds the mail of a report's trace. A return address is made for reports by servers, and proves nothing else."""
    if trace["kind"] == "return-address":
        if "bounce" not in trace["purposes"]:
            return None
        at = trace["value"].lower()
        found = erp.row("SELECT id FROM mail WHERE company = ? AND return_path = ?", erp.company, at)
        return found and found["id"]
    return find(erp, trace["kind"], trace["value"])


def take_message(erp, plugin, message, now):
    """Takes a message that came in. Gives its kind, the mail that it is about, and the kind of trace that led there."""
    own = erp.own_addresses
    content = {"base64": base64.b64encode(message).decode()}
    report = plugin.ask_plain("inbound", "classify", content, own, now)
    for trace in plugin.ask_plain("matching", "traces", report):
        mail = follow(erp, trace)
        if mail:
            to = erp.read(mail)["recipients"]
            facts = plugin.ask_plain("matching", "facts", report, to, own)
            suppressions = plugin.ask_plain("suppressions", "of-report", report, trace["kind"], to, own)
            with erp.transaction():
                erp.add_events(plugin, mail, facts, now)
                erp.suppress(mail, suppressions)
            return {"kind": report["kind"], "mail": mail, "by": trace["kind"]}
    return {"kind": report["kind"], "mail": None, "by": None}


def take_webhook(erp, plugin, account, provider, body, now):
    """Takes a provider's report about an account's mails; the caller has verified its signature. Gives the number of notices
    that led to a mail.
    """
    matched = 0
    for notice in plugin.ask_plain("webhooks", "read", provider, body)["notices"]:
        references = [next(iter(reference.items())) for reference in notice["references"]]
        mails = (find(erp, kind, value, account) for kind, value in references)
        mail = next((mail for mail in mails if mail), None)
        if mail:
            to = erp.read(mail)["recipients"]
            suppression = plugin.ask_plain("suppressions", "of-notice", notice, to, erp.own_addresses)
            with erp.transaction():
                erp.add_events(plugin, mail, [notice["fact"]], now)
                erp.suppress(mail, [suppression] if suppression else [])
            matched += 1
    return matched
