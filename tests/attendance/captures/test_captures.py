"""From a picture to marks."""

import errno
import io
import time
from datetime import timedelta
from functools import partial
from uuid import uuid4

import pytest
from django.core.files.base import ContentFile
from django.utils import timezone
from prometheus_client import REGISTRY

from attendance.captures import recognition, taking
from attendance.captures.backlog import capture_retry
from attendance.captures.errors import FacesOff, PictureNotStored
from attendance.captures.recognition import capture_recognise
from attendance.captures.state import LEASE, MOST_ATTEMPTS, captures_due
from attendance.captures.taking import capture_take
from attendance.domain.decision import Outcome
from attendance.domain.statuses import Source, Status
from attendance.errors import SessionClosed, SessionNotOpen
from attendance.models import Capture, ClassSession, DetectedFace
from attendance.register.sessions import session_close
from attendance.repositories import marks_for
from attendance.repositories.base import StoreUnavailable
from enrollment.domain.faces import FaceError
from enrollment.errors import PictureError
from enrollment.models import Consent
from enrollment.pictures import read_picture
from tests.attendance.api.client import jpeg
from tests.attendance.captures.waiting import resume
from tests.conftest import make_student
from tests.contracts.conftest import at_once
from tests.engines import face

State = Capture.State


class Crash(BaseException):
    """The process dies here."""


def _die(*args, **kwargs):
    raise Crash


def marks(session):
    return marks_for(session.institution).for_session(session.pk)


def image():
    return read_picture(io.BytesIO(jpeg())).image


def test_a_photo_marks_whom_it_shows(script, take, register, sam, sita, tess):
    script.sees(face((sam.pk, 0.91), (sita.pk, 0.2)), face(at=1), face((sita.pk, 0.42), at=2))
    result = take()
    assert [s.outcome for s in result.detected_faces] == [Outcome.MARK, Outcome.UNKNOWN, Outcome.ASK]
    [mark] = result.marks
    assert marks(register) == {sam.pk: mark}
    assert (mark.status, mark.source, mark.actor_id, mark.version) == (Status.PRESENT, Source.PHOTO, None, 1)
    why = mark.evidence
    assert (why.capture_id, why.face, why.similarity, why.threshold) == (result.capture.pk, 1, 0.91, 0.5)
    assert (why.engine, why.model) == ("scripted", "scripted-1")
    assert mark.marked_at == result.capture.taken_at


def test_everything_is_stored(script, take, sam, tess):
    script.sees(face((sam.pk, 0.91)))
    capture = Capture.objects.get(pk=take().capture.pk)
    assert (capture.state, capture.reason, capture.lease_until, capture.attempts) == (State.DONE, "", None, 1)
    assert (capture.width, capture.height, capture.taken_by) == (320, 240, tess.user)
    assert (capture.engine, capture.model, capture.accept_threshold, capture.review_threshold) == (
        "scripted",
        "scripted-1",
        0.5,
        0.3,
    )
    assert capture.seconds > 0
    detected_face = capture.detected_faces.get()
    assert (detected_face.left, detected_face.top, detected_face.width, detected_face.height) == (10, 10, 50, 60)
    assert detected_face.candidates == [[str(sam.pk), 0.91]]
    assert capture.picture.read()[:2] == b"\xff\xd8"


def test_a_picture_without_a_face(script, take, register):
    result = take()
    assert (result.capture.state, result.detected_faces, result.marks) == (State.DONE, (), ())


@pytest.mark.parametrize(("minutes", "status", "late"), [(10, Status.PRESENT, 0), (11, Status.LATE, 11)])
def test_late_by_the_school_s_grace(script, take, register, sam, minutes, status, late):
    begin(register, minutes)
    script.sees(face((sam.pk, 0.9)))
    [mark] = take().marks
    assert (mark.status, mark.minutes_late) == (status, late)


def test_a_course_s_own_grace_counts_first(script, take, register, sam, physics):
    begin(register, 5)
    physics.grace_minutes = 0
    physics.save()
    register.refresh_from_db()
    script.sees(face((sam.pk, 0.9)))
    [mark] = take().marks
    assert (mark.status, mark.minutes_late) == (Status.LATE, 5)


def begin(register, minutes_ago):
    ClassSession.objects.filter(pk=register.pk).update(
        starts_at=timezone.now() - timedelta(minutes=minutes_ago) + timedelta(seconds=-1 if minutes_ago != 10 else 5)
    )
    register.refresh_from_db()


# -- Who is searched for --


def test_nobody_is_searched_for_without_a_consent(script, take, register, sam, sita, riverside):
    Consent.objects.filter(student=sita).update(withdrawn_at=timezone.now())
    make_student(riverside, "Other Class", "R-050")
    script.sees(face((sita.pk, 0.99)))
    result = take()
    assert script.candidates == [frozenset({sam.pk})]
    assert result.marks == ()
    assert str(sita.pk) not in str([s.candidates for s in result.detected_faces])


def test_faces_are_off(script, take, riverside, register, sam):
    riverside.faces_enabled = False
    riverside.save()
    register.institution.refresh_from_db()
    with pytest.raises(FacesOff) as refused:
        take()
    assert refused.value.code == "faces_off"
    assert script.candidates == []
    assert not Capture.objects.exists()


def test_somebody_of_another_course_is_said_to_be_so(script, take, riverside):
    other = make_student(riverside, "Other Class", "R-050")
    script.sees(face(elsewhere=(other.pk, 0.8)))
    [detected_face] = take().detected_faces
    assert (detected_face.outcome, detected_face.student_id) == (Outcome.ELSEWHERE, other.pk)


# -- What is refused --


@pytest.mark.parametrize(
    ("data", "code"),
    [(b"", "not_a_picture"), (b"hello", "not_a_picture"), (jpeg()[:700], "broken"), (jpeg(60, 60), "too_small")],
)
def test_what_is_not_a_picture_leaves_nothing(script, take, picture_folder, data, code):
    with pytest.raises(PictureError) as refused:
        take(data=data)
    assert refused.value.code == code
    assert not Capture.objects.exists()
    assert files(picture_folder) == []


@pytest.mark.parametrize(
    ("state", "error"), [("scheduled", SessionNotOpen), ("closing", SessionClosed), ("closed", SessionClosed)]
)
def test_a_register_that_is_not_open(script, take, register, state, error):
    ClassSession.objects.filter(pk=register.pk).update(state=state)
    with pytest.raises(error):
        take()
    assert not Capture.objects.exists()


def files(folder):
    return [path for path in folder.rglob("*") if path.is_file()]


# -- Sent twice --


def test_the_same_nonce_gives_the_first_answer(script, take, register, sam, picture_folder):
    nonce = uuid4()
    script.sees(face((sam.pk, 0.9))).sees()
    first = take(nonce)
    again = take(nonce, data=b"not even a picture")
    assert (first.is_fresh, again.is_fresh) == (True, False)
    assert again.capture == first.capture
    assert again.marks == first.marks
    assert [s.pk for s in again.detected_faces] == [s.pk for s in first.detected_faces]
    assert len(script.candidates) == 1
    assert len(files(picture_folder)) == 1


def test_so_it_does_after_closing(script, take, register, tess, sam):
    nonce = uuid4()
    script.sees(face((sam.pk, 0.9)))
    first = take(nonce)
    session_close(session=register, by=tess.user)
    assert take(nonce).capture == first.capture


@pytest.mark.django_db(transaction=True)
def test_a_double_click(script, register, tess, sam, picture_folder):
    script.sees(face((sam.pk, 0.9)))
    nonce = uuid4()

    def photo():
        return capture_take(
            session=register, upload=io.BytesIO(jpeg()), nonce=nonce, kind=Capture.Kind.PHOTO, by=tess.user
        )

    results = at_once(photo, photo, photo)
    assert len({result.capture.pk for result in results}) == 1
    assert sum(result.is_fresh for result in results) == 1
    assert DetectedFace.objects.count() == 1
    assert marks(register)[sam.pk].version == 1
    assert len(files(picture_folder)) == 1


def test_two_photos_of_the_same_class_mark_once(script, take, register, sam):
    script.sees(face((sam.pk, 0.9)))
    take()
    assert take().marks == ()
    assert marks(register)[sam.pk].version == 1


# -- The engine is unavailable --


def test_a_picture_waits_for_the_engine_and_is_finished_later(script, take, register, sam):
    script.is_unavailable().is_unavailable("unreachable").sees(face((sam.pk, 0.9)))
    result = take()
    assert (result.capture.state, result.capture.reason) == (State.WAITING, "throttled")
    assert resume() == 0
    result.capture.refresh_from_db()
    assert (result.capture.state, result.capture.reason) == (State.WAITING, "unreachable")
    assert resume() == 1
    result.capture.refresh_from_db()
    assert (result.capture.state, result.capture.reason) == (State.DONE, "")
    assert marks(register)[sam.pk].marked_at == result.capture.taken_at
    assert resume() == 0


def test_the_monitor_is_told_how_long_a_photo_took_to_its_marks_its_wait_included(script, take, sam):
    def seconds(what):
        return REGISTRY.get_sample_value(f"portal_photo_to_marks_seconds_{what}", {"kind": "photo"}) or 0.0

    script.is_unavailable().sees(face((sam.pk, 0.9)))
    before, number = seconds("sum"), seconds("count")
    capture = take().capture
    assert seconds("count") == number, "it waits"
    Capture.objects.filter(pk=capture.pk).update(taken_at=timezone.now() - timedelta(minutes=1))
    assert resume() == 1
    assert seconds("count") == number + 1
    assert seconds("sum") - before >= 60
    capture_retry(capture=Capture.objects.get(pk=capture.pk))
    assert seconds("count") == number + 1, "it is done once"


def test_waiting_is_never_given_up(script, take):
    script.is_unavailable()
    capture = take().capture
    for _ in range(MOST_ATTEMPTS + 5):
        resume()
    assert len(script.candidates) == MOST_ATTEMPTS + 6
    capture.refresh_from_db()
    assert capture.attempts == 0


def test_one_who_was_seen_in_time_is_present_even_if_the_register_was_closed(script, take, register, tess, sam, sita):
    script.is_unavailable().sees(face((sam.pk, 0.9)))
    take()
    session_close(session=register, by=tess.user)
    assert marks(register)[sam.pk].status is Status.ABSENT
    resume()
    found = marks(register)
    assert (found[sam.pk].status, found[sita.pk].status) == (Status.PRESENT, Status.ABSENT)
    counted = marks_for(register.institution).day_tally(register.local_date)
    assert counted.counts == {Status.PRESENT: 1, Status.ABSENT: 1}


def test_a_register_that_closes_while_the_engine_works_has_a_summary_that_agrees(
    script, take, register, tess, sam, sita
):
    script.sees(face((sam.pk, 0.9)))
    script.meanwhile = lambda: session_close(session=register, by=tess.user)
    take()
    found = marks(register)
    assert (found[sam.pk].status, found[sita.pk].status) == (Status.PRESENT, Status.ABSENT)
    counted = marks_for(register.institution).day_tally(register.local_date)
    assert counted.counts == {Status.PRESENT: 1, Status.ABSENT: 1}


@pytest.mark.thorough
def test_a_clock_that_is_set_back_makes_nobody_wait(script, take, register):
    """Written 20 seconds ahead, an hour ahead: neither a repeated photo nor a lease waits for the clock."""
    capture = take().capture
    ahead = timezone.now() + timedelta(seconds=20)
    capture.picture.storage.delete(capture.picture.name)
    Capture.objects.update(state=State.RECEIVED, taken_at=ahead)
    script.sees()
    begun = time.monotonic()
    assert take(capture.nonce).capture.state == State.DONE
    assert time.monotonic() - begun < 15  # of 20, without asserting how quick it is
    Capture.objects.update(state=State.RECOGNISING, lease_until=timezone.now() + timedelta(hours=1))
    assert captures_due().count() == 1


def test_a_store_of_marks_that_is_unavailable_lets_the_picture_wait(script, take, register, sam, monkeypatch):
    script.sees(face((sam.pk, 0.9)))
    with monkeypatch.context() as away:

        def refuse(self, marks):
            raise StoreUnavailable("unreachable", "the store cannot be reached")

        away.setattr("attendance.repositories.orm.OrmAttendanceRepository.mark_many", refuse)
        result = take()
    assert (result.capture.state, result.capture.reason, result.marks) == (State.WAITING, "store_unreachable", ())
    assert (result.capture.attempts, result.capture.lease_until) == (0, None)
    assert resume() == 1
    assert marks(register)[sam.pk].version == 1


def test_a_refusal_that_will_be_the_same_next_time_is_given_up(script, take, sam):
    script.answers.append(Refused())
    capture = take().capture
    for attempt in range(1, MOST_ATTEMPTS):
        assert (capture.state, capture.attempts) == (State.WAITING, attempt)
        resume()
        capture.refresh_from_db()
    assert (capture.state, capture.reason, capture.lease_until) == (State.FAILED, "refused", None)
    assert resume() == 0
    assert len(script.candidates) == MOST_ATTEMPTS


class Refused(FaceError):
    code = "refused"


def test_trying_again_at_once(script, take, register, sam):
    script.is_unavailable().is_unavailable().sees(face((sam.pk, 0.9)))
    capture = take().capture
    result = capture_retry(capture=capture)
    assert (result.capture.state, result.is_fresh, result.capture.waits) == (State.WAITING, False, 2)
    result = capture_retry(capture=capture)
    assert (result.capture.state, result.is_fresh) == (State.DONE, True)
    assert capture_retry(capture=capture).marks == result.marks
    assert len(script.candidates) == 3


def test_one_that_was_given_up_may_be_tried_again(script, take, sam):
    script.sees(face((sam.pk, 0.9)))
    capture = take().capture
    Capture.objects.update(state=State.FAILED, reason="refused", attempts=MOST_ATTEMPTS)
    assert capture_retry(capture=capture).capture.state == State.DONE


@pytest.mark.parametrize("state", [State.RECEIVED, State.RECOGNISING])
def test_one_that_is_leased_is_left_alone(script, take, state):
    capture = take().capture
    Capture.objects.update(state=state, lease_until=timezone.now() + LEASE)
    assert capture_retry(capture=capture).capture.state == state
    assert len(script.candidates) == 1


def test_nothing_is_tried_where_faces_are_off(script, take, riverside):
    script.is_unavailable()
    capture = take().capture
    riverside.faces_enabled = False
    riverside.save()
    capture.institution.refresh_from_db()
    with pytest.raises(FacesOff):
        capture_retry(capture=capture)


# -- The process dies --


def test_a_crash_between_marks_and_faces(script, take, register, sam, sita, monkeypatch):
    script.sees(face((sam.pk, 0.9)), face((sita.pk, 0.4), at=1))
    with monkeypatch.context() as crash:
        crash.setattr(recognition, "_finish", _die)
        with pytest.raises(Crash):
            take()
    capture = Capture.objects.get()
    assert (capture.state, capture.detected_faces.count()) == (State.RECOGNISING, 0)
    assert marks(register)[sam.pk].version == 1
    assert resume() == 0  # its lease still runs
    Capture.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    assert resume() == 1
    capture.refresh_from_db()
    assert (capture.state, capture.detected_faces.count(), capture.attempts) == (State.DONE, 2, 2)
    assert marks(register)[sam.pk].version == 1


def test_a_crash_before_the_engine_was_asked(script, take, register, sam, monkeypatch):
    script.sees(face((sam.pk, 0.9)))
    with monkeypatch.context() as crash:
        crash.setattr(taking, "capture_recognise", _die)
        with pytest.raises(Crash):
            take()
    assert resume() == 0  # a request may still have it
    Capture.objects.update(taken_at=timezone.now() - timedelta(minutes=1))
    assert resume() == 1
    assert marks(register)[sam.pk].status is Status.PRESENT


@pytest.mark.parametrize("left", ["nothing", "half of it"])
@pytest.mark.parametrize("swept", [False, True])
def test_a_picture_that_never_arrived_is_taken_when_it_is_sent_again(
    script, take, register, sam, monkeypatch, picture_folder, left, swept
):
    nonce = uuid4()
    script.sees(face((sam.pk, 0.9)))
    with monkeypatch.context() as crash:
        crash.setattr(taking, "store_picture", _die)
        with pytest.raises(Crash):
            take(nonce)
    capture = Capture.objects.get()
    if left == "half of it":
        capture.picture.storage.save(capture.picture.name, ContentFile(jpeg()[:700]))
    Capture.objects.update(taken_at=timezone.now() - timedelta(minutes=1))
    if swept:
        assert resume() == 0
        capture.refresh_from_db()
        assert (capture.state, capture.reason) == (State.FAILED, "picture_missing")
    again = take(nonce)
    assert (again.capture.pk, again.capture.state, again.is_fresh) == (capture.pk, State.DONE, True)
    assert marks(register)[sam.pk].evidence.capture_id == capture.pk
    assert [path.stem for path in files(picture_folder)] == [str(capture.pk)]
    assert take(nonce, data=b"no picture").marks == again.marks


def test_a_picture_on_its_way_is_waited_for(script, take, sam, monkeypatch, picture_folder):
    """The same nonce, while the first request is between row and file: it stores the picture, the second does not."""
    nonce = uuid4()
    script.is_unavailable().sees(face((sam.pk, 0.9)))
    first = take(nonce).capture
    Capture.objects.update(state=State.RECEIVED)
    kept = first.picture.read()
    first.picture.storage.delete(first.picture.name)
    monkeypatch.setattr(taking, "store_picture", _die)
    arrives = partial(first.picture.storage.save, first.picture.name, ContentFile(kept))
    monkeypatch.setattr(taking.time, "sleep", lambda seconds: arrives())
    assert take(nonce).capture.state == State.RECEIVED
    assert len(files(picture_folder)) == 1


def test_a_storage_that_is_unavailable_is_waited_for(script, take, sam, monkeypatch):
    script.is_unavailable().sees(face((sam.pk, 0.9)))
    capture = take().capture
    with monkeypatch.context() as away:

        def unreachable(*args, **kwargs):
            raise TimeoutError("the bucket does not answer")

        away.setattr("django.core.files.storage.FileSystemStorage._open", unreachable)
        assert resume() == 0
    capture.refresh_from_db()
    assert (capture.state, capture.reason, capture.attempts) == (State.WAITING, "storage_unavailable", 0)
    assert resume() == 1


def test_a_living_process_is_left_alone(script, take, register, sam):
    capture = take().capture
    Capture.objects.update(state=State.RECOGNISING, lease_until=timezone.now() + LEASE)
    script.sees(face((sam.pk, 0.9)))
    result = capture_recognise(capture=capture, image=image())
    assert (result.capture.state, result.marks) == (State.RECOGNISING, ())
    assert resume() == 0
    assert len(script.candidates) == 1


class Overtaken:
    """An engine that takes so long that another process has the picture meanwhile."""

    def __init__(self, engine, meanwhile, answer):
        self.calibration, self.meanwhile, self.answer = engine.calibration, meanwhile, answer
        self.compares_faces = False
        self.turns_needed = engine.turns_needed

    def identify(self, image, **options):
        self.meanwhile()
        return self.answer()


@pytest.mark.parametrize("outcome", ["answers", "fails"])
def test_who_took_too_long_has_no_say(script, take, register, sam, tess, monkeypatch, outcome):
    """A decision about the other process's faces survives, and a late failure puts nothing back."""
    from attendance.captures.doubts import detected_face_decide
    from enrollment.domain.faces import EngineUnavailable
    from enrollment.faces import faces_for

    script.is_unavailable().sees(face((sam.pk, 0.4)))
    capture = take().capture

    def meanwhile():
        monkeypatch.undo()
        Capture.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
        assert resume() == 1
        detected_face_decide(detected_face=DetectedFace.objects.get(), student_id=sam.pk, by=tess.user)

    def answer():
        if outcome == "fails":
            raise EngineUnavailable("timed_out", "too late")
        return [face(), face(at=1)]

    slow = Overtaken(faces_for(register.institution), meanwhile, answer)
    monkeypatch.setattr("enrollment.faces.faces_for", lambda institution: slow)
    result = capture_recognise(capture=capture, image=image())
    assert (result.capture.state, result.is_fresh) == (State.DONE, False)
    assert DetectedFace.objects.get().decided_student == sam


def test_a_full_disk_is_said_and_leaves_nothing_behind(script, take, monkeypatch, picture_folder):
    def full(*args, **kwargs):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("django.core.files.storage.FileSystemStorage.save", full)
    with pytest.raises(PictureNotStored) as refused:
        take()
    assert (refused.value.code, refused.value.retryable) == ("picture_not_stored", True)
    assert not Capture.objects.exists()


def test_somebody_elsewhere_whose_consent_was_withdrawn_is_named_no_more(script, take, riverside):
    other = make_student(riverside, "Other Class", "R-050")
    script.sees(face(elsewhere=(other.pk, 0.9)))
    assert take().detected_faces[0].outcome == Outcome.ELSEWHERE
    Consent.objects.filter(student=other).update(withdrawn_at=timezone.now())
    [detected_face] = take().detected_faces
    assert (detected_face.outcome, detected_face.student_id) == (Outcome.UNKNOWN, None)
