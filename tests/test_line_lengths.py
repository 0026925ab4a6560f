"""Templates, styles and scripts keep to 120 characters a line, as ruff holds Python to. Mails are not wrapped: the
lines of a text are the lines that somebody reads."""

from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
MOST = 120
STATIC = [path for app in ROOT.glob("*/static") for path in app.rglob("*") if path.suffix in {".css", ".js"}]
FILES = sorted([*(ROOT / "templates").rglob("*.html"), *(ROOT / "templates").rglob("*.js"), *STATIC])


def test_there_is_something_to_measure():
    assert {".html", ".css", ".js"} <= {path.suffix for path in FILES}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_no_line_is_longer(path):
    lines = path.read_text("utf-8").splitlines()
    assert [(number, line) for number, line in enumerate(lines, 1) if len(line) > MOST] == []
