"""Command that adds a school and invites its first administrator."""

from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.addresses import PortalAddress, portal_address
from accounts.errors import AccountError
from accounts.schools.creating import school_create
from accounts.zones import TimeZoneField


class Command(BaseCommand):
    """Adds a school as the operator's page does."""

    help = "Add a school and mail an invitation to its first administrator."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", help="the school's name")
        parser.add_argument("--admin", required=True, metavar="E-MAIL", help="the first administrator's address")
        parser.add_argument("--admin-name", required=True, metavar="NAME")
        parser.add_argument("--time-zone", required=True, metavar="ZONE", help="Europe/London, or London")
        parser.add_argument("--language", default="en", choices=[code for code, _name in settings.LANGUAGES])
        parser.add_argument("--slug", default="", help="first part of its web address; by default from the name")
        parser.add_argument(
            "--address", default="", metavar="URL", help="the portal's own: https://attendance.example.org"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            made = school_create(
                name=options["name"],
                slug=options["slug"],
                time_zone=TimeZoneField().clean(options["time_zone"]),
                language=options["language"],
                admin_name=options["admin_name"],
                admin_email=options["admin"],
                by=None,
                addresses=PortalAddress(options["address"]) if options["address"] else portal_address(),
            )
        except AccountError as error:
            raise CommandError(str(error)) from error
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        assert made.invitation is not None  # nobody is signed in here
        made.invitation.refresh_from_db()
        self.stdout.write(f"{made.school} is at /{made.school.slug}/.")
        if made.invitation.mail_error:
            raise CommandError(f"The invitation to {options['admin']} did not leave. {made.invitation.mail_error}")
        self.stdout.write(f"An invitation went to {made.invitation.email}.")
