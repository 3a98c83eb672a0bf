"""Reads and writes the tables of erp.sql through sqlite3.

No function here uses the network, and none begins a transaction: callers do, where one can see what is committed together.
PostgreSQL takes the same statements, but for BEGIN IMMEDIATE and the question marks.
"""

import contextlib
import hashlib
import json
import os
import secrets
import sqlite3
from datetime import datetime, timedelta, timezone

SCHEMA = os.path.join(os.path.dirname(__file__), "erp.sql")

# Longer than an attempt can last.
CLAIM_SECONDS = 30 * 60
# A longer pause is taken for the mistake of a clock by `decide`.
LONGEST_PAUSE_SECONDS = 24 * 60 * 60


class Lost(Exception):
    """Another worker or a person changed the mail since it was read."""


def utc(time):
    """Turns a time into the form of the tables. Rounds parts of a second up, so that nothing is tried too early."""
    whole = datetime.fromisoformat(time.replace("Z", "+00:00")).astimezone(timezone.utc)
    whole += timedelta(seconds=bool(whole.microsecond))
    return whole.strftime("%Y-%m-%dT%H:%M:%SZ")


def later(time, seconds):
    """Adds seconds to a time."""
    return utc((datetime.fromisoformat(utc(time).replace("Z", "+00:00")) + timedelta(seconds=seconds)).isoformat())


def connect(path):
    """Opens a database in autocommit mode, so that sqlite3 begins no transaction by itself."""
    database = sqlite3.connect(path, isolation_level=None, timeout=60)
    database.row_factory = sqlite3.Row
    database.execute("PRAGMA foreign_keys = ON")
    return database


class Erp:
    """The mails of one company. `own_addresses` are those that it writes from and those of its users."""

    def __init__(self, path, company, own_addresses):
        self.database = connect(path)
        self.company = company
        self.own_addresses = own_addresses

    def install(self):
        with open(SCHEMA, encoding="utf-8") as schema:
            self.database.executescript(schema.read())

    @contextlib.contextmanager
    def transaction(self):
        """Commits at the end; rolls back where anything is raised."""
        # Takes the write lock at once, so that nothing changes between reading and writing. In PostgreSQL a SELECT … FOR
        # UPDATE of the mail's row does this.
        self.database.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self.database.execute("ROLLBACK")
            raise
        self.database.execute("COMMIT")

    def rows(self, statement, *values):
        return [dict(row) for row in self.database.execute(statement, values)]

    def row(self, statement, *values):
        return next(iter(self.rows(statement, *values)), None)

    def change(self, statement, *values):
        """Runs a statement, and gives the number of rows that it changed."""
        return self.database.execute(statement, values).rowcount

    def insert(self, table, **columns):
        marks = ", ".join("?" * len(columns))
        self.change(f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})", *columns.values())

    # Mails

    def due(self, now):
        """Lists mails that are to be decided now and that no worker has, with their revisions."""
        return self.rows(
            "SELECT id, revision FROM mail WHERE company = ? AND state = 'due' AND next_at <= ?"
            " AND (claimed_until IS NULL OR claimed_until <= ?) ORDER BY next_at, id LIMIT 100",
            self.company, now, now,
        )  # fmt: skip

    def claim(self, mail, revision, now):
        """Takes a mail for this worker or person alone. False: another was faster."""
        return 1 == self.change(
            "UPDATE mail SET revision = revision + 1, claimed_until = ? WHERE company = ? AND id = ? AND revision = ?"
            " AND (claimed_until IS NULL OR claimed_until <= ?)",
            later(now, CLAIM_SECONDS), self.company, mail, revision, now,
        )  # fmt: skip

    def read(self, mail):
        """Reads a mail with its attempts and events."""
        found = self.row("SELECT * FROM mail WHERE company = ? AND id = ?", self.company, mail)
        found["outgoing"] = json.loads(found["outgoing"])
        found["recipients"] = found["outgoing"]["envelope"]["recipients"]
        found["attempts"] = self.rows("SELECT * FROM mail_attempt WHERE mail = ? ORDER BY number", mail)
        found["events"] = self.rows(
            "SELECT recipient, kind, at, source, code, words FROM mail_event WHERE mail = ? ORDER BY at, digest", mail
        )
        return found

    def update(self, mail, **columns):
        """Changes a mail. Raises `Lost` where another changed it since it was read."""
        sets = ", ".join(f"{name} = ?" for name in columns) + ", " if columns else ""
        changed = self.change(
            f"UPDATE mail SET {sets}revision = revision + 1 WHERE id = ? AND revision = ?",
            *columns.values(), mail["id"], mail["revision"],
        )  # fmt: skip
        if changed == 0:
            raise Lost(mail["id"])
        mail["revision"] += 1

    def wake(self, mail, now):
        """Makes a mail due. Another worker's claim stays, and ends with `Lost` at their next record."""
        self.change(
            "UPDATE mail SET state = 'due', question = NULL, next_at = ?, revision = revision + 1 WHERE id = ?", now, mail
        )

    def files(self, mail):
        return {f["handle"]: f["content"] for f in self.rows("SELECT * FROM mail_file WHERE mail = ?", mail)}

    # Attempts

    def begin_attempt(self, mail, route, now):
        """Records what is about to be tried."""
        attempt = {
            "number": len(mail["attempts"]) + 1,
            "envelope_id": secrets.token_hex(16),
            "at": now,
            "account": route["account-name"],
            "transport": route["transport"],
        }
        self.insert("mail_attempt", mail=mail["id"], **attempt)
        return attempt

    def end_attempt(self, mail, number, settlement, receipt=None):
        """Records what came of an attempt, in place of what was recorded of it before."""
        receipt = receipt or {}
        self.change(
            "UPDATE mail_attempt SET memo = ?, outcome = ?, detail = ?, provider_message_id = COALESCE(?, provider_message_id),"
            " provider_id = COALESCE(?, provider_id) WHERE mail = ? AND number = ?",
            settlement["memo"], settlement["outcome"], settlement["detail"],
            receipt.get("message-id"), receipt.get("provider-id"), mail["id"], number,
        )  # fmt: skip

    # Facts

    def add_events(self, plugin, mail, events, now):
        """Stores facts, and the recipients' statuses by all facts that are known."""
        for event in events:
            digest = hashlib.sha256(json.dumps(event, sort_keys=True).encode()).hexdigest()
            self.change(
                "INSERT INTO mail_event (mail, digest, recipient, kind, at, source, code, words)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
                mail, digest, *(event[name] for name in ("recipient", "kind", "at", "source", "code", "words")),
            )  # fmt: skip
        known = self.read(mail)
        timeline = plugin.ask_plain("tracking", "fold", known["recipients"], known["events"], now)
        for place, of in enumerate(timeline["recipients"]):
            self.change(
                "UPDATE mail_recipient SET status = ?, reason_code = ?, reason_detail = ? WHERE mail = ? AND place = ?",
                of["status"], of["reason"]["code"], of["reason"]["detail"], mail, place,
            )  # fmt: skip

    # Whom not to write to

    def suppress(self, mail, suppressions):
        """Stores addresses that are not to be written to. One that a person released needs newer evidence."""
        for it in suppressions:
            self.change(
                "INSERT INTO mail_suppression (company, address, kind, since, code, words, source, mail)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (company, address) DO UPDATE SET kind = excluded.kind,"
                " since = excluded.since, code = excluded.code, words = excluded.words, source = excluded.source,"
                " mail = excluded.mail, released = NULL"
                " WHERE mail_suppression.released IS NOT NULL AND excluded.since > mail_suppression.released",
                self.company, it["address"].lower(), it["kind"], utc(it["since"]), it["code"], it["words"], it["source"],
                mail,
            )  # fmt: skip

    def suppressed(self, addresses):
        """Finds those of the addresses that are not written to, with the evidence."""
        found = "SELECT * FROM mail_suppression WHERE company = ? AND address = ? AND released IS NULL"
        return [row for address in addresses for row in self.rows(found, self.company, address.lower())]

    # Accounts

    def account(self, name):
        return self.row("SELECT * FROM mail_account WHERE company = ? AND name = ?", self.company, name)

    def may_try(self, name, now):
        """Whether an attempt may be made by an account. At the end of a pause one worker may, who moves the end ahead."""
        account = self.account(name)
        if account["pause_until"] is None:
            return True
        return account["pause_until"] <= now and 1 == self.change(
            "UPDATE mail_account SET pause_until = ? WHERE company = ? AND name = ? AND pause_until = ?",
            later(now, CLAIM_SECONDS), self.company, name, account["pause_until"],
        )  # fmt: skip

    def pause(self, name, asked, started, now):
        """Stores that an account can't send, as an attempt said that began at `started`. Each try at the end of a pause that
        fails doubles the next pause.
        """
        account = self.account(name)
        again = account["pause_since"] is not None and started > account["pause_since"]
        failures = account["pause_failures"] + again
        seconds = max(asked["seconds"], min(asked["seconds"] * 2 ** min(failures, 16), LONGEST_PAUSE_SECONDS))
        until = later(now, seconds)
        if account["pause_until"] and not again:
            until = max(until, account["pause_until"])
        self.change(
            "UPDATE mail_account SET pause_cause = ?, pause_since = COALESCE(pause_since, ?), pause_until = ?,"
            " pause_failures = ?, pause_advice = ? WHERE company = ? AND name = ?",
            asked["cause"], now, until, failures,
            asked["advice"] and asked["advice"]["code"], self.company, name,
        )  # fmt: skip

    def end_pause(self, name, started, now):
        """Ends the pause of an account that works, and makes its mails due. An attempt that began before the pause says
        nothing about it.
        """
        account = self.account(name)
        until = account["pause_until"]
        if until is None or started <= account["pause_since"]:
            return
        self.change(
            "UPDATE mail SET next_at = ?, revision = revision + 1 WHERE company = ? AND account = ? AND state = 'due'"
            " AND claimed_until IS NULL AND next_at = ?",
            now, self.company, name, until,
        )  # fmt: skip
        self.change(
            "UPDATE mail_account SET pause_cause = NULL, pause_since = NULL, pause_until = NULL, pause_failures = 0,"
            " pause_advice = NULL WHERE company = ? AND name = ?",
            self.company, name,
        )  # fmt: skip
