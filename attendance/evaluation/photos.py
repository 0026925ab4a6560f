"""Evaluation of the embedded engine and the decision on photos whose people are known.

Photos go through the product's own analysis, scoring and decision: `LocalModel.analyse`, `Templates.observe`,
`decide`. Only the database is left out. Each photo is analysed once; the classes are drawn from a fixed seed.
"""

import csv
import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

import numpy as np
from PIL import Image, UnidentifiedImageError

from attendance.domain.decision import Decision, Outcome, Policy, decide
from attendance.evaluation.degradations import AS_IT_IS, Degradation, Face
from enrollment.domain.faces import EnrollmentRefused, FaceObservation
from enrollment.faces.gates import require_quality, the_one_face
from enrollment.faces.local.analysis import AnalysedFace, middle_face
from enrollment.faces.local.arrays import Array
from enrollment.faces.local.engine import LocalModel
from enrollment.faces.local.scoring import Scoring
from enrollment.faces.local.templates import Templates

ROLES = ("enrol", "probe", "stranger")
CLASSES_PER_PROBE = 4
CLASSES_PER_STRANGER = 12


class EvaluationError(Exception):
    """The photos or their description cannot be used; the message names them and the reason."""


@dataclass(frozen=True, slots=True)
class Photo:
    """A line of a protocol: a photo, its person, and its role."""

    person: str
    path: Path
    role: str


@dataclass(frozen=True)
class Seen:
    """Analysis of a photo: the person's face (None: not found), and the code with which enrolment would refuse it."""

    face: AnalysedFace | None
    refusal: str | None


@dataclass(frozen=True)
class Options:
    """Options of an evaluation.

    enroll: photos of each person (0: all there are). degradation: applied to probes and strangers.
    """

    policy: Policy
    enroll: int = 1
    class_size: int = 40
    degradation: Degradation = AS_IT_IS
    seed: int = 20260101


@dataclass
class Tally:
    """Outcomes of many faces, and of how many different photos (the trials of one photo are alike)."""

    outcomes: Counter[str] = field(default_factory=Counter)
    photos: int = 0

    def rate(self, *names: str) -> float:
        total = self.outcomes.total()
        return round(sum(self.outcomes[name] for name in names) / total, 5) if total else 0.0

    def interval(self, *names: str) -> tuple[float, float]:
        """95 % Wilson interval, with the photos as the sample."""
        return wilson(self.rate(*names), self.photos)


def read_protocol(protocol: Path, folder: Path) -> list[Photo]:
    """The photos of a CSV with the columns person, file, role. Raises EvaluationError."""
    rows = read_table(protocol, {"person", "file", "role"})
    photos = [Photo(row["person"], folder / row["file"], row["role"].strip().lower()) for row in rows]
    if unknown := {photo.role for photo in photos} - set(ROLES):
        raise EvaluationError(f"{protocol}: unknown role {', '.join(sorted(unknown))}; roles are {', '.join(ROLES)}.")
    require_files([photo.path for photo in photos], protocol)
    if not any(photo.role == "enrol" for photo in photos):
        raise EvaluationError(f"{protocol} enrols nobody.")
    return photos


def read_table(path: Path, columns: set[str]) -> list[dict[str, str]]:
    """The lines of a CSV file with a heading. Raises EvaluationError if it is missing, empty or lacks a column."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            missing = columns - set(reader.fieldnames or [])
            rows = list(reader)
    except (OSError, UnicodeDecodeError) as error:
        raise EvaluationError(f"{path} cannot be read: {error}") from error
    if missing:
        raise EvaluationError(f"{path} has no column {', '.join(sorted(missing))}.")
    if not rows or any(row[column] is None for row in rows for column in columns):
        raise EvaluationError(f"{path} has no lines, or a line that is too short.")
    return rows


def require_files(paths: Iterable[Path], source: Path) -> None:
    """Raise EvaluationError, naming the first missing files, unless all exist."""
    missing = [str(path) for path in dict.fromkeys(paths) if not path.is_file()]
    if missing:
        raise EvaluationError(f"{source}: {len(missing)} files are missing, for example {', '.join(missing[:3])}.")


def read_image(path: Path) -> Image.Image:
    """An RGB picture. Raises EvaluationError."""
    try:
        with Image.open(path) as image:
            return image.convert("RGB")
    except (OSError, UnidentifiedImageError) as error:
        raise EvaluationError(f"{path} is not a picture that can be read: {error}") from error


def student_id(person: str) -> UUID:
    return uuid5(NAMESPACE_URL, person)


Analyse = Callable[[Image.Image], list[AnalysedFace]]


def see(image: Image.Image, analyse: Analyse) -> Seen:
    """Analyse a photo of one person."""
    faces = analyse(image)
    return Seen(middle_face(faces, image.size), refusal(faces))


def place(image: Image.Image, analyse: Analyse) -> Face | None:
    """Position of the face in a photo of one person; None where none is found."""
    face = middle_face(analyse(image), image.size)
    return Face(face.landmarks, face.box.width) if face else None


def spoilt(image: Image.Image, analyse: Analyse, degradation: Degradation, seed: int) -> Image.Image:
    """The photo of one person degraded; unchanged if the step needs a face and none is found."""
    if not degradation.by_face:
        return degradation(image, None, seed)
    face = place(image, analyse)
    return degradation(image, face, seed) if face else image


def refusal(faces: list[AnalysedFace]) -> str | None:
    """The code with which enrolment would refuse a photo; None if it would take it."""
    try:
        require_quality(the_one_face(faces).quality)
    except EnrollmentRefused as error:
        return str(error.code)
    return None


def see_all(
    photos: Sequence[Photo], model: LocalModel, degradation: Degradation, say: Callable[[str], None]
) -> list[Seen]:
    """Analyse photos, several at a time; those that enrol nobody are degraded before, by their number as seed."""

    def one(number: int, photo: Photo) -> Seen:
        image = read_image(photo.path)
        if photo.role != "enrol":
            image = spoilt(image, model.analyse, degradation, number)
        return see(image, model.analyse_with_both)

    seen = []
    with ThreadPoolExecutor(max_workers=max(1, model.threads.runs)) as pool:
        for done, result in enumerate(pool.map(one, range(len(photos)), photos), 1):
            seen.append(result)
            if done % 500 == 0 or done == len(photos):
                say(f"{done} of {len(photos)} photos analysed")
    return seen


def to_enrol(photos: Sequence[Photo], enroll: int) -> dict[str, list[Photo]]:
    """The first `enroll` enrolment photos of everybody who has so many (0: all of everybody)."""
    by_person: dict[str, list[Photo]] = defaultdict(list)
    for photo in photos:
        if photo.role == "enrol":
            by_person[photo.person].append(photo)
    chosen = {p: own[: enroll or None] for p, own in by_person.items() if len(own) >= enroll}
    if not chosen:
        raise EvaluationError(f"Nobody has {enroll} enrolment photos.")
    return chosen


def evaluate(
    photos: Sequence[Photo], model: LocalModel, options: Options, say: Callable[[str], None] = print
) -> dict[str, Any]:
    """Enrol, probe and try strangers by the protocol. Returns the figures, rates from 0 to 1."""
    chosen = to_enrol(photos, options.enroll)
    enrolling = [photo for own in chosen.values() for photo in own]
    trying = [
        photo for photo in photos if photo.role == "stranger" or (photo.role == "probe" and photo.person in chosen)
    ]
    everything = [*enrolling, *trying]
    seen = dict(zip(everything, see_all(everything, model, options.degradation, say), strict=True))
    templates = enrolled(enrolling, seen, model.scoring)
    say(f"{len(templates.students)} people enrolled; trying {len(trying)} photos in classes")
    everybody = [student_id(person) for person in chosen]
    return {
        **tried(trying, seen, templates, everybody, options),
        "people_enrolled": len(templates.students),
        "enrolment": refusals(enrolling, seen),
    }


def tried(
    trying: Sequence[Photo],
    seen: Mapping[Photo, Seen],
    templates: Templates,
    everybody: Sequence[UUID],
    options: Options,
) -> dict[str, Any]:
    """The figures of probes and strangers in random classes out of `everybody`, whose templates are given."""
    probes, strangers, extras = Tally(), Tally(), Counter[str]()
    for number, photo in enumerate(trying):
        own = student_id(photo.person) if photo.role == "probe" else None
        tally, classes = (probes, CLASSES_PER_PROBE) if own else (strangers, CLASSES_PER_STRANGER)
        tally.photos += 1
        extras["not_found"] += seen[photo].face is None
        for roster in draw_classes(everybody, own, classes, options, number):
            name, first = trial(seen[photo].face, own, templates.only(roster), roster, options.policy)
            tally.outcomes[name] += 1
            extras["rank1"] += first
    return {
        **rates(probes, strangers),
        "rank1": round(extras["rank1"] / max(probes.outcomes.total(), 1), 5),
        "not_found": extras["not_found"],
    }


def enrolled(photos: Sequence[Photo], seen: Mapping[Photo, Seen], scoring: Scoring) -> Templates:
    """The templates of everybody whose face was found."""
    vectors: dict[UUID, list[Array]] = defaultdict(list)
    for photo in photos:
        if face := seen[photo].face:
            vectors[student_id(photo.person)].append(face.stored)
    return Templates.of(vectors, scoring)


def draw_classes(
    everybody: Sequence[UUID], own: UUID | None, count: int, options: Options, number: int
) -> Iterator[set[UUID]]:
    """Random classes for photo `number`, each with the person `own` if there is one."""
    random = np.random.default_rng((options.seed, number))
    others = [student for student in everybody if student != own]
    places = min(options.class_size - (own is not None), len(others))
    for _ in range(count):
        drawn = {others[i] for i in random.choice(len(others), places, replace=False)}
        yield drawn | {own} if own else drawn


def trial(
    face: AnalysedFace | None, own: UUID | None, templates: Templates, roster: set[UUID], policy: Policy
) -> tuple[str, bool]:
    """One face before one class: the outcome's name, and whether the most similar student is the right one."""
    if face is None:
        return "missed", False
    observation = templates.observe([face])[0]
    decision = decide([observation], roster, policy)[0]
    return judged(decision, own), first_is(observation, own)


def judged(decision: Decision, own: UUID | None) -> str:
    """Name of the result of a decision, given the true person (None: nobody who is enrolled)."""
    if decision.outcome == Outcome.MARK:
        return "identified" if decision.student_id == own else "wrong_name"
    if decision.outcome == Outcome.ASK:
        return "review_right" if own and decision.student_id == own else "review_other"
    return "missed"


def first_is(observation: FaceObservation, own: UUID | None) -> bool:
    return own is not None and bool(observation.matches) and observation.matches[0].student_id == own


def rates(probes: Tally, strangers: Tally) -> dict[str, Any]:
    """The figures that every evaluation reports. identified + wrong_name + review + missed = 1."""
    review = ("review_right", "review_other")
    return {
        "identified": probes.rate("identified"),
        "wrong_name": probes.rate("wrong_name"),
        "review": probes.rate(*review),
        "review_right_name_first": probes.rate("review_right"),
        "missed": probes.rate("missed"),
        "strangers_marked": strangers.rate("wrong_name"),
        "strangers_review": strangers.rate(*review),
        "probes": probes.photos,
        "strangers": strangers.photos,
        "trials": {"probes": probes.outcomes.total(), "strangers": strangers.outcomes.total()},
        "interval95": {
            **{name: probes.interval(name) for name in ("identified", "wrong_name", "missed")},
            "strangers_marked": strangers.interval("wrong_name"),
            "strangers_review": strangers.interval(*review),
        },
    }


def refusals(photos: Sequence[Photo], seen: Mapping[Photo, Seen]) -> dict[str, Any]:
    """Numbers of enrolment photos that the product would refuse, by reason. The evaluation enrols them nevertheless."""
    codes = Counter(code for photo in photos if (code := seen[photo].refusal))
    return {"photos": len(photos), "would_be_refused": dict(sorted(codes.items()))}


def wilson(rate: float, count: int) -> tuple[float, float]:
    """The 95 % score interval of a rate seen in `count` trials (Wilson 1927). (0, 1) without trials."""
    if count == 0:
        return 0.0, 1.0
    z = 1.959964
    middle = (rate + z * z / (2 * count)) / (1 + z * z / count)
    half = z / (1 + z * z / count) * float(np.sqrt(rate * (1 - rate) / count + z * z / (4 * count * count)))
    return round(max(0.0, middle - half), 5), round(min(1.0, middle + half), 5)


def as_json(figures: Mapping[str, Any]) -> str:
    return json.dumps(figures, indent=2, ensure_ascii=False)
