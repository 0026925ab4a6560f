"""Actions without a connection: they count from when they were done, as far as that is credible."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from attendance.domain.statuses import Status
from attendance.models import Capture, ClassSession, StatusCode
from attendance.register.moments import credible_moment
from attendance.repositories import marks_for
from tests.attendance.api.client import refusal
from tests.engines import face


@pytest.fixture
def running(register):
    """The register, opened with the lesson half an hour ago."""
    now = timezone.now()
    ClassSession.objects.filter(pk=register.pk).update(
        starts_at=now - timedelta(minutes=30),
        opened_at=now - timedelta(minutes=31),
        ends_at=now + timedelta(minutes=20),
    )
    register.refresh_from_db()
    return register


@pytest.mark.parametrize(
    ("minutes", "is_believed"), [(-32, False), (-31, True), (-10, True), (0, True), (1, False), (60, False)]
)
def test_a_moment_of_the_lesson_is_believed_and_no_other(running, minutes, is_believed):
    now = running.starts_at + timedelta(minutes=30)
    claimed = now + timedelta(minutes=minutes)
    assert credible_moment(claimed, session=running, now=now) == (claimed if is_believed else None)


def test_what_is_hours_old_or_after_the_lesson_is_not(running):
    claimed = running.starts_at + timedelta(minutes=5)
    assert credible_moment(claimed, session=running, now=claimed + timedelta(hours=6)) == claimed
    assert credible_moment(claimed, session=running, now=claimed + timedelta(hours=6, seconds=1)) is None
    late = running.ends_at + timedelta(seconds=1)
    assert credible_moment(late, session=running, now=late) is None
    assert credible_moment(None, session=running, now=late) is None


def test_a_photo_that_was_kept_counts_from_when_it_was_taken(script, api, running, sam, tess):
    script.sees(face((sam.pk, 0.9)))
    claimed = running.starts_at + timedelta(minutes=4)
    path = f"sessions/{running.pk}/captures/"
    nonce = uuid4()
    answer = api(tess).picture(path, nonce, taken_at=claimed.isoformat())
    assert answer.status_code == 201
    capture = Capture.objects.get()
    assert (capture.seen_at, capture.shows_at) == (claimed, claimed)
    assert capture.taken_at > claimed, "when it arrived stays known: leases and sweeps go by it"
    mark = marks_for(running.institution).for_session(running.pk)[sam.pk]
    assert (mark.status, mark.marked_at) == (Status.PRESENT, claimed.astimezone(UTC))
    again = api(tess).picture(path, nonce, taken_at=timezone.now().isoformat())
    assert (again.status_code, Capture.objects.get().seen_at) == (200, claimed)


def test_a_photo_of_an_unbelievable_time_counts_from_its_arrival(script, api, running, sam, tess):
    script.sees(face((sam.pk, 0.9)))
    earlier = running.starts_at - timedelta(hours=1)
    api(tess).picture(f"sessions/{running.pk}/captures/", uuid4(), taken_at=earlier.isoformat())
    assert Capture.objects.get().seen_at is None
    assert marks_for(running.institution).for_session(running.pk)[sam.pk].status == Status.LATE


def test_a_tap_that_was_kept_is_as_late_as_it_was(api, running, sam, sita, tess):
    mine, path = api(tess), f"sessions/{running.pk}/marks/"
    claimed = running.starts_at + timedelta(minutes=12)
    kept = {"status": "L", "expected_version": 0, "made_at": claimed.isoformat()}
    assert mine.put(f"{path}{sam.pk}/", **kept).json()["minutes_late"] == 12
    assert mine.put(f"{path}{sam.pk}/", **kept).json()["version"] == 1, "sent twice: once"
    assert mine.put(f"{path}{sita.pk}/", status="L", expected_version=0).json()["minutes_late"] == 30
    assert refusal(mine.put(f"{path}{sam.pk}/", **{**kept, "status": "A"})) == (409, "mark_changed")
    assert refusal(mine.put(f"{path}{sam.pk}/", **{**kept, "made_at": "yesterday"})) == (400, "invalid")


def test_a_panel_that_was_kept_arrives_with_its_details(api, running, riverside, sam, tess):
    StatusCode.objects.create(institution=riverside, code="BUS", label="Bus", kind="L")
    StatusCode.objects.create(institution=riverside, code="OLD", label="Old", kind="L", is_active=False)
    mine, path = api(tess), f"sessions/{running.pk}/marks/{sam.pk}/"
    kept = {"status": "L", "code": "BUS", "minutes_late": 7, "note": "missed it", "expected_version": 0}
    said = mine.put(path, **kept).json()
    assert (said["code"], said["minutes_late"], said["note"]) == ("BUS", 7, "missed it")
    assert mine.put(path, **kept).json()["version"] == 1, "sent twice: once"
    left = running.starts_at + timedelta(minutes=20)
    gone = mine.put(path, status="D", left_at=left.isoformat(), note="", expected_version=1).json()
    assert datetime.fromisoformat(gone["left_at"]) == left
    for wrong in ({"left_at": "9999-12-31T23:59:59Z"}, {"minutes_late": 601}, {"code": "FOUR"}):
        refused = mine.put(path, status="D", expected_version=2, **wrong)
        assert (refusal(refused), list(refused.json()["fields"])) == ((400, "invalid"), list(wrong))
    for code in ("OLD", "P"):
        assert refusal(mine.put(path, status="L", code=code, expected_version=2)) == (409, "unknown_status")
