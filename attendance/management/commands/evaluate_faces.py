"""manage.py evaluate_faces: accuracy of recognition, measured on photos whose people are known."""

import os
import sys
import time
from argparse import ArgumentParser
from dataclasses import replace
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from attendance.domain.decision import Policy
from attendance.evaluation.classes import evaluate_classes, read_labels
from attendance.evaluation.degradations import AS_IT_IS, DEGRADATIONS, Degradation, face_width
from attendance.evaluation.photos import EvaluationError, Options, as_json, evaluate, read_protocol
from enrollment.domain.faces import FaceError
from enrollment.faces.local.engine import LocalFaceEngine, LocalModel
from enrollment.faces.local.networks import Threads
from enrollment.faces.local.weights import FaceConfigurationError

SHOWN = ("identified", "wrong_name", "review", "missed", "strangers_marked", "strangers_review", "rank1")


class Command(BaseCommand):
    help = (
        "Measures the embedded face engine and the decision on photos whose people are known: portraits, one face "
        "a photo, in random classes (--protocol), or whole class photos (--class-photos with --labels)."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", type=Path, help="the photos; with --class-photos: <person>/1.jpg, to enrol")
        parser.add_argument("--protocol", type=Path, help="CSV: person,file,role (enrol, probe, stranger)")
        parser.add_argument("--class-photos", type=Path, metavar="FOLDER", help="whole class photos")
        parser.add_argument("--labels", type=Path, help="CSV: file,person,tile_x,tile_y,tile_w,tile_h")
        parser.add_argument("--class-size", type=int, default=40, help="people on a roster (40)")
        parser.add_argument("--enroll", default="1", metavar="N|all", help="enrolment photos of each person (1)")
        parser.add_argument("--face-width", type=int, metavar="PX", help="shrink probes and strangers to this width")
        parser.add_argument("--degrade", choices=sorted(DEGRADATIONS), help="spoil probes and strangers before")
        parser.add_argument("--accept-threshold", type=float, help="instead of the engine's calibration")
        parser.add_argument("--review-threshold", type=float, help="instead of the engine's calibration")
        parser.add_argument("--margin", type=float, help="instead of the engine's calibration")
        parser.add_argument("--seed", type=int, default=Options(Policy(0, 0)).seed, help="which classes are drawn")
        parser.add_argument("--json", action="store_true", help="print all figures as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        started = time.perf_counter()
        try:
            figures = measured(local_model(), options, self.say)
        except (EvaluationError, FaceConfigurationError, FaceError) as error:
            raise CommandError(str(error)) from error
        figures["seconds"] = round(time.perf_counter() - started, 1)
        if options["json"]:
            self.stdout.write(as_json(figures))
        else:
            self.show(figures)

    def say(self, line: str) -> None:
        self.stderr.write(line)

    def show(self, figures: dict[str, Any]) -> None:
        for name in SHOWN:
            low, high = figures["interval95"].get(name, (None, None))
            between = f"   95 %: {low:.2%} to {high:.2%}" if low is not None else ""
            self.stdout.write(f"{name:18} {figures[name]:8.2%}{between}")
        counts = f"{figures['probes']} probes, {figures['strangers']} strangers, {figures['not_found']} faces not found"
        self.stdout.write(f"{counts}; {figures['seconds']} s")


def measured(model: LocalModel, options: dict[str, Any], say: Any) -> dict[str, Any]:
    """The figures of the evaluation that the options choose. Raises EvaluationError, FaceError, CommandError."""
    chosen = evaluation_options(model, options)
    if options["class_photos"]:
        pictures = read_labels(required(options, "labels"), options["class_photos"])
        figures = evaluate_classes(pictures, options["class_photos"], options["folder"], model, chosen, say)
    else:
        photos = read_protocol(required(options, "protocol"), options["folder"])
        figures = evaluate(photos, model, chosen, say) | {"class_size": chosen.class_size}
    thresholds = {
        "mark": chosen.policy.accept_threshold,
        "ask": chosen.policy.review_threshold,
        "margin": chosen.policy.margin,
    }
    return figures | {"enroll": options["enroll"], "thresholds": thresholds, "model": model.scoring.calibration.model}


def evaluation_options(model: LocalModel, options: dict[str, Any]) -> Options:
    """Checked options. Raises CommandError."""
    if options["class_size"] < 2 or (options["face_width"] or 1) < 1:
        raise CommandError("A class has two people at least, and a face one pixel.")
    try:
        enroll = 0 if options["enroll"] == "all" else int(options["enroll"])
        thresholds = {
            name: options[name]
            for name in ("accept_threshold", "review_threshold", "margin")
            if options[name] is not None
        }
        own = model.scoring.calibration
        policy = replace(Policy.of(own), **thresholds)
    except ValueError as error:
        raise CommandError(str(error)) from error
    if enroll < 0 or (options["enroll"] != "all" and enroll < 1):
        raise CommandError("--enroll is a number of photos, or all.")
    return Options(policy, enroll, options["class_size"], degradation(options), options["seed"])


def degradation(options: dict[str, Any]) -> Degradation:
    """The degradation of probes and strangers. Raises CommandError."""
    if options["face_width"] and options["degrade"]:
        raise CommandError("Either --face-width or --degrade.")
    if options["face_width"]:
        return face_width(options["face_width"])
    return DEGRADATIONS.get(options["degrade"], AS_IT_IS)


def required(options: dict[str, Any], name: str) -> Path:
    path: Path | None = options[name]
    if path is None:
        raise CommandError(f"--{name.replace('_', '-')} is missing.")
    return path


def local_model() -> LocalModel:
    """The embedded engine, with the options of FACE_ENGINE if that chooses it, otherwise with the defaults.

    Each core works on a photo of its own: quicker for many small ones than all cores on one.
    """
    spec = settings.FACE_ENGINE
    own = spec["BACKEND"] == f"{LocalFaceEngine.__module__}.{LocalFaceEngine.__qualname__}"
    model = LocalModel.from_options(**(spec.get("OPTIONS", {}) if own else {}))
    if not own:
        sys.stderr.write("FACE_ENGINE is another engine; measuring the embedded one.\n")
    return replace(model, threads=Threads(per_run=1, runs=os.cpu_count() or 1))
