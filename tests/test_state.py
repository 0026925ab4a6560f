"""The operator's page of the portal's state: what waits and for how long, the worker, parts that do not work."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.models import Duty, Job, User
from attendance.models import Capture
from portal import health, state
from portal.state import read_queues, read_state
from tests.conftest import PASSWORD

pytestmark = pytest.mark.django_db
ADDRESS = "/schools/state/"


@pytest.fixture
def page(client):
    """Its text as the operator reads it."""
    client.force_login(User.objects.create_superuser("root@example.org", PASSWORD, name="Root"))
    return lambda: " ".join(client.get(ADDRESS).content.decode().split())


def make_capture(lesson, state, ago, **more):
    return Capture.objects.create(
        institution=lesson.institution, session=lesson, nonce=uuid4(), kind=Capture.Kind.PHOTO, state=state, width=9,
        height=9, taken_at=timezone.now() - ago, **more,
    )  # fmt: skip


def queue(name):
    return next(each for each in read_queues() if each.name == name)


def test_nothing_waits_and_no_worker_has_ever_run(page):
    text = page()
    assert text.count("Nothing waits") == 4
    assert ("None runs" in text, "Never seen" in text) == (True, True)
    assert "No class photo was recognised" in text


def test_what_waits_and_for_how_long(page, riverside):
    Job.objects.create(institution=riverside, kind="x", created_at=timezone.now() - timedelta(minutes=25))
    assert "The oldest for 25 minutes" in page()
    assert "1 waits" in page()


def test_a_photo_that_waits_for_its_turn_counts_as_one_that_waits_for_a_service(lesson):
    for kind in (Capture.State.RECEIVED, Capture.State.WAITING, Capture.State.RECOGNISING, Capture.State.FAILED):
        make_capture(lesson, kind, timedelta(seconds=5))
    assert (queue("captures").number, queue("captures").is_long) == (2, False)


@pytest.mark.parametrize(("minutes", "is_long"), [(0.5, False), (1.5, True)])
def test_a_class_should_not_wait_for_a_minute(lesson, minutes, is_long):
    make_capture(lesson, Capture.State.WAITING, timedelta(minutes=minutes))
    assert queue("captures").is_long == is_long


def test_a_worker_that_has_swept_lately(page):
    duty = Duty.objects.create(name="sweep", ended_at=timezone.now() - timedelta(minutes=2))
    assert ("Last seen 2 minutes ago" in page(), "None runs" in page()) == (True, False)
    duty.ended_at = timezone.now() - timedelta(minutes=6)
    duty.save()
    assert "None runs" in page()


def test_how_long_class_photos_took_lately(page, lesson):
    make_capture(lesson, Capture.State.DONE, timedelta(minutes=5), seconds=0.4)
    assert "1 class photo was recognised in 0.4 seconds" in page()
    make_capture(lesson, Capture.State.DONE, timedelta(minutes=6), seconds=1.2)
    make_capture(lesson, Capture.State.DONE, timedelta(hours=2), seconds=9)
    assert "2 class photos were recognised: 0.8 seconds on average, 1.2 at most" in page()


def test_a_part_that_does_not_work_is_named(page, monkeypatch):
    def away():
        raise LookupError

    monkeypatch.setitem(health.IMPAIRMENTS, "cache", away)
    assert "Does not answer" in page()


def test_no_name_of_a_school_or_a_person_is_on_it(page, lesson):
    make_capture(lesson, Capture.State.WAITING, timedelta(minutes=2))
    assert "Riverside" not in page()


def test_the_operator_is_led_to_it(page, client):
    page()
    assert f'href="{ADDRESS}"' in client.get(reverse("schools")).content.decode()


def test_it_is_the_operators_alone(client, sign_in, ada, tess):
    assert client.get(ADDRESS).status_code == 302
    for person in (ada, tess):
        assert sign_in(person).get(ADDRESS).status_code == 404
    assert sign_in(ada).post(ADDRESS).status_code == 405


def test_it_asks_as_often_whatever_waits(lesson, django_assert_num_queries, monkeypatch):
    monkeypatch.setattr(state, "readiness", lambda: health.Readiness((), ()))  # it asks in threads of its own
    for _ in range(20):
        make_capture(lesson, Capture.State.WAITING, timedelta(minutes=2))
    with django_assert_num_queries(6):
        assert read_state().queues[0].number == 20
