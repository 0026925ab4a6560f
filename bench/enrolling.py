"""Photos a second that a batch is enrolled with as a job, against the face engine's own rate, in one run.

    python bench/enrolling.py          1,000 photos, some minutes; PHOTOS=200 for fewer

The photos are one a person of LFW (the folder `LFW` names, or shared/data/lfw_dev beside the repository). In turns, so
that a busy machine slows all alike, a part of the photos is enrolled by the engine alone, one by one
(`LocalFaceEngine.enroll`: face found, judged, compared with everybody enrolled so far, its vector stored) and several
together (`enroll_many`), both from decoded pictures; and by one job that enrols a batch of all photos, as the worker
does: files read and decoded, consent asked, rows and portraits written, progress and checkpoint kept. Between two turns
the job is put back and resumed from its checkpoint; in the middle another process takes it up and is killed by SIGKILL.
Each side has a school of its own in one SQLite file.

    engine_per_second, together_per_second, job_per_second     photos a second over all turns
    job_over_engine, job_over_together                         the third over the first and over the second; per turn
                                                               in job_over_engine_turns
    job_over_engine_cpu, job_over_together_cpu                 the same by the processor's seconds: other programs do
                                                               not bend it
    receive_per_second     photos a second that are received into the batch before: checked, matched, kept
    killed_at, done_at     photos done when the process was killed, and at the end of each turn, as the page shows them
    outcomes, vectors      of the batch: by state or reason; stored vectors, where a kill may leave some that
                           reconciliation takes away
    load                   the machine's load averages at the end: above the number of cores the clock says little
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))  # run.py does so for all; called alone it is needed too
FOLDER = Path(os.environ.get("ENROLLING_FOLDER") or tempfile.mkdtemp(prefix="bench-enrolling-"))
os.environ.update(
    SECRET_KEY="bench-" + "0" * 50, DEBUG="false", HTTPS="false", DATA_DIR=str(FOLDER), LOG_LEVEL="ERROR",
    DATABASE_URL=f"sqlite:///{FOLDER}/portal.sqlite3", DJANGO_SETTINGS_MODULE="portal.settings", DEMO="false",
)  # fmt: skip
PHOTOS, TURN = int(os.environ.get("PHOTOS", "1000")), 40
LFW = Path(os.environ.get("LFW", ROOT.parent / "shared" / "data" / "lfw_dev"))
Times = tuple[float, float]  # seconds by the clock, and of the processor


def main() -> None:
    if not LFW.is_dir():
        print(json.dumps({"skipped": f"no photos at {LFW}"}))
        return
    import django

    django.setup()
    if "ENROLLING_FOLDER" in os.environ:
        work_until_killed()
        return
    try:
        print(json.dumps(measured()))
    finally:
        shutil.rmtree(FOLDER)


def measured() -> dict[str, Any]:
    from django.core.management import call_command

    from enrollment.faces import warm_up

    call_command("migrate", verbosity=0)
    files = [sorted(person.glob("*.jpg"))[0] for person in sorted(LFW.iterdir()) if any(person.glob("*.jpg"))][:PHOTOS]
    alone, together, batch = Alone("engine", files), Alone("together", files), Batch(files)
    warm_up()
    turns: dict[str, list[Times]] = {"engine": [], "together": [], "job": []}
    for start in range(0, len(files), TURN):
        part = files[start : start + TURN]
        if start <= len(files) // 2 < start + TURN:
            batch.die_amidst()
        turns["engine"].append(timed(part, alone.enrol))
        turns["together"].append(timed(part, together.enrol_together))
        turns["job"].append(batch.enrol(len(part)))
    return {**ratios(len(files), batch.enrolled_here, turns), **batch.told(), "engine_outcomes": alone.outcomes,
        "together_outcomes": together.outcomes,
        "data_sets": [f"LFW, the first photo of each of {len(files)} people (folder lfw_dev)"]}  # fmt: skip


def ratios(photos: int, by_job: int, turns: dict[str, list[Times]]) -> dict[str, Any]:
    """by_job: photos that the job enrolled here; the others were enrolled by the process that was killed."""
    done = {"engine": photos, "together": photos, "job": by_job}
    clock, cpu = ({name: done[name] / sum(t[n] for t in times) for name, times in turns.items()} for n in (0, 1))
    pairs = zip(turns["engine"], turns["job"], strict=True)
    return {
        **{f"{name}_per_second": round(rate, 2) for name, rate in clock.items()},
        **{f"job_over_{name}": round(clock["job"] / clock[name], 3) for name in ("engine", "together")},
        **{f"job_over_{name}_cpu": round(cpu["job"] / cpu[name], 3) for name in ("engine", "together")},
        "bulk.photos_over_engine": round(clock["job"] / clock["engine"], 3),
        "job_over_engine_turns": [round(engine[0] / job[0], 3) for engine, job in pairs if job[0]],
        "load": [round(load, 1) for load in os.getloadavg()],
        "photos": photos,
    }


def timed(files: list[Path], enrol: Callable[[list[Path], list[Any]], None]) -> Times:
    from PIL import Image

    images = [Image.open(file).convert("RGB") for file in files]
    started, busy = time.perf_counter(), time.process_time()
    enrol(files, images)
    return time.perf_counter() - started, time.process_time() - busy


def number_of(file: Path) -> str:
    """A roll number: a person has one photo here."""
    return f"L-{file.parent.name}"[:40]


def school(slug: str, files: list[Path]) -> Any:
    """A school whose students, all with a consent, have a roll number each."""
    from accounts.models import Institution
    from enrollment.models import Consent, Student

    made = Institution.objects.create(slug=slug, name=slug, faces_enabled=True)
    for file in files:
        student = Student.objects.create(institution=made, name=file.parent.name, roll_number=number_of(file))
        Consent.objects.create(institution=made, student=student, given_by="themselves", wording="Bench")
    return made


class Alone:
    """The engine by itself, in a school of its own."""

    def __init__(self, slug: str, files: list[Path]) -> None:
        from enrollment.faces import faces_for
        from enrollment.faces.consent import searchable
        from enrollment.models import Student

        made = school(slug, files)
        self.engine: Any = faces_for(made)
        self.students = dict(Student.objects.for_institution(made).values_list("roll_number", "pk"))
        self.among = searchable(made)
        self.outcomes: dict[str, int] = {}

    def enrol(self, files: list[Path], images: list[Any]) -> None:
        """One by one."""
        from enrollment.domain.faces import FaceError

        for file, image in zip(files, images, strict=True):
            try:
                self.engine.enroll(image, student_id=self.students[number_of(file)], among=self.among)
            except FaceError as error:
                self._count(error)
            else:
                self._count(None)

    def enrol_together(self, files: list[Path], images: list[Any]) -> None:
        """As many together as the job takes."""
        from enrollment.batches.enrolling import BLOCK
        from enrollment.chunks import batched
        from enrollment.domain.faces import FaceError, ToEnrol

        pictures = [ToEnrol(image, self.students[number_of(f)]) for f, image in zip(files, images, strict=True)]
        for some in batched(pictures, BLOCK):
            for outcome in self.engine.enroll_many(some, among=self.among, permit=set):
                self._count(outcome if isinstance(outcome, FaceError) else None)

    def _count(self, error: Any) -> None:
        outcome = str(error.code) if error else "enrolled"
        self.outcomes[outcome] = self.outcomes.get(outcome, 0) + 1


class Batch:
    """A batch of photos and the job that enrols it."""

    def __init__(self, files: list[Path]) -> None:
        from enrollment.batches.directory import directory_of
        from enrollment.batches.enrolling import photo_batch_enrol
        from enrollment.batches.receiving import Incoming, batch_photo_receive, photo_batch_create

        self.batch = photo_batch_create(institution=school("batch", files), by=None)
        self.enrolled_here, self.killed_at, self.done_at = 0, 0, list[int]()
        directory = directory_of(self.batch.institution)
        started = time.perf_counter()
        for file in files:
            incoming = Incoming(f"{number_of(file)}.jpg", file.read_bytes())
            batch_photo_receive(batch=self.batch, incoming=incoming, directory=directory)
        self.receive_per_second = len(files) / (time.perf_counter() - started)
        self.batch = photo_batch_enrol(batch=self.batch, by=None)

    def enrol(self, most: int) -> Times:
        """Let the job enrol so many more photos, or the few that are left."""
        from accounts.jobs import job_take_up_next

        before = self.waiting()
        started, busy = time.perf_counter(), time.process_time()
        job_take_up_next(is_stopping=lambda: before - self.waiting() >= most)
        times = time.perf_counter() - started, time.process_time() - busy
        self.enrolled_here += before - self.waiting()
        self.done_at.append(self.done())
        return times

    def die_amidst(self) -> None:
        """Let a process of its own take up the job, kill it amidst a few photos, and end its lease."""
        from django.utils import timezone

        from accounts.models import Job

        before = self.waiting()
        process = subprocess.Popen([sys.executable, __file__], env={**os.environ, "ENROLLING_FOLDER": str(FOLDER)})
        while before - self.waiting() < TURN // 2 and process.poll() is None:
            time.sleep(0.02)
        process.send_signal(signal.SIGKILL)
        if process.wait() != -signal.SIGKILL:
            raise RuntimeError("The process ended before it could be killed.")
        self.killed_at = self.done()
        Job.objects.update(lease_until=timezone.now())

    def waiting(self) -> int:
        return self.batch.items.filter(state="queued").count()

    def done(self) -> int:
        from accounts.models import Job

        return Job.objects.values_list("done", flat=True).get()

    def told(self) -> dict[str, Any]:
        from django.db.models import Count

        from enrollment.models import FaceVector

        states = self.batch.items.order_by().values_list("state", "reason").annotate(n=Count("pk"))
        return {
            "receive_per_second": round(self.receive_per_second, 2),
            "killed_at": self.killed_at,
            "done_at": self.done_at,
            "outcomes": {reason or state: n for state, reason, n in states},
            "vectors": FaceVector.objects.for_institution(self.batch.institution).count(),
        }


def work_until_killed() -> None:
    from accounts.jobs import job_take_up_next

    while True:
        job_take_up_next()
        time.sleep(0.1)


if __name__ == "__main__":
    main()
