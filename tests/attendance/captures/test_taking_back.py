"""A wrong photo: deleted with its marks, or without them; another photo of the lesson stands in where it can."""

import pytest
from django.urls import reverse

from attendance.captures.deleting import capture_marks, capture_take_back
from attendance.captures.doubts import detected_face_decide
from attendance.domain.statuses import Source, Status
from attendance.errors import SessionClosed
from attendance.models import DetectedFace
from attendance.register.page import read_register
from attendance.register.sessions import session_close
from attendance.repositories import marks_for
from tests.attendance.byhand import mark_set
from tests.engines import face


@pytest.fixture
def mark(register):
    return lambda student: marks_for(register.institution).for_session(register.pk).get(student.pk)


@pytest.fixture
def wrong(script, take, sam):
    """A photo of the wrong class, in which Sam was recognised, and a stranger."""
    script.sees(face((sam.pk, 0.9)), face(at=1))
    return take().capture


def test_its_marks_go_with_it_and_its_faces_ask_nothing(wrong, register, mark, tess, sam):
    assert [one.student_id for one in capture_marks(wrong)] == [sam.pk]
    assert capture_take_back(capture=wrong, by=tess.user) == 1
    assert mark(sam).status is Status.NONE
    wrong.refresh_from_db()
    assert not wrong.picture
    found = read_register(register)
    assert (found.unknown, found.doubts, found.main) == ((), (), None)
    assert capture_take_back(capture=wrong, by=tess.user) == 0, "repeating it changes nothing"


def test_the_right_photo_marks_them_afterwards(wrong, script, take, mark, tess, sam):
    capture_take_back(capture=wrong, by=tess.user)
    script.sees(face((sam.pk, 0.9)))
    right = take().capture
    assert (mark(sam).status, mark(sam).evidence.capture_id) == (Status.PRESENT, right.pk)


def test_whom_another_photo_shows_keeps_the_mark_by_that_one(wrong, script, take, mark, tess, sam):
    script.sees(face((sam.pk, 0.8)))
    other = take().capture
    assert mark(sam).evidence.capture_id == wrong.pk
    capture_take_back(capture=wrong, by=tess.user)
    assert (mark(sam).status, mark(sam).source, mark(sam).evidence.capture_id) == (
        Status.PRESENT, Source.PHOTO, other.pk,
    )  # fmt: skip


def test_what_a_person_marked_by_hand_stays(wrong, register, mark, tess, sam, sita):
    mark_set(session=register, student_id=sam.pk, status=Status.LATE, by=tess.user, expected_version=1)
    mark_set(session=register, student_id=sita.pk, status=Status.PRESENT, by=tess.user, expected_version=0)
    assert capture_take_back(capture=wrong, by=tess.user) == 0
    assert (mark(sam).status, mark(sita).status) == (Status.LATE, Status.PRESENT)


def test_a_face_that_a_person_confirmed_is_taken_back_too(script, take, mark, tess, sam):
    script.sees(face((sam.pk, 0.42)))
    capture = take().capture
    detected_face_decide(detected_face=capture.detected_faces.get(), student_id=sam.pk, by=tess.user)
    assert capture_take_back(capture=capture, by=tess.user) == 1
    assert mark(sam).status is Status.NONE
    assert not DetectedFace.objects.filter(capture=capture).exists()


def test_in_a_closed_register_marks_are_not_taken_back(wrong, register, mark, tess, sam):
    session_close(session=register, by=tess.user)
    wrong.session.refresh_from_db()
    with pytest.raises(SessionClosed):
        capture_take_back(capture=wrong, by=tess.user)
    assert mark(sam).status is Status.PRESENT


def test_the_page_asks_about_the_marks_and_does_either(wrong, register, sign_in, tess, mark, sam):
    client, at = sign_in(tess), reverse("capture_delete", args=["riverside", wrong.pk])
    page = " ".join(client.get(reverse("capture", args=["riverside", wrong.pk])).content.decode().split())
    assert "Wrong photo: delete it and 1 mark" in page
    answer = client.post(at, {"marks": "take_back"}, follow=True)
    assert "1 mark was taken back" in answer.content.decode()
    assert mark(sam).status is Status.NONE


def test_a_photo_that_made_no_mark_is_deleted_without_a_question(script, take, sign_in, tess):
    script.sees(face())
    photo = take().capture
    page = sign_in(tess).get(reverse("capture", args=["riverside", photo.pk])).content.decode()
    assert "Wrong photo" not in page
    assert "keep its marks" not in page
    assert "Delete photo</button>" in page


def test_keeping_the_marks_is_the_other_answer(wrong, register, sign_in, tess, mark, sam):
    client = sign_in(tess)
    client.post(reverse("capture_delete", args=["riverside", wrong.pk]), {"marks": "keep"})
    assert mark(sam).status is Status.PRESENT
    page = client.get(reverse("session", args=["riverside", register.pk])).content.decode()
    assert "This photo has been deleted. Its marks stay." in page
    assert "<image" not in page


def test_a_photo_without_faces_never_becomes_the_main_one(script, take, register, sam):
    script.sees(face((sam.pk, 0.9))).sees()
    good, empty = take().capture, take().capture
    found = read_register(register)
    assert found.main.capture.pk == good.pk
    assert [photo.capture.pk for photo in found.photos] == [good.pk, empty.pk]
