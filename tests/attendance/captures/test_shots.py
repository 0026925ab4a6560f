"""The class photo in several shots: who is still missing after each."""

from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from attendance.captures.progress import read_progress
from attendance.domain.statuses import Status
from attendance.models import Capture
from attendance.register.sessions import session_close
from tests.attendance.api.client import jpeg
from tests.attendance.byhand import mark_set
from tests.engines import face


@pytest.fixture
def shoot(register, sign_in, tess):
    client = sign_in(tess)

    def send(nonce=None):
        picture = SimpleUploadedFile("photo.jpg", jpeg(), "image/jpeg")
        return client.post(page(register), {"picture": picture, "nonce": nonce or uuid4()})

    return send


def page(session):
    return reverse("shots", args=["riverside", session.pk])


def test_before_the_first_shot_everybody_is_missing(register, sign_in, tess, sam, sita):
    answer = sign_in(tess).get(page(register))
    assert answer.context["progress"].missing == (sam.name, sita.name)
    assert f'data-url="{page(register)}"' in answer.content.decode()


def test_each_shot_says_who_is_still_missing(script, shoot, sam, sita):
    script.sees(face((sam.pk, 0.9)), face(at=1)).sees(face((sita.pk, 0.9)), face(at=1))
    first, second = shoot().json(), shoot().json()
    assert (first["here"], first["missing"]) == (1, [sita.name])
    assert (second["here"], second["missing"], second["expected"]) == (2, [], 2)
    assert [(shot["faces"], shot["marked"], shot["unknown"]) for shot in (first, second)] == [(2, 1, 1), (2, 1, 1)]


def test_a_shot_is_a_photo_of_the_class_and_is_kept(script, shoot, picture_folder):
    script.sees()
    shoot()
    assert Capture.objects.get().kind == Capture.Kind.PHOTO
    assert [path for path in picture_folder.rglob("*") if path.is_file()]


def test_a_doubt_is_counted_and_leaves_its_person_missing(script, shoot, sam, sita):
    script.sees(face((sam.pk, 0.4)))
    answer = shoot().json()
    assert (answer["doubts"], answer["marked"]) == (1, 0)
    assert sam.name in answer["missing"]


def test_a_shot_that_is_sent_twice_counts_once(script, shoot, sam):
    nonce = uuid4()
    script.sees(face((sam.pk, 0.9)))
    assert shoot(nonce).json()["here"] == shoot(nonce).json()["here"] == 1
    assert Capture.objects.count() == 1


def test_anyone_who_is_absent_by_a_person_s_word_is_not_missing(register, tess, sam, sita):
    mark_set(session=register, student_id=sam.pk, status=Status.ABSENT, by=tess.user, expected_version=0)
    assert read_progress(register).missing == (sita.name,)


def test_a_shot_that_waits_says_so(script, shoot):
    script.is_unavailable()
    answer = shoot()
    assert answer.status_code == 200
    assert "kept and tried again" in answer.json()["detail"]


def test_a_closed_register_takes_none(register, shoot, tess):
    session_close(session=register, by=tess.user)
    answer = shoot()
    assert (answer.status_code, answer.json()["code"]) == (409, "session_closed")
