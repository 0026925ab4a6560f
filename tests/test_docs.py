"""The documents' promises: every command, file, setting and link that they name exists."""

import re
import tomllib
from pathlib import Path

import pytest
from django.core.management import get_commands
from django.utils.module_loading import import_string

from tests.test_settings import DOCUMENTED

ROOT = Path(__file__).resolve().parent.parent
DOCUMENTS = [ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "THIRD_PARTY_NOTICES.md")]
DOCUMENTS += [*sorted((ROOT / "docs").glob("*.md")), ROOT / "bench/TRIED.md"]
CODE = re.compile(r"```.*?```|``[^`]+``|`[^`]+`|^ {4}\S.*$", re.DOTALL | re.MULTILINE)
LINK = re.compile(r"\]\(([^)\s]+)\)")
# A path of this repository: in one of its folders, or a file at its top. What `make` and the portal write is not in it.
PATH = re.compile(
    r"(?<![\w./:<-])(?:(?:portal|accounts|enrollment|attendance|templates|tests|bench|docs|locale)/[\w./*-]*"
    r"|[\w.-]+\.(?:py|toml|md|txt)\b|\.env\.example|Makefile|LICENSE)(?![\w/<])"
)
DOTTED = re.compile(r"\b(?:portal|accounts|enrollment|attendance)(?:\.\w+)*\.[A-Z]\w*[a-z]\w*\b")
SETTING = re.compile(
    r"\b(?:AWS|API_RATE|FACE|FACE_ID|ATTENDANCE|LIVENESS|PICTURES?|DATABASE|CACHE|EMAIL|HSTS|METER|SILENCED)_[A-Z_]+\b"
    r"|\b(?:TRUSTED_PROXIES|ALLOWED_HOSTS|DATA_DIR|SECRET_KEY|LOG_LEVEL)\b"
)
TEST = re.compile(r"(tests/[\w/]+\.py)::(\w+)")
EXAMPLES = {"views.py", "urls.py", "forms.py", "errors.py", "selectors.py"}  # what the next person makes
EXAMPLES |= {"locale/fr/LC_MESSAGES/django.po", "portal/formats/fr/formats.py"}
EXAMPLES |= {"LICENSES_bundled.txt", "LICENSE-3RD-PARTY.txt"}  # in packages
NOT_OURS = {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"}  # boto3 reads them


def named(document):
    return document.relative_to(ROOT).as_posix()


def code_of(document):
    """The code in a document, one piece a line."""
    return "\n".join(CODE.findall(document.read_text("utf-8")))


def make_targets():
    return set(re.findall(r"^([a-z][a-z-]*):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))


def headings(document):
    """The anchors that a page of Markdown has, as GitHub makes them."""
    lines = re.findall(r"^#+ (.+)$", document.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", line.lower()).replace(" ", "-") for line in lines}


def exists(path, document):
    """True if a path exists, from the top or from the document; with `*`, if anything matches."""
    return any(next(folder.glob(path.rstrip("/.")), None) for folder in (ROOT, document.parent))


documents = pytest.mark.parametrize("document", DOCUMENTS, ids=named)


def test_each_kind_of_promise_is_found():
    """The patterns still match something: a test that finds nothing to check cannot fail."""
    everything = "\n".join(code_of(document) for document in DOCUMENTS)
    assert len(set(PATH.findall(everything))) > 40
    assert len(set(DOTTED.findall(everything))) > 5
    assert len(set(SETTING.findall(everything))) > 15
    assert len(re.findall(r"\bmake [a-z]", everything)) > 20
    assert len(re.findall(r"\bmanage\.py \w", everything)) > 8


@documents
def test_make_targets_exist(document):
    named_ = re.findall(r"\bmake ([a-z][a-z-]*)", code_of(document))
    assert set(named_) - make_targets() == set()


@documents
def test_management_commands_exist(document):
    named_ = re.findall(r"\bmanage\.py ([a-z]\w*)", code_of(document))
    assert set(named_) - set(get_commands()) == set()


@documents
def test_files_exist(document):
    paths = sorted(set(PATH.findall(code_of(document))) - EXAMPLES)
    assert [path for path in paths if not exists(path, document)] == []


@documents
def test_tests_exist(document):
    named_ = set(TEST.findall(document.read_text("utf-8")))
    missing = [
        f"{path}::{name}"
        for path, name in sorted(named_)
        if not re.search(rf"^ *def {name}\(", (ROOT / path).read_text("utf-8"), re.MULTILINE)
    ]
    assert missing == []


def test_each_fault_names_a_test():
    """Every line of the tables of faults, and no number twice."""
    rows = re.findall(r"^\| ([A-Z]\d+) \|(.+)\|$", (ROOT / "docs" / "faults.md").read_text("utf-8"), re.MULTILINE)
    assert len({number for number, _row in rows}) == len(rows) > 50
    assert [number for number, row in rows if not TEST.search(row.split("|")[1])] == []


@documents
def test_links_resolve(document):
    broken = []
    for link in LINK.findall(document.read_text("utf-8")):
        path, _, anchor = link.partition("#")
        target = document.parent / path if path else document
        if "://" in link or (target.exists() and (not anchor or anchor in headings(target))):
            continue
        broken.append(link)
    assert broken == []


@documents
def test_dotted_paths_can_be_imported(document):
    for path in sorted(set(DOTTED.findall(code_of(document)))):
        import_string(path)


@documents
def test_settings_are_documented(document):
    known = set(DOCUMENTED.findall((ROOT / ".env.example").read_text("utf-8")))
    assert set(SETTING.findall(code_of(document))) - known - NOT_OURS == set()


def test_every_page_can_be_reached_from_the_front_page():
    linked = {(ROOT / link).resolve() for link in LINK.findall((ROOT / "README.md").read_text("utf-8"))}
    assert [named(document) for document in DOCUMENTS if document not in linked and document.name != "README.md"] == []


def test_the_front_page_is_short():
    assert len((ROOT / "README.md").read_text("utf-8").splitlines()) <= 130


def test_spelling():
    """British, except for the fixed sentence and what stands as code."""
    for document in DOCUMENTS:
        text = re.sub(r"Person not\s+recognized", "", CODE.sub("", document.read_text("utf-8")))
        assert re.findall(r"\w*recogniz\w*|\bpupils?\b|\bphotographs?\b|\bemails?\b", text) == [], named(document)


def test_the_version_is_in_the_changelog():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert f"## [{project['version']}]" in (ROOT / "CHANGELOG.md").read_text("utf-8")
    assert (ROOT / project["readme"]).is_file()
    assert "Apache License" in (ROOT / "LICENSE").read_text("utf-8")


def required(*files):
    lines = "\n".join((ROOT / file).read_text("utf-8") for file in files)
    return set(re.findall(r"^[a-z][\w-]*", lines, re.MULTILINE))


def test_the_notices_name_every_direct_requirement_and_no_other():
    notices = (ROOT / "THIRD_PARTY_NOTICES.md").read_text("utf-8")
    table = notices.partition("## Packages the portal needs")[2].partition("\nSome wheels")[0]
    named_ = {name for row in re.findall(r"^\|[^|]+\|([^|]+)\|$", table, re.MULTILINE) for name in row.split(",")}
    named_ = {re.match(r"\s*([\w-]+)", name)[1] for name in named_} - {"packages", "---"}
    assert named_ == required("requirements-production.txt", "requirements.txt", "requirements-faces.txt")
    assert all(name in notices for name in required("requirements-demo.txt"))
