"""The office's day as its open pages ask for it again, and the names that the desk suggests."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import Role
from attendance.domain.statuses import Status
from attendance.models import DayOff, Dispute, Excuse, RegisterReminder
from attendance.office.desk import arrival_enter, entry_undo
from attendance.office.live import day_version
from attendance.office.suggesting import MOST, suggestions_of
from attendance.register.sessions import session_close, session_open
from enrollment.models import Group, GroupPlace, Student
from tests.attendance.byhand import mark_set
from tests.conftest import make_member, make_student

pytestmark = pytest.mark.django_db


@pytest.fixture
def now():
    """A moment in the middle of its minute, so that the minute itself changes nothing."""
    return timezone.now().replace(second=30, microsecond=0)


class TestVersion:
    @pytest.fixture
    def version(self, riverside, now):
        return lambda: day_version(riverside, at=now)

    def test_is_the_same_while_nothing_happens(self, register, version):
        assert version() == version()

    def test_is_asked_with_one_query(self, register, version, django_assert_num_queries):
        with django_assert_num_queries(1):
            version()

    def test_another_minute_is_another(self, riverside, now):
        assert day_version(riverside, at=now) != day_version(riverside, at=now + timedelta(minutes=1))

    def test_each_step_of_a_register_is_another(self, lesson, sam, tess, version):
        seen = [version()]
        session_open(session=lesson, by=tess.user)
        seen.append(version())
        mark_set(session=lesson, student_id=sam.pk, status=Status.PRESENT, by=tess.user, expected_version=0)
        seen.append(version())
        session_close(session=lesson, by=tess.user)
        seen.append(version())
        assert len(set(seen)) == len(seen)

    def test_entries_and_their_undoing(self, register, sam, ada, version):
        before = version()
        entry = arrival_enter(student=sam, at=timezone.now(), reason="", by=ada.user)
        entered = version()
        entry_undo(entry=entry, by=ada.user)
        assert len({before, entered, version()}) == 3

    def test_what_families_and_the_office_say(self, register, riverside, sam, now, version):
        today = timezone.localdate(now, riverside.zone)
        whose = {"institution": riverside, "student": sam}
        seen = [version()]
        excuse = Excuse.objects.create(**whose, first_day=today, last_day=today, kind=Excuse.Kind.ILLNESS)
        seen.append(version())
        Excuse.objects.filter(pk=excuse.pk).update(state=Excuse.State.ACCEPTED)
        seen.append(version())
        Dispute.objects.create(**whose, session=register, note="I was there", version=1)
        seen.append(version())
        RegisterReminder.objects.create(institution=riverside, session=register)
        seen.append(version())
        DayOff.objects.create(institution=riverside, name="Half-term", first_day=today, last_day=today)
        seen.append(version())
        assert len(set(seen)) == len(seen)

    def test_another_school_s_day_is_another_matter(self, register, hilltop, sam, tess, now):
        before = day_version(hilltop, at=now)
        mark_set(session=register, student_id=sam.pk, status=Status.PRESENT, by=tess.user, expected_version=0)
        assert day_version(hilltop, at=now) == before


class TestPart:
    def test_an_open_page_hears_no_until_something_happens(self, register, sam, tess, sign_in, ada, go, monkeypatch):
        moment = timezone.now()
        monkeypatch.setattr("attendance.office.live.timezone.now", lambda: moment)
        client = sign_in(ada)
        first = client.get(go("office_live"))
        known = {"HTTP_IF_NONE_MATCH": first["ETag"]}
        assert (first.status_code, first["Cache-Control"]) == (200, "private, no-store")
        assert client.get(go("office_live"), **known).status_code == 304
        mark_set(session=register, student_id=sam.pk, status=Status.PRESENT, by=tess.user, expected_version=0)
        changed = client.get(go("office_live"), **known)
        assert changed.status_code == 200
        assert '<div id="office">' in changed.content.decode()
        assert "<html" not in changed.content.decode()

    def test_a_tag_is_good_for_its_person_alone(self, register, sign_in, ada, go, riverside):
        tag = sign_in(ada).get(go("office_live"))["ETag"]
        other = make_member(riverside, "Otto", Role.ADMIN)
        assert sign_in(other).get(go("office_live"), HTTP_IF_NONE_MATCH=tag).status_code == 200


class TestSuggestions:
    def test_by_parts_of_a_name_without_accents_and_by_number(self, riverside, sam):
        zoe = make_student(riverside, "Zoë Łukasz", "R-777")
        for text in ("zoe", "luk", "ZOË L", "r-777", "777", "R-７７７"):
            assert [each.student for each in suggestions_of(riverside, text)] == [zoe], text
        assert suggestions_of(riverside, "") == []
        assert suggestions_of(riverside, "\x00") == []

    def test_the_likeliest_first(self, riverside):
        inside, part, begins, number = (
            make_student(riverside, name, roll)
            for name, roll in (("Ohana Bell", "1"), ("Eve Hanson", "2"), ("Hana Zorn", "3"), ("Zed Last", "han"))
        )
        found = [each.student for each in suggestions_of(riverside, "han")]
        assert found == [number, begins, part, inside]

    def test_not_of_another_school_nor_of_those_who_left(self, riverside, hilltop):
        make_student(hilltop, "Mona Elsewhere", "H-9")
        left = make_student(riverside, "Mona Gone", "R-9")
        Student.objects.filter(pk=left.pk).update(is_active=False)
        assert suggestions_of(riverside, "mona") == []

    def test_at_most_so_many_in_three_queries(self, riverside, django_assert_num_queries):
        for number in range(MOST + 3):
            make_student(riverside, f"Pat {number}", f"P-{number}")
        with django_assert_num_queries(3):
            assert len(suggestions_of(riverside, "pat")) == MOST

    def test_the_list_says_who_and_what_was_entered_today(self, register, riverside, sam, ada, sign_in, go):
        group = Group.objects.create(institution=riverside, name="10B")
        GroupPlace.objects.create(institution=riverside, group=group, student=sam)
        entry = arrival_enter(student=sam, at=timezone.now(), reason="", by=ada.user)
        clock = f"{timezone.localtime(entry.at, riverside.zone):%H:%M}"
        page = sign_in(ada).get(go("desk_students"), {"q": "field", "field": "leaving"}).content.decode()
        for expected in (f'id="leaving-{sam.pk}"', "10B", sam.roll_number, f"arrived {clock}"):
            assert expected in page

    @pytest.mark.parametrize("text", ["nobody at all", "x" * 5000, "%", "'"])
    def test_nobody_is_said(self, register, sign_in, ada, go, text):
        answer = sign_in(ada).get(go("desk_students"), {"q": text, "field": "nonsense"})
        assert answer.status_code == 200
        assert "No student matches." in answer.content.decode()
