"""Photos a second that a batch is enrolled with as a job, against the face engine's own rate, in one run.

    python bench/enrolling.py

The photos are one a person of LFW (the folder `LFW` names, or shared/data/lfw_dev beside the repository). In turns, so
that a busy machine slows both alike: the engine alone enrols a block of decoded photos (`LocalFaceEngine.enroll`: face
found, judged, compared with everybody enrolled so far, its vector stored), and the job enrols the same block from a
batch, as the worker does: files read and decoded, consent asked, rows and portraits written, progress and checkpoint
kept. Each side has a school of its own in one SQLite file.

    engine_per_second, job_per_second     photos a second over all blocks
    job_over_engine                       the second over the first; per block in job_over_engine_blocks
    job_over_engine_cpu                   the same by the processor's seconds: other programs do not bend it
    receive_per_second                    photos a second that are received into a batch before: checked, matched, kept
"""

import json
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))  # run.py does so for all; called alone it is needed too
FOLDER = tempfile.TemporaryDirectory(prefix="bench-enrolling-")
os.environ.update(
    SECRET_KEY="bench-" + "0" * 50, DEBUG="false", HTTPS="false", DATA_DIR=FOLDER.name, LOG_LEVEL="ERROR",
    DATABASE_URL=f"sqlite:///{FOLDER.name}/portal.sqlite3", DJANGO_SETTINGS_MODULE="portal.settings", DEMO="false",
)  # fmt: skip
BLOCKS, BLOCK = int(os.environ.get("BLOCKS", "20")), 20
LFW = Path(os.environ.get("LFW", ROOT.parent / "shared" / "data" / "lfw_dev"))


def main() -> None:
    if not LFW.is_dir():
        print(json.dumps({"skipped": f"no photos at {LFW}"}))
        return
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    files = [sorted(person.glob("*.jpg"))[0] for person in sorted(LFW.iterdir()) if any(person.glob("*.jpg"))]
    files = files[: BLOCKS * BLOCK]
    engine: Any = []
    job: Any = []
    alone, batch = Alone(files), Batch(files)
    warm_up(alone)
    for start in range(0, len(files), BLOCK):
        engine.append(alone.enrol(files[start : start + BLOCK]))
        job.append(batch.enrol(files[start : start + BLOCK]))
    (engine, engine_cpu), (job, job_cpu) = (zip(*times, strict=True) for times in (engine, job))
    rates = {"engine_per_second": len(files) / sum(engine), "job_per_second": len(files) / sum(job)}
    print(json.dumps({
        **{name: round(rate, 2) for name, rate in rates.items()},
        "job_over_engine": round(rates["job_per_second"] / rates["engine_per_second"], 3),
        "job_over_engine_cpu": round(sum(engine_cpu) / sum(job_cpu), 3),
        "job_over_engine_blocks": [round(one / other, 3) for one, other in zip(engine, job, strict=True)],
        "receive_per_second": round(len(files) / sum(batch.receiving), 2),
        "photos": len(files),
        "outcomes": batch.outcomes(),
        "engine_outcomes": alone.outcomes,
        "data_sets": [f"LFW, the first photo of each of {len(files)} people (folder lfw_dev)"],
    }))  # fmt: skip


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
    """The engine by itself."""

    def __init__(self, files: list[Path]) -> None:
        from enrollment.faces import faces_for

        self.school = school("engine", files)
        self.engine = faces_for(self.school)
        self.outcomes: dict[str, int] = {}

    def enrol(self, files: list[Path]) -> tuple[float, float]:
        """Seconds by the clock, and of the processor."""
        from PIL import Image

        from enrollment.domain.faces import FaceError
        from enrollment.faces.consent import searchable
        from enrollment.models import Student

        students = dict(Student.objects.for_institution(self.school).values_list("roll_number", "pk"))
        among = searchable(self.school)
        images = [Image.open(file).convert("RGB") for file in files]
        started, busy = time.perf_counter(), time.process_time()
        for file, image in zip(files, images, strict=True):
            outcome = "enrolled"
            try:
                self.engine.enroll(image, student_id=students[number_of(file)], among=among)
            except FaceError as error:
                outcome = str(error.code)
            self.outcomes[outcome] = self.outcomes.get(outcome, 0) + 1
        return time.perf_counter() - started, time.process_time() - busy


class Batch:
    """A batch of photos and the job that enrols it."""

    def __init__(self, files: list[Path]) -> None:
        from enrollment.batches.receiving import photo_batch_create

        self.batch = photo_batch_create(institution=school("batch", files), by=None)
        self.receiving: list[float] = []

    def enrol(self, files: list[Path]) -> tuple[float, float]:
        """Seconds from the start of the job to its end by the clock, and of the processor."""
        from accounts.jobs import job_take_up_next
        from enrollment.batches.directory import directory_of
        from enrollment.batches.enrolling import photo_batch_enrol
        from enrollment.batches.receiving import Incoming, batch_photo_receive

        directory = directory_of(self.batch.institution)
        started = time.perf_counter()
        for file in files:
            batch_photo_receive(
                batch=self.batch, incoming=Incoming(f"{number_of(file)}.jpg", file.read_bytes()), directory=directory
            )
        self.receiving.append(time.perf_counter() - started)
        photo_batch_enrol(batch=self.batch, by=None)
        started, busy = time.perf_counter(), time.process_time()
        while job_take_up_next():
            pass
        return time.perf_counter() - started, time.process_time() - busy

    def outcomes(self) -> dict[str, int]:
        from django.db.models import Count

        states = self.batch.items.order_by().values_list("state", "reason").annotate(n=Count("pk"))
        return {reason or state: n for state, reason, n in states}


def warm_up(alone: Alone) -> None:
    """Load the networks before anything is timed."""
    from enrollment.faces import warm_up as load

    load()


if __name__ == "__main__":
    main()
