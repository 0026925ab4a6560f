"""Door tablets: pairing, what the device may reach, whose register it marks in, and the office's page."""

import re
from datetime import timedelta
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from attendance.checkin.rotating import new_secret, step_at
from attendance.domain.statuses import Source
from attendance.kiosk.door import lesson_at
from attendance.kiosk.errors import PairingCodeWrong, TooManyPairingCodes
from attendance.kiosk.pairing import (
    MOST_OF_A_SCHOOL,
    MOST_OF_AN_ADDRESS,
    kiosk_pair,
    kiosk_pairing_code_new,
    kiosk_revoke,
)
from attendance.models import Capture, ClassSession, DetectedFace, Kiosk
from attendance.models.checkin import CodeDisplay
from attendance.register.sessions import session_close, session_open
from attendance.repositories import marks_for
from tests.attendance.api.client import jpeg
from tests.engines import face

DOOR, NOW, FRAMES = "/riverside/kiosk/", "/riverside/kiosk/now/", "/riverside/kiosk/frames/"


@pytest.fixture
def kiosk(riverside):
    return Kiosk.objects.create(institution=riverside, name="Door of 12", room="12", is_attended=True)


def pair(client, kiosk, slug="riverside"):
    return client.post(f"/{slug}/kiosk/", {"code": kiosk_pairing_code_new(kiosk=kiosk)})


@pytest.fixture
def tablet(client, kiosk):
    """A browser that is paired as the kiosk."""
    assert pair(client, kiosk).status_code == 302
    return client


def send(tablet, path=FRAMES, nonce=None):
    picture = SimpleUploadedFile("frame.jpg", jpeg(), "image/jpeg")
    return tablet.post(path, {"picture": picture, "nonce": str(nonce or uuid4())})


# -- Pairing -----------------------------------------------------------------------------------------------------------


def test_a_code_pairs_one_tablet_once(kiosk, client):
    code = kiosk_pairing_code_new(kiosk=kiosk)
    assert re.fullmatch(r"\d{8}", code)
    assert client.post(DOOR, {"code": f"{code[:4]} {code[4:]}"}).status_code == 302
    assert "Door of 12" in client.get(DOOR).content.decode()
    with pytest.raises(PairingCodeWrong):
        kiosk_pair(slug="riverside", typed=code, address=None)


def test_neither_code_nor_secret_is_stored(kiosk, client):
    code = kiosk_pairing_code_new(kiosk=kiosk)
    kiosk.refresh_from_db()
    assert code not in str(vars(kiosk))
    response = client.post(DOOR, {"code": code})
    kiosk.refresh_from_db()
    secret = response.cookies["kiosk"].value.split(":")[1]
    assert len(secret) > 40
    assert secret not in str(vars(kiosk))


def test_the_cookie_is_hidden_from_scripts_and_sent_to_the_kiosk_alone(kiosk, client):
    cookie = pair(client, kiosk).cookies["kiosk"]
    assert (cookie["httponly"], cookie["path"], cookie["samesite"]) == (True, DOOR, "Lax")
    assert cookie["max-age"] > 300 * 24 * 3600


@pytest.mark.parametrize("minutes", [14, 16])
def test_a_code_is_good_for_fifteen_minutes(kiosk, client, minutes_pass, minutes):
    code = kiosk_pairing_code_new(kiosk=kiosk)
    minutes_pass(kiosk, minutes)
    assert client.post(DOOR, {"code": code}).status_code == (302 if minutes < 15 else 200)


@pytest.fixture
def minutes_pass():
    """So many minutes pass for the kiosk's code."""

    def passes(kiosk, minutes):
        kiosk.refresh_from_db()
        Kiosk.objects.filter(pk=kiosk.pk).update(code_until=kiosk.code_until - timedelta(minutes=minutes))

    return passes


def test_a_new_code_voids_the_earlier_one(kiosk):
    earlier, later = kiosk_pairing_code_new(kiosk=kiosk), kiosk_pairing_code_new(kiosk=kiosk)
    with pytest.raises(PairingCodeWrong):
        kiosk_pair(slug="riverside", typed=earlier, address=None)
    assert kiosk_pair(slug="riverside", typed=later, address=None)[0] == kiosk


def test_a_code_of_one_school_is_nothing_at_another(kiosk, hilltop, client):
    assert pair(client, kiosk, "hilltop").status_code == 200
    assert not client.cookies.get("kiosk")


@pytest.mark.parametrize("typed", ["", "0000 0000", "nonsense"])
def test_a_wrong_code_is_told_and_pairs_nothing(kiosk, client, typed):
    response = client.post(DOOR, {"code": typed})
    assert response.status_code == 200
    assert not response.cookies.get("kiosk")
    assert 'role="alert"' in response.content.decode()


def test_attempts_of_an_address_are_counted(kiosk, client):
    for _ in range(MOST_OF_AN_ADDRESS):
        client.post(DOOR, {"code": "1"})
    response = pair(client, kiosk)
    assert "Too many codes" in response.content.decode()
    assert pair(Client(REMOTE_ADDR="192.0.2.7"), kiosk).status_code == 302  # somebody else's device may


@pytest.mark.parametrize("slug", ["riverside", "no-such-school"])
def test_attempts_at_a_school_are_counted_from_all_addresses_and_alike_where_there_is_none(db, slug, kiosk):
    for number in range(MOST_OF_A_SCHOOL):
        with pytest.raises(PairingCodeWrong):
            kiosk_pair(slug=slug, typed="1", address=f"192.0.2.{number}")
    with pytest.raises(TooManyPairingCodes):
        kiosk_pair(slug=slug, typed=kiosk_pairing_code_new(kiosk=kiosk), address="192.0.2.200")


def test_the_page_says_the_same_of_every_school_and_of_none(riverside, kiosk, client):
    def shown(slug):
        return re.sub(
            r'(csrfmiddlewaretoken" value=|X-CSRFToken": )"\w+"', "", client.get(f"/{slug}/kiosk/").content.decode()
        )

    assert shown("riverside") == shown("no-such-school")
    assert "Riverside" not in shown("riverside")


# -- What the device reaches -------------------------------------------------------------------------------------------


def test_the_device_is_nobody_elsewhere(tablet, register):
    for name, args in [
        ("today", []),
        ("session", [register.pk]),
        ("webcam", [register.pk]),
        ("courses", []),
        ("my_attendance", []),
        ("costs", []),
        ("calendar", []),
    ]:
        response = tablet.get(reverse(name, args=["riverside", *args]))
        assert response.status_code == 302, name
        assert "/account/login/" in response.url
    assert tablet.get("/admin/").status_code == 302
    assert tablet.get("/api/riverside/sessions/").status_code == 401
    assert send(tablet, f"/riverside/sessions/{register.pk}/frames/").status_code == 302


def test_a_stranger_finds_neither_state_nor_frames(client, kiosk, register):
    assert client.get(NOW).status_code == 404
    assert send(client).status_code == 404


def test_another_school_s_cookie_opens_nothing(tablet, hilltop):
    assert tablet.get(NOW).status_code == 200
    assert tablet.get("/hilltop/kiosk/now/").status_code == 404


def test_a_cookie_that_was_tampered_with_opens_nothing(tablet):
    tablet.cookies["kiosk"] = tablet.cookies["kiosk"].value + "x"
    assert tablet.get(NOW).status_code == 404


def test_revoking_works_at_once(tablet, kiosk, register):
    kiosk_revoke(kiosk=kiosk)
    assert tablet.get(NOW).status_code == 404
    assert send(tablet).status_code == 404
    assert "Pairing code" in tablet.get(DOOR).content.decode()


def test_a_second_tablet_takes_the_place_of_the_first(tablet, kiosk):
    assert pair(Client(), kiosk).status_code == 302
    assert tablet.get(NOW).status_code == 404


def test_nobody_stays_signed_in_on_the_tablet(sign_in, tess, kiosk):
    client = sign_in(tess)
    pair(client, kiosk)
    assert client.get("/riverside/today/").status_code == 302
    client.force_login(tess.user)
    client.get(DOOR)
    assert client.get("/riverside/today/").status_code == 302


def test_a_frame_needs_the_page_s_token(kiosk, register):
    strict = Client(enforce_csrf_checks=True)
    _kiosk, secret = kiosk_pair(slug="riverside", typed=kiosk_pairing_code_new(kiosk=kiosk), address=None)
    assert secret
    assert send(strict).status_code == 403


# -- Its room's lesson -------------------------------------------------------------------------------------------------


def test_it_marks_in_the_open_register_of_its_room(tablet, kiosk, script, register, sam, sita):
    script.sees(face((sam.pk, 0.9)), face())
    answer = send(tablet).json()
    assert (answer["marked"], answer["here"], answer["expected"]) == (
        [{"name": "Sam Field", "status": "present"}],
        1,
        2,
    )
    assert [each["outcome"] for each in answer["faces"]] == ["mark", "unknown"]
    mark = marks_for(kiosk.institution).for_session(register.pk)[sam.pk]
    assert (mark.source, mark.actor_id) == (Source.KIOSK, None)
    capture = Capture.objects.get()
    assert (capture.kiosk, capture.taken_by) == (kiosk, None)


def test_why_names_the_tablet(tablet, script, register, sam, tess):
    script.sees(face((sam.pk, 0.9)))
    send(tablet)
    teacher = Client()
    teacher.force_login(tess.user)
    shown = teacher.get(reverse("mark_why", args=["riverside", register.pk, sam.pk])).content.decode()
    assert "tablet at the door" in shown
    assert "Door of 12" in shown
    assert "Door tablet" in teacher.get(reverse("session", args=["riverside", register.pk])).content.decode()


def test_a_doubt_goes_to_the_teacher_and_is_named_to_nobody_at_the_door(tablet, script, register, sam):
    script.sees(face((sam.pk, 0.4)))
    answer = send(tablet).json()
    assert (answer["marked"], answer["faces"][0]["name"]) == ([], "")
    assert DetectedFace.objects.get().outcome == "ask"


def test_without_consent_nobody_is_recognised(tablet, script, register, sam):
    sam.consents.all().update(withdrawn_at=timezone.now())
    script.sees(face((sam.pk, 0.9)))
    assert send(tablet).json()["marked"] == []


def test_a_person_s_word_stays(tablet, script, register, sam, tess):
    from attendance.domain.statuses import Status
    from attendance.register.marks import MarkInput, mark_say

    excused = MarkInput(status=Status.EXCUSED)
    mark_say(session=register, student_id=sam.pk, word=excused, expected_version=0, by=tess.user)
    script.sees(face((sam.pk, 0.9)))
    send(tablet)
    assert marks_for(register.institution).for_session(register.pk)[sam.pk].status is Status.EXCUSED


@pytest.mark.parametrize("how", ["not opened", "closed", "another room", "over"])
def test_it_marks_nowhere_else(tablet, script, lesson, tess, sam, how):
    if how != "not opened":
        session_open(session=lesson, by=tess.user)
    if how == "closed":
        session_close(session=ClassSession.objects.get(pk=lesson.pk), by=tess.user)
    changes = {"another room": {"room": "13"}, "over": {"starts_at": timezone.now() - timedelta(hours=2),
               "ends_at": timezone.now() - timedelta(seconds=1)}}.get(how, {})  # fmt: skip
    ClassSession.objects.filter(pk=lesson.pk).update(**(changes or {"room": "12"}))
    script.sees(face((sam.pk, 0.9)))
    response = send(tablet)
    assert (response.status_code, response.json()["code"]) == (409, "no_register_here")
    assert not Capture.objects.exists()
    assert tablet.get(NOW).json()["is_open"] is False


def test_it_shows_the_lesson_of_now_and_its_code(tablet, kiosk, register, tess):
    now = tablet.get(NOW).json()
    assert (now["lesson"], now["detail"], now["is_open"], now["shows_code"]) == ("Physics 10B", "", True, False)
    CodeDisplay.objects.create(
        institution=register.institution, session=register, secret=new_secret(), last_step=step_at(timezone.now()),
        shown_by=tess.user,
    )  # fmt: skip
    assert tablet.get(NOW).json()["shows_code"] is True
    kiosk.refresh_from_db()
    assert kiosk.last_seen_at


def test_faces_switched_off_are_said(tablet, riverside, register):
    riverside.faces_enabled = False
    riverside.save()
    now = tablet.get(NOW).json()
    assert now["is_open"] is False
    assert "Ask your teacher" in now["detail"]


@pytest.fixture
def at(riverside, physics):
    """A lesson in room 12 that begins so many minutes from noon and lasts so long; `noon` is the moment looked at."""
    noon = timezone.now().replace(hour=12, minute=0, second=0, microsecond=0)

    def make(begins, minutes=50, state="scheduled", room="12"):
        starts = noon + timedelta(minutes=begins)
        return ClassSession.objects.create(
            institution=riverside, course=physics, room=room, state=state, starts_at=starts,
            ends_at=starts + timedelta(minutes=minutes),
        )  # fmt: skip

    make.noon = noon
    return make


def test_the_next_lesson_is_announced_and_others_left_out(kiosk, at):
    at(20, state="cancelled")
    at(30, room="13")
    at(-90)
    later, _latest = at(40), at(120)
    here = lesson_at(kiosk, at.noon)
    assert (here.session, here.has_begun, here.is_open) == (later, False, False)


def test_an_open_register_goes_before_one_that_is_not_opened(kiosk, at):
    at(-45)
    next_one = at(5, state="open")
    here = lesson_at(kiosk, at.noon)
    assert (here.session, here.is_open) == (next_one, True)


def test_a_register_opened_far_too_early_does_not_mark_yet(kiosk, at):
    at(90, state="open")
    assert lesson_at(kiosk, at.noon) is None


def test_after_a_closed_register_the_next_lesson_is_shown_else_the_closed_one(kiosk, at):
    closed = at(-10, state="closed")
    assert lesson_at(kiosk, at.noon).session == closed
    following = at(60)
    assert lesson_at(kiosk, at.noon).session == following


def test_a_lesson_without_a_room_is_in_its_course_s(kiosk, at):
    mine = at(0, room="")
    assert lesson_at(kiosk, at.noon).session == mine


def test_another_school_s_room_of_the_same_name_is_another_room(hilltop, register):
    other = Kiosk.objects.create(institution=hilltop, name="Door", room="12")
    assert lesson_at(other) is None


# -- The office --------------------------------------------------------------------------------------------------------


@pytest.fixture
def office(sign_in, ada):
    return sign_in(ada)


LIST = "/admin/attendance/kiosk/"


def code_in(response):
    found = re.search(r"(\d{4} \d{4})\. On the tablet", response.content.decode())
    return found and found[1]


def test_the_office_adds_a_tablet_and_is_told_its_code_once(office, riverside):
    response = office.post(f"{LIST}add/", {"name": "Gym", "room": "Hall"}, follow=True)
    code = code_in(response)
    assert code
    assert code_in(office.get(LIST)) is None
    assert kiosk_pair(slug="riverside", typed=code, address=None)[0].name == "Gym"


def test_the_office_makes_a_new_code_and_revokes(office, kiosk):
    chosen = {"_selected_action": str(kiosk.pk)}
    code = code_in(office.post(LIST, {"action": "new_pairing_code", **chosen}, follow=True))
    device = Client()
    device.post(DOOR, {"code": code})
    assert device.get(NOW).status_code == 200
    assert "revoked" in office.post(LIST, {"action": "revoke", **chosen}, follow=True).content.decode()
    assert device.get(NOW).status_code == 404


def test_another_school_s_office_revokes_nothing(sign_in, hanna, tablet, kiosk):
    office = Client()
    office.force_login(hanna.user)
    office.post(LIST, {"action": "revoke", "_selected_action": str(kiosk.pk)})
    assert tablet.get(NOW).status_code == 200


def test_the_form_says_that_a_photo_may_pass(office):
    assert "a photo held up" in office.get(f"{LIST}add/").content.decode()
