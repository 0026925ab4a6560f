"""Words of the code: a docstring names the thing, and comments, docstrings and names use one word a thing."""

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
FOLDERS = ["accounts", "attendance", "bench", "enrollment", "portal", "tests"]
QUESTION = re.compile(r"(what|who|whom|whose|when|where|whence|whether|how|which)\b", re.IGNORECASE)
UNWANTED = {
    r"\b(is|are|was|were|be|or|and) away\b": "unavailable",
    r"\bin hand\b": "leased, in progress",
    r"\bin vain\b": "unsuccessfully",
    r"\banew\b": "again",
    r"\breckon(s|ed|ing)?\b": "compute",
    r"\bwho(m)?ever\b": "anyone who",
    r"\bthough\b": "even if",
    r"\b(look(s|ed|ing)? (at )?again|second looks?)\b": "re-embedded with the second model",
    r"\b(ungrow\w*|grown)\b": "learned",
    r"\bpupils?\b": "student",
    r"\bphotographs?\b": "photo",
    r"\bthresholds? to (mark|ask)\b": "accept threshold, review threshold",
    r"\b(an?|the|this|that|each|every|these|those) detected_faces?\b": "detected face",
    r"\bto be described\b": "a description",
}
ANY = re.compile("|".join(UNWANTED), re.IGNORECASE)
NAMES = re.compile(
    r"(?:^|_)(pupils?|photographs?|anew|who(?:m)?ever|though|reckon(?:s|ed|ing)?|grown|ungrow)(?:_|$)", re.I
)


def files(folder: str) -> list[Path]:
    return [path for path in sorted((ROOT / folder).rglob("*.py")) if "migrations" not in path.parts]


def docstrings(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """The docstrings of a module, its classes and its functions, each with its line."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            text = ast.get_docstring(node)
            if text:
                yield node.body[0].lineno, text


def comments_and_names(source: str) -> tuple[list[tuple[int, str]], list[tuple[int, str]]]:
    """The comments of a module and the names in it, each with its line."""
    comments, names = [], []
    for kind, text, (line, _column), _end, _source in tokenize.generate_tokens(io.StringIO(source).readline):
        if kind == tokenize.COMMENT:
            comments.append((line, text))
        elif kind == tokenize.NAME:
            names.append((line, text))
    return comments, names


@cache
def is_unwanted(name: str) -> bool:
    return NAMES.search(name) is not None


def complaints(source: str) -> Iterator[tuple[int, str]]:
    """The faults of a module's docstrings, comments and names, each with its line."""
    told = list(docstrings(ast.parse(source)))
    yield from ((line, f"asks: {text[:60]!r}") for line, text in told if QUESTION.match(text))
    comments, names = comments_and_names(source)
    for line, text in [*told, *comments]:
        if not ANY.search(text):
            continue
        for pattern, better in UNWANTED.items():
            if found := re.search(pattern, text, re.IGNORECASE):
                yield line, f"{found[0]!r}: better {better}"
    yield from ((line, f"the name {name!r}") for line, name in names if is_unwanted(name))


@pytest.mark.parametrize("folder", FOLDERS)
def test_a_docstring_names_the_thing_in_the_words_of_the_house(folder):
    found = files(folder)
    assert found
    assert [
        f"{path.relative_to(ROOT)}:{line} {fault}"
        for path in found
        for line, fault in complaints(path.read_text(encoding="utf-8"))
    ] == []


@pytest.mark.parametrize(
    "source",
    [
        '"""What the views of lessons need."""',
        'class Row:\n    """Whether a row is there."""',
        'def rows():\n    """How many rows there are."""',
        'def rows():\n    """The rows of a pupil."""',
        "rows = 3  # of a store that is away",
        "def rows_of(pupil): pass",
    ],
)
def test_a_question_and_an_unwanted_word_are_found(source):
    assert list(complaints(source))


@pytest.mark.parametrize("source", ['"""Whatever the rows are."""', 'rows = "How many pupils?"  # given away'])
def test_other_words_are_let_be(source):
    assert not list(complaints(source))
