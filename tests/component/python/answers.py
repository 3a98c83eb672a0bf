"""Records what a person decides about a mail. Each function claims the mail as a worker does, so that nothing is decided while it
is being sent, and returns false then, or where the question is not open any more: show the mail anew.
"""

import contextlib

from loop import settle_doubt


@contextlib.contextmanager
def taken(erp, mail, now, question=None):
    """Claims a mail for a person, in a transaction, and makes it due at the end. Gives none where a worker has it, or where
    `question` is not the one that is open.
    """
    with erp.transaction():
        known = erp.read(mail)
        answers = question is None or known["question"] == question
        if answers and erp.claim(mail, known["revision"], now):
            yield erp.read(mail)
            erp.wake(mail, now)
            erp.change("UPDATE mail SET claimed_until = NULL WHERE id = ?", mail)
        else:
            yield None


def answer_in_doubt(erp, plugin, mail, send_again, now):
    """Answers whether a mail that may have left is sent again, or held for good."""
    with taken(erp, mail, now, "in-doubt") as known:
        if known and send_again:
            settle_doubt(erp, plugin, known, "not-found", now)
        elif known:
            erp.update(known, held=True)
    return known is not None


def answer_fallback(erp, mail, may, now):
    """Answers whether a mail may leave by the fallback."""
    with taken(erp, mail, now, "fallback") as known:
        if known:
            erp.update(known, fallback_answer="yes" if may else "no")
    return known is not None


def hold(erp, mail, held, now):
    """Holds a mail, or releases it."""
    with taken(erp, mail, now) as known:
        if known:
            erp.update(known, held=held)
    return known is not None


def put_right(erp, plugin, account, now):
    """Decides the mails of an account anew, after a sign-in, a change of its settings, or a cleared mark. What waits for
    something else goes on waiting.
    """
    with erp.transaction():
        erp.end_pause(account, now, now)
        waiting = erp.rows(
            "SELECT mail.id FROM mail WHERE mail.company = ? AND mail.state = 'person' AND mail.question IS NULL"
            " AND (mail.account = ? OR EXISTS (SELECT 1 FROM mail_attempt WHERE mail_attempt.mail = mail.id"
            " AND mail_attempt.account = ?))",
            erp.company, account, account,
        )  # fmt: skip
    for row in waiting:
        with taken(erp, row["id"], now) as known:
            for attempt in known["attempts"] if known else ():
                if attempt["account"] == account and attempt["outcome"] in ("needs-sign-in", "permanent"):
                    memo = plugin.ask_plain("schedule", "memo", "transient", None, None, attempt["detail"])
                    again = "UPDATE mail_attempt SET memo = ?, outcome = 'transient' WHERE mail = ? AND number = ?"
                    erp.change(again, memo, row["id"], attempt["number"])


def release_address(erp, address, now):
    """Allows writing to an address again. Only newer evidence suppresses it from now on."""
    with erp.transaction():
        release = "UPDATE mail_suppression SET released = ? WHERE company = ? AND address = ?"
        erp.change(release, now, erp.company, address.lower())
