"""Another face model: kept photos are enrolled again, and nothing of the earlier model stays."""

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db.models import F

from attendance.upkeep import upkeep
from enrollment.domain.faces import EngineUnavailable
from enrollment.faces import faces_for
from enrollment.models import FaceId, FacePhoto, FaceVector, Gallery
from enrollment.services import erasure, photos
from enrollment.services.renewal import face_photo_renew, faces_renew, photos_outdated
from tests.conftest import make_student
from tests.enrollment.orl import face

State = FacePhoto.State
pytestmark = [pytest.mark.thorough, pytest.mark.django_db]


@pytest.fixture
def outdated(sam, face_file):
    """Two photos of Sam's, enrolled by a model that is not in use any more."""
    for number in (1, 2):
        photos.face_photo_add(student=sam, upload=face_file(1, number), added_by=None)
    FaceVector.objects.update(model="earlier")
    FacePhoto.objects.update(model="earlier")
    Gallery.objects.update(version=F("version") + 1, erased=F("version") + 1)
    return list(FacePhoto.objects.order_by("created_at"))


def knows(institution):
    return faces_for(institution).identify(face(1, 3), candidates=None)[0].matches


def test_a_face_of_an_earlier_model_is_found_again(riverside, sam, outdated):
    assert knows(riverside) == ()
    assert faces_renew(institution=riverside, most=10).enrolled == 2
    assert [match.student_id for match in knows(riverside)] == [sam.pk]
    assert set(FaceVector.objects.values_list("model", flat=True)) == {faces_for(riverside).vector_model}
    assert set(FaceId.objects.values_list("face_id", flat=True)) == set(
        FacePhoto.objects.values_list("face_id", flat=True)
    )
    assert not photos_outdated(riverside)


def test_every_file_is_there_and_none_besides(riverside, outdated, files_of):
    before = len(files_of())
    faces_renew(institution=riverside, most=10)
    assert len(files_of()) == before


def test_a_few_at_a_time(riverside, outdated):
    done = faces_renew(institution=riverside, most=1)
    assert (done.enrolled, done.left) == (1, 1)


def test_the_present_models_photos_stay_as_they_are(riverside, sam, face_file):
    photo = photos.face_photo_add(student=sam, upload=face_file(1), added_by=None)
    assert faces_renew(institution=riverside, most=10).enrolled == 0
    assert FacePhoto.objects.get().face_id == photo.face_id


def test_without_a_consent_nothing_is_enrolled(riverside, sam, outdated):
    sam.consents.all().delete()
    assert not photos_outdated(riverside)


def test_a_killed_process_leaves_photos_to_examine(riverside, outdated, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr("enrollment.services.renewal.face_photo_examine", lambda photo: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            face_photo_renew(photo=outdated[0])
    left = FacePhoto.objects.get(pk=outdated[0].pk)
    assert (left.state, left.face_id) == (State.RECEIVED, "")
    assert photos.face_photo_examine(photo=left).state == State.ENROLLED


def test_an_engine_that_is_unavailable_ends_the_round(riverside, outdated, engine_unavailable):
    with pytest.raises(EngineUnavailable):
        faces_renew(institution=riverside, most=10)
    assert upkeep().renewed == 0
    engine_unavailable()
    assert upkeep().renewed == 2


def test_nothing_is_forgotten_whose_picture_is_gone(riverside, outdated):
    outdated[0].picture.storage.delete(outdated[0].picture.name)
    done = faces_renew(institution=riverside, most=10)
    assert (done.enrolled, done.left) == (1, 1)
    assert FaceVector.objects.filter(face_id=outdated[0].face_id).exists()


def test_the_embedded_engines_vectors_go_even_if_another_one_is_in_use(riverside, sam, outdated, settings):
    settings.FACE_ENGINE = {"BACKEND": "tests.engines.ScriptedEngine", "OPTIONS": {}}
    faces_renew(institution=riverside, most=10)
    assert not FaceVector.objects.exists()
    erasure.student_erase_faces(student=sam)
    assert not FaceId.objects.exists()


class TestCommand:
    def test_all_at_once(self, riverside, outdated, capsys):
        call_command("reenrol_faces", institution="riverside")
        assert "2 photographs to enrol anew" in capsys.readouterr().out
        assert not photos_outdated(riverside)

    def test_it_ends_where_nothing_moves(self, riverside, sam, outdated):
        for photo in outdated:
            photo.picture.storage.delete(photo.picture.name)
        with pytest.raises(CommandError, match="cannot be enrolled now"):
            call_command("reenrol_faces", institution="riverside")

    def test_the_engine_is_unavailable(self, outdated, engine_unavailable):
        with pytest.raises(CommandError, match="Try again"):
            call_command("reenrol_faces", institution="riverside")

    def test_no_such_school(self, riverside):
        with pytest.raises(CommandError, match="nowhere"):
            call_command("reenrol_faces", institution="nowhere")

    def test_other_schools_wait_for_their_own(self, riverside, hilltop, outdated, face_file):
        make_student(hilltop, "Hari", "H-1")
        call_command("reenrol_faces", institution="hilltop")
        assert photos_outdated(riverside).count() == 2
