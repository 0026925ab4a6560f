"""Reports of mail servers: what is read from them, and what is left alone."""

from email import message_from_bytes, message_from_string
from uuid import UUID

import pytest

from accounts.bounces.reading import bounce_in

PK = "4f9b1c9e-7a3e-4b5a-9e0e-0d8f1f6b7a11"
LABEL = f"invitation.{PK}.2"


def report(*, action="failed", status="5.1.1", returned=None, kind="message/rfc822", name="delivery-status"):
    """A report as Postfix writes it."""
    if returned is None:
        returned = f"From: attendance@example.org\nMessage-ID: <{LABEL}@example.org>\nSubject: Hello\n\nText\n"
    return f"""\
From: MAILER-DAEMON@mx.example.org (Mail Delivery System)
To: attendance@example.org
Subject: Undelivered Mail Returned to Sender
MIME-Version: 1.0
Content-Type: multipart/report; report-type={name}; boundary="B"

--B
Content-Type: text/plain; charset=us-ascii

This is the mail system at host mx.example.org.

--B
Content-Type: message/{name}

Reporting-MTA: dns; mx.example.org
Arrival-Date: Mon, 30 Nov 2026 09:00:00 +0000

Final-Recipient: rfc822; nina@example.com
Action: {action}
Status: {status}
Diagnostic-Code: smtp; 550 5.1.1 User unknown

--B
Content-Type: {kind}

{returned}
--B--
"""


def read(**changes):
    return bounce_in(message_from_string(report(**changes)))


def test_a_failure_names_the_mail_and_the_reason():
    bounce = read()
    assert (bounce.label.kind, bounce.label.pk, bounce.label.number) == ("invitation", UUID(PK), 2)
    assert bounce.status == "5.1.1"
    assert bounce.reason == "There is no such address."


@pytest.mark.parametrize(
    ("status", "said"),
    [
        ("5.1.10", "no such address"),
        ("5.2.2", "full"),
        ("4.4.7", "could not be reached"),
        ("5.4.4", "could not be reached"),
        ("5.7.1", "sent the e-mail back"),
        ("nonsense", "sent the e-mail back"),
        ("5.2.2 (mailbox full)", "full"),
    ],
)
def test_reasons_are_one_sentence(status, said):
    assert said in str(read(status=status).reason)


def test_a_service_that_replaces_the_message_id_is_read_by_the_header_of_our_own():
    returned = f"Message-ID: <0100-ses@amazonses.com>\nX-Attendance-Mail: {LABEL}\n\nText\n"
    assert read(returned=returned).label.number == 2


def test_a_report_may_return_the_head_alone():
    head = f"Subject: Hello\nMessage-ID: <{LABEL}@example.org>\n"
    assert read(returned=head, kind="text/rfc822-headers").label.pk == UUID(PK)


@pytest.mark.parametrize("action", ["delayed", "delivered", "relayed", "expanded", ""])
def test_whatever_is_no_failure_is_left_alone(action):
    assert read(action=action) is None


def test_a_mail_of_others_is_left_alone():
    assert read(returned="Message-ID: <abc@example.org>\n\nText\n") is None
    assert read(returned=f"Subject: {LABEL}\n\n{LABEL}\n") is None
    assert read(returned=f"Subject: {LABEL}\n", kind="text/rfc822-headers") is None


def test_a_receipt_and_a_common_mail_are_left_alone():
    assert read(name="disposition-notification") is None
    assert (
        bounce_in(message_from_string(f"Subject: Re: your mail\nIn-Reply-To: <{LABEL}@example.org>\n\nThanks")) is None
    )


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\xff\xfe\x00",
        b"Content-Type: multipart/report\n\nno boundary",
        b"Content-Type: multipart/report; boundary=B\n\n--B\nContent-Type: message/delivery-status\n\n\xff: \xff\n--B",
        b"Content-Type: multipart/report; boundary=B\n\n" + b"--B\nContent-Type: message/rfc822\n\n" * 3000,
    ],
)
def test_a_damaged_message_is_left_alone(raw):
    assert bounce_in(message_from_bytes(raw)) is None


def test_a_report_cut_short_is_left_alone():
    whole = report()
    for cut in range(0, whole.index("X" if "X" in whole else "Message-ID"), 50):
        assert bounce_in(message_from_string(whole[:cut])) is None
