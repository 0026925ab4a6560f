"""Enrolment and consent: what ends while a photo is on its way leaves no vector, no file and no name behind."""

import threading
from contextlib import suppress
from datetime import timedelta
from functools import partial
from uuid import uuid4

import pytest
from django.db import connection
from django.test import TestCase
from django.utils import timezone

from accounts.models import Institution
from enrollment.domain.faces import Refusal
from enrollment.errors import EnrollmentError
from enrollment.faces.consent import searchable, searchable_held
from enrollment.faces.door import door_for
from enrollment.faces.local import engine
from enrollment.faces.local.engine import LocalModel
from enrollment.faces.local.gallery import FaceGallery
from enrollment.models import Consent, FaceId, FacePhoto, FaceVector, LookAlike, Student
from enrollment.photo_outcomes import photo_cause, photo_verdict
from enrollment.selectors import portraits_of
from enrollment.services import consents, photos
from enrollment.services.erasure import erasures_resume
from enrollment.services.growth import face_photo_learn
from enrollment.services.renewal import faces_renew
from tests.enrollment.orl import as_bytes, face

State = FacePhoto.State
pytestmark = pytest.mark.django_db


def add(student, upload):
    return photos.face_photo_add(student=student, upload=upload, added_by=None)


def withdraw(student):
    with TestCase.captureOnCommitCallbacks(execute=True):  # files are deleted once that is certain
        consents.consent_withdraw(student=student, by=None)


def refuse(student):
    """The other parent says no: the consent stands, and the refusal holds against it."""
    given = consents.AnswerInput(answer=Consent.Answer.REFUSED, given_by="the other parent", wording="x")
    with TestCase.captureOnCommitCallbacks(execute=True):
        consents.consent_answer(student=student, given=given, recorded_by=None)
        consents.consent_settle(student=student)


def expire(student):
    """The consent's last day was yesterday; the sweep has not come yet."""
    for consent in Consent.objects.filter(student=student):
        consent.expires_on = timezone.localdate() - timedelta(days=2)
        consent.save()


def leave(student):
    Student.objects.filter(pk=student.pk).update(is_active=False)


def switch_off(student):
    Institution.objects.filter(pk=student.institution_id).update(faces_enabled=False)


def delete(student):
    Student.objects.filter(pk=student.pk).delete()


ENDS = pytest.mark.parametrize(
    ("end", "code"),
    [
        (withdraw, "no_consent"),
        (refuse, "no_consent"),
        (expire, "no_consent"),
        (leave, "no_consent"),
        (switch_off, "faces_off"),
        (delete, "no_consent"),
    ],
)


@pytest.fixture
def vectors_written(monkeypatch):
    """The face ids of vectors that were written, if only for a moment."""
    written, real = [], FaceVector.objects.create

    def create(**values):
        written.append(values["face_id"])
        return real(**values)

    monkeypatch.setattr(FaceVector.objects, "create", create)
    return written


def before(monkeypatch, owner, name, act):
    """Let something happen right before a step, the first time that it is taken."""
    real, due = getattr(owner, name), [act]

    def step(*args, **kwargs):
        if due:
            due.pop()()
        return real(*args, **kwargs)

    monkeypatch.setattr(owner, name, step)


def refused(code, call):
    with pytest.raises(EnrollmentError) as caught:
        call()
    assert caught.value.code == code


STEPS = {
    "before the row": (photos, "read_picture"),
    "before the file": (photos, "_keep_file"),
    "while the file is stored": (photos, "photo_to_keep"),
    "before the engine": (photos, "stored_image"),
    "while the engine looks": (LocalModel, "analyse_many"),
    "before the vector": (FaceGallery, "_store"),
}


class TestItEndsMeanwhile:
    @ENDS
    @pytest.mark.parametrize("step", STEPS)
    def test_no_vector_is_written(self, sam, face_file, monkeypatch, vectors_written, step, end, code):
        before(monkeypatch, *STEPS[step], partial(end, sam))
        with pytest.raises(EnrollmentError) as caught:
            add(sam, face_file(1))
        assert caught.value.code in (code, "photo_deleted", "picture_missing")
        assert vectors_written == []
        assert not FaceId.objects.exists()

    @ENDS
    def test_nor_does_one_stay_that_was_written(self, sam, face_file, monkeypatch, end, code):
        before(monkeypatch, photos, "portrait_of", partial(end, sam))
        refused(code, lambda: add(sam, face_file(1)))
        assert not FaceVector.objects.exists()
        assert not FaceId.objects.exists()

    @pytest.mark.parametrize("end", [withdraw, refuse, leave, switch_off])
    @pytest.mark.parametrize("step", [*STEPS.values(), (photos, "portrait_of")], ids=[*STEPS, "before the portrait"])
    def test_no_file_is_left_without_a_row(self, sam, face_file, files_of, own_media, monkeypatch, step, end):
        before(monkeypatch, *step, partial(end, sam))
        with pytest.raises(EnrollmentError):
            add(sam, face_file(1))
        kept = {str(photo.picture.name) for photo in FacePhoto.objects.exclude(picture="")}
        assert {path.relative_to(own_media).as_posix() for path in files_of()} == kept
        if end in (withdraw, refuse):
            assert kept == set()

    def test_the_office_gets_a_sentence(self, sign_in, ada, sam, face_file, monkeypatch, files_of):
        before(monkeypatch, photos, "_keep_file", partial(withdraw, sam))
        page = sign_in(ada).post(
            f"/admin/enrollment/student/{sam.pk}/photos/", {"pictures": [face_file(1)]}, follow=True
        )
        assert "There is no valid consent of Sam Field" in page.content.decode()
        assert (files_of(), FacePhoto.objects.count()) == ([], 0)

    def test_a_renewal(self, sam, face_file, monkeypatch, files_of):
        add(sam, face_file(1))
        FacePhoto.objects.update(model="another")
        before(monkeypatch, LocalModel, "analyse_many", partial(withdraw, sam))
        faces_renew(institution=sam.institution, most=5)
        assert (FaceVector.objects.count(), FacePhoto.objects.count(), files_of()) == (0, 0, [])

    @pytest.mark.django_db(transaction=True)
    def test_who_withdraws_while_the_vector_is_written_waits_for_it(self, sam, face_file, monkeypatch, files_of):
        """And erases it then: the two cannot miss each other."""
        real, told = FaceVector.objects.create, []

        def in_another_process():
            consents.consent_withdraw(student=sam, by=None)
            told.append("withdrawn")
            connection.close()

        thread = threading.Thread(target=in_another_process)

        def slow(**values):
            thread.start()
            thread.join(timeout=0.5)
            told.append("written")
            return real(**values)

        monkeypatch.setattr(FaceVector.objects, "create", slow)
        with suppress(EnrollmentError):  # unless the enrolment ends first, and is erased
            add(sam, face_file(1))
        thread.join()
        assert told[0] == "written"
        assert (FaceVector.objects.count(), FaceId.objects.count(), FacePhoto.objects.count()) == (0, 0, 0)
        assert files_of() == []


class TestWhoHasLeft:
    @pytest.fixture
    def held(self, sam, sita, face_file):
        add(sam, face_file(1, 1))
        return add(sita, face_file(1, 2))

    def test_is_not_compared_with_a_new_face(self, sam, sita, face_file):
        add(sam, face_file(1, 1))
        leave(sam)
        photo = add(sita, face_file(1, 2))
        assert (photo.state, photo.looks_like) == (State.ENROLLED, None)

    def test_is_compared_again_once_back(self, sam, sita, face_file):
        add(sam, face_file(1, 1))
        leave(sam)
        Student.objects.update(is_active=True)
        assert add(sita, face_file(1, 2)).looks_like == sam

    def test_is_not_named_by_what_was_held_for_them(self, held, sam):
        assert "Sam Field" in photo_verdict(held) + photo_cause(held)
        leave(sam)
        held = FacePhoto.objects.get(pk=held.pk)
        assert "Sam Field" not in photo_verdict(held) + photo_cause(held)

    def test_what_was_held_for_them_is_examined_again(self, held, sam):
        assert list(photos.face_photos_waiting(sam.institution)) == []
        leave(sam)
        assert list(photos.face_photos_waiting(sam.institution)) == [held]
        assert photos.face_photo_examine(photo=held).state == State.ENROLLED

    def test_is_no_pair_that_anybody_confirms(self, held, sam, ada):
        leave(sam)
        photo = photos.look_alike_confirm(photo=held, confirmed_by=ada.user)
        assert (photo.state, LookAlike.objects.count()) == (State.ENROLLED, 0)

    def test_the_office_is_not_asked_about_them(self, held, sam, sita, sign_in, ada):
        leave(sam)
        page = sign_in(ada).get(f"/admin/enrollment/student/{sita.pk}/change/").content.decode()
        assert "Sam Field" not in page
        assert "Different people" not in page

    @pytest.mark.parametrize("end", [withdraw, refuse, expire, leave])
    def test_nor_who_leaves_while_the_engine_looks(self, sam, sita, face_file, monkeypatch, end):
        add(sam, face_file(1, 1))
        before(monkeypatch, engine, "require_own", partial(end, sam))
        photo = add(sita, face_file(1, 2))
        assert (photo.state, photo.looks_like) == (State.ENROLLED, None)

    @pytest.mark.parametrize("end", [withdraw, refuse, expire, leave])
    def test_nor_who_leaves_before_it_is_written(self, sam, sita, face_file, monkeypatch, end):
        add(sam, face_file(1, 1))
        before(monkeypatch, photos, "_store_held", partial(end, sam))
        photo = add(sita, face_file(1, 2))
        assert (photo.state, photo.refusal, photo.looks_like) == (State.RECEIVED, "", None)
        assert photos.face_photo_examine(photo=photo).state == State.ENROLLED

    @pytest.mark.parametrize("end", [refuse, expire])
    def test_nor_one_who_has_no_consent_any_more(self, sam, sita, face_file, end):
        add(sam, face_file(1, 1))
        end(sam)
        assert add(sita, face_file(1, 2)).looks_like is None

    def test_waits_for_nothing(self, sam, face_file, engine_unavailable):
        photo = add(sam, face_file(1))
        assert photo.state == State.WAITING
        leave(sam)
        assert list(photos.face_photos_waiting(sam.institution)) == []


@pytest.mark.parametrize("end", [withdraw, refuse, expire, leave, switch_off])
class TestNoDoorIsLeftOpen:
    """Each question that the door to the engine takes, after the consent of the only student who is enrolled ended."""

    @pytest.fixture
    def closed(self, sam, sita, face_file, end):
        add(sam, face_file(1, 1))
        end(sam)
        return sam

    def test_the_gate(self, closed):
        assert closed.pk not in searchable(closed.institution)
        assert searchable(closed.institution, {closed.pk}) == set()
        assert searchable_held(closed.institution, {closed.pk}) == set()

    def test_nobody_is_named_from_a_photo(self, closed):
        found = door_for(closed.institution).identify_searchable(face(1, 2), roster={closed.pk})
        assert [(list(seen.observation.matches), seen.observation.elsewhere) for seen in found] == [([], None)]

    def test_no_photo_is_added_learned_or_renewed(self, closed, face_file):
        with pytest.raises(EnrollmentError):
            add(closed, face_file(1, 3))
        Institution.objects.update(learns_faces=True)
        jpeg = as_bytes(face(1, 2))
        assert face_photo_learn(student=closed, jpeg=jpeg, cut_from=uuid4(), taken_at=timezone.now()) is None
        FacePhoto.objects.update(model="another")
        kept = set(FaceVector.objects.values_list("face_id", flat=True))
        faces_renew(institution=closed.institution, most=5)
        assert set(FaceVector.objects.values_list("face_id", flat=True)) <= kept

    def test_no_photo_waits(self, closed):
        FacePhoto.objects.update(state=State.WAITING)
        schools = photos.schools_with_photos_waiting()
        waiting = [photo for school in schools for photo in photos.face_photos_waiting(school)]
        assert waiting == []


@pytest.mark.parametrize("end", [withdraw, refuse, expire])
def test_the_face_and_the_portrait_are_gone(sam, face_file, files_of, end):
    """At once by a withdrawal or a refusal, with the next sweep after an expiry; no page shows it meanwhile."""
    add(sam, face_file(1))
    end(sam)
    assert portraits_of(sam.institution, [sam.pk]) == {}
    with TestCase.captureOnCommitCallbacks(execute=True):
        erasures_resume(institution=sam.institution)
    assert (FaceVector.objects.count(), FaceId.objects.count(), FacePhoto.objects.count(), files_of()) == (0, 0, 0, [])


class TestBeforeTheConsent:
    """Only a class photo tells when it was taken; the office adds photos of somebody whose consent it has."""

    @pytest.fixture
    def school(self, sam, face_file):
        sam.institution.learns_faces = True
        sam.institution.save()
        add(sam, face_file(1, 1))
        return sam.institution

    def learn(self, student, taken_at):
        jpeg = as_bytes(face(1, 2))
        return face_photo_learn(student=student, jpeg=jpeg, cut_from=uuid4(), taken_at=taken_at)

    def test_a_face_photographed_before_it_is_no_template(self, school, sam, files_of):
        given_at = Consent.objects.get(student=sam).given_at
        assert self.learn(sam, given_at - timedelta(seconds=1)) is None
        assert (FaceVector.objects.count(), FacePhoto.objects.count(), len(files_of())) == (1, 1, 2)

    def test_one_photographed_since_is(self, school, sam):
        given_at = Consent.objects.get(student=sam).given_at
        photo = self.learn(sam, given_at)
        assert (photo.state, photo.photographed_at) == (State.ENROLLED, given_at)
        assert FaceVector.objects.count() == 2

    def test_the_consent_that_holds_is_what_counts(self, school, sam, face_file):
        """A face of between two consents was photographed without one."""
        between = timezone.now()
        withdraw(sam)
        consents.consent_record(student=sam, given_by="x", wording="y", recorded_by=None)
        add(sam, face_file(1, 3))
        assert self.learn(sam, between) is None

    def test_one_that_waited_is_not_enrolled_by_a_later_consent(self, school, sam, engine_unavailable):
        photo = self.learn(sam, timezone.now())
        assert photo.state == State.WAITING
        engine_unavailable()
        Consent.objects.filter(student=sam).update(given_at=timezone.now())
        refused("before_consent", lambda: photos.face_photo_examine(photo=photo))
        assert list(photos.face_photos_waiting(sam.institution)) == []
        assert FaceVector.objects.count() == 1


def test_every_refusal_for_likeness_names_somebody(sam, sita, face_file):
    add(sam, face_file(1, 1))
    photo = add(sita, face_file(1, 2))
    assert (photo.state, photo.refusal, photo.looks_like) == (State.HELD, Refusal.LOOKS_LIKE, sam)
