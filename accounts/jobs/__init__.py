"""Long jobs: work that takes longer than a request may, such as an import, a thousand photos or an export.

A job is a row. It says of which school and kind it is, how far it has come and what came of it; workers take due rows
up by themselves. A job whose process dies, or whose worker is stopped, goes on from its last checkpoint.

A room names its kind of job beside the function that does the work, and its app imports that module when it is ready
(`AppConfig.ready`), so that workers know it::

    @job_kind("students_import", title=_("Import of students"), roles=[Role.ADMIN])
    def students_import_run(job: JobHandle) -> dict[str, Any]:
        rows = read_rows(job.parameters["file"])
        first = job.state.get("next", 0)  # `job.state` is the last checkpoint: {} at the beginning
        for number, row in enumerate(rows[first:], first):
            if job.should_stop:
                return {}
            student_save(institution=job.institution, row=row)
            job.checkpoint({"next": number + 1})
            job.progress(number + 1, len(rows), row.name)
        return {"students": len(rows)}

A view starts it and leads to its page, which follows the progress::

    job = job_start(institution=request.institution, kind="students_import", by=request.user,
                    parameters={"file": name}, nonce=form.cleaned_data["nonce"])
    return redirect("job", request.institution.slug, job.pk)

or shows it on a page of its own: `{% include "accounts/jobs/_job.html" %}` with `progress=job_progress(job)`.

What a function can rely on, and what it owes:

- All it did since its last checkpoint is done again after a crash, so each step must be safe to repeat.
- `progress` or `checkpoint` within `LEASE` (two minutes) of the last one: a job that is silent for longer counts as
  dead, and another worker takes it up. The slow one learns of it by `JobLost` and ends.
- `should_stop` turns true when somebody stops the job, when the worker is to end, and, once there is a checkpoint, when
  other jobs have waited for a while. The function keeps a checkpoint and returns; what it returns then is not kept.
- `raise JobFailed(sentence)` ends the job with a sentence for people. `raise JobPostponed(sentence)` lets it wait and
  resume from its checkpoint later, when a service is unavailable for instance; the delay grows from 5 seconds to
  2 minutes. Any other exception is a fault of ours: it is logged, and the job fails saying so.
- It runs in the language of the person who started it and in the school's time zone, outside any transaction.
- What it returns is JSON, as are parameters and checkpoints: ids, dates and translated sentences are taken as text.
"""

from accounts.jobs.handle import JobFailed, JobHandle, JobLost, JobPostponed
from accounts.jobs.kinds import job_kind
from accounts.jobs.queue import job_cancel, job_start, jobs_due
from accounts.jobs.running import job_run, job_take_up_next, jobs_expire, jobs_resume
from accounts.jobs.selectors import job_progress, jobs_visible_to

__all__ = [
    "JobFailed",
    "JobHandle",
    "JobLost",
    "JobPostponed",
    "job_cancel",
    "job_kind",
    "job_progress",
    "job_run",
    "job_start",
    "job_take_up_next",
    "jobs_due",
    "jobs_expire",
    "jobs_resume",
    "jobs_visible_to",
]
