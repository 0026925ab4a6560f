import pytest

from accounts.jobs import job_run, job_start
from accounts.jobs.queue import job_claim_next
from tests.accounts.jobs.kinds import SCRIPT


@pytest.fixture
def start(riverside, ada):
    """Starts a job of Riverside's, as Ada; `work` is what it does."""

    def begin(work=None, *, kind="scripted", by=ada, **parameters):
        if work:
            SCRIPT["work"] = work
        return job_start(institution=by.institution, kind=kind, by=by.user, parameters=parameters)

    yield begin
    SCRIPT.clear()


@pytest.fixture
def run(start):
    """Starts a job and runs it at once; what became of it."""

    def now(work=None, *, is_stopping=lambda: False, **options):
        start(work, **options)
        return job_run(job=job_claim_next(), is_stopping=is_stopping)

    return now
