"""After a withdrawal no face of before it names the student, neither stored nor shown."""

from datetime import timedelta

import pytest
from django.utils import timezone

from attendance.captures.doubts import detected_face_decide
from attendance.domain.decision import Outcome, Reason
from attendance.models import DetectedFace
from attendance.register.page import read_register
from enrollment.models import Consent
from enrollment.services.consents import consent_withdraw
from tests.engines import face

pytestmark = pytest.mark.django_db


@pytest.fixture
def photo(script, take, sam, sita):
    """A photo with three doubts: Sam alone, Sam or Sita, Sita or Sam."""

    def taken(*faces):
        script.sees(*faces)
        return take().detected_faces

    return taken


def stored(seen):
    row = DetectedFace.objects.get(pk=seen.pk)
    return row.outcome, row.student_id, [pk for pk, _similarity in row.candidates]


def shown(register):
    page = read_register(register)
    doubts = {doubt.detected_face.pk: [one.row.student.name for one in doubt.candidates] for doubt in page.doubts}
    return doubts, {face.pk for face in page.unknown}


def test_a_doubt_about_them_alone_is_nobody_s(photo, register, sam):
    [seen] = photo(face((sam.pk, 0.4)))
    assert shown(register) == ({seen.pk: ["Sam Field"]}, set())
    consent_withdraw(student=sam, by=None)
    assert stored(seen) == (Outcome.UNKNOWN, None, [])
    assert shown(register) == ({}, {seen.pk})


def test_of_a_doubt_about_two_the_other_is_left(photo, register, sam, sita):
    [seen] = photo(face((sam.pk, 0.45), (sita.pk, 0.42)))
    consent_withdraw(student=sam, by=None)
    assert stored(seen) == (Outcome.ASK, sita.pk, [str(sita.pk)])
    assert shown(register) == ({seen.pk: ["Sita Rao"]}, set())


def test_who_is_known_elsewhere_is_not_named_any_more(photo, register, sam):
    register.roster.filter(student=sam).delete()
    [seen] = photo(face(elsewhere=(sam.pk, 0.9)))
    assert stored(seen)[:2] == (Outcome.ELSEWHERE, sam.pk)
    consent_withdraw(student=sam, by=None)
    assert stored(seen)[:2] == (Outcome.UNKNOWN, None)


def test_marks_and_what_a_person_said_stay(photo, register, sam, sita, tess):
    marked, asked = photo(face((sam.pk, 0.9), (sita.pk, 0.2)), face((sita.pk, 0.4), at=1))
    detected_face_decide(detected_face=asked, student_id=sita.pk, by=tess.user)
    for student in (sam, sita):
        consent_withdraw(student=student, by=None)
    assert stored(marked)[:2] == (Outcome.MARK, sam.pk)
    assert str(sita.pk) not in stored(marked)[2]
    assert DetectedFace.objects.get(pk=asked.pk).decided_student == sita
    assert {row.student: row.status for row in read_register(register).rows} == {sam: "P", sita: "P"}


@pytest.mark.parametrize("ended", ["withdrawn", "expired", "left"])
def test_what_is_still_stored_is_not_shown(photo, register, api, tess, sam, ended):
    """By whichever way the consent ended, also one that erases later."""
    [seen] = photo(face((sam.pk, 0.4)))
    consents = Consent.objects.filter(student=sam)
    if ended == "withdrawn":
        consents.update(withdrawn_at=timezone.now())
    elif ended == "expired":
        consents.update(expires_at=timezone.now() - timedelta(days=2))
    else:
        sam.is_active = False
        sam.save()
    assert stored(seen)[0] == Outcome.ASK
    assert shown(register) == ({}, {seen.pk})
    answer = api(tess).get(f"captures/{seen.capture_id}/").json()["faces"][0]
    assert (answer["outcome"], answer["reason"], answer["student_id"]) == (Outcome.UNKNOWN, Reason.NOBODY, None)
    assert answer["candidates"] == []
