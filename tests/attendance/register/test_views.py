"""The register's pages: each works for its teacher, and for nobody who should not."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from attendance.domain.statuses import Source, Status
from attendance.models import Capture, ClassSession
from attendance.repositories import marks_for
from tests.attendance.api.client import jpeg
from tests.attendance.captures.waiting import resume
from tests.conftest import make_student
from tests.engines import face

HTMX = {"HX-Request": "true"}


def picture(data=None):
    return SimpleUploadedFile("class.jpg", jpeg() if data is None else data, content_type="image/jpeg")


@pytest.fixture
def at(register):
    """The address of one of the register's views."""
    return lambda name, *args: reverse(name, args=["riverside", register.pk, *args])


@pytest.fixture
def marks(register, riverside):
    return lambda: marks_for(riverside).for_session(register.pk)


def test_the_page_before_the_register_is_open(sign_in, tess, lesson):
    answer = sign_in(tess).get(reverse("session", args=["riverside", lesson.pk]))
    assert b"Open register" in answer.content
    assert b"Take photo" not in answer.content


def test_opening_by_htmx_shows_the_register(sign_in, tess, lesson):
    answer = sign_in(tess).post(reverse("session_open", args=["riverside", lesson.pk]), headers=HTMX)
    assert b"Take photo" in answer.content
    assert b"<html" not in answer.content
    lesson.refresh_from_db()
    assert lesson.is_open


def test_without_script_an_act_leads_back_to_the_page(sign_in, tess, lesson):
    address = reverse("session_open", args=["riverside", lesson.pk])
    answer = sign_in(tess).post(address)
    assert (answer.status_code, answer.url) == (302, reverse("session", args=["riverside", lesson.pk]))


@pytest.mark.parametrize("name", ["session_open", "session_reopen", "photo"])
def test_acts_are_posts(sign_in, tess, at, name):
    assert sign_in(tess).get(at(name)).status_code == 405


@pytest.mark.parametrize("name", ["session", "webcam"])
def test_pages_are_closed_to_everybody_else(client, sign_in, at, name, sam, theo, hanna, ada):
    assert client.get(at(name)).status_code == 302
    assert sign_in(sam).get(at(name)).status_code == 403
    assert sign_in(theo).get(at(name)).status_code == 404, "another teacher's course"
    assert sign_in(hanna).get(at(name)).status_code == 404
    assert sign_in(ada).get(at(name)).status_code == 200


@pytest.mark.parametrize("name", ["session_open", "session_close", "session_reopen", "photo", "frame"])
def test_acts_are_closed_to_everybody_else(client, sign_in, at, name, register, sam, theo, hanna):
    assert client.post(at(name)).status_code == 302
    assert sign_in(sam).post(at(name)).status_code == 403
    assert sign_in(theo).post(at(name)).status_code == 404
    assert sign_in(hanna).post(at(name)).status_code == 404
    register.refresh_from_db()
    assert register.is_open


def test_somebody_signed_out_meanwhile_signs_in_and_comes_back(client, at):
    answer = client.post(at("session_close"), headers={**HTMX, "HX-Current-URL": "http://testserver" + at("session")})
    assert answer["HX-Redirect"].startswith(reverse("account_login"))
    assert "sessions" in answer["HX-Redirect"]


def test_a_photo_fills_the_register(script, sign_in, tess, at, marks, sam, sita):
    script.sees(face((sam.pk, 0.9)), face((sita.pk, 0.4), at=1), face(at=2))
    answer = sign_in(tess).post(at("photo"), {"picture": picture(), "nonce": uuid4()}, headers=HTMX)
    page = answer.content.decode()
    assert "3 faces found, 1 recognised" in page
    assert "Who is this?" in page
    assert "Person not recognized" in page
    assert (marks()[sam.pk].status, marks()[sam.pk].source) == (Status.PRESENT, Source.PHOTO)


def test_the_same_photo_twice_is_one(script, sign_in, tess, at, sam):
    script.sees(face((sam.pk, 0.9)))
    nonce = uuid4()
    for _ in range(2):
        sign_in(tess).post(at("photo"), {"picture": picture(), "nonce": nonce}, headers=HTMX)
    assert Capture.objects.count() == 1


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "empty"),
        (b"Dear diary", "not a photo"),
        (jpeg()[: len(jpeg()) // 2], "damaged"),
        (b"GIF89a" + bytes(40), "GIF photos are not accepted"),
    ],
)
def test_a_bad_photo_gets_a_sentence_and_stores_nothing(script, sign_in, tess, at, data, words):
    answer = sign_in(tess).post(at("photo"), {"picture": picture(data), "nonce": uuid4()}, headers=HTMX)
    assert answer.status_code == 200
    assert words in answer.content.decode()
    assert not Capture.objects.exists()


def test_a_photo_without_a_nonce_or_a_file_is_refused(script, sign_in, tess, at):
    client = sign_in(tess)
    for form in ({}, {"nonce": uuid4()}, {"picture": picture(), "nonce": "1"}):
        assert b"Choose a photo first" in client.post(at("photo"), form, headers=HTMX).content


def test_a_photo_while_the_engine_is_unavailable_waits(script, sign_in, tess, at):
    script.is_unavailable("throttled")
    answer = sign_in(tess).post(at("photo"), {"picture": picture(), "nonce": uuid4()}, headers=HTMX)
    assert b"The face service is busy" in answer.content
    assert b"Try again now" in answer.content


@pytest.fixture
def wait(script, sign_in, tess, at):
    """Takes a photo that waits; the page's note of it, asked again."""
    script.is_unavailable()
    client = sign_in(tess)
    client.post(at("photo"), {"picture": picture(), "nonce": uuid4()}, headers=HTMX)
    return client


def asked(client, at, etag=""):
    """The page's own request for changes since the tag."""
    return client.get(at("live"), headers={**HTMX, "If-None-Match": etag})


def test_a_photo_that_waits_says_why_since_when_and_when_it_is_tried_again(wait, at, riverside):
    capture = Capture.objects.get()
    later = timezone.now() + timedelta(hours=3)
    Capture.objects.update(reason="cap_reached", retry_at=later)
    page = wait.get(at("session")).content.decode()
    assert f"Photo of {timezone.localtime(capture.taken_at, riverside.zone):%H:%M}." in page
    assert "budget for recognising faces is used up" in page
    assert f"{timezone.localtime(later, riverside.zone):%H:%M}." in page
    assert at("capture_retry", capture.pk) in page


def test_the_page_is_told_nothing_while_nothing_changes(wait, at):
    answer = asked(wait, at, asked(wait, at)["ETag"])
    assert (answer.status_code, answer.content) == (304, b"")


def test_another_reason_changes_the_note(wait, at):
    known = asked(wait, at)["ETag"]
    Capture.objects.update(reason="circuit_open")
    answer = asked(wait, at, known)
    assert "retry shortly" in answer.content.decode()
    assert asked(wait, at, answer["ETag"]).status_code == 304


def test_a_finished_photo_changes_the_register(wait, script, at, sam):
    known = asked(wait, at)["ETag"]
    script.answers[:] = [[face((sam.pk, 0.9))]]
    resume()
    content = asked(wait, at, known).content.decode()
    assert ("1 of 2 here" in content, 'id="register"' in content) == (True, True)
    assert ("Try again now" in content, 'id="toast"' in content) == (False, False)


def test_trying_again_now(wait, script, at, sam, marks):
    capture = Capture.objects.get()
    answer = wait.post(at("capture_retry", capture.pk), headers=HTMX)
    assert b"The face service is busy" in answer.content
    script.answers[:] = [[face((sam.pk, 0.9))]]
    answer = wait.post(at("capture_retry", capture.pk), headers=HTMX)
    assert b"1 face found, 1 recognised" in answer.content
    assert marks()[sam.pk].version == 1


def test_a_photo_of_another_lesson_is_not_tried_here(wait, at, physics, riverside):
    now = timezone.now()
    other = ClassSession.objects.create(
        institution=riverside, course=physics, starts_at=now, ends_at=now + timedelta(minutes=50), state="open"
    )
    Capture.objects.update(session=other)
    assert wait.post(at("capture_retry", Capture.objects.get().pk), headers=HTMX).status_code == 404


@pytest.mark.parametrize(
    ("reason", "words", "may_try"),
    [
        ("refused", "could not be recognised. Mark by hand", True),
        ("gave_up", "could not be recognised. Mark by hand", True),
        ("picture_missing", "did not arrive whole. Take it again", False),
        ("expired", "deleted on schedule", False),
    ],
)
def test_a_photo_that_was_given_up_says_what_to_do(wait, at, reason, words, may_try):
    Capture.objects.update(state="failed", reason=reason, **({"picture": ""} if reason == "expired" else {}))
    content = wait.get(at("session")).content.decode()
    assert words in content
    assert ("Try again now" in content) is may_try


def test_a_later_photo_makes_good_for_one_that_was_given_up(wait, script, at):
    Capture.objects.update(state="failed", reason="refused")
    script.answers[:] = [[]]
    wait.post(at("photo"), {"picture": picture(), "nonce": uuid4()}, headers=HTMX)
    assert b"could not be recognised" not in wait.get(at("session")).content


def test_frames_that_wait_are_one_line(wait, at):
    for _ in range(2):
        wait.post(at("frame"), {"picture": picture(), "nonce": uuid4()})
    content = wait.get(at("session")).content.decode()
    assert "2 pictures of the webcam wait" in content
    assert content.count("Try again now") == 1


def test_the_webcam_says_a_full_disk_as_the_api_does(sign_in, tess, at, script, monkeypatch):
    def full(*args, **kwargs):
        raise OSError("no space left on device")

    monkeypatch.setattr("django.core.files.storage.FileSystemStorage.save", full)
    answer = sign_in(tess).post(at("frame"), {"picture": picture(), "nonce": uuid4()})
    assert (answer.status_code, answer.json()["code"]) == (503, "picture_not_stored")


def test_a_tap_marks_and_undo_takes_it_back(sign_in, tess, at, marks, sam):
    client = sign_in(tess)
    answer = client.post(at("mark", sam.pk), {"status": "A", "version": 0}, headers=HTMX)
    assert b"Sam Field: absent" in answer.content
    assert marks()[sam.pk].status is Status.ABSENT
    client.post(at("undo", sam.pk), {"version": 1}, headers=HTMX)
    assert marks()[sam.pk].status is Status.NONE


def test_two_teachers_at_once_are_told_and_lose_nothing(sign_in, tess, ada, at, marks, sam):
    sign_in(ada).post(at("mark", sam.pk), {"status": "E", "version": 0}, headers=HTMX)
    answer = sign_in(tess).post(at("mark", sam.pk), {"status": "A", "version": 0}, headers=HTMX)
    assert "Not saved: Ada marked Sam Field meanwhile: excused" in answer.content.decode()
    assert marks()[sam.pk].status is Status.EXCUSED


@pytest.mark.parametrize("form", [{}, {"status": "N", "version": 0}, {"status": "X", "version": 0}, {"status": "P"}])
def test_what_is_no_mark_is_refused(sign_in, tess, at, marks, sam, form):
    assert sign_in(tess).post(at("mark", sam.pk), form, headers=HTMX).status_code == 200
    assert marks() == {}


def test_a_foreign_student_cannot_be_marked(sign_in, tess, at, marks, hilltop):
    stranger = make_student(hilltop, "Harsh Rao", "H-001")
    for student_id in (stranger.pk, uuid4()):
        answer = sign_in(tess).post(at("mark", student_id), {"status": "P", "version": 0}, headers=HTMX)
        assert b"not on this register" in answer.content
    assert marks() == {}


def test_a_closed_register_cannot_be_changed(sign_in, tess, at, marks, sam):
    client = sign_in(tess)
    client.post(at("session_close"), headers=HTMX)
    answer = client.post(at("mark", sam.pk), {"status": "P", "version": 1}, headers=HTMX)
    assert b"This register is closed" in answer.content
    assert marks()[sam.pk].status is Status.ABSENT
    assert b"Register reopened" in client.post(at("session_reopen"), headers=HTMX).content


def test_a_doubt_is_decided_by_a_tap_and_undone(script, sign_in, tess, at, take, marks, sam):
    script.sees(face((sam.pk, 0.4)))
    [detected_face] = take().detected_faces
    client = sign_in(tess)
    assert (
        b"This is Sam Field" in client.post(at("decide", detected_face.pk), {"student": sam.pk}, headers=HTMX).content
    )
    assert marks()[sam.pk].source is Source.CONFIRMED
    client.post(at("undecide", detected_face.pk), headers=HTMX)
    assert marks()[sam.pk].status is Status.NONE


def test_none_of_them_marks_nobody(script, sign_in, tess, at, take, marks, sam):
    script.sees(face((sam.pk, 0.4)))
    [detected_face] = take().detected_faces
    answer = sign_in(tess).post(at("decide", detected_face.pk), {"student": ""}, headers=HTMX)
    assert b"Nobody on this register" in answer.content
    assert marks() == {}
    assert sign_in(tess).post(at("decide", detected_face.pk), {"student": "x"}, headers=HTMX).status_code == 200


def test_a_face_of_another_session_cannot_be_decided(script, sign_in, tess, at, take, physics, riverside, sam):
    script.sees(face((sam.pk, 0.4)))
    [detected_face] = take().detected_faces
    other = ClassSession.objects.create(
        institution=riverside,
        course=physics,
        starts_at=detected_face.capture.session.starts_at,
        ends_at=detected_face.capture.session.ends_at,
        state=ClassSession.State.OPEN,
    )
    address = reverse("decide", args=["riverside", other.pk, detected_face.pk])
    assert sign_in(tess).post(address, {"student": sam.pk}, headers=HTMX).status_code == 404


def test_the_demo_photo_exists_in_the_demo_only(sign_in, tess, at):
    assert sign_in(tess).post(at("demo_photo", 1), headers=HTMX).status_code == 404


def test_a_frame_answers_with_faces_and_whom_it_marked(script, sign_in, tess, at, sam):
    script.sees(face((sam.pk, 0.9)), face(at=1))
    answer = sign_in(tess).post(at("frame"), {"picture": picture(), "nonce": uuid4()})
    data = answer.json()
    assert [seen["outcome"] for seen in data["faces"]] == ["mark", "unknown"]
    assert data["marked"] == [{"name": "Sam Field", "status": "present"}]
    assert (data["here"], data["expected"]) == (1, 2)


def test_a_frame_that_cannot_be_used_is_explained(script, sign_in, tess, at):
    client = sign_in(tess)
    assert client.post(at("frame"), {}).status_code == 400
    bad = client.post(at("frame"), {"picture": picture(b"x"), "nonce": uuid4()})
    assert (bad.status_code, bad.json()["code"]) == (400, "not_a_picture")
    client.post(at("session_close"))
    closed = client.post(at("frame"), {"picture": picture(), "nonce": uuid4()})
    assert (closed.status_code, closed.json()["code"]) == (409, "session_closed")


def test_the_page_asks_the_database_as_often_for_a_large_class_as_for_a_small_one(
    script, sign_in, tess, at, take, riverside, register, sam, django_assert_max_num_queries
):
    from attendance.models import RosterEntry

    students = [make_student(riverside, f"Pupil {n}", f"R-1{n:02}") for n in range(30)]
    RosterEntry.objects.bulk_create(
        RosterEntry(institution=riverside, session=register, student=student) for student in students
    )
    script.sees(*[face((student.pk, 0.9), at=n) for n, student in enumerate(students)])
    take()
    client = sign_in(tess)
    with django_assert_max_num_queries(15):
        assert client.get(at("session")).content.count(b'aria-pressed="true"') == 30
