"""A face is erased where it was enrolled, whatever the settings say by then, and not reported erased before it is."""

import pytest
from django.core.cache import cache

from enrollment.errors import EnrollmentError, ErasureUnfinished
from enrollment.faces.rekognition import erasure as at_rekognition
from enrollment.faces.rekognition.calls import RekognitionCalls
from enrollment.models import FaceId, FacePhoto, FacePlace, FaceVector
from enrollment.readiness import erasures_due
from enrollment.repositories.orm import OrmFaceIdRepository
from enrollment.services.consents import consent_withdraw
from enrollment.services.erasure import erasures_resume
from enrollment.services.photos import face_photo_add, face_photo_delete
from enrollment.services.renewal import faces_renew, schools_outdated
from portal.aws.clients import client
from tests.aws.fixtures import REGION
from tests.enrollment.orl import as_file, face

pytestmark = [pytest.mark.thorough, pytest.mark.aws_local, pytest.mark.django_db(transaction=True)]
REKOGNITION = {"BACKEND": "enrollment.faces.rekognition.engine.RekognitionFaceEngine", "OPTIONS": {}}


@pytest.fixture
def server(local_rekognition, settings):
    settings.FACE_ENGINE = REKOGNITION
    settings.AWS_PREFIX = "county"
    cache.clear()
    return local_rekognition


@pytest.fixture
def calls_have_ended(monkeypatch):
    monkeypatch.setattr(at_rekognition, "CALL_MAY_TAKE", 0.0)


def enrol(student, person=1, number=1):
    return face_photo_add(student=student, upload=as_file(face(person, number)), added_by=None)


def stored(institution, prefix="county", region=REGION):
    """Ids of the faces in the collection under this prefix, in this Region."""
    rekognition = client("rekognition", region)
    try:
        listed = rekognition.list_faces(CollectionId=f"{prefix}-{institution.pk}")["Faces"]
    except rekognition.exceptions.ResourceNotFoundException:
        return []
    return [each["FaceId"] for each in listed]


def switched_engine(settings):
    settings.FACE_ENGINE = {"BACKEND": "enrollment.faces.local.engine.LocalFaceEngine", "OPTIONS": {}}


def switched_prefix(settings):
    settings.AWS_PREFIX = "borough"


def switched_region(settings):
    settings.AWS_REGION = "eu-central-1"


SWITCHES = [switched_engine, switched_prefix, switched_region]


class TestSettingsThatChanged:
    @pytest.mark.parametrize("switch", SWITCHES)
    def test_a_withdrawal_erases_where_the_face_was_enrolled(self, server, riverside, sam, sita, settings, switch):
        enrol(sam)
        enrol(sita, 2)
        switch(settings)
        assert len(stored(riverside)) == 2
        receipt = consent_withdraw(student=sam, by=None)
        assert (receipt.vectors, receipt.mappings, receipt.photos) == (1, 1, 1)
        assert stored(riverside) == [sita.photos.get().face_id]
        assert not FaceId.objects.filter(student=sam).exists()

    @pytest.mark.parametrize("switch", SWITCHES)
    def test_so_does_deleting_one_photo(self, server, riverside, sam, settings, switch):
        photo = enrol(sam)
        switch(settings)
        face_photo_delete(photo=photo)
        assert (stored(riverside), FaceId.objects.count()) == ([], 0)

    @pytest.mark.parametrize("switch", SWITCHES)
    def test_the_photos_are_enrolled_again_at_the_new_place_and_erased_at_the_old(
        self, server, riverside, sam, settings, switch
    ):
        old = enrol(sam)
        switch(settings)
        assert schools_outdated() == [riverside]
        assert faces_renew(institution=riverside, most=5).enrolled == 1
        new = sam.photos.get()
        assert (stored(riverside), new.place == old.place) == ([], False)
        assert schools_outdated() == []

    def test_from_the_embedded_engine_to_amazon(self, local_rekognition, riverside, sam, settings):
        enrol(sam)
        settings.FACE_ENGINE = REKOGNITION
        assert consent_withdraw(student=sam, by=None).vectors == 1
        assert not FaceVector.objects.exists()

    def test_with_both_places_filled_both_are_emptied(self, server, riverside, sam, settings):
        enrol(sam)
        switched_prefix(settings)
        enrol(sam, number=2)
        assert consent_withdraw(student=sam, by=None).vectors == 2
        assert (stored(riverside), stored(riverside, "borough")) == ([], [])

    def test_a_place_that_cannot_be_reached_is_said_and_emptied_later(self, server, riverside, sam, settings):
        enrol(sam)
        switched_engine(settings)
        server.fault("DeleteFaces", "AccessDeniedException")
        with pytest.raises(ErasureUnfinished):
            consent_withdraw(student=sam, by=None)
        assert list(erasures_due(riverside)) == [sam]
        assert erasures_resume(institution=riverside) == 1
        assert (stored(riverside), FacePhoto.objects.count()) == ([], 0)

    def test_an_engine_that_is_no_longer_installed_is_not_said_to_have_erased(self, riverside, sam):
        enrol(sam)
        FacePlace.objects.update(engine="vanished.Engine")
        with pytest.raises(ErasureUnfinished):
            consent_withdraw(student=sam, by=None)
        assert sam.photos.count() == 1


class TestAnIndexThatLagsBehind:
    def test_a_face_that_the_mapping_does_not_list_is_erased(self, server, riverside, sam, monkeypatch):
        photo = enrol(sam)
        FacePhoto.objects.update(face_id="", place=None)  # a crash before the row was written
        monkeypatch.setattr(OrmFaceIdRepository, "for_student", lambda self, student: [])
        assert consent_withdraw(student=sam, by=None).vectors == 1
        assert (stored(riverside), FaceId.objects.filter(face_id=photo.face_id).count()) == ([], 0)

    def test_so_it_is_with_the_embedded_engine(self, sam, monkeypatch):
        enrol(sam)
        FacePhoto.objects.update(face_id="", place=None)
        monkeypatch.setattr(OrmFaceIdRepository, "for_student", lambda self, student: [])
        assert consent_withdraw(student=sam, by=None).vectors == 1
        assert (FaceVector.objects.count(), FaceId.objects.count()) == (0, 0)

    def test_entries_that_appear_one_after_the_other_are_all_forgotten(self, server, riverside, sam, monkeypatch):
        """Nothing is purged from the mapping that was not erased before."""
        first, second = enrol(sam), enrol(sam, number=2)
        FacePhoto.objects.update(face_id="", place=None)
        answers = [[first.face_id], [first.face_id, second.face_id], []]
        monkeypatch.setattr(OrmFaceIdRepository, "for_student", lambda self, pk: answers.pop(0) if answers else [])
        consent_withdraw(student=sam, by=None)
        assert (stored(riverside), FaceId.objects.count()) == ([], 0)


class TestWithdrawnWhileAFaceIsIndexed:
    """`IndexFaces` may store the face after the withdrawal has looked for it."""

    def meanwhile(self, monkeypatch, happen, *, answer_is_lost):
        """Something happens while AWS indexes a face, before it is stored."""
        one = RekognitionCalls.one

        def slow(calls, operation, **arguments):
            if operation == "IndexFaces":
                happen()
            answer = one(calls, operation, **arguments)
            if operation == "IndexFaces" and answer_is_lost:
                raise KeyboardInterrupt  # the process ends
            return answer

        monkeypatch.setattr(RekognitionCalls, "one", slow)

    def test_the_answer_comes_too_late(self, server, riverside, sam, monkeypatch):
        finished = []

        def withdraw():
            with pytest.raises(ErasureUnfinished):
                consent_withdraw(student=sam, by=None)
            finished.append(True)

        self.meanwhile(monkeypatch, withdraw, answer_is_lost=False)
        with pytest.raises(EnrollmentError, match="no valid consent"):
            enrol(sam)
        assert finished
        assert (stored(riverside), FaceId.objects.count(), FacePhoto.objects.count()) == ([], 0, 0)

    def test_the_process_dies(self, server, riverside, sam, monkeypatch):
        def withdraw():
            with pytest.raises(ErasureUnfinished):
                consent_withdraw(student=sam, by=None)

        with monkeypatch.context() as patch:
            self.meanwhile(patch, withdraw, answer_is_lost=True)
            with pytest.raises(KeyboardInterrupt):
                enrol(sam)
        assert list(erasures_due(riverside)) == [sam]
        monkeypatch.setattr(at_rekognition, "CALL_MAY_TAKE", 0.0)  # it has ended by now
        erasures_resume(institution=riverside)
        assert (stored(riverside), FaceId.objects.count(), FacePhoto.objects.count()) == ([], 0, 0)
