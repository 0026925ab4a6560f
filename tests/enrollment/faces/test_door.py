"""The one door to a face engine: nobody is compared past it, in any module of the portal."""

import ast
from pathlib import Path

import pytest
from PIL import Image

from accounts.models import Institution
from enrollment.domain.faces import Match
from enrollment.faces.door import EarlierCut, door_for
from enrollment.models import Consent, Student
from tests import engines
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
CALLS = {"identify", "identify_together", "enroll", "faces_for"}  # an engine's own, and how one gets it
COMPARING = CALLS | {
    "compared", "observe", "observe_as", "similar", "agreement", "templates", "linked", "same_faces",  # the local one
    "search", "search_faces_by_image", "search_users_by_image", "search_faces", "compare_faces", "index_faces",
}  # fmt: skip
PARTS = ("enrollment.faces.local", "enrollment.faces.rekognition")


def doors_in(source, harmless=frozenset()):
    """Names of calls and imports in a module's source that could compare a face."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Attribute) and node.attr in COMPARING and not _is_regex(node):
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
