"""API of courses."""

from rest_framework.request import Request
from rest_framework.response import Response

from attendance.api import serializers as shapes
from attendance.api.base import SchoolView, described
from attendance.api.paging import page_of
from enrollment.readiness import courses_with_readiness


class CoursesView(SchoolView):
    @described(shapes.CoursePageSerializer, name="courses_list", parameters=[shapes.PageQuerySerializer])
    def get(self, request: Request, school: str) -> Response:
        """Courses by name, each with its students and those of them with an enrolled photo, page by page.

        A teacher's: those that they teach; an administrator's: all.
        """
        limit = self.query(shapes.PageQuerySerializer)["limit"]
        rows = courses_with_readiness(self.school_request.membership)
        courses, cursor = page_of(rows, request, order=("name_key", "pk"), limit=limit)
        return Response(shapes.CoursePageSerializer({"courses": courses, "cursor": cursor}).data)
