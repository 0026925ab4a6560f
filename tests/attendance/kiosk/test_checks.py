"""The tablet that nobody watches: nobody is marked before a challenge is passed, once, in time, at that very tablet."""

import base64
import io
import threading
from datetime import timedelta
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.utils import timezone
from PIL import Image

from attendance.captures.recognition import capture_recognise
from attendance.domain.statuses import Source
from attendance.kiosk.checks import MOST_BEGUN, MOST_FAILED, attempts_expire, check_answer, check_begin
from attendance.kiosk.errors import CheckOver, CheckUnknown, NotAttended, TooManyFrames
from attendance.kiosk.pairing import kiosk_frame_take, kiosk_pairing_code_new, kiosk_revoke
from attendance.models import Capture, ClassSession, DetectedFace, Kiosk, LivenessAttempt
from attendance.register.page import read_register
from attendance.repositories import marks_for
from enrollment.domain.liveness import LivenessUnavailable, Outcome, Reason
from enrollment.errors import PictureError
from enrollment.models import Consent, Student
from tests import checks
from tests.attendance.api.client import jpeg
from tests.engines import face

PREVIEW = "/riverside/kiosk/checks/"


@pytest.fixture(autouse=True)
def scripted_check(settings):
    """A check whose verdicts are taken from `checks.VERDICTS`."""
    settings.LIVENESS_CHECK = {"BACKEND": "tests.checks.ScriptedCheck", "OPTIONS": {}}
    checks.VERDICTS.clear()
    checks.JUDGED.clear()


@pytest.fixture
def kiosk(riverside):
    return Kiosk.objects.create(institution=riverside, name="Gate", room="12")


@pytest.fixture
def sees_sam(script, sam):
    return script.sees(face((sam.pk, 0.9)))


@pytest.fixture
def begin(kiosk, register, sees_sam):
    """Somebody who looks like Sam steps up to the tablet: what it sees."""
    return lambda: check_begin(kiosk=kiosk, upload=io.BytesIO(jpeg()))


def answer(kiosk, attempt, *, at=()):
    """The tablet's answer, a second later than the last frame is said to be."""
    if at:
        LivenessAttempt.objects.filter(pk=attempt.pk).update(begun_at=timezone.now() - timedelta(seconds=8))
    return check_answer(kiosk=kiosk, attempt_id=attempt.pk, frames=[(io.BytesIO(jpeg()), each) for each in at])


def mark_of(register, student):
    return marks_for(register.institution).for_session(register.pk).get(student.pk)


# -- Nobody is marked before -------------------------------------------------------------------------------------------


def test_a_frame_alone_marks_nobody_and_is_not_kept(begin, register, sam):
    seen = begin()
    assert seen.attempt.student == sam
    assert mark_of(register, sam) is None
    assert not Capture.objects.exists()


def test_who_passes_is_marked_from_the_checked_picture(begin, kiosk, register, sam):
    told = answer(kiosk, begin().attempt, at=[100, 800])
    assert told.verdict.outcome is Outcome.LIVE
    mark = mark_of(register, sam)
    assert (mark.source, mark.actor_id) == (Source.KIOSK, None)
    capture = Capture.objects.get()
    assert (capture.liveness, capture.kiosk, capture.taken_by) == ("passed", kiosk, None)
    assert (capture.width, capture.height) == (300, 300)  # the check's own picture, none of the tablet's frames
    attempt = LivenessAttempt.objects.get()
    assert (attempt.outcome, attempt.reason, attempt.evidence) == ("live", "followed", {"1_left": 0.31})


def test_the_way_of_attended_tablets_is_closed_to_it(kiosk, register, sees_sam, sam):
    with pytest.raises(NotAttended):
        kiosk_frame_take(kiosk=kiosk, upload=io.BytesIO(jpeg()), nonce=uuid4())
    assert mark_of(register, sam) is None


def test_a_frame_that_was_not_checked_marks_nobody_by_whatever_way_it_comes(kiosk, register, sees_sam, sam, riverside):
    """The wall stands where marks are made: a worker that takes a frame up again meets it too."""
    row = Capture.objects.create(
        institution=riverside, session=register, nonce=uuid4(), kind="webcam", width=9, height=9, kiosk=kiosk
    )
    capture_recognise(capture=row, image=Image.new("RGB", (90, 90)))
    assert mark_of(register, sam) is None
    assert (DetectedFace.objects.get().outcome, DetectedFace.objects.get().reason) == ("ask", "not_live")


def test_a_checked_frame_whose_process_died_marks_when_it_is_taken_up(kiosk, register, sees_sam, sam, riverside):
    row = Capture.objects.create(
        institution=riverside, session=register, nonce=uuid4(), kind="webcam", width=9, height=9, kiosk=kiosk,
        liveness="passed",
    )  # fmt: skip
    capture_recognise(capture=row, image=Image.new("RGB", (90, 90)))
    assert mark_of(register, sam).source is Source.KIOSK


def test_who_is_recognised_with_a_doubt_is_put_to_the_teacher_even_if_alive(kiosk, register, script, sam):
    script.sees(face((sam.pk, 0.4)))
    answer(kiosk, check_begin(kiosk=kiosk, upload=io.BytesIO(jpeg())).attempt)
    assert mark_of(register, sam) is None
    assert (DetectedFace.objects.get().outcome, DetectedFace.objects.get().reason) == ("ask", "below_threshold")


def test_a_stranger_and_an_empty_room_get_no_challenge(kiosk, register, script):
    script.sees().sees(face())
    for _ in range(2):
        assert check_begin(kiosk=kiosk, upload=io.BytesIO(jpeg())).attempt is None
    assert not LivenessAttempt.objects.exists()


def test_the_nearest_face_is_asked_not_the_one_behind(kiosk, register, script, sam, sita):
    from dataclasses import replace

    behind = face((sam.pk, 0.9))
    near = replace(face((sita.pk, 0.9), at=1), box=replace(behind.box, width=90, left=200))
    script.sees(behind, near)
    assert check_begin(kiosk=kiosk, upload=io.BytesIO(jpeg())).attempt.student == sita


@pytest.mark.parametrize("end", ["withdraws", "leaves"])
class TestConsent:
    @pytest.fixture
    def ends(self, end, sam):
        def act():
            if end == "withdraws":
                Consent.objects.filter(student=sam).delete()
            else:
                Student.objects.filter(pk=sam.pk).update(is_active=False)

        return act

    def test_who_ended_it_gets_no_challenge(self, begin, ends):
        ends()
        assert begin().attempt is None

    def test_who_ends_it_while_the_engine_looks_gets_none(self, begin, ends, script):
        script.meanwhile = ends
        assert begin().attempt is None
        assert not LivenessAttempt.objects.exists()

    def test_nor_who_ends_it_right_before_it_is_stored(self, begin, ends, monkeypatch):
        monkeypatch.setattr("tests.checks.ScriptedCheck.challenge", _after(ends, checks.ScriptedCheck.challenge))
        assert begin().attempt is None
        assert not LivenessAttempt.objects.exists()

    def test_who_ends_it_before_the_answer_is_not_looked_at(self, begin, ends, kiosk, register, sam):
        attempt = begin().attempt
        ends()
        with pytest.raises(CheckOver):
            answer(kiosk, attempt, at=[100, 800])
        assert checks.JUDGED == []
        assert mark_of(register, sam) is None

    def test_who_ends_it_while_the_answer_is_judged_is_not_marked(self, begin, ends, kiosk, register, sam, monkeypatch):
        attempt = begin().attempt
        monkeypatch.setattr("tests.checks.ScriptedCheck.judge", _after(ends, checks.ScriptedCheck.judge))
        answer(kiosk, attempt, at=[100, 800])
        assert mark_of(register, sam) is None
        assert not DetectedFace.objects.filter(student=sam).exists()


def _after(act, real):
    def first(*args, **kwargs):
        act()
        return real(*args, **kwargs)

    return first


def test_who_is_here_already_is_not_asked_again(begin, kiosk, register):
    answer(kiosk, begin().attempt)
    seen = begin()
    assert (seen.is_here, seen.attempt) == (True, None)


def test_why_says_that_the_check_was_passed(begin, kiosk, register, sam, tess, client):
    answer(kiosk, begin().attempt)
    client.force_login(tess.user)
    page = client.get(f"/riverside/sessions/{register.pk}/marks/{sam.pk}/why/").content.decode()
    assert "passed the check for a living face" in page


# -- Once, in time, here -----------------------------------------------------------------------------------------------


def test_a_challenge_is_good_once(begin, kiosk):
    checks.VERDICTS[:] = [checks.failed(), checks.passed()]
    attempt = begin().attempt
    answer(kiosk, attempt)
    with pytest.raises(CheckOver):
        answer(kiosk, attempt)
    assert len(checks.JUDGED) == 1


def test_a_challenge_is_good_for_its_time(begin, kiosk, register, sam):
    attempt = begin().attempt
    LivenessAttempt.objects.update(expires_at=timezone.now())
    with pytest.raises(CheckOver):
        answer(kiosk, attempt)
    assert mark_of(register, sam) is None


def test_a_new_challenge_voids_the_earlier_one(begin, kiosk):
    earlier, later = begin().attempt, begin().attempt
    with pytest.raises(CheckOver):
        answer(kiosk, earlier)
    assert answer(kiosk, later).verdict.outcome is Outcome.LIVE


def test_another_tablet_s_challenge_and_another_school_s_are_unknown(begin, riverside, hilltop):
    attempt = begin().attempt
    for school, room in ((riverside, "12"), (hilltop, "12")):
        other = Kiosk.objects.create(institution=school, name="Other", room=room)
        with pytest.raises(CheckUnknown):
            answer(other, attempt)
    with pytest.raises(CheckUnknown):
        check_answer(kiosk=Kiosk.objects.get(name="Gate"), attempt_id=uuid4(), frames=[])


def test_a_challenge_of_the_lesson_before_marks_in_no_other(begin, kiosk, register, physics, riverside):
    attempt = begin().attempt
    ClassSession.objects.filter(pk=register.pk).update(state="closed")
    now = timezone.now()
    ClassSession.objects.create(
        institution=riverside, course=physics, room="12", state="open", starts_at=now,
        ends_at=now + timedelta(minutes=40),
    )  # fmt: skip
    with pytest.raises(CheckOver):
        answer(kiosk, attempt)


def test_frames_from_the_future_are_none(begin, kiosk):
    attempt = begin().attempt
    told = check_answer(kiosk=kiosk, attempt_id=attempt.pk, frames=[(io.BytesIO(jpeg()), 60_000)])
    assert (told.verdict.outcome, told.verdict.reason) == (Outcome.UNDECIDED, Reason.TIMING)
    assert not checks.JUDGED


@pytest.mark.django_db(transaction=True)
def test_of_two_answers_at_once_one_counts(begin, kiosk, register, sam):
    attempt, outcomes = begin().attempt, []

    def send():
        try:
            outcomes.append(answer(kiosk, attempt).verdict.outcome)
        except CheckOver:
            outcomes.append(CheckOver)
        finally:
            connection.close()

    threads = [threading.Thread(target=send) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(str(outcome) for outcome in outcomes) == sorted([str(CheckOver)] * 3 + ["live"])
    assert len(checks.JUDGED) == 1
    assert mark_of(register, sam).version == 1


# -- Unsuccessfully ----------------------------------------------------------------------------------------------------


def fail(begin, kiosk, times=1, reason=Reason.FLAT):
    checks.VERDICTS[:] = [checks.failed(reason)]
    return [answer(kiosk, begin().attempt) for _ in range(times)]


def test_after_the_last_try_the_teacher_is_asked_and_sees_the_face(begin, kiosk, register, sam):
    *_before, last = fail(begin, kiosk, MOST_FAILED)
    assert (last.tries, mark_of(register, sam)) == (0, None)
    [doubt] = read_register(register).doubts
    assert (doubt.detected_face.reason, doubt.detected_face.student) == ("not_live", sam)
    assert doubt.detected_face.capture.picture
    assert Capture.objects.count() == 1  # what was shown before is not kept
    seen = begin()
    assert (seen.attempt, seen.is_spent) == (None, True)


def test_the_teacher_s_word_marks_anyone_who_was_there(begin, kiosk, register, sam, tess, client):
    fail(begin, kiosk, MOST_FAILED)
    client.force_login(tess.user)
    page = client.get(f"/riverside/sessions/{register.pk}/").content.decode()
    assert "could not tell this face from a photo" in page


def test_nobody_begins_until_an_easy_challenge_comes(begin):
    assert all(begin().attempt for _ in range(MOST_BEGUN))
    assert begin().is_spent


def test_one_student_s_failures_are_not_another_s(begin, kiosk, register, script, sita):
    fail(begin, kiosk, MOST_FAILED)
    script.answers.clear()
    script.sees(face((sita.pk, 0.9)))
    checks.VERDICTS.clear()
    answer(kiosk, begin().attempt)
    assert mark_of(register, sita)


def test_a_service_that_is_unavailable_counts_against_nobody(begin, kiosk):
    from attendance.kiosk.errors import CheckUnavailable

    for _ in range(MOST_FAILED):
        checks.VERDICTS[:] = [LivenessUnavailable("throttled", "busy")]
        with pytest.raises(CheckUnavailable):
            answer(kiosk, begin().attempt)
    assert begin().attempt


def test_challenges_go_when_their_lesson_is_over(begin):
    begin()
    assert attempts_expire() == 0
    ClassSession.objects.update(
        starts_at=timezone.now() - timedelta(hours=3), ends_at=timezone.now() - timedelta(hours=2)
    )
    assert attempts_expire() == 1
    assert not LivenessAttempt.objects.exists()


# -- The tablet's addresses --------------------------------------------------------------------------------------------


@pytest.fixture
def tablet(client, kiosk):
    client.post("/riverside/kiosk/", {"code": kiosk_pairing_code_new(kiosk=kiosk)})
    return client


def send_preview(tablet, path=PREVIEW):
    return tablet.post(path, {"picture": SimpleUploadedFile("f.jpg", jpeg(), "image/jpeg"), "nonce": str(uuid4())})


def send_frames(tablet, number, at=("10", "20")):
    files = [SimpleUploadedFile("f.jpg", jpeg(), "image/jpeg") for _ in range(2)]
    LivenessAttempt.objects.update(begun_at=timezone.now() - timedelta(seconds=8))
    return tablet.post(f"{PREVIEW}{number}/", {"frames": files, "at": list(at)})


def test_the_page_is_told_what_to_show_and_no_name_before(tablet, register, sees_sam, sam):
    shown = send_preview(tablet).json()
    assert [step["pose"] for step in shown["challenge"]["steps"]] == ["front", "left", "right"]
    assert "Sam" not in str(shown)
    told = send_frames(tablet, shown["challenge"]["id"]).json()
    assert (told["passed"], told["marked"]) == (True, [{"name": "Sam Field", "status": "present"}])


def test_plain_frames_are_refused(tablet, register, sees_sam, sam):
    answered = send_preview(tablet, "/riverside/kiosk/frames/")
    assert (answered.status_code, answered.json()["code"]) == (409, "not_attended")
    assert mark_of(register, sam) is None


def test_who_fails_is_told_what_to_do_and_not_what_gave_it_away(tablet, register, sees_sam):
    checks.VERDICTS[:] = [checks.failed(Reason.FLAT)]
    for left in reversed(range(MOST_FAILED)):
        told = send_frames(tablet, send_preview(tablet).json()["challenge"]["id"]).json()
        assert told["passed"] is False
        assert ("ask your teacher" in told["detail"]) == (left == 0)
        assert "flat" not in str(told).lower()


@pytest.mark.parametrize("at", [("10",), ("10", "x"), ("10", "-5"), ("10", "99999999")])
def test_frames_without_sensible_times_are_refused(tablet, register, sees_sam, at):
    assert send_frames(tablet, send_preview(tablet).json()["challenge"]["id"], at).status_code == 400


def test_a_used_challenge_is_refused_in_words(tablet, register, sees_sam):
    number = send_preview(tablet).json()["challenge"]["id"]
    send_frames(tablet, number)
    again = send_frames(tablet, number)
    assert (again.status_code, again.json()["code"]) == (409, "check_over")


def test_a_revoked_tablet_gets_nothing(tablet, kiosk, register, sees_sam, sam):
    number = send_preview(tablet).json()["challenge"]["id"]
    kiosk_revoke(kiosk=kiosk)
    assert send_preview(tablet).status_code == 404
    assert send_frames(tablet, number).status_code == 404
    assert mark_of(register, sam) is None


def test_it_needs_the_page_s_token(kiosk, register):
    assert send_preview(Client(enforce_csrf_checks=True)).status_code == 403


def test_the_page_of_each_kind_of_tablet_sends_to_its_own_address(tablet, kiosk):
    assert f'data-url="{PREVIEW}"' in tablet.get("/riverside/kiosk/").content.decode()
    assert tablet.get("/riverside/kiosk/now/").json()["attended"] is False
    Kiosk.objects.update(is_attended=True)
    assert tablet.get("/riverside/kiosk/now/").json()["attended"] is True  # and the page that is open loads again
    assert 'data-url="/riverside/kiosk/frames/"' in tablet.get("/riverside/kiosk/").content.decode()


# -- With Amazon's check -----------------------------------------------------------------------------------------------


def test_amazon_s_check_marks_from_its_own_picture(tablet, register, sees_sam, sam, settings, local_rekognition):
    """The result of its component is ordered from the local server; everything else goes over the wire."""
    settings.LIVENESS_CHECK = {"BACKEND": "enrollment.liveness.rekognition.RekognitionLiveness", "OPTIONS": {}}
    challenge = send_preview(tablet).json()["challenge"]
    assert (challenge["kind"], challenge["steps"], len(challenge["reference"])) == ("rekognition", [], 36)
    out = io.BytesIO()
    Image.new("RGB", (400, 400), "#777").save(out, "JPEG")
    box = {"Left": 0.25, "Top": 0.25, "Width": 0.5, "Height": 0.5}
    local_rekognition.liveness(confidence=96.0, picture=base64.b64encode(out.getvalue()).decode(), box=box)
    told = tablet.post(f"{PREVIEW}{challenge['id']}/").json()
    assert (told["passed"], told["marked"]) == (True, [{"name": "Sam Field", "status": "present"}])
    assert mark_of(register, sam).source is Source.KIOSK
    assert LivenessAttempt.objects.get().evidence == {"confidence": 96.0}


def test_without_amazon_s_component_nobody_is_marked(tablet, register, sees_sam, sam, settings, local_rekognition):
    settings.LIVENESS_CHECK = {"BACKEND": "enrollment.liveness.rekognition.RekognitionLiveness", "OPTIONS": {}}
    challenge = send_preview(tablet).json()["challenge"]
    assert tablet.post(f"{PREVIEW}{challenge['id']}/").json()["passed"] is False
    assert mark_of(register, sam) is None


# -- Frames: their limits, and those on their side ---------------------------------------------------------------------


def test_a_frame_has_a_pixel_limit_of_its_own(kiosk, register, sees_sam, settings):
    settings.FRAME_MAX_PIXELS = 100_000
    with pytest.raises(PictureError) as caught:
        check_begin(kiosk=kiosk, upload=io.BytesIO(jpeg(400, 300)))
    assert caught.value.code == "too_many_pixels"
    assert check_begin(kiosk=kiosk, upload=io.BytesIO(jpeg(300, 300))).attempt


def test_a_frame_of_an_attended_tablet_has_the_same_limit(kiosk, register, sees_sam, settings):
    settings.FRAME_MAX_PIXELS = 100_000
    kiosk.is_attended = True
    with pytest.raises(PictureError):
        kiosk_frame_take(kiosk=kiosk, upload=io.BytesIO(jpeg(400, 300)), nonce=uuid4())


@pytest.mark.parametrize("refused", ["another tablet's", "answered before"])
def test_nothing_is_decoded_for_a_challenge_that_does_not_count(begin, kiosk, riverside, monkeypatch, refused):
    attempt = begin().attempt
    if refused == "answered before":
        answer(kiosk, attempt, at=[100])
    else:
        kiosk = Kiosk.objects.create(institution=riverside, name="Other", room="12")
    monkeypatch.setattr("attendance.kiosk.checks.read_picture", None)
    with pytest.raises((CheckUnknown, CheckOver)):
        answer(kiosk, attempt, at=[100])


def test_frames_of_a_challenge_are_small(begin, kiosk, monkeypatch):
    monkeypatch.setattr("attendance.kiosk.checks.MOST_PIXELS", 50_000)
    with pytest.raises(PictureError) as caught:
        answer(kiosk, begin().attempt, at=[100])
    assert caught.value.code == "too_many_pixels"


def test_a_tablet_that_sends_without_end_is_slowed_down(kiosk, register, sees_sam, riverside, monkeypatch):
    monkeypatch.setattr("attendance.kiosk.limits.MOST_FRAMES", 2)
    for _ in range(2):
        check_begin(kiosk=kiosk, upload=io.BytesIO(jpeg()))
    monkeypatch.setattr("attendance.kiosk.checks.read_picture", None)
    with pytest.raises(TooManyFrames) as caught:
        check_begin(kiosk=kiosk, upload=io.BytesIO(jpeg()))
    assert caught.value.retryable
    kiosk.is_attended = True
    with pytest.raises(TooManyFrames):
        kiosk_frame_take(kiosk=kiosk, upload=io.BytesIO(jpeg()), nonce=uuid4())
    monkeypatch.undo()
    other = Kiosk.objects.create(institution=riverside, name="Other", room="12")
    assert check_begin(kiosk=other, upload=io.BytesIO(jpeg())).faces


def test_a_tablet_that_stands_on_its_side(kiosk, register, script, sam):
    """Its frames are turned for the engine and the check; boxes are told in the frame as it was sent."""
    script.turns = [1]
    script.sees().sees(face((sam.pk, 0.9)))
    seen = check_begin(kiosk=kiosk, upload=io.BytesIO(jpeg(320, 240)))
    assert (seen.width, seen.height) == (320, 240)
    assert script.sizes == [(320, 240), (240, 320)]
    [(told, _decision)] = seen.faces
    assert (told.box.left, told.box.top, told.box.width, told.box.height) == (320 - 10 - 60, 10, 60, 50)
    assert seen.attempt.turns == 1
    answer(kiosk, seen.attempt, at=[100])
    [[_challenge, frames]] = checks.JUDGED
    assert frames[0].image.size == (240, 320)
