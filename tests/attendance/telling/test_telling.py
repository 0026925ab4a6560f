"""Notices of unexplained absences: who is told of what and when, and what keeps one from leaving."""

import re
from datetime import datetime, time, timedelta
from email import message_from_string
from zoneinfo import ZoneInfo

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.bounces.reading import bounce_in
from accounts.bounces.recording import bounce_record
from accounts.models import OutboxMail, Role
from accounts.outbox import mails_send_due
from attendance.domain.statuses import Source, Status
from attendance.domain.telling import QuietHours, after_quiet, digest_time
from attendance.excuses.giving import Reason, excuse_give
from attendance.models import AbsenceNotice, ClassSession, Excuse, MarkRow, NoticePolicy, ToldRegister
from attendance.register.corrections import Correction, mark_correct
from attendance.register.sessions import session_reopen
from attendance.telling.planning import absences_tell
from attendance.telling.selectors import told_of_day
from enrollment.guardians.orders import no_contact_order_record
from enrollment.models import Guardian, Guardianship
from tests.accounts.bounces.test_reading import report
from tests.attendance.telling.conftest import make_guardian
from tests.conftest import make_lesson, make_member

State = AbsenceNotice.State
LONDON = ZoneInfo("Europe/London")
NIGHT = QuietHours(time(20), time(7))


class TestTheMail:
    def test_goes_to_the_guardian_of_the_absent_student_alone(self, closed, lesson, fay, sita, told):
        make_guardian(sita, "Gita Rao", "gita@example.org")
        closed(lesson)
        [mail] = told()
        assert mail.to == ["fay@example.org"]
        assert AbsenceNotice.objects.get().state == State.SENT

    def test_names_what_a_stranger_may_read_and_no_more(self, closed, lesson, fay, told):
        closed(lesson)
        [mail] = told()
        start = timezone.localtime(lesson.starts_at, LONDON)
        assert f"Sam · {start:%A}" in mail.body
        assert f"{start:%H:%M}" in mail.body
        everything = mail.subject + mail.body + mail.alternatives[0].content
        for hidden in ("Sam Field", "Physics", "R-001", "Tess", "Sita"):
            assert hidden not in everything
        assert "Sam" not in mail.subject

    def test_of_an_imported_absence_there_is_none_whatever_else_is_corrected(self, closed, lesson, fay, sam, told):
        closed(lesson)
        MarkRow.objects.filter(student=sam.pk).update(source=Source.IMPORT)
        assert told() == []
        ToldRegister.objects.all().delete()  # as correcting somebody else's mark does
        assert told() == []
        assert not AbsenceNotice.objects.exists()

    def test_can_be_stopped_by_one_click(self, closed, lesson, fay, told):
        closed(lesson)
        [mail] = told()
        assert mail.extra_headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        assert mail.extra_headers["List-Unsubscribe"].endswith("/stop/>")
        assert mail.extra_headers["Message-ID"]

    def test_that_came_back_is_shown_as_not_sent(self, closed, lesson, fay, told, ada, sign_in):
        closed(lesson)
        [mail] = told()
        bounce_record(bounce_in(message_from_string(report(returned=mail.message().as_string()))))
        assert AbsenceNotice.objects.get().state == AbsenceNotice.State.FAILED
        page = sign_in(ada).get(reverse("telling", args=["riverside"])).content.decode()
        assert "There is no such address." in page

    def test_is_in_the_guardians_language(self, closed, lesson, fay, told):
        Guardian.objects.update(language="de")
        closed(lesson)
        [mail] = told()
        assert "Guten Tag Fay Field" in mail.body

    def test_fits_a_phone_and_its_link_reads_from_the_left(self, closed, lesson, fay, told):
        Guardian.objects.update(language="ar")
        closed(lesson)
        [mail] = told()
        page = mail.alternatives[0].content
        assert 'lang="ar" dir="rtl"' in page
        assert '<body style="overflow-wrap: anywhere">' in page
        assert re.search(r'<a href="http[^"]+" dir="ltr">http', page)

    def test_goes_to_both_guardians(self, closed, lesson, fay, sam, told):
        make_guardian(sam, "Fred Field", "fred@example.org")
        closed(lesson)
        assert sorted(mail.to[0] for mail in told()) == ["fay@example.org", "fred@example.org"]


class TestNobodyIsTold:
    def test_unless_the_school_has_switched_it_on(self, closed, lesson, fay, told):
        NoticePolicy.objects.update(is_on=False)
        closed(lesson)
        assert told() == []

    def test_of_registers_closed_before_it_was_switched_on(self, closed, lesson, fay, told):
        NoticePolicy.objects.update(on_since=timezone.now())
        closed(lesson)
        assert told() == []

    def test_before_the_wait_is_over(self, closed, lesson, fay, told):
        closed(lesson, minutes=29)
        assert told() == []

    def test_of_a_register_that_is_open(self, lesson, fay, told):
        assert told() == []

    def test_of_an_absence_with_a_reason(self, closed, lesson, fay, sam, told):
        session = closed(lesson)
        _give_reason(sam, session, fay)
        assert told() == []

    def test_who_may_not_be_contacted(self, closed, lesson, fay, told):
        Guardianship.objects.update(may_contact=False)
        closed(lesson)
        assert told() == []
        assert not AbsenceNotice.objects.exists()

    def test_who_has_no_address(self, closed, lesson, fay, told):
        Guardian.objects.update(email="")
        closed(lesson)
        assert told() == []

    def test_twice(self, closed, lesson, fay, told):
        closed(lesson)
        assert len(told()) == 1
        assert told() == []

    def test_who_switched_it_off_and_the_office_sees_that(self, closed, lesson, fay, sam, told, riverside):
        Guardian.objects.update(notices_off_at=timezone.now())
        session = closed(lesson)
        assert told() == []
        assert told_of_day(riverside, session.local_date)[sam.pk].state == State.OFF


class TestJustBeforeSending:
    """Queued, and then something happens before the mail leaves."""

    @pytest.fixture
    def queued(self, closed, lesson, fay, policy):
        session = closed(lesson)
        absences_tell()
        assert AbsenceNotice.objects.get().state == State.WAITING
        return session

    @pytest.fixture
    def send(self, mailoutbox):
        def send_():
            OutboxMail.objects.filter(state="waiting").update(due_at=timezone.now())
            mails_send_due()
            return mailoutbox

        return send_

    def test_a_corrected_mark_sends_nothing(self, queued, sam, tess, send):
        _correct(queued, sam, Status.PRESENT, tess)
        assert send() == []
        assert AbsenceNotice.objects.get().state == State.DROPPED
        assert OutboxMail.objects.get().state == "dropped"

    def test_a_reason_sends_nothing(self, queued, sam, fay, send):
        _give_reason(sam, queued, fay)
        assert send() == []

    def test_a_register_that_is_open_again_sends_nothing_until_it_is_closed(self, queued, tess, send, told):
        session_reopen(session=queued, by=tess.user)
        assert send() == []
        ClassSession.objects.filter(pk=queued.pk).update(
            state="closed", closed_at=timezone.now() - timedelta(minutes=40)
        )
        assert len(told()) == 1

    def test_a_no_contact_order_sends_nothing(self, queued, fay, ada, send):
        no_contact_order_record(relation=Guardianship.objects.get(guardian=fay), reason="Court", by=ada.user)
        assert send() == []

    def test_a_guardian_who_stopped_the_mails_gets_none(self, queued, send):
        Guardian.objects.update(notices_off_at=timezone.now())
        assert send() == []

    def test_a_school_that_switched_it_off_sends_nothing(self, queued, send):
        NoticePolicy.objects.update(is_on=False)
        assert send() == []

    def test_another_address_gets_nothing_of_the_old_mail(self, queued, send):
        Guardian.objects.update(email="other@example.org")
        assert send() == []

    def test_one_of_two_absences_is_left_out(self, queued, fay, sita, sam, send):
        Guardianship.objects.create(institution=sam.institution, guardian=fay, student=sita)
        notice = AbsenceNotice.objects.get()
        AbsenceNotice.objects.create(
            institution=sam.institution, guardian=fay, student=sita, session=queued, day=notice.day, mail=notice.mail
        )
        [mail] = send()
        assert "Sam ·" in mail.body
        assert "Sita" not in mail.body


class TestManyLessons:
    def test_of_one_day_come_in_the_mail_that_waits(self, closed, lesson, physics, fay, policy):
        closed(lesson)
        absences_tell()
        closed(make_lesson(physics))
        absences_tell()
        assert AbsenceNotice.objects.count() == 2
        assert OutboxMail.objects.count() == 1

    def test_after_the_first_mail_the_rest_of_the_day_comes_together(self, closed, lesson, physics, fay, told):
        closed(lesson)
        told()
        for _lesson in range(2):
            closed(make_lesson(physics))
        [mail] = told()
        assert mail.body.count("Sam ·") == 2

    def test_a_digest_holds_all_children(self, closed, lesson, fay, sam, sita, told, tess):
        NoticePolicy.objects.update(mode="digest")
        Guardianship.objects.create(institution=sam.institution, guardian=fay, student=sita)
        session = closed(lesson)
        _correct(session, sita, Status.ABSENT, tess)
        [mail] = told()
        assert "Sam ·" in mail.body
        assert "Sita ·" in mail.body


class TestTimes:
    @pytest.mark.parametrize(
        ("at", "expected"),
        [
            ("2026-11-25T12:00", "2026-11-25T12:00"),
            ("2026-11-25T19:59", "2026-11-25T19:59"),
            ("2026-11-25T20:00", "2026-11-26T07:00"),
            ("2026-11-26T03:00", "2026-11-26T07:00"),
            ("2026-11-26T07:00", "2026-11-26T07:00"),
            ("2026-03-28T23:00", "2026-03-29T07:00"),  # the night in which clocks go forward
        ],
    )
    def test_quiet_hours_are_of_the_schools_clock(self, at, expected):
        begin = datetime.fromisoformat(at).replace(tzinfo=LONDON)
        assert after_quiet(begin, NIGHT).isoformat()[:16] == expected

    def test_quiet_hours_within_a_day(self):
        noon = QuietHours(time(12), time(14))
        assert after_quiet(datetime(2026, 11, 25, 13, tzinfo=LONDON), noon).hour == 14
        assert after_quiet(datetime(2026, 11, 25, 15, tzinfo=LONDON), noon).hour == 15

    @pytest.mark.parametrize(("at", "hour"), [(10, 16), (16, 16), (17, 17)])
    def test_a_digest_waits_for_its_hour_or_goes_at_once(self, at, hour):
        assert digest_time(datetime(2026, 11, 25, at, tzinfo=LONDON), time(16), NIGHT).hour == hour

    def test_a_digest_in_the_night_waits_for_the_morning(self):
        found = digest_time(datetime(2026, 11, 25, 21, tzinfo=LONDON), time(16), NIGHT)
        assert (found.day, found.hour) == (26, 7)


class TestThePage:
    def test_switches_it_on(self, sign_in, ada, riverside):
        chosen = {
            "is_on": "on", "mode": "digest", "wait_minutes": 45, "digest_at": "15.30", "quiet_from": "21:00",
            "quiet_until": "6.30",
        }  # fmt: skip
        sign_in(ada).post("/riverside/absence-notices/", chosen)
        policy = NoticePolicy.objects.get(institution=riverside)
        assert (policy.is_on, policy.mode, policy.digest_at) == (True, "digest", time(15, 30))
        assert policy.on_since is not None

    def test_refuses_quiet_hours_without_an_end(self, sign_in, ada):
        chosen = {"mode": "digest", "wait_minutes": 45, "digest_at": "15", "quiet_from": "21", "quiet_until": "21"}
        html = sign_in(ada).post("/riverside/absence-notices/", chosen).content.decode()
        assert "must end at another time" in html
        assert not NoticePolicy.objects.exists()

    def test_shows_what_became_of_each(self, sign_in, ada, closed, lesson, fay, told):
        closed(lesson)
        told()
        html = sign_in(ada).get("/riverside/absence-notices/").content.decode()
        assert "Sam Field" in html
        assert "Fay Field" in html

    def test_is_the_offices_alone(self, sign_in, riverside, tess):
        assert sign_in(tess).get("/riverside/absence-notices/").status_code == 403
        assert (
            sign_in(make_member(riverside, "Pia", Role.PRINCIPAL)).get("/riverside/absence-notices/").status_code == 403
        )


def test_a_mail_that_fails_is_shown_as_failed(closed, lesson, fay, sam, told, riverside, settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    session = closed(lesson)
    told()
    notice = AbsenceNotice.objects.get()
    assert (notice.state, notice.error) == (State.WAITING, "The mail server could not be reached.")
    OutboxMail.objects.update(tries=99)
    told()
    assert told_of_day(riverside, session.local_date)[sam.pk].state == State.FAILED


def _give_reason(student, session, guardian):
    reason = Reason(Excuse.Kind.ILLNESS, session.local_date, session.local_date, session=session)
    excuse_give(student=student, reason=reason, by=None, guardian=guardian)


def _correct(session, student, status, teacher):
    correction = Correction(status, "Looked again")
    mark_correct(session=session, student_id=student.pk, correction=correction, by=teacher.user, expected_version=1)


def test_the_offices_day_says_what_became_of_the_mail(sign_in, ada, closed, lesson, fay, told):
    closed(lesson)
    told()
    html = " ".join(sign_in(ada).get("/riverside/office/").content.decode().split())
    assert "E-mail to guardians:" in html
    assert ">Sent</a>" in html
