"""Enrolling faces: what each picture leads to, and that repeating or interrupting a step does no harm."""

import errno
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone
from PIL import Image, ImageEnhance

from enrollment import faces
from enrollment.domain.faces import EngineUnavailable, NoFace, PoorQuality, Quality, Refusal
from enrollment.errors import EnrollmentError, PictureError
from enrollment.models import Consent, FaceId, FacePhoto, FaceVector, LookAlike
from enrollment.photo_outcomes import SMALLEST_FACE, photo_cause, photo_verdict
from enrollment.services import consents, photos
from tests.conftest import make_student
from tests.enrollment.orl import as_file, face

State = FacePhoto.State
pytestmark = pytest.mark.django_db


def add(student, upload):
    return photos.face_photo_add(student=student, upload=upload, added_by=None)


def refused(code, call):
    with pytest.raises(EnrollmentError) as caught:
        call()
    assert caught.value.code == code
    assert str(caught.value)


class TestAdding:
    def test_a_face_is_enrolled(self, sam, face_file):
        photo = add(sam, face_file(1))
        assert photo.state == State.ENROLLED
        assert photo.face_px > 100
        assert photo.model
        assert list(FaceId.objects.values_list("face_id", "student_id")) == [(photo.face_id, sam.pk)]
        assert FaceVector.objects.get().face_id == photo.face_id
        assert Image.open(photo.portrait).size == (160, 160)

    def test_a_full_disk_is_said_and_leaves_nothing_behind(self, sam, face_file, monkeypatch):
        def full(*args, **kwargs):
            raise OSError(errno.ENOSPC, "No space left on device")

        monkeypatch.setattr("django.core.files.storage.FileSystemStorage.save", full)
        refused("picture_not_stored", lambda: add(sam, face_file(1)))
        assert not FacePhoto.objects.exists()

    def test_a_second_pose_of_the_same_student(self, sam, face_file):
        assert [add(sam, face_file(1, number)).state for number in (1, 2, 3)] == [State.ENROLLED] * 3
        assert FaceVector.objects.count() == 3

    def test_the_same_file_twice_is_one_photo(self, sam, face_file, files_of):
        first, second = add(sam, face_file(1)), add(sam, face_file(1))
        assert first.pk == second.pk
        assert FacePhoto.objects.count() == FaceVector.objects.count() == 1
        assert len(files_of()) == 2

    def test_the_same_file_later_is_one_photo_too(self, sam, face_file):
        add(sam, face_file(1))
        FacePhoto.objects.update(created_at=timezone.now() - timedelta(days=1))
        assert add(sam, face_file(1)).state == State.ENROLLED
        assert FacePhoto.objects.count() == FaceVector.objects.count() == 1

    def test_the_same_file_of_another_student_is_another_photo(self, sam, sita, face_file):
        add(sam, face_file(1))
        photo = add(sita, face_file(1))
        assert (photo.state, photo.looks_like) == (State.HELD, sam)

    @pytest.mark.thorough
    def test_large_pictures_are_kept_smaller(self, sam):
        photo = add(sam, as_file(face(1).resize((2970, 3420))))
        assert max(Image.open(photo.picture).size) == photos.PHOTO_SIDE
        assert photo.state == State.ENROLLED

    def test_without_consent(self, sam, face_file, files_of):
        Consent.objects.update(withdrawn_at=timezone.now())
        refused("no_consent", lambda: add(sam, face_file(1)))
        assert not FacePhoto.objects.exists()
        assert not files_of()

    def test_who_has_left(self, sam, face_file):
        sam.is_active = False
        sam.save()
        refused("no_consent", lambda: add(sam, face_file(1)))

    def test_faces_off(self, sam, face_file):
        sam.institution.faces_enabled = False
        refused("faces_off", lambda: add(sam, face_file(1)))

    def test_no_picture_at_all(self, sam, files_of):
        from django.core.files.uploadedfile import SimpleUploadedFile

        with pytest.raises(PictureError) as caught:
            add(sam, SimpleUploadedFile("a.jpg", b"no"))
        assert caught.value.code == "not_a_picture"
        assert not FacePhoto.objects.exists()
        assert not files_of()

    def test_turned_by_exif(self, sam):
        exif = Image.Exif()
        exif[0x0112] = 6
        assert add(sam, as_file(face(1).rotate(90, expand=True), exif=exif)).state == State.ENROLLED

    def test_heic(self, sam):
        assert add(sam, as_file(face(1), "face.heic", "HEIF")).state == State.ENROLLED


class TestRefusals:
    def test_no_face(self, sam, no_face_file):
        photo = add(sam, no_face_file())
        assert (photo.state, photo.refusal) == (State.REFUSED, Refusal.NO_FACE)
        assert "No face" in photo_verdict(photo)
        assert not FaceVector.objects.exists()

    def test_two_faces(self, sam):
        one = face(1)
        two = Image.new("RGB", (one.width * 2, one.height))
        two.paste(one, (0, 0))
        two.paste(face(2), (one.width, 0))
        photo = add(sam, as_file(two))
        assert (photo.state, photo.refusal) == (State.REFUSED, Refusal.MANY_FACES)

    def test_too_small_says_how_small(self, sam):
        small = Image.new("RGB", (400, 400), "grey")
        small.paste(face(2).resize((80, 92)), (160, 160))
        photo = add(sam, as_file(small))
        assert (photo.state, photo.refusal) == (State.REFUSED, Refusal.TOO_SMALL)
        assert f"{photo.face_px} pixels" in photo_verdict(photo)
        assert str(SMALLEST_FACE) in photo_verdict(photo)

    def test_the_minimum_that_people_read_is_the_engines(self):
        from enrollment.faces.gates import MIN_FACE_PX

        assert SMALLEST_FACE == MIN_FACE_PX

    def test_too_dark(self, sam):
        photo = add(sam, as_file(ImageEnhance.Brightness(face(1)).enhance(0.12)))
        assert photo.state == State.REFUSED
        assert photo.refusal in {Refusal.DARK, Refusal.NO_FACE}

    @pytest.mark.parametrize("code", list(Refusal))
    def test_every_refusal_has_a_sentence(self, sam, code):
        photo = FacePhoto(student=sam, state=State.REFUSED, refusal=code, face_px=20)
        assert len(photo_verdict(photo)) > 20
        assert photo_cause(photo)

    @pytest.mark.parametrize("state", list(State))
    def test_every_state_has_a_sentence(self, sam, state):
        assert len(photo_verdict(FacePhoto(student=sam, state=state))) > 20

    def test_a_refused_one_can_be_examined_again(self, sam, face_file, monkeypatch):
        class Strict:
            def enroll(self, *args, **kwargs):
                raise PoorQuality(Refusal.BLURRED, Quality(90, 1, 1, 1, 1))

        with monkeypatch.context() as patch:
            patch.setattr(faces, "faces_for", lambda institution: Strict())
            photo = add(sam, face_file(1))
        assert (photo.refusal, photo.face_px) == (Refusal.BLURRED, 90)
        photo = photos.face_photo_examine(photo=photo)
        assert (photo.state, photo.refusal) == (State.ENROLLED, "")


class TestLookAlikes:
    @pytest.fixture
    def held(self, sam, sita, face_file):
        add(sam, face_file(1, 1))
        return add(sita, face_file(1, 2))

    def test_is_held_and_says_whom(self, held, sam):
        assert (held.state, held.looks_like) == (State.HELD, sam)
        assert "Sam Field (R-001)" in photo_verdict(held)
        assert "Different people" in photo_verdict(held)

    def test_how_alike_they_are_is_said_in_words(self, held, sam, sita, face_file, monkeypatch):
        assert held.likeness == FacePhoto.Likeness.VERY
        assert "as much as two photos of one person usually are" in photo_verdict(held)
        monkeypatch.setattr("enrollment.faces.local.enrolling.OF_ONE", 1.01)  # nobody is
        less = add(sita, face_file(1, 3))
        assert (less.state, less.likeness) == (State.HELD, FacePhoto.Likeness.SOME)
        assert "less than two photos of one person usually are" in photo_verdict(less)

    def test_nothing_is_said_of_a_likeness_that_is_decided(self, held, tess):
        assert photos.look_alike_confirm(photo=held, confirmed_by=tess.user).likeness == ""

    def test_two_people(self, held, sam, sita, tess):
        photo = photos.look_alike_confirm(photo=held, confirmed_by=tess.user)
        assert (photo.state, photo.looks_like) == (State.ENROLLED, None)
        pair = LookAlike.objects.get()
        assert [pair.first_id, pair.second_id] == sorted([sam.pk, sita.pk])
        assert pair.confirmed_by == tess.user

    def test_only_what_is_held(self, sam, face_file, tess):
        photo = add(sam, face_file(1))
        refused("not_held", lambda: photos.look_alike_confirm(photo=photo, confirmed_by=tess.user))

    def test_another_schools_face_is_nobodys(self, sam, hilltop, face_file):
        add(sam, face_file(1))
        assert add(make_student(hilltop, "Hari", "H-1"), face_file(1, 2)).state == State.ENROLLED


class TestInterruptions:
    def test_the_engine_is_unavailable(self, sam, face_file, engine_unavailable):
        photo = add(sam, face_file(1))
        assert photo.state == State.WAITING
        assert list(photos.face_photos_waiting(sam.institution)) == [photo]
        engine_unavailable()
        assert photos.face_photo_examine(photo=photo).state == State.ENROLLED
        assert list(photos.face_photos_waiting(sam.institution)) == []

    def test_killed_before_the_file_was_written(self, sam, face_file, monkeypatch):
        with monkeypatch.context() as patch:
            patch.setattr(photos, "photo_to_keep", lambda picture: 1 / 0)
            with pytest.raises(ZeroDivisionError):
                add(sam, face_file(1))
        FacePhoto.objects.update(created_at=timezone.now() - timedelta(minutes=2))
        assert add(sam, face_file(1)).state == State.ENROLLED
        assert FacePhoto.objects.count() == 1

    def test_killed_while_the_engine_was_at_work(self, sam, face_file, monkeypatch):
        with monkeypatch.context() as patch:
            patch.setattr(faces, "faces_for", lambda institution: 1 / 0)
            with pytest.raises(ZeroDivisionError):
                add(sam, face_file(1))
        photo = FacePhoto.objects.get()
        assert photo.state == State.RECEIVED
        FacePhoto.objects.update(created_at=timezone.now() - timedelta(minutes=2))
        assert list(photos.face_photos_waiting(sam.institution)) == [photo]
        assert photos.face_photo_examine(photo=photo).state == State.ENROLLED

    def test_consent_withdrawn_while_the_engine_was_at_work(self, sam, face_file, monkeypatch, files_of):
        real = faces.faces_for

        class Slow:
            def __init__(self, institution):
                self.engine = real(institution)

            def enroll(self, image, **kwargs):
                enrolled = self.engine.enroll(image, **kwargs)
                Consent.objects.update(withdrawn_at=timezone.now())
                return enrolled

            def forget(self, face_ids):
                return self.engine.forget(face_ids)

        monkeypatch.setattr(faces, "faces_for", Slow)
        refused("no_consent", lambda: add(sam, face_file(1)))
        assert not FaceVector.objects.exists()
        assert not FaceId.objects.exists()
        assert len(files_of()) == 1

    def test_an_enrolled_one_is_not_enrolled_twice(self, sam, face_file):
        photo = add(sam, face_file(1))
        photos.face_photo_examine(photo=photo)
        assert FaceVector.objects.count() == 1

    def test_the_pictures_file_is_gone(self, sam, no_face_file):
        photo = add(sam, no_face_file())
        photo.picture.storage.delete(photo.picture.name)
        refused("picture_missing", lambda: photos.face_photo_examine(photo=photo))

    @pytest.mark.django_db(transaction=True)
    def test_the_engine_is_called_outside_transactions(self, sam, face_file, monkeypatch):
        seen = []

        class Watching:
            def __init__(self, institution):
                pass

            def enroll(self, image, **kwargs):
                seen.append(connection.in_atomic_block)
                raise NoFace

        monkeypatch.setattr(faces, "faces_for", Watching)
        add(sam, face_file(1))
        assert seen == [False]


class TestConsent:
    def test_recorded(self, sam, tess):
        Consent.objects.all().delete()
        consent = consents.consent_record(student=sam, given_by="Ms Field", wording="Form 3", recorded_by=tess.user)
        assert consent.institution == sam.institution
        assert consent.recorded_by == tess.user

    def test_only_one_at_a_time(self, sam):
        refused(
            "consent_exists",
            lambda: consents.consent_record(
                student=sam, given_by=sam.consents.get().given_by, wording="y", recorded_by=None
            ),
        )

    def test_a_new_one_after_the_old_was_withdrawn(self, sam):
        consents.consent_withdraw(student=sam, by=None)
        consents.consent_record(student=sam, given_by="x", wording="y", recorded_by=None)
        assert sam.consents.count() == 2


def test_an_engine_error_names_its_code():
    assert EngineUnavailable("throttled", "x").retryable
