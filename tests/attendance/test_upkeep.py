"""Upkeep: work that is done without a click."""

from datetime import timedelta

import pytest
from django.core.files.base import ContentFile
from django.utils import timezone

from attendance.captures.state import MOST_ATTEMPTS
from attendance.models import Capture, ClassSession, TimetableSlot
from attendance.repositories import marks_for
from attendance.upkeep import pictures_expire, upkeep
from enrollment.domain.faces import EngineUnavailable
from enrollment.models import Consent, FacePhoto
from tests.attendance.api.client import jpeg
from tests.attendance.captures.waiting import resume
from tests.engines import face

State = Capture.State


def grow_old(days):
    """Let the lesson and its pictures have been so many days ago."""
    ago = timedelta(days=days)
    for capture in Capture.objects.all():
        Capture.objects.filter(pk=capture.pk).update(taken_at=capture.taken_at - ago)
    for session in ClassSession.objects.all():
        ClassSession.objects.filter(pk=session.pk).update(
            starts_at=session.starts_at - ago, ends_at=session.ends_at - ago
        )


def test_nothing_to_do(riverside):
    done = upkeep()
    assert (done.captures, done.closings, done.deleted, done.planned) == (0, 0, 0, 0)


def test_retention_deletes_the_picture_not_the_mark(script, take, register, sam, picture_folder):
    script.sees(face((sam.pk, 0.9)))
    capture = take().capture
    path = picture_folder / capture.picture.name
    grow_old(6.9)
    assert (pictures_expire(), path.exists()) == (0, True)
    grow_old(0.2)
    assert (pictures_expire(), path.exists()) == (1, False)
    assert pictures_expire() == 0
    capture.refresh_from_db()
    assert (capture.picture.name, capture.state, capture.detected_faces.count()) == ("", State.DONE, 1)
    mark = marks_for(register.institution).for_session(register.pk)[sam.pk]
    assert mark.evidence.capture_id == capture.pk


def test_without_retention_a_picture_lives_as_long_as_the_lesson(script, take, riverside):
    riverside.photo_retention_days = 0
    riverside.save()
    take()
    assert pictures_expire() == 0
    grow_old(0.2)
    assert pictures_expire() == 1


def test_a_picture_that_waits_is_given_a_day(script, take, riverside):
    riverside.photo_retention_days = 0
    riverside.save()
    script.is_unavailable()
    take()
    grow_old(0.5)
    assert pictures_expire() == 0
    grow_old(0.6)
    assert pictures_expire() == 1
    script.answers.clear()
    assert resume() == 0  # the picture is gone; nothing breaks
    assert Capture.objects.values_list("state", "reason").get() == (State.FAILED, "expired")


def test_a_picture_that_cannot_be_deleted_keeps_no_other(script, take, riverside, monkeypatch):
    from django.core.files.storage import FileSystemStorage

    riverside.photo_retention_days = 0
    riverside.save()
    stuck, _ = take().capture, take().capture
    delete = FileSystemStorage.delete

    def refuse(self, name):
        if name == stuck.picture.name:
            raise PermissionError(name)
        delete(self, name)

    grow_old(0.2)
    with monkeypatch.context() as broken:
        broken.setattr(FileSystemStorage, "delete", refuse)
        assert pictures_expire() == 1
    assert pictures_expire() == 1


def test_a_lost_picture_does_not_keep_the_others_waiting(script, take, sam, picture_folder):
    script.is_unavailable().is_unavailable().sees(face((sam.pk, 0.9)))
    lost, other = take().capture, take().capture
    (picture_folder / lost.picture.name).unlink()
    assert resume() == 1
    lost.refresh_from_db()
    other.refresh_from_db()
    assert (lost.state, lost.reason) == (State.FAILED, "picture_missing")
    assert other.state == State.DONE
    assert resume() == 0


def test_a_picture_that_kills_is_given_up(script, take):
    take()
    Capture.objects.update(
        state=State.RECOGNISING, lease_until=timezone.now() - timedelta(minutes=1), attempts=MOST_ATTEMPTS
    )
    assert resume() == 0
    assert len(script.candidates) == 1
    assert upkeep().given_up == 1
    assert Capture.objects.values_list("state", "reason").get() == (State.FAILED, "gave_up")


def test_where_faces_were_switched_off_meanwhile_nothing_is_looked_at(script, take, riverside):
    script.is_unavailable().sees()
    take()
    riverside.faces_enabled = False
    riverside.save()
    assert resume() == 0
    assert len(script.candidates) == 1


def test_a_frame_that_waited_and_says_nothing_is_not_kept(script, take, picture_folder):
    script.is_unavailable().sees(face())
    take(kind=Capture.Kind.WEBCAM)
    assert resume() == 1
    assert not Capture.objects.exists()
    assert not [path for path in picture_folder.rglob("*") if path.is_file()]


@pytest.mark.parametrize("zone", ["Pacific/Auckland", "Pacific/Honolulu"])
def test_today_and_tomorrow_are_the_school_s_own(riverside, physics, zone):
    riverside.time_zone = zone
    riverside.save()
    today = timezone.localdate(timezone=riverside.zone)
    for weekday in range(7):
        TimetableSlot.objects.create(
            institution=riverside, course=physics, weekday=weekday, starts="09:00", ends="09:50", first_day=today
        )
    assert upkeep().planned == 2
    assert set(ClassSession.objects.values_list("local_date", flat=True)) == {today, today + timedelta(days=1)}
    assert upkeep().planned == 0


def test_face_photos_that_wait_are_examined_and_erasures_finished(script, riverside, sam, ada):
    photo = FacePhoto(institution=riverside, student=sam, state=FacePhoto.State.WAITING)
    photo.picture.save("photo.jpg", ContentFile(jpeg()), save=False)
    photo.save()
    done = upkeep()
    photo.refresh_from_db()
    assert (done.photos, photo.state) == (1, FacePhoto.State.ENROLLED)
    Consent.objects.filter(student=sam).update(withdrawn_at=timezone.now())  # a process died right after this
    assert upkeep().erasures == 1
    assert not FacePhoto.objects.exists()


@pytest.mark.parametrize("over", ["ended", "closed"])
def test_a_frame_is_worth_nothing_after_its_lesson(script, take, register, picture_folder, over):
    script.is_unavailable()
    take(kind=Capture.Kind.WEBCAM)
    photo = take().capture
    assert upkeep().frames == 0
    ended = {"ended": {"ends_at": timezone.now() - timedelta(seconds=1)}, "closed": {"state": "closed"}}
    ClassSession.objects.filter(pk=register.pk).update(**ended[over])
    done = upkeep()
    assert (done.frames, done.failed) == (1, ())
    assert [path.stem for path in picture_folder.rglob("*.jpg")] == [str(photo.pk)]
    script.answers[:] = [[]]
    assert resume() == 1  # the photo is recognised all the same


def test_photos_of_a_school_whose_engine_is_unavailable_are_not_all_tried(script, riverside, sam, sita, monkeypatch):
    def away(self, *args, **kwargs):
        script.candidates.append(None)
        raise EngineUnavailable("unreachable", "away")

    monkeypatch.setattr("tests.engines.ScriptedEngine.enroll", away)
    for student in (sam, sita):
        photo = FacePhoto(institution=riverside, student=student, state=FacePhoto.State.WAITING)
        photo.picture.save("photo.jpg", ContentFile(jpeg()), save=False)
        photo.save()
    assert upkeep().photos == 1
    assert len(script.candidates) == 1


def test_a_photo_that_is_lost_keeps_no_other(script, riverside, sam, sita):
    for student in (sam, sita):
        photo = FacePhoto(institution=riverside, student=student, state=FacePhoto.State.WAITING)
        photo.picture.save("photo.jpg", ContentFile(jpeg()), save=False)
        photo.save()
    photo.picture.storage.delete(photo.picture.name)
    done = upkeep()
    assert (done.photos, done.failed) == (1, ())
