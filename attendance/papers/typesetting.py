"""Typesetting: a template of this room and plain data become a PDF."""

import json
import threading
import unicodedata
from collections.abc import Mapping
from functools import lru_cache
from importlib import resources
from pathlib import Path
from typing import Any

import typst
from django.http import HttpResponse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.text import slugify
from django.utils.translation import get_language, get_language_bidi
from django.utils.translation import gettext as _

from accounts.files import KEEP_NOTHING

TEMPLATES = Path(__file__).parent / "typst"
FONTS = ("fontpkg_noto_sans", "fontpkg_noto_sans_arabic", "fontpkg_noto_sans_tamil")
MOST_TAGGED = 20_000  # characters of data: tags for screen readers make a large PDF twenty times as large
# Schools of these zones print on Letter; of all others on A4.
LETTER_ZONES = ("America/", "US/", "Canada/", "Pacific/Honolulu", "Asia/Manila")
A4_AMERICAS = ("America/Argentina/", "America/Sao_Paulo", "America/Montevideo", "America/Asuncion", "America/Lima")
_LONG_WORD, _PART = 24, 12
_FIRST_STRONG = {"L": False, "R": True, "AL": True}
_setting = threading.Lock()

Json = dict[str, Any]


def pdf_of(template: str, data: Mapping[str, Any]) -> bytes:
    """The PDF of `typst/<template>.typ` with this data: JSON, which the template reads as text and never as code.

    One at a time in a process, since setting a long table takes hundreds of megabytes.
    """
    told = json.dumps(_frame() | dict(data), ensure_ascii=False)
    with _setting:
        compiler = typst.Compiler(
            str(TEMPLATES / f"{template}.typ"), root=str(TEMPLATES), font_paths=_fonts(), sys_inputs={"data": told}
        )
        made = compiler.compile(
            format="pdf", timestamp=timezone.now().replace(microsecond=0), pdf_tags=len(told) <= MOST_TAGGED
        )
    assert isinstance(made, bytes)
    return made


def pdf_response(name: str, pdf: bytes) -> HttpResponse:
    """A PDF that the browser shows, from where it is printed; kept by no cache."""
    response = HttpResponse(pdf, content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="{file_name(name)}.pdf"'
    response["Cache-Control"] = KEEP_NOTHING
    return response


def file_name(name: str) -> str:
    """A name for a download in letters that every system can store."""
    return slugify(name) or "attendance"


def directed(text: str) -> Json:
    """A text with its own direction, that of its first letter; words too long for a line can be broken."""
    rtl = next((_FIRST_STRONG[kind] for kind in map(unicodedata.bidirectional, text) if kind in _FIRST_STRONG), False)
    return {"text": _parted(text), "rtl": rtl}


def isolated(text: str) -> str:
    """A name within a sentence: its direction does not reach the words around it; too long words can be broken."""
    return f"\u2068{_parted(text)}\u2069" if text else ""


def paper_size(zone: str, wished: str = "") -> str:
    """The sheet, "a4" or "us-letter": the one wished for ("a4", "letter"), else the usual one in the time zone."""
    if wished:
        return "us-letter" if wished == "letter" else "a4"
    return "us-letter" if zone.startswith(LETTER_ZONES) and not zone.startswith(A4_AMERICAS) else "a4"


def _parted(text: str) -> str:
    return " ".join(map(_breakable, text.split()))


def _breakable(word: str) -> str:
    """The word with places to break it at, unless its parts between hyphens fit into a line."""
    if max(map(len, word.split("-"))) <= _LONG_WORD:
        return word
    return "\u200b".join(word[at : at + _PART] for at in range(0, len(word), _PART))


def _frame() -> Json:
    """Data of every paper: its language, when it was printed, the words of its page numbers."""
    now = timezone.localtime()
    at = now.strftime("%H:%M")
    return {
        "language": (get_language() or "en").partition("-")[0],
        "rtl": get_language_bidi(),
        "printed": _("Printed %(day)s, %(time)s") % {"day": day_words(now), "time": at},
        "page": _("page %(page)s of %(pages)s") % {"page": "{page}", "pages": "{pages}"},
    }


def day_words(day: Any) -> str:
    """A date with its year, such as "24 November 2026"."""
    return date_format(day, "j F Y")


@lru_cache(maxsize=1)
def _fonts() -> typst.Fonts:
    """The fonts that came with the portal, and those of the system for scripts that these lack."""
    folders = [str(resources.files(package) / "files") for package in FONTS]
    return typst.Fonts(include_system_fonts=True, include_embedded_fonts=False, font_paths=folders)
