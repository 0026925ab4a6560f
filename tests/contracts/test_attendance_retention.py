"""One contract for how long a store keeps marks."""

from datetime import timedelta

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.utils import timezone

from attendance.domain.marks import Closing
from attendance.repositories import marks_for
from attendance.repositories.dynamodb import DynamoAttendanceRepository
from portal.aws.clients import client
from tests.contracts.marks import A, P, by_hand, kinds, mark_of

DAYS = 30


@pytest.fixture
def keep(backend, settings):
    """Sets the option for the store under test: `keep(days)`."""

    def for_days(days):
        chosen = settings.ATTENDANCE_REPOSITORY
        settings.ATTENDANCE_REPOSITORY = {**chosen, "OPTIONS": {"retention_days": days}}

    return for_days


@pytest.fixture
def long_ago(here):
    """A lesson whose time is over by a minute."""
    return here.lesson(timezone.now() - timedelta(days=DAYS, minutes=1))


@pytest.fixture
def still_kept(here):
    """A lesson whose time is over in some minutes."""
    return here.lesson(timezone.now() - timedelta(days=DAYS) + timedelta(minutes=5))


@pytest.fixture
def written(here, keep, long_ago, still_kept, person):
    """Marks of both lessons with a version before them, written before anybody thought of retention."""
    keep(None)
    store = marks_for(here.institution)
    for session in (long_ago, still_kept):
        store.mark_many([mark_of(session, student) for student in here.students])
        store.correct(by_hand(session, here.students[0], person), expected_version=1)


@pytest.fixture
def store(written, keep, here):
    """The store that keeps them for thirty days."""
    keep(DAYS)
    return marks_for(here.institution)


class TestRetention:
    def test_a_schools_own_retention_counts_where_it_is_shorter(self, written, keep, here, long_ago, still_kept):
        school = here.institution
        for own, option, days in ((DAYS, None, DAYS), (DAYS, 400, DAYS), (400, DAYS, DAYS), (None, None, None)):
            school.mark_retention_days = own
            keep(option)
            store = marks_for(school)
            assert store.retention_days == days
            assert (store.for_session(long_ago.pk) == {}) is (days is not None)
            assert len(store.for_session(still_kept.pk)) == 3

    def test_no_reading_shows_what_is_past_its_time(self, store, here, long_ago, still_kept):
        student = here.students[0]
        assert store.for_session(long_ago.pk) == {}
        assert store.audit(long_ago.pk, student) == []
        assert [mark.session_id for mark in store.for_student(student).marks] == [still_kept.pk]
        assert kinds(store.for_student(student, limit=200).marks) == {here.courses[0]: {A: 1}}
        first = long_ago.starts_at.date()
        found = store.for_course(here.courses[0], first=first, last=timezone.now().date())
        assert {mark.session_id for mark in found} == {still_kept.pk}
        assert store.for_course(here.courses[0], first=first - timedelta(days=9), last=first - timedelta(days=2)) == []

    def test_the_rest_is_whole(self, store, here, still_kept):
        assert set(store.for_session(still_kept.pk)) == set(here.students)
        assert [mark.version for mark in store.audit(still_kept.pk, here.students[0])] == [1, 2]

    def test_pages_end_where_time_does(self, store, here, still_kept):
        page = store.for_student(here.students[0], limit=1)
        assert (len(page.marks), page.cursor) == (1, None)

    def test_a_cursor_from_before_its_time_leads_nowhere(self, written, keep, here, long_ago, still_kept):
        earlier = here.lesson(long_ago.starts_at - timedelta(days=1))
        marks_for(here.institution).mark_many([mark_of(earlier, here.students[0])])
        cursor = marks_for(here.institution).for_student(here.students[0], limit=2).cursor
        keep(DAYS)
        page = marks_for(here.institution).for_student(here.students[0], cursor=cursor)
        assert (page.marks, page.cursor) == ((), None)

    def test_without_the_option_everything_is_kept(self, written, here, keep, long_ago):
        keep(None)
        store = marks_for(here.institution)
        assert set(store.for_session(long_ago.pk)) == set(here.students)

    def test_the_summary_stays(self, store, long_ago):
        day = long_ago.starts_at.date()
        store.close_session(Closing(long_ago.pk, long_ago.course_id, day, {P: 3}, timezone.now(), long_ago.starts_at))
        store.purge_sessions([long_ago.pk])
        assert store.day_tally(day).counts == {P: 3}

    def test_erasure_takes_what_is_hidden_too(self, store, keep, here, long_ago):
        assert store.purge_student(here.students[0]) == 2
        keep(None)
        assert here.students[0] not in marks_for(here.institution).for_session(long_ago.pk)

    def test_dynamodb_is_told_when(self, backend, keep, here, still_kept, person):
        """Each item that names a person has `exp`: when the lesson's time is over, as the second of Unix time."""
        if backend == "orm":
            pytest.skip("only DynamoDB deletes by itself")
        keep(DAYS)
        store = marks_for(here.institution)
        store.mark_many([mark_of(still_kept, here.students[1])])
        store.correct(by_hand(still_kept, here.students[1], person), expected_version=1)
        found = client("dynamodb").query(
            TableName=store.table,
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": {"S": f"T#{here.institution.pk}#SES#{still_kept.pk}"}},
        )["Items"]
        due = (still_kept.starts_at + timedelta(days=DAYS)).timestamp()
        assert len(found) == 2
        assert all(0 <= int(item["exp"]["N"]) - due <= 1 for item in found)
        assert {table.ttl for table in DynamoAttendanceRepository.tables()} == {"exp"}

    @pytest.mark.parametrize("days", [0, -1, 1.5, "30", True])
    def test_a_retention_that_cannot_be_meant(self, keep, here, days):
        keep(days)
        with pytest.raises(ImproperlyConfigured, match="retention_days"):
            marks_for(here.institution)
