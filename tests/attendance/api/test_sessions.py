"""The API: sessions and their registers."""

from datetime import UTC, datetime, timedelta

import pytest

from attendance.models import ClassSession
from enrollment.models import Course
from tests.attendance.api.client import refusal

ACTIONS = ["open", "close", "reopen"]


def test_a_teacher_s_day(api, tess, lesson, physics):
    [found] = api(tess).get("sessions/").json()["sessions"]
    assert found["id"] == str(lesson.pk)
    assert found["course"] == {"id": str(physics.pk), "code": "PHY-10B", "name": "Physics 10B"}
    assert (found["state"], found["opened_by"]) == ("scheduled", None)
    assert api(tess).get("sessions/", date=lesson.local_date.isoformat()).json() == {
        "sessions": [found],
        "cursor": None,
    }
    after = (lesson.local_date + timedelta(days=2)).isoformat()  # late in the evening it lasts into the next day
    assert api(tess).get("sessions/", date=after).json()["sessions"] == []


def test_times_carry_the_school_s_offset(api, tess, lesson):
    ClassSession.objects.filter(pk=lesson.pk).update(starts_at=datetime(2026, 7, 1, 9, tzinfo=UTC))
    assert api(tess).get(f"sessions/{lesson.pk}/").json()["session"]["starts_at"] == "2026-07-01T10:00:00+01:00"


@pytest.mark.parametrize("date", ["today", "2026-13-01", "1", "9999999-01-01"])
def test_a_day_that_is_none(api, tess, date):
    response = api(tess).get("sessions/", date=date)
    assert refusal(response) == (400, "invalid")
    assert "date" in response.json()["fields"]


def test_an_administrator_sees_every_course(api, ada, theo, lesson):
    assert len(api(ada).get("sessions/").json()["sessions"]) == 1
    assert api(theo).get("sessions/").json()["sessions"] == []


def test_a_register_from_opening_to_reopening(api, tess, sam, sita, lesson):
    mine, path = api(tess), f"sessions/{lesson.pk}/"
    assert refusal(mine.post(path + "close/")) == (409, "session_not_open")
    opened = mine.post(path + "open/").json()
    assert (opened["session"]["state"], opened["session"]["opened_by"]) == ("open", "Tess")
    assert opened["counts"] == {
        "expected": 2, "here": 0, "away": 0, "missing": 2, "to_confirm": 0, "not_recognized": 0, "pictures_waiting": 0,
    }  # fmt: skip
    mine.put(path + f"marks/{sam.pk}/", status="P", expected_version=0)
    assert mine.get(path).json()["counts"]["here"] == 1
    closed = mine.post(path + "close/").json()
    assert (closed["session"]["state"], closed["counts"]["away"]) == ("closed", 1)
    assert refusal(mine.post(path + "open/")) == (409, "session_closed")
    assert mine.post(path + "reopen/").json()["session"]["state"] == "open"


def test_a_lesson_outside_the_timetable(api, tess, physics):
    response = api(tess).post("sessions/", course=physics.pk)
    assert response.status_code == 201
    assert response.json()["session"]["state"] == "open"
    assert api(tess).post("sessions/", course=physics.pk).json() == response.json()


def test_courses_that_are_not_one_s_own(api, tess, theo, physics, hilltop):
    foreign = Course.objects.create(institution=hilltop, code="X", name="X")
    assert refusal(api(theo).post("sessions/", course=physics.pk)) == (404, "not_found")
    assert refusal(api(tess).post("sessions/", course=foreign.pk)) == (404, "not_found")
    assert refusal(api(tess).post("sessions/", course="x")) == (400, "invalid")
    assert refusal(api(tess).post("sessions/")) == (400, "invalid")


def test_a_course_without_students(api, ada, riverside):
    empty = Course.objects.create(institution=riverside, code="ART", name="Art")
    assert refusal(api(ada).post("sessions/", course=empty.pk)) == (409, "empty_roster")


@pytest.fixture(params=["read", *ACTIONS])
def act(request, lesson):
    """Something that can be done with a session."""
    path = f"sessions/{lesson.pk}/"
    return lambda as_: as_.get(path) if request.param == "read" else as_.post(f"{path}{request.param}/")


def test_who_may_not(act, api, sam, theo, hanna, riverside, hilltop):
    student = sam.user.memberships.get()
    assert refusal(act(api())) == (401, "not_authenticated")
    assert refusal(act(api(student))) == (403, "permission_denied")
    assert refusal(act(api(theo))) == (404, "not_found")
    assert refusal(act(api(hanna))) == (404, "not_found")
    assert refusal(act(api(hanna, hilltop))) == (404, "not_found")


def test_nobody_outside_learns_whether_a_school_exists(api, hanna, riverside):
    known = api(hanna).get("sessions/")
    riverside.slug = "nowhere"
    assert known.json() == api(hanna).get("sessions/").json()


@pytest.mark.parametrize("method", ["put", "delete", "patch"])
def test_wrong_methods(api, tess, client, lesson, method):
    mine = api(tess)
    response = getattr(client, method)(f"{mine.root}sessions/{lesson.pk}/open/", **mine.headers)
    assert refusal(response) == (405, "method_not_allowed")
