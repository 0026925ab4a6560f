"""Processes of `test_processes.py`: `python -m tests.accounts.outbox.work queue N` and `… worker`."""

import sys
import time
from uuid import uuid4

import django


def main():
    django.setup()
    from tests.accounts.outbox import kinds  # noqa: F401 - registers the kind

    {"queue": queue, "worker": worker, "expire": expire}[sys.argv[1]](*sys.argv[2:])


def queue(number):
    from accounts.models import Institution
    from accounts.outbox import mail_queue

    schools = [Institution.objects.get_or_create(slug=slug, defaults={"name": slug})[0] for slug in ("a", "b")]
    for n in range(int(number)):
        mail_queue(
            institution=schools[n % 2], kind="test line", to=f"n{n}@example.org", about=uuid4(), key=str(n),
            parameters={"kills": n == 3},
        )  # fmt: skip


def worker():
    from accounts.outbox import mail_send_next

    while True:
        if not mail_send_next():
            time.sleep(0.1)


def expire():
    from accounts.outbox import mails_expire

    mails_expire()


if __name__ == "__main__":
    main()
