"""Long jobs: progress, stopping, resuming, and what becomes of those that fail."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import OperationalError, connection
from django.utils import timezone, translation

from accounts.jobs import (
    JobFailed,
    JobLost,
    JobPostponed,
    job_cancel,
    job_kind,
    job_progress,
    job_run,
    job_start,
    job_take_up_next,
    jobs_due,
    jobs_expire,
    jobs_visible_to,
)
from accounts.jobs import handle as handle_module
from accounts.jobs.queue import LEASE, job_claim_next
from accounts.jobs.running import FIRST_DELAY, KEPT, LONGEST_DELAY, MOST_DEATHS
from accounts.models import Job
from tests.accounts.jobs.kinds import SCRIPT, noted
from tests.contracts.conftest import at_once

State = Job.State


def let_lease_end(job):
    """As if its process had died: nobody said anything for longer than the lease."""
    Job.objects.filter(pk=job.pk).update(lease_until=timezone.now() - timedelta(seconds=1))


def now_due(job):
    Job.objects.filter(pk=job.pk).update(due_at=timezone.now() - timedelta(seconds=1))


# -- The ordinary way --


def test_a_job_runs_and_its_result_is_kept(run, ada, riverside):
    seen = []

    def work(job):
        seen.append((job.institution, job.started_by, job.parameters, job.state))
        job.progress(2, 2, "Nearly there")
        return {"photos": 2, "by": uuid4(), "on": timezone.now(), "said": translation.gettext_lazy("Courses")}

    job = run(work, folder="a")
    assert seen == [(riverside, ada.user, {"folder": "a"}, {})]
    assert (job.state, job.done, job.total, job.words, job.error) == (State.DONE, 2, 2, "", "")
    assert (job.result["photos"], job.result["said"]) == (2, "Courses")
    assert job.begun_at <= job.ended_at
    assert job.lease is job.lease_until is None
    assert not job_take_up_next()


def test_progress_is_seen_while_it_runs_and_not_written_at_every_step(run, django_assert_num_queries):
    shown = []

    def work(job):
        job.progress(0, 1000, "Reading")
        with django_assert_num_queries(0):
            for n in range(1, 900):
                job.progress(n, 1000)
        job._written -= handle_module.EVERY
        job.progress(900, 1000, "Ada Lovelace")
        shown.append(Job.objects.values_list("state", "done", "total", "words").get())
        return {}

    assert run(work).done == 900
    assert shown == [(State.RUNNING, 900, 1000, "Ada Lovelace")]


def test_each_step_extends_the_lease(run):
    def work(job):
        let_lease_end(job.job)
        job.checkpoint({"next": 1})
        assert Job.objects.get().lease_until > timezone.now() + LEASE / 2
        return {}

    assert run(work).state == State.DONE


def test_it_speaks_the_language_of_the_person_who_started_it(start):
    with translation.override("de"):
        start(lambda job: {"said": translation.gettext("Courses"), "zone": timezone.get_current_timezone_name()})
    job_take_up_next()
    assert Job.objects.get().result == {"said": "Kurse", "zone": "Europe/London"}
    assert translation.get_language() == "en"


def test_the_same_nonce_starts_one_job(riverside, ada, hilltop):
    nonce = uuid4()
    first, again = (job_start(institution=riverside, kind="scripted", by=ada.user, nonce=nonce) for _ in range(2))
    assert first == again
    assert job_start(institution=hilltop, kind="scripted", by=None, nonce=nonce) != first
    assert job_start(institution=riverside, kind="counting", by=ada.user, nonce=nonce) != first


def test_a_kind_must_be_registered_once(riverside):
    with pytest.raises(LookupError):
        job_start(institution=riverside, kind="nothing", by=None)
    with pytest.raises(ValueError, match="scripted"):
        job_kind("scripted", title="Again", roles=[])(lambda job: {})


def test_what_nobody_here_knows_waits_for_a_process_that_does(start):
    job = start()
    Job.objects.update(kind="of_a_newer_version")
    assert not jobs_due().exists()
    assert job_progress(Job.objects.get(pk=job.pk)).title == "of_a_newer_version"


# -- Stopping --


def test_a_job_that_waits_is_stopped_at_once(start):
    job = job_cancel(job=start())
    assert (job.state, job.is_ended) == (State.CANCELLED, True)
    assert not job_take_up_next()


def test_a_job_that_runs_stops_at_its_next_step_and_says_how_far_it_came(run):
    steps = []

    def work(job):
        for n in range(5):
            if job.should_stop:
                return {"said": "not kept"}
            steps.append(n)
            job.progress(n + 1, 5)
            if n == 1:
                assert job_progress(job_cancel(job=Job.objects.get())).is_stopping
                job._looked -= handle_module.EVERY
        return {}

    job = run(work)
    assert (steps, job.state, job.done, job.total, job.result) == ([0, 1], State.CANCELLED, 2, 5, {})


def test_stopping_what_has_ended_changes_nothing(run):
    job = run(lambda job: {"n": 1})
    assert job_cancel(job=job).state == State.DONE
    assert job.stop_asked_at is None


def test_a_job_whose_process_died_before_it_stopped_does_not_run_again(start):
    start(lambda job: pytest.fail("it was stopped"))
    job = job_claim_next()
    job_cancel(job=job)
    let_lease_end(job)
    assert job_take_up_next()
    assert Job.objects.get().state == State.CANCELLED


def test_a_worker_that_stops_leaves_the_job_to_the_next_one(run, tmp_path):
    file = tmp_path / "numbers"
    stops = iter([False, False, True])
    job = run(kind="counting", is_stopping=lambda: next(stops), to=5, file=str(file))
    assert (job.state, job.done, job.deaths, noted(file)) == (State.WAITING, 2, 0, ["0", "1"])
    assert job_take_up_next()
    job.refresh_from_db()
    assert (job.state, job.result, noted(file)) == (State.DONE, {"counted": 5}, ["0", "1", "2", "3", "4"])


def test_a_long_job_gives_way_once_it_can_be_resumed(start, monkeypatch, hanna):
    monkeypatch.setattr(handle_module, "SLICE", 0)
    order = []

    def work(job):
        for n in range(job.state.get("next", 0), 2):
            job._looked -= handle_module.EVERY
            if job.should_stop:
                return {}
            order.append((job.institution.slug, n))
            job.checkpoint({"next": n + 1})
        return {}

    start(work)
    start(by=hanna)
    while job_take_up_next():
        pass
    assert order == [("riverside", 0), ("hilltop", 0), ("riverside", 1), ("hilltop", 1)]


# -- Dying and resuming --


def test_what_a_dead_process_left_is_resumed_from_its_checkpoint(start):
    resumed = []
    start(lambda job: resumed.append(job.state) or {})
    dead = handle_module.JobHandle(job_claim_next())
    dead.checkpoint({"next": 7})
    assert not job_take_up_next()  # its lease has not ended
    let_lease_end(dead.job)
    assert job_take_up_next()
    assert resumed == [{"next": 7}]
    assert Job.objects.get().deaths == 1


def test_who_was_silent_for_too_long_has_no_say_any_more(start):
    def work(job):
        let_lease_end(job.job)
        assert job_take_up_next()  # another worker, which ends it
        SCRIPT["lost"] = []
        for step in (lambda: job.checkpoint({}), lambda: job.progress(1, 1), lambda: job.should_stop):
            with pytest.raises(JobLost):
                step()
            SCRIPT["lost"].append(step)
        raise JobLost

    works = iter([work, lambda job: {"by": "the second"}])
    start(lambda job: next(works)(job))
    assert job_take_up_next()
    assert len(SCRIPT["lost"]) == 3
    assert Job.objects.get().result == {"by": "the second"}


def test_what_kills_its_process_each_time_is_given_up_with_a_sentence(start):
    start(lambda job: pytest.fail("not a sixth time"))
    for _ in range(MOST_DEATHS):
        let_lease_end(job_claim_next())
    assert job_take_up_next()
    job = Job.objects.get()
    assert (job.state, job.deaths) == (State.FAILED, MOST_DEATHS)
    assert "interrupted several times" in job.error


def test_deaths_of_a_job_that_comes_on_do_not_add_up(start):
    start(lambda job: {})
    for n in range(MOST_DEATHS + 1):
        handle = handle_module.JobHandle(job_claim_next())
        handle.checkpoint({"next": n})
        let_lease_end(handle.job)
    assert job_take_up_next()
    assert Job.objects.get().state == State.DONE


def test_a_checkpoint_that_says_nothing_new_is_no_progress(start):
    start(lambda job: pytest.fail("not a sixth time"))
    for _ in range(MOST_DEATHS):
        handle = handle_module.JobHandle(job_claim_next())
        handle.checkpoint({})
        let_lease_end(handle.job)
    assert job_take_up_next()
    assert Job.objects.get().state == State.FAILED


# -- Failing and waiting --


def test_a_job_that_cannot_be_done_says_why(run):
    def work(job):
        job.progress(1, 3)
        raise JobFailed("Column “Name” is missing. Please add it and import the file again.")

    job = run(work)
    assert (job.state, job.done) == (State.FAILED, 1)
    assert job.error.startswith("Column “Name” is missing.")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("work", [lambda job: 1 / 0, lambda job: {"x": object()}, lambda job: None])
def test_a_fault_of_ours_is_logged_and_said(run, work, caplog):
    job = run(work)
    assert job.state == State.FAILED
    assert "The portal made a mistake" in job.error
    assert str(job.pk) in caplog.text
    assert not job_take_up_next()


def test_what_is_unavailable_is_waited_for(run):
    def work(job):
        if len(waits) < 3:
            waits.append(job.state)
            raise JobPostponed("The face service is unavailable. This continues by itself.")
        return {}

    waits = []
    job = run(work)
    assert (job.state, job.waits, job.deaths) == (State.WAITING, 1, 0)
    assert job.words.startswith("The face service")
    assert timezone.now() < job.due_at <= timezone.now() + FIRST_DELAY
    assert not job_take_up_next()
    for _ in range(3):
        now_due(job)
        assert job_take_up_next()
    job.refresh_from_db()
    assert (job.state, len(waits)) == (State.DONE, 3)


def test_the_wait_grows_to_a_bound_and_begins_again_after_progress(run):
    def work(job):
        if job.parameters.get("comes_on"):
            job.checkpoint({"next": 1})
        raise JobPostponed("Later.")

    job = run(work)
    for waits in (300, 0):
        Job.objects.update(waits=300, parameters={"comes_on": not waits})
        now_due(job)
        job_take_up_next()
        job.refresh_from_db()
        longest = LONGEST_DELAY if waits else FIRST_DELAY
        assert longest / 4 <= job.due_at - timezone.now() <= longest


def test_a_database_that_does_not_answer_fails_no_job(start):
    def work(job):
        raise OperationalError("database is locked")

    start(work)
    job = job_claim_next()
    with pytest.raises(OperationalError):
        job_run(job=job)
    SCRIPT["work"] = lambda job: {}
    let_lease_end(job)
    assert job_take_up_next()
    assert Job.objects.get().state == State.DONE


# -- Whose --


def test_schools_take_turns(start, hanna, ada):
    ran = []
    for by in (ada, ada, ada, hanna):
        start(lambda job: ran.append(job.institution.slug) or {}, by=by)
    while job_take_up_next():
        pass
    assert sorted(ran[:2]) == ["hilltop", "riverside"]
    assert ran[2:] == ["riverside", "riverside"]


@pytest.mark.django_db(transaction=True)
def test_workers_at_once_take_each_job_once(start, tmp_path):
    file = tmp_path / "numbers"
    for _ in range(3):
        start(kind="counting", to=1, file=str(file))
    assert sum(at_once(*[job_take_up_next] * 4)) == 3
    assert noted(file) == ["0"] * 3
    assert set(Job.objects.values_list("state", "deaths")) == {(State.DONE, 0)}
    connection.close()


def test_members_see_what_is_theirs(start, ada, tess, theo, hanna, riverside):
    import_, count = start(), start(kind="counting", by=tess)
    assert set(jobs_visible_to(ada)) == {import_, count}
    assert set(jobs_visible_to(tess)) == {count}
    assert not jobs_visible_to(theo).exists()
    assert not jobs_visible_to(hanna).exists()


# -- Afterwards --


def test_jobs_are_forgotten_a_month_after_their_end(run, start):
    forgotten = []
    SCRIPT["forget"] = lambda job: forgotten.append(job.pk)
    old, recent, waiting = run(lambda job: {}), run(lambda job: {}), start()
    Job.objects.filter(pk=old.pk).update(ended_at=timezone.now() - KEPT - timedelta(hours=1))
    Job.objects.filter(pk=waiting.pk).update(created_at=timezone.now() - 2 * KEPT)
    assert jobs_expire() == 1
    assert forgotten == [old.pk]
    assert set(Job.objects.all()) == {recent, waiting}


def test_what_cannot_be_forgotten_is_tried_again(run, caplog):
    def refuse(job):
        raise OSError("storage unavailable")

    SCRIPT["forget"] = refuse
    run(lambda job: {})
    Job.objects.update(ended_at=timezone.now() - 2 * KEPT)
    assert jobs_expire() == 0
    SCRIPT["forget"] = lambda job: None
    assert jobs_expire() == 1
