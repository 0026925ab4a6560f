"""Marks move from the database to DynamoDB and back, while the portal runs: nothing is lost, nothing doubled."""

import re
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from accounts.jobs import job_start, jobs_resume
from accounts.models import Job
from attendance.domain.statuses import Source, Status
from attendance.moving.marks import MarksMove
from attendance.repositories import marks_for
from attendance.repositories.base import StoreUnavailable
from attendance.repositories.dynamodb import DynamoAttendanceRepository
from attendance.repositories.histories import closing_text, mark_texts
from tests.attendance.moving.conftest import DYNAMODB, LESSONS, MIRRORED, ORM, close, mark_of

VERSIONS = LESSONS * 4  # three students, one mark of each lesson corrected


def move(*arguments):
    out = StringIO()
    call_command("move_marks", *arguments, stdout=out)
    return out.getvalue()


def told(store, school):
    """Everything that a store tells of the school's lessons."""
    return [
        (
            {pk: mark_texts(history) for pk, history in store.histories(lesson.pk).items()},
            closing_text(closing) if (closing := store.closing(lesson.pk)) else None,
            store.day_tally(lesson.starts_at.date()),
        )
        for lesson in school.sessions
    ]


def test_there_and_compared_by_counts_and_hashes(school, here, there):
    said = move("--to", "dynamodb")
    assert re.search(rf"^riverside: 18 written; {VERSIONS} versions of marks in both, hash [0-9a-f]{{32}}$", said, re.M)
    assert told(there, school) == told(here, school)
    page = there.for_student(school.students[0], limit=50)
    assert len(page.marks) == LESSONS
    registers = there.registers_of_courses(school.courses, first=school.sessions[0].starts_at.date(), last=school.sessions[-1].starts_at.date())  # fmt: skip  # noqa: E501
    assert len(registers) == LESSONS - 1


@pytest.mark.thorough
def test_again_writes_nothing(school, here, there):
    move("--to", "dynamodb")
    assert "riverside: 0 written" in move("--to", "dynamodb")
    assert told(there, school) == told(here, school)


@pytest.mark.thorough
def test_and_back_into_an_empty_database(school, here, there, settings):
    move("--to", "dynamodb")
    settings.ATTENDANCE_REPOSITORY = DYNAMODB
    before = told(here, school)
    here.purge_sessions([lesson.pk for lesson in school.sessions])
    here.purge_summaries([], [lesson.starts_at.date() for lesson in school.sessions])
    assert told(here, school) != before
    move("--from", "dynamodb", "--to", "database")
    assert told(here, school) == before


@pytest.mark.thorough
def test_what_is_marked_after_the_copy_comes_with_the_next(school, here, there):
    move("--to", "dynamodb")
    lesson, sam = school.sessions[2], school.students[1]
    here.correct(mark_of(lesson, sam, status=Status.ABSENT, source=Source.HAND), expected_version=1)
    with pytest.raises(CommandError, match="1 pieces differ"):
        move("--to", "dynamodb", "--check")
    assert "1 written" in move("--to", "dynamodb")
    assert told(there, school) == told(here, school)


def test_what_was_erased_here_goes_there_too(school, here, there):
    move("--to", "dynamodb")
    here.purge_student(school.students[2])
    move("--to", "dynamodb")
    assert there.count_student(school.students[2]) == 0
    assert told(there, school)[0][0] == told(here, school)[0][0]


class Erasing:
    """A store whose student is erased, there and in the target, while a session of theirs is being copied."""

    def __init__(self, source, target, student):
        self.source, self.target, self.student, self.asked = source, target, student, 0

    def histories(self, session_id):
        found = self.source.histories(session_id)
        self.asked += 1
        if self.asked == 1:  # it was read: now the erasure passes
            self.source.purge_student(self.student)
            self.target.purge_student(self.student)
        return found

    def __getattr__(self, name):
        return getattr(self.source, name)


def test_somebody_erased_amidst_the_copy_stays_erased(school, here, there):
    sam = school.students[0]
    moving = MarksMove(school.institution, Erasing(here, there, sam), there)
    moving.copy(str(school.sessions[0].pk))
    assert there.count_student(sam) == 0
    assert set(there.histories(school.sessions[0].pk)) == set(school.students[1:])


def test_the_other_school_stays_where_it_is(school, here, there):
    with pytest.raises(CommandError, match="no school"):
        move("--to", "dynamodb", "--school", "nowhere")
    move("--to", "dynamodb", "--school", "riverside")
    assert Job.objects.get().institution == school.institution


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--to", "database"], "same store"),
        ([], "names one store: say --to"),
        (["--to", "dynamodb", "--to-options", "{"], "--to-options"),
        (["--to", "dynamodb", "--empty-source"], "still name the source"),
    ],
)
def test_what_cannot_be_meant_is_refused(school, arguments, words):
    with pytest.raises(CommandError, match=words):
        move(*arguments)


def test_a_store_that_is_away_is_asked_again_after_a_pause(school, here, there, monkeypatch):
    keep, naps, asked = DynamoAttendanceRepository.keep_histories, [], []

    def away_once(*given):
        asked.append(given)
        if len(asked) == 1:
            raise StoreUnavailable("unreachable", "The store is away.")
        return keep(*given)

    def nap(seconds):
        naps.append(seconds)
        Job.objects.update(due_at=timezone.now())

    monkeypatch.setattr(DynamoAttendanceRepository, "keep_histories", away_once)
    monkeypatch.setattr("accounts.moving.commands.time.sleep", nap)
    said = move("--to", "dynamodb")
    assert said.startswith("The store is away.")
    assert naps
    assert all(naps)
    assert told(there, school) == told(here, school)


def test_another_move_under_way_is_not_mixed_with(school, there):
    Job.objects.create(institution=school.institution, kind="marks_move", parameters={"steps": []})
    with pytest.raises(CommandError, match="another move is under way"):
        move("--to", "dynamodb")


@pytest.mark.thorough
def test_a_source_is_emptied_once_the_settings_name_the_other(school, here, there, settings):
    move("--to", "dynamodb")
    before = told(there, school)
    settings.ATTENDANCE_REPOSITORY = DYNAMODB
    assert "18 deleted from the source" in move("--from", "database", "--to", "dynamodb", "--empty-source")
    assert all(not here.histories(lesson.pk) and here.closing(lesson.pk) is None for lesson in school.sessions)
    assert told(there, school) == before


def test_a_source_in_use_is_not_emptied_whatever_else_the_settings_say_of_it(school, here, there, settings):
    move("--to", "dynamodb")
    settings.ATTENDANCE_REPOSITORY = ORM | {"OPTIONS": {"retention_days": 4000}}
    with pytest.raises(CommandError, match="still name the source"):
        move("--from", "database", "--to", "dynamodb", "--empty-source")
    with pytest.raises(CommandError, match="same store"):
        move("--to", "database", "--empty-source")


@pytest.mark.thorough
def test_what_was_marked_after_the_switch_is_not_taken_for_erased(school, here, there, settings):
    move("--to", "dynamodb")
    settings.ATTENDANCE_REPOSITORY = DYNAMODB
    new = school.lesson(school.sessions[0].starts_at + timedelta(days=30))
    there.mark_many([mark_of(new, student) for student in school.students])
    with pytest.raises(CommandError, match="1 pieces differ, and nothing was deleted there"):
        move("--from", "database", "--to", "dynamodb", "--empty-source")
    with pytest.raises(CommandError, match="would be deleted"):
        move("--from", "database", "--to", "dynamodb")
    parameters = {"source": ORM, "target": DYNAMODB, "steps": ["copy"]}  # of a copy that waited for a worker meanwhile
    waited = job_start(institution=school.institution, kind="marks_move", by=None, parameters=parameters)
    jobs_resume()
    waited.refresh_from_db()
    assert waited.state == Job.State.FAILED
    assert len(there.histories(new.pk)) == len(school.students)
    settings.ATTENDANCE_REPOSITORY = {"BACKEND": MIRRORED, "OPTIONS": {"first": DYNAMODB, "second": ORM}}
    move()
    settings.ATTENDANCE_REPOSITORY = DYNAMODB
    move("--from", "database", "--to", "dynamodb", "--empty-source")
    assert len(there.histories(new.pk)) == len(school.students)
    assert not here.histories(new.pk)


@pytest.mark.thorough
def test_a_source_that_differs_is_not_emptied(school, here, there, settings):
    move("--to", "dynamodb")
    settings.ATTENDANCE_REPOSITORY = DYNAMODB
    there.purge_student(school.students[0])
    with pytest.raises(CommandError, match="6 pieces differ"):
        move("--from", "database", "--to", "dynamodb", "--empty-source")
    assert here.count_student(school.students[0]) > 0


@pytest.mark.thorough
def test_back_to_a_store_that_was_emptied_counts_no_day_twice(school, here, there, settings):
    move("--to", "dynamodb")
    before = told(there, school)
    move("--from", "dynamodb", "--to", "database", "--empty-source")
    assert [each[2].sessions for each in told(there, school)] == [0] * LESSONS
    move("--to", "dynamodb")
    assert told(there, school) == before


# -- Both kept alike ---------------------------------------------------------------------------------------------------


@pytest.fixture
def mirrored(school, there, settings):
    settings.ATTENDANCE_REPOSITORY = {"BACKEND": MIRRORED, "OPTIONS": {"first": ORM, "second": DYNAMODB}}
    return marks_for(school.institution)


def test_writes_follow_in_the_second(school, here, there, mirrored, django_capture_on_commit_callbacks):
    lesson, sam = school.sessions[0], school.students[0]
    new = school.lesson(lesson.starts_at + timedelta(days=30))
    with django_capture_on_commit_callbacks(execute=True):
        mirrored.mark_many([mark_of(new, student) for student in school.students])
    with django_capture_on_commit_callbacks(execute=True):
        mirrored.correct(mark_of(lesson, sam, status=Status.ABSENT, source=Source.HAND), expected_version=2)
        close(mirrored, new)
    for each in (lesson, new):
        known = there.histories(each.pk)
        assert {pk: mark_texts(known[pk]) for pk in known} == {
            pk: mark_texts(here.histories(each.pk)[pk]) for pk in known
        }
    assert there.day_tally(new.starts_at.date()).sessions == 1
    move()  # from the first to the second, as the settings say
    assert told(there, school) == told(here, school)
    mirrored.purge_student(sam)
    assert mirrored.count_student(sam) == here.count_student(sam) == there.count_student(sam) == 0


def test_somebody_erased_while_the_second_is_told_stays_erased(
    school, here, there, mirrored, monkeypatch, django_capture_on_commit_callbacks
):
    """Another process erases them after the first was read, and before the second is written."""
    lesson, sam = school.sessions[0], school.students[0]
    keep, rounds = DynamoAttendanceRepository.keep_histories, []

    def late(store, session_id, histories):
        rounds.append(histories)
        if len(rounds) == 1:
            mirrored.purge_student(sam)
        return keep(store, session_id, histories)

    monkeypatch.setattr(DynamoAttendanceRepository, "keep_histories", late)
    with django_capture_on_commit_callbacks(execute=True):
        mirrored.correct(mark_of(lesson, sam, status=Status.ABSENT, source=Source.HAND), expected_version=2)
    assert here.count_student(sam) == 0
    assert there.count_student(sam) == 0


def test_a_second_that_is_away_refuses_nothing(school, here, mirrored, monkeypatch, django_capture_on_commit_callbacks):
    def away(*args):
        raise StoreUnavailable("unreachable", "away")

    monkeypatch.setattr("attendance.repositories.dynamodb.DynamoAttendanceRepository.keep_histories", away)
    lesson, sam = school.sessions[0], school.students[0]
    with django_capture_on_commit_callbacks(execute=True):
        written = mirrored.correct(mark_of(lesson, sam, status=Status.ABSENT, source=Source.HAND), expected_version=2)
    assert here.for_session(lesson.pk)[sam] == written
    monkeypatch.undo()


def test_going_back_is_to_name_the_first_again(school, here, there, settings, django_capture_on_commit_callbacks):
    """The second is the truth, the first follows: at any moment the settings may name it alone again."""
    move("--to", "dynamodb")
    settings.ATTENDANCE_REPOSITORY = {"BACKEND": MIRRORED, "OPTIONS": {"first": DYNAMODB, "second": ORM}}
    store, lesson, sam = marks_for(school.institution), school.sessions[1], school.students[1]
    with django_capture_on_commit_callbacks(execute=True):
        store.correct(mark_of(lesson, sam, status=Status.ABSENT, source=Source.HAND), expected_version=1)
    settings.ATTENDANCE_REPOSITORY = ORM
    assert marks_for(school.institution).for_session(lesson.pk)[sam].status is Status.ABSENT
    assert told(here, school) == told(there, school)


def test_aws_needs_of_two_stores(mirrored):
    from attendance.needs import needs_of_aws, uses_dynamodb

    assert uses_dynamodb("ATTENDANCE_REPOSITORY")
    assert [use.table.name for use in needs_of_aws().tables] == ["moving-marks"]
