"""A mark explains itself, to those whom it concerns; a wrong one is corrected where it stands."""

from io import BytesIO

import pytest
from django.urls import reverse
from PIL import Image

from accounts.models import Role
from attendance.captures.doubts import detected_face_decide
from attendance.domain.statuses import Source, Status
from attendance.models import ClassSession, DetectedFace, Verdict
from attendance.register.sessions import session_close
from attendance.repositories import marks_for
from attendance.upkeep import pictures_expire
from tests.attendance.byhand import mark_set
from tests.attendance.test_upkeep import grow_old
from tests.conftest import make_member, make_student
from tests.engines import face

HTMX = {"HX-Request": "true"}


@pytest.fixture
def seen(script, take, sam, sita):
    """A photo in which the machine recognised Sam, was not sure of Sita, and did not know a third face."""
    script.sees(face((sam.pk, 0.9), (sita.pk, 0.35)), face((sita.pk, 0.45), at=1), face(at=2))
    return list(take().detected_faces)


@pytest.fixture
def at(register, sam):
    """The addresses of Sam's mark."""
    return {
        name: reverse(name, args=["riverside", register.pk, *([] if name.startswith("my_") else [sam.pk])])
        for name in ("mark_why", "mark_photo", "my_mark", "my_mark_photo")
    }


def text_of(answer):
    return " ".join(answer.content.decode().split())


def mark_of(register, student):
    return marks_for(register.institution).for_session(register.pk).get(student.pk)


# -- Who may see it --


@pytest.mark.parametrize("name", ["mark_why", "mark_photo"])
def test_the_teacher_s_pages(client, sign_in, seen, at, name, sam, tess, theo, ada, hanna):
    assert client.get(at[name]).status_code == 302
    assert sign_in(sam).get(at[name]).status_code == 403
    assert sign_in(theo).get(at[name]).status_code == 404, "another teacher's course"
    assert sign_in(hanna).get(at[name]).status_code == 404
    assert sign_in(tess).get(at[name]).status_code == 200
    assert sign_in(ada).get(at[name]).status_code == 200
    assert sign_in(tess).post(at[name]).status_code == 405


@pytest.mark.parametrize("name", ["my_mark", "my_mark_photo"])
def test_the_student_s_own_pages(client, sign_in, seen, at, name, riverside, hilltop, sam, sita, tess, ada):
    """The address names the lesson alone: each student sees their own mark, never another's."""
    assert client.get(at[name]).status_code == 302
    assert sign_in(sam).get(at[name]).status_code == 200
    sita.user = make_member(riverside, "Sita", Role.STUDENT).user
    sita.save()
    assert sign_in(sita).get(at[name]).status_code == 404, "in the same lesson, and asked about by another face"
    elsewhere = make_student(hilltop, "Foreign", "H-001", user=make_member(hilltop, "Foreign", Role.STUDENT).user)
    assert sign_in(elsewhere).get(at[name]).status_code == 404
    for staff in (tess, ada):
        assert sign_in(staff).get(at[name]).status_code == 403


def test_who_is_not_on_the_register_has_no_mark_there(sign_in, seen, register, riverside, tess):
    other = make_student(riverside, "Other Class", "R-050")
    address = reverse("mark_why", args=["riverside", register.pk, other.pk])
    assert sign_in(tess).get(address).status_code == 404


# -- What it says --


def test_the_teacher_reads_the_whole_of_it(sign_in, seen, at, tess, riverside):
    page = text_of(sign_in(tess).get(at["mark_why"]))
    assert "Recognised in the photo at" in page
    assert "<strong>sure</strong>" in page
    for number in (
        "similarity 0.90",
        "marked automatically from 0.50, checked with you from 0.30",
        "engine scripted, model scripted-1",
    ):
        assert number in page
    assert "The photo is deleted after" in page
    assert at["mark_photo"] in page


def test_the_student_reads_it_without_anybody_else_s_name(sign_in, seen, at, sam, sita):
    page = text_of(sign_in(sam).get(at["my_mark"]))
    assert "similarity 0.90" in page
    assert at["my_mark_photo"] in page
    assert "Sita" not in page
    capture_picture = reverse("capture_picture", args=["riverside", seen[0].capture_id])
    assert capture_picture not in page, "the photo itself is the teachers'"
    assert sign_in(sam).get(capture_picture).status_code == 403


def test_who_confirmed(sign_in, seen, register, tess, sita):
    detected_face_decide(detected_face=seen[1], student_id=sita.pk, by=tess.user)
    page = text_of(sign_in(tess).get(reverse("mark_why", args=["riverside", register.pk, sita.pk])))
    assert "Confirmed from the photo at" in page
    assert "by <bdi>Tess</bdi>" in page
    assert "<strong>likely</strong>" in page
    assert reverse("undecide", args=["riverside", register.pk, seen[1].pk]) in page


def test_a_mark_by_hand_has_no_face_to_show(sign_in, register, at, tess, sam):
    mark_set(session=register, student_id=sam.pk, status=Status.PRESENT, by=tess.user, expected_version=0)
    assert "Marked by hand" in text_of(sign_in(tess).get(at["mark_why"]))
    assert sign_in(tess).get(at["mark_photo"]).status_code == 404
    page = text_of(sign_in(sam).get(at["my_mark"]))
    assert "Marked by hand" in page
    assert "<svg" not in page.split("<main")[1].split("</main")[0]


def test_the_history_leads_to_it(sign_in, seen, at, sam):
    page = sign_in(sam).get(reverse("my_attendance", args=["riverside"])).content.decode()
    assert at["my_mark"] in page


def test_when_the_photo_is_gone(sign_in, seen, at, tess, sam):
    grow_old(30)
    pictures_expire()
    for person, page, picture in ((tess, "mark_why", "mark_photo"), (sam, "my_mark", "my_mark_photo")):
        text = text_of(sign_in(person).get(at[page]))
        assert "The photo was deleted on schedule" in text
        assert "similarity 0.90" in text
        assert at[picture] not in text
        assert sign_in(person).get(at[picture]).status_code == 404


# -- The picture --


def test_the_picture_is_made_for_the_moment_and_kept_by_nobody(sign_in, seen, at, sam, picture_folder):
    before = sorted(picture_folder.rglob("*"))
    answer = sign_in(sam).get(at["my_mark_photo"])
    assert (answer["Content-Type"], answer["Cache-Control"]) == ("image/jpeg", "private, no-store")
    assert answer["X-Content-Type-Options"] == "nosniff"
    with Image.open(BytesIO(answer.content)) as image:
        assert image.size == (320, 240)
    assert sorted(picture_folder.rglob("*")) == before


def test_a_storage_that_is_unavailable(sign_in, seen, at, sam, monkeypatch):
    def away(self, *args):
        raise OSError("away")

    monkeypatch.setattr("django.core.files.storage.FileSystemStorage._open", away)
    assert sign_in(sam).get(at["my_mark_photo"]).status_code == 503


def test_a_face_that_was_somebody_else_s_is_shown_to_the_wrong_student_no_more(sign_in, seen, at, tess, sam, sita):
    detected_face_decide(detected_face=seen[0], student_id=sita.pk, by=tess.user)
    assert sign_in(sam).get(at["my_mark_photo"]).status_code == 404
    assert at["my_mark_photo"] not in text_of(sign_in(sam).get(at["my_mark"]))


def test_nor_while_the_wrong_mark_still_stands(sign_in, seen, at, register, sam, sita):
    """A decision whose process died before it took the mark back."""
    DetectedFace.objects.filter(pk=seen[0].pk).update(decided_student=sita, decided_at=register.starts_at)
    assert mark_of(register, sam).source is Source.PHOTO
    assert sign_in(sam).get(at["my_mark_photo"]).status_code == 404


# -- Not them --


def test_a_machine_s_mark_offers_everybody_else_and_nobody(sign_in, seen, at, register, tess, sam, sita):
    page = text_of(sign_in(tess).get(at["mark_why"], headers=HTMX))
    assert "<html" not in page
    assert "Not Sam Field? Choose who it is." in page
    assert f'value="{sita.pk}"' in page
    assert f'value="{sam.pk}"' not in page
    assert "Not on this register" in page
    decide = reverse("decide", args=["riverside", register.pk, seen[0].pk])
    assert f'hx-post="{decide}"' in page


def test_one_tap_moves_the_mark_and_counts_against_the_engine(sign_in, seen, register, tess, sam, sita):
    client = sign_in(tess)
    decide = reverse("decide", args=["riverside", register.pk, seen[0].pk])
    answer = text_of(client.post(decide, {"student": sita.pk}, headers=HTMX))
    assert (mark_of(register, sam).status, mark_of(register, sita).source) == (Status.NONE, Source.CONFIRMED)
    [verdict] = Verdict.objects.all()
    assert (verdict.said, verdict.kind) == ("mark", Verdict.Kind.WRONG)
    undo = reverse("undecide", args=["riverside", register.pk, seen[0].pk])
    assert undo in answer
    client.post(undo, headers=HTMX)
    assert (mark_of(register, sam).source, mark_of(register, sita).status) == (Source.PHOTO, Status.NONE)
    assert not Verdict.objects.exists()


@pytest.mark.parametrize("state", ["closed", "decided"])
def test_it_is_not_offered_where_it_cannot_be_done(sign_in, seen, at, register, tess, sam, state):
    if state == "closed":
        session_close(session=register, by=tess.user)
    else:
        detected_face_decide(detected_face=seen[0], student_id=sam.pk, by=tess.user)
    assert "Choose who it is" not in text_of(sign_in(tess).get(at["mark_why"]))


def test_a_row_of_the_machine_s_says_not_them_and_one_by_hand_does_not(sign_in, seen, at, register, tess, sita):
    mark_set(session=register, student_id=sita.pk, status=Status.PRESENT, by=tess.user, expected_version=0)
    page = sign_in(tess).get(reverse("session", args=["riverside", register.pk])).content.decode()
    assert page.count("<span>Wrong person?</span>") == 1
    assert at["mark_why"] in page
    assert reverse("mark_why", args=["riverside", register.pk, sita.pk]) not in page


# -- Doubts and what was decided --


def test_a_doubt_says_it_in_words_and_the_numbers_on_demand(sign_in, seen, register, tess):
    client = sign_in(tess)
    page = text_of(client.get(reverse("session", args=["riverside", register.pk])))
    assert "Is this</span>" in page.split('class="doubt"')[1].split("</li>")[0]
    asked = text_of(client.get(reverse("decide", args=["riverside", register.pk, seen[1].pk])))
    assert "likely" in asked
    assert "0.45" in asked.split('<details class="numbers">')[1].split("</details>")[0]
    assert "0.45" not in asked.split('<details class="numbers">')[0]


def test_what_was_decided_can_be_undone_after_a_reload(sign_in, seen, register, tess, sita):
    client, page_at = sign_in(tess), reverse("session", args=["riverside", register.pk])
    detected_face_decide(detected_face=seen[1], student_id=sita.pk, by=tess.user)
    detected_face_decide(detected_face=seen[2], student_id=None, by=tess.user)
    decided = client.get(page_at).content.decode().split('id="decided"')[1].split("</details>")[0]
    assert decided.index("Undo: nobody on this register") < decided.index("Undo: this is Sita Rao"), "the last first"
    for detected_face in seen[1:]:
        client.post(reverse("undecide", args=["riverside", register.pk, detected_face.pk]))
    page = client.get(page_at).content.decode()
    assert 'id="decided"' not in page
    assert "Who is this?" in page


def test_in_a_closed_register_it_is_only_told(sign_in, seen, register, tess):
    detected_face_decide(detected_face=seen[2], student_id=None, by=tess.user)
    session_close(session=register, by=tess.user)
    page = sign_in(tess).get(reverse("session", args=["riverside", register.pk])).content.decode()
    assert 'id="decided"' in page
    assert reverse("undecide", args=["riverside", register.pk, seen[2].pk]) not in page
    assert ClassSession.objects.get(pk=register.pk).state == "closed"
