"""The same calendar read again, changed meanwhile: the school follows it, and keeps what is not in it."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.utils import timezone

from attendance.calendars.importing import import_plan, import_write
from attendance.lessons.changes import lesson_cancel, lesson_of
from attendance.lessons.timetable import sessions_plan
from attendance.models import ClassSession, DayOff, TimetableSlot
from tests.attendance.calendars.test_in import ics
from tests.attendance.lessons.test_timetable import make_slot

SEVENTH, FOURTEENTH = date(2026, 9, 7), date(2026, 9, 14)
WEEKLY = (
    "UID:a\nSUMMARY:Physics\nLOCATION:12\nDTSTART;TZID=Europe/London:20260907T090000\n"
    "DTEND;TZID=Europe/London:20260907T095000\nRRULE:FREQ=WEEKLY;UNTIL=20261214T235959Z"
)
SPRING = (
    "UID:b\nSUMMARY:Physics\nLOCATION:7\nDTSTART;TZID=Europe/London:20270104T090000\n"
    "DTEND;TZID=Europe/London:20270104T095000\nRRULE:FREQ=WEEKLY;UNTIL=20270329T235959Z"
)
EXAM = "UID:s\nSUMMARY:Exam\nDTSTART;TZID=Europe/London:20260910T090000\nDTEND;TZID=Europe/London:20260910T110000"
STRIKE = "UID:h\nSUMMARY:Strike\nDTSTART;VALUE=DATE:20260914\nDTEND;VALUE=DATE:20260915"
MOVED = (
    "UID:a\nSUMMARY:Physics\nRECURRENCE-ID;TZID=Europe/London:20260914T090000\n"
    "DTSTART;TZID=Europe/London:20260915T140000\nDTEND;TZID=Europe/London:20260915T145000"
)


@pytest.fixture(autouse=True)
def the_first_of_september(monkeypatch):
    monkeypatch.setattr(timezone, "now", lambda: datetime(2026, 9, 1, 8, tzinfo=UTC))


@pytest.fixture
def read(riverside, physics, ada):
    def read(*events, course=physics):
        plan = import_plan(institution=riverside, course=course, data=ics(*events))
        written = import_write(institution=riverside, plan=plan, by=ada.user)
        assert written == plan.changes
        again = import_plan(institution=riverside, course=course, data=ics(*events))
        assert again.changes == 0
        return plan

    return read


@pytest.fixture
def held(riverside, physics):
    """The lessons of some days as the school has them: day, hour, state."""

    def held(*days):
        for day in days:
            sessions_plan(institution=riverside, day=day)
        rows = ClassSession.objects.filter(course=physics, local_date__in=days).order_by("starts_at")
        local = [(row, timezone.localtime(row.starts_at, riverside.zone)) for row in rows]
        return [(f"{at:%d %b}", f"{at:%H:%M}", row.state) for row, at in local]

    return held


class TestTwoTerms:
    DAYS = (SEVENTH, date(2026, 12, 14), date(2027, 1, 4))

    def has_both(self, held):
        assert [day for day, _hour, _state in held(*self.DAYS)] == ["07 Sep", "14 Dec", "04 Jan"]
        assert TimetableSlot.objects.count() == 2

    def test_in_one_file(self, read, held):
        read(WEEKLY, SPRING)
        self.has_both(held)

    def test_in_a_later_file_and_the_preview_says_that_the_first_stays(self, read, held):
        read(WEEKLY)
        held(*self.DAYS)
        plan = read(SPRING)
        assert [each.words for each in plan.kept] == ["Monday 09:00–09:50, 7 Sep 2026 – 14 Dec 2026"]
        self.has_both(held)

    def test_the_first_file_again_after_the_second(self, read, held):
        read(WEEKLY)
        read(SPRING)
        assert read(WEEKLY).changes == 0
        self.has_both(held)


class TestFollowed:
    def test_an_exception_taken_back(self, read, held):
        read(WEEKLY + "\nEXDATE;TZID=Europe/London:20260914T090000")
        assert held(FOURTEENTH) == [("14 Sep", "09:00", "cancelled")]
        read(WEEKLY)
        assert held(FOURTEENTH) == [("14 Sep", "09:00", "scheduled")]

    def test_a_move_taken_back(self, read, held):
        read(WEEKLY, MOVED)
        tuesday = FOURTEENTH + timedelta(days=1)
        assert held(FOURTEENTH, tuesday) == [("15 Sep", "14:00", "scheduled")]
        read(WEEKLY)
        assert held(FOURTEENTH, tuesday) == [("14 Sep", "09:00", "scheduled")]

    def test_another_hour(self, read, held):
        read(WEEKLY)
        slot = TimetableSlot.objects.get()
        held(FOURTEENTH)
        [step] = read(WEEKLY.replace("T090000", "T100000").replace("T095000", "T105000")).weekly
        assert (step.step, step.was) == ("change", "09:00–09:50")
        assert TimetableSlot.objects.get().pk == slot.pk
        assert held(FOURTEENTH) == [("14 Sep", "10:00", "scheduled")]

    def test_two_series_change_hours_with_one_another(self, read, held):
        other = WEEKLY.replace("UID:a", "UID:z").replace("T090000", "T110000").replace("T095000", "T115000")
        read(WEEKLY, other)
        first = TimetableSlot.objects.get(starts="09:00")
        read(WEEKLY.replace("UID:a", "UID:z"), other.replace("UID:z", "UID:a"))
        assert TimetableSlot.objects.count() == 2
        assert TimetableSlot.objects.get(starts="11:00").pk == first.pk

    def test_another_weekday_and_one_weekday_less(self, read, held):
        read(WEEKLY + ";BYDAY=MO,TU")
        plan = read(WEEKLY + ";BYDAY=MO")
        assert [each.words[:7] for each in plan.dropped] == ["Tuesday"]
        assert held(FOURTEENTH, FOURTEENTH + timedelta(days=1)) == [("14 Sep", "09:00", "scheduled")]

    def test_a_single_lesson_moved(self, read, held):
        read(EXAM)
        before = ClassSession.objects.get().pk
        [step] = read(EXAM.replace("T090000", "T130000").replace("T110000", "T150000")).lessons
        assert (step.step, step.was) == ("change", "Thu 10 Sep 2026, 09:00")
        assert held(date(2026, 9, 10)) == [("10 Sep", "13:00", "scheduled")]
        assert ClassSession.objects.get().pk == before

    def test_a_single_lesson_cancelled_and_held_after_all(self, read, held):
        read(EXAM)
        plan = read(EXAM + "\nSTATUS:CANCELLED")
        assert [each.words for each in plan.dropped] == ["Thu 10 Sep 2026, 09:00 · Exam"]
        assert held(date(2026, 9, 10)) == [("10 Sep", "09:00", "cancelled")]
        read(EXAM)
        assert held(date(2026, 9, 10)) == [("10 Sep", "09:00", "scheduled")]

    def test_a_series_cancelled(self, read, held):
        read(WEEKLY)
        held(SEVENTH)
        read(WEEKLY + "\nSTATUS:CANCELLED")
        assert held(SEVENTH, FOURTEENTH) == []

    @pytest.mark.parametrize("of_the_school", [True, False])
    def test_a_holiday_moved_and_cancelled(self, read, physics, of_the_school):
        course = None if of_the_school else physics
        read(STRIKE, course=course)
        read(STRIKE.replace("0914", "0921").replace("0915", "0922"), course=course)
        assert DayOff.objects.get().first_day == date(2026, 9, 21)
        plan = read(STRIKE + "\nSTATUS:CANCELLED", course=course)
        assert [each.words[:6] for each in plan.dropped] == ["Strike"]
        assert not DayOff.objects.exists()


class TestKept:
    def test_what_the_file_has_no_more_is_told_and_stays(self, read, held):
        read(WEEKLY, EXAM)
        plan = read(WEEKLY)
        assert [each.words for each in plan.kept] == ["Thu 10 Sep 2026, 09:00 · Exam"]
        assert held(date(2026, 9, 10)) == [("10 Sep", "09:00", "scheduled")]

    def test_a_lesson_cancelled_by_hand_stays_cancelled(self, read, held, ada):
        read(WEEKLY)
        session = lesson_of(slot=TimetableSlot.objects.select_related("course", "institution").get(), day=FOURTEENTH)
        lesson_cancel(session=session, reason="Theatre", by=ada.user)
        read(WEEKLY)
        assert held(FOURTEENTH) == [("14 Sep", "09:00", "cancelled")]

    def test_an_event_that_cannot_be_read_takes_nothing_away(self, read, held):
        read(EXAM)
        plan = read("UID:s\nSUMMARY:Exam\nDTSTART:garbage")
        assert (plan.dropped, plan.kept) == ((), ())
        assert held(date(2026, 9, 10)) == [("10 Sep", "09:00", "scheduled")]

    def test_a_lesson_typed_in_by_hand_becomes_the_files(self, read, physics):
        slot = make_slot(physics, first_day=date(2026, 8, 1))
        read(WEEKLY)
        assert TimetableSlot.objects.get().pk == slot.pk

    def test_another_schools_rows_with_the_same_uid(self, read, hilltop):
        DayOff.objects.create(institution=hilltop, name="Strike", first_day=FOURTEENTH, last_day=FOURTEENTH, uid="h")
        read(STRIKE, course=None)
        plan = read(STRIKE + "\nSTATUS:CANCELLED", course=None)
        assert len(plan.dropped) == 1
        assert DayOff.objects.get().institution == hilltop
