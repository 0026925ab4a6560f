"""Choosing the student's face in a photo with several."""

import pytest
from django.urls import reverse
from PIL import Image

from enrollment.batches.choosing import batch_photo_choose, faces_to_choose
from enrollment.batches.enrolling import photo_batch_enrol
from enrollment.errors import EnrollmentError
from enrollment.models import AccessRecord, BatchPhoto, Consent, FacePhoto, FaceVector
from enrollment.services.photos import face_photo_add
from tests.conftest import make_student
from tests.enrollment.orl import as_bytes, as_file, face

pytestmark = pytest.mark.django_db
State = BatchPhoto.State


def side_by_side(*people):
    faces = [face(person) for person in people]
    wide = Image.new("RGB", (sum(one.width for one in faces), faces[0].height), "#888")
    for n, one in enumerate(faces):
        wide.paste(one, (sum(other.width for other in faces[:n]), 0))
    return wide


@pytest.fixture
def item(batch, receive, work, sam):
    """Sam's photo, which shows three people; he is the second."""
    receive("R-001.jpg", data=as_bytes(side_by_side(4, 1, 5)))
    photo_batch_enrol(batch=batch, by=None)
    work()
    found = batch.items.get()
    assert (found.state, found.reason) == (State.REFUSED, "many_faces")
    return found


def test_the_faces_are_numbered_from_left_to_right(item):
    choices = faces_to_choose(item)
    assert [choice.number for choice in choices.faces] == [1, 2, 3]
    lefts = [choice.box.left for choice in choices.faces]
    assert lefts == sorted(lefts)
    assert (choices.width, choices.height) == (3 * 396, 456)
    assert all(choice.tile.startswith("data:image/jpeg;base64,") for choice in choices.faces)


def test_the_chosen_face_is_enrolled_and_nobody_elses(item, sam, riverside, ada):
    old = item.photo_id
    batch_photo_choose(item=item, number=2, of=3, by=ada.user)
    item.refresh_from_db()
    assert (item.state, item.photo.state) == (State.ENROLLED, "enrolled")
    assert not FacePhoto.objects.filter(pk=old).exists()
    assert FaceVector.objects.count() == 1
    # It is Sam's: another photo of him agrees, and one of the first person's is not taken for his.
    assert face_photo_add(student=sam, upload=as_file(face(1, 2)), added_by=None).state == "enrolled"
    other = make_student(riverside, "Fay Four", "R-004")
    assert face_photo_add(student=other, upload=as_file(face(4, 2)), added_by=None).state == "enrolled"


def test_one_that_was_not_shown_is_refused_and_nothing_changes(item, ada):
    for number, of in ((4, 3), (0, 3), (1, 2)):
        with pytest.raises(EnrollmentError) as caught:
            batch_photo_choose(item=item, number=number, of=of, by=ada.user)
        assert caught.value.code == "no_such_face"
    item.refresh_from_db()
    assert item.state == State.REFUSED


def test_without_a_consent_nothing_is_enrolled(item, sam, ada):
    Consent.objects.filter(student=sam).delete()
    with pytest.raises(EnrollmentError) as caught:
        batch_photo_choose(item=item, number=2, of=3, by=ada.user)
    assert caught.value.code == "no_consent"
    assert not FaceVector.objects.exists()


class TestThePage:
    @pytest.fixture
    def url(self, item):
        return reverse("batch_photo_faces", args=["riverside", item.pk])

    def test_it_shows_the_faces_and_is_recorded(self, client, ada, url, item, sam, django_capture_on_commit_callbacks):
        client.force_login(ada.user)
        with django_capture_on_commit_callbacks(execute=True):
            page = client.get(url).content.decode()
        assert page.count('name="number"') == 3
        assert "Which face is Sam Field?" in page
        assert AccessRecord.objects.filter(verb="photo_seen", subject=sam.pk).count() == 1
        assert url in client.get(reverse("photo_batch", args=["riverside", item.batch_id])).content.decode()

    def test_a_choice_leads_back_to_the_report(self, client, ada, url, item):
        client.force_login(ada.user)
        answer = client.post(url, {"number": 2, "of": 3}, follow=True)
        assert answer.redirect_chain[0][0] == reverse("photo_batch", args=["riverside", item.batch_id])
        assert "Sam Field: enrolled." in answer.content.decode()
        assert client.get(url).status_code == 302  # settled

    def test_no_choice_asks_again(self, client, ada, url):
        client.force_login(ada.user)
        assert "Choose a face first." in client.post(url, {}, follow=True).content.decode()

    def test_an_engine_that_is_away_is_said(self, client, ada, url, settings):
        client.force_login(ada.user)
        settings.FACE_ENGINE = {"BACKEND": f"{__name__}.AwayEngine", "OPTIONS": {}}
        assert "cannot be reached" in client.get(url, follow=True).content.decode()


class AwayEngine:
    def __init__(self, institution):
        pass

    def detect(self, image):
        from enrollment.domain.faces import EngineUnavailable

        raise EngineUnavailable("throttled", "come back later")
