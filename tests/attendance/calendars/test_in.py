"""Calendar files from elsewhere: what is understood, what is left out and why, and that twice is once."""

import contextlib
import random
import time as clock
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import pytest
from django.core import signing
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from attendance.calendars.errors import CalendarFileError
from attendance.calendars.ics_in import MOST_BYTES, MOST_EVENTS, calendar_read
from attendance.calendars.ics_out import calendar_bytes
from attendance.calendars.importing import import_plan, import_write
from attendance.lessons.coming import lessons_between
from attendance.lessons.timetable import lesson_times, sessions_plan
from attendance.models import ClassSession, DayOff, TimetableSlot
from attendance.register.sessions import session_open
from enrollment.models import Course
from tests.attendance.lessons.test_timetable import make_day_off, make_slot

TODAY = date(2026, 3, 1)  # a Sunday
LONDON = ZoneInfo("Europe/London")
WEEKLY = "DTSTART;TZID=Europe/London:20260302T090000\nDTEND;TZID=Europe/London:20260302T095000\nRRULE:FREQ=WEEKLY"

CHANGED = "UID:a\nRECURRENCE-ID;RANGE=THISANDFUTURE:20260413T090000\nDTSTART:20260413T110000\nDURATION:PT50M"
SEED, DAMAGED = 20261201, 1_000  # files
WORDS = [
    b"DTSTART", b"DTEND", b"RRULE", b"TZID=", b"Europe", b"VALUE=DATE", b"VALUE=TIME", b"VALUE=PERIOD",
    b"RECURRENCE-ID", b":", b";", b"=", b"\r\n", b"\r\n ", b'"', b",", b"\\", b"BEGIN:", b"END:", b"VEVENT",
    b"FREQ", b"UNTIL", b"9" * 14, b"-1", b"\xff", b"\0", b"\xe2\x80\xa8", b"\x0b", b"\x1d",
]  # fmt: skip


@pytest.fixture(autouse=True)
def the_first_of_march(monkeypatch):
    monkeypatch.setattr(timezone, "now", lambda: datetime(2026, 3, 1, 12, tzinfo=UTC))


def ics(*events):
    """A calendar of these events, each its lines; UID and SUMMARY are added where they are missing."""
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Elsewhere//EN"]
    for number, event in enumerate(events):
        uid = [] if "UID:" in event else [f"UID:event-{number}"]
        lines += ["BEGIN:VEVENT", *uid, "DTSTAMP:20260101T000000Z", *event.split("\n"), "END:VEVENT"]
    return "\r\n".join([*lines, "END:VCALENDAR", ""]).encode()


def read(*events, zone=LONDON):
    return calendar_read(ics(*events), zone=zone, today=TODAY)


def why(*events):
    found = read(*events)
    assert [found.days, found.weekly, found.lessons] == [[], [], []]
    return [each.why for each in found.left_out]


def damaged(chance):
    """A sound calendar file with one to six bytes, words or stretches changed, added, repeated or taken away."""
    data = bytearray(
        ics(f"{WEEKLY};UNTIL=20260601T000000Z\nUID:a\nLOCATION:R1", CHANGED, "DTSTART;VALUE=DATE:20260501")
    )
    for _ in range(chance.randint(1, 6)):
        at, way = chance.randrange(60, len(data)), chance.random()
        if way < 0.3:
            data[at] = chance.randrange(256)
        elif way < 0.6:
            data[at:at] = chance.choice(WORDS)
        elif way < 0.8:
            del data[at : at + chance.randint(1, 30)]
        else:
            other = chance.randrange(60, len(data))
            data[at:at] = data[other : other + chance.randint(1, 60)]
    return bytes(data)


class TestDaysOff:
    @pytest.mark.parametrize(
        ("lines", "first", "last"),
        [
            ("DTSTART;VALUE=DATE:20260406\nDTEND;VALUE=DATE:20260418", (4, 6), (4, 17)),
            ("DTSTART;VALUE=DATE:20260406", (4, 6), (4, 6)),
            ("DTSTART;VALUE=DATE:20260406\nDURATION:P3D", (4, 6), (4, 8)),
            ("DTSTART:20260406T000000\nDTEND:20260408T000000", (4, 6), (4, 7)),
            ("DTSTART:20260406T000000\nDTEND:20260407T235900", (4, 6), (4, 7)),
            ("DTSTART;VALUE=DATE:20260215\nDTEND;VALUE=DATE:20260303", (2, 15), (3, 2)),  # has begun
            ("DTSTART:20260329T000000\nDTEND:20260330T000000", (3, 29), (3, 29)),  # the day of 23 hours
        ],
    )
    def test_whole_days(self, lines, first, last):
        [days] = read(f"SUMMARY:Easter\n{lines}").days
        assert (days.name, days.first, days.last) == ("Easter", date(2026, *first), date(2026, *last))

    def test_every_year_again(self):
        days = read("DTSTART;VALUE=DATE:20101225\nRRULE:FREQ=YEARLY\nSUMMARY:Christmas").days
        assert [(each.first, each.name) for each in days] == [(date(2026, 12, 25), "Christmas")]

    def test_what_is_over_or_endless(self):
        assert why("DTSTART;VALUE=DATE:20260101") == ["it is over, or more than a year away"]
        assert why("DTSTART;VALUE=DATE:20260301\nDTEND;VALUE=DATE:20270101") == ["it lasts longer than 120 days"]


class TestWeeklyLessons:
    def test_two_weekdays_of_one_series(self):
        found = read(f"{WEEKLY};BYDAY=MO,TH;UNTIL=20260701T225959Z\nLOCATION:12")
        says = [(each.weekday, each.starts, each.ends, each.room, each.first, each.last) for each in found.weekly]
        assert says == [
            (0, time(9), time(9, 50), "12", date(2026, 3, 2), date(2026, 7, 1)),
            (3, time(9), time(9, 50), "12", date(2026, 3, 5), date(2026, 7, 1)),
        ]
        assert [found.lessons, found.left_out] == [[], []]

    @pytest.mark.parametrize("until", ["20260316", "20260316T090000Z", "20260316T090000"])
    def test_until_a_day_includes_that_days_lesson(self, until):
        [weekly] = read(f"{WEEKLY};UNTIL={until}").weekly
        assert (weekly.last, weekly.cancelled) == (date(2026, 3, 16), ())

    def test_until_an_instant_before_the_days_lesson(self):
        [weekly] = read(f"{WEEKLY};UNTIL=20260316T000000Z").weekly
        assert (weekly.last, weekly.cancelled) == (date(2026, 3, 15), ())

    def test_until_a_day_for_other_repetitions(self):
        lessons = read("DTSTART:20260302T090000\nDURATION:PT50M\nRRULE:FREQ=WEEKLY;INTERVAL=2;UNTIL=20260316").lessons
        assert [each.when.day.day for each in lessons] == [2, 16]

    def test_over_midnight(self):
        [weekly] = read("DTSTART:20260302T223000\nDTEND:20260303T003000\nRRULE:FREQ=WEEKLY").weekly
        assert (weekly.starts, weekly.ends, weekly.cancelled) == (time(22, 30), time(0, 30), ())

    def test_without_an_end_and_so_many_times(self):
        assert read(WEEKLY).weekly[0].last is None
        assert read(f"{WEEKLY};COUNT=3").weekly[0].last == date(2026, 3, 16)

    def test_weeks_without_it(self):
        [weekly] = read(f"{WEEKLY};COUNT=5\nEXDATE;TZID=Europe/London:20260309T090000,20260323T090000").weekly
        assert weekly.cancelled == (date(2026, 3, 9), date(2026, 3, 23))

    def test_one_that_moves_and_one_that_is_cancelled(self):
        moved = (
            "UID:event-0\nRECURRENCE-ID;TZID=Europe/London:20260309T090000\n"
            "DTSTART;TZID=Europe/London:20260310T140000\nDTEND;TZID=Europe/London:20260310T150000\nLOCATION:Hall"
        )
        off = (
            "UID:event-0\nRECURRENCE-ID;TZID=Europe/London:20260316T090000\nSTATUS:CANCELLED\n"
            "DTSTART;TZID=Europe/London:20260316T090000\nDTEND;TZID=Europe/London:20260316T095000"
        )
        [weekly] = read(f"{WEEKLY};COUNT=5", moved, off).weekly
        assert weekly.cancelled == (date(2026, 3, 16),)
        [(day, to)] = weekly.moved
        assert (day, to.day, to.starts, to.ends, to.room) == (
            date(2026, 3, 9), date(2026, 3, 10), time(14), time(15), "Hall",
        )  # fmt: skip

    def test_through_both_nights_it_stays_at_its_time_of_the_wall(self):
        [weekly] = read(WEEKLY).weekly
        assert (weekly.starts, weekly.cancelled, weekly.moved) == (time(9), (), ())

    def test_by_another_zones_clocks_it_is_no_weekly_lesson_here(self):
        """09:00 UTC is nine o'clock in London's winter and ten in its summer: each lesson for itself."""
        found = read("DTSTART:20260316T090000Z\nDURATION:PT50M\nRRULE:FREQ=WEEKLY;COUNT=4")
        assert not found.weekly
        assert [each.when.starts for each in found.lessons] == [time(9), time(9), time(10), time(10)]

    def test_by_a_zone_without_change_of_clocks_it_is_one(self):
        [weekly] = read(WEEKLY.replace("Europe/London", "UTC"), zone=ZoneInfo("Asia/Kolkata")).weekly
        assert (weekly.starts, weekly.weekday) == (time(14, 30), 0)

    @pytest.mark.parametrize("rule", ["FREQ=WEEKLY;INTERVAL=2;COUNT=2", "FREQ=DAILY;COUNT=2", "FREQ=MONTHLY;COUNT=2"])
    def test_other_repetitions_are_single_lessons(self, rule):
        found = read(f"DTSTART:20260302T090000\nDURATION:PT50M\nRRULE:{rule}")
        assert (len(found.lessons), found.weekly) == (2, [])


class TestThisAndAllThatFollow:
    LATER = (
        "UID:event-0\nRECURRENCE-ID;RANGE=THISANDFUTURE;TZID=Europe/London:20260316T090000\n"
        "DTSTART;TZID=Europe/London:20260317T110000\nDTEND;TZID=Europe/London:20260317T115000\nLOCATION:Lab"
    )

    def test_two_weekly_lessons_one_after_the_other(self):
        first, then = read(f"{WEEKLY};COUNT=8", self.LATER).weekly
        assert (first.weekday, first.starts, first.last, first.cancelled) == (0, time(9), date(2026, 3, 9), ())
        assert (then.weekday, then.starts, then.room, then.first) == (1, time(11), "Lab", date(2026, 3, 17))
        assert (then.last, then.cancelled, then.moved) == (date(2026, 4, 21), (), ())

    def test_its_exceptions(self):
        off = "EXDATE;TZID=Europe/London:20260323T090000"
        _first, then = read(f"{WEEKLY};COUNT=8\n{off}", self.LATER).weekly
        assert then.cancelled == (date(2026, 3, 24),)

    def test_every_other_week(self):
        lessons = read(f"{WEEKLY};INTERVAL=2;COUNT=4", self.LATER).lessons
        days = [(each.when.day.day, each.when.starts.hour) for each in lessons]
        assert days == [(2, 9), (17, 11), (31, 11), (14, 11)]

    def test_all_that_follow_are_cancelled(self):
        [first] = read(f"{WEEKLY};COUNT=8", f"{self.LATER}\nSTATUS:CANCELLED").weekly
        assert (first.last, first.cancelled) == (date(2026, 3, 9), ())

    def test_of_whole_days_it_is_said(self):
        later = "UID:event-0\nRECURRENCE-ID;RANGE=THISANDFUTURE;VALUE=DATE:20260316\nDTSTART;VALUE=DATE:20260317"
        found = read("DTSTART;VALUE=DATE:20260302\nRRULE:FREQ=WEEKLY;COUNT=8", later)
        assert [each.why for each in found.left_out] == [
            "a change of all its later days is not followed: change them here"
        ]


class TestSingleLessons:
    @pytest.mark.parametrize(
        ("start", "expected"),
        [
            ("DTSTART:20260702T100000", time(10)),  # no zone: the school's own
            ("DTSTART;TZID=Nowhere/Land:20260702T100000", time(10)),
            ("DTSTART:20260702T090000Z", time(10)),
            ("DTSTART;TZID=Europe/Berlin:20260702T110000", time(10)),
            ('DTSTART;TZID="W. Europe Standard Time":20260702T110000', time(10)),  # as Outlook calls Berlin
        ],
    )
    def test_zones(self, start, expected):
        [lesson] = read(f"{start}\nDURATION:PT45M\nSUMMARY:Revision").lessons
        assert (lesson.when.day, lesson.when.starts, lesson.name) == (date(2026, 7, 2), expected, "Revision")

    def test_both_times_of_the_hour_that_comes_twice(self, riverside, physics, tess):
        data = ics("DTSTART:20261025T003000Z\nDURATION:PT20M", "DTSTART:20261025T013000Z\nDURATION:PT20M")
        plan = import_plan(institution=riverside, course=physics, data=data)
        assert import_write(institution=riverside, plan=plan, by=tess.user) == 2
        starts = ClassSession.objects.order_by("starts_at").values_list("starts_at", flat=True)
        assert [(each.hour, each.minute) for each in starts] == [(0, 30), (1, 30)]


class TestWhatIsLeftOut:
    @pytest.mark.parametrize(
        ("lines", "expected"),
        [
            ("SUMMARY:x", "its times cannot be read"),
            ("DTSTART:garbage", "its times cannot be read"),
            ("DTSTART:20260302T100000\nDTEND:20260302T090000", "it has no length"),
            ("DTSTART:20260302T100000\nRRULE:FREQ=SOMETIMES", "its times cannot be read"),
            ("DTSTART:20260302T100000", "it has no length"),
            ("DTSTART:20260302T230000\nDURATION:PT13H", "it lasts longer than twelve hours"),
            ("DTSTART:20260302T100000\nDURATION:P999999999D", "its times cannot be read"),
            ("DTSTART:20260302T100000\nDURATION:-P999999999D", "it has no length"),
            (
                "DTSTART;VALUE=DATE:20260302\nDURATION:P999999999D\nRRULE:FREQ=WEEKLY",
                "its repetition cannot be followed",
            ),
            ("DTSTART:20260302T100000\nDTSTART:20260303T100000\nDURATION:PT1H", "its times cannot be read"),
            ("DTSTART:20260302T100000\nDTEND:20260302T110000\nDTEND:20260302T120000", "its times cannot be read"),
            ("DTSTART:20260302T100000\nDURATION:PT1H\nDURATION:PT2H", "its times cannot be read"),
            ("DTSTART;VALUE=TIME:100000\nDURATION:PT1H", "its times cannot be read"),
            (f"{WEEKLY}\nRECURRENCE-ID:20260302T090000\nRECURRENCE-ID:20260309T090000", "its times cannot be read"),
            (f"{WEEKLY}\nRECURRENCE-ID;VALUE=TEXT:20260302T090000", "its times cannot be read"),
            (f"{WEEKLY}\nRECURRENCE-ID;RANGE=THISANDFUTURE;VALUE=TIME:090000", "its times cannot be read"),
            (
                f"{WEEKLY}\nRECURRENCE-ID;RANGE=THISANDFUTURE;VALUE=PERIOD:20260302T090000Z/PT1H",
                "its times cannot be read",
            ),
            (f"{WEEKLY};UNTIL=090000", "its repetition cannot be followed"),
            ("DTSTART:20260302T100000\nDURATION:PT1H\nSTATUS:CANCELLED", "it is cancelled in the file"),
            ("DTSTART:20260302T100000\nDURATION:PT1M\nRRULE:FREQ=SECONDLY", "it repeats within a day"),
            ("DTSTART:20260302T100000\nDURATION:PT1M\nRRULE:FREQ=DAILY;BYMINUTE=1,2,3", "it repeats within a day"),
            ("DTSTART:00010302T100000\nDURATION:PT1H\nRRULE:FREQ=DAILY", "it began too long ago"),
            ("DTSTART:20280302T100000\nDURATION:PT1H", "it is over, or more than a year away"),
        ],
    )
    def test_says_why(self, lines, expected):
        assert why(lines) == [expected]

    def test_and_keeps_nothing_else_back(self):
        found = read("DTSTART:garbage\nSUMMARY:Bad", "DTSTART;VALUE=DATE:20260406\nSUMMARY:Good")
        assert [each.name for each in found.days] == ["Good"]
        assert [each.name for each in found.left_out] == ["Bad"]


class TestBadFiles:
    @pytest.mark.parametrize(
        ("data", "words"),
        [
            (b"", "empty"),
            (b"\x89PNG\r\n\x1a\n", "not a calendar file"),
            (b"name,first,last\r\n", "not a calendar file"),
            ("BEGIN:VCALENDAR".encode("utf-16"), "not a calendar file"),
            (b"BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n", "no event"),
            (ics("DTSTART:20260302T100000")[:80], "no event"),
            (b"BEGIN:VCALENDAR\r\nthis is no line\r\nEND:VCALENDAR", "damaged"),
            (ics("DTSTART;TZID=Europe:20260302T100000"), "damaged"),  # a folder of zones
            (ics(f"DTSTART;TZID={'x' * 300}:20260302T100000"), "damaged"),  # longer than a file's name may be
            (b"BEGIN:VCALENDAR" + b" " * MOST_BYTES, "larger than 1 MB"),
            (ics(*["DTSTART:20260302T100000"] * (MOST_EVENTS + 1)), "more than 2000 events"),
            (
                ics(*[f"DTSTART:2026030{n}T100000\nDURATION:PT1H\nRRULE:FREQ=DAILY" for n in range(1, 10)]),
                "more than 3000",
            ),
        ],
        ids=lambda value: value if isinstance(value, str) else "",
    )
    def test_one_clear_sentence(self, data, words):
        with pytest.raises(CalendarFileError, match=words) as caught:
            calendar_read(data, zone=LONDON, today=TODAY)
        assert str(caught.value).endswith(".")

    @pytest.mark.thorough
    def test_of_a_thousand_damaged_files_each_is_read_or_refused_in_one_sentence(self, monkeypatch):
        monkeypatch.setattr("attendance.calendars.ics_in.MOST_SECONDS", 0.05)
        chance = random.Random(SEED)
        for _ in range(DAMAGED):
            data = damaged(chance)
            with contextlib.suppress(CalendarFileError):  # and nothing else
                calendar_read(data, zone=LONDON, today=TODAY)

    @pytest.mark.parametrize(
        "rule",
        [
            "FREQ=DAILY;BYSETPOS=366",
            "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30;COUNT=5",
            "FREQ=YEARLY;BYYEARDAY=" + ",".join(map(str, range(1, 367))) + ";BYSETPOS=366;BYMONTH=2;BYMONTHDAY=30",
        ],
    )
    def test_rules_that_never_match(self, rule, monkeypatch):
        """Interrupted within the library's own search, so that no event costs more of the processor than that."""
        monkeypatch.setattr("attendance.calendars.ics_in.MOST_SECONDS", 0.2)
        before = clock.thread_time()
        with pytest.raises(CalendarFileError, match="too long"):
            read(f"DTSTART:20260302T100000\nDURATION:PT1H\nRRULE:{rule}")
        assert clock.thread_time() - before < 2

    def test_rules_that_are_searched_for_until_the_end_of_time(self, monkeypatch):
        monkeypatch.setattr("attendance.calendars.ics_in.MOST_SECONDS", 0)
        with pytest.raises(CalendarFileError, match="too long"):
            read("DTSTART:20260302T100000\nDURATION:PT1H\nRRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=31")


class TestWriting:
    FILE = ics(
        "UID:easter@county\nDTSTART;VALUE=DATE:20260406\nDTEND;VALUE=DATE:20260418\nSUMMARY:Easter",
        f"{WEEKLY};COUNT=5\nEXDATE;TZID=Europe/London:20260309T090000\nLOCATION:Lab",
        "UID:extra\nDTSTART;TZID=Europe/London:20260304T140000\nDURATION:PT45M\nSUMMARY:Revision",
    )

    def write(self, course, institution, by, data=None):
        plan = import_plan(institution=institution, course=course, data=data or self.FILE)
        return import_write(institution=institution, plan=plan, by=by.user)

    def test_a_preview_writes_nothing(self, riverside, physics):
        plan = import_plan(institution=riverside, course=physics, data=self.FILE)
        assert (len(plan.days), len(plan.weekly), len(plan.lessons), plan.changes) == (1, 1, 1, 4)
        assert not any(model.objects.exists() for model in (DayOff, TimetableSlot, ClassSession))

    def test_becomes_days_off_weekly_lessons_their_exceptions_and_single_ones(self, riverside, physics, ada):
        assert self.write(physics, riverside, ada) == 4
        assert DayOff.objects.get().course == physics
        slot = TimetableSlot.objects.get()
        assert (slot.weekday, slot.room, slot.last_day) == (0, "Lab", date(2026, 3, 30))
        held = {(each.local_date, each.state) for each in ClassSession.objects.all()}
        assert held == {(date(2026, 3, 9), "cancelled"), (date(2026, 3, 4), "scheduled")}
        assert sessions_plan(institution=riverside, day=date(2026, 3, 9)) == 0
        assert lesson_times(slot, date(2026, 3, 30))[0].hour == 8

    def test_the_same_file_twice_changes_nothing(self, riverside, physics, ada):
        self.write(physics, riverside, ada)
        before = [list(model.objects.order_by("pk").values()) for model in (DayOff, TimetableSlot, ClassSession)]
        assert import_plan(institution=riverside, course=physics, data=self.FILE).changes == 0
        assert self.write(physics, riverside, ada) == 0
        after = [list(model.objects.order_by("pk").values()) for model in (DayOff, TimetableSlot, ClassSession)]
        assert after == before

    def test_without_a_course_the_days_are_the_schools_and_lessons_are_left_out(self, riverside, physics, ada):
        plan = import_plan(institution=riverside, course=None, data=self.FILE)
        assert [each.why for each in plan.left_out] == ["it has a time: choose a course to make it a lesson"] * 2
        assert import_write(institution=riverside, plan=plan, by=ada.user) == 1
        assert DayOff.objects.get().course is None

    def test_a_holiday_that_was_put_off_is_moved_not_doubled(self, riverside, ada):
        self.write(None, riverside, ada)
        later = self.FILE.replace(b"20260406", b"20260407")
        plan = import_plan(institution=riverside, course=None, data=later)
        assert [(each.step, "Mon 6 Apr 2026" in each.was) for each in plan.days] == [("change", True)]
        assert import_write(institution=riverside, plan=plan, by=ada.user) == 1
        assert DayOff.objects.get().first_day == date(2026, 4, 7)

    def test_a_holiday_that_was_typed_in_before_is_recognised(self, riverside, ada):
        make_day_off(riverside, date(2026, 4, 6), date(2026, 4, 17), name="Easter")
        assert self.write(None, riverside, ada) == 0

    def test_another_schools_holidays_are_not_touched(self, riverside, hilltop, ada, hanna):
        self.write(None, hilltop, hanna)
        self.write(None, riverside, ada, self.FILE.replace(b"20260406", b"20260407"))
        assert DayOff.objects.get(institution=hilltop).first_day == date(2026, 4, 6)

    def test_an_open_register_stays(self, riverside, physics, ada, tess):
        make_slot(physics, time(9), time(9, 50))
        sessions_plan(institution=riverside, day=date(2026, 3, 9))
        session_open(session=ClassSession.objects.get(), by=tess.user)
        self.write(physics, riverside, ada)
        assert ClassSession.objects.get(local_date=date(2026, 3, 9)).is_open

    def test_what_goes_out_comes_in_again(self, riverside, physics, ada):
        """A course's own file read into another course: the same lessons at the same instants."""
        make_slot(physics)
        first, last = date(2026, 3, 2), date(2026, 10, 31)
        lessons = lessons_between(riverside, [physics], first, last)
        body = calendar_bytes(lessons, name="x", origin="x", at=timezone.now(), taken_for={})
        copy = Course.objects.create(institution=riverside, code="COPY", name="Copy")
        assert self.write(copy, riverside, ada, body) == len(lessons)
        again = lessons_between(riverside, [copy], first, last)
        assert [each.starts_at for each in again] == [each.starts_at for each in lessons]


class TestThePages:
    @pytest.fixture
    def as_ada(self, sign_in, ada):
        return sign_in(ada)

    def post(self, client, data, **fields):
        file = SimpleUploadedFile("holidays.ics", data, "text/calendar")
        return client.post(reverse("calendar_import", args=["riverside"]), {"file": file, **fields})

    def confirm(self, client, preview, **fields):
        form = {"packed": preview.context["packed"], **fields}
        return client.post(reverse("calendar_import_confirm", args=["riverside"]), form)

    def test_preview_then_confirm_then_nothing_left_to_do(self, as_ada, physics):
        preview = self.post(as_ada, TestWriting.FILE, course=physics.pk)
        page = " ".join(preview.content.decode().split())
        assert all(words in page for words in ("Easter", "Monday 09:00–09:50", "Revision", "Write 4 changes"))
        assert not DayOff.objects.exists()
        assert self.confirm(as_ada, preview, course=physics.pk).url == reverse("course", args=["riverside", physics.pk])
        assert DayOff.objects.exists()
        assert "Everything is here already" in self.post(as_ada, TestWriting.FILE, course=physics.pk).content.decode()

    def test_the_preview_tells_of_double_bookings_and_of_what_is_in_it_no_more(self, as_ada, riverside, physics):
        other = Course.objects.create(institution=riverside, code="CHE", name="Chemistry", room="Lab")
        make_slot(other)
        preview = self.post(as_ada, TestWriting.FILE, course=physics.pk)
        assert "At the same time as Chemistry, Monday 09:00–09:50: the same room." in preview.content.decode()
        self.confirm(as_ada, preview, course=physics.pk)
        shorter = TestWriting.FILE.replace(b"UID:extra", b"UID:event-1\r\nSTATUS:CANCELLED")
        page = self.post(as_ada, shorter, course=physics.pk).content.decode()
        assert "Wed 4 Mar 2026, 14:00 · Revision" in page
        assert "Stays as it is" in page

    @pytest.mark.parametrize(("data", "words"), [(b"", "empty"), (b"nonsense", "not a calendar file")])
    def test_a_bad_file_is_told_at_its_field(self, as_ada, data, words):
        answer = self.post(as_ada, data)
        assert answer.status_code == 200
        assert words in answer.content.decode()

    @pytest.mark.parametrize("packed", ["", "no base64!", "aGVsbG8=", "eJw="])
    def test_a_confirmation_without_its_file(self, as_ada, packed):
        answer = as_ada.post(reverse("calendar_import_confirm", args=["riverside"]), {"packed": packed}, follow=True)
        assert b"file" in answer.content
        assert not DayOff.objects.exists()

    def test_only_the_portals_own_packing_is_unpacked(self, as_ada):
        """A file that swells when unpacked, made by somebody else, is not even unpacked."""
        packed = signing.dumps("BEGIN:VCALENDAR" + 50_000_000 * " ", key="another", compress=True)
        answer = as_ada.post(reverse("calendar_import_confirm", args=["riverside"]), {"packed": packed}, follow=True)
        assert b"did not arrive whole" in answer.content

    def test_another_schools_course_is_no_choice(self, as_ada, hilltop):
        theirs = Course.objects.create(institution=hilltop, code="H", name="Hill Mathematics")
        assert (
            "not one of the available choices" in self.post(as_ada, TestWriting.FILE, course=theirs.pk).content.decode()
        )
        preview = self.post(as_ada, TestWriting.FILE)
        assert self.confirm(as_ada, preview, course=theirs.pk).status_code == 404
        assert self.confirm(as_ada, preview, course="nonsense").status_code == 404
        assert not DayOff.objects.exists()

    def test_teachers_import_nothing(self, sign_in, tess):
        assert self.post(sign_in(tess), TestWriting.FILE).status_code == 403
