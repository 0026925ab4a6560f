"""By hand on the register's page: the panel of a row, the rest, guests."""

import re
from datetime import timedelta

import pytest
from django.core.files.base import ContentFile
from django.urls import reverse
from django.utils import timezone

from attendance.domain.statuses import Source, Status
from attendance.models import ClassSession, RosterEntry, StatusCode
from attendance.register.sessions import session_open
from attendance.repositories import marks_for
from enrollment.models import FacePhoto
from tests.attendance.api.client import jpeg
from tests.attendance.byhand import guest_ids
from tests.conftest import make_student
from tests.engines import face

HTMX = {"HX-Request": "true"}


@pytest.fixture
def at(register):
    """The address of one of the register's views."""
    return lambda name, *args: reverse(name, args=["riverside", register.pk, *args])


@pytest.fixture
def teacher(sign_in, tess):
    return sign_in(tess)


@pytest.fixture
def post(teacher, at):
    """Posts by HTMX and returns what is shown."""
    return lambda name, *args, **form: teacher.post(at(name, *args), form, headers=HTMX).content.decode()


@pytest.fixture
def mark(register):
    return lambda student: marks_for(register.institution).for_session(register.pk).get(student.pk)


@pytest.fixture
def zoe(riverside):
    return make_student(riverside, "Zoë Müller", "R-777")


def local(register, minutes):
    at = register.starts_at + timedelta(minutes=minutes)
    return at.astimezone(register.institution.zone).strftime("%H:%M")


# -- The panel --


def test_late_with_minutes_and_a_note(post, mark, sam):
    shown = post("mark", sam.pk, status="L", version=0, minutes=7, note="bus")
    assert (mark(sam).minutes_late, mark(sam).note) == (7, "bus")
    assert "Late 7 min" in shown
    assert 'data-note="bus"' in shown


def test_minutes_come_from_the_clock_where_none_are_sent(post, mark, sam):
    post("mark", sam.pk, status="L", version=0, minutes="", note="")
    assert mark(sam).minutes_late == 2


def test_minutes_are_changed(post, mark, sam):
    post("mark", sam.pk, status="L", version=0)
    post("mark", sam.pk, status="L", version=1, minutes=9, note="")
    assert (mark(sam).version, mark(sam).minutes_late) == (2, 9)


def test_one_tap_on_the_same_status_keeps_minutes_and_note(post, mark, sam):
    post("mark", sam.pk, status="L", version=0, minutes=7, note="bus")
    post("mark", sam.pk, status="L", version=1)
    assert (mark(sam).version, mark(sam).minutes_late, mark(sam).note) == (1, 7, "bus")


def test_minutes_belong_to_late_alone(post, mark, register, sam):
    post("mark", sam.pk, status="E", version=0, minutes=7, left=local(register, 5), note="dentist")
    assert (mark(sam).minutes_late, mark(sam).left_at, mark(sam).note) == (0, None, "dentist")


def test_left_early_with_the_time(post, mark, register, sam):
    shown = post("mark", sam.pk, status="D", version=0, left=local(register, 20), note="")
    assert mark(sam).status is Status.LEFT_EARLY
    assert abs(mark(sam).left_at - register.starts_at - timedelta(minutes=20)) < timedelta(minutes=1)
    assert f"Left {local(register, 20)}" in shown


def test_left_early_by_one_tap_is_now(post, mark, sam):
    before = timezone.now()
    post("mark", sam.pk, status="D", version=0)
    assert before <= mark(sam).left_at <= timezone.now()


def test_left_early_in_a_lesson_over_midnight(teacher, tess, riverside, physics, sam):
    begins = timezone.now().astimezone(riverside.zone).replace(hour=23, minute=30, second=0, microsecond=0)
    lesson = ClassSession.objects.create(
        institution=riverside, course=physics, starts_at=begins, ends_at=begins + timedelta(hours=2)
    )
    session_open(session=lesson, by=tess.user)
    address = reverse("mark", args=["riverside", lesson.pk, sam.pk])
    teacher.post(address, {"status": "D", "version": 0, "left": "00:15", "note": ""})
    assert marks_for(riverside).for_session(lesson.pk)[sam.pk].left_at == begins + timedelta(minutes=45)


@pytest.mark.parametrize(
    "wrong", [{"minutes": 601}, {"minutes": -1}, {"left": "25:00"}, {"note": "x" * 201}, {"status": "ZZ"}]
)
def test_what_cannot_be_is_refused_with_a_sentence(post, mark, sam, wrong):
    shown = post("mark", sam.pk, **{"status": "L", "version": 0, "minutes": 5, "note": "", **wrong})
    assert 'class="toast-note error"' in shown
    assert mark(sam) is None


def test_a_time_long_before_the_lesson_is_refused(post, mark, register, sam):
    shown = post("mark", sam.pk, status="D", version=0, left=local(register, -90), note="")
    assert "not a time of this lesson" in shown
    assert mark(sam) is None


def test_an_own_code_is_offered_shown_and_taken_off_by_a_tap(post, teacher, at, mark, sam, riverside):
    StatusCode.objects.create(institution=riverside, code="MED", label="Medical", kind="E", colour="plum")
    assert "Medical" in teacher.get(at("session")).content.decode()
    shown = post("mark", sam.pk, status="MED", version=0, note="")
    assert (mark(sam).status, mark(sam).code) == (Status.EXCUSED, "MED")
    assert '<span class="pill c-plum">MED Medical</span>' in " ".join(shown.split())
    assert "Sam Field: Medical" in shown
    row = shown[shown.index(f'id="row-{sam.pk}"') :].split("</li>")[0]
    assert 'aria-pressed="true"' not in row
    assert 'data-said="MED"' in row
    shown = post("mark", sam.pk, status="E", version=1)
    assert (mark(sam).code, mark(sam).version) == ("", 2)


def test_who_saves_over_another_s_change_is_told_what_it_is(sign_in, post, ada, at, mark, sam, tess):
    sign_in(ada).post(at("mark", sam.pk), {"status": "L", "version": 0, "minutes": 4, "note": "bus"}, headers=HTMX)
    sign_in(tess)
    shown = post("mark", sam.pk, status="A", version=0, note="")
    assert "Not saved: Ada marked Sam Field meanwhile: late" in shown
    assert (mark(sam).status, mark(sam).note) == (Status.LATE, "bus")


def test_over_a_machine_s_change_nobody_is_named(script, take, post, sam):
    script.sees(face((sam.pk, 0.9)))
    take()
    assert "Not saved: Sam Field was marked meanwhile: present" in post("mark", sam.pk, status="A", version=0, note="")


def test_without_script_there_are_four_buttons_and_one_kept_for_the_keys(teacher, at, sam):
    shown = teacher.get(at("session")).content.decode()
    row = shown[shown.index(f'id="row-{sam.pk}"') :].split("</li>")[0]
    buttons = re.findall(r'<button[^>]*value="(\w)"[^>]*?( hidden)?>', row)
    assert buttons == [("P", ""), ("L", ""), ("A", ""), ("E", ""), ("D", " hidden")]


# -- The rest --


def test_the_rest_says_how_many_asks_first_and_can_be_undone(post, teacher, at, mark, sam, sita):
    post("mark", sam.pk, status="E", version=0)
    assert 'hx-confirm="Mark 1 student absent?' in teacher.get(at("session")).content.decode()
    shown = post("rest", status="A")
    assert "1 student marked absent." in shown
    assert (mark(sam).status, mark(sita).status, mark(sita).source) == (Status.EXCUSED, Status.ABSENT, Source.REST)
    [undo] = re.findall(r'hx-post="([^"]*/rest/\d+/undo/)"', shown)
    assert "Undone." in teacher.post(undo, {"version": 0}, headers=HTMX).content.decode()
    assert (mark(sam).status, mark(sita).status) == (Status.EXCUSED, Status.NONE)
    assert "nothing to undo" in teacher.post(undo, {"version": 0}, headers=HTMX).content.decode()


def test_a_double_click_keeps_its_undo(post):
    first, second = post("rest", status="P"), post("rest", status="P")
    address = r'hx-post="([^"]*/rest/\d+/undo/)"'
    assert re.findall(address, first) == re.findall(address, second) != []


@pytest.mark.parametrize("form", [{}, {"status": "E"}, {"status": "x"}])
def test_the_rest_is_nothing_else(post, mark, sam, form):
    assert "not a status" in post("rest", **form)
    assert mark(sam) is None


def test_where_everybody_has_a_mark_it_is_not_offered(post, teacher, at):
    post("rest", status="P")
    assert 'id="rest"' not in teacher.get(at("session")).content.decode()
    assert "Everyone has a mark already." in post("rest", status="A")


# -- Guests --


def test_who_is_looked_for_is_found_and_added(post, teacher, at, register, zoe):
    found = teacher.get(at("guests"), {"q": "muller"}, headers=HTMX).content.decode()
    assert "Zoë Müller" in found
    assert f'value="{zoe.pk}"' in found
    shown = post("guests", student=zoe.pk)
    assert "Zoë Müller is on this register as a guest." in shown
    assert '<span class="guest">Guest</span>' in shown
    assert guest_ids(register) == {zoe.pk}
    post("guest_remove", zoe.pk)
    assert guest_ids(register) == set()


@pytest.mark.parametrize(
    ("words", "says"),
    [("z", "at least 2 letters"), ("nobody", "No other student of this school"), ("<b>x", "&lt;b&gt;x")],
)
def test_who_is_not_found_is_said(teacher, at, words, says):
    assert says in teacher.get(at("guests"), {"q": words}, headers=HTMX).content.decode()


def test_nobody_of_another_school_is_found_or_added(post, teacher, at, register, hilltop):
    hari = make_student(hilltop, "Hari", "H-1")
    assert "Hari</bdi>" not in teacher.get(at("guests"), {"q": "hari"}).content.decode()
    assert "No active student of this school" in post("guests", student=hari.pk)
    assert guest_ids(register) == set()


def test_by_a_face_the_guest_is_marked_by_it(script, take, post, teacher, at, mark, zoe):
    script.sees(face())
    [detected_face] = take().detected_faces
    found = teacher.get(at("guests"), {"q": "zoe", "face": detected_face.pk}).content.decode()
    assert f'name="face" value="{detected_face.pk}"' in found
    assert "This is Zoë Müller." in post("guests", student=zoe.pk, face=detected_face.pk)
    assert mark(zoe).source is Source.CONFIRMED


@pytest.mark.parametrize("face_id", ["x", "0b7b6f0e-5d0c-4c58-9d0e-1c2f3a4b5c6d"])
def test_a_face_that_is_not_of_this_register_does_not_exist(teacher, at, register, zoe, face_id):
    assert teacher.get(at("guests"), {"q": "zoe", "face": face_id}).status_code == 404
    teacher.post(at("guests"), {"student": zoe.pk, "face": face_id})
    assert guest_ids(register) == set()


def test_a_student_must_be_chosen(post, register):
    assert "Choose somebody from the list." in post("guests")


def test_a_guest_s_portrait_is_shown_where_they_are_a_guest(teacher, theo, sign_in, post, zoe, riverside):
    photo = FacePhoto(institution=riverside, student=zoe, state=FacePhoto.State.ENROLLED, face_id="f", face_px=90)
    photo.picture.save("photo.jpg", ContentFile(jpeg()), save=False)
    photo.portrait.save("portrait.jpg", ContentFile(jpeg(160, 160)), save=False)
    photo.save(force_insert=True)
    address = reverse("portrait", args=["riverside", photo.pk])
    assert teacher.get(address).status_code == 404
    post("guests", student=zoe.pk)
    assert teacher.get(address).status_code == 200
    assert sign_in(theo).get(address).status_code == 404


# -- What it costs --


def test_the_page_asks_as_often_for_sixty_as_for_thirty(
    script, teacher, at, take, riverside, register, tess, django_assert_num_queries
):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    def join(first, last):
        students = [make_student(riverside, f"Pupil {n}", f"P-{n}") for n in range(first, last)]
        RosterEntry.objects.bulk_create(
            RosterEntry(
                institution=riverside, session=register, student=student, is_guest=n % 5 == 0, added_by=tess.user
            )
            for n, student in enumerate(students)
        )
        script.sees(*[face((student.pk, 0.9), at=n) for n, student in enumerate(students)])
        take()

    StatusCode.objects.create(institution=riverside, code="MED", label="Medical", kind="E")
    join(0, 30)
    with CaptureQueriesContext(connection) as thirty:
        assert teacher.get(at("session")).content.count(b'class="more"') == 32
    join(30, 60)
    with django_assert_num_queries(len(thirty)):
        assert teacher.get(at("session")).content.count(b'class="more"') == 62
    assert len(thirty) <= 18


def test_a_face_known_elsewhere_in_the_school_is_named_as_a_guest_at_once(script, take, teacher, at, zoe):
    script.sees(face(elsewhere=(zoe.pk, 0.8)))
    [stranger] = take().detected_faces
    assert "is enrolled at this school, but not on this register" in teacher.get(at("session")).content.decode()
    assert "Add Zoë Müller as a guest" in teacher.get(at("decide", stranger.pk)).content.decode()
