"""The register as a page shows it."""

from dataclasses import replace

from django.utils import translation

from attendance.captures.doubts import detected_face_decide
from attendance.domain.statuses import Status
from attendance.register.labels import doubt_words
from attendance.register.page import read_register
from attendance.register.sessions import session_close, session_reopen
from attendance.upkeep import pictures_expire
from enrollment.domain.faces import Cover
from enrollment.models import Enrollment
from tests.attendance.byhand import mark_set
from tests.attendance.test_upkeep import grow_old
from tests.conftest import make_student
from tests.engines import face


def names(rows):
    return [row.student.name for row in rows]


def test_before_it_is_opened(lesson, sam, sita):
    register = read_register(lesson)
    assert names(register.missing) == ["Sam Field", "Sita Rao"]
    assert (register.here, register.away, register.doubts, register.main) == ([], [], (), None)


def test_who_is_here_absent_and_missing(script, take, register, riverside, physics, sam, sita, tess):
    script.sees(face((sam.pk, 0.9)))
    take()
    mark_set(session=register, student_id=sita.pk, status=Status.EXCUSED, by=tess.user, expected_version=0, note="trip")
    found = read_register(register)
    assert (names(found.here), names(found.away), names(found.missing)) == (["Sam Field"], ["Sita Rao"], [])
    assert found.here[0].face.number == 1
    assert found.away[0].actor == "Tess"


def test_whom_closing_wrote_absent_is_missing_again_after_reopening(register, tess):
    session = session_close(session=register, by=tess.user)
    assert len(read_register(session).away) == 2
    session = session_reopen(session=session, by=tess.user)
    assert len(read_register(session).missing) == 2


def test_a_doubt_with_its_candidates_until_it_is_decided(script, take, register, sam, sita, tess):
    script.sees(face((sam.pk, 0.42), (sita.pk, 0.35)))
    [detected_face] = take().detected_faces
    [doubt] = read_register(register).doubts
    assert names(candidate.row for candidate in doubt.candidates) == ["Sam Field", "Sita Rao"]
    assert [candidate.is_likely for candidate in doubt.candidates] == [True, False]
    detected_face_decide(detected_face=detected_face, student_id=None, by=tess.user)
    assert read_register(register).doubts == ()


def test_a_doubt_about_somebody_who_is_here_answers_itself(script, take, register, sam, tess):
    script.sees(face((sam.pk, 0.42)))
    take()
    mark_set(session=register, student_id=sam.pk, status=Status.PRESENT, by=tess.user, expected_version=0)
    assert read_register(register).doubts == ()


def test_strangers_of_photos_are_shown(script, take, register, riverside):
    other = make_student(riverside, "Other Class", "R-050")
    script.sees(face(), face(elsewhere=(other.pk, 0.8), at=1))
    take()
    assert [detected_face.outcome for detected_face in read_register(register).unknown] == ["unknown", "elsewhere"]


def test_a_picture_that_waits_is_shown(script, take, register):
    script.is_unavailable()
    capture = take().capture
    found = read_register(register)
    assert found.waiting == (capture,)
    assert (found.photos, found.main) == ((), None)


def test_after_the_retention_a_mark_has_no_face_to_show(script, take, register, sam):
    script.sees(face((sam.pk, 0.9)))
    take()
    grow_old(30)
    pictures_expire()
    [row] = read_register(register).here
    assert row.face is None
    assert row.mark.evidence.similarity == 0.9


def test_it_takes_as_many_queries_for_fifty_students_as_for_two(
    script, take, register, riverside, physics, sam, tess, django_assert_num_queries
):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from attendance.models import RosterEntry

    script.sees(face((sam.pk, 0.42)), face(at=1))
    take()
    with CaptureQueriesContext(connection) as few:
        read_register(register)
    for n in range(48):
        student = make_student(riverside, f"Student {n}", f"S-{n}")
        Enrollment.objects.create(institution=riverside, course=physics, student=student)
        RosterEntry.objects.create(institution=riverside, session=register, student=student)
    with django_assert_num_queries(len(few)):
        assert len(read_register(register).rows) == 50


# -- What the register knows already is not asked --


def test_the_same_face_in_a_second_photo_is_not_asked_about_again(script, take, register, sam, sita, tess):
    """Sam was confirmed; in the next picture the face resembles Sam, and only faintly Sita, who is not here yet."""
    script.sees(face((sam.pk, 0.45))).sees(face((sam.pk, 0.45), (sita.pk, 0.33)))
    detected_face_decide(detected_face=take().detected_faces[0], student_id=sam.pk, by=tess.user)
    take()
    assert read_register(register).doubts == ()


def test_but_it_is_where_it_may_well_be_somebody_who_is_missing(script, take, register, sam, sita, tess):
    script.sees(face((sam.pk, 0.45))).sees(face((sam.pk, 0.45), (sita.pk, 0.44)))
    detected_face_decide(detected_face=take().detected_faces[0], student_id=sam.pk, by=tess.user)
    take()
    [doubt] = read_register(register).doubts
    assert [candidate.is_likely for candidate in doubt.candidates] == [True, True]


def test_and_where_the_same_picture_shows_the_likeliest_one_elsewhere(script, take, register, sam, sita):
    script.sees(face((sam.pk, 0.9)), face((sam.pk, 0.45), (sita.pk, 0.33), at=1))
    take()
    assert len(read_register(register).doubts) == 1


def test_faces_that_were_decided_are_listed_the_last_first(script, take, register, sam, tess):
    script.sees(face((sam.pk, 0.42)), face(at=1))
    one, two = take().detected_faces
    detected_face_decide(detected_face=one, student_id=sam.pk, by=tess.user)
    detected_face_decide(detected_face=two, student_id=None, by=tess.user)
    found = read_register(register)
    assert [detected_face.pk for detected_face in found.decided] == [two.pk, one.pk]
    assert (found.doubts, found.unknown) == ((), ())


def test_a_covered_face_is_asked_about_and_says_why(script, take, register, sam):
    masked = face((sam.pk, 0.28))
    script.sees(replace(masked, quality=replace(masked.quality, cover=Cover.LOWER)))
    take()
    [doubt] = read_register(register).doubts
    assert [candidate.row.student.name for candidate in doubt.candidates] == ["Sam Field"]
    assert doubt_words(doubt.detected_face.reason) == "Part of this face is covered."
    with translation.override("de"):
        assert doubt_words(doubt.detected_face.reason) == "Ein Teil dieses Gesichts ist verdeckt."
