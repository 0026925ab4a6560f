"""Lists of the API in pages: complete, without doubles, with as many queries for many rows as for few."""

import base64
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from attendance.models import ClassSession
from enrollment.models import Course, FacePhoto
from tests.attendance.api.client import refusal
from tests.conftest import make_student

pytestmark = pytest.mark.django_db


def more_courses(institution, lesson, number):
    """So many further courses, each with a lesson: three begin at a time."""
    for n in range(number):
        course = Course.objects.create(institution=institution, name=f"Course {n:03}", code=f"C-{n}")
        begins = lesson.starts_at + timedelta(minutes=n // 3)
        ClassSession.objects.create(
            institution=institution, course=course, room="1", starts_at=begins, ends_at=begins + timedelta(minutes=45)
        )


def walk(api, path, kind, limit):
    """The ids of all pages, and the number of pages."""
    found, cursor, pages = [], {}, 0
    while True:
        answer = api.get(path, limit=limit, **cursor).json()
        pages += 1
        assert len(answer[kind]) <= limit
        found += [each["id"] for each in answer[kind]]
        if answer["cursor"] is None:
            return found, pages
        cursor = {"cursor": answer["cursor"]}


@pytest.mark.parametrize(("path", "kind"), [("sessions/", "sessions"), ("courses/", "courses")])
class TestPages:
    def test_everything_once_and_in_order(self, api, ada, riverside, lesson, path, kind):
        more_courses(riverside, lesson, 20)
        whole, pages = walk(api(ada), path, kind, 200)
        assert (len(whole), len(set(whole)), pages) == (21, 21, 1)
        assert walk(api(ada), path, kind, 4) == (whole, 6)

    def test_a_row_that_is_added_shifts_nothing(self, api, ada, riverside, lesson, path, kind):
        more_courses(riverside, lesson, 9)
        before = walk(api(ada), path, kind, 200)[0]
        first = api(ada).get(path, limit=5).json()
        earlier = lesson.starts_at - timedelta(minutes=1)
        course = Course.objects.create(institution=riverside, name="Algebra", code="A")
        ClassSession.objects.create(
            institution=riverside, course=course, room="1", starts_at=earlier, ends_at=lesson.ends_at
        )
        second = api(ada).get(path, limit=5, cursor=first["cursor"]).json()
        assert [each["id"] for each in first[kind] + second[kind]] == before

    @pytest.mark.parametrize(
        "cursor",
        ["x", "%", base64.b64encode(b"p=nonsense").decode(), "0" * 501],
        ids=["a letter", "a sign", "no date", "too long"],
    )
    def test_a_cursor_that_the_api_never_gave(self, api, ada, lesson, path, kind, cursor):
        answer = api(ada).get(path, cursor=cursor)
        if answer.status_code == 200:  # the name of a course may be any text
            assert kind == "courses"
        else:
            assert refusal(answer) in [(400, "bad_cursor"), (400, "invalid")]

    @pytest.mark.parametrize("limit", [0, -1, 201, "many"])
    def test_a_limit_out_of_bounds(self, api, ada, path, kind, limit):
        assert refusal(api(ada).get(path, limit=limit)) == (400, "invalid")

    def test_as_many_queries_for_sixty_as_for_three(self, api, ada, riverside, lesson, path, kind):
        as_ada = api(ada)
        more_courses(riverside, lesson, 2)
        as_ada.get(path)
        with CaptureQueriesContext(connection) as few:
            assert len(as_ada.get(path).json()[kind]) == 3
        for n in range(57):
            course = Course.objects.create(institution=riverside, name=f"More {n}", code=f"M-{n}")
            ClassSession.objects.create(
                institution=riverside, course=course, room="1", starts_at=lesson.starts_at, ends_at=lesson.ends_at
            )
        with CaptureQueriesContext(connection) as many:
            assert len(as_ada.get(path).json()[kind]) == 60
        assert len(many) == len(few)


class TestCourses:
    def test_a_teacher_sees_those_they_teach_with_their_numbers(self, api, tess, ada, riverside, lesson, sam, sita):
        more_courses(riverside, lesson, 1)
        for student, photos in ((sam, 3), (sita, 0)):  # many photos are one student
            for _ in range(photos):
                FacePhoto.objects.create(
                    institution=riverside, student=student, state=FacePhoto.State.ENROLLED, picture=f"{uuid4()}.jpg"
                )
        physics = {
            "id": str(lesson.course_id), "code": "PHY-10B", "name": "Physics 10B", "size": 2, "ready": 1,
        }  # fmt: skip
        assert api(tess).get("courses/").json() == {"courses": [physics], "cursor": None}
        assert [each["size"] for each in api(ada).get("courses/").json()["courses"]] == [0, 2]

    def test_who_left_is_not_counted(self, api, tess, lesson, sam):
        sam.is_active = False
        sam.save()
        [found] = api(tess).get("courses/").json()["courses"]
        assert (found["size"], found["ready"]) == (1, 0)

    def test_of_another_school_nothing(self, api, hanna, hilltop, lesson):
        make_student(hilltop, "Hal", "H-1")
        assert refusal(api(hanna).get("courses/")) == (404, "not_found")
        assert api(hanna, hilltop).get("courses/").json() == {"courses": [], "cursor": None}
