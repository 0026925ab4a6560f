"""The lesson on a kiosk."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q
from django.utils import timezone

from attendance.checkin.notes import shows_code
from attendance.lessons.selectors import SOON, on_day
from attendance.models import ClassSession, Kiosk

State = ClassSession.State


@dataclass(frozen=True, slots=True)
class DoorLesson:
    """The current lesson of a room, or the next one.

    has_begun: true also if it begins within minutes. shows_code: true while a check-in code is on the projector.
    """

    session: ClassSession
    has_begun: bool
    shows_code: bool

    @property
    def is_open(self) -> bool:
        """True if people are marked now."""
        return self.has_begun and self.session.is_open


def lesson_at(kiosk: Kiosk, now: datetime | None = None) -> DoorLesson | None:
    """The lesson that the kiosk's room has now, else today's next; None after the last. One query.

    Of several in the room at once it is the one with an open register, and of those the one that began last.
    """
    now = now or timezone.now()
    day = timezone.localdate(now, kiosk.institution.zone)
    in_room = Q(room__iexact=kiosk.room) | Q(room="", course__room__iexact=kiosk.room)
    rest = list(
        ClassSession.objects.for_institution(kiosk.institution)
        .filter(in_room, on_day(day, kiosk.institution.zone), ends_at__gt=now)
        .exclude(state=State.CANCELLED)
        .select_related("course", "institution", "code_display")
        .order_by("starts_at", "pk")
    )
    begun = [session for session in rest if session.starts_at - SOON <= now]
    opened = [session for session in begun if session.is_open]
    session = next(iter([*opened[::-1], *_not_taken(begun), *_not_taken(rest), *begun]), None)
    return DoorLesson(session, session in begun, shows_code(session, now)) if session else None


def _not_taken(sessions: list[ClassSession]) -> list[ClassSession]:
    return [session for session in sessions if session.state == State.SCHEDULED]
