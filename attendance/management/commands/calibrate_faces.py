"""manage.py calibrate_faces: rates of mistaken and missed faces at a school, by its teachers' decisions."""

import json
from argparse import ArgumentTypeError
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.models import Institution
from attendance.calibration.rates import Point, Rate
from attendance.calibration.report import WISH, Report, read_report
from enrollment.domain.faces import FaceError


class Command(BaseCommand):
    help = (
        "Miss and false-match rates of a school from its teachers' confirmations and corrections, with 95 % confidence "
        "bounds, and the lowest threshold that keeps a wished false-match rate. Changes nothing."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--institution", metavar="SLUG", help="the school's address; without it all schools")
        parser.add_argument(
            "--false-match-rate", type=_rate, default=WISH, metavar="RATE", help=f"the wish, above 0, below 1 ({WISH})"
        )
        parser.add_argument("--json", action="store_true", help="print a JSON document instead of lines")

    def handle(self, *args: Any, **options: Any) -> None:
        schools = Institution.objects.order_by("slug")
        if slug := options["institution"]:
            schools = schools.filter(slug=slug)
            if not schools:
                raise CommandError(f"There is no school with the address “{slug}”.")
        documents = [_document(school, options["false_match_rate"]) for school in schools]
        if options["json"]:
            self.stdout.write(json.dumps(documents, ensure_ascii=False, indent=2))
        else:
            self.stdout.write("\n\n".join("\n".join(_lines(document)) for document in documents))
        if failed := [document["school"] for document in documents if "error" in document]:
            raise CommandError(f"Could not be measured, see above: {', '.join(failed)}")


def _rate(text: str) -> float:
    try:
        rate = float(text)
    except ValueError:
        rate = 0.0
    if not 0 < rate < 1:
        raise ArgumentTypeError(f"“{text}” is no rate above 0 and below 1, such as 0.001.")
    return rate


def _document(school: Institution, wish: float) -> dict[str, Any]:
    """A school's figures. Rates: {events, trials, rate, low, high}, from 0 to 1; thresholds in the engine's unit."""
    try:
        report = read_report(school, wish=wish)
    except FaceError as error:
        return {"school": school.slug, "error": str(error)}
    return {
        "school": school.slug,
        "engine": report.calibration.engine,
        "model": report.calibration.model,
        "thresholds": {"mark": report.accept_threshold, "ask": report.review_threshold, "set_by_school": report.is_own},
        "lessons": report.sample.lessons,
        "false_matches": {
            "among_all_marks": _figures(report.false_matches.least),
            "among_judged_marks": _figures(report.false_matches.most),
            "unchallenged": report.sample.unchallenged_total,
            "contradicted_by_hand": report.by_hand,
        },
        "misses": {
            "as_far_as_said": _figures(report.misses.least),
            "with_open_questions": _figures(report.misses.most),
            "open_questions": report.sample.open,
            "by_hand_after_a_photo": report.not_named,
        },
        "proposal": _proposal(report),
        "curve": [_point(point) for point in report.points],
    }


def _proposal(report: Report) -> dict[str, Any]:
    found = report.proposal
    return {
        "wish": found.wish,
        "threshold": found.threshold,
        "faces_of_somebody_else": found.have,
        "needed": found.needed,
        "at_threshold": _point(found.point) if found.point else None,
    }


def _point(point: Point) -> dict[str, Any]:
    return {
        "threshold": point.threshold,
        "false_matches": _figures(point.false_matches) | {"at_most": round(point.false_matches.at_most, 6)},
        "misses": _figures(point.misses),
    }


def _figures(rate: Rate) -> dict[str, Any]:
    value = None if rate.value is None else round(rate.value, 6)
    low, high = round(rate.low, 6), round(rate.high, 6)
    return {"events": rate.events, "trials": rate.trials, "rate": value, "low": low, "high": high}


def _lines(document: dict[str, Any]) -> list[str]:
    if "error" in document:
        return [f"{document['school']}: {document['error']}"]
    thresholds, false, missed = document["thresholds"], document["false_matches"], document["misses"]
    whose = "set by the school" if thresholds["set_by_school"] else "the engine's own"
    engine = f"{document['engine']} {document['model']}"
    return [
        f"{document['school']} · {engine} · {document['lessons']} lessons with verdicts",
        f"  thresholds in force                   mark {thresholds['mark']:g}, ask {thresholds['ask']:g} ({whose})",
        f"  marked as somebody else         {_words(false['among_all_marks'])} among all marks (too low)",
        f"                                  {_words(false['among_judged_marks'])} among judged marks (too high)",
        f"    unchallenged marks            {false['unchallenged']}: no confirmation",
        f"    contradicted by hand          {false['contradicted_by_hand']}",
        f"  not marked although enrolled    {_words(missed['as_far_as_said'])} as far as somebody said who it was",
        f"                                  {_words(missed['with_open_questions'])} with open questions",
        f"    by hand after a photo         {missed['by_hand_after_a_photo']}: perhaps not in it, not counted",
        f"  threshold for a false-match rate of {document['proposal']['wish']:.4g}",
        *_proposal_lines(document["proposal"]),
    ]


def _proposal_lines(found: dict[str, Any]) -> list[str]:
    have = f"{found['faces_of_somebody_else']} faces of somebody else, at least {found['needed']} needed"
    if found["faces_of_somebody_else"] < found["needed"]:
        return [f"    none: too little is known ({have})"]
    if found["threshold"] is None:
        return ["    none is high enough"]
    at = found["at_threshold"]
    return [
        f"    {found['threshold']:g}: at most {at['false_matches']['at_most']:.2%} with 95 % confidence ({have})",
        f"    misses there                  {_words(at['misses'])}",
    ]


def _words(figures: dict[str, Any]) -> str:
    if not figures["trials"]:
        return "nothing known"
    between = f"95 %: {figures['low']:.2%} to {figures['high']:.2%}"
    return f"{figures['rate']:.2%} ({figures['events']} of {figures['trials']}; {between})"
