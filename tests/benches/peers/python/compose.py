"""The same mail as an ordinary Python program makes it: jinja2 and email.message.

Reads the case from a folder, says what it made, then for each line N on standard input makes N mails and
prints their times in nanoseconds. Templates, constants and files are read once, as a server would.
"""

import json
import sys
import time
from datetime import date, datetime
from decimal import Decimal
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, formataddr
from importlib.metadata import version
from pathlib import Path

from jinja2 import BaseLoader, Environment
from markupsafe import Markup, escape

MONTHS = "janvier février mars avril mai juin juillet août septembre octobre novembre décembre".split()

case = Path(sys.argv[1])
job = json.loads((case / "job.json").read_text())
document_bytes = (case / "document.json").read_bytes()
pdf = (case / "invoice.pdf").read_bytes()
logo = (case / "logo.png").read_bytes()
templates = Path(job["templates"])
peers = Path(__file__).parent.parent
words = json.loads((templates / "layout/fr/words.json").read_text())


def money(amount: Decimal) -> str:
    return f"{amount:,.2f}".replace(",", "\u202f").replace(".", ",") + "\u00a0€"


def number(value: Decimal) -> str:
    return f"{value.normalize():f}".replace(".", ",")


def long_date(day: date) -> str:
    return f"{'1er' if day.day == 1 else day.day} {MONTHS[day.month - 1]} {day.year}"


def environment(layout: bool, html: bool) -> Environment:
    env = Environment(loader=BaseLoader(), autoescape=html, trim_blocks=layout, lstrip_blocks=layout)
    env.filters |= {"money": money, "date": long_date}
    env.globals["plural"] = lambda n, one, other: one if n < 2 else other
    return env


def looped(source: str) -> str:
    """Postroom makes the rows of the lines itself; an ordinary program loops over them in its template."""
    html, text = ((peers / name).read_text() for name in ("lines.html", "lines.txt"))
    source = source.replace("{{ mail.lines_html }}\n", html).replace("{{ mail.lines_text }}\n", text)
    return source.replace("mail.lines_html", "mail.lines")


def template(name: str):
    return environment(name.startswith("layout/"), name.endswith(".html")).from_string(
        looped((templates / name).read_text())
    )


subject_text = template("invoice/new/fr/subject.txt")
body_text = template("invoice/new/fr/body.txt")
layout_html = template("layout/mail.html")
layout_text = template("layout/mail.txt")


def fact(label: str, value: str, strong: bool = False) -> dict:
    return {"label": words[label], "value": value, "strong": strong}


def grouped(account: str) -> str:
    return " ".join(account[i : i + 4] for i in range(0, len(account), 4))


def shown(line):
    quantity = number(Decimal(line["quantity"]))
    price = money(Decimal(line["unit_price"]))
    amount = money(Decimal(line["net_amount"]))
    return {
        "name": line["name"],
        "detail": line.get("description"),
        "quantity": quantity,
        "price": price,
        "amount": amount,
        "sum": f"{quantity} × {price} = {amount}",
    }


def compose() -> tuple[bytes, str]:
    document = json.loads(document_bytes)
    settings, portal = job["settings"], job["portal"]
    issue_date = date.fromisoformat(document["issue_date"])
    due_date = date.fromisoformat(document["due_date"])
    totals = {name: Decimal(amount) for name, amount in document["totals"].items()}
    balance = Decimal(document["balance"])
    means = document["payment_means"][0]
    company = settings["company"]
    fields = {
        "locale": job["language"],
        "company": company,
        "attached": {"pdf": True, "ubl": False, "added": 0},
        "portal": portal,
        "document": {
            "number": document["number"],
            "issue_date": issue_date,
            "due_date": due_date,
            "order": document["references"]["order"],
            "open": balance,
            "payment_reference": means["reference"],
        },
    }
    subject = subject_text.render(fields).strip()
    paragraphs = [p.strip() for p in body_text.render(fields).split("\n\n")]
    facts = [
        fact("date", long_date(issue_date)),
        fact("due_date", long_date(due_date)),
        fact("order", document["references"]["order"]),
        fact("total", money(totals["tax_inclusive"])),
        fact("open", money(balance), True),
    ]
    signature = [job["sender"]["name"], company["name"]]
    small = [
        f"{words['telephone']} {company['telephone']}",
        f"{words['vat_identifier']} {company['vat_identifier']}",
        company["email"],
        company["website"],
    ]
    fields["mail"] = {
        "subject": subject,
        "preheader": " · ".join(f"{f['label']}{words['colon']} {f['value']}" for f in facts[:1:-1]),
        "colon": words["colon"],
        "accent": settings["layout"]["accent"],
        "logo": True,
        "width": 140,
        "greeting": words["greeting_unnamed"],
        "paragraphs": [escape(p).replace("\n", Markup("<br>")) for p in paragraphs],
        "html": None,
        "text": "\n\n".join(paragraphs),
        "title": f"{words['document_invoice']} {document['number']}",
        "facts": facts,
        "columns": {
            "name": words["description"],
            "quantity": words["quantity"],
            "price": words["unit_price"],
            "amount": words["amount"],
        },
        "lines": [shown(line) for line in document["lines"]],
        "more": None,
        "totals": [
            fact("net_total", money(totals["tax_exclusive"])),
            fact("tax", money(totals["tax"])),
            fact("total", money(totals["tax_inclusive"]), True),
        ],
        "button": {"label": words["view_invoice"], "url": portal["view_url"]},
        "download": {"label": words["download"], "url": portal["pdf_url"]},
        "payment_title": words["payment"],
        "payment": [
            fact("account", grouped(means["account"])),
            fact("bic", means["bic"]),
            fact("account_name", means["account_name"]),
            fact("reference", means["reference"]),
        ],
        "closing": words["closing"],
        "signature_html": Markup("<br>").join(signature),
        "signature_text": "\n".join(signature),
        "footer": [" · ".join([company["name"], *company["address"]]), " · ".join(small)],
    }
    html = layout_html.render(fields)
    text = layout_text.render(fields)

    message = EmailMessage(policy=SMTP)
    message["Date"] = format_datetime(datetime.fromisoformat(job["now"]))
    message["From"] = formataddr((job["sender"]["name"], job["sender"]["address"]))
    message["To"] = formataddr((job["recipient"]["name"], job["recipient"]["address"]))
    message["Subject"] = subject
    message["Message-ID"] = f"<{job['id']}@ateliernord.example.com>"
    message.set_content(text)
    message.add_alternative(html, subtype="html")
    message.get_payload()[1].add_related(logo, "image", "png", cid="<logo>", filename="logo.png")
    message.add_attachment(pdf, maintype="application", subtype="pdf", filename=job["pdf_name"])
    return message.as_bytes(), html


def main() -> None:
    message, html = compose()
    (case / "python.eml").write_bytes(message)
    (case / "python.html").write_text(html)
    versions = f"jinja2 {version('jinja2')}, Python {sys.version.split()[0]}"
    print(json.dumps({"made_with": versions, "message": len(message), "html": len(html.encode())}), flush=True)
    for line in sys.stdin:
        times = []
        for _ in range(int(line)):
            start = time.perf_counter_ns()
            compose()
            times.append(time.perf_counter_ns() - start)
        print(json.dumps(times), flush=True)


main()
