"""Sides as those of the writing: no stylesheet and no template says left or right, since Arabic begins at the right."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
APPS = ("accounts", "enrollment", "attendance", "portal")
STYLES = sorted(path for app in APPS for path in (ROOT / app).rglob("*.css"))
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))

PHYSICAL = re.compile(
    r"(?<![\w-])(?:(?:margin|padding|border|inset|scroll-margin|scroll-padding)-(?:left|right)[\w-]*\s*:"
    r"|(?:left|right)\s*:"
    r"|(?:text-align|float|clear|justify-self|justify-items)\s*:\s*(?:left|right)\b"
    r"|border-(?:top|bottom)-(?:left|right)-radius\s*:"
    r"|translateX\()"
)
SHORTHANDS = re.compile(r"(?<![\w-])(margin|padding|inset|scroll-margin|scroll-padding|border-radius)\s*:\s*([^;}]+)")
# Words of Bootstrap 4 and of Tailwind that name a side; those of Bootstrap 5 (ms-, text-start) follow the writing.
CLASSES = re.compile(r"^(?:-?[mp][lr]-.+|(?:text|float)-(?:left|right)|border-[lr](?:-.+)?|-?(?:left|right)-\d.*)$")
DIRECTIONS = re.compile(
    r'{%\s*lucide\s+"(?:chevron|arrow|chevrons)-(?:left|right)"([^%]*)%}'
    r"|<span ([^>]*)>(?:chevron|arrow)_(?:left|right|back|forward)"
)


def relative(path):
    return path.relative_to(ROOT).as_posix()


def lopsided(name, values):
    """True for a shorthand of four values whose left is another than its right."""
    while "(" in values:
        values, before = re.sub(r"\([^()]*\)", "", values), values
        if values == before:
            break
    parts = values.replace("!important", "").split()
    if name == "border-radius":  # corners, from the top left on
        return len(parts) == 4 and (parts[0], parts[3]) != (parts[1], parts[2])
    return len(parts) == 4 and parts[1] != parts[3]


def wrong_sides(css):
    """Left and right in a stylesheet, except in the rules for the way a head turns before the camera."""
    rules = re.findall(r"([^{}]*)\{([^{}]*)\}", re.sub(r"/\*.*?\*/", "", css, flags=re.DOTALL))
    for selector, body in rules:
        if "data-pose" in selector:
            continue
        yield from (f"{selector.strip()}: {found[0]}" for found in PHYSICAL.finditer(body))
        yield from (
            f"{selector.strip()}: {found[0]}" for found in SHORTHANDS.finditer(body) if lopsided(*found.groups())
        )


@pytest.mark.parametrize("path", STYLES, ids=relative)
def test_a_stylesheet_names_no_side_of_the_screen(path):
    assert list(wrong_sides(path.read_text("utf-8"))) == []


def test_sides_are_found():
    assert len(STYLES) > 10
    wrong = ".a { right: 0 } .b { padding: 0 1rem 0 2rem } .c { float: right } .d { border-radius: 9px 0 0 9px }"
    right = ".a { margin-inline: 0 1px; padding: 0 1rem .5rem; inset-inline-start: 0; border-radius: 9px 9px 0 0 }"
    assert [each.split(":")[0] for each in wrong_sides(wrong)] == [".a", ".b", ".c", ".d"]
    assert list(wrong_sides(right)) == []


@pytest.mark.parametrize("path", TEMPLATES, ids=relative)
def test_a_template_names_no_side_and_turns_its_arrows(path):
    html = path.read_text("utf-8")
    classes = {word for found in re.findall(r'class="([^"]*)"', html) for word in found.split()}
    assert {word for word in classes if CLASSES.match(word.rpartition(":")[2])} == set()
    arrows = [found[0] or found[1] for found in DIRECTIONS.finditer(html)]
    assert [each for each in arrows if not re.search(r'class="[^"]*\b(?:turns|left|right)\b', each)] == []
