"""Differences between vectors, mapping, photos, files and consents: each sort is planted, found, said and put right."""

from io import StringIO
from uuid import uuid4

import pytest
from django.core.cache import cache
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command
from django.utils import timezone

from enrollment.errors import ErasureUnfinished
from enrollment.faces.places import keeper_at
from enrollment.models import Consent, FaceId, FacePhoto, FaceVector, Student
from enrollment.repositories import face_ids_for
from enrollment.services.photos import face_photo_add, face_photo_examine
from enrollment.services.reconciliation import IN_WORDS, Sort, faces_compare, faces_reconcile
from portal.aws.clients import client
from tests.enrollment.orl import as_file, face

pytestmark = pytest.mark.django_db(transaction=True)
ENGINES = ("local", pytest.param("rekognition", marks=[pytest.mark.aws_local, pytest.mark.thorough]))
REKOGNITION = {"BACKEND": "enrollment.faces.rekognition.engine.RekognitionFaceEngine", "OPTIONS": {}}
DYNAMODB = {"BACKEND": "enrollment.repositories.dynamodb.DynamoFaceIdRepository", "OPTIONS": {}}


@pytest.fixture(params=ENGINES)
def school(request, settings, riverside, sam, sita):
    """Riverside with Sam and Sita enrolled, on the embedded engine and on the local AWS servers."""
    if request.param == "rekognition":
        for server in ("local_rekognition", "local_dynamodb"):
            request.getfixturevalue(server)
        settings.FACE_ENGINE, settings.FACE_ID_REPOSITORY = REKOGNITION, DYNAMODB
        settings.AWS_PREFIX = "county"
        cache.clear()
        from enrollment.repositories.dynamodb import face_table

        client("dynamodb").create_table(**face_table("county-faces").create_arguments())
    for person, student in enumerate((sam, sita), 1):
        added = face_photo_add(student=student, upload=as_file(face(person)), added_by=None)
        assert added.state == "enrolled"
    return riverside


def photo_of(student):
    return FacePhoto.objects.select_related("place__institution").get(student=student)


def without_mapping(school, sam):
    """The mapping lost the entry, and the photo's row is gone too."""
    face_ids_for(school).remove([photo_of(sam).face_id])
    FacePhoto.objects.filter(student=sam).update(face_id="", place=None, state="refused")


def mapped_to_another(school, sam):
    face_ids_for(school).put(photo_of(sam).face_id, Student.objects.exclude(pk=sam.pk).get().pk)


def without_photo(school, sam):
    FacePhoto.objects.filter(student=sam).update(face_id="", place=None, state="refused")


def without_vector(school, sam):
    photo = photo_of(sam)
    keeper_at(photo.place).forget([photo.face_id])


def entry_without_vector(school, sam):
    mapping, unknown = face_ids_for(school), uuid4()
    mapping.put(unknown.hex if FaceVector.objects.exists() else str(unknown), sam.pk)


def without_file(school, sam):
    default_storage.delete(photo_of(sam).picture.name)


def file_without_photo(school, sam):
    default_storage.save(f"faces/{school.pk}/{uuid4()}/photo.jpg", ContentFile(b"left by a crash"))


def without_consent(school, sam):
    Consent.objects.filter(student=sam).update(withdrawn_at=timezone.now())


PLANTED = {
    Sort.UNMAPPED: without_mapping,
    Sort.MAPPED_TO_ANOTHER: mapped_to_another,
    Sort.WITHOUT_PHOTO: without_photo,
    Sort.WITHOUT_VECTOR: without_vector,
    Sort.ENTRY_WITHOUT_VECTOR: entry_without_vector,
    Sort.WITHOUT_FILE: without_file,
    Sort.FILE_WITHOUT_PHOTO: file_without_photo,
    Sort.WITHOUT_CONSENT: without_consent,
}


def test_nothing_differs(school):
    assert faces_compare(institution=school, settling=0) == []


@pytest.mark.parametrize("sort", PLANTED)
def test_a_planted_difference_is_found_and_put_right(school, sam, sita, sort):
    PLANTED[sort](school, sam)
    assert [difference.sort for difference in faces_compare(institution=school, settling=0)] == [sort]
    found, left = faces_reconcile(institution=school, settling=0)
    assert (len(found), left) == (1, 1 if sort == Sort.WITHOUT_FILE else 0)
    for photo in FacePhoto.objects.filter(state="waiting"):
        assert face_photo_examine(photo=photo).state == "enrolled"
    assert len(faces_compare(institution=school, settling=0)) == left
    assert photo_of(sita).state == "enrolled"


def test_the_command_says_it_in_words(school, sam):
    for sort in (Sort.FILE_WITHOUT_PHOTO, Sort.WITHOUT_VECTOR):
        PLANTED[sort](school, sam)
    out = StringIO()
    with pytest.raises(CommandError, match="2 differences remain"):
        call_command("reconcile_faces", settling=0, stdout=out)
    assert f"{IN_WORDS[Sort.FILE_WITHOUT_PHOTO]}: 1" in out.getvalue()
    assert f"{IN_WORDS[Sort.WITHOUT_VECTOR]}: 1" in out.getvalue()
    call_command("reconcile_faces", fix=True, settling=0, stdout=out)
    assert "put right: 2, remaining: 0" in out.getvalue()
    call_command("reconcile_faces", "--institution", school.slug, stdout=out)


def test_what_settles_meanwhile_is_no_difference(riverside, sam, monkeypatch):
    face_photo_add(student=sam, upload=as_file(face(1)), added_by=None)
    entry = FaceId.objects.get()
    FaceId.objects.all().delete()
    monkeypatch.setattr("time.sleep", lambda seconds: entry.save(force_insert=True))
    assert faces_compare(institution=riverside) == []


def test_an_engine_that_is_unavailable_is_no_difference(riverside, sam, request):
    face_photo_add(student=sam, upload=as_file(face(1)), added_by=None)
    request.getfixturevalue("engine_unavailable")
    with pytest.raises(ErasureUnfinished):
        faces_compare(institution=riverside, settling=0)
    with pytest.raises(CommandError, match="erasure_waiting"):
        call_command("reconcile_faces", "--institution", "riverside", stdout=StringIO())
    with pytest.raises(CommandError, match="no school"):
        call_command("reconcile_faces", "--institution", "nowhere", stdout=StringIO())
