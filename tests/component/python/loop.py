"""Sends what is due: record, `decide`, do, record. The rules are the plugin's; here are the order of the steps and the end of
each transaction.

Any number of processes may run it, and each may die at any point: an attempt that is found without a result is in doubt, and
nothing in doubt is sent again before a lookup or a person cleared it.
"""

import contextlib
import json

from erp import Lost, later

# Time until an open question is decided again, and a failed lookup repeated.
AGAIN_SECONDS = 15 * 60


class Loop:
    """A worker.

    `fresh_plugin` makes an instance; it is called again when one was lost. `files` maps handles to the bytes that the
    imports read. `clock` gives the time in UTC. `look` finds a mail in the Sent folder of an SMTP account, over IMAP, and
    answers as `delivery.look-in-sent` does; it is needed where an account has `can_look_in_sent`.
    """

    def __init__(self, erp, fresh_plugin, files, clock, look=None):
        self.erp = erp
        self.fresh_plugin = fresh_plugin
        self.plugin = fresh_plugin()
        self.files = files
        self.clock = clock
        self.look = look

    def run(self):
        """Works on what is due, as many mails as one query gives."""
        for due in self.erp.due(self.clock()):
            with self.erp.transaction():
                claimed = self.erp.claim(due["id"], due["revision"], self.clock())
            if claimed:
                # The mail is another's now; what was learned is stored already.
                with contextlib.suppress(Lost):
                    self.work(due["id"], due["revision"] + 1)

    def work(self, mail, revision):
        """Does step after step with a mail, as long as its revision says that it is this worker's."""
        goes_on = True
        while goes_on:
            known = self.erp.read(mail)
            if known["revision"] != revision:
                raise Lost(mail)
            interrupted = [attempt for attempt in known["attempts"] if attempt["memo"] is None]
            goes_on = self.settle_interruption(known, interrupted[-1]) if interrupted else self.decide(known)
            revision = known["revision"]

    def decide(self, mail):
        """Does one step, and tells whether another follows at once."""
        now = self.clock()
        action = self.plugin.ask_plain("schedule", "decide", self.facts(mail), now)
        step, what = case(action["step"])
        reason = action["reason"]
        if step == "submit":
            return self.submit(mail, what, reason)
        if step == "look-in-sent":
            return self.look_in_sent(mail, reason)
        with self.erp.transaction():
            if step == "wait-until":
                self.leave(mail, reason, next_at=later(what, 0))
            elif step == "ask-fallback":
                self.leave(mail, reason, question="fallback", next_at=later(now, AGAIN_SECONDS))
            elif step == "ask-in-doubt":
                self.leave(mail, reason, state="person", question="in-doubt")
            elif step == "hold":
                self.leave(mail, reason, state="person")
            elif step == "done":
                self.leave(mail, reason, state="done")
            elif step == "give-up":
                self.erp.add_events(self.plugin, mail["id"], what, now)
                self.leave(mail, reason, state="done")
            else:
                raise ValueError(f"the contract says that no further step joins: {step}")
        return False

    def submit(self, mail, route, reason):
        """Makes one attempt, unless a recipient is suppressed or the account waits."""
        now = self.clock()
        to = self.plugin.ask_plain("schedule", "outstanding", mail["recipients"], mail["events"])
        suppressed = self.erp.suppressed(to)
        if suppressed:
            it = suppressed[0]
            detail = f"{it['address']} is not written to since {it['since']} ({it['kind']}): {it['words'] or it['code']}"
            with self.erp.transaction():
                self.leave(mail, {"code": "suppressed", "detail": detail}, state="person")
            return False
        with self.erp.transaction():
            if not self.erp.may_try(route["account-name"], now):
                # Another worker tries the account just now.
                self.leave(mail, reason, next_at=self.erp.account(route["account-name"])["pause_until"])
                return False
            self.erp.update(mail)
            attempt = self.erp.begin_attempt(mail, route, now)
        # That the mail may have left is committed. Now the network, and no transaction is open.
        options = json.dumps({"envelope_id": attempt["envelope_id"]})
        self.files.clear()
        self.files.update(self.erp.files(mail["id"]))
        try:
            submitted = self.plugin.ask_plain("delivery", "submit", mail["outgoing"], to, options, route, now)
        except Exception as error:
            # A trap, or an import that raised: the instance is lost, and it is unknown whether the mail left.
            self.plugin = self.fresh_plugin()
            return self.settle_interruption(mail, attempt, f"the attempt broke off: {error!r}")
        with self.erp.transaction():
            # No revision is asked: where the claim ran out and another worker settled this attempt as interrupted, the server's
            # answer is better. The mail is then decided anew.
            self.store(mail, attempt, submitted["settlement"], submitted["receipt"])
            if self.erp.read(mail["id"])["revision"] != mail["revision"]:
                self.erp.wake(mail["id"], self.clock())
        return True

    def store(self, mail, attempt, settlement, receipt=None):
        """Stores a settlement: with the attempt, the mail, the account, and the addresses it says not to write to."""
        now, erp, events = self.clock(), self.erp, settlement["events"]
        erp.end_attempt(mail, attempt["number"], settlement, receipt)
        erp.add_events(self.plugin, mail["id"], events, now)
        if settlement["pause"]:
            erp.pause(attempt["account"], settlement["pause"], attempt["at"], now)
        elif settlement["outcome"] in ("accepted", "partly-accepted") or settlement["stage"] in ("recipient", "data"):
            # A server that judges a recipient or a message has let the account in.
            erp.end_pause(attempt["account"], attempt["at"], now)
        if any(event["kind"] == "refused" for event in events):
            own = erp.own_addresses
            erp.suppress(mail["id"], self.plugin.ask_plain("suppressions", "of-events", events, mail["recipients"], own))

    def settle_interruption(self, mail, attempt, detail=None):
        """Records that nobody knows what came of an attempt."""
        now = self.clock()
        settlement = self.plugin.ask_plain(
            "schedule", "settle-interruption", mail["recipients"], mail["events"], detail, now
        )
        with self.erp.transaction():
            self.erp.update(mail)
            self.store(mail, attempt, settlement)
        return True

    def look_in_sent(self, mail, reason):
        """Looks for the mail of an attempt in doubt, at the provider or in the Sent folder."""
        now = self.clock()
        attempt = in_doubt(mail)
        message_id = attempt["provider_message_id"] or mail["message_id"]
        if attempt["transport"] == "smtp":
            found = self.look(mail, attempt)
        else:
            route = route_of(attempt["account"], attempt["transport"])
            found = self.plugin.ask_plain("delivery", "look-in-sent", message_id, route, None, attempt["at"], now)
        lookup, what = case(found)
        with self.erp.transaction():
            if lookup in ("found", "not-found"):
                self.erp.update(mail)
                settle_doubt(self.erp, self.plugin, mail, lookup, now)
                return True
            seconds = what if lookup == "not-yet" else AGAIN_SECONDS
            detail = reason["detail"] if lookup == "not-yet" else f"{reason['detail']}; {what}"
            self.leave(mail, {**reason, "detail": detail}, next_at=later(now, seconds))
        return False

    def leave(self, mail, reason, state="due", question=None, **columns):
        """Ends the claim of a mail, and records what `decide` said of it."""
        self.erp.update(
            mail,
            state=state,
            question=question,
            reason_code=reason["code"],
            reason_detail=reason["detail"],
            claimed_until=None,
            **columns,
        )

    def facts(self, mail):
        """Collects what `decide` needs to know."""
        account = self.erp.account(mail["account"])
        fallback = account["fallback"] and self.erp.account(account["fallback"])
        # A person's answer stands in place of the company's policy.
        policy, patience = {"yes": ("automatic", 0), "no": ("off", 0)}.get(
            mail["fallback_answer"], (account["fallback_policy"], account["patience"])
        )
        return {
            "id": mail["id"],
            "recipients": mail["recipients"],
            "events": mail["events"],
            "send-at": mail["send_at"],
            "held": bool(mail["held"]),
            "attempts": [
                {"at": it["at"], "route": route_of(it["account"], it["transport"]), "memo": it["memo"]}
                for it in mail["attempts"]
            ],
            "route": route_of(account["name"], account["transport"]),
            "fallback": fallback and route_of(fallback["name"], fallback["transport"]),
            "fallback-policy": policy,
            "patience": patience,
            "compromised": bool(account["compromised"]),
            "pause": pause_of(account),
            "fallback-pause": fallback and pause_of(fallback),
            "can-look-in-sent": bool(account["can_look_in_sent"]),
        }


def pause_of(account):
    """Says that an account can't send at present, where it can't."""
    pause = {name: account[f"pause_{name}"] for name in ("cause", "since", "until")}
    return pause if pause["until"] else None


def route_of(account, transport):
    return {"account-name": account, "transport": transport}


def case(value):
    """Splits a variant, as JSON has it, into the name of its case and the payload."""
    return next(iter(value.items())) if isinstance(value, dict) else (value, None)


def in_doubt(mail):
    """Finds the attempt in doubt. There is one at most, since none is made while there is."""
    return next(it for it in reversed(mail["attempts"]) if it["outcome"] == "in-doubt")


def settle_doubt(erp, plugin, mail, lookup, now):
    """Stores what was found out about the attempt in doubt, inside the caller's transaction."""
    settlement = plugin.ask_plain("schedule", "settle-doubt", lookup, mail["recipients"], mail["events"], now)
    erp.end_attempt(mail, in_doubt(mail)["number"], settlement)
    erp.add_events(plugin, mail["id"], settlement["events"], now)
