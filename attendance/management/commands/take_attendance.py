"""The main job without a browser: `python manage.py take_attendance --institution SLUG --session ID PHOTO…`."""

import hashlib
import io
import json
import time
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.models import Institution, Membership, Role, User
from attendance.captures.errors import PictureNotStored
from attendance.captures.taking import capture_take
from attendance.errors import AttendanceError
from attendance.lessons.selectors import sessions_visible_to
from attendance.management.report import PhotoResult, register_document, register_lines
from attendance.models import Capture, ClassSession
from attendance.register.sessions import session_open
from enrollment.decoding import format_names
from enrollment.errors import PictureError
from enrollment.models import Teaching


class Command(BaseCommand):
    help = "Takes attendance from photos, by the same services as the portal, and prints the register."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("photos", nargs="+", metavar="PHOTO", help=f"files: {format_names()}")
        parser.add_argument("--institution", required=True, metavar="SLUG", help="the school's address")
        parser.add_argument("--session", required=True, metavar="ID", type=UUID, help="the lesson")
        parser.add_argument("--as", dest="email", metavar="EMAIL", help="who takes it; else the course's first teacher")
        parser.add_argument("--json", action="store_true", help="print a JSON document instead of lines")

    def handle(self, *args: Any, **options: Any) -> None:
        institution = Institution.objects.filter(slug=options["institution"]).first()
        if institution is None:
            raise CommandError(f"There is no school with the address “{options['institution']}”.")
        session = _session(institution, options["session"])
        by = _member(session, options["email"]).user
        try:
            if session.state == ClassSession.State.SCHEDULED:
                session = session_open(session=session, by=by)
            photos = [_take(session, path, by) for path in options["photos"]]
        except (AttendanceError, ImproperlyConfigured) as error:
            raise CommandError(str(error)) from error
        document = register_document(session, photos)
        self.stdout.write(_json(document) if options["json"] else "\n".join(register_lines(document)))
        if failed := sum(bool(photo.error) for photo in photos):
            raise CommandError(f"{failed} of {len(photos)} photos could not be taken: see above.")


def _json(document: dict[str, Any]) -> str:
    return json.dumps(document, ensure_ascii=False, indent=2)


def _session(institution: Institution, session_id: UUID) -> ClassSession:
    sessions = ClassSession.objects.for_institution(institution).select_related("institution", "course")
    session = sessions.filter(pk=session_id).first()
    if session is None:
        raise CommandError(f"{institution} has no lesson {session_id}.")
    return session


def _member(session: ClassSession, email: str | None) -> Membership:
    """The member who takes attendance: the one with this e-mail, if they work with the course, or its first teacher."""
    if email is None:
        teachings = Teaching.objects.for_institution(session.institution).filter(course=session.course)
        teaching = teachings.select_related("teacher__user").order_by("pk").first()
        if teaching is None:
            raise CommandError(f"{session.course} has no teacher. Say with --as who takes attendance.")
        return teaching.teacher
    members = Membership.objects.for_institution(session.institution).filter(role__in=[Role.TEACHER, Role.ADMIN])
    member = members.filter(user__email=email.strip().lower()).select_related("user", "institution").first()
    if member is None or not sessions_visible_to(member).filter(pk=session.pk).exists():
        raise CommandError(f"{email} does not work with {session.course} at {session.institution}.")
    return member


def _take(session: ClassSession, path: str, by: User) -> PhotoResult:
    """Take one file into the register. The same file again gives the same result."""
    started = time.perf_counter()
    try:
        data = Path(path).read_bytes()
        nonce = uuid5(session.pk, hashlib.sha256(data).hexdigest())
        taken = capture_take(session=session, upload=io.BytesIO(data), nonce=nonce, kind=Capture.Kind.PHOTO, by=by)
    except OSError as error:
        return PhotoResult(path, error=f"The file cannot be read: {error.strerror or error}.")
    except (PictureError, PictureNotStored) as error:
        return PhotoResult(path, error=str(error))
    seconds = time.perf_counter() - started
    if taken.capture.state != Capture.State.DONE:
        return PhotoResult(path, taken.capture, error=_waiting(taken.capture))
    return PhotoResult(path, taken.capture, len(taken.detected_faces), seconds)


def _waiting(capture: Capture) -> str:
    reason = f" ({capture.reason})" if capture.reason else ""
    return f"Stored, but waiting to be recognised{reason}. `manage.py worker` tries again."
