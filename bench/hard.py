"""Benchmark of hard pictures: the plain stack and ours, side by side on the same degraded photos.

    python bench/hard.py                        every degradation
    python bench/hard.py clean mask_blue        some of them

`lfw_dev` (Labeled Faces in the Wild, development half) is read from ../shared/data next to the project, or from the
folder HARD_DATA; without it the script says so and measures nothing. A seeded draw of PROBES and STRANGERS photos is
degraded (`attendance/evaluation/degradations.py` lists the steps) and tried in classes of 40 whose students are
enrolled with one or three unchanged photos, everything else as in `manage.py evaluate_faces`.

Plain is the same detector, embedder, centre and thresholds, without light correction and without detection of covers.

For each degradation `<name>.<plain|ours>_<1|3>.<figure>`, shares from 0 to 1:

    marked, asked, missed, wrong_name   of the probes (asked: with the right name; missed: with the wrong one, too)
    strangers_marked, strangers_asked   of the strangers, who are in no class
    found                               of all the photos: those in which the detector finds the face
"""

import json
import os
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

FOLDER = tempfile.TemporaryDirectory(prefix="bench-hard-")
os.environ.update(
    SECRET_KEY="bench-" + "0" * 50, DEBUG="false", HTTPS="false", DATA_DIR=FOLDER.name,
    DJANGO_SETTINGS_MODULE="portal.settings",
)  # fmt: skip
ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))  # run.py does so for all; called alone it is needed too
DATA = Path(os.environ.get("HARD_DATA", ROOT.parent / "shared" / "data" / "lfw_dev"))
PROBES, STRANGERS, SEED = 240, 160, 20261129
ENROLLED = (1, 3)
STACKS = ("plain", "ours")


def main() -> None:
    if not (DATA / "protocol.csv").is_file():
        print(json.dumps({"skipped": "lfw_dev is not at hand; HARD_DATA can name its folder."}))
        return
    import django

    django.setup()
    from attendance.evaluation.degradations import DEGRADATIONS

    print(json.dumps(measured([name for name in DEGRADATIONS if name in sys.argv[1:] or not sys.argv[1:]])))


def measured(names: list[str]) -> dict[str, object]:
    """The figures of these ways to spoil a picture."""
    from attendance.evaluation.degradations import DEGRADATIONS
    from attendance.evaluation.photos import place, read_image, read_protocol
    from attendance.management.commands.evaluate_faces import local_model

    model = local_model()
    photos = read_protocol(DATA / "protocol.csv", DATA)
    trying = drawn(photos)
    places = each(lambda photo: place(read_image(photo.path), model.analyse), trying, model)
    if unseen := places.count(None):
        raise SystemExit(f"No face is found in {unseen} of the photographs as they are: draw others by SEED.")
    enrolled = Enrolled(photos, model)
    document: dict[str, object] = {"data_sets": ["lfw_dev"], "probes": PROBES, "strangers": STRANGERS, "seed": SEED}
    for name in names:
        seen = spoilt_and_seen(trying, places, DEGRADATIONS[name], model)
        document[name] = {
            f"{stack}_{enroll}": enrolled.figures(enroll, stack, trying, seen[stack])
            for stack in STACKS
            for enroll in ENROLLED
        }
        say(name, document[name])
    return document


def drawn(photos):
    """PROBES photos of people with three enrolment photos at least, and STRANGERS of strangers."""
    import numpy as np

    from attendance.evaluation.photos import to_enrol

    often = to_enrol(photos, max(ENROLLED))
    random = np.random.default_rng(SEED)
    known = [photo for photo in photos if photo.role == "probe" and photo.person in often]
    strangers = [photo for photo in photos if photo.role == "stranger"]
    return [
        own[i]
        for own, n in ((known, PROBES), (strangers, STRANGERS))
        for i in random.choice(len(own), n, replace=False)
    ]


def spoilt_and_seen(photos, places, degradation, model):
    """stack -> photo -> its faces in the same degraded picture."""
    from attendance.evaluation.photos import read_image, see

    def one(number: int):
        image = degradation(read_image(photos[number].path), places[number], number)
        return [see(image, analyse) for analyse in (plain(model), model.analyse_with_both)]

    pairs = each(one, range(len(photos)), model)
    return {
        stack: dict(zip(photos, own, strict=True)) for stack, own in zip(STACKS, zip(*pairs, strict=True), strict=True)
    }


def each(work, items, model):
    """Results of `work` on each item, several at a time."""
    with ThreadPoolExecutor(max_workers=model.threads.runs) as pool:
        return list(pool.map(work, items))


def plain(model):
    """An analysis by the same networks that corrects no light and looks for no cover."""
    from dataclasses import replace

    import numpy as np

    from enrollment.faces.local.analysis import AnalysedFace, aligned, box_of, find, quality
    from enrollment.faces.local.light import PLAIN
    from enrollment.faces.local.networks import networks_for

    networks = networks_for(model.weights, model.threads)

    def analyse(image):
        pixels = np.asarray(image.convert("RGB"))
        rows = find(pixels, PLAIN, networks)
        crops = [aligned(pixels, row[4:14].reshape(5, 2)) for row in rows]
        vectors = networks.embed(np.array(crops)) if crops else []
        return [
            AnalysedFace(box_of(row), row[4:14].reshape(5, 2), replace(quality(crop, row), cover=None), vector)
            for row, crop, vector in zip(rows, crops, vectors, strict=True)
        ]

    return analyse


class Enrolled:
    """The enrolment photos, analysed once: both stacks get the same templates."""

    def __init__(self, photos, model) -> None:
        from attendance.domain.decision import Policy
        from attendance.evaluation.degradations import AS_IT_IS
        from attendance.evaluation.photos import see_all, to_enrol

        self.model, self.policy = model, Policy.of(model.scoring.calibration)
        self.chosen = {enroll: to_enrol(photos, enroll) for enroll in ENROLLED}
        once = sorted(
            {p for people in self.chosen.values() for own in people.values() for p in own}, key=lambda p: p.path
        )
        self.seen = dict(zip(once, see_all(once, model, AS_IT_IS, note), strict=True))

    def figures(self, enroll: int, stack: str, trying, seen) -> dict[str, float]:
        from attendance.evaluation.photos import Options, enrolled, student_id, tried

        people = self.chosen[enroll]
        templates = enrolled([photo for own in people.values() for photo in own], self.seen, self.model.scoring)
        options = Options(self.policy, enroll)
        found = tried(trying, seen, templates, [student_id(person) for person in people], options)
        return {
            "marked": found["identified"],
            "asked": found["review_right_name_first"],
            "missed": round(found["missed"] + found["review"] - found["review_right_name_first"], 5),
            "wrong_name": found["wrong_name"],
            "strangers_marked": found["strangers_marked"],
            "strangers_asked": found["strangers_review"],
            "found": round(1 - found["not_found"] / len(trying), 5),
        }


def say(name: str, figures) -> None:
    for stack, own in figures.items():
        note(f"{name:16} {stack:8} " + " ".join(f"{figure} {100 * value:6.2f}" for figure, value in own.items()))


def note(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
