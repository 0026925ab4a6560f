"""Exact versions for production: the lock holds what the requirements ask for, each with its hashes."""

import re
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parent.parent
LOCKED = dict(
    re.findall(r"^([a-z0-9][a-z0-9._-]*)==(\S+) \\$", (ROOT / "requirements.lock").read_text("utf-8"), re.MULTILINE)
)


def asked(name):
    """The requirements of a file and of the files that it takes in."""
    for line in (ROOT / name).read_text("utf-8").splitlines():
        line = line.partition("#")[0].strip()
        if line.startswith("-r "):
            yield from asked(line.removeprefix("-r ").strip())
        elif line:
            yield Requirement(line)


@pytest.mark.parametrize(
    "requirement", list(asked("requirements-production.txt")), ids=lambda requirement: requirement.name
)
def test_what_is_asked_for_is_locked(requirement):
    name = requirement.name.lower().replace("_", "-")
    assert name in LOCKED, "run `make lock`"
    assert LOCKED[name] in requirement.specifier, "run `make lock`"


def test_everything_has_hashes():
    text = (ROOT / "requirements.lock").read_text("utf-8")
    blocks = re.split(r"\n(?=[a-z0-9])", text)
    assert len(LOCKED) > 40
    assert [block.splitlines()[0] for block in blocks if "--hash=sha256:" not in block] == []


def test_it_names_no_place_to_fetch_from():
    assert "http" not in re.sub(r"(?m)^\s+#.*$|^[a-z0-9].*$", "", (ROOT / "requirements.lock").read_text("utf-8"))
