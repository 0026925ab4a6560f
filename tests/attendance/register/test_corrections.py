"""Closed registers: corrected with a reason, within the school's days, and everything of it in the audit trail."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from attendance.domain.statuses import Source, Status
from attendance.errors import SessionNotOpen
from attendance.history.story import mark_history_of
from attendance.models import ClassSession, RegisterEvent, StatusCode
from attendance.register.corrections import Correction, mark_correct
from attendance.register.edit_window import is_past_window, window_ends
from attendance.register.errors import EditWindowOver, MarkConflict, NotOnRoster, ReasonNeeded, StillOpen, UnknownStatus
from attendance.register.sessions import session_close, session_reopen
from attendance.repositories import marks_for
from tests.attendance.api.client import refusal
from tests.attendance.byhand import mark_set
from tests.conftest import make_student

WAS_HERE = Correction(Status.PRESENT, "Sat in the back row; the camera missed him")


@pytest.fixture
def closed(register, tess):
    """The register, closed: Sam and Sita were not seen."""
    return session_close(session=register, by=tess.user)


def days_later(session, days, edit_days):
    """The lesson was so many days ago, at a school with so many days for corrections."""
    session.institution.edit_days = edit_days
    session.institution.save()
    ago = timedelta(days=days)
    ClassSession.objects.filter(pk=session.pk).update(
        starts_at=session.starts_at - ago, ends_at=timezone.now() - ago - timedelta(minutes=1)
    )
    session.refresh_from_db()
    return session


@pytest.fixture
def old(closed):
    return days_later(closed, 7, 7)


@pytest.fixture
def correct(sam, tess):
    def as_(session, *, by=None, student=sam, correction=WAS_HERE, version=1):
        by = (by or tess).user
        return mark_correct(
            session=session, student_id=student.pk, correction=correction, by=by, expected_version=version
        )

    return as_


def mark_of(session, student):
    return marks_for(session.institution).for_session(session.pk)[student.pk]


# -- Correcting --------------------------------------------------------------------------------------------------------


def test_a_closed_register_is_corrected_with_a_reason_and_stays_closed(closed, correct, sam, tess):
    mark = correct(closed)
    assert mark == mark_of(closed, sam)
    assert (mark.status, mark.source, mark.actor_id) == (Status.PRESENT, Source.HAND, tess.user.pk)
    assert (mark.note, mark.version) == (WAS_HERE.reason, 2)
    closed.refresh_from_db()
    assert closed.state == ClassSession.State.CLOSED


@pytest.mark.parametrize("reason", ["", "   ", "-", "…!"])
def test_without_a_reason_nothing_is_changed(closed, correct, sam, reason):
    with pytest.raises(ReasonNeeded):
        correct(closed, correction=Correction(Status.PRESENT, reason))
    assert mark_of(closed, sam).version == 1


def test_minutes_belong_to_late_alone(closed, correct, sita):
    late = correct(closed, correction=Correction(Status.LATE, "Came by the window", minutes_late=12))
    assert late.minutes_late == 12
    here = correct(closed, student=sita, correction=Correction(Status.PRESENT, "Seen", minutes_late=12))
    assert here.minutes_late == 0


def test_a_code_of_the_schools_own(closed, correct, riverside):
    StatusCode.objects.create(institution=riverside, code="MED", label="medical", kind="E")
    mark = correct(closed, correction=Correction(Status.EXCUSED, "Doctor's note", code="MED"))
    assert (mark.status, mark.code) == (Status.EXCUSED, "MED")
    with pytest.raises(UnknownStatus):
        correct(closed, correction=Correction(Status.EXCUSED, "Doctor's note", code="XYZ"), version=2)


def test_a_double_click_corrects_once(closed, correct, sam):
    assert correct(closed) == correct(closed)
    assert mark_of(closed, sam).version == 2


def test_somebody_elses_correction_is_not_overwritten(closed, correct, ada, sam):
    excused = correct(closed, by=ada, correction=Correction(Status.EXCUSED, "The parents called"))
    with pytest.raises(MarkConflict) as conflict:
        correct(closed)
    assert conflict.value.current == excused == mark_of(closed, sam)


def test_an_open_register_is_not_corrected_but_marked(register, correct):
    with pytest.raises(StillOpen):
        correct(register, version=0)


def test_one_that_was_never_open_is_not_corrected(lesson, correct):
    with pytest.raises(SessionNotOpen):
        correct(lesson, version=0)


def test_only_who_is_on_the_register(closed, correct, riverside):
    with pytest.raises(NotOnRoster):
        correct(closed, student=make_student(riverside, "Nia Novak", "R-900"), version=0)


def test_the_days_tally_follows(closed, correct):
    tally = lambda: marks_for(closed.institution).day_tally(closed.local_date)  # noqa: E731
    assert tally().counts == {Status.ABSENT: 2}
    correct(closed)
    assert (tally().sessions, tally().counts) == (1, {Status.PRESENT: 1, Status.ABSENT: 1})


# -- The school's days for corrections ---------------------------------------------------------------------------------


def test_without_a_limit_there_is_no_end(closed):
    session = days_later(closed, 3000, None)
    assert window_ends(session) is None
    assert not is_past_window(session)


@pytest.mark.parametrize(("days", "edit_days", "is_past"), [(0, 1, False), (6, 7, False), (7, 7, True), (0, 0, True)])
def test_the_days_count_from_the_lessons_end(closed, days, edit_days, is_past):
    assert is_past_window(days_later(closed, days, edit_days)) is is_past


def test_afterwards_a_teacher_corrects_and_reopens_nothing(old, correct, tess, sam):
    with pytest.raises(EditWindowOver, match="7 days after the lesson"):
        correct(old)
    with pytest.raises(EditWindowOver):
        session_reopen(session=old, by=tess.user, reason="I forgot somebody")
    old.refresh_from_db()
    assert old.state == ClassSession.State.CLOSED
    assert mark_of(old, sam).version == 1


def test_afterwards_an_administrator_does_with_a_reason(old, correct, ada):
    assert correct(old, by=ada).actor_id == ada.user.pk
    with pytest.raises(ReasonNeeded):
        session_reopen(session=old, by=ada.user)
    assert session_reopen(session=old, by=ada.user, reason="The class photo was another class's").is_open
    assert RegisterEvent.objects.get(kind="reopened").reason == "The class photo was another class's"


def test_another_schools_administrator_is_nobody_here(old, correct, hanna):
    with pytest.raises(EditWindowOver):
        correct(old, by=hanna)


def test_within_the_days_reopening_needs_no_reason(closed, tess):
    session = days_later(closed, 2, 7)
    assert session_reopen(session=session, by=tess.user).is_open


# -- The audit trail ---------------------------------------------------------------------------------------------------


def test_the_story_tells_who_when_from_what_to_what_and_why(register, correct, tess, ada, sam):
    mark_set(session=register, student_id=sam.pk, status=Status.PRESENT, by=tess.user, expected_version=0)
    mark_set(session=register, student_id=sam.pk, status=Status.ABSENT, by=tess.user, expected_version=1)
    session_close(session=register, by=tess.user)
    correct(register, by=ada, version=2)
    story = mark_history_of(register, sam.pk)
    told = [
        step.event.kind if step.event else (step.before.kind.value, step.after.kind.value, step.actor, step.mark.note)
        for step in story.steps
    ]
    assert told == [
        "opened", ("N", "P", "Tess", ""), ("P", "A", "Tess", ""), "closed", ("A", "P", "Ada", WAS_HERE.reason),
    ]  # fmt: skip
    assert (story.version, story.said.kind) == (3, Status.PRESENT)
    assert [step.at for step in story.steps] == sorted(step.at for step in story.steps)


def test_each_opening_and_closing_is_kept_once(register, tess, ada):
    session_close(session=register, by=tess.user)
    session_close(session=register, by=ada.user)
    session_reopen(session=register, by=ada.user)
    session_reopen(session=register, by=tess.user)
    assert list(RegisterEvent.objects.values_list("kind", "by__name")) == [
        ("opened", "Tess"), ("closed", "Tess"), ("reopened", "Ada"),
    ]  # fmt: skip


# -- Pages and the API -------------------------------------------------------------------------------------------------


@pytest.fixture
def at(closed, sam):
    return lambda name, **more: reverse(name, args=["riverside", closed.pk, *more.values()])


def test_the_closed_register_leads_to_the_story(closed, sign_in, tess, at, sam):
    client = sign_in(tess)
    address = at("mark_history", student=sam.pk)
    assert f'href="{address}"' in client.get(at("session")).content.decode()
    said = client.get(address).content.decode()
    assert "Register closed" in said
    assert "Correct the mark" in said


def test_correcting_on_the_page(closed, sign_in, tess, at, sam):
    sent = {"status": "P", "reason": "Seen at the door", "version": 1}
    said = sign_in(tess).post(at("mark_correct", student=sam.pk), sent, follow=True).content.decode()
    assert "Corrected." in said
    assert "Seen at the door" in said
    assert mark_of(closed, sam).status is Status.PRESENT


@pytest.mark.parametrize(
    ("sent", "says"),
    [
        ({"status": "P", "reason": "", "version": 1}, "This field is required"),
        ({"status": "P", "reason": "?", "version": 1}, "Please give a reason"),
        ({"status": "Z", "reason": "Seen", "version": 1}, "Select a valid choice"),
        ({"status": "P", "reason": "Seen", "version": 0}, "Somebody else changed this mark just now"),
    ],
)
def test_what_cannot_be_is_said_at_the_form(closed, sign_in, tess, at, sam, sent, says):
    said = sign_in(tess).post(at("mark_correct", student=sam.pk), sent).content.decode()
    assert says in said
    assert mark_of(closed, sam).version == 1


def test_a_teacher_sees_that_the_time_is_over_the_administrator_a_form(old, client, tess, ada, at, sam):
    for member, here, not_here in [
        (tess, ["Ask an administrator", "Too old to reopen"], ["Correct the mark", 'name="reason"']),
        (ada, ["Correct the mark", "Reason for reopening"], ["Too old to reopen"]),
    ]:
        client.force_login(member.user)
        said = client.get(at("mark_history", student=sam.pk)).content.decode()
        said += client.get(at("session")).content.decode()
        assert all(words in said for words in here)
        assert not any(words in said for words in not_here)


def test_reopening_an_old_one_on_the_page(old, client, tess, ada, at):
    client.force_login(tess.user)
    assert (
        "Ask an administrator" in client.post(at("session_reopen"), {"reason": "Why not"}, follow=True).content.decode()
    )
    client.force_login(ada.user)
    assert "Please give a reason" in client.post(at("session_reopen"), follow=True).content.decode()
    client.post(at("session_reopen"), {"reason": "Wrong class"})
    old.refresh_from_db()
    assert old.is_open


def test_nobody_elses_story(closed, client, theo, sam, at, riverside, tess):
    client.force_login(theo.user)
    assert client.get(at("mark_history", student=sam.pk)).status_code == 404
    client.force_login(tess.user)
    stranger = make_student(riverside, "Nia Novak", "R-900")
    assert client.get(at("mark_history", student=stranger.pk)).status_code == 404


def test_the_api_corrects_and_reopens(closed, api, tess, ada, sam):
    path = f"sessions/{closed.pk}/marks/{sam.pk}/correction/"
    assert refusal(api(tess).put(path, status="P", reason=" ", expected_version=1)) == (400, "reason_needed")
    assert api(tess).put(path, status="P", reason="Seen", expected_version=1).json()["note"] == "Seen"
    assert refusal(api(tess).put(path, status="E", reason="Ill", expected_version=1)) == (409, "mark_changed")
    days_later(closed, 8, 7)
    assert refusal(api(tess).put(path, status="E", reason="Ill", expected_version=2)) == (403, "edit_window_over")
    assert refusal(api(tess).post(f"sessions/{closed.pk}/reopen/", reason="Ill")) == (403, "edit_window_over")
    assert api(ada).put(path, status="E", reason="Ill", expected_version=2).status_code == 200
    assert api(ada).post(f"sessions/{closed.pk}/reopen/", reason="Ill").status_code == 200


def test_a_story_takes_a_fixed_number_of_queries(
    closed, sign_in, tess, at, sam, correct, django_assert_max_num_queries
):
    for version in range(1, 9):
        status = Status.PRESENT if version % 2 else Status.ABSENT
        correct(closed, correction=Correction(status, f"No. {version}"), version=version)
    client = sign_in(tess)
    with django_assert_max_num_queries(12):
        client.get(at("mark_history", student=sam.pk))
