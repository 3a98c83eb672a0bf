"""The same invoices as an ordinary Django program sends them: its templates, EmailMultiAlternatives, smtplib.

send.py FOLDER PORT CONNECTIONS COUNT: renders and sends so many, and prints how long that took. Each connection
has a thread and stays open; templates are compiled once; a PDF is read from the disk when its mail is made.
"""

import json
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from email.mime.image import MIMEImage
from pathlib import Path

import django
from django.conf import settings

folder, own_folder = Path(sys.argv[1]), Path(__file__).parent
port, connections, count = map(int, sys.argv[2:5])
settings.configure(
    EMAIL_BACKEND="django.core.mail.backends.smtp.EmailBackend",
    EMAIL_HOST="127.0.0.1",
    EMAIL_PORT=port,
    LANGUAGE_CODE="fr",
    USE_TZ=False,
    TEMPLATES=[
        {
            "BACKEND": "django.template.backends.django.DjangoTemplates",
            "DIRS": [own_folder],
            "OPTIONS": {"libraries": {"bench": "bench"}},
        }
    ],
)
django.setup()

from django.core.mail import EmailMultiAlternatives, get_connection  # noqa: E402
from django.template.loader import get_template  # noqa: E402

job = json.loads((folder / "job.json").read_text())
model = (folder / "document.json").read_text()
html, text = get_template("invoice.html"), get_template("invoice.txt")
company = job["settings"]["company"]
sender = f"{job['sender']['name']} <{job['sender']['address']}>"


def mail(number: int, connection) -> EmailMultiAlternatives:
    place = f"{number:04}"
    document = json.loads(model.replace(job["number"], f"2026-{place}"))
    fields = {"document": document, "company": company, "portal": job["portal"]}
    message = EmailMultiAlternatives(
        subject=f"Facture 2026-{place} de {company['name']}",
        body=text.render(fields),
        from_email=sender,
        to=[f"{job['recipient']['name']} <customer-{place}@sink.test>"],
        headers={"Message-ID": f"<django-{place}@ateliernord.example.com>"},
        connection=connection,
    )
    message.attach_alternative(html.render(fields), "text/html")
    logo = MIMEImage((folder / "logo.png").read_bytes(), "png")
    logo.add_header("Content-ID", "<logo>")
    message.attach(logo)
    message.attach_file(folder / "pdf" / f"{place}.pdf", "application/pdf")
    return message


def work(first: int) -> None:
    with get_connection() as connection:
        for number in range(first, count + 1, connections):
            mail(number, connection).send()


start = time.perf_counter_ns()
with ThreadPoolExecutor(connections) as pool:
    list(pool.map(work, range(1, connections + 1)))
nanoseconds = time.perf_counter_ns() - start
made_with = f"Django {django.get_version()}, Python {sys.version.split()[0]}"
print(json.dumps({"made_with": made_with, "nanoseconds": nanoseconds}))
