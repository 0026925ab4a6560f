"""Class photos deleted before their time: by hand, or with a consent that was withdrawn."""

from uuid import uuid4

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.urls import reverse
from django.utils import timezone

from attendance.captures.deleting import capture_delete, withdrawn_pictures_delete
from attendance.models import Capture, DetectedFace
from attendance.upkeep import upkeep
from enrollment.errors import ErasureUnfinished
from enrollment.models import Consent, FacePhoto
from enrollment.services.consents import consent_record, consent_withdraw

pytestmark = pytest.mark.django_db


@pytest.fixture
def shown(register):
    """A finished picture that shows these students (None: a stranger)."""

    def picture(*students, kind=Capture.Kind.WEBCAM, state=Capture.State.DONE):
        name = f"captures/{register.institution_id}/{uuid4()}.jpg"
        default_storage.save(name, ContentFile(b"a picture"))
        capture = Capture.objects.create(
            institution=register.institution, session=register, nonce=uuid4(), kind=kind, picture=name, width=9,
            height=9, state=state,
        )  # fmt: skip
        for number, student in enumerate(students):
            DetectedFace.objects.create(
                institution=capture.institution, capture=capture, number=number, left=1, top=1, width=1, height=1,
                outcome="mark" if student else "unknown", reason="sure", student=student,
            )  # fmt: skip
        return capture

    return picture


def is_kept(capture):
    name = capture.picture.name
    capture.refresh_from_db()
    assert bool(capture.picture) == default_storage.exists(name)
    return bool(capture.picture)


class TestWithdrawn:
    def test_pictures_of_them_alone_go_with_the_consent(self, shown, sam, sita):
        frame, photo = shown(sam), shown(sam, kind=Capture.Kind.PHOTO)
        together, other, stranger = shown(sam, sita), shown(sita), shown(None)
        assert withdrawn_pictures_delete() == 0
        consent_withdraw(student=sam, by=None)
        assert [is_kept(each) for each in (frame, photo, together, other, stranger)] == [False, False, True, True, True]
        assert frame.detected_faces.get().student == sam  # the evidence of a mark stays, without the picture

    def test_whom_a_person_named_counts(self, shown, sam, sita):
        frame = shown(sita)
        frame.detected_faces.update(decided_student=sam)
        consent_withdraw(student=sita, by=None)
        assert is_kept(frame)
        consent_withdraw(student=sam, by=None)
        assert not is_kept(frame)

    def test_what_a_crash_left_goes_with_the_next_sweep(self, shown, sam):
        frame = shown(sam)
        Consent.objects.filter(student=sam).update(withdrawn_at=timezone.now())
        assert upkeep().withdrawn == 1
        assert not is_kept(frame)

    def test_while_the_storage_is_unavailable_the_erasure_is_unfinished(self, shown, sam, monkeypatch):
        """And goes on later, whatever is consented meanwhile."""
        frame = shown(sam)
        FacePhoto.objects.create(institution=sam.institution, student=sam)
        with monkeypatch.context() as patch:
            patch.setattr("attendance.captures.deleting.delete_picture", unavailable)
            with pytest.raises(ErasureUnfinished):
                consent_withdraw(student=sam, by=None)
        assert is_kept(frame)
        consent_record(student=sam, given_by="a parent", wording="Form 3", recorded_by=None)
        upkeep()
        assert not is_kept(frame)
        assert not FacePhoto.objects.filter(student=sam).exists()


class TestByHand:
    def test_deletes_the_picture_and_keeps_the_faces(self, shown, client, tess, sam):
        capture = shown(sam, kind=Capture.Kind.PHOTO)
        client.force_login(tess.user)
        page = reverse("capture", args=["riverside", capture.pk])
        url = reverse("capture_delete", args=["riverside", capture.pk])
        assert url in client.get(page).content.decode()
        answer = client.post(url, follow=True)
        assert "The photo has been deleted. Its marks stay." in answer.content.decode()
        assert url not in answer.content.decode()
        assert (is_kept(capture), capture.detected_faces.count()) == (False, 1)
        assert client.get(reverse("capture_picture", args=["riverside", capture.pk])).status_code == 404
        assert client.get(url).status_code == 405

    def test_one_that_waits_is_given_up(self, shown, tess):
        capture = shown(state=Capture.State.WAITING)
        capture_delete(capture=capture, by=tess.user)
        capture.refresh_from_db()
        assert (capture.state, capture.reason) == (Capture.State.FAILED, "deleted")
        capture_delete(capture=capture, by=tess.user)

    def test_a_storage_that_is_unavailable_is_said(self, shown, client, tess, sam, monkeypatch):
        capture = shown(sam)
        monkeypatch.setattr("attendance.captures.deleting.delete_picture", unavailable)
        client.force_login(tess.user)
        answer = client.post(reverse("capture_delete", args=["riverside", capture.pk]), follow=True)
        assert "could not be deleted now" in answer.content.decode()
        assert is_kept(capture)


def unavailable(capture):
    raise OSError
