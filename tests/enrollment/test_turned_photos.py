"""An enrolment photo that lies on its side: it is stored and enrolled upright, or the answer asks about it."""

import pytest
from PIL import Image

from enrollment.faces import faces_for
from enrollment.models import FacePhoto
from enrollment.photo_outcomes import photo_verdict
from enrollment.pictures import turned
from enrollment.services.photos import face_photo_add
from tests.conftest import make_student
from tests.enrollment.orl import as_file, face

pytestmark = [pytest.mark.thorough, pytest.mark.django_db]
State = FacePhoto.State


@pytest.mark.parametrize("person", [1, 7, 12, 20])
@pytest.mark.parametrize("turns", [1, 2, 3])
def test_it_is_enrolled_upright_and_the_next_one_is_too(riverside, files_of, person, turns):
    student = make_student(riverside, f"Pupil {person}", f"P-{person}")
    sideways = turned(face(person, 1).convert("RGB"), turns)
    photo = face_photo_add(student=student, upload=as_file(sideways), added_by=None)
    assert (photo.state, photo.refusal) == (State.ENROLLED, "")
    assert Image.open(photo.picture).size == face(person, 1).size
    assert len(files_of()) == 2  # the upright picture and its portrait: the other one is deleted
    again = face_photo_add(student=student, upload=as_file(face(person, 2)), added_by=None)
    assert (again.state, again.refusal) == (State.ENROLLED, "")
    [seen] = faces_for(riverside).identify(face(person, 3).convert("RGB"), candidates=[student.pk])
    assert seen.matches[0].similarity > 0.5


def test_the_same_photo_sent_again_is_one(riverside, files_of):
    student = make_student(riverside, "Sam", "1")
    sideways = turned(face(1, 1).convert("RGB"), 1)
    first = face_photo_add(student=student, upload=as_file(sideways), added_by=None)
    second = face_photo_add(student=student, upload=as_file(sideways), added_by=None)
    assert first == second
    assert len(files_of()) == 2


def test_where_no_turn_shows_a_face_the_answer_asks(riverside, no_face_file):
    photo = face_photo_add(student=make_student(riverside, "Sam", "1"), upload=no_face_file(), added_by=None)
    assert photo.state == State.REFUSED
    assert photo_verdict(photo).startswith("No face was found. Is the photo on its side?")
