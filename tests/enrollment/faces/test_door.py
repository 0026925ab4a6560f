"""The one door to a face engine: nobody is compared past it, in any module of the portal."""

import ast
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import ClassVar

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from PIL import Image

from accounts.models import Institution
from enrollment.domain.faces import LinkedFace, LooksLike, Match
from enrollment.errors import EnrollmentError
from enrollment.faces.door import EarlierCut, door_for
from enrollment.models import Consent, LookAlike, Student
from tests import engines
from tests.conftest import make_student
from tests.engines import face

ROOT = Path(__file__).resolve().parents[3]
DOOR = "enrollment/faces/door.py"
# What an engine is made of; `enrollment/faces/` itself: who may call it is what is tested.
ENGINES = ("enrollment/faces/local/", "enrollment/faces/rekognition/", "enrollment/faces/__init__.py")
# They compare no photos of students, but of public sets; and the frames of one challenge with each other.
EXCEPTIONS = (
    "attendance/evaluation/",
    "attendance/management/commands/evaluate_faces.py",
    "enrollment/liveness/turns.py",
)
# They take nothing that compares out of an engine: the permissions it needs; its calls and units.
HARMLESS = {
    "attendance/needs.py": {"RekognitionFaceEngine", "collection_id", "actions"},
    "portal/checks.py": {"actions"},
    "enrollment/liveness/rekognition.py": {"RekognitionCalls", "box_in"},
}
CALLS = {"identify", "identify_together", "link_few", "enroll", "faces_for"}  # an engine's own, and how one gets it
COMPARING = CALLS | {
    "compared", "observe", "observe_as", "similar", "agreement", "templates", "linked", "cosines_of",  # the local one
    "search", "search_faces_by_image", "search_users_by_image", "search_faces", "compare_faces", "index_faces",
}  # fmt: skip
PARTS = ("enrollment.faces.local", "enrollment.faces.rekognition")


def doors_in(source, harmless=frozenset()):
    """Names of calls and imports in a module's source that could compare a face."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Attribute) and node.attr in COMPARING and not (_is_regex(node) or _is_figure(node)):
            found.add(node.attr)
        elif isinstance(node, ast.Name) and node.id in COMPARING and isinstance(node.ctx, ast.Load):
            found.add(node.id)
        elif isinstance(node, ast.Constant) and node.value in CALLS:  # getattr
            found.add(node.value)
        elif isinstance(node, ast.ImportFrom):
            names = {alias.name for alias in node.names} - harmless
            found |= names & COMPARING
            if (node.module or "").startswith(PARTS):
                found |= names
        elif isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names if alias.name.startswith(PARTS)}
    return found


def _is_figure(node):
    """True for a figure of a monitor, which is told a number of seconds: `SECONDS.labels(kind).observe(3.2)`."""
    made = node.value
    return isinstance(made, ast.Call) and isinstance(made.func, ast.Attribute) and made.func.attr == "labels"


def _is_regex(node):
    return isinstance(node.value, ast.Name) and node.value.id == "re"


def modules():
    for app in ("portal", "accounts", "enrollment", "attendance"):
        for path in sorted((ROOT / app).rglob("*.py")):
            name = path.relative_to(ROOT).as_posix()
            if "/migrations/" not in name and not name.startswith((*ENGINES, *EXCEPTIONS)) and name != DOOR:
                yield name, path.read_text(encoding="utf-8")


def test_there_is_no_second_door():
    found = {name: doors for name, source in modules() if (doors := doors_in(source, HARMLESS.get(name, frozenset())))}
    assert found == {}


@pytest.mark.parametrize(
    "source",
    [
        "engine.identify(image, candidates=roster)",
        "compare = getattr(engine, 'identify_together', None)",
        "from enrollment.faces import faces_for",
        "from enrollment.faces import faces_for as engine_of",
        "from enrollment import faces\nfaces.faces_for(school)",
        "from enrollment.faces.local.gallery import FaceGallery",
        "import enrollment.faces.local.templates",
        "FaceGallery(school, scoring).templates().similar(vector, least=0.4, but=())",
        "engine.vectors.search([picture], 80)",
        "client.compare_faces(SourceImage=one, TargetImage=other)",
    ],
)
def test_a_second_door_would_be_found(source):
    assert doors_in(source)


def test_the_exceptions_are_there():
    for name in (*ENGINES, *EXCEPTIONS, *HARMLESS, DOOR):
        assert (ROOT / name).exists()
    assert doors_in((ROOT / DOOR).read_text(encoding="utf-8")) >= {"identify", "identify_together", "enroll"}


# -- The gate --


@pytest.fixture
def script(settings, riverside):
    settings.FACE_ENGINE = {"BACKEND": "tests.engines.JoiningEngine", "OPTIONS": {}}
    engines.SCRIPTS.clear()
    return engines.script_of(riverside)


PICTURE = Image.new("RGB", (64, 64))


def look(riverside, *roster, earlier=()):
    roster = [student.pk for student in roster]
    return door_for(riverside).identify_searchable(PICTURE, roster=roster, earlier=earlier)


def withdraw(student):
    Consent.objects.filter(student=student).delete()


def leave(student):
    Student.objects.filter(pk=student.pk).update(is_active=False)


def switch_off(student):
    Institution.objects.update(faces_enabled=False)


ENDS = pytest.mark.parametrize("end", [withdraw, leave, switch_off])


@ENDS
def test_who_may_not_be_searched_for_is_no_candidate(script, riverside, sam, sita, end):
    end(sita)
    script.sees(face((sam.pk, 0.9), (sita.pk, 0.8)))
    look(riverside, sam, sita)
    assert sita.pk not in script.candidates[0]


@ENDS
def test_who_ends_it_while_the_engine_works_is_not_named(script, riverside, sam, sita, end):
    script.sees(face((sam.pk, 0.9), elsewhere=(sita.pk, 0.8)), face(elsewhere=(sam.pk, 0.7), at=1))
    script.meanwhile = lambda: (end(sam), end(sita))
    seen = [one.observation for one in look(riverside, sam)]
    assert [(one.matches, one.elsewhere) for one in seen] == [((), None), ((), None)]


def test_whom_an_engine_names_unasked_is_not_named_either(script, riverside, sam, sita, monkeypatch):
    monkeypatch.setattr(engines, "_only", lambda seen, candidates: seen)
    script.sees(face((sam.pk, 0.9), (sita.pk, 0.8)))
    [seen] = look(riverside, sam)
    assert seen.observation.matches == (Match(sam.pk, 0.9),)


def test_an_earlier_face_is_compared_where_all_whom_it_may_be_may_be(script, riverside, sam, sita):
    withdraw(sita)
    cuts = [[EarlierCut(PICTURE, frozenset(may_be)) for may_be in ([sita.pk], [sam.pk])], []]
    cuts += [[EarlierCut(PICTURE, frozenset(may_be)) for may_be in ([sam.pk, sita.pk], [])]]
    script.sees(face())
    script.same = [[(0, 1)]]
    [seen] = look(riverside, sam, sita, earlier=cuts)
    assert script.compared == [2]
    assert seen.same_as == (1, 3)


def test_an_engine_that_does_not_compare_faces_sees_each_picture_alone(script, settings, riverside, sam):
    settings.FACE_ENGINE = {"BACKEND": "tests.engines.ScriptedEngine", "OPTIONS": {}}
    script.sees(face((sam.pk, 0.9)))
    [seen] = look(riverside, sam, earlier=[[EarlierCut(PICTURE, frozenset())]])
    assert (seen.observation.matches, seen.same_as) == ((Match(sam.pk, 0.9),), ())


# -- Enrolling --


class EnrollingEngine(engines.JoiningEngine):
    """The same; what it is asked to enrol is recorded, and it may find likenesses, one after another."""

    asked: ClassVar[list[dict]] = []
    likenesses: ClassVar[list[set]] = []  # for each call whom it finds the face to resemble
    calibration = replace(engines.ScriptedEngine.calibration, model="of the door")
    vector_model = "vectors of the door"
    is_metered = True

    def enroll(self, image, **options):
        self.asked.append({"image": image, **options})
        self.script.meanwhile()
        if found := self.likenesses.pop(0) if self.likenesses else set():
            raise LooksLike([Match(pk, 0.9) for pk in found], 0.8)
        return super().enroll(image, **options)

    def turns_needed(self, image, seen):
        return len(seen) if image is PICTURE and all(each is engines.GOOD for each in seen) else -1


@pytest.fixture
def enrolling(script, settings, monkeypatch):
    settings.FACE_ENGINE = {"BACKEND": f"{__name__}.EnrollingEngine", "OPTIONS": {}}
    monkeypatch.setattr(EnrollingEngine, "asked", [])
    monkeypatch.setattr(EnrollingEngine, "likenesses", [])
    return script


def enroll(student, photographed_at=None):
    return door_for(student.institution).enroll_searchable(PICTURE, student=student, photographed_at=photographed_at)


def test_the_engine_says_of_itself_what_the_door_says(enrolling, riverside):
    door = door_for(riverside)
    assert (door.institution, door.calibration.model, door.vector_model) == (
        riverside, "of the door", "vectors of the door",
    )  # fmt: skip
    assert (door.is_metered, door.compares_faces) == (True, True)
    assert door.turns_needed(PICTURE, [LinkedFace(face()), LinkedFace(face())]) == 2


def test_a_face_is_compared_with_all_who_may_be_searched_for(enrolling, riverside, sam, sita):
    nora, nils = make_student(riverside, "Nora", "R-003"), make_student(riverside, "Nils", "R-004")
    withdraw(nora)
    LookAlike.objects.create(institution=riverside, first=min(sam, nils, key=by_key), second=max(sam, nils, key=by_key))
    assert enroll(sam).model == "of the door"
    [asked] = EnrollingEngine.asked
    assert (asked["image"], asked["student_id"]) == (PICTURE, sam.pk)
    assert asked["among"] == {sam.pk, sita.pk, nils.pk}
    assert asked["distinct_from"] == {nils.pk}


def by_key(student):
    return student.pk


@pytest.mark.parametrize(
    ("method", "earlier"),
    [("identify", []), ("identify_together", [[EarlierCut(PICTURE, frozenset())]])],
)
def test_in_an_identification_the_roster_is_named_and_one_besides(
    method, earlier, script, riverside, sam, sita, monkeypatch
):
    told, real = [], getattr(engines.JoiningEngine, method)

    def identify(self, image, *cuts, **options):
        told.append((image, *cuts, options))
        return real(self, image, *cuts, **options)

    monkeypatch.setattr(engines.JoiningEngine, method, identify)
    script.sees(face((sam.pk, 0.9), elsewhere=(sita.pk, 0.8)))
    script.same = [[()]]
    [seen] = look(riverside, sam, earlier=earlier)
    assert (seen.observation.matches, seen.observation.elsewhere) == ((Match(sam.pk, 0.9),), Match(sita.pk, 0.8))
    [(image, *cuts, options)] = told
    assert (image, cuts) == (PICTURE, [[[PICTURE]]] if earlier else [])
    assert options == {"candidates": {sam.pk}, "among": {sam.pk, sita.pk}}


def test_where_nobody_is_named_nobody_is_asked_about(script, riverside, sam):
    script.sees(face((sam.pk, 0.9))).sees(face())
    asked = []
    for _ in range(2):
        with CaptureQueriesContext(connection) as queries:
            look(riverside, sam)
        asked.append(len(queries))
    assert asked[1] == asked[0] - 1


@ENDS
def test_who_may_not_be_enrolled_is_not_shown_to_the_engine(enrolling, sam, end):
    end(sam)
    with pytest.raises(EnrollmentError):
        enroll(sam)
    assert EnrollingEngine.asked == []


@ENDS
def test_nothing_is_enrolled_where_it_ends_while_the_engine_works(enrolling, sam, end):
    enrolling.meanwhile = lambda: end(sam)
    with pytest.raises(EnrollmentError):
        enroll(sam)


def test_a_photo_of_before_the_consent_is_not_enrolled(enrolling, sam):
    with pytest.raises(EnrollmentError) as refused:
        enroll(sam, sam.consents.get().given_at - timedelta(hours=1))
    assert refused.value.code == "before_consent"


def test_a_likeness_is_said(enrolling, sam, sita):
    EnrollingEngine.likenesses.append({sita.pk})
    with pytest.raises(LooksLike) as refused:
        enroll(sam)
    assert [match.student_id for match in refused.value.matches] == [sita.pk]
    assert len(EnrollingEngine.asked) == 1


@pytest.mark.parametrize("end", [withdraw, leave])
def test_a_likeness_to_one_who_ends_it_meanwhile_is_none(enrolling, sam, sita, end):
    EnrollingEngine.likenesses.append({sita.pk})
    enrolling.meanwhile = lambda: end(sita)
    assert enroll(sam).model == "of the door"
    assert [sita.pk in asked["among"] for asked in EnrollingEngine.asked] == [True, False]
    assert [(asked["image"], asked["student_id"]) for asked in EnrollingEngine.asked] == [(PICTURE, sam.pk)] * 2
    withdraw(sam)
    for asked in EnrollingEngine.asked:
        with pytest.raises(EnrollmentError):
            asked["permit"]()


def test_a_likeness_to_two_counts_while_one_of_them_may_be_compared(enrolling, riverside, sam, sita):
    nora = make_student(riverside, "Nora", "R-003")
    EnrollingEngine.likenesses.append({sita.pk, nora.pk})
    enrolling.meanwhile = lambda: withdraw(sita)
    with pytest.raises(LooksLike):
        enroll(sam)


@ENDS
def test_no_likeness_is_said_of_one_who_ends_it_meanwhile(enrolling, sam, sita, end):
    EnrollingEngine.likenesses.append({sita.pk})
    enrolling.meanwhile = lambda: end(sam)
    with pytest.raises(EnrollmentError):
        enroll(sam)
    assert len(EnrollingEngine.asked) == 1
