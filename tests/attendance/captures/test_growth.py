"""Confirmed faces join a student's photos: opt-in, two at most, and taken back with the confirmation."""

from datetime import timedelta

import pytest

from attendance.captures.doubts import detected_face_decide, detected_face_undecide
from attendance.captures.growth import learned_photos_revoke, photos_learn
from attendance.demo.pictures import Tile, compose
from attendance.domain.decision import Outcome
from attendance.models import Capture, DetectedFace
from attendance.register.sessions import session_close, session_reopen
from attendance.upkeep import upkeep
from enrollment.faces import faces_for
from enrollment.faces.local.engine import LocalModel
from enrollment.models import Consent, FacePhoto, FaceVector
from enrollment.selectors import portraits_of
from enrollment.services import growth
from enrollment.services.consents import consent_record, consent_withdraw
from enrollment.services.growth import photos_learned
from enrollment.services.photos import face_photo_add
from tests.enrollment.orl import as_bytes, as_file, face

pytestmark = pytest.mark.thorough

State = FacePhoto.State


@pytest.fixture
def school(riverside):
    """Riverside asks about every face, and learns from the answers."""
    riverside.learns_faces = True
    riverside.accept_threshold, riverside.review_threshold = 0.99, 0.3
    riverside.thresholds_model = faces_for(riverside).calibration.model
    riverside.save()
    return riverside


@pytest.fixture
def enrolled(school, sam, sita):
    for person, student in ((1, sam), (2, sita)):
        face_photo_add(student=student, upload=as_file(face(person)), added_by=None)
    return sam


@pytest.fixture
def asked(enrolled, take):
    """The doubts of a photo of Sam, Sita and a stranger, in this order."""
    photo = compose([Tile(1, 5), Tile(2, 5), Tile(3, 5)], per_row=3, factor=2)
    return list(take(data=as_bytes(photo)).detected_faces)


def learned(school):
    return list(photos_learned().filter(institution=school).filter(state=State.ENROLLED))


def confirm(detected_face, student, tess):
    detected_face_decide(detected_face=detected_face, student_id=student.pk if student else None, by=tess.user)


def test_a_confirmed_face_is_enrolled_once_the_register_is_closed(school, asked, register, sam, tess):
    assert [seen.outcome for seen in asked[:2]] == [Outcome.ASK, Outcome.ASK]
    confirm(asked[0], sam, tess)
    assert photos_learn() == 0
    session_close(session=register, by=tess.user)
    assert photos_learn() == 1
    [photo] = learned(school)
    assert (photo.student, photo.cut_from) == (sam, asked[0].pk)
    assert FaceVector.objects.count() == 3
    assert photos_learn() == 0


def test_the_others_are_painted_over(school, asked, register, sam, tess):
    confirm(asked[0], sam, tess)
    session_close(session=register, by=tess.user)
    photos_learn()
    [photo] = learned(school)
    with photo.picture.open("rb") as file:
        from PIL import Image

        seen = faces_for(school).identify(Image.open(file).convert("RGB"), candidates=None)
    assert [view.matches[0].student_id for view in seen] == [sam.pk]


def test_a_school_that_did_not_ask_for_it(school, asked, register, sam, tess):
    school.learns_faces = False
    school.save()
    confirm(asked[0], sam, tess)
    session_close(session=register, by=tess.user)
    assert (photos_learn(), photos_learned().filter(institution=school).count()) == (0, 0)


def test_nobody_whose_face_was_not_confirmed(school, asked, register, tess):
    confirm(asked[2], None, tess)
    session_close(session=register, by=tess.user)
    assert (photos_learn(), photos_learned().filter(institution=school).count()) == (0, 0)


def test_two_at_most(school, enrolled, take, register, sam, tess):
    for number in (4, 5, 6):
        [seen] = take(data=as_bytes(compose([Tile(1, number)], per_row=1, factor=2.5))).detected_faces
        DetectedFace.objects.update(same_as=None, decided_at=None)  # as if each were of another lesson
        confirm(seen, sam, tess)
    DetectedFace.objects.update(decided_student=sam)
    session_close(session=register, by=tess.user)
    photos_learn()
    assert photos_learn() == 0
    assert len(learned(school)) == 2


def test_without_a_consent_nothing_grows_and_what_grew_goes(school, asked, register, sam, tess):
    confirm(asked[0], sam, tess)
    session_close(session=register, by=tess.user)
    photos_learn()
    consent_withdraw(student=sam, by=None)
    assert not photos_learned().filter(institution=school).exists()
    DetectedFace.objects.update(learned_at=None)
    assert photos_learn() == 0


def test_a_small_face_does_not_grow(school, asked, register, sam, tess):
    confirm(asked[0], sam, tess)
    DetectedFace.objects.update(width=40)
    session_close(session=register, by=tess.user)
    assert photos_learn() == 0


def test_it_goes_with_the_confirmation(school, asked, register, sam, tess):
    confirm(asked[0], sam, tess)
    session_close(session=register, by=tess.user)
    photos_learn()
    assert learned_photos_revoke() == 0
    session_reopen(session=register, by=tess.user)
    detected_face_undecide(detected_face=DetectedFace.objects.get(pk=asked[0].pk), by=tess.user)
    assert learned_photos_revoke() == 1
    assert FaceVector.objects.count() == 2
    assert DetectedFace.objects.get(pk=asked[0].pk).learned_at is None


def test_switching_it_off_takes_all_back(school, asked, register, sam, sita, tess):
    confirm(asked[0], sam, tess)
    confirm(asked[1], sita, tess)
    session_close(session=register, by=tess.user)
    assert upkeep().learned == 2
    school.learns_faces = False
    school.save()
    assert upkeep().revoked == 2
    assert FaceVector.objects.count() == 2


def test_a_face_that_the_engine_does_not_take_leaves_nothing(school, asked, register, sita, tess):
    """Sam's face, wrongly said to be Sita's."""
    confirm(asked[0], sita, tess)
    session_close(session=register, by=tess.user)
    assert photos_learn() == 0
    assert not photos_learned().filter(institution=school).exists()
    assert DetectedFace.objects.get(pk=asked[0].pk).learned_at


def test_a_killed_process_goes_on(school, asked, register, sam, tess, monkeypatch):
    confirm(asked[0], sam, tess)
    session_close(session=register, by=tess.user)
    with monkeypatch.context() as patch:
        patch.setattr("enrollment.services.growth.face_photo_examine", lambda photo: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            photos_learn()
    assert photos_learn() == 1


def test_the_portrait_stays_the_photo_that_was_added(school, asked, register, sam, tess):
    added = FacePhoto.objects.get(student=sam)
    confirm(asked[0], sam, tess)
    session_close(session=register, by=tess.user)
    photos_learn()
    assert portraits_of(school, [sam.pk]) == {sam.pk: added.pk}


def test_a_photo_whose_file_is_gone_is_looked_at_once(school, asked, register, sam, tess):
    confirm(asked[0], sam, tess)
    asked[0].capture.picture.storage.delete(asked[0].capture.picture.name)
    session_close(session=register, by=tess.user)
    assert photos_learn() == 0
    assert DetectedFace.objects.get(pk=asked[0].pk).learned_at


def test_a_face_photographed_before_the_consent_does_not_grow(school, asked, register, sam, tess):
    confirm(asked[0], sam, tess)
    session_close(session=register, by=tess.user)
    Consent.objects.filter(student=sam).update(given_at=asked[0].capture.taken_at + timedelta(seconds=1))
    assert (photos_learn(), learned(school)) == (0, [])
    assert DetectedFace.objects.get(pk=asked[0].pk).learned_at


def test_what_counts_is_when_it_was_taken_not_when_it_arrived(school, asked, register, sam, tess):
    """A phone without a connection kept the photo until after the consent."""
    given_at = Consent.objects.get(student=sam).given_at
    Capture.objects.update(seen_at=given_at - timedelta(minutes=1))
    confirm(asked[0], sam, tess)
    session_close(session=register, by=tess.user)
    assert photos_learn() == 0


def test_who_withdraws_and_consents_again_does_not_grow_by_faces_of_between(school, asked, register, sam, tess):
    confirm(asked[0], sam, tess)
    session_close(session=register, by=tess.user)
    consent_withdraw(student=sam, by=None)
    consent_record(student=sam, given_by="a parent", wording="Form 3", recorded_by=None)
    face_photo_add(student=sam, upload=as_file(face(1, 2)), added_by=None)
    assert photos_learn() == 0


def test_who_withdraws_while_the_engine_looks_leaves_nothing(school, asked, register, sam, tess, monkeypatch):
    confirm(asked[0], sam, tess)
    session_close(session=register, by=tess.user)
    real = LocalModel.analyse_many

    def withdrawn(model, images):
        consent_withdraw(student=sam, by=None)
        return real(model, images)

    monkeypatch.setattr(LocalModel, "analyse_many", withdrawn)
    assert photos_learn() == 0
    assert not FacePhoto.objects.filter(student=sam).exists()
    assert FaceVector.objects.count() == 1  # Sita's


def test_nor_while_the_cut_is_stored(school, asked, register, sam, tess, monkeypatch, picture_folder):
    confirm(asked[0], sam, tess)
    session_close(session=register, by=tess.user)
    real = growth.photo_file_keep

    def withdrawn(**kept):
        consent_withdraw(student=sam, by=None)
        return real(**kept)

    before = {path for path in picture_folder.rglob("*") if path.is_file()}
    monkeypatch.setattr(growth, "photo_file_keep", withdrawn)
    assert photos_learn() == 0
    assert {path for path in picture_folder.rglob("*") if path.is_file()} <= before


def test_who_has_left_does_not_grow(school, asked, register, sam, tess):
    confirm(asked[0], sam, tess)
    session_close(session=register, by=tess.user)
    sam.is_active = False
    sam.save()
    assert photos_learn() == 0
