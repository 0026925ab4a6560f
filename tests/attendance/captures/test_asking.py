"""The question about a face: yes or no where one student may be it, portraits where several may, everyone else last."""

import pytest
from django.urls import reverse

from attendance.captures.asking import face_asked
from attendance.domain.statuses import Status
from attendance.register.page import read_register
from tests.attendance.byhand import mark_set
from tests.engines import face

HTMX = {"HX-Request": "true"}


@pytest.fixture
def ask(script, take, register):
    """Takes a photo with one face, and returns the question about it."""

    def asked(*matches):
        script.sees(face(*matches))
        [seen] = take().detected_faces
        return face_asked(read_register(register), seen)

    return asked


def titles(question):
    return [(group.title, [row.student.name for row in group.rows]) for group in question.groups]


def test_one_candidate_is_yes_or_no(ask, sam):
    question = ask((sam.pk, 0.42))
    assert question.only.row.student == sam
    assert (question.number, question.of) == (1, 1)


def test_of_several_none_is_the_only_one(ask, sam, sita, register, sign_in, tess):
    question = ask((sam.pk, 0.45), (sita.pk, 0.44))
    assert question.only is None
    assert len(question.candidates) == 2
    page = sign_in(tess).get(reverse("session", args=["riverside", register.pk])).content.decode()
    row = page.split('class="cands"')[1].split("</li>")[0]
    assert row.count('class="cand"') == 2
    assert 'aria-label="None of these"' in row


def test_those_not_marked_come_before_those_who_are_here(ask, register, tess, sam, sita):
    mark_set(session=register, student_id=sam.pk, status=Status.PRESENT, by=tess.user, expected_version=0)
    question = ask()
    assert (question.candidates, question.number) == ((), 0)
    assert titles(question) == [("Not marked yet", ["Sita Rao"]), ("Already here", ["Sam Field"])]


def test_the_picker_is_searched_by_name_and_roll_number(ask, register, sign_in, tess, sam):
    question = ask()
    at = reverse("decide", args=["riverside", register.pk, question.face.pk])
    part = sign_in(tess).get(at, headers=HTMX).content.decode()
    assert f'data-words="Sam Field {sam.roll_number}"' in part
    assert "Not on this register" in part
    assert "<html" not in part
    assert "<html" in sign_in(tess).get(at).content.decode()


def test_after_no_it_is_nobody_of_those_and_the_list_is_there(ask, register, sign_in, tess, sam):
    question = ask((sam.pk, 0.42))
    at = reverse("decide", args=["riverside", register.pk, question.face.pk])
    first = sign_in(tess).get(at, headers=HTMX).content.decode()
    assert f'hx-get="{at}?none"' in first
    part = sign_in(tess).get(f"{at}?none", headers=HTMX).content.decode()
    assert "Is this Sam Field?" not in part
    assert f'value="{sam.pk}"' in part, "who tapped No by mistake finds them in the list"
    assert "Not on this register" in part
    question.face.refresh_from_db()
    assert question.face.decided_at is None
