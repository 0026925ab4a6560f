"""Evaluation on whole class photos, in which many faces are decided together.

Some of the people are left out of the enrolment on purpose and are the strangers: the people are dealt into folds, and
the pictures are read once for each fold with that fold's people unknown. So everybody is a stranger exactly once for
each picture they are in. The roster is everybody enrolled whom the picture's labels name; everybody else who is
enrolled is a student of another class.
"""

import time
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from attendance.domain.decision import Outcome, Policy, decide
from attendance.evaluation.degradations import AS_IT_IS
from attendance.evaluation.photos import (
    EvaluationError,
    Options,
    Photo,
    Tally,
    enrolled,
    first_is,
    judged,
    rates,
    read_image,
    read_table,
    refusals,
    require_files,
    see_all,
    student_id,
)
from enrollment.faces.local.analysis import AnalysedFace
from enrollment.faces.local.engine import LocalModel
from enrollment.faces.local.templates import Templates

FOLDS = 5
COLUMNS = {"file", "person", "tile_x", "tile_y", "tile_w", "tile_h"}


@dataclass(frozen=True, slots=True)
class Tile:
    """Position of a person in a picture, in pixels: the tile, not the face."""

    person: str
    left: float
    top: float
    width: float
    height: float

    def distance(self, face: AnalysedFace) -> float:
        """Distance of a face's middle from the tile's, in tiles; above 0.5 it is outside."""
        box = face.box
        return max(
            abs(box.left + box.width / 2 - self.left - self.width / 2) / self.width,
            abs(box.top + box.height / 2 - self.top - self.height / 2) / self.height,
        )


@dataclass(frozen=True)
class Picture:
    """A class photo, analysed once. owners: the person of each face, None for a face outside all tiles."""

    name: str
    tiles: tuple[Tile, ...]
    faces: tuple[AnalysedFace, ...]
    owners: tuple[str | None, ...]
    seconds: float


@dataclass(frozen=True)
class Counts:
    """Outcomes of the people who are enrolled and of those who are not, and other counts."""

    known: Tally = field(default_factory=Tally)
    strangers: Tally = field(default_factory=Tally)
    extras: Counter[str] = field(default_factory=Counter)

    def add(self, other: "Counts") -> None:
        for mine, theirs in ((self.known, other.known), (self.strangers, other.strangers)):
            mine.outcomes.update(theirs.outcomes)
            mine.photos += theirs.photos
        self.extras.update(other.extras)


def read_labels(labels: Path, folder: Path) -> dict[str, list[Tile]]:
    """The tiles of each picture. Raises EvaluationError."""
    pictures: dict[str, list[Tile]] = defaultdict(list)
    for row in read_table(labels, COLUMNS):
        try:
            box = [float(row[column]) for column in ("tile_x", "tile_y", "tile_w", "tile_h")]
        except (TypeError, ValueError) as error:
            raise EvaluationError(f"{labels}: a tile of {row['file']} is not made of numbers.") from error
        pictures[row["file"]].append(Tile(row["person"], *box))
    require_files([folder / name for name in pictures], labels)
    return pictures


def portraits(people: Sequence[str], folder: Path, enroll: int) -> list[Photo]:
    """The first `enroll` numbered photos of each person: <person>/1.jpg, 2.jpg ... Raises EvaluationError."""
    photos = [Photo(p, folder / p / f"{number}.jpg", "enrol") for p in people for number in range(1, enroll + 1)]
    require_files([photo.path for photo in photos], folder)
    return photos


def evaluate_classes(
    pictures: Mapping[str, Sequence[Tile]],
    folder: Path,
    portraits_folder: Path,
    model: LocalModel,
    options: Options,
    say: Callable[[str], None] = print,
) -> dict[str, Any]:
    """Read class photos with each fold of people unknown in turn. Returns the figures, rates from 0 to 1."""
    people = sorted({tile.person for tiles in pictures.values() for tile in tiles})
    photos = portraits(people, portraits_folder, options.enroll or 1)
    seen = dict(zip(photos, see_all(photos, model, AS_IT_IS, say), strict=True))
    read = [read_picture(name, tiles, folder, model) for name, tiles in sorted(pictures.items())]
    total, rows = Counts(), []
    for picture in read:
        say(f"{picture.name}: {len(picture.faces)} faces, {len(picture.tiles)} people")
        counts = Counts(Tally(photos=len(picture.tiles)), Tally(photos=len(picture.tiles)))
        for fold in range(FOLDS):
            unknown = set(people[fold::FOLDS])
            templates = enrolled([photo for photo in photos if photo.person not in unknown], seen, model.scoring)
            read_once(picture, unknown, templates, options.policy, counts)
        total.add(counts)
        rows.append(picture_row(picture, counts))
    return {
        **rates(total.known, total.strangers),
        "rank1": round(total.extras["rank1"] / max(total.known.outcomes.total(), 1), 5),
        "not_found": sum(row["not_found"] for row in rows),
        "faces_outside_tiles": sum(row["faces_outside_tiles"] for row in rows),
        "faces_outside_tiles_marked": total.extras["outside_marked"],
        "people_enrolled": f"{len(people)} less one fold of {FOLDS}",
        "roster": "everybody enrolled whom the picture's labels name",
        "enrolment": refusals(photos, seen),
        "pictures": rows,
    }


def read_picture(name: str, tiles: Sequence[Tile], folder: Path, model: LocalModel) -> Picture:
    """Analyse a picture and match each face to the tile with the nearest middle, one face a tile."""
    image = read_image(folder / name)
    started = time.perf_counter()
    faces = model.analyse_with_both(image)
    seconds = time.perf_counter() - started
    pairs = sorted((tile.distance(face), t, f) for t, tile in enumerate(tiles) for f, face in enumerate(faces))
    owners: dict[int, int] = {}
    for distance, t, f in pairs:
        if distance <= 0.5 and f not in owners and t not in owners.values():
            owners[f] = t
    named = tuple(tiles[owners[f]].person if f in owners else None for f in range(len(faces)))
    return Picture(name, tuple(tiles), tuple(faces), named, seconds)


def read_once(picture: Picture, unknown: set[str], templates: Templates, policy: Policy, counts: Counts) -> None:
    """Decide a picture while some people are unknown, and add to the counts of the known and of the strangers."""
    known = {student_id(tile.person) for tile in picture.tiles if tile.person not in unknown}
    observations = templates.observe(picture.faces, known)
    decisions = decide(observations, known, policy)
    for owner, observation, decision in zip(picture.owners, observations, decisions, strict=True):
        if owner is None:
            counts.extras["outside_marked"] += decision.outcome == Outcome.MARK
        elif owner in unknown:
            counts.strangers.outcomes[judged(decision, None)] += 1
        else:
            counts.known.outcomes[judged(decision, student_id(owner))] += 1
            counts.extras["rank1"] += first_is(observation, student_id(owner))
    for tile in picture.tiles:
        if tile.person not in picture.owners:
            (counts.strangers if tile.person in unknown else counts.known).outcomes["missed"] += 1


def picture_row(picture: Picture, counts: Counts) -> dict[str, Any]:
    """One picture's line of the table: counts over all folds (a person is known in all folds but one)."""
    owned = [owner for owner in picture.owners if owner is not None]
    return {
        "file": picture.name,
        "people": len(picture.tiles),
        "faces": len(picture.faces),
        "not_found": len(picture.tiles) - len(owned),
        "faces_outside_tiles": len(picture.faces) - len(owned),
        "narrowest_face": min((face.box.width for face in picture.faces), default=0),
        "known": dict(sorted(counts.known.outcomes.items())),
        "strangers": dict(sorted(counts.strangers.outcomes.items())),
        "analysis_seconds": round(picture.seconds, 3),
    }
