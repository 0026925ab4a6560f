"""API for students: their own marks and rates, and checking in by code."""

from uuid import uuid4

from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import Role
from accounts.network import client_address
from attendance.api import serializers as shapes
from attendance.api.base import SchoolView, described
from attendance.checkin.codes import code_check_in
from attendance.checkin.devices import device_of, remember_device
from attendance.history.student import read_rates
from attendance.lessons.access import get_own_student_or_404
from attendance.repositories import marks_for


class OwnMarksView(SchoolView):
    roles = (Role.STUDENT,)

    @described(shapes.HistorySerializer, name="me_marks", parameters=[shapes.HistoryQuerySerializer])
    def get(self, request: Request, school: str) -> Response:
        """The student's own marks, newest session first."""
        student = get_own_student_or_404(self.school_request)
        query = self.query(shapes.HistoryQuerySerializer)
        page = marks_for(student.institution).for_student(student.pk, cursor=query.get("cursor"), limit=query["limit"])
        return Response(shapes.HistorySerializer(page).data)


class OwnCheckInView(SchoolView):
    roles = (Role.STUDENT,)

    @described(shapes.MarkSerializer, request=shapes.CheckInCodeSerializer, name="me_check_in")
    def post(self, request: Request, school: str) -> Response:
        """Check in by the code on the projector. Repeating it changes nothing."""
        student, device = get_own_student_or_404(self.school_request), device_of(self.school_request) or str(uuid4())
        typed = self.body(shapes.CheckInCodeSerializer)["code"]
        address = client_address(self.school_request)
        done = code_check_in(student=student, typed=typed, device=device, address=address)
        response = Response(shapes.MarkSerializer(done.mark).data)
        if student.institution.code_one_device:
            remember_device(response, device)
        return response


class OwnRatesView(SchoolView):
    roles = (Role.STUDENT,)

    @described(shapes.RateSerializer(many=True), name="me_rates")
    def get(self, request: Request, school: str) -> Response:
        """The student's attendance of each course in the school year."""
        student = get_own_student_or_404(self.school_request)
        data = [
            {
                "course": found.course,
                "attended": found.rate.attended,
                "total": found.rate.counted,
                "percent": found.rate.percent,
                "counts": {str(status): n for status, n in found.rate.counts.items()},
            }
            for found in read_rates(student)
        ]
        return Response(shapes.RateSerializer(data, many=True).data)
