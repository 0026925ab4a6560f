"""API of marks: the same services as the pages, nothing decided here."""

from datetime import datetime
from uuid import UUID

from django.http import Http404
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from attendance.api import serializers as shapes
from attendance.api.base import SchoolView, described
from attendance.domain.statuses import Status
from attendance.lessons.selectors import on_roster
from attendance.models import ClassSession
from attendance.register.corrections import Correction, mark_correct
from attendance.register.marks import MarkInput, mark_say, mark_undo
from attendance.register.moments import NOT_IN_LESSON, moment_of_leaving
from attendance.register.page import read_register
from attendance.repositories import marks_for


class MarksView(SchoolView):
    @described(shapes.RegisterRowSerializer(many=True), name="marks_list")
    def get(self, request: Request, school: str, session_id: UUID) -> Response:
        """The students on the register, by name, each with the current mark."""
        register = read_register(self.session(session_id))
        return Response(shapes.RegisterRowSerializer(register.rows, many=True).data)


class MarkView(SchoolView):
    @described(shapes.MarkSerializer, request=shapes.MarkWriteSerializer, name="mark_set")
    def put(self, request: Request, school: str, session_id: UUID, student_id: UUID) -> Response:
        """Mark a student by hand, over the version that was seen."""
        session = self.session(session_id)
        sent = self.body(shapes.MarkWriteSerializer)
        word = MarkInput(
            Status(sent["status"]),
            code=sent["code"],
            minutes_late=sent["minutes_late"],
            left_at=_left_at(session, sent["left_at"]),
            note=sent["note"],
            made_at=sent["made_at"],
        )
        mark = mark_say(
            session=session,
            student_id=student_id,
            word=word,
            by=self.school_request.user,
            expected_version=sent["expected_version"],
        )
        return Response(shapes.MarkSerializer(mark).data)


def _left_at(session: ClassSession, claimed: datetime | None) -> datetime | None:
    """The moment at which somebody left early. Raises ValidationError for a time that is none of the lesson's."""
    left = claimed and moment_of_leaving(claimed, session=session)
    if claimed and left is None:
        raise ValidationError({"left_at": [NOT_IN_LESSON]})
    return left


class MarkUndoView(SchoolView):
    @described(shapes.MarkSerializer, request=shapes.UndoSerializer, name="mark_undo")
    def post(self, request: Request, school: str, session_id: UUID, student_id: UUID) -> Response:
        """Undo a mark: a new version repeats the one before it."""
        session = self.session(session_id)
        version = self.body(shapes.UndoSerializer)["expected_version"]
        mark = mark_undo(session=session, student_id=student_id, by=self.school_request.user, expected_version=version)
        return Response(shapes.MarkSerializer(mark).data)


class MarkCorrectionView(SchoolView):
    @described(shapes.MarkSerializer, request=shapes.CorrectionSerializer, name="mark_correct")
    def put(self, request: Request, school: str, session_id: UUID, student_id: UUID) -> Response:
        """Correct a mark of a closed register, which stays closed."""
        session, sent = self.session(session_id), self.body(shapes.CorrectionSerializer)
        correction = Correction(Status(sent["status"]), sent["reason"], sent["code"], sent["minutes_late"])
        mark = mark_correct(
            session=session,
            student_id=student_id,
            correction=correction,
            by=self.school_request.user,
            expected_version=sent["expected_version"],
        )
        return Response(shapes.MarkSerializer(mark).data)


class MarkAuditView(SchoolView):
    @described(shapes.MarkSerializer(many=True), name="mark_audit")
    def get(self, request: Request, school: str, session_id: UUID, student_id: UUID) -> Response:
        """Every version of a student's mark, oldest first."""
        session = self.session(session_id)
        if not on_roster(session, student_id):
            raise Http404
        versions = marks_for(session.institution).audit(session.pk, student_id)
        return Response(shapes.MarkSerializer(versions, many=True).data)
