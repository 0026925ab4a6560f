"""The page of a job, and the part of it that follows the progress."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.jobs import job_run, job_start
from accounts.jobs.handle import JobHandle
from accounts.jobs.queue import job_claim_next
from accounts.jobs.selectors import minutes_left
from accounts.models import Job
from tests.accounts.jobs.kinds import SCRIPT

HTMX = {"HX-Request": "true"}


def page_of(job, name="job", school="riverside"):
    return reverse(name, args=[school, job.pk])


def shown(client, job, **options):
    response = client.get(page_of(job), **options)
    assert response.status_code == 200
    return " ".join(response.content.decode().split())


def test_a_waiting_job_is_followed(start, sign_in, ada):
    html = shown(sign_in(ada), start())
    assert "<h1" in html
    assert "Waiting to start" in html
    assert f'hx-get="{page_of(Job.objects.get())}" hx-trigger="every 2s"' in html
    assert "<progress" not in html


def test_a_running_job_shows_how_far_it_has_come(start, sign_in, ada):
    start()
    job = job_claim_next()
    assert '<progress aria-label="Courses"></progress>' in shown(sign_in(ada), job)
    JobHandle(job).progress(250, 1000, "Sam <Field>")
    html = shown(sign_in(ada), job, headers=HTMX)
    assert "<h1" not in html
    assert '<progress value="250" max="1000"' in html
    assert "250 of 1000" in html
    assert "Sam &lt;Field&gt;" in html


def test_a_finished_job_asks_no_more_and_leads_to_its_result(run, sign_in, ada):
    job = run(lambda job: {})
    html = shown(sign_in(ada), job, headers=HTMX)
    assert "hx-get" not in html
    assert "Finished" in html
    assert f'href="/result/{job.pk}/"' in html
    assert '<div id="announce" hx-swap-oob="innerHTML">Courses: Finished</div>' in html
    assert 'id="announce" hx-swap-oob' not in shown(sign_in(ada), job)


def test_a_failed_job_says_why(run, sign_in, ada):
    html = shown(sign_in(ada), run(lambda job: 1 / 0))
    assert "Failed" in html
    assert "The portal made a mistake here." in html
    assert "every 2s" not in html


def test_it_is_stopped_by_a_button(start, sign_in, ada):
    job = start()
    response = sign_in(ada).post(page_of(job, "job_stop"))
    assert response.url == page_of(job)
    html = shown(sign_in(ada), job)
    assert "Taken back. Nothing was done." in html


def test_a_running_one_stops_after_its_step(start, sign_in, ada):
    start(lambda job: {} if job.should_stop else pytest.fail("it was to stop"))
    job = job_claim_next()
    response = sign_in(ada).post(page_of(job, "job_stop"), headers=HTMX)
    html = response.content.decode()
    assert "Stopping after this step" in html
    assert "<button" not in html
    assert job_run(job=job).state == Job.State.CANCELLED


def test_who_is_not_signed_in_is_sent_to_sign_in(start, client):
    job = start()
    for name in ("job", "job_stop"):
        response = client.post(page_of(job, name))
        assert response.status_code == 302
        assert "login" in response.url
    assert Job.objects.get().state == Job.State.WAITING


@pytest.mark.parametrize("name", ["job", "job_stop"])
def test_another_school_cannot_see_it(start, sign_in, hanna, name):
    job = start()
    client = sign_in(hanna)
    for school in ("riverside", "hilltop"):
        method = client.get if name == "job" else client.post
        assert method(page_of(job, name, school)).status_code == 404
    assert Job.objects.get().stop_asked_at is None


def test_who_has_not_the_role_is_refused_and_a_teacher_sees_their_own_alone(start, sign_in, tess, theo, ada, sam):
    admins, teachers = start(), start(kind="counting", by=tess)
    assert sign_in(tess).get(page_of(admins)).status_code == 403
    assert sign_in(tess).get(page_of(teachers)).status_code == 200
    assert sign_in(theo).get(page_of(teachers)).status_code == 404
    assert sign_in(ada).get(page_of(teachers)).status_code == 200
    assert sign_in(sam).get(page_of(teachers)).status_code == 403


def test_it_speaks_german(riverside, ada, sign_in):
    ada.user.language = "de"
    ada.user.save()
    SCRIPT["work"] = lambda job: {}
    job = job_start(institution=riverside, kind="scripted", by=ada.user)
    html = shown(sign_in(ada), job)
    assert "Wartet auf den Start" in html
    assert "Anhalten" in html


@pytest.mark.parametrize(
    ("state", "done", "total", "seconds", "left"),
    [
        ("running", 100, 1000, 60, 9),
        ("running", 999, 1000, 60, 1),
        ("running", 1000, 1000, 60, 0),
        ("running", 5, 1000, 9, None),  # it has only begun
        ("running", 0, 1000, 60, None),
        ("running", 10, None, 60, None),
        ("waiting", 100, 1000, 60, None),
        ("done", 1000, 1000, 60, None),
    ],
)
def test_minutes_left_at_the_pace_so_far(state, done, total, seconds, left):
    now = timezone.now()
    job = Job(state=state, done=done, total=total, begun_at=now - timedelta(seconds=seconds))
    assert minutes_left(job, now) == left
    assert minutes_left(Job(state=state, done=done, total=total), now) is None
