"""Command that sends a test e-mail by the mail server of the settings."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.mail import mail_is_sent, test_mail_send


class Command(BaseCommand):
    """Sends a test e-mail."""

    help = "Send a test e-mail by EMAIL_URL."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("to", help="address that the e-mail goes to")

    def handle(self, *args: Any, **options: Any) -> None:
        if trouble := test_mail_send(to=options["to"]):
            raise CommandError(trouble)
        if mail_is_sent():
            self.stdout.write(f"Sent to {options['to']}.")
        else:
            self.stdout.write("EMAIL_URL names no mail server: the e-mail was printed or kept, not sent.")
