"""Dates and times as other systems write them into one text, such as "12 Oct 2026 8.00AM All students"."""

import re
from dataclasses import dataclass

from accounts.names import folded

_WEEKDAY = r"(?:[^\W\d]{2,10}\.?,?\s+)?"  # such as "Mon " or "Montag, "
_NUMBERS = r"(?P<numbers>\d{4}([-./])\d{1,2}\2\d{1,2}|\d{1,2}([-./])\d{1,2}\3(?:\d{4}|\d{2}))\.?"
_MONTH, _YEAR = r"(?P<month>[^\W\d]{3,12})\.?", r"(?P<year>\d{4})"
_DAY_FIRST = rf"(?P<day>\d{{1,2}})(?:st|nd|rd|th|\.)?[\s-]+(?:de\s+)?{_MONTH},?[\s-]+(?:de\s+)?{_YEAR}"
_MONTH_FIRST = rf"{_MONTH}\s+(?P<day>\d{{1,2}})(?:st|nd|rd|th)?,?\s+{_YEAR}"
_REST = r"(?P<rest>(?:[\sT,].*)?)"
_FORMS = [re.compile(f"{_WEEKDAY}{form}{_REST}", re.IGNORECASE) for form in (_NUMBERS, _DAY_FIRST, _MONTH_FIRST)]
_TIME = re.compile(r"[\sT,]*(?P<time>\d{1,2}[:.h]\d{2}(?!\d)(?::\d{2})?(?:\.0+)?\s*(?:[ap]\.?m\.?)?)", re.IGNORECASE)
# Beginnings of the months' names, folded, in English, German, French, Spanish, Italian, Dutch, Portuguese, Polish.
_MONTHS = (
    "jan ene gen sty", "feb fev lut", "mar mrz maa marz mars", "apr avr abr avri kwi", "may mai mag maj mei",
    "jun juin giu cze", "jul juil lug lip", "aug aou ago sie", "sep set wrz", "oct okt out ott paz", "nov lis",
    "dec dez dic gru",
)  # fmt: skip
_MONTH_OF = {name: month for month, names in enumerate(_MONTHS, 1) for name in names.split()}


@dataclass(frozen=True, slots=True)
class Dated:
    """A date, as numbers in the text's own order, and a time of day, if any, that a text begins with."""

    date: str
    time: str


def dated(text: str) -> Dated | None:
    """The date that a text begins with, or None. A month's name makes it year, month, day."""
    for form in _FORMS:
        if (found := form.fullmatch(text.strip())) and (day := _day(found)):
            at = _TIME.match(found["rest"])
            return Dated(day, _clock(at["time"]) if at else "")
    return None


def _day(found: re.Match[str]) -> str:
    parts = found.groupdict()
    if parts.get("numbers"):
        return parts["numbers"]
    name = folded(parts["month"])
    month = _MONTH_OF.get(name[:4]) or _MONTH_OF.get(name[:3])
    return f"{parts['year']}-{month:02}-{int(parts['day']):02}" if month else ""


def _clock(text: str) -> str:
    """A time of day without seconds; midnight, which spreadsheets add to a date, is none."""
    at = re.sub(r"^(\d{1,2})[.h]", r"\1:", text.strip().lower())
    at = re.sub(r"^(\d{1,2}:\d{2}):\d{2}(?:\.0+)?", r"\1", at)
    return "" if at in ("0:00", "00:00") else at
