"""No mail leaves but by the outbox: read from the product's own text."""

import ast
from pathlib import Path

ROOT = Path(__file__).parents[3]
APPS = ("accounts", "enrollment", "attendance", "portal")
SENDERS = {
    "accounts/outbox/sending.py",
    "accounts/mail.py",  # the test mail, which shows what the server says now
    "accounts/sign_in.py",  # mails about an account, of no school
}
CALLS = {"send_mail", "send_mass_mail", "mail_admins", "mail_managers", "get_connection", "send_messages", "sendmail"}


def sends(tree):
    """True if the module talks to a mail server. A signal's `send` has arguments, a mail's has none."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import) and any(each.name == "smtplib" for each in node.names):
            return True
        if not isinstance(node, ast.Call):
            continue
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        if name in CALLS or (name == "send" and not node.args and not node.keywords):
            return True
    return False


def test_it_alone_sends():
    files = [path for app in APPS for path in (ROOT / app).rglob("*.py")]
    assert len(files) > 200
    found = {str(path.relative_to(ROOT)) for path in files if sends(ast.parse(path.read_text()))}
    assert found == SENDERS


def test_a_sender_is_found():
    assert sends(ast.parse("message.send()"))
    assert sends(ast.parse("from django.core.mail import send_mail\nsend_mail('a', 'b', None, ['c'])"))
    assert not sends(ast.parse("invitation_accepted.send(Invitation, membership=membership)"))
