"""Walls: a link, a mailbox or a reason opens no more than it should, and keeps nobody from being told."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from attendance.domain.statuses import Status
from attendance.excuses.deciding import excuse_accept
from attendance.excuses.giving import Reason, excuse_give
from attendance.models import AbsenceNotice, Excuse
from attendance.register.corrections import Correction, mark_correct
from enrollment.models import Guardian
from tests.attendance.telling.conftest import make_guardian

pytestmark = pytest.mark.django_db


@pytest.fixture
def links(closed, lesson, fay, told):
    """The paths of a mail that left: to give a reason, and to stop the mails."""
    closed(lesson)
    [mail] = told()
    return re.findall(r"https?://[^/]+(/riverside/absence/\S+)", mail.body)


class TestAnAddressThatWasWrong:
    """The office corrects it. A reader of the old mailbox has nothing more to do with the child."""

    @pytest.fixture(autouse=True)
    def corrected(self, links, fay):
        Guardian.objects.filter(pk=fay.pk).update(email="right@example.org")

    def test_reads_nothing_and_explains_nothing(self, links, client):
        assert client.get(links[0]).status_code == 404
        answer = {"notices": str(AbsenceNotice.objects.get().pk), "kind": "illness"}
        assert client.post(links[0], answer).status_code == 404
        assert not Excuse.objects.exists()

    def test_stops_no_mails_to_the_right_one(self, links, client, fay):
        assert client.post(links[1], {"List-Unsubscribe": "One-Click"}).status_code == 404
        fay.refresh_from_db()
        assert fay.notices_off_at is None

    def test_in_other_letters_it_is_the_same(self, links, client, fay):
        Guardian.objects.filter(pk=fay.pk).update(email="Fay@example.org")
        assert client.get(links[0]).status_code == 200


class TestAReasonThatTheStudentGave:
    def give(self, sam, session, by, guardian=None):
        reason = Reason(Excuse.Kind.ILLNESS, session.local_date, session.local_date, session=session)
        return excuse_give(student=sam, reason=reason, by=by, guardian=guardian)

    def test_keeps_nobody_from_being_told_while_nobody_has_decided_on_it(self, closed, lesson, fay, sam, told):
        self.give(sam, closed(lesson), sam.user)
        assert len(told()) == 1

    def test_keeps_them_once_the_school_accepted_it(self, closed, lesson, fay, sam, tess, told):
        excuse = self.give(sam, closed(lesson), sam.user)
        excuse_accept(excuse=excuse, by=tess.user)
        assert told() == []

    def test_a_guardians_does_at_once(self, closed, lesson, fay, sam, told):
        self.give(sam, closed(lesson), None, guardian=fay)
        assert told() == []


def test_an_absence_that_was_corrected_into_a_closed_register_is_told_too(closed, lesson, fay, sita, tess, told):
    make_guardian(sita, "Gita Rao", "gita@example.org")
    session = closed(lesson)
    assert [mail.to for mail in told()] == [["fay@example.org"]]
    correction = Correction(Status.ABSENT, "Somebody else answered")
    mark_correct(session=session, student_id=sita.pk, correction=correction, by=tess.user, expected_version=1)
    assert [mail.to for mail in told()] == [["gita@example.org"]]
    assert told() == []


@pytest.mark.parametrize("zone", ["Pacific/Apia", "Pacific/Kiritimati", "America/Los_Angeles"])
def test_the_mail_names_the_schools_own_day_and_hour(zone, riverside, lesson, closed, fay, told):
    """A school at UTC+13 is a day ahead for half of the day."""
    type(riverside).objects.update(time_zone=zone)
    riverside.refresh_from_db()
    lesson.refresh_from_db()
    type(lesson).objects.update(local_date=timezone.localdate(lesson.starts_at, riverside.zone))
    session = closed(type(lesson).objects.get(pk=lesson.pk))
    [mail] = told()
    begins = timezone.localtime(session.starts_at, riverside.zone)
    assert f"{begins:%A} {begins.day} {begins:%B} · {begins:%H:%M}" in mail.body
    assert mail.subject.endswith(f"absence on {begins.day} {begins:%B}")


@pytest.mark.parametrize(
    "odd",
    [
        {"note": "x" * 100_000},
        {"note": "a\x00b"},
        {"note": "👩‍👧 krank " * 40},
        {"kind": "7"},
        {"kind": "\x00"},
        {"notices": ["x", "7" * 400, "\x00"]},
        {"notices": []},
    ],
)
def test_odd_answers_are_refused_in_words_or_taken(links, client, odd):
    answer = {"notices": str(AbsenceNotice.objects.get().pk), "kind": "illness", "note": "Fever", **odd}
    response = client.post(links[0], answer)
    assert response.status_code in (200, 302)
    assert Excuse.objects.exists() == (response.status_code == 302)


def test_a_link_of_thirty_one_days_ago_is_not_there(links, client, monkeypatch):
    import time

    real = time.time
    monkeypatch.setattr("django.core.signing.time.time", lambda: real() + timedelta(days=31).total_seconds())
    assert client.get(links[0]).status_code == 404
