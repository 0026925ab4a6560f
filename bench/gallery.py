"""Time and memory of comparing a face with 1,000, 100,000 and a million enrolled ones.

    python bench/gallery.py

Vectors are synthetic: unit vectors about the shipped centre, with a spectrum that falls as that of faces does; each
probe resembles its own person by a cosine of 0.7 or so. Times are medians, in milliseconds a probe, once for the thirty
faces of a photo and once for a single face (a door tablet, a webcam):

    observe      the product's own (`Templates.observe`): a roster of 30, the nearest besides them; from 20,000 on by
                 the index
    float32      the whole matrix at once, numpy; float16: the same in halves (OpenVINO) without the exact comparison
    usearch      a graph (HNSW) of halves: quick and approximate; at 100,000, since a million take it minutes to build

`load_s` is the time to load the gallery from a database (SQLite), `reload_ms` that until another process knows of one
more enrolment, its index included: what it did before, loading everything again, is `load_s`.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from uuid import UUID, uuid4

sys.path.insert(0, str(Path(__file__).parents[1]))  # run.py does so for all; called alone it is needed too
FOLDER = tempfile.TemporaryDirectory(prefix="bench-gallery-")
os.environ.update(
    SECRET_KEY="bench-" + "0" * 50, DEBUG="false", HTTPS="false", DATA_DIR=FOLDER.name, LOG_LEVEL="ERROR",
    DJANGO_SETTINGS_MODULE="portal.settings",
)  # fmt: skip
SIZES = {"1k": 1_000, "100k": 100_000, "1m": 1_000_000}
FACES = ROSTER = 30
USEARCH = Path(__file__).parents[1] / ".venv-bench" / "bin" / "python"


def main() -> None:
    import django
    from django.core.management import call_command

    django.setup()
    figures: dict[str, object] = {}
    for name, size in SIZES.items():
        figures |= {f"{key}_{name}": value for key, value in measured(size).items()}
    figures |= {f"usearch_{key}_100k": value for key, value in usearch(SIZES["100k"]).items()}
    call_command("migrate", verbosity=0)
    for name in ("100k", "1m"):
        figures |= {f"{key}_{name}": value for key, value in loading(SIZES[name]).items()}
    print(json.dumps({**figures, "data_sets": ["made unit vectors, 128 numbers, seed 0"]}))


def made(size: int):
    """Vectors as they are compared, float32 (size, 128), of length 1, and the probes of 30 of them, not centred."""
    import numpy as np

    from enrollment.faces.local.arrays import unit
    from enrollment.faces.local.scoring import default_centre

    random = np.random.default_rng(0)
    spectrum = (1 / np.sqrt(1 + np.arange(128) / 16)).astype(np.float32)
    parts = [random.standard_normal((min(50_000, size - at), 128), np.float32) for at in range(0, size, 50_000)]
    matrix = np.concatenate([unit(part * spectrum) for part in parts])
    noise = unit(random.standard_normal((FACES, 128)).astype(np.float32) * spectrum)
    return matrix, unit(matrix[:FACES] + noise) * np.float32(0.8) + default_centre()


def measured(size: int) -> dict[str, object]:
    import numpy as np

    from bench._timing import median
    from enrollment.domain.faces import Box, Quality
    from enrollment.faces.local.analysis import AnalysedFace
    from enrollment.faces.local.index import Index
    from enrollment.faces.local.scoring import scoring_for
    from enrollment.faces.local.templates import LARGE, Templates
    from enrollment.faces.local.weights import EMBEDDER

    matrix, vectors = made(size)
    templates = Templates(tuple(UUID(int=n) for n in range(size)), matrix, scoring_for(EMBEDDER.title))
    probes = templates.scoring.centred(vectors)
    seen = [AnalysedFace(Box(0, 0, 9, 9), np.zeros((5, 2)), Quality(90, 1, 1, 1, 1), vector) for vector in vectors]
    roster = templates.students[:ROSTER]
    before, started = resident(), time.perf_counter()
    templates.observe(seen[:1], roster)
    ready, index_mb = time.perf_counter() - started, resident() - before
    oracle = [matrix[ROSTER:] @ probe for probe in probes]
    for face, cosines in zip(templates.observe(seen, roster), oracle, strict=True):
        assert abs(face.elsewhere.similarity - cosines.max()) < 1e-5, "the nearest besides the roster is another"
    halves = Index(matrix)
    return {
        "probe_ms": round(median(lambda: templates.observe(seen, roster)) / FACES, 3),
        "single_probe_ms": round(median(lambda: templates.observe(seen[:1], roster)), 3),
        "float32_probe_ms": round(median(lambda: (probes @ matrix.T).argmax(1)) / FACES, 3),
        "float32_single_probe_ms": round(median(lambda: (matrix @ probes[0]).argmax()), 3),
        "float16_probe_ms": round(median(lambda: halves._nearest_in_blocks(probes)) / FACES, 3),
        "matrix_mb": round(matrix.nbytes / 1e6, 1),
        **({"index_mb": round(max(index_mb, 0)), "index_seconds": round(ready, 2)} if size >= LARGE else {}),
    }


def usearch(size: int) -> dict[str, object]:
    """The approximate index beside it, in the environment of the bench's rivals. Nothing where that is missing."""
    import numpy as np

    if not USEARCH.exists():
        print("usearch is skipped: it is not installed. Run: make bench-setup", file=sys.stderr)
        return {}
    matrix, vectors = made(size)
    from enrollment.faces.local.arrays import unit
    from enrollment.faces.local.scoring import default_centre

    np.savez(Path(FOLDER.name) / "vectors.npz", matrix=matrix, probes=unit(vectors - default_centre()))
    answer = subprocess.run(
        [USEARCH, Path(__file__).with_name("_usearch.py"), Path(FOLDER.name) / "vectors.npz"],
        stdout=subprocess.PIPE, text=True, check=True,
    )  # fmt: skip
    return dict(json.loads(answer.stdout))


def loading(size: int) -> dict[str, float]:
    """Times of loading the gallery of so many students, one photo each, and of following one more enrolment."""
    from accounts.models import Institution
    from enrollment.domain.faces import Quality
    from enrollment.faces.local.gallery import FaceGallery
    from enrollment.faces.local.scoring import scoring_for
    from enrollment.faces.local.weights import EMBEDDER
    from enrollment.models import FaceId, FaceVector, Student

    school = Institution.objects.create(slug=f"large-{size}", name="Large")
    gallery = FaceGallery(school, scoring_for(EMBEDDER.title))
    matrix, _ = made(size)
    for at in range(0, size, 10_000):
        people = [
            Student(institution=school, pk=uuid4(), roll_number=str(n), name=f"Pupil {n}")
            for n in range(at, at + 10_000)
        ]
        Student.objects.bulk_create(people)
        FaceId.objects.bulk_create(FaceId(institution=school, face_id=p.pk.hex, student=p) for p in people)
        FaceVector.objects.bulk_create(
            FaceVector(
                institution=school, face_id=p.pk.hex, model=gallery.model, vector=row.tobytes(), face_px=90, version=0
            )
            for p, row in zip(people, matrix[at : at + 10_000], strict=True)
        )  # fmt: skip
    started = time.perf_counter()
    templates = gallery.templates()
    loaded = time.perf_counter() - started
    assert len(templates.students) == size
    times = []
    for n in range(5):
        newcomer = Student.objects.create(institution=school, roll_number=f"new {n}", name="Newcomer")
        gallery.add(newcomer.pk, matrix[n], Quality(90, 1, 1, 1, 1))
        started = time.perf_counter()
        gallery.templates()._index  # noqa: B018 - made when it is first asked for
        times.append(time.perf_counter() - started)
    assert len(gallery.templates().students) == size + 5
    return {"load_s": round(loaded, 2), "reload_ms": round(sorted(times)[2] * 1000, 1)}


def resident() -> float:
    """Megabytes of memory that this process holds (Linux; elsewhere 0)."""
    try:
        return int(Path("/proc/self/statm").read_text("ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6
    except OSError:
        return 0.0


if __name__ == "__main__":
    main()
