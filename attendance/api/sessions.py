"""API of sessions: the day's list, and opening, closing and reopening a register."""

from uuid import UUID

from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from attendance.api import serializers as shapes
from attendance.api.base import SchoolView, described
from attendance.api.paging import page_of
from attendance.lessons.access import get_course_or_404
from attendance.lessons.selectors import sessions_of_day
from attendance.models import ClassSession
from attendance.register.page import Register, read_register
from attendance.register.sessions import session_close, session_open, session_reopen, session_start_adhoc


def register_answer(session: ClassSession, *, status_code: int = 200) -> Response:
    """The response with a session and its counts."""
    register = read_register(session)
    data = {"session": register.session, "counts": _counts(register)}
    return Response(shapes.RegisterSerializer(data).data, status=status_code)


def _counts(register: Register) -> dict[str, int]:
    return {
        "expected": len(register.rows),
        "here": len(register.here),
        "away": len(register.away),
        "missing": len(register.missing),
        "to_confirm": len(register.doubts),
        "not_recognized": len(register.unknown),
        "pictures_waiting": len(register.waiting),
    }


class SessionsView(SchoolView):
    @described(shapes.SessionPageSerializer, name="sessions_list", parameters=[shapes.DayQuerySerializer])
    def get(self, request: Request, school: str) -> Response:
        """The day's sessions, page by page: a teacher's of the courses they teach, an administrator's all."""
        query = self.query(shapes.DayQuerySerializer)
        rows = sessions_of_day(self.school_request.membership, query.get("date") or timezone.localdate())
        order = ("starts_at", "course__name_key", "pk")
        sessions, cursor = page_of(rows, request, order=order, limit=query["limit"])
        return Response(shapes.SessionPageSerializer({"sessions": sessions, "cursor": cursor}).data)

    @described(shapes.RegisterSerializer, request=shapes.AdhocSerializer, status_code=201, name="sessions_start")
    def post(self, request: Request, school: str) -> Response:
        """Begin and open a lesson that is not in the timetable."""
        course = get_course_or_404(self.school_request, self.body(shapes.AdhocSerializer)["course"])
        return register_answer(session_start_adhoc(course=course, by=self.school_request.user), status_code=201)


class SessionView(SchoolView):
    @described(shapes.RegisterSerializer, name="session")
    def get(self, request: Request, school: str, session_id: UUID) -> Response:
        """A session with its counts."""
        return register_answer(self.session(session_id))


class SessionOpenView(SchoolView):
    @described(shapes.RegisterSerializer, name="session_open")
    def post(self, request: Request, school: str, session_id: UUID) -> Response:
        """Open the register. Opening an open one changes nothing."""
        session = self.session(session_id)
        return register_answer(session_open(session=session, by=self.school_request.user))


class SessionCloseView(SchoolView):
    @described(shapes.RegisterSerializer, name="session_close")
    def post(self, request: Request, school: str, session_id: UUID) -> Response:
        """Close the register: everyone without a mark is absent."""
        session = self.session(session_id)
        return register_answer(session_close(session=session, by=self.school_request.user))


class SessionReopenView(SchoolView):
    @described(shapes.RegisterSerializer, request=shapes.ReopenSerializer, name="session_reopen")
    def post(self, request: Request, school: str, session_id: UUID) -> Response:
        """Open a closed register again; after the days for corrections only an administrator may, with a reason."""
        session, reason = self.session(session_id), self.body(shapes.ReopenSerializer)["reason"]
        return register_answer(session_reopen(session=session, by=self.school_request.user, reason=reason))
