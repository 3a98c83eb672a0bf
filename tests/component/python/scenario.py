"""Runs the steps of a test by the loop and the tables beside it: takes a JSON file with the steps, and prints JSON: what each
step gave, and what is in the tables at the end. Run by python_erp.rs.
"""

import base64
import contextlib
import json
import os
import sys

import answers
import reports
from embed import Attachments, Log
from enqueue import enqueue
from erp import Erp
from loop import Loop
from postroom_plugin import Plugin
from smtp_submission import Smtp

COMPANY = "ateliernord"


class MortalErp(Erp):
    """Ends the process at a commit, as SIGKILL does: `[2, "before"]` is in place of the second, `[2, "after"]` right after."""

    dies_at = None
    commits = 0

    @contextlib.contextmanager
    def transaction(self):
        with super().transaction():
            yield
            self.commits += 1
            if self.dies_at == [self.commits, "before"]:
                os._exit(9)
        if self.dies_at == [self.commits, "after"]:
            os._exit(9)


class MortalSmtp(Smtp):
    """Ends the process before or after a submission. `raises` is a host's mistake: no import may throw. `meanwhile` is called
    between the server's answer and the plugin's.
    """

    dies = None
    meanwhile = None

    def submit(self, message):
        if self.dies == "before":
            os._exit(9)
        answer = super().submit(message)
        if self.meanwhile:
            self.meanwhile()
        if self.dies == "after":
            os._exit(9)
        if self.dies == "raises":
            self.dies = None
            raise RuntimeError("a mistake in the host")
        return answer


class Web:
    """A provider's API with one answer for each HTTP method."""

    answers = {}

    def call(self, request):
        return self.answers.get(request.method, {"err": "unknown-account"})


class Scenario:
    def __init__(self, scenario):
        self.scenario = scenario
        self.files = {}
        self.web = Web()
        self.smtp = MortalSmtp({name: tuple(at) for name, at in scenario["servers"].items()}, self.files)
        self.erp = MortalErp(scenario["database"], COMPANY, scenario["own_addresses"])
        self.plugin = self.fresh_plugin()

    def fresh_plugin(self):
        imports = {"attachments": Attachments(self.files), "log": Log(), "smtp": self.smtp, "web": self.web}
        return Plugin(self.scenario["plugin"], imports, self.scenario["compiled"])

    def install(self):
        self.erp.install()

    def account(self, **columns):
        with self.erp.transaction():
            self.erp.insert("mail_account", company=COMPANY, **columns)

    def change_account(self, name, **columns):
        with self.erp.transaction():
            for column, value in columns.items():
                self.erp.change(f"UPDATE mail_account SET {column} = ? WHERE name = ?", value, name)

    def enqueue(self, wanted, request, now):
        self.files.clear()
        self.files.update({f["handle"]: base64.b64decode(f["content"]) for f in wanted["files"]})
        return enqueue(self.erp, self.plugin, wanted, request, self.files, now)

    def run(self, now, dies=None, dies_at=None, meanwhile=None, looks=(), web=None):
        self.smtp.dies = dies
        self.erp.dies_at, self.erp.commits = dies_at, 0
        self.smtp.meanwhile = meanwhile and (lambda: self.other_worker(meanwhile))
        self.web.answers = web or {}
        found = iter(looks)
        Loop(self.erp, self.fresh_plugin, self.files, lambda: now, lambda _mail, _attempt: next(found)).run()

    def other_worker(self, now):
        """Runs the loop as another process does, once this one's claim has run out."""
        self.smtp.meanwhile = None
        erp = Erp(self.scenario["database"], COMPANY, self.scenario["own_addresses"])
        Loop(erp, self.fresh_plugin, self.files, lambda: now).run()

    def become(self, company):
        self.erp.company = company

    def answer_in_doubt(self, mail, again, now):
        return answers.answer_in_doubt(self.erp, self.plugin, self.mail(mail), again, now)

    def answer_fallback(self, mail, may, now):
        return answers.answer_fallback(self.erp, self.mail(mail), may, now)

    def hold(self, mail, held, now):
        return answers.hold(self.erp, self.mail(mail), held, now)

    def put_right(self, account, now):
        answers.put_right(self.erp, self.plugin, account, now)

    def release_address(self, address, now):
        answers.release_address(self.erp, address, now)

    def message(self, content, now):
        return reports.take_message(self.erp, self.plugin, content.encode(), now)

    def webhook(self, account, provider, body, now):
        return reports.take_webhook(self.erp, self.plugin, account, provider, body, now)

    def mail(self, place):
        """Finds the id of a mail by its place in the order of creation."""
        return self.erp.rows("SELECT id FROM mail ORDER BY created, request")[place]["id"]

    def state(self):
        """Collects what a user is shown, in Dutch, and what is in the tables."""
        mails = []
        for row in self.erp.rows("SELECT id FROM mail ORDER BY created, request"):
            mail = self.erp.read(row["id"])
            shown = ("id", "state", "question", "next_at", "reason_code", "reason_detail", "message_id", "return_path")
            mails.append({name: mail[name] for name in shown})
            code = mail["reason_code"]
            mails[-1]["explained"] = code and self.plugin.ask("info", "explain", code, "nl")
            attempt = ("outcome", "envelope_id", "detail", "provider_message_id", "provider_id")
            mails[-1]["attempts"] = [[it[name] for name in attempt] for it in mail["attempts"]]
            mails[-1]["events"] = [[it["kind"], it["recipient"]] for it in mail["events"]]
            to = self.erp.rows("SELECT * FROM mail_recipient WHERE mail = ? ORDER BY place", mail["id"])
            mails[-1]["recipients"] = [[it["address"], it["status"]] for it in to]
        return {
            "mails": mails,
            "accounts": self.erp.rows("SELECT * FROM mail_account ORDER BY name"),
            "suppressed": self.erp.rows("SELECT * FROM mail_suppression ORDER BY address"),
        }


def main(path):
    with open(path, encoding="utf-8") as file:
        job = json.load(file)
    scenario = Scenario(job)
    gave = [getattr(scenario, step.pop("do"))(**step) for step in job["steps"]]
    json.dump({"gave": gave, **scenario.state()}, sys.stdout)


if __name__ == "__main__":
    main(sys.argv[1])
