"""Benchmark of recognition accuracy: identification rates against false accepts of strangers, in tables and a curve.

    python bench/accuracy.py

`lfw_dev` (Labeled Faces in the Wild, development half) and `london_class` are read from ../shared/data next to the
project, or from the folder ACCURACY_DATA; missing data sets are reported and skipped. Every photo passes the product's
own analysis, templates and decision once, and is then tried in random classes of 40 as in `manage.py evaluate_faces`
(rates from 0 to 1):

    one, three, all      enrolled with so many photos each, at the shipped thresholds
    frontier_one, _three a list for each accept threshold: threshold, identified, wrong name, strangers marked,
                         strangers asked about
    held_out_one, _three the people are split into two halves; the lowest threshold that lets no more than TARGETS of
                         one half's strangers through is tried on the other half, and the two results are averaged
    two_photos           people with two probe photos: marked by one photo or the other, each judged by itself, and by
                         both together (`attendance/domain/joint.py`), as students and as strangers to classes of 40.
                         `asked`: by both together, a mark of the first photo is put to the teacher after the second
    odd_photo            shares of people's own photos and of other people's that are refused as unlike the enrolled;
                         own_quarter_below_…: the similarity to their own that a quarter of people's photos is below
    class_photos         the twelve class photos of the London set, one photo each
    studio               each of the London set's 102 people as a stranger to one class of all the others: portraits of
                         one studio resemble each other more than people do
"""

import json
import os
import sys
import tempfile
from collections import Counter
from pathlib import Path

FOLDER = tempfile.TemporaryDirectory(prefix="bench-accuracy-")
os.environ.update(
    SECRET_KEY="bench-" + "0" * 50, DEBUG="false", HTTPS="false", DATA_DIR=FOLDER.name,
    DJANGO_SETTINGS_MODULE="portal.settings",
)  # fmt: skip
ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))  # run.py does so for all; called alone it is needed too
DATA = Path(os.environ.get("ACCURACY_DATA", ROOT.parent / "shared" / "data"))
THRESHOLDS = (0.33, 0.34, 0.35, 0.36, 0.37, 0.38, 0.39, 0.40, 0.42, 0.44)
ENROLLED = {"one": 1, "three": 3, "all": 0}
TARGETS = {"one": 0.001, "three": 0.0005}  # rates of marked strangers at which the curve is read
KEYS = ("identified", "wrong_name", "review", "missed", "strangers_marked", "strangers_review", "rank1")
CLASS, CLASSES, SEED = 40, 40, 20261129


def main() -> None:
    import django

    django.setup()
    from attendance.management.commands.evaluate_faces import local_model

    model, figures, sets = local_model(), {}, []
    if (DATA / "lfw_dev" / "protocol.csv").is_file():
        figures |= portraits(model)
        sets.append("lfw_dev")
    if (DATA / "london_class" / "labels.csv").is_file():
        figures["class_photos"] = class_photos(model)
        figures["studio"] = studio(model)
        sets.append("london_class")
    if not sets:
        figures["skipped"] = "Neither lfw_dev nor london_class is there; ACCURACY_DATA names their folder."
    print(json.dumps({**figures, "data_sets": sets}))


def portraits(model) -> dict[str, object]:
    """The figures of lfw_dev."""
    from attendance.evaluation.degradations import AS_IT_IS
    from attendance.evaluation.photos import read_protocol, see_all

    photos = read_protocol(DATA / "lfw_dev" / "protocol.csv", DATA / "lfw_dev")
    seen = dict(zip(photos, see_all(photos, model, AS_IT_IS, note), strict=True))
    bench = Portraits(model, photos, seen)
    figures: dict[str, object] = {}
    for name in ENROLLED:
        figures[name] = {key: value for key, value in bench.tried(name).items() if key in (*KEYS, "interval95")}
        note(name, figures[name])
    for name in TARGETS:
        curves = [[bench.point(name, threshold, half) for threshold in THRESHOLDS] for half in (0, 1)]
        figures[f"frontier_{name}"] = [mean(*both) for both in zip(*curves, strict=True)]
        figures[f"held_out_{name}"] = held_out(curves, TARGETS[name])
        note(name, figures[f"frontier_{name}"], figures[f"held_out_{name}"])
    return figures | {"two_photos": two_photos(bench), "odd_photo": odd_photo(bench)}


class Portraits:
    """Photos that were analysed once, with the templates that they make."""

    def __init__(self, model, photos, seen) -> None:
        from attendance.evaluation.photos import enrolled, to_enrol

        self.model, self.photos, self.seen = model, photos, seen
        self.chosen = {name: to_enrol(photos, enroll) for name, enroll in ENROLLED.items()}
        self.templates = {
            name: enrolled([photo for own in people.values() for photo in own], seen, model.scoring)
            for name, people in self.chosen.items()
        }

    def tried(self, name: str, threshold: float | None = None, half: int | None = None) -> dict[str, object]:
        """All probes and strangers, or one half of the people, in classes of those enrolled."""
        from dataclasses import replace

        from attendance.domain.decision import Policy
        from attendance.evaluation.photos import Options, student_id, tried

        policy = Policy.of(self.model.scoring.calibration)
        if threshold is not None:
            policy = replace(
                policy, accept_threshold=threshold, review_threshold=min(threshold, policy.review_threshold)
            )
        people = self.chosen[name]
        trying = [
            photo
            for photo in self.photos
            if (photo.role == "stranger" or (photo.role == "probe" and photo.person in people))
            and (half is None or student_id(photo.person).int % 2 == half)
        ]
        everybody = [student_id(person) for person in people]
        return tried(trying, self.seen, self.templates[name], everybody, Options(policy, ENROLLED[name]))

    def point(self, name: str, threshold: float, half: int) -> list[float]:
        found = self.tried(name, threshold, half)
        return [threshold, *(found[key] for key in KEYS[:2]), *(found[key] for key in KEYS[4:6])]

    def pairs(self) -> dict[object, list[object]]:
        """Of each person enrolled with one photo who has two probes or more: the faces on them."""
        faces: dict[object, list[object]] = {}
        for photo in self.photos:
            if photo.role == "probe" and photo.person in self.chosen["one"] and self.seen[photo].face:
                faces.setdefault(photo.person, []).append(self.seen[photo].face)
        return {person: own for person, own in faces.items() if len(own) > 1}


def mean(*points: list[float]) -> list[float]:
    return [round(sum(values) / len(values), 5) for values in zip(*points, strict=True)]


def held_out(curves: list[list[list[float]]], target: float) -> list[float]:
    """Threshold, identified, wrong name, strangers marked and asked: each half by the threshold of the other."""
    results = []
    for chosen_on, tried_on in ((0, 1), (1, 0)):
        within = [n for n, point in enumerate(curves[chosen_on]) if point[3] <= target]
        results.append(curves[tried_on][within[0] if within else -1])
    return mean(*results)


def two_photos(bench: Portraits) -> dict[str, object]:
    """Two photos of a lesson, each judged by itself and both together."""
    from attendance.domain.decision import Policy
    from attendance.evaluation.photos import Options as Drawn
    from attendance.evaluation.photos import draw_classes, student_id

    policy = Policy.of(bench.model.scoring.calibration)
    everybody = [student_id(person) for person in bench.chosen["one"]]
    drawn = Drawn(policy, class_size=CLASS, seed=SEED)
    counts: dict[str, Counter[str]] = {"pupils": Counter(), "strangers": Counter()}
    pairs = bench.pairs()
    for number, (person, faces) in enumerate(pairs.items()):
        own = student_id(person)
        classes = draw_classes(everybody, own, CLASSES, drawn, number)
        for roster in classes:
            for kind, among in (("pupils", roster), ("strangers", roster - {own})):
                counts[kind].update(lesson(bench, faces[:2], among, own if kind == "pupils" else None, policy))
    rates = {
        kind: {name: round(count[name] / count["lessons"], 5) for name in sorted(count) if name != "lessons"}
        for kind, count in counts.items()
    }
    note("two photos", rates)
    return {**rates, "people": len(pairs)}


def lesson(bench: Portraits, faces, roster, own, policy) -> dict[str, int]:
    """Outcomes of two photos of one person in one class."""
    from attendance.domain.decision import Outcome, decide
    from attendance.domain.joint import EarlierFace, is_weak, join
    from enrollment.faces.local.linking import cosines_of, sure

    scoring, known = bench.model.scoring, bench.templates["one"].only(roster)
    alone = [decide(known.observe([face]), roster, policy)[0] for face in faces]
    marked = [decision.student_id for decision in alone if decision.outcome == Outcome.MARK]
    first, together = alone[0], alone[1]
    is_linked = bool(sure(cosines_of(faces[1:], faces[:1], scoring)).any())
    if is_linked:
        together = decide(known.observe_as(faces[1:], [scoring.probe(faces)], None), roster, policy)[0]
    before = EarlierFace(first.outcome, first.student_id)
    is_looked_at = is_linked and (first.outcome != Outcome.MARK or is_weak(first.similarity, policy))
    answer = join([together], [[0] if is_looked_at else []], [before])[0].decision
    is_asked = first.outcome == Outcome.MARK and answer.outcome == Outcome.ASK
    jointly = [d.student_id for d in (first, answer) if d.outcome == Outcome.MARK and not is_asked]
    return {
        "lessons": 1,
        "each_right": own is not None and own in marked,
        "each_wrong": any(student != own for student in marked),
        "together_right": own is not None and own in jointly,
        "together_wrong": any(student != own for student in jointly),
        "asked": is_asked,
    }


def odd_photo(bench: Portraits) -> dict[str, float]:
    """Rate at which a photo is refused beside one or two enrolled ones: the person's own, and another person's."""
    import numpy as np

    from attendance.evaluation.photos import student_id
    from enrollment.faces.local.enrolling import LIKE_ONESELF
    from enrollment.faces.local.templates import Templates

    vectors: dict[str, list[object]] = {}
    for photo in bench.photos:
        if (face := bench.seen[photo].face) and bench.seen[photo].refusal is None:
            vectors.setdefault(photo.person, []).append(face.vector)
    random, names = np.random.default_rng(SEED), sorted(vectors)
    often = [name for name in names if len(vectors[name]) >= 3]
    figures: dict[str, float] = {"people": len(often)}
    for count in (1, 2):
        own, others = [], []
        for name in often * 4:
            drawn = random.permutation(len(vectors[name]))
            student = student_id(name)
            enrolled = Templates.of({student: [vectors[name][n] for n in drawn[:count]]}, bench.model.scoring)
            other = names[random.integers(len(names))]
            own.append(enrolled.agreement(vectors[name][drawn[count]], student))
            if other != name:
                others.append(enrolled.agreement(vectors[other][0], student) < LIKE_ONESELF)
        figures[f"own_refused_beside_{count}"] = round(float(np.mean(np.array(own) < LIKE_ONESELF)), 5)
        figures[f"own_quarter_below_beside_{count}"] = round(float(np.quantile(own, 0.25)), 3)
        figures[f"others_refused_beside_{count}"] = round(float(np.mean(others)), 5)
    note("odd photo", figures)
    return figures


def class_photos(model) -> dict[str, object]:
    """The class photos of the London set."""
    from attendance.domain.decision import Policy
    from attendance.evaluation.classes import evaluate_classes, read_labels
    from attendance.evaluation.photos import Options

    folder = DATA / "london_class"
    pictures = read_labels(folder / "labels.csv", folder)
    options = Options(Policy.of(model.scoring.calibration))
    found = evaluate_classes(pictures, folder, DATA / "london_600", model, options, note)
    return {key: found[key] for key in (*KEYS, "not_found", "faces_outside_tiles_marked")}


def studio(model) -> dict[str, float]:
    """Studio portraits as strangers to each other."""
    from attendance.domain.decision import Outcome, Policy, decide
    from attendance.evaluation.photos import read_image, student_id
    from enrollment.faces.local.templates import Templates

    folder = DATA / "london_600"
    seen = {
        (person.name, n): model.analyse_with_both(read_image(person / f"{n}.jpg"))[0]
        for person in sorted(folder.iterdir())
        if person.is_dir()
        for n in (1, 2)
    }
    enrolled = {student_id(person): [face.stored] for (person, n), face in seen.items() if n == 1}
    templates, policy, outcomes = (
        Templates.of(enrolled, model.scoring),
        Policy.of(model.scoring.calibration),
        Counter(),
    )
    for (person, n), face in seen.items():
        if n == 2:
            others = set(enrolled) - {student_id(person)}
            outcomes[decide(templates.only(others).observe([face]), others, policy)[0].outcome] += 1
    note("studio", outcomes)
    people = sum(outcomes.values())
    shares = {f"strangers_{name.value}": outcomes[name] / people for name in (Outcome.MARK, Outcome.ASK)}
    return {"people": people, **{name: round(share, 4) for name, share in shares.items()}}


def note(*line: object) -> None:
    print(*line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
