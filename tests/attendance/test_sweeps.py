"""The sweep: one process at a time for all schools, at a cost that does not grow with them while nothing is due."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.core.cache import cache
from django.core.files.base import ContentFile
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.leases import duty_take
from accounts.models import Duty, Institution
from attendance import upkeep as upkeep_module
from attendance.models import Capture, ClassSession, DetectedFace, TimetableSlot
from attendance.upkeep import Upkeep, sweep, upkeep
from enrollment.models import Consent, Course, FacePhoto, Student
from tests.attendance.api.client import jpeg

MINUTE = timedelta(minutes=1)


def go(every=timedelta(0)):
    return sweep(every=every, is_stopping=lambda: False)


# -- One at a time --


def test_while_one_sweeps_nobody_else_does(riverside):
    during = []
    chores = upkeep_module._chores()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(upkeep_module, "_chores", lambda: {**chores, "marks": lambda: during.append(go()) or 0})
        assert go() == Upkeep()
    assert during == [None]
    assert go() == Upkeep()


def test_the_interval_counts_from_the_end(riverside):
    assert go(MINUTE) is not None
    ended = Duty.objects.get(name="sweep").ended_at
    assert abs(timezone.now() - ended) < MINUTE
    assert go(MINUTE) is None
    Duty.objects.filter(name="sweep").update(ended_at=ended - MINUTE)
    assert go(MINUTE) is not None


def test_after_a_sweeper_died_another_one_takes_over(riverside):
    duty_take("sweep", term=MINUTE)  # and then its process was killed
    assert go() is None
    Duty.objects.filter(name="sweep").update(until=timezone.now() - timedelta(seconds=1))
    assert go() is not None


def test_one_that_is_asked_to_stop_leaves_the_rest_to_the_next_at_once(riverside):
    assert sweep(every=MINUTE, is_stopping=lambda: True) == Upkeep()
    assert go(MINUTE) is not None


def test_one_that_lost_its_duty_ends_between_two_chores(riverside):
    done = []

    def lose():
        Duty.objects.filter(name="sweep").update(holder=uuid4())
        return 1

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(upkeep_module, "_chores", lambda: {"frames": lose, "marks": lambda: done.append(1) or 1})
        assert go() == Upkeep(frames=1)
    assert not done


def test_upkeep_by_cron_recognises_what_waits_even_if_a_worker_sweeps(script, take, capsys, settings):
    settings.DEMO = False
    script.is_unavailable().sees()
    take()
    Capture.objects.update(retry_at=None)
    duty_take("sweep", term=MINUTE)
    call_command("upkeep")
    assert capsys.readouterr().out.strip() == "class photos recognised: 1"


def test_what_fails_in_the_sweep_or_before_it_is_said(riverside, monkeypatch):
    def broken():
        raise ZeroDivisionError

    monkeypatch.setattr(upkeep_module, "captures_resume", broken)
    monkeypatch.setattr(upkeep_module, "marks_expire", broken)
    assert upkeep().failed == ("captures", "marks")


# -- What it costs --


def found_school(slug):
    """A school in the midst of its year, with nothing to do: lessons, a closed register, photos of everything."""
    school = Institution.objects.create(
        slug=slug, name=slug, time_zone="Europe/London", faces_enabled=True, learns_faces=True, photo_retention_days=7
    )
    course = Course.objects.create(institution=school, code="C", name="Course", room="12")
    today = timezone.localdate(timezone=school.zone)
    for weekday in range(7):
        TimetableSlot.objects.create(
            institution=school, course=course, weekday=weekday, starts="09:00", ends="09:50", first_day=today
        )
    now = timezone.now()
    closed = ClassSession.objects.create(
        institution=school, course=course, starts_at=now - timedelta(hours=2), ends_at=now - timedelta(hours=1),
        state="closed", closed_at=now - timedelta(hours=1),
    )  # fmt: skip
    capture = Capture(
        institution=school, session=closed, nonce=uuid4(), kind="photo", width=320, height=240, state="done"
    )
    capture.picture.save("picture.jpg", ContentFile(jpeg()), save=False)
    capture.save(force_insert=True)
    student = Student.objects.create(institution=school, name="Pupil", roll_number="1")
    Consent.objects.create(institution=school, student=student, given_by="a parent", wording="1")
    for cut_from in (None, uuid4(), uuid4()):
        photo = FacePhoto(
            institution=school, student=student, state="enrolled", face_id=str(uuid4()), model="scripted-1",
            cut_from=cut_from,
        )  # fmt: skip
        photo.picture.save("photo.jpg", ContentFile(jpeg()), save=False)
        photo.save(force_insert=True)
    # Confirmed, but the student has as many learned photos as may be: looked at, and left.
    DetectedFace.objects.create(
        institution=school, capture=capture, number=1, left=1, top=1, width=200, height=200, outcome="ask",
        student=student, decided_student=student,
    )  # fmt: skip
    return school


def queries_of_a_sweep():
    with CaptureQueriesContext(connection) as queries:
        done = go()
    assert done == Upkeep()
    return [query["sql"] for query in queries]


@pytest.mark.thorough
@pytest.mark.parametrize("retention", [None, 365])
def test_many_schools_cost_no_more_queries_than_two_while_nothing_is_due(script, db, settings, retention):
    settings.ATTENDANCE_REPOSITORY = {
        "BACKEND": "attendance.repositories.orm.OrmAttendanceRepository", "OPTIONS": {"retention_days": retention}
    }  # fmt: skip
    for n in range(2):
        found_school(f"school-{n}")
    assert go().planned == 4
    few = queries_of_a_sweep()
    for n in range(2, 12):
        found_school(f"school-{n}")
    assert go().planned == 20
    cache.add("orphaned-files", True)  # the hourly search for files asks every school's storage
    many = queries_of_a_sweep()
    assert len(many) == len(few)
    assert len(many) < 70  # of all chores together, mails and families' documents among them


def test_files_without_a_row_are_searched_for_once_an_hour(riverside, hilltop, monkeypatch):
    asked = []
    monkeypatch.setattr(upkeep_module, "erasures_resume", lambda *, institution: asked.append(institution.slug) or 0)
    go()
    go()
    assert sorted(asked) == ["hilltop", "riverside"]
    cache.delete("orphaned-files")
    go()
    assert len(asked) == 4
