"""Arrivals after the grace period: asked about once, turned to present in one act."""

from datetime import timedelta

import pytest
from django.urls import reverse

from attendance.captures.doubts import detected_face_decide
from attendance.domain.statuses import Source, Status
from attendance.models import ClassSession
from attendance.register.late import late_decide
from attendance.repositories import marks_for
from tests.attendance.byhand import mark_set
from tests.engines import face


@pytest.fixture
def at(register):
    """The address of one of the register's views."""
    return lambda name: reverse(name, args=["riverside", register.pk])


@pytest.fixture
def late(register, riverside):
    """The lesson began half an hour ago."""
    ClassSession.objects.update(
        starts_at=register.starts_at - timedelta(minutes=30), ends_at=register.ends_at + timedelta(minutes=1)
    )
    register.refresh_from_db()
    return register


def marks(session):
    return marks_for(session.institution).for_session(session.pk)


def test_asked_once_and_all_present_with_one_tap(script, take, late, tess, sam, sita, sign_in, at):
    script.sees(face((sam.pk, 0.9)), face((sita.pk, 0.9), at=1))
    take()
    client = sign_in(tess)
    asked = client.get(at("session")).content.decode()
    assert "Mark these 2 students present, or late?" in asked
    assert "2 late" in asked.split('id="counts"')[1].split("</div>")[0]
    client.post(at("late_decide"), {"counts": "no"})
    assert {mark.status for mark in marks(late).values()} == {Status.PRESENT}
    assert "present, or late?" not in client.get(at("session")).content.decode()


def test_late_stays_late(script, take, late, tess, sam, sign_in, at):
    script.sees(face((sam.pk, 0.9)))
    take()
    client = sign_in(tess)
    client.post(at("late_decide"), {"counts": "yes"})
    assert marks(late)[sam.pk].status is Status.LATE
    page = client.get(at("session")).content.decode()
    assert "present, or late?" not in page
    assert "Mark 1 late student present" in page, "one act turns them"
    client.post(at("late_decide"), {"counts": "no"})
    assert marks(late)[sam.pk].status is Status.PRESENT
    assert "late-kept" not in client.get(at("session")).content.decode()


def test_the_answer_holds_for_a_face_that_a_person_confirms(script, take, late, tess, sam):
    late_decide(session=late, counts=False, by=tess.user)
    late.refresh_from_db()
    script.sees(face((sam.pk, 0.42)))
    detected_face_decide(detected_face=take().detected_faces[0], student_id=sam.pk, by=tess.user)
    assert (marks(late)[sam.pk].status, marks(late)[sam.pk].minutes_late) == (Status.PRESENT, 0)


def test_the_answer_holds_for_later_photos(script, take, late, tess, sam):
    late_decide(session=late, counts=False, by=tess.user)
    late.refresh_from_db()
    script.sees(face((sam.pk, 0.9)))
    take()
    assert (marks(late)[sam.pk].status, marks(late)[sam.pk].minutes_late) == (Status.PRESENT, 0)


def test_what_a_person_said_stays(late, tess, sam):
    mark_set(session=late, student_id=sam.pk, status=Status.LATE, by=tess.user, expected_version=0)
    assert late_decide(session=late, counts=False, by=tess.user) == 0
    assert marks(late)[sam.pk].status is Status.LATE


def test_it_is_the_teachers_mark_then_and_keeps_its_evidence(script, take, late, tess, sam):
    script.sees(face((sam.pk, 0.9)))
    take()
    assert late_decide(session=late, counts=False, by=tess.user) == 1
    assert late_decide(session=late, counts=False, by=tess.user) == 0
    mark = marks(late)[sam.pk]
    assert (mark.source, mark.actor_id, mark.version) == (Source.HAND, tess.user.pk, 2)
    assert mark.evidence is not None


def test_in_time_nothing_is_asked(script, take, register, tess, sam, sign_in, at):
    script.sees(face((sam.pk, 0.9)))
    take()
    assert "present, or late?" not in sign_in(tess).get(at("session")).content.decode()
