"""The DynamoDB stores with lost answers, half-done batches, and a service that refuses or is unavailable."""

from datetime import date, timedelta
from uuid import uuid4

import pytest

from accounts.pending import pending
from attendance.domain.marks import Closing, DayTally
from attendance.domain.statuses import Source
from attendance.repositories import marks_for
from attendance.repositories.base import StoreUnavailable
from enrollment.domain.faces import EngineUnavailable
from enrollment.repositories import face_ids_for
from enrollment.repositories.base import FaceIdsUnavailable
from portal.aws import clients
from tests.aws.servers import free_port
from tests.contracts.conftest import FIRST_LESSON
from tests.contracts.marks import A, P, by_hand, mark_of
from tests.contracts.proxy import Proxy

pytestmark = pytest.mark.aws_local
DAY = date(2026, 3, 2)


@pytest.fixture
def proxy(ministack, stores_on_ministack, aws_endpoint):
    with Proxy(ministack.url) as running:
        aws_endpoint("dynamodb", running.url)
        yield running


@pytest.fixture
def impatient(monkeypatch):
    """Clients that try once: what they meet is final."""
    monkeypatch.setattr(clients, "RETRIES", {"mode": "standard", "total_max_attempts": 1})
    clients.forget_clients()


@pytest.fixture
def away(stores_on_ministack, impatient, aws_endpoint):
    """Nothing listens where DynamoDB should be."""
    aws_endpoint("dynamodb", f"http://127.0.0.1:{free_port()}")


@pytest.fixture
def marks(proxy, here):
    return marks_for(here.institution)


@pytest.fixture
def face_ids(proxy, here):
    return face_ids_for(here.institution)


class TestLostAnswers:
    """The call is repeated, and meets what it has itself written."""

    def test_of_first_marks(self, proxy, marks, here, lesson):
        proxy.plan("PutItem", None, "lost", "lost")  # the first one notes the month
        written = marks.mark_many([mark_of(lesson, student) for student in here.students])
        assert {(mark.student_id, mark.version) for mark in written} == {(student, 1) for student in here.students}
        assert proxy.calls["PutItem"] == 6
        assert all(len(marks.audit(lesson.pk, student)) == 1 for student in here.students)

    def test_of_a_first_mark_by_hand(self, proxy, marks, here, lesson, person):
        proxy.plan("PutItem", None, "lost")
        written = marks.correct(by_hand(lesson, here.students[0], person), expected_version=0)
        assert marks.audit(lesson.pk, here.students[0]) == [written]

    def test_of_a_correction(self, proxy, marks, here, lesson, person):
        marks.mark_many([mark_of(lesson, here.students[0])])
        proxy.plan("TransactWriteItems", "lost")
        written = marks.correct(by_hand(lesson, here.students[0], person), expected_version=1)
        assert written.version == 2
        assert [mark.version for mark in marks.audit(lesson.pk, here.students[0])] == [1, 2]
        assert proxy.calls["TransactWriteItems"] == 2

    def test_of_a_closing(self, proxy, marks, lesson):
        proxy.plan("TransactWriteItems", "lost")
        marks.close_session(Closing(lesson.pk, lesson.course_id, DAY, {P: 3, A: 1}, FIRST_LESSON, FIRST_LESSON))
        assert marks.day_tally(DAY) == DayTally(1, {P: 3, A: 1})

    def test_of_a_closing_that_gave_up(self, proxy, impatient, marks, lesson):
        """Closing again, after the error, counts nothing twice."""
        closing = Closing(lesson.pk, lesson.course_id, DAY, {P: 3, A: 1}, FIRST_LESSON, FIRST_LESSON)
        proxy.plan("TransactWriteItems", "lost")
        with pytest.raises(StoreUnavailable):
            marks.close_session(closing)
        marks.close_session(closing)
        assert marks.day_tally(DAY) == DayTally(1, {P: 3, A: 1})


class TestHalfDone:
    def test_transactions_that_collide_are_repeated(self, proxy, marks, here, lesson, person):
        marks.mark_many([mark_of(lesson, here.students[0])])
        proxy.plan("TransactWriteItems", "conflict", "conflict")
        assert marks.correct(by_hand(lesson, here.students[0], person), expected_version=1).version == 2

    def test_an_erasure_whose_batches_come_back_half_done(self, proxy, marks, here, person):
        for day in range(15):
            session = here.lesson(FIRST_LESSON + timedelta(days=day))
            marks.mark_many([mark_of(session, here.students[0])])
            marks.correct(by_hand(session, here.students[0], person), expected_version=1)
        proxy.plan("BatchWriteItem", "left", "left", "left")
        assert marks.purge_student(here.students[0]) == 15
        assert all(marks.audit(session.pk, here.students[0]) == [] for session in here.sessions)
        assert proxy.calls["BatchWriteItem"] == 5  # 30 items are two batches

    def test_batches_that_never_finish_are_an_error(self, proxy, marks, here, lesson):
        marks.mark_many([mark_of(lesson, student) for student in here.students])
        proxy.plan("BatchWriteItem", "left", "…")
        with pytest.raises(StoreUnavailable) as refused:
            marks.purge_student(here.students[0])
        assert (refused.value.code, refused.value.retryable) == ("throttled", True)

    def test_some_marks_written_some_refused(self, proxy, impatient, marks, here, lesson):
        """The call fails as a whole; repeating it writes the rest, and nothing twice."""
        all_of_them = [mark_of(lesson, student) for student in here.students]
        proxy.plan("PutItem", None, None, "throttled", None)
        with pytest.raises(StoreUnavailable) as refused:
            marks.mark_many(all_of_them)
        assert refused.value.code == "throttled"
        assert len(marks.for_session(lesson.pk)) == 2
        assert len(marks.mark_many(all_of_them)) == 1
        assert all(len(marks.audit(lesson.pk, student)) == 1 for student in here.students)

    def test_faces_asked_for_and_forgotten_in_halves(self, proxy, face_ids, here):
        for n in range(6):
            face_ids.put(f"face-{n}", here.students[0])
        names = [f"face-{n}" for n in range(6)]
        proxy.plan("BatchGetItem", "left")
        proxy.plan("BatchWriteItem", "left")
        assert set(face_ids.get_many(names)) == set(names)
        face_ids.remove(names)
        assert face_ids.get_many(names) == {}


class TestAway:
    @pytest.mark.parametrize("act", ["throttled", "denied", "failing"])
    def test_refusals_say_what_they_are(self, proxy, impatient, marks, lesson, act):
        proxy.plan("Query", act)
        with pytest.raises(StoreUnavailable) as refused:
            marks.for_session(lesson.pk)
        assert (refused.value.code, refused.value.retryable) == (act, True)

    def test_a_table_that_is_missing(self, marks, here, lesson, settings):
        settings.ATTENDANCE_REPOSITORY = {**settings.ATTENDANCE_REPOSITORY, "OPTIONS": {"table": "nowhere"}}
        with pytest.raises(StoreUnavailable) as refused:
            marks_for(here.institution).for_session(lesson.pk)
        assert (refused.value.code, refused.value.retryable) == ("refused", False)

    @pytest.mark.parametrize(
        "act",
        [
            lambda store, mark: store.mark_many([mark]),
            lambda store, mark: store.correct(mark, expected_version=0),
            lambda store, mark: store.correct(mark, expected_version=1),
            lambda store, mark: store.for_session(mark.session_id),
            lambda store, mark: store.for_student(mark.student_id),
            lambda store, mark: store.for_course(mark.course_id, first=DAY, last=DAY),
            lambda store, mark: store.audit(mark.session_id, mark.student_id),
            lambda store, mark: store.purge_student(mark.student_id),
            lambda store, mark: store.day_tally(DAY),
            lambda store, mark: store.for_sessions([mark.session_id]),
            lambda store, mark: store.marks_of_day(DAY, closed={mark.session_id}, others=()),
            lambda store, mark: store.registers_of_courses([mark.course_id], first=DAY, last=DAY),
            lambda store, mark: store.student_marks_in(mark.student_id, [mark.session_id]),
            lambda store, mark: store.marks_of_student(mark.student_id, first=mark.held_at, last=mark.held_at),
            lambda store, mark: store.close_session(
                Closing(mark.session_id, mark.course_id, DAY, {}, mark.held_at, mark.held_at)
            ),
        ],
    )
    def test_every_call_of_the_marks_says_so(self, away, here, lesson, person, act):
        with pytest.raises(StoreUnavailable) as refused:
            act(marks_for(here.institution), by_hand(lesson, here.students[0], person))
        assert (refused.value.code, refused.value.retryable) == ("unreachable", True)
        assert "try again in a minute" in str(refused.value)

    @pytest.mark.parametrize(
        "act",
        [
            lambda store: store.put("face-1", uuid4()),
            lambda store: store.get_many(["face-1"]),
            lambda store: store.for_student(uuid4()),
            lambda store: store.remove(["face-1"]),
            lambda store: store.purge_student(uuid4()),
        ],
    )
    def test_every_call_of_the_face_ids_says_so(self, away, here, act):
        with pytest.raises(FaceIdsUnavailable) as refused:
            act(face_ids_for(here.institution))
        assert (refused.value.code, refused.value.retryable) == ("unreachable", True)
        assert isinstance(refused.value, EngineUnavailable)


class TestCalls:
    """Number of requests an operation takes: a webcam's repetitions every second must not be paid for every second."""

    def test_a_first_picture_reads_nothing_and_a_repeated_one_writes_nothing(self, proxy, marks, here, lesson):
        pictured = [mark_of(lesson, student) for student in here.students]
        marks.mark_many(pictured)
        assert proxy.calls == {"PutItem": 4}  # the month is noted once
        proxy.calls.clear()
        marks.mark_many(pictured)
        assert proxy.calls == {"Query": 1}

    def test_whom_another_process_marked_is_met_by_the_puts(self, proxy, marks, here, lesson, person):
        """This one has not read the register: each refusal tells what stands there."""
        hand, closed, free = here.students
        marks.correct(by_hand(lesson, hand, person), expected_version=0)
        marks.correct(mark_of(lesson, closed, A, Source.CLOSE, actor_id=person), expected_version=0)
        proxy.calls.clear()
        written = marks.mark_many([mark_of(lesson, student) for student in here.students])
        assert {(mark.student_id, mark.version) for mark in written} == {(closed, 2), (free, 1)}
        assert proxy.calls == {"PutItem": 3, "TransactWriteItems": 1}


class TestUnits:
    """The cost of calls is counted for the institution, in AWS's own units."""

    @pytest.fixture
    def units(self, stores_on_ministack, here):
        def taken():
            counts = pending.take()
            return {key.operation: n for key, n in counts.items() if key.institution_id == here.institution.pk}

        taken()
        return taken

    def test_marks(self, units, here, lesson, person):
        store = marks_for(here.institution)
        store.mark_many([mark_of(lesson, student) for student in here.students])
        assert units()["WriteUnits"] == pytest.approx(3 * 3 + 1)  # each with two indexes; the month
        store.for_session(lesson.pk)
        assert set(units()) == {"ReadUnits"}
        store.correct(by_hand(lesson, here.students[0], person), expected_version=1)
        assert units()["WriteUnits"] >= 4

    def test_face_ids(self, units, here):
        face_ids_for(here.institution).put("face-1", here.students[0])
        assert units()["WriteUnits"] == pytest.approx(2)
        face_ids_for(here.institution).for_student(here.students[0])  # ministack tells no units of a BatchGetItem
        assert units() == {"ReadUnits": pytest.approx(0.5)}
