"""What the plugin costs a host in Python: seconds and memory of composing an invoice and of understanding a large message.

Takes one argument, a JSON file like that of embed.py, and prints JSON. Run by hand (`python speed.py job.json`): figures of a
machine that is busy mean nothing, so no test asserts them.
"""

import base64
import json
import resource
import statistics
import sys
import time

from embed import Attachments, Log, job_of
from postroom_plugin import Plugin, make_case
from smtp_submission import Smtp

MESSAGE_BYTES = 5_000_000


def timed(times, work):
    """The median of so many runs, in milliseconds."""
    taken = []
    for _ in range(times):
        start = time.perf_counter()
        work()
        taken.append(time.perf_counter() - start)
    return round(statistics.median(taken) * 1000, 2)


def peak_megabytes():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def large_message():
    """A person's answer with a file of some megabytes."""
    head = b"From: Ann <ann@example.org>\r\nTo: office@example.org\r\nSubject: Re: Invoice\r\nMIME-Version: 1.0\r\n"
    head += b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nThanks.\r\n--b\r\n'
    head += b'Content-Type: application/pdf; name="a.pdf"\r\nContent-Transfer-Encoding: base64\r\n\r\n'
    file = base64.encodebytes(bytes(MESSAGE_BYTES * 3 // 4)).replace(b"\n", b"\r\n")
    return head + file + b"--b--\r\n"


def main(path):
    with open(path, encoding="utf-8") as file:
        wanted = json.load(file)
    files = {f["handle"]: base64.b64decode(f["content"]) for f in wanted["files"]}
    served = {"attachments": Attachments(files), "log": Log(), "smtp": Smtp({}, files)}
    plugin = Plugin(wanted["plugin"], served, wanted["compiled"])
    job = job_of(plugin, wanted, files)
    compose, _ = plugin.function("composing", "compose")
    compose(plugin.store, job)
    composed = timed(200, lambda: compose(plugin.store, job))
    before = peak_megabytes()
    classify, kind = plugin.function("inbound", "classify")
    origin = dict(kind.params)["message"]
    files[0] = large_message()
    report = {"compose_ms": composed, "message_bytes": len(files[0]), "before_mb": round(before)}
    for case, payload in (("file", 0), ("base64", base64.b64encode(files[0]).decode())):
        message = make_case(origin, case, payload)
        report[f"classify_{case}_ms"] = timed(
            5, lambda: classify(plugin.store, message, [], wanted["now"])
        )
        report[f"peak_{case}_mb"] = round(peak_megabytes())
    print(json.dumps(report))


if __name__ == "__main__":
    main(sys.argv[1])
