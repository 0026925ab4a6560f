"""The code on the projector: what it is good for, and what a forwarded one is not."""

import hmac
import itertools
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from uuid import UUID, uuid4

import pytest
from django.db import close_old_connections, connection
from django.utils import timezone

from accounts.models import Role
from accounts.network import parse_networks
from attendance.checkin.codes import (
    FEW_WRONG,
    KEPT,
    MOST_WRONG,
    WINDOW,
    check_ins_expire,
    code_check_in,
    code_show,
    code_stop,
)
from attendance.checkin.errors import DeviceUsed, MarkedOtherwise, NoCodeShown, OtherNetwork, TooManyCodes, WrongCode
from attendance.checkin.notes import code_notes
from attendance.checkin.rotating import (
    STEP_SECONDS,
    code_at,
    digits_of,
    good_steps,
    is_one_of,
    new_secret,
    seconds_left,
    step_at,
    truncated,
)
from attendance.domain.statuses import Source, Status
from attendance.errors import AttendanceError, SessionClosed, SessionNotOpen
from attendance.models import ClassSession, CodeDisplay, CodeTry, MarkVersion
from attendance.register.marks import mark_undo, new_mark
from attendance.register.sessions import session_close, session_open, session_reopen
from attendance.repositories import marks_for
from enrollment.models import Enrollment
from tests.attendance.api.client import refusal
from tests.attendance.byhand import mark_set
from tests.conftest import make_member, make_student

SCHOOL_WIFI, ELSEWHERE = ip_address("192.0.2.7"), ip_address("198.51.100.9")
INSTITUTION, SESSION = UUID(int=1), UUID(int=2)


class Clock:
    """Time stands still until a test moves it."""

    def __init__(self, now):
        self.now = now

    def __call__(self):
        return self.now

    def next_step(self, steps=1):
        self.now += timedelta(seconds=STEP_SECONDS * steps)


@pytest.fixture
def clock(monkeypatch):
    now = datetime.now(UTC)
    clock = Clock(now - timedelta(seconds=now.timestamp() % STEP_SECONDS))  # at the beginning of a step
    monkeypatch.setattr(timezone, "now", clock)
    return clock


@pytest.fixture
def show(clock, register, tess):
    """Shows the code, as Tess's projector does at each step."""
    return lambda session=register: code_show(session=session, by=tess.user).code


@pytest.fixture
def check_in(sam):
    def as_(student=sam, code="", *, device=None, address=SCHOOL_WIFI):
        return code_check_in(student=student, typed=code, device=device or str(uuid4()), address=address)

    return as_


def mark_of(register, student):
    return marks_for(register.institution).for_session(register.pk).get(student.pk)


def not_the(code):
    return f"{(int(code) + 1) % 1_000_000:06d}"


def kinds(register):
    return list(CodeTry.objects.filter(session=register).order_by("pk").values_list("kind", flat=True))


# -- The arithmetic ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("seconds", "code"),
    [(59, 46119246), (1111111109, 68084774), (1234567890, 91819424), (20000000000, 77737706)],
)
def test_truncation_is_that_of_the_rfc(seconds, code):
    """RFC 6238, appendix B, SHA-256."""
    digest = hmac.digest(b"12345678901234567890123456789012", (seconds // 30).to_bytes(8, "big"), "sha256")
    assert truncated(digest) % 10**8 == code


def test_a_code_is_bound_to_secret_school_session_and_time():
    this = {"secret": b"s" * 32, "institution": INSTITUTION, "session": SESSION, "step": 176_000_000}
    others = [
        {**this, "secret": b"t" * 32},
        {**this, "institution": SESSION},
        {**this, "session": INSTITUTION},
        {**this, "step": this["step"] + 1},
        {**this, "institution": SESSION, "session": INSTITUTION},
    ]
    codes = [code_at(**each) for each in [this, *others]]
    assert len(set(codes)) == len(codes)
    assert code_at(**this) == codes[0]


def test_every_code_has_six_digits_and_they_are_spread_evenly():
    secret = new_secret()
    codes = [code_at(secret=secret, institution=INSTITUTION, session=SESSION, step=n) for n in range(5000)]
    assert {len(code) for code in codes} == {6}
    assert any(code.startswith("0") for code in codes)
    assert len(set(codes)) > 4900  # of a million, 5,000 drawn meet some dozen times


def test_no_two_secrets_are_alike():
    assert len({new_secret() for _ in range(100)}) == 100
    assert len(new_secret()) == 32


@pytest.mark.parametrize(
    ("last_shown", "good"),
    [(100, [99, 100]), (99, [99]), (98, []), (101, [99, 100, 101]), (500, [99, 100, 101]), (0, [])],
)
def test_good_is_what_was_shown_and_is_not_old(last_shown, good):
    assert list(good_steps(now=100, last_shown=last_shown)) == good


def test_seconds_left_end_with_the_step():
    begin = datetime.fromtimestamp(1_760_000_000, UTC)
    assert seconds_left(begin) == STEP_SECONDS
    late = begin + timedelta(seconds=STEP_SECONDS - 0.25)
    assert seconds_left(late) == pytest.approx(0.25)
    assert step_at(late) == step_at(begin) == step_at(begin + timedelta(seconds=STEP_SECONDS)) - 1


@pytest.mark.parametrize("typed", ["482915", "482 915", " 482-915 ", "٤٨٢٩١٥", "४८२ ९१५"])
def test_digits_are_read_as_people_type_them(typed):
    assert digits_of(typed) == "482915"


def test_a_code_is_found_among_the_good_ones():
    assert is_one_of("000001", ["999999", "000001"])
    assert not is_one_of("000002", ["999999", "000001"])
    assert not is_one_of("", ["999999"])
    assert not is_one_of("000001", [])


# -- It works ----------------------------------------------------------------------------------------------------------


def test_the_right_code_marks_present_by_code(show, check_in, register, sam):
    done = check_in(code=show())
    assert (done.session, done.mark) == (register, mark_of(register, sam))
    assert (done.mark.status, done.mark.source) == (Status.PRESENT, Source.CODE)
    assert done.mark.actor_id == sam.user_id


def test_after_the_grace_one_is_late(clock, show, check_in):
    clock.now += timedelta(minutes=20)
    mark = check_in(code=show()).mark
    assert mark.status is Status.LATE
    assert 21 <= mark.minutes_late <= 22


def test_what_was_typed_slowly_still_counts(clock, show, check_in):
    code = show()
    clock.next_step()
    assert check_in(code=code).mark.status is Status.PRESENT


def test_a_double_tap_is_one_mark(show, check_in, register, sam):
    code = show()
    assert check_in(code=code).mark == check_in(code=code).mark
    assert MarkVersion.objects.filter(session=register, student=sam).count() == 1
    assert kinds(register) == ["in"]


def test_who_is_in_is_told_so_whatever_is_typed_then(clock, show, check_in, register):
    code = show()
    first = check_in(code=code)
    clock.next_step(3)
    show()
    assert check_in(code=code).mark == first.mark
    assert kinds(register) == ["in"]


def test_a_check_in_that_was_cut_short_is_finished_by_the_next_try(show, check_in, register, sam, riverside, clock):
    """The process died between the check-in's row and the mark."""
    CodeTry.objects.create(
        institution=riverside, session=register, student=sam, kind="in", device="d" * 36, at=clock.now
    )
    first = clock.now
    clock.next_step()
    mark = check_in(code=show()).mark
    assert mark == mark_of(register, sam)
    assert mark.marked_at == first


def test_the_projector_counts_who_checked_in(show, check_in, register, tess, sam, sita):
    for student in (sam, sita):
        check_in(student, show())
    assert code_show(session=register, by=tess.user).checked_in == 2


# -- A forwarded code is worthless -------------------------------------------------------------------------------------


def test_an_old_code_has_run_out(clock, show, check_in, register, sam):
    code = show()
    clock.next_step(2)
    show()
    with pytest.raises(WrongCode):
        check_in(code=code)
    assert mark_of(register, sam) is None


def test_no_code_is_good_that_was_not_shown(clock, show, check_in, register):
    """Even somebody with the secret would get nowhere without the projector."""
    show()
    clock.next_step()
    display = CodeDisplay.objects.get(session=register)
    coming = code_at(
        secret=bytes(display.secret), institution=register.institution_id, session=register.pk, step=step_at(clock.now)
    )
    with pytest.raises(WrongCode):
        check_in(code=coming)
    assert show() == coming
    assert check_in(code=coming).mark.status is Status.PRESENT


def test_the_code_stops_with_the_projector(clock, show, check_in):
    code = show()
    clock.next_step(2)  # nobody asked for another: the page was closed
    with pytest.raises(NoCodeShown):
        check_in(code=code)


def test_the_code_stops_at_once_when_it_is_stopped(show, check_in, register):
    code = show()
    code_stop(session=register)
    with pytest.raises(NoCodeShown):
        check_in(code=code)
    assert show() == code  # within the step it is the same one
    assert check_in(code=code).mark


def test_a_closed_register_takes_no_code(show, check_in, register, tess, sam):
    code = show()
    session_close(session=register, by=tess.user)
    with pytest.raises(NoCodeShown):
        check_in(code=code)
    with pytest.raises(SessionClosed):
        show()
    assert mark_of(register, sam).source is Source.CLOSE


def test_a_register_that_is_not_open_shows_none(lesson, tess):
    with pytest.raises(SessionNotOpen):
        code_show(session=lesson, by=tess.user)
    assert not CodeDisplay.objects.exists()


@pytest.fixture
def other_lesson(riverside, physics, lesson, tess):
    """Another lesson of the same course at the same time, on another register."""
    other = ClassSession.objects.create(
        institution=riverside, course=physics, starts_at=lesson.starts_at, ends_at=lesson.ends_at
    )
    return session_open(session=other, by=tess.user)


def test_another_sessions_code_is_wrong(show, check_in, register, other_lesson, sita, sam):
    other_lesson.roster.filter(student=sam).delete()
    show()
    with pytest.raises(WrongCode):
        check_in(sam, show(other_lesson))
    assert mark_of(register, sam) is None
    assert mark_of(other_lesson, sam) is None


def test_in_two_lessons_at_once_each_code_marks_its_own(show, check_in, register, other_lesson, sam):
    first, second = show(), show(other_lesson)
    assert check_in(code=second).session == other_lesson
    assert mark_of(register, sam) is None
    assert check_in(code=first).session == register


def test_somebody_in_one_lesson_cannot_guess_at_the_other_for_free(show, check_in, register, other_lesson):
    first = show()
    wrong = not_the(show(other_lesson))
    check_in(code=first)
    for _ in range(MOST_WRONG):
        with pytest.raises(WrongCode):
            check_in(code=wrong)
    with pytest.raises(TooManyCodes):
        check_in(code=show(other_lesson))


def test_only_who_is_on_the_register(show, check_in, riverside):
    stranger = make_student(riverside, "Nia Novak", "R-900", user=make_member(riverside, "Nia", Role.STUDENT).user)
    with pytest.raises(NoCodeShown):
        check_in(stranger, show())
    assert not CodeTry.objects.exists()


def test_another_schools_student_finds_no_code(show, check_in, hilltop):
    student = make_student(hilltop, "Hari Menon", "H-001", user=make_member(hilltop, "Hari", Role.STUDENT).user)
    with pytest.raises(NoCodeShown):
        check_in(student, show())


# -- Guessing ----------------------------------------------------------------------------------------------------------


def guess(check_in, student, code, times):
    for _ in range(times):
        with pytest.raises(WrongCode):
            check_in(student, code)


def test_guessing_ends_after_a_few(clock, show, check_in, register, sam, sita):
    code = show()
    guess(check_in, sam, not_the(code), MOST_WRONG)
    with pytest.raises(TooManyCodes):
        check_in(sam, code)
    assert mark_of(register, sam) is None
    assert check_in(sita, code).mark  # nobody else is kept out
    assert kinds(register) == ["wrong"] * MOST_WRONG + ["locked", "in"]


def test_the_lock_opens_by_itself(clock, show, check_in, sam):
    guess(check_in, sam, not_the(show()), MOST_WRONG)
    clock.now += WINDOW + timedelta(seconds=1)
    assert check_in(sam, show()).mark


def test_a_class_that_guesses_together_is_stopped_too(show, check_in, register, riverside, physics, sam, sita):
    CodeTry.objects.bulk_create(
        CodeTry(institution=riverside, session=register, student=sita, kind="wrong") for _ in range(FEW_WRONG)
    )
    with pytest.raises(TooManyCodes):
        check_in(sam, show())


@pytest.mark.parametrize("typed", ["", "12345", "1234567", "abcdef", "½½½½½½", "1" * 20])
def test_what_is_no_code_is_wrong(show, check_in, typed):
    show()
    with pytest.raises(WrongCode):
        check_in(code=typed)


# -- Whence, and on which device ---------------------------------------------------------------------------------------


@pytest.fixture
def own_network(riverside):
    riverside.school_networks = "192.0.2.0/24\n2001:db8::/32"
    riverside.save()


def fresh(student):
    student.refresh_from_db()
    return student


@pytest.mark.parametrize("address", [SCHOOL_WIFI, ip_address("2001:db8::17")])
def test_in_the_schools_network_it_counts(own_network, show, check_in, sam, address):
    assert check_in(fresh(sam), show(), address=address).mark


@pytest.mark.parametrize("address", [ELSEWHERE, ip_address("2001:db9::17"), None])
def test_outside_it_does_not_and_the_teacher_is_told(own_network, show, check_in, register, sam, address):
    code = show()
    for _ in range(2):
        with pytest.raises(OtherNetwork):
            check_in(fresh(sam), code, address=address)
    assert mark_of(register, sam) is None
    [note] = code_notes(register)
    assert note.student == "Sam Field"
    assert "not in the school's network" in note.text
    assert check_in(fresh(sam), code, address=SCHOOL_WIFI).mark  # afterwards, from the right place


def test_a_wrong_code_from_outside_is_not_told(own_network, show, check_in, register, sam):
    with pytest.raises(WrongCode):
        check_in(fresh(sam), not_the(show()), address=ELSEWHERE)
    assert code_notes(register) == []


def test_one_device_checks_in_one_student(show, check_in, register, sam, sita):
    phone, code = str(uuid4()), show()
    check_in(sam, code, device=phone)
    with pytest.raises(DeviceUsed):
        check_in(sita, code, device=phone)
    assert mark_of(register, sita) is None
    [note] = code_notes(register)
    assert note.student == "Sita Rao"
    assert "checked in Sam Field" in note.text
    assert check_in(sita, code, device=str(uuid4())).mark


def test_a_shared_tablet_is_allowed_where_the_school_says_so(show, check_in, riverside, register, sam, sita):
    riverside.code_one_device = False
    riverside.save()
    tablet, code = str(uuid4()), show()
    assert all(check_in(fresh(student), code, device=tablet).mark for student in (sam, sita))
    assert set(CodeTry.objects.values_list("device", flat=True)) == {""}  # nor is it kept


def test_the_same_device_in_another_lesson_is_nobodys_concern(show, check_in, register, other_lesson, sam, sita):
    phone = str(uuid4())
    check_in(sam, show(), device=phone)
    assert check_in(sita, show(other_lesson), device=phone).mark


# -- Whose word counts -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [Status.ABSENT, Status.EXCUSED])
def test_a_teachers_word_stays_and_the_teacher_is_told(show, check_in, register, tess, sam, status):
    mark_set(session=register, student_id=sam.pk, status=status, by=tess.user, expected_version=0)
    with pytest.raises(MarkedOtherwise):
        check_in(code=show())
    assert mark_of(register, sam).status is status
    [note] = code_notes(register)
    assert "marked otherwise" in note.text


def test_a_teachers_late_stays_and_is_good_enough(show, check_in, register, tess, sam):
    late = mark_set(session=register, student_id=sam.pk, status=Status.LATE, by=tess.user, expected_version=0)
    assert check_in(code=show()).mark.version == late.version
    assert mark_of(register, sam).source is Source.HAND


def test_a_machines_mark_stays(show, check_in, register, sam):
    seen = new_mark(register, sam.pk, status=Status.PRESENT, source=Source.WEBCAM, at=timezone.now())
    marks_for(register.institution).mark_many([seen])
    assert check_in(code=show()).mark.source is Source.WEBCAM


def test_a_machine_adds_nothing_to_a_check_in(show, check_in, register, sam):
    check_in(code=show())
    seen = new_mark(register, sam.pk, status=Status.PRESENT, source=Source.PHOTO, at=timezone.now())
    assert marks_for(register.institution).mark_many([seen]) == []


def test_what_closing_wrote_gives_way(show, check_in, register, tess, sam):
    session_close(session=register, by=tess.user)
    session_reopen(session=register, by=tess.user)
    assert mark_of(register, sam).source is Source.CLOSE
    assert check_in(code=show()).mark.source is Source.CODE


def test_a_check_in_that_the_teacher_took_back_does_not_come_again(show, check_in, register, tess, sam):
    mark = check_in(code=show()).mark
    mark_undo(session=register, student_id=sam.pk, by=tess.user, expected_version=mark.version)
    with pytest.raises(MarkedOtherwise):
        check_in(code=show())
    assert mark_of(register, sam).status is Status.NONE


def test_taking_back_a_check_in_after_closing_does_not_bring_the_absence_back(show, check_in, register, tess, sam):
    session_close(session=register, by=tess.user)
    session_reopen(session=register, by=tess.user)
    mark = check_in(code=show()).mark
    taken_back = mark_undo(session=register, student_id=sam.pk, by=tess.user, expected_version=mark.version)
    assert (taken_back.status, taken_back.source) == (Status.NONE, Source.HAND)


# -- Many at once ------------------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
@pytest.mark.thorough
def test_fifty_in_one_step_lose_no_mark(show, register, riverside, physics, tess):
    """Fifty phones, some of them twice; each student ends with one mark and one check-in."""
    students = []
    for n in range(50):
        student = make_student(riverside, f"Pupil {n}", f"P-{n:03d}")
        Enrollment.objects.create(institution=riverside, course=physics, student=student)
        register.roster.create(institution=riverside, student=student)
        students.append(student)
    code = show()

    def tap(student):
        try:
            return code_check_in(student=student, typed=code, device=student.roll_number, address=SCHOOL_WIFI).mark
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as phones:
        marks = list(phones.map(tap, itertools.chain(students, students[:10])))
    close_old_connections()
    assert len({mark.student_id for mark in marks}) == 50
    held = marks_for(riverside).for_session(register.pk)
    assert {pk for pk, mark in held.items() if mark.source is Source.CODE} == {student.pk for student in students}
    assert MarkVersion.objects.filter(session=register).count() == 50
    assert kinds(register) == ["in"] * 50


@pytest.mark.django_db(transaction=True)
def test_two_on_one_device_at_the_same_moment(show, register, sam, sita):
    code, phone = show(), str(uuid4())

    def tap(student):
        try:
            return code_check_in(student=student, typed=code, device=phone, address=SCHOOL_WIFI).mark
        except AttendanceError as error:
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as phones:
        answers = list(phones.map(tap, [sam, sita]))
    assert sum(isinstance(answer, DeviceUsed) for answer in answers) == 1
    assert sorted(kinds(register)) == ["device", "in"]


@pytest.mark.django_db(transaction=True)
def test_guesses_at_the_same_moment_are_counted_one_by_one(show, register, sam):
    wrong = not_the(show())

    def tap(_n):
        try:
            return code_check_in(student=sam, typed=wrong, device="", address=SCHOOL_WIFI)
        except AttendanceError as error:
            return error.code
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as phones:
        answers = list(phones.map(tap, range(20)))
    assert answers.count("wrong_code") == MOST_WRONG
    assert answers.count("too_many_codes") == 20 - MOST_WRONG


# -- Pages -------------------------------------------------------------------------------------------------------------


def page(register, name):
    return f"/riverside/sessions/{register.pk}/code/{name}"


def test_the_projector_shows_the_code_and_its_qr(clock, sign_in, register, tess):
    client = sign_in(tess)
    assert client.get(page(register, "")).status_code == 200
    assert not CodeDisplay.objects.exists()  # looking at the page begins nothing
    answer = client.post(page(register, "now/"))
    code = code_show(session=register, by=tess.user).code
    assert f"<span>{code[:3]}</span><span>{code[3:]}</span>" in answer.content.decode()
    assert "no-store" in answer["Cache-Control"]


def test_the_qr_leads_to_the_check_in_with_the_code(clock, sign_in, register, tess):
    client, read = sign_in(tess), ""
    for _try in range(5):  # OpenCV cannot read about one QR code in a hundred; phones do better
        clock.next_step()
        if read := read_qr(client.post(page(register, "now/")).content.decode()):
            break
    code = code_show(session=register, by=tess.user).code
    assert read == f"http://testserver/riverside/check-in/?code={code}"


def read_qr(html):
    """The text of the QR code: the SVG's lines are drawn into a picture and read by OpenCV."""
    import re

    import cv2
    import numpy as np

    side = int(re.search(r'viewBox="0 0 (\d+) \d+" class="qr"', html)[1])
    picture = np.full((side, side), 255, np.uint8)
    x = y = 0.0
    for move, numbers in re.findall(r"([Mmh])([-\d. ]+)", re.search(r'd="([^"]+)"', html)[1]):
        values = [float(n) for n in numbers.split()]
        if move == "h":
            picture[int(y), int(x) : int(x + values[0])] = 0
            x += values[0]
        else:
            x, y = values if move == "M" else (x + values[0], y + values[1])
    picture = np.pad(picture, 4, constant_values=255)
    return cv2.QRCodeDetector().detectAndDecode(cv2.resize(picture, None, fx=8, fy=8, interpolation=0))[0]


def test_no_secret_reaches_the_browser(clock, sign_in, register, tess):
    client = sign_in(tess)
    said = client.post(page(register, "now/")).content + client.get(page(register, "")).content
    secret = bytes(CodeDisplay.objects.get().secret)
    assert secret not in said
    assert secret.hex().encode() not in said


def test_done_stops_the_code_and_returns_to_the_register(clock, sign_in, register, tess, check_in):
    client = sign_in(tess)
    client.post(page(register, "now/"))
    assert client.post(page(register, "stop/")).url == f"/riverside/sessions/{register.pk}/"
    assert CodeDisplay.objects.get().last_step == 0


def test_the_projector_says_that_the_register_is_closed(clock, sign_in, register, tess):
    session_close(session=register, by=tess.user)
    answer = sign_in(tess).post(page(register, "now/"))
    assert "This register is closed" in answer.content.decode()
    assert "code-digits" not in answer.content.decode()


def test_a_teacher_of_nothing_here_shows_no_code(sign_in, register, theo):
    client = sign_in(theo)
    assert client.get(page(register, "")).status_code == 404
    assert client.post(page(register, "now/")).status_code == 404
    assert client.post(page(register, "stop/")).status_code == 404


CHECK_IN = "/riverside/check-in/"


@pytest.fixture
def as_sam(client, sam):
    client.force_login(sam.user)
    return client


def test_a_student_types_the_code_and_sees_the_mark(show, as_sam, register, sam):
    code = show()
    answer = as_sam.post(CHECK_IN, {"code": f"{code[:3]} {code[3:]}"}, follow=True)
    said = answer.content.decode()
    assert answer.redirect_chain == [(CHECK_IN, 302)]
    assert "You are marked present in Physics 10B." in said
    at = timezone.localtime(mark_of(register, sam).marked_at, register.institution.zone)
    assert f"Code {at:%H:%M}" in said


def test_the_register_and_the_history_say_code(show, check_in, as_sam, client, register, tess):
    check_in(code=show())
    assert "Checked in by code at" in as_sam.get("/riverside/me/").content.decode()
    client.force_login(tess.user)
    assert "Code " in client.get(f"/riverside/sessions/{register.pk}/").content.decode()


def test_the_link_alone_changes_nothing(show, as_sam, register, sam):
    said = as_sam.get(CHECK_IN, {"code": show()}).content.decode()
    assert "data-linked" in said
    assert mark_of(register, sam) is None


def test_anyone_who_scans_it_signed_out_signs_in_first_and_keeps_the_code(client, riverside):
    assert client.get(CHECK_IN, {"code": "482915"}).url.endswith("?next=/riverside/check-in/%3Fcode%3D482915")


def test_a_wrong_code_says_what_to_do_and_keeps_what_was_typed(show, as_sam):
    code = not_the(show())
    said = as_sam.post(CHECK_IN, {"code": code}).content.decode()
    assert "Type the one on the screen now" in said
    assert f'value="{code}"' in said
    assert "data-linked" not in said


def test_two_students_on_one_browser(show, client, sam, sita, riverside, register):
    sita.user = make_member(riverside, "Sita", Role.STUDENT).user
    sita.save()
    code = show()
    for student, says in [(sam, "You are marked present"), (sita, "Somebody else has checked in on this device")]:
        client.force_login(student.user)
        assert says in client.post(CHECK_IN, {"code": code}, follow=True).content.decode()
    client.force_login(register.opened_by)
    told = client.get(f"/riverside/sessions/{register.pk}/").content.decode()
    assert "tried on the device that checked in Sam Field" in told


def test_signing_out_does_not_make_it_another_device(show, client, sam, sita, riverside):
    client.force_login(sam.user)
    client.post(CHECK_IN, {"code": show()})
    client.post("/account/logout/")
    sita.user = make_member(riverside, "Sita", Role.STUDENT).user
    sita.save()
    client.force_login(sita.user)
    assert "Somebody else has checked in" in client.post(CHECK_IN, {"code": show()}).content.decode()


def test_an_invented_device_number_counts_for_nothing(show, as_sam):
    as_sam.cookies["check_in_device"] = f"{uuid4()}:forged:signature"
    assert as_sam.post(CHECK_IN, {"code": show()}).status_code == 302
    assert not as_sam.cookies["check_in_device"].value.endswith("forged:signature")


def test_no_cookie_where_the_rule_is_off(show, as_sam, riverside):
    riverside.code_one_device = False
    riverside.save()
    as_sam.get(CHECK_IN)
    assert "check_in_device" not in as_sam.cookies


def test_outside_the_network_is_said_before_anything_is_typed(own_network, as_sam, show):
    assert "not in the school's network" in as_sam.get(CHECK_IN).content.decode()
    inside = as_sam.get(CHECK_IN, REMOTE_ADDR="192.0.2.44").content.decode()
    assert "not in the school's network" not in inside


def test_a_header_that_anybody_can_send_is_not_believed(own_network, as_sam, show, settings):
    code = show()
    forged = {"HTTP_X_FORWARDED_FOR": "192.0.2.44"}
    said = as_sam.post(CHECK_IN, {"code": code}, **forged).content.decode()
    assert "Codes count in the school&#x27;s network only" in said
    settings.TRUSTED_PROXIES = parse_networks("127.0.0.1")
    assert as_sam.post(CHECK_IN, {"code": code}, **forged).status_code == 302


def test_pages_ask_a_fixed_number_of_questions(show, as_sam, django_assert_max_num_queries):
    show()
    with django_assert_max_num_queries(9):
        as_sam.get(CHECK_IN)


# -- The API -----------------------------------------------------------------------------------------------------------


class Own:
    """A student as the API's fixture wants its members."""

    def __init__(self, student):
        self.user = student.user


def test_the_api_checks_in(show, api, sam, register):
    answer = api(Own(sam)).post("me/check-in/", code=show())
    assert answer.status_code == 200
    assert answer.json()["source"] == "code"
    assert answer.json() == api(Own(sam)).post("me/check-in/", code=show()).json()


def test_the_api_refuses_with_codes(clock, show, api, sam, own_network):
    code = show()
    assert refusal(api(Own(sam)).post("me/check-in/", code=not_the(code))) == (409, "wrong_code")
    assert refusal(api(Own(sam)).post("me/check-in/", code=code)) == (403, "other_network")
    assert refusal(api(Own(sam)).post("me/check-in/")) == (400, "invalid")
    clock.next_step(5)
    assert refusal(api(Own(sam)).post("me/check-in/", code=code)) == (409, "no_code_shown")


# -- Afterwards --------------------------------------------------------------------------------------------------------


def test_what_is_kept_of_check_ins_is_deleted_the_marks_stay(clock, show, check_in, register, sam):
    check_in(code=show())
    assert check_ins_expire() == 0
    clock.now = register.ends_at + KEPT + timedelta(seconds=1)
    assert check_ins_expire() == 2
    assert not CodeTry.objects.exists()
    assert not CodeDisplay.objects.exists()
    assert mark_of(register, sam).source is Source.CODE
