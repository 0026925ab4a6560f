"""Translations: Django templates for Babel's extraction, and what a language still lacks. Needs no GNU gettext.

`make messages` extracts, updates and reports, `make languages` compiles: Babel's own commands, whose options stand in
pyproject.toml. Compiled files are not in git: they are made where they are needed.
"""

import sys
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO

from babel.messages import Catalog
from babel.messages.extract import extract_python
from babel.messages.pofile import read_po
from django.utils.translation.template import templatize

LOCALE = Path(__file__).resolve().parent.parent / "locale"


def extract_template(file: BinaryIO, keywords: Any, comment_tags: Any, options: Any) -> Iterator[Any]:
    """The sentences of a Django template, as Babel's extractors give them: Django's own rendering of it as Python.

    Without indentation, which means nothing in a template and over which Python would stumble.
    """
    code = "\n".join(line.strip() for line in templatize(file.read().decode()).splitlines())
    return extract_python(BytesIO(code.encode()), keywords, comment_tags, options)


def po_paths() -> dict[str, Path]:
    """Path of each language's sentences; English is the source and has no file."""
    return {path.parent.parent.name: path for path in sorted(LOCALE.glob("*/LC_MESSAGES/django.po"))}


def read_catalogue(language: str) -> Catalog:
    """A language's sentences as they are in its file."""
    with po_paths()[language].open("rb") as file:
        return read_po(file, locale=language)


def lacking(catalogue: Catalog) -> list[str]:
    """The sentences that are not translated wholly, or only by a guess."""
    messages = [message for message in catalogue if message.id]
    return [str(message.id) for message in messages if message.fuzzy or not _is_whole(message.string)]


def _is_whole(string: object) -> bool:
    return all(string) if isinstance(string, list | tuple) else bool(string)


def stale() -> list[str]:
    """The languages whose compiled file, which Django reads, is missing or older than its source."""
    pairs = {language: (po, po.with_suffix(".mo")) for language, po in po_paths().items()}
    return [one for one, (po, mo) in pairs.items() if not mo.exists() or mo.stat().st_mtime <= po.stat().st_mtime]


def report() -> int:
    """Print what each language lacks; 1 where one lacks anything."""
    missing = {language: lacking(read_catalogue(language)) for language in po_paths()}
    for language, sentences in missing.items():
        print(f"{language}: {len(sentences)} not translated", *sentences, sep="\n  ")  # noqa: T201
    return 1 if any(missing.values()) else 0


if __name__ == "__main__":
    sys.exit(report())
