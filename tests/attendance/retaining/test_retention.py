"""Every kind of data is deleted when its school's time for it is over, in both stores; the command says so before."""

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse
from django.utils import timezone

from attendance.models import ClassSession, DeskEntry, DetectedFace, Evacuation, EvacuationPerson, RosterEntry
from attendance.register.sessions import session_close
from attendance.repositories import marks_for
from attendance.repositories.base import StoreUnavailable
from attendance.retaining.marks import (
    desk_entries_expired,
    evacuated_expired,
    registers_empty,
    registers_expired,
)
from attendance.retaining.rules import RULES, mark_days
from attendance.upkeep import upkeep
from enrollment.access import Act, access_record
from enrollment.models import AccessRecord, Consent, Student
from tests.attendance.erasing.conftest import marked, mode  # noqa: F401 - fixtures
from tests.attendance.erasing.world import a_capture, a_face, files, items_with, mark, rows_with

pytestmark = pytest.mark.django_db(transaction=True)
DAYS = {
    "pictures": 7,
    "marks": 40,
    "access_log": 730,
    "leavers": 30,
    "excuses": 40,
    "desk": 40,
    "evacuations": 40,
    "excuse_documents": 90,
    "dispute_documents": 90,
    "visitors": 90,
}


@pytest.fixture
def old(marked, tess, sam, hilltop):  # noqa: F811
    """A lesson of fifty days ago, closed, with a photo; Sam left then; an entry of the access log of long ago."""
    school = marked.institution
    a_face(a_capture(marked, tess), sam, candidates=[[str(sam.pk), 0.9]])
    session_close(session=marked, by=tess.user)
    then = timezone.now() - timedelta(days=50)
    ClassSession.objects.update(starts_at=then, ends_at=then + timedelta(minutes=50))
    marked.refresh_from_db()
    store = marks_for(school)
    store.purge_sessions([marked.pk])
    store.mark_many([mark(marked, student) for student in Student.objects.all()])
    marked.captures.update(taken_at=then)
    Student.objects.filter(pk=sam.pk).update(is_active=False, left_at=then)
    DeskEntry.objects.create(institution=school, student=sam, kind="late", day=then.date(), at=then)
    evacuation = Evacuation.objects.create(institution=school, started_at=then, ended_at=then)
    for student in Student.objects.all():
        EvacuationPerson.objects.create(
            institution=school, evacuation=evacuation, student=student, subject=student.pk, seen_at=then
        )
    access_record(Act.STUDENT_SEEN, institution=school, by=tess.user, subject=sam.pk)
    access_record(Act.STUDENT_SEEN, institution=hilltop, by=None)
    AccessRecord.objects.update(at=timezone.now() - timedelta(days=731))
    school.mark_retention_days = DAYS["marks"]
    school.save()
    hilltop.log_retention_days = 800
    hilltop.save()
    return school


def told(*arguments, **options):
    out = StringIO()
    call_command("retention", *arguments, stdout=out, **options)
    return out.getvalue()


class TestCommand:
    def test_a_dry_run_says_what_it_would_do_and_does_nothing(self, old, mode, own_media, marked):  # noqa: F811
        said = told("riverside", dry_run=True)
        assert said.splitlines() == [
            "riverside:",
            "  class photos (kept for 7 days): 1 to delete",
            "  documents with excuses (kept for 90 days): 0 to delete",
            "  documents with disputes (kept for 90 days): 0 to delete",
            "  excuses (kept for 40 days): 0 to delete",
            "  registers with their marks (kept for 40 days): 1 to delete",
            "  entries at the office’s desk (kept for 40 days): 1 to delete",
            "  people on the lists of evacuations (kept for 40 days): 2 to delete",
            "  visitors (kept for 90 days): 0 to delete",
            "  entries of the access log (kept for 730 days): 1 to delete",
            "  faces of students who have left (kept for 30 days): 1 to delete",
        ]
        assert len(files(mode, own_media)) == 1
        assert AccessRecord.objects.count() == 2
        assert told("riverside", dry_run=True) == said

    def test_deletes_it_and_says_how_much(self, old, mode, own_media, marked, sam, hilltop):  # noqa: F811
        said = told()
        assert said.count("1 of 1 deleted") == 5
        assert "people on the lists of evacuations (kept for 40 days): 2 of 2 deleted" in said
        assert (DeskEntry.objects.count(), EvacuationPerson.objects.count(), Evacuation.objects.count()) == (0, 0, 1)
        assert "hilltop:" in said
        assert files(mode, own_media) == []
        assert items_with(mode, str(sam.pk)) == []
        assert AccessRecord.objects.get(verb="student_seen").institution == hilltop
        assert Consent.objects.get(student=sam).withdrawn_at
        old.mark_retention_days = None
        assert marks_for(old).for_session(marked.pk) == {}
        assert "to delete" in told(dry_run=True)
        assert told(dry_run=True).count(": 0 to delete") == 20

    def test_without_a_time_marks_stay(self, old, marked):  # noqa: F811
        old.mark_retention_days = None
        old.save()
        assert "registers with their marks (kept until erased by hand): 0 of 0 deleted" in told("riverside")
        assert len(marks_for(old).for_session(marked.pk)) == 2

    def test_an_unknown_school(self, db):
        with pytest.raises(CommandError, match="no school of the name"):
            told("nowhere")


class TestMarks:
    def test_nobody_is_named_in_an_old_register_but_its_sums_stay(self, old, mode, marked, sam):  # noqa: F811
        day = timezone.localtime(marked.starts_at, old.zone).date()
        before = marks_for(old).day_tally(day)
        assert registers_empty(registers_expired()) == 1
        assert (RosterEntry.objects.count(), DetectedFace.objects.get().candidates) == (0, [])
        assert items_with(mode, str(sam.pk)) == []
        assert not [found for found in rows_with(str(sam.pk), sam.pk.hex) if found.startswith(("Mark", "Detected"))]
        assert marks_for(old).day_tally(day) == before
        assert registers_empty(registers_expired()) == 0

    def test_an_unavailable_store_is_asked_again(self, old, monkeypatch):
        def unavailable(store, sessions):
            raise StoreUnavailable("unreachable", "Away.")

        with monkeypatch.context() as patch:
            patch.setattr(type(marks_for(old)._store), "purge_sessions", unavailable)
            assert registers_empty(registers_expired()) == 0
            with pytest.raises(CommandError, match="Unfinished: marks"):
                told("riverside")
        assert registers_expired().count() == 1
        assert registers_empty(registers_expired()) == 1

    def test_the_stores_option_holds_for_every_school(self, old, settings):
        settings.ATTENDANCE_REPOSITORY = {**settings.ATTENDANCE_REPOSITORY, "OPTIONS": {"retention_days": 35}}
        assert mark_days(old) == 35
        old.mark_retention_days = None
        old.save()
        assert registers_expired().count() == 1

    def test_a_later_lesson_stays(self, old, marked):  # noqa: F811
        then = timezone.now() - timedelta(days=39)
        ClassSession.objects.update(starts_at=then, ends_at=then + timedelta(minutes=50))
        assert registers_expired().count() == 0


def test_the_sweep_does_all_of_it_once_an_hour(old, mode, own_media):  # noqa: F811
    done = upkeep()
    assert (done.deleted, done.left, done.marks, done.leftovers, done.failed) == (1, 1, 1, 4, ())
    assert files(mode, own_media) == []
    assert upkeep().leftovers == 0


def test_the_report_of_an_evacuation_says_that_its_people_are_gone(old, mode, ada, client):  # noqa: F811
    address = reverse("evacuation_report", args=["riverside", Evacuation.objects.get().pk])
    client.force_login(ada.user)
    assert "Sam Field" in client.get(address).content.decode()
    told("riverside")
    page = client.get(address).content.decode()
    assert "Sam Field" not in page
    assert "Nobody is on this list" in page
    assert "Everybody who was expected was seen" not in page


def test_days_within_the_time_stay(old, mode):  # noqa: F811
    then = timezone.now() - timedelta(days=38)
    DeskEntry.objects.update(day=then.date())
    Evacuation.objects.update(started_at=then)
    assert (desk_entries_expired().count(), evacuated_expired().count()) == (0, 0)


def test_every_rule_has_its_days(riverside):
    riverside.mark_retention_days = DAYS["marks"]
    assert {rule.code: rule.days(riverside) for rule in RULES} == DAYS
