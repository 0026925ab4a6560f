"""Pages of disputes: the student says what is wrong, a decider sees it with the faces, and can undo it."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from attendance.domain.statuses import Status
from attendance.excuses.giving import Reason, excuse_give
from attendance.models import Dispute, Excuse
from attendance.register.sessions import session_close
from attendance.repositories import marks_for
from enrollment.models import AccessRecord, Consent
from tests.attendance.api.client import jpeg
from tests.engines import face


def address(name, *args):
    return reverse(name, args=["riverside", *args])


def page(client, name, *args):
    return client.get(address(name, *args)).content.decode()


def posted(client, name, *args, **data):
    return client.post(address(name, *args), data, follow=True).content.decode()


def mark_of(session, student):
    return marks_for(session.institution).for_session(session.pk)[student.pk]


class TestSending:
    def test_from_the_list_of_lessons(self, sign_in, sam, closed):
        client, where = sign_in(sam), address("my_dispute", closed.pk)
        assert where in page(client, "my_attendance")
        letter = SimpleUploadedFile("letter.jpg", jpeg(), "image/jpeg")
        html = posted(client, "my_dispute", closed.pk, note="I sat at the back", document=letter)
        assert "The school has not decided yet" in html
        assert Dispute.objects.get().document_name == "letter.jpg"
        assert "I sat at the back" in page(client, "my_dispute", closed.pk)

    def test_without_words_nothing_is_sent(self, sign_in, sam, closed):
        assert "This field is required" in posted(sign_in(sam), "my_dispute", closed.pk, note=" ")
        assert not Dispute.objects.exists()

    def test_twice_is_said(self, sign_in, sam, dispute, closed):
        assert posted(sign_in(sam), "my_dispute", closed.pk, note="Again").count("I sat at the back") == 1
        assert Dispute.objects.count() == 1

    def test_an_open_register_offers_no_dispute(self, sign_in, sam, register, tess):
        from tests.attendance.byhand import mark_set

        mark_set(session=register, student_id=sam.pk, status=Status.ABSENT, by=tess.user, expected_version=0)
        assert "This is wrong" not in page(sign_in(sam), "my_attendance")
        assert "still taking this register" in posted(sign_in(sam), "my_dispute", register.pk, note="Here")

    def test_it_is_taken_back(self, sign_in, sam, dispute):
        posted(sign_in(sam), "dispute_withdraw", dispute.pk)
        assert Dispute.objects.get().state == Dispute.State.WITHDRAWN

    def test_a_lesson_without_the_student_is_not_found(self, sign_in, sam, lesson):
        assert sign_in(sam).get(address("my_dispute", lesson.pk)).status_code == 404


class TestDeciding:
    def test_today_leads_to_it(self, sign_in, tess, ada, dispute):
        for member in (tess, ada):
            assert address("decisions") in page(sign_in(member), "today")
            assert "I sat at the back" in page(sign_in(member), "decisions")

    def test_another_teacher_sees_nothing(self, sign_in, theo, dispute):
        assert "Nothing to decide" in page(sign_in(theo), "decisions")
        assert sign_in(theo).post(address("dispute_decide", dispute.pk), {"verb": "present"}).status_code == 404
        assert address("decisions") not in page(sign_in(theo), "today")

    @pytest.mark.parametrize(("verb", "status"), [("present", Status.PRESENT), ("late", Status.LATE)])
    def test_correcting_and_undoing(self, sign_in, tess, sam, dispute, closed, verb, status):
        html = posted(sign_in(tess), "dispute_decide", dispute.pk, verb=verb, version=1)
        assert mark_of(closed, sam).status is status
        assert "Undo" in html
        assert "Nothing to decide" in html
        posted(sign_in(tess), "dispute_decide", dispute.pk, verb="undo")
        assert mark_of(closed, sam).status is Status.ABSENT

    def test_keeping_asks_for_a_reason_that_the_student_reads(self, sign_in, tess, sam, dispute):
        assert "Please give a reason" in posted(sign_in(tess), "dispute_decide", dispute.pk, verb="keep")
        posted(sign_in(tess), "dispute_decide", dispute.pk, verb="keep", answer="I called your name")
        assert "Not changed: I called your name" in page(sign_in(sam), "my_attendance")

    def test_an_older_version_is_not_overwritten(self, sign_in, tess, dispute):
        assert "Somebody else changed this mark" in posted(
            sign_in(tess), "dispute_decide", dispute.pk, verb="present", version=0
        )

    def test_what_is_shown_is_recorded(self, sign_in, tess, sam, dispute, django_capture_on_commit_callbacks):
        with django_capture_on_commit_callbacks(execute=True):
            page(sign_in(tess), "decisions")
        assert AccessRecord.objects.get(verb="requests_seen").subject == sam.pk

    def test_disputes_come_before_excuses(self, sign_in, ada, sam, dispute, closed):
        day = closed.local_date
        excuse_give(student=sam, reason=Reason(Excuse.Kind.FAMILY, day, day), by=sam.user)
        html = page(sign_in(ada), "decisions")
        assert html.index('id="disputes"') < html.index('id="excuses"')


class TestFaces:
    """The faces in the lesson's photo that nobody is named for."""

    @pytest.fixture
    def photographed(self, script, take, register, tess, sam):
        """A photo with one face that is nobody's; the register closed, and Sam's dispute of it."""
        from attendance.disputes.disputing import dispute_send

        script.sees(face(at=0))
        capture = take().capture
        session_close(session=register, by=tess.user)
        script.answers.clear()
        return capture, dispute_send(student=sam, session=register, note="I was there", by=sam.user)

    def test_one_that_resembles_is_shown_beside_the_portrait(
        self, sign_in, tess, sam, script, photographed, django_capture_on_commit_callbacks
    ):
        capture, dispute = photographed
        script.sees(face((sam.pk, 0.28)))
        with django_capture_on_commit_callbacks(execute=True):
            html = page(sign_in(tess), "dispute_faces", dispute.pk)
        assert "One face in the photos of this lesson" in html
        assert address("capture_picture", capture.pk) in html
        assert script.candidates[-1] == {sam.pk}  # compared with nobody else
        assert AccessRecord.objects.get(verb="photo_seen").subject == sam.pk

    def test_a_strangers_is_not(self, sign_in, tess, sam, script, photographed):
        script.sees(face((sam.pk, 0.05)))
        assert "No face in the photos" in page(sign_in(tess), "dispute_faces", photographed[1].pk)

    def test_without_consent_nothing_is_compared(self, sign_in, tess, sam, script, photographed):
        from django.utils import timezone

        Consent.objects.filter(student=sam).update(withdrawn_at=timezone.now())
        script.sees(face((sam.pk, 0.9)))
        before = len(script.candidates)
        assert "Without consent" in page(sign_in(tess), "dispute_faces", photographed[1].pk)
        assert len(script.candidates) == before

    def test_of_a_deleted_photo_there_is_a_sentence(self, sign_in, tess, photographed):
        capture, dispute = photographed
        type(capture).objects.update(picture="")
        html = page(sign_in(tess), "dispute_faces", dispute.pk)
        assert "have been deleted" in html
        assert "<svg" not in html

    def test_an_engine_that_is_away_is_said(self, sign_in, tess, script, photographed):
        script.is_unavailable()
        assert "cannot be compared now" in page(sign_in(tess), "dispute_faces", photographed[1].pk)

    def test_a_lesson_without_a_photo(self, sign_in, tess, dispute):
        assert "No photo was taken" in page(sign_in(tess), "dispute_faces", dispute.pk)

    def test_of_somebody_who_may_not_be_searched_no_face_is_compared(self, sign_in, tess, script, photographed):
        capture, dispute = photographed
        capture.detected_faces.update(may_be_joined=False)
        script.sees(face((dispute.student_id, 0.9)))
        assert "No face in the photos" in page(sign_in(tess), "dispute_faces", dispute.pk)
