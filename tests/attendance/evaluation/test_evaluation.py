"""The evaluation: its arithmetic by hand, its command on a handful of real faces, and its complaints."""

import json
from collections import Counter
from io import StringIO
from uuid import UUID

import pytest
from django.core.management import CommandError, call_command

from attendance.domain.decision import Decision, Outcome, Policy, Reason
from attendance.evaluation.classes import Tile
from attendance.evaluation.photos import (
    EvaluationError,
    Options,
    Photo,
    Tally,
    draw_classes,
    judged,
    read_protocol,
    to_enrol,
    wilson,
)
from enrollment.domain.faces import Box, Quality
from enrollment.faces.local.analysis import AnalysedFace, middle_face
from tests.attendance.evaluation.conftest import HEAD
from tests.enrollment.faces.conftest import tiles

ANN, BEN = UUID(int=1), UUID(int=2)
RATES = ("identified", "wrong_name", "review", "missed", "strangers_marked", "strangers_review", "rank1")


def face(left, top, width=50):
    return AnalysedFace(Box(left, top, width, width), None, Quality(width, 1, 120, 40, 0.9), None)


class TestArithmetic:
    @pytest.mark.parametrize(
        ("outcome", "student", "own", "expected"),
        [
            (Outcome.MARK, ANN, ANN, "identified"),
            (Outcome.MARK, BEN, ANN, "wrong_name"),
            (Outcome.MARK, BEN, None, "wrong_name"),
            (Outcome.ASK, ANN, ANN, "review_right"),
            (Outcome.ASK, BEN, ANN, "review_other"),
            (Outcome.ASK, BEN, None, "review_other"),
            (Outcome.UNKNOWN, None, ANN, "missed"),
            (Outcome.ELSEWHERE, BEN, ANN, "missed"),
        ],
    )
    def test_what_a_decision_was_worth(self, outcome, student, own, expected):
        assert judged(Decision(outcome, Reason.CLEAR, student, 0.5, ()), own) == expected

    def test_rates_and_intervals(self):
        tally = Tally(Counter(identified=3, missed=1), photos=4)
        assert tally.rate("identified") == 0.75
        low, high = tally.interval("identified")
        assert 0.30 < low < 0.75 < high < 0.96
        assert Tally().rate("identified") == 0

    def test_wilson_as_published(self):
        """Newcombe 1998, table I: 81 of 263 and 0 of 20."""
        assert wilson(81 / 263, 263) == (pytest.approx(0.2553, abs=1e-4), pytest.approx(0.3662, abs=1e-4))
        assert wilson(0, 20) == (0.0, pytest.approx(0.1611, abs=1e-4))
        assert wilson(0, 0) == (0.0, 1.0)

    def test_the_central_large_face_is_the_persons(self):
        middle, edge, small = face(75, 75), face(0, 0, 60), face(60, 60, 10)
        assert middle_face([edge, small, middle], (200, 200)) is middle
        assert middle_face([], (200, 200)) is None

    def test_classes_are_drawn_alike_and_hold_the_person(self):
        everybody = [UUID(int=n) for n in range(100)]
        options = Options(Policy(0.4, 0.3), class_size=40)
        first, again = (list(draw_classes(everybody, ANN, 3, options, 7)) for _ in range(2))
        assert first == again
        assert len({frozenset(roster) for roster in first}) == 3
        assert all(ANN in roster and len(roster) == 40 for roster in first)
        assert all(len(roster) == 40 for roster in draw_classes(everybody, None, 3, options, 7))
        assert [len(roster) for roster in draw_classes(everybody[:5], ANN, 1, options, 7)] == [5]

    def test_only_who_has_enough_photos_is_enrolled(self):
        photos = [Photo("ann", f"{n}.jpg", "enrol") for n in range(3)] + [Photo("ben", "b.jpg", "enrol")]
        assert {person: len(own) for person, own in to_enrol(photos, 3).items()} == {"ann": 3}
        assert {person: len(own) for person, own in to_enrol(photos, 1).items()} == {"ann": 1, "ben": 1}
        assert {person: len(own) for person, own in to_enrol(photos, 0).items()} == {"ann": 3, "ben": 1}
        with pytest.raises(EvaluationError, match="4 enrolment"):
            to_enrol(photos, 4)

    def test_a_face_in_a_tile(self):
        tile = Tile("ann", 100, 100, 100, 200)
        assert tile.distance(face(125, 175)) == 0
        assert tile.distance(face(300, 175)) > 0.5


def run(*args, **options):
    out = StringIO()
    call_command("evaluate_faces", *map(str, args), stdout=out, stderr=StringIO(), **options)
    return out.getvalue()


@pytest.mark.thorough
class TestCommand:
    @pytest.mark.parametrize("enroll", ["1", "all"])
    def test_portraits_in_classes(self, folder, enroll):
        figures = json.loads(
            run(folder, "--protocol", folder / "protocol.csv", "--class-size", 4, "--enroll", enroll, "--json")
        )
        assert set(RATES) < set(figures)
        assert figures["identified"] == figures["rank1"] == 1
        assert figures["wrong_name"] == figures["strangers_marked"] == figures["not_found"] == 0
        assert (figures["probes"], figures["strangers"], figures["people_enrolled"]) == (6, 2, 6)
        assert figures["identified"] + figures["wrong_name"] + figures["review"] + figures["missed"] == 1
        assert figures["seconds"] > 0
        assert figures["thresholds"] == {"mark": 0.39, "ask": 0.3, "margin": 0.0}

    def test_in_words(self, folder):
        text = run(folder, "--protocol", folder / "protocol.csv", "--class-size", 4)
        assert "identified" in text
        assert "6 probes, 2 strangers" in text

    def test_smaller_faces_and_other_thresholds(self, folder):
        figures = json.loads(run(
            folder, "--protocol", folder / "protocol.csv", "--face-width", 40,
            "--accept-threshold", 0.99, "--review-threshold", 0.2, "--json",
        ))  # fmt: skip
        assert figures["identified"] == 0
        assert figures["review"] > 0.8

    def test_spoilt_as_named(self, folder):
        protocol = ("--protocol", folder / "protocol.csv", "--class-size", 4)
        clean, spoilt = (
            json.loads(run(folder, *protocol, "--accept-threshold", 0.6, "--json", *more))
            for more in ((), ("--degrade", "bar_upper"))
        )
        assert spoilt["identified"] < clean["identified"]
        with pytest.raises(CommandError, match="Either"):
            run(folder, *protocol, "--degrade", "half", "--face-width", 40)

    def test_a_photo_without_a_face_is_missed(self, folder):
        from PIL import Image

        Image.new("RGB", (300, 300)).save(folder / "1" / "7.jpg")
        figures = json.loads(run(folder, "--protocol", folder / "protocol.csv", "--class-size", 4, "--json"))
        assert figures["not_found"] == 1
        assert figures["missed"] == pytest.approx(1 / 6, abs=1e-4)

    def test_class_photos(self, folder):
        tiles(range(1, 7), columns=3).save(folder / "class.png")
        width, height = round(92 * 1.6), round(112 * 1.6)
        lines = [f"class.png,{n + 1},{40 + n % 3 * width},{40 + n // 3 * height},{width},{height}\n" for n in range(6)]
        (folder / "labels.csv").write_text("file,person,tile_x,tile_y,tile_w,tile_h\n" + "".join(lines))
        figures = json.loads(run(folder, "--class-photos", folder, "--labels", folder / "labels.csv", "--json"))
        assert set(RATES) < set(figures)
        assert figures["identified"] == figures["rank1"] == 1
        assert figures["strangers_marked"] == 0
        # Everybody is known in all folds but one, and a stranger in that one.
        assert figures["trials"] == {"probes": 24, "strangers": 6}
        assert figures["pictures"][0]["known"] == {"identified": 24}
        assert figures["pictures"][0]["not_found"] == 0


class TestComplaints:
    def refused(self, match, *args):
        with pytest.raises(CommandError, match=match):
            run(*args)

    def test_what_is_missing_is_named(self, folder):
        protocol = folder / "protocol.csv"
        self.refused("--protocol is missing", folder)
        self.refused("cannot be read", folder, "--protocol", folder / "nowhere.csv")
        self.refused("--labels is missing", folder, "--class-photos", folder)
        (folder / "3" / "7.jpg").unlink()
        self.refused(r"1 files are missing.*7\.jpg", folder, "--protocol", protocol)

    @pytest.mark.parametrize(
        ("text", "match"),
        [
            ("person,file\nann,a.jpg\n", "no column role"),
            (HEAD, "no lines"),
            (HEAD + "1,1/1.jpg,guest,1\n", "unknown role guest"),
            (HEAD + "1,1/7.jpg,probe,1\n", "enrols nobody"),
            (HEAD + "1\n", "too short"),
        ],
    )
    def test_a_protocol_that_makes_no_sense(self, folder, text, match):
        (folder / "bad.csv").write_text(text)
        self.refused(match, folder, "--protocol", folder / "bad.csv")

    def test_a_file_that_is_no_picture(self, folder):
        (folder / "1" / "1.jpg").write_text("not a picture")
        self.refused("not a picture", folder, "--protocol", folder / "protocol.csv")

    def test_numbers_that_make_no_sense(self, folder):
        protocol = ("--protocol", folder / "protocol.csv")
        self.refused("two people", folder, *protocol, "--class-size", 1)
        self.refused("enroll is a number", folder, *protocol, "--enroll", "0")
        self.refused("invalid literal", folder, *protocol, "--enroll", "some")
        self.refused("review threshold", folder, *protocol, "--accept-threshold", "0.1")

    def test_roles_are_read_generously(self, folder):
        text = (folder / "protocol.csv").read_text()
        (folder / "loud.csv").write_text("\ufeff" + text.replace(",enrol,", ", Enrol ,"), "utf-8")
        assert Counter(photo.role for photo in read_protocol(folder / "loud.csv", folder))["enrol"] == 12
