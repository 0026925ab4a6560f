"""The translations' files: extracting sentences, reporting what a language lacks, compiling. Needs no GNU gettext.

`python -m portal.catalogues compile` before the portal is started, `… extract` after sentences were changed, `… extract
fr` to begin another language (which LANGUAGES in the settings has to name). Compiled files are not in git: they are
made where they are needed, by `make run` and before the tests.
"""

import os
import re
import sys
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path

from babel.messages import Catalog
from babel.messages.extract import DEFAULT_KEYWORDS, extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.utils.translation.template import templatize

ROOT = Path(__file__).resolve().parent.parent
LOCALE = ROOT / "locale"
SOURCES = ("accounts", "attendance", "enrollment", "portal", "templates")
KEYWORDS = {
    **DEFAULT_KEYWORDS,
    **{f"{name}_lazy": DEFAULT_KEYWORDS[name] for name in ("gettext", "ngettext", "pgettext", "npgettext")},
    "gettext_noop": None,
}
COMMENT = "Translators:"  # as in Django
# Fields of a file's head that change with each run, or that git knows better.
_CHURN = re.compile(rb'^"(?:POT-|PO-|Last-|Report-|Language-Team|Generated-By|Project-Id).*\n', re.MULTILINE)


def languages() -> list[str]:
    """The languages that have a catalogue here; English is the source and has none."""
    return sorted(path.name for path in LOCALE.iterdir() if (path / "LC_MESSAGES").is_dir())


def po_path(language: str) -> Path:
    """Where a language's sentences lie."""
    return LOCALE / language / "LC_MESSAGES" / "django.po"


def read_catalogue(language: str) -> Catalog:
    """A language's sentences as they are in its file; none where it has no file yet."""
    if not po_path(language).exists():
        return Catalog(locale=language)
    with po_path(language).open("rb") as file:
        return read_po(file, locale=language)


def extract_sentences() -> Catalog:
    """Every translatable sentence of our Python and templates, with the files that it stands in."""
    found = Catalog(project="Smart Attendance")
    for path in _sources():
        name = path.relative_to(ROOT).as_posix()
        text = path.read_text("utf-8")
        code = _as_python(text, name) if path.suffix == ".html" else text
        for _, words, comments, context in extract("python", BytesIO(code.encode()), KEYWORDS, [COMMENT]):
            found.add(words, locations=[(name, 0)], auto_comments=comments, context=context)
    return found


def _as_python(template: str, name: str) -> str:
    # Indentation means nothing in a template; Python would stumble over it.
    return "\n".join(line.strip() for line in templatize(template, origin=name).splitlines())


def _sources() -> Iterator[Path]:
    for folder in SOURCES:
        for path in sorted((ROOT / folder).rglob("*")):
            if path.suffix in {".py", ".html"} and "migrations" not in path.parts:
                yield path


def update_catalogue(language: str, sentences: Catalog) -> Catalog:
    """Write a language's file anew: new sentences empty, gone ones left out, nothing guessed."""
    catalogue = read_catalogue(language)
    catalogue.update(sentences, no_fuzzy_matching=True, update_header_comment=False)
    catalogue.obsolete.clear()
    po_path(language).parent.mkdir(parents=True, exist_ok=True)
    text = BytesIO()
    write_po(text, catalogue, width=0, sort_by_file=True, include_lineno=False)
    po_path(language).write_bytes(_CHURN.sub(b"", text.getvalue()).rstrip() + b"\n")
    return catalogue


def lacking(catalogue: Catalog) -> list[str]:
    """The sentences that are not translated wholly, or only by a guess."""
    messages = [message for message in catalogue if message.id]
    return [str(message.id) for message in messages if message.fuzzy or not _is_whole(message.string)]


def _is_whole(string: object) -> bool:
    return all(string) if isinstance(string, list | tuple) else bool(string)


def stale() -> list[str]:
    """The languages whose compiled file, which Django reads, is missing or older than its source."""
    pairs = {language: (po_path(language), po_path(language).with_suffix(".mo")) for language in languages()}
    return [one for one, (po, mo) in pairs.items() if not mo.exists() or mo.stat().st_mtime <= po.stat().st_mtime]


def compile_catalogues() -> list[str]:
    """Write what Django reads, where it is stale: whole or not at all. Returns the languages that were."""
    written = stale()
    for language in written:
        target = po_path(language).with_suffix(".mo")
        unfinished = target.with_suffix(f".{os.getpid()}.unfinished")
        with unfinished.open("wb") as file:
            write_mo(file, read_catalogue(language))
        unfinished.replace(target)
    return written


def _extract(begun: list[str]) -> int:
    sentences, missing = extract_sentences(), 0
    for language in sorted({*languages(), *begun}):
        lacks = lacking(update_catalogue(language, sentences))
        print(f"{language}: {len(sentences)} sentences, {len(lacks)} not translated", *lacks, sep="\n  ")  # noqa: T201
        missing += len(lacks)
    return 1 if missing else 0


def _compile(_none: list[str]) -> int:
    compile_catalogues()
    return 0


COMMANDS: dict[str, Callable[[list[str]], int]] = {"extract": _extract, "compile": _compile}

if __name__ == "__main__":
    sys.exit(COMMANDS[sys.argv[1]](sys.argv[2:]))
