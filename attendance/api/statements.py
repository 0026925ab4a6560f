"""API for students: their own excuses and disputes, with the school's answers."""

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import Role
from attendance.api.base import SchoolView, described
from attendance.excuses.selectors import excuses_of
from attendance.lessons.access import get_own_student_or_404
from attendance.models import Dispute, Excuse

_MOST = 200  # the latest


class ExcuseSerializer(serializers.ModelSerializer):
    """A reason for an absence. begins, ends: the school's own time; null: the whole day. session_id: the one lesson."""

    session_id = serializers.UUIDField(allow_null=True)

    class Meta:
        model = Excuse
        fields = (
            "id", "kind", "first_day", "last_day", "begins", "ends", "session_id", "note", "state", "answer",
            "created_at", "decided_at",
        )  # fmt: skip
        read_only_fields = fields


class DisputeSerializer(serializers.ModelSerializer):
    """A dispute of one mark. status, version: of the mark that was disputed."""

    session_id = serializers.UUIDField()

    class Meta:
        model = Dispute
        fields = ("id", "session_id", "status", "version", "note", "state", "answer", "created_at", "decided_at")
        read_only_fields = fields


class OwnExcusesView(SchoolView):
    roles = (Role.STUDENT,)

    @described(ExcuseSerializer(many=True), name="me_excuses")
    def get(self, request: Request, school: str) -> Response:
        """The student's own excuses, the latest days first, without those that were taken back."""
        student = get_own_student_or_404(self.school_request)
        return Response(ExcuseSerializer(excuses_of(student)[:_MOST], many=True).data)


class OwnDisputesView(SchoolView):
    roles = (Role.STUDENT,)

    @described(DisputeSerializer(many=True), name="me_disputes")
    def get(self, request: Request, school: str) -> Response:
        """The student's own disputes, the latest first."""
        student = get_own_student_or_404(self.school_request)
        disputes = Dispute.objects.for_institution(student.institution).filter(student=student)
        return Response(DisputeSerializer(disputes[:_MOST], many=True).data)
