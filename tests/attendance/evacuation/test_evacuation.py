"""Evacuations: who is on the list and where, whose tick counts, two devices, the report, visitors."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import strip_tags

from attendance.domain.day import Standing
from attendance.domain.evacuation import credible_start, is_expected
from attendance.domain.statuses import Status
from attendance.evacuation.errors import EvacuationOver, NotOnList
from attendance.evacuation.listing import list_of, listed, ticks_since
from attendance.evacuation.running import (
    _join,
    evacuation_end,
    evacuation_of,
    evacuation_start,
    person_tick,
)
from attendance.evacuation.visitors import visitor_enter, visitor_leave
from attendance.evacuation.whereabouts import people_at
from attendance.models import Evacuation, EvacuationPerson, Visitor
from attendance.register.sessions import session_close
from attendance.repositories.base import StoreUnavailable
from attendance.repositories.orm import OrmAttendanceRepository
from attendance.retaining.visitors import VISITOR_DAYS, visitors_delete, visitors_expired
from enrollment.models import Student
from tests.attendance.byhand import mark_set
from tests.conftest import make_student

pytestmark = pytest.mark.django_db


def go(name, *args):
    return reverse(name, args=["riverside", *args])


def words(answer):
    return " ".join(strip_tags(answer.content.decode()).split())


@pytest.fixture(autouse=True)
def noon(riverside):
    """It is noon at Riverside, so that its day does not end while a test runs."""
    riverside.time_zone = f"Etc/GMT{timezone.now().hour - 12:+d}"
    riverside.save()


@pytest.fixture
def begun(riverside, register, sam, tess, ada):
    """A drill during the lesson: Sam is there, nobody knows of Sita."""
    mark_set(session=register, student_id=sam.pk, status=Status.PRESENT, by=tess.user, expected_version=0)
    return evacuation_start(institution=riverside, key=uuid4(), is_drill=True, by=ada.user)


@pytest.mark.parametrize(
    ("standing", "expected"),
    [("here", True), ("unknown", True), ("absent", False), ("explained", False), ("left", False), (None, False)],
)
def test_who_is_to_be_found(standing, expected):
    assert is_expected(Standing(standing) if standing else None) is expected


def test_a_device_claims_no_time_to_come_and_none_of_long_ago():
    now = timezone.now()
    early = now - timedelta(minutes=5)
    assert credible_start(early, now) == early
    assert credible_start(now + timedelta(minutes=1), now) == now
    assert credible_start(now - timedelta(hours=13), now) == now


class TestList:
    def test_places_teachers_and_those_not_expected(self, begun, sam, sita, tess, ada, riverside):
        found = {each.person.subject: each.person for each in listed(begun)}
        assert (found[sam.pk].place, found[sam.pk].teacher, found[sam.pk].standing) == ("Room 12", "Tess", "here")
        assert (found[sita.pk].is_expected, found[sita.pk].standing) == (True, "unknown")
        assert (found[tess.user.pk].place, found[tess.user.pk].is_expected) == ("Room 12", True)
        assert found[ada.user.pk].is_expected is False

    def test_who_is_absent_is_not_missed(self, register, tess, sam, sita, riverside):
        mark_set(session=register, student_id=sam.pk, status=Status.PRESENT, by=tess.user, expected_version=0)
        session_close(session=register, by=tess.user)
        expected = {person.subject: person.is_expected for person in people_at(riverside)}
        assert (expected[sam.pk], expected[sita.pk]) == (True, False)

    def test_everybody_of_the_school_is_on_it_and_nobody_else(self, begun, riverside, hilltop):
        make_student(hilltop, "Hari", "H-1")
        late = make_student(riverside, "Late Comer", "R-050")
        rows = EvacuationPerson.objects.filter(evacuation=begun)
        assert rows.filter(institution=riverside).count() == rows.count() == 4  # Sam, Sita, Tess, Ada
        with pytest.raises(NotOnList):
            person_tick(evacuation=begun, subject=late.pk, is_here=True, by=None)

    def test_visitors_until_they_leave_or_the_night(self, riverside, ada):
        here = visitor_enter(institution=riverside, name="Mr Guest", host="Tess", place="Hall", by=ada.user)
        old = visitor_enter(institution=riverside, name="Ms Yesterday", host="", place="", by=ada.user)
        Visitor.objects.filter(pk=old.pk).update(arrived_at=timezone.now() - timedelta(days=1))
        found = [person for person in people_at(riverside) if person.kind == "visitor"]
        assert [(person.name, person.place, person.is_expected) for person in found] == [("Mr Guest", "Hall", True)]
        visitor_leave(visitor=here)
        assert not [person for person in people_at(riverside) if person.kind == "visitor"]


class TestTicks:
    def test_a_tick_has_its_time_and_its_person(self, begun, sam, tess):
        before = timezone.now()
        person_tick(evacuation=begun, subject=sam.pk, is_here=True, by=tess.user)
        row = EvacuationPerson.objects.get(subject=sam.pk)
        assert before <= row.seen_at <= timezone.now()
        assert row.seen_by == tess.user
        assert {each.person.subject for each in list_of(listed(begun)).missing} != {sam.pk}

    def test_an_earlier_word_that_arrives_later_changes_nothing(self, begun, sam, tess, ada):
        now = timezone.now()
        person_tick(evacuation=begun, subject=sam.pk, is_here=False, by=ada.user, claimed=now)
        late = person_tick(
            evacuation=begun, subject=sam.pk, is_here=True, by=tess.user, claimed=now - timedelta(minutes=1)
        )
        assert late is False
        assert EvacuationPerson.objects.get(subject=sam.pk).seen_at is None

    def test_others_hear_of_late_words_too(self, begun, sam, sita, tess):
        person_tick(evacuation=begun, subject=sam.pk, is_here=True, by=tess.user)
        asked = timezone.now() + timedelta(seconds=10)
        EvacuationPerson.objects.filter(subject=sam.pk).update(changed_at=asked - timedelta(minutes=1))
        early = timezone.now() - timedelta(minutes=30)
        person_tick(evacuation=begun, subject=sita.pk, is_here=True, by=tess.user, claimed=early)
        EvacuationPerson.objects.filter(subject=sita.pk).update(changed_at=asked)
        assert set(ticks_since(begun, asked)) == {str(sita.pk)}
        assert set(ticks_since(begun, None)) == {str(sam.pk), str(sita.pk)}

    def test_after_the_end_only_what_was_said_before_it(self, begun, sam, sita, tess):
        said = timezone.now()
        evacuation_end(evacuation=begun, assembly="Field", note="", by=tess.user)
        assert person_tick(evacuation=begun, subject=sam.pk, is_here=True, by=tess.user, claimed=said)
        with pytest.raises(EvacuationOver):
            person_tick(evacuation=begun, subject=sita.pk, is_here=True, by=tess.user)


class TestTwoDevices:
    def test_the_same_key_is_the_same_evacuation(self, begun, riverside, tess):
        again = evacuation_start(institution=riverside, key=begun.pk, is_drill=True, by=tess.user)
        assert (again, Evacuation.objects.count()) == (begun, 1)

    def test_a_second_device_joins_the_one_that_runs(self, begun, riverside, sam, tess):
        key = uuid4()
        assert evacuation_start(institution=riverside, key=key, is_drill=False, by=tess.user) == begun
        joined = evacuation_of(riverside, key)
        person_tick(evacuation=joined, subject=sam.pk, is_here=True, by=tess.user)
        assert begun.people.get(subject=sam.pk).seen_at

    def test_the_next_one_is_another(self, begun, riverside, tess):
        evacuation_end(evacuation=begun, assembly="", note="", by=tess.user)
        assert evacuation_start(institution=riverside, key=uuid4(), is_drill=True, by=tess.user) != begun

    def test_a_list_begun_without_a_network_is_of_that_moment(self, riverside, register, ada):
        before = register.starts_at - timedelta(minutes=1)
        begun = evacuation_start(institution=riverside, key=uuid4(), is_drill=True, by=ada.user, claimed=before)
        assert begun.started_at == before
        assert not any(each.person.place for each in listed(begun))


class TestTroubles:
    def test_without_marks_everybody_who_has_a_lesson_is_to_be_found(self, register, sam, sita, tess, monkeypatch):
        mark_set(session=register, student_id=sam.pk, status=Status.ABSENT, by=tess.user, expected_version=0)
        assert {each.name for each in people_at(register.institution) if each.is_expected} == {"Sita Rao", "Tess"}

        def fail(*_args, **_options):
            raise StoreUnavailable("unreachable", "Away.")

        monkeypatch.setattr(OrmAttendanceRepository, "marks_of_day", fail)
        begun = evacuation_start(institution=register.institution, key=uuid4(), is_drill=False, by=tess.user)
        found = list_of(listed(begun)).missing
        assert {each.person.name for each in found} == {"Sam Field", "Sita Rao", "Tess"}
        assert {each.person.standing for each in found if each.person.kind == "student"} == {"unknown"}

    @pytest.mark.django_db(transaction=True)  # whether somebody is still there is asked at the commit
    def test_somebody_erased_at_that_very_moment_is_left_out(self, riverside, register, sam, tess, monkeypatch):
        """And it is no reason to join what was ended long ago."""
        over = evacuation_start(institution=riverside, key=uuid4(), is_drill=True, by=tess.user)
        evacuation_end(evacuation=over, assembly="", note="", by=tess.user)
        Evacuation.objects.update(ended_at=timezone.now() - timedelta(hours=1))

        def taken(institution, *, at):
            people = people_at(institution, at=at)
            Student.objects.filter(pk=sam.pk).delete()
            return people

        monkeypatch.setattr("attendance.evacuation.running.people_at", taken)
        begun = evacuation_start(institution=riverside, key=uuid4(), is_drill=False, by=tess.user)
        assert begun != over
        assert "Sam Field" not in [each.person.name for each in listed(begun)]

    def test_what_was_begun_as_another_one_ended_belongs_to_that(self, begun, riverside, tess):
        late = Evacuation(pk=uuid4(), institution=riverside, started_by=tess.user, started_at=timezone.now())
        evacuation_end(evacuation=begun, assembly="", note="", by=tess.user)
        assert _join(late) == begun
        assert evacuation_of(riverside, late.pk) == begun

    def test_a_visitor_s_second_click_is_the_first_one(self, riverside, ada):
        jo = {"institution": riverside, "name": "Jo", "host": "Tess", "place": "", "by": ada.user}
        first = visitor_enter(**jo)
        assert visitor_enter(**jo) == first
        assert visitor_enter(**jo | {"name": "Jim"}) != first
        visitor_leave(visitor=first)
        assert visitor_enter(**jo) != first  # and back again

    def test_visitors_are_forgotten_after_their_time(self, riverside, ada):
        new, old = (
            visitor_enter(institution=riverside, name=name, host="", place="", by=ada.user) for name in ("New", "Old")
        )
        Visitor.objects.filter(pk=old.pk).update(arrived_at=timezone.now() - timedelta(days=VISITOR_DAYS + 1))
        assert visitors_delete(visitors_expired()) == 1
        assert list(Visitor.objects.all()) == [new]


class TestPages:
    def test_begin_tick_end_and_the_report_says_who_is_missing(self, register, sign_in, tess, sam, sita):
        client, key = sign_in(tess), uuid4()
        assert client.post(go("evacuation_start"), {"key": key, "is_drill": "on"}).url == go("evacuation")
        assert "Sam Field" in words(client.get(go("evacuation")))
        answer = client.post(go("evacuation_ticks", key), {"subject": sam.pk, "is_here": "on"}).json()
        assert list(answer["ticks"]) == [str(sam.pk)]
        ended = client.post(go("evacuation_end", key), {"end-assembly": "Sports field", "end-note": "4 minutes"})
        page = words(client.get(ended.url))
        assert "Missing 2 Tess" in page
        assert "Assembly point: Sports field." in page
        assert "4 minutes" in page
        assert go("evacuation_report", key) in client.get(go("evacuation")).content.decode()

    def test_what_cannot_be_read_says_so(self, begun, sign_in, tess):
        client = sign_in(tess)
        assert client.post(go("evacuation_ticks", begun.pk), {"subject": "nobody"}).status_code == 400
        assert client.post(go("evacuation_ticks", begun.pk), {"subject": uuid4()}).json()["code"] == "not_on_list"
        assert client.post(go("evacuation_start"), {"key": ""}).status_code == 400
        for since in ("soon", "2026-13-01T00:00:00Z", "2026-01-01"):
            assert client.get(go("evacuation_ticks", begun.pk), {"since": since}).status_code == 200

    def test_another_school_s_is_unknown(self, begun, client, hanna, hilltop):
        client.force_login(hanna.user)
        assert client.get(reverse("evacuation_ticks", args=["hilltop", begun.pk])).status_code == 404

    def test_a_visitor_without_a_name_is_asked_for_it(self, sign_in, ada, riverside):
        client = sign_in(ada)
        answer = client.post(go("visitor_new"), {"name": " ", "host": "Tess"})
        assert answer.status_code == 400
        assert 'value="Tess"' in answer.content.decode()
        client.post(go("visitor_new"), {"name": "Mr Guest", "host": "Tess"})
        client.post(go("visitor_out", Visitor.objects.get().pk))
        assert Visitor.objects.get().left_at


class TestOddWords:
    @pytest.fixture
    def theirs(self, hilltop, hanna):
        return evacuation_start(institution=hilltop, key=uuid4(), is_drill=False, by=hanna.user)

    def test_another_schools_key_is_refused_and_nothing_of_it_told(self, sign_in, ada, theirs, riverside):
        answer = sign_in(ada).post(go("evacuation_start"), {"key": theirs.pk})
        assert answer.status_code == 400
        assert not Evacuation.objects.for_institution(riverside).exists()

    def test_also_while_one_runs_here(self, sign_in, ada, theirs, begun, riverside):
        assert sign_in(ada).post(go("evacuation_start"), {"key": theirs.pk}).status_code == 400
        assert Evacuation.objects.for_institution(riverside).count() == 1

    @pytest.mark.parametrize(
        "since",
        ["0001-01-01T00:00:00%2B14:00", "9999-12-31T23:59:59-14:00", "x", "2026-13-01T00:00:00Z", "7" * 999],
    )
    def test_any_instant_is_answered(self, sign_in, ada, begun, since):
        assert sign_in(ada).get(go("evacuation_ticks", begun.pk) + f"?since={since}").status_code == 200

    @pytest.mark.parametrize("at", ["0001-01-01T00:00:00+1400", "9999-12-31T23:59:59-1400", "0001-01-01T00:00:00.5Z"])
    def test_any_time_of_a_device_is_answered(self, sign_in, ada, begun, sam, at):
        word = {"subject": sam.pk, "is_here": "on", "at": at}
        assert sign_in(ada).post(go("evacuation_ticks", begun.pk), word).status_code == 200


def test_two_teachers_of_one_name_are_two_people(riverside, register, tess, theo):
    """And a comma in a name divides nobody."""
    type(tess.user).objects.filter(pk__in=[tess.user_id, theo.user_id]).update(name="Kim, Anna")
    found = {person.subject: person.place for person in people_at(riverside)}
    assert (found[tess.user_id], found[theo.user_id]) == ("Room 12", "")
