"""Imports through either store of marks: what is written, what other reports read of it, and what undoing leaves."""

from accounts.jobs import jobs_resume
from attendance.models import ClassSession
from attendance.repositories import marks_for
from attendance.repositories.base import StoreUnavailable
from enrollment.importing import runs
from enrollment.models import ImportRun
from tests.attendance.mark_imports.conftest import HEAD, MONDAY, held, marks_of
from tests.contracts.conftest import (  # noqa: F401 - fixtures
    backend,
    dynamodb_chosen,
    stores_on_ministack,
    stores_on_moto,
)
from tests.enrollment.importing.conftest import counts

ROWS = HEAD + "".join(
    f"R-00{n};PHY-10B;2026-03-{day};;{s};;{s}\n" for day in ("02", "09") for n, s in ((1, "P"), (2, "E"))
)


def registers(session):
    """The registers of the lesson's course on its day, as reports read them."""
    day, store = session.local_date, marks_for(session.institution)
    return store.registers_of_courses([session.course_id], first=day, last=day)


def test_written_read_and_taken_back(backend, office, monday, physics, tess, sam):  # noqa: F811
    session = held(physics, MONDAY, tess.user)
    run = office.apply(office.choose(office.upload(ROWS, "marks"), answers={"contradictions": "replace"}))
    assert counts(office.upload(ROWS, "marks")) == (0, 0, 4, 0)
    store = marks_for(physics.institution)
    added = ClassSession.objects.exclude(pk=session.pk).get()
    for one in (session, added):
        assert marks_of(one) == {"R-001": ("P", 0, "P"), "R-002": ("E", 0, "E")}
        assert store.day_tally(one.local_date).counts == {"P": 1, "E": 1}
        assert [set(each.marks) for each in registers(one)] == [set(store.for_session(one.pk))]
    assert [mark.source.value for mark in store.audit(session.pk, sam.pk)] == ["close", "import"]
    office.undo(run)
    assert marks_of(session) == {"R-001": ("A", 0, ""), "R-002": ("A", 0, "")}
    assert [mark.source.value for mark in store.audit(session.pk, sam.pk)] == ["close", "import", "close"]
    assert store.day_tally(session.local_date).counts == {"A": 2}
    assert (store.for_session(added.pk), store.day_tally(added.local_date).counts) == ({}, {})
    assert registers(added) == []
    assert not ClassSession.objects.filter(pk=added.pk).exists()


def test_a_store_that_does_not_answer_postpones_the_import(office, monday, monkeypatch):
    run = office.upload(ROWS, "marks")
    with monkeypatch.context() as patch:
        down = StoreUnavailable("unreachable", "The register cannot be reached.")
        patch.setattr("attendance.mark_imports.writing._marks_write", raises(down))
        runs.import_apply(run=run, by=office.by)
        jobs_resume()
    run = ImportRun.objects.select_related("institution", "job").get()
    assert (run.state, run.job.is_ended) == ("applying", False)
    assert ClassSession.objects.filter(state="scheduled").count() == 1
    type(run.job).objects.update(due_at=run.created_at)
    jobs_resume()
    assert ClassSession.objects.filter(state="closed").count() == 2


def raises(error):
    def call(*args, **kwargs):
        raise error

    return call
