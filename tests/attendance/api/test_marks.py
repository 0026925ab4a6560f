"""The API: marks, and a student's own."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from attendance.domain.statuses import Status
from attendance.models import ClassSession
from attendance.register.sessions import session_close, session_open
from tests.attendance.api.client import refusal
from tests.attendance.byhand import mark_set
from tests.conftest import make_student


@pytest.fixture
def path(register):
    return f"sessions/{register.pk}/marks/"


def test_everybody_on_the_register(api, tess, sam, sita, path):
    api(tess).put(f"{path}{sam.pk}/", status="E", expected_version=0, note="dentist")
    first, second = api(tess).get(path).json()
    assert first["student"] == {"id": str(sam.pk), "name": "Sam Field", "roll_number": "R-001"}
    assert (first["mark"]["status"], first["mark"]["note"], first["mark"]["version"]) == ("E", "dentist", 1)
    assert first["mark"]["actor_id"] == str(tess.user.pk)
    assert (second["student"]["name"], second["mark"]) == ("Sita Rao", None)


def test_two_teachers_at_once(api, tess, ada, sam, path):
    first = api(tess).put(f"{path}{sam.pk}/", status="P", expected_version=0).json()
    response = api(ada).put(f"{path}{sam.pk}/", status="A", expected_version=0)
    assert refusal(response) == (409, "mark_changed")
    assert response.json()["current"] == first
    assert api(ada).put(f"{path}{sam.pk}/", status="A", expected_version=1).json()["version"] == 2


def test_a_conflict_with_nothing(api, tess, sam, path):
    response = api(tess).put(f"{path}{sam.pk}/", status="P", expected_version=5)
    assert refusal(response) == (409, "mark_changed")
    assert response.json()["current"] is None


def test_undoing_and_the_trail(api, tess, sam, path):
    mine, mark = api(tess), f"{path}{sam.pk}/"
    assert refusal(mine.post(mark + "undo/", expected_version=0)) == (409, "nothing_to_undo")
    mine.put(mark, status="P", expected_version=0)
    mine.put(mark, status="A", expected_version=1)
    assert mine.post(mark + "undo/", expected_version=2).json()["status"] == "P"
    assert [(m["version"], m["status"]) for m in mine.get(mark + "audit/").json()] == [(1, "P"), (2, "A"), (3, "P")]
    assert refusal(mine.post(mark + "undo/", expected_version=1)) == (409, "mark_changed")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"status": "X", "expected_version": 0}, "status"),
        ({"status": "N", "expected_version": 0}, "status"),
        ({"status": None, "expected_version": 0}, "status"),
        ({"status": ["P"], "expected_version": 0}, "status"),
        ({"expected_version": 0}, "status"),
        ({"status": "P"}, "expected_version"),
        ({"status": "P", "expected_version": -1}, "expected_version"),
        ({"status": "P", "expected_version": "one"}, "expected_version"),
        ({"status": "P", "expected_version": 10**30}, "expected_version"),
        ({"status": "P", "expected_version": 0, "note": "x" * 201}, "note"),
        ({"status": "P", "expected_version": 0, "note": "\x00"}, "note"),
    ],
)
def test_bad_marks(api, tess, sam, path, body, field):
    response = api(tess).put(f"{path}{sam.pk}/", **body)
    assert refusal(response) == (400, "invalid")
    assert list(response.json()["fields"]) == [field]


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'"x"', b"null", b"\xff\xfe", b'{"a": NaN}', b"[" * 5000])
def test_bad_json(api, tess, sam, path, client, body):
    mine = api(tess)
    response = client.put(f"{mine.root}{path}{sam.pk}/", body, content_type="application/json", **mine.headers)
    assert response.status_code == 400
    assert response.json()["code"] in ("parse_error", "invalid")


def test_a_wrong_content_type(api, tess, sam, path, client):
    mine = api(tess)
    response = client.put(f"{mine.root}{path}{sam.pk}/", b"<x/>", content_type="text/xml", **mine.headers)
    assert refusal(response) == (415, "unsupported_media_type")


def test_students_who_are_not_on_it(api, tess, path, riverside, hilltop):
    others = [make_student(riverside, "Other", "R-050").pk, make_student(hilltop, "Foreign", "H-1").pk, uuid4()]
    for pk in others:
        assert refusal(api(tess).put(f"{path}{pk}/", status="P", expected_version=0)) == (404, "not_on_roster")
        assert refusal(api(tess).post(f"{path}{pk}/undo/", expected_version=1)) == (404, "not_on_roster")
        assert refusal(api(tess).get(f"{path}{pk}/audit/")) == (404, "not_found")
    assert refusal(api(tess).get(f"{path}not-a-uuid/audit/")) == (404, "not_found")


def test_a_closed_register(api, tess, sam, register, path):
    session_close(session=register, by=tess.user)
    assert refusal(api(tess).put(f"{path}{sam.pk}/", status="P", expected_version=1)) == (409, "session_closed")


def test_who_may_not(api, sam, theo, hanna, hilltop, path):
    mark = f"{path}{sam.pk}/"
    for act in (
        lambda as_: as_.get(path),
        lambda as_: as_.put(mark, status="P", expected_version=0),
        lambda as_: as_.post(mark + "undo/", expected_version=0),
        lambda as_: as_.get(mark + "audit/"),
    ):
        assert refusal(act(api())) == (401, "not_authenticated")
        assert refusal(act(api(sam.user.memberships.get()))) == (403, "permission_denied")
        assert refusal(act(api(theo))) == (404, "not_found")
        assert refusal(act(api(hanna))) == (404, "not_found")
        assert refusal(act(api(hanna, hilltop))) == (404, "not_found")


# -- A student's own --


@pytest.fixture
def term(riverside, physics, tess, sam, sita):
    """Five lessons: Sam was there, late once, absent once; Sita always."""
    statuses = [Status.PRESENT, Status.LATE, Status.ABSENT, Status.PRESENT, Status.PRESENT]
    for day, status in enumerate(statuses):
        session = make_lesson(riverside, physics, day)
        session = session_open(session=session, by=tess.user)
        for student, word in ((sam, status), (sita, Status.PRESENT)):
            mark_set(session=session, student_id=student.pk, status=word, by=tess.user, expected_version=0)
        session_close(session=session, by=tess.user)


def make_lesson(riverside, physics, day):
    begins = timezone.now() - timedelta(days=9 - day)
    return ClassSession.objects.create(
        institution=riverside, course=physics, starts_at=begins, ends_at=begins + timedelta(minutes=50)
    )


def test_one_s_own_marks_page_by_page(api, term, sam):
    me = api(sam.user.memberships.get())
    found, cursor = [], {}
    while cursor is not None:
        page = me.get("me/marks/", limit=2, **cursor).json()
        found += page["marks"]
        cursor = {"cursor": page["cursor"]} if page["cursor"] else None
    assert [mark["status"] for mark in found] == ["P", "P", "A", "L", "P"]
    assert {mark["student_id"] for mark in found} == {str(sam.pk)}
    assert me.get("me/marks/").json()["marks"] == found


def test_one_s_own_rates(api, term, sam, physics):
    [rate] = api(sam.user.memberships.get()).get("me/rates/").json()
    assert rate == {
        "course": {"id": str(physics.pk), "code": "PHY-10B", "name": "Physics 10B"},
        "attended": 4, "total": 5, "percent": 80, "counts": {"P": 3, "L": 1, "A": 1},
    }  # fmt: skip


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ({"cursor": "x"}, "bad_cursor"),
        ({"cursor": "2026-01-01~x"}, "bad_cursor"),
        ({"cursor": "y" * 201}, "invalid"),
        ({"cursor": "\x00"}, "bad_request"),
        ({"limit": "0"}, "invalid"),
        ({"limit": "201"}, "invalid"),
        ({"limit": "all"}, "invalid"),
    ],
)
def test_bad_pages(api, sam, query, code):
    assert refusal(api(sam.user.memberships.get()).get("me/marks/", **query)) == (400, code)


@pytest.mark.parametrize("path", ["me/marks/", "me/rates/"])
def test_only_students_have_their_own(api, sam, tess, ada, hanna, riverside, path):
    assert refusal(api().get(path)) == (401, "not_authenticated")
    assert refusal(api(tess).get(path)) == (403, "permission_denied")
    assert refusal(api(ada).get(path)) == (403, "permission_denied")
    assert refusal(api(hanna).get(path)) == (404, "not_found")


@pytest.mark.parametrize("path", ["me/marks/", "me/rates/"])
def test_a_member_whom_no_student_is(api, sam, path):
    student = sam.user.memberships.get()
    sam.user = None
    sam.save()
    assert refusal(api(student).get(path)) == (404, "not_found")
