"""Lessons in their school's own calendar and wall-clock time."""

from django.utils import timezone

from attendance.domain.excuses import LessonTime
from attendance.models import ClassSession


def lesson_time(session: ClassSession) -> LessonTime:
    """A lesson's day and hours in its school's own time."""
    zone = session.institution.zone
    begins, ends = timezone.localtime(session.starts_at, zone), timezone.localtime(session.ends_at, zone)
    return LessonTime(session.pk, session.local_date, begins.time(), ends.time())
