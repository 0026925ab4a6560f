"""Pages of excuses: families give and take back, the office and tutors enter and decide."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from accounts.models import Role
from attendance.domain.statuses import Status
from attendance.models import Excuse
from attendance.register.sessions import session_close
from attendance.repositories import marks_for
from enrollment.models import AccessRecord, Group, GroupPlace, Guardian, Guardianship
from tests.attendance.api.client import jpeg
from tests.conftest import make_member

STATE = Excuse.State


@pytest.fixture
def fay(riverside, sam):
    """Sam's mother, with an account."""
    fay = make_member(riverside, "Fay", Role.GUARDIAN)
    mother = Guardian.objects.create(institution=riverside, name="Fay Field", user=fay.user)
    Guardianship.objects.create(institution=riverside, guardian=mother, student=sam)
    return fay


@pytest.fixture
def tutor(riverside, theo, sam):
    """Theo, as the tutor of Sam's group."""
    group = Group.objects.create(institution=riverside, name="10B", tutor=theo)
    GroupPlace.objects.create(institution=riverside, group=group, student=sam)
    return theo


def address(name, *args):
    return reverse(name, args=["riverside", *args])


def posted(client, name, *args, **data):
    return client.post(address(name, *args), data, follow=True).content.decode()


def sent(lesson, **more):
    return {"kind": "illness", "first_day": str(lesson.local_date), "note": "A cold", **more}


class TestGiving:
    def test_a_student_sends_one_with_a_document(self, sign_in, sam, lesson):
        letter = SimpleUploadedFile("letter.jpg", jpeg(), "image/jpeg")
        html = posted(sign_in(sam), "my_excuses", **sent(lesson, document=letter))
        excuse = Excuse.objects.get()
        assert (excuse.state, excuse.giver, excuse.first_day, excuse.last_day) == (
            STATE.WAITING, Excuse.Giver.STUDENT, lesson.local_date, lesson.local_date,
        )  # fmt: skip
        assert "A cold" in html
        assert "to decide" in html
        document = sign_in(sam).get(address("excuse_document", excuse.pk))
        assert b"".join(document.streaming_content)[:2] == b"\xff\xd8"
        assert document["Cache-Control"] == "private, no-store"

    def test_a_guardian_sends_one_for_their_child(self, sign_in, fay, sam, lesson):
        posted(sign_in(fay), "child_excuses", sam.pk, **sent(lesson))
        excuse = Excuse.objects.get()
        assert (excuse.giver, excuse.given_by_name, excuse.student) == (Excuse.Giver.GUARDIAN, "Fay Field", sam)

    def test_one_for_a_lesson_has_no_days(self, sign_in, sam, register):
        client = sign_in(sam)
        where = address("my_excuses") + f"?lesson={register.pk}"
        assert "first_day" not in client.get(where).content.decode()
        client.post(where, {"kind": "illness"})
        assert (Excuse.objects.get().session, Excuse.objects.get().first_day) == (register, register.local_date)

    @pytest.mark.parametrize("lesson_id", ["nonsense", "c6a1f5f5-6a33-4a68-9f4c-2f3a3a7d0e11"])
    def test_an_unknown_lesson_is_not_found(self, sign_in, sam, lesson_id):
        assert sign_in(sam).get(address("my_excuses") + f"?lesson={lesson_id}").status_code == 404

    @pytest.mark.parametrize(
        ("wrong", "said"),
        [
            ({"kind": ""}, "This field is required"),
            ({"first_day": "2031-01-01"}, "more than a year away"),
            ({"last_day": "2026-01-01"}, "The last day is before the first"),
            ({"begins": "11", "ends": "10"}, "This is before the beginning"),
            ({"note": "x" * 1001}, "at most 1000"),
        ],
    )
    def test_what_is_wrong_is_said_and_nothing_is_lost(self, sign_in, sam, lesson, wrong, said):
        html = posted(sign_in(sam), "my_excuses", **sent(lesson) | wrong)
        assert said in html
        assert "A cold" in html or "note" in wrong
        assert not Excuse.objects.exists()

    def test_a_document_that_cannot_be_read_is_said(self, sign_in, sam, lesson):
        bad = SimpleUploadedFile("letter.docx", b"PK\x03\x04", "application/zip")
        html = posted(sign_in(sam), "my_excuses", **sent(lesson, document=bad))
        assert "not a photo that can be read" in html
        assert "A cold" in html

    def test_it_is_taken_back(self, sign_in, sam, give):
        excuse = give()
        html = posted(sign_in(sam), "excuse_withdraw", excuse.pk)
        assert "Taken back" in html
        assert "No excuses yet" in html


class TestDeciding:
    def test_the_office_accepts_and_undoes(self, sign_in, ada, give, closed, sam):
        excuse, client = give(), sign_in(ada)
        marks = marks_for(closed.institution)
        assert "A cold" not in posted(client, "excuse_decide", excuse.pk, verb="accept")
        assert marks.for_session(closed.pk)[sam.pk].status is Status.EXCUSED
        posted(client, "excuse_decide", excuse.pk, verb="undo")
        assert marks.for_session(closed.pk)[sam.pk].status is Status.ABSENT

    def test_a_refusal_without_a_reason_is_asked_again(self, sign_in, ada, sam, give):
        excuse = give()
        assert "Please give a reason" in posted(sign_in(ada), "excuse_decide", excuse.pk, verb="refuse")
        posted(sign_in(ada), "excuse_decide", excuse.pk, verb="refuse", answer="No letter came")
        assert "No letter came" in sign_in(sam).get(address("my_excuses")).content.decode()

    def test_a_tutor_decides_for_their_group_alone(self, sign_in, tutor, give, sita):
        own, other = give(), give(student=sita)
        assert sign_in(tutor).post(address("excuse_decide", other.pk), {"verb": "accept"}).status_code == 404
        posted(sign_in(tutor), "excuse_decide", own.pk, verb="accept")
        own.refresh_from_db()
        assert (own.state, own.decided_by) == (STATE.ACCEPTED, tutor.user)

    def test_the_lessons_teacher_decides_for_one_lesson(self, sign_in, tess, give, register):
        days, one = give(), give(session=register)
        assert sign_in(tess).post(address("excuse_decide", days.pk), {"verb": "accept"}).status_code == 404
        assert sign_in(tess).post(address("excuse_decide", one.pk), {"verb": "accept"}).status_code == 302

    @pytest.mark.parametrize("verb", ["", "present", "delete"])
    def test_an_unknown_verb_is_refused(self, sign_in, ada, give, verb):
        assert sign_in(ada).post(address("excuse_decide", give().pk), {"verb": verb}).status_code == 400

    @pytest.mark.parametrize(
        ("named", "leads"),
        [
            ("/riverside/today/", "/riverside/today/"),
            ("//evil.example/", "/riverside/decisions/"),
            ("x", "/riverside/decisions/"),
        ],
    )
    def test_it_leads_back_to_a_page_of_the_portal_alone(self, sign_in, ada, give, named, leads):
        where = address("excuse_decide", give().pk)
        assert sign_in(ada).post(where, {"verb": "accept", "next": named})["Location"] == leads


class TestEntering:
    def test_the_office_enters_one_that_counts_at_once(self, sign_in, ada, sam, closed):
        html = posted(sign_in(ada), "student_excuses", sam.pk, **sent(closed))
        assert "are excused" in html
        assert marks_for(closed.institution).for_session(closed.pk)[sam.pk].status is Status.EXCUSED

    def test_a_tutor_may_and_another_teacher_may_not(self, sign_in, tutor, tess, sam, lesson):
        posted(sign_in(tutor), "student_excuses", sam.pk, **sent(lesson))
        assert Excuse.objects.get().is_accepted
        assert sign_in(tess).post(address("student_excuses", sam.pk), sent(lesson)).status_code == 404

    def test_looking_is_recorded(self, sign_in, ada, sam, django_capture_on_commit_callbacks):
        with django_capture_on_commit_callbacks(execute=True):
            sign_in(ada).get(address("student_excuses", sam.pk))
        assert AccessRecord.objects.get(verb="requests_seen").subject == sam.pk


def test_a_planned_absence_is_excused_when_the_register_closes(sign_in, sam, ada, tess, register):
    """The whole way: the student plans it, the office accepts, the teacher closes the register."""
    posted(sign_in(sam), "my_excuses", **sent(register, kind="appointment"))
    posted(sign_in(ada), "excuse_decide", Excuse.objects.get().pk, verb="accept")
    session_close(session=register, by=tess.user)
    html = sign_in(sam).get(address("my_attendance")).content.decode()
    assert "Excused: appointment" in html
    assert "Give a reason" not in html
