"""Values from cells: dates, times, weekdays, lists, yes and no. Nothing is guessed: what is not certain is refused."""

import re
from collections.abc import Callable, Iterable
from datetime import date, time
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext as _

from accounts.names import cleaned, folded
from enrollment.importing.fields import Field, Reads

ORDERS = ("dmy", "mdy", "ymd")  # of day, month and year
_DATE = re.compile(r"(\d{1,4})([./ -])(\d{1,2})\2(\d{1,4})\.?(?:[T ]00:00(?::00)?(?:\.0+)?Z?)?")
_ISO = re.compile(r"\d{4}-\d{1,2}-\d{1,2}(?!\d).*")
_TIME = re.compile(r"(\d{1,2})[:.h](\d{2})(?::00)?\s*([ap]\.?m\.?)?", re.IGNORECASE)
_SHORTENED = re.compile(r"\d(?:[.,]\d+)?E\+\d+", re.IGNORECASE)
_YES = {"1", "yes", "y", "true", "ja", "j", "wahr", "oui", "o", "vrai", "si", "s", "x", "✓"}
_NO = {"0", "no", "n", "false", "nein", "falsch", "non", "faux"}
_WEEKDAYS = (
    "monday mon mo montag lundi lun lunes 1",
    "tuesday tue tues tu di dienstag mardi mar martes 2",
    "wednesday wed we mi mittwoch mercredi mer miercoles mie 3",
    "thursday thu thur thurs th do donnerstag jeudi jeu jueves jue 4",
    "friday fri fr freitag vendredi ven viernes vie 5",
    "saturday sat sa samstag sonnabend samedi sam sabado sab 6",
    "sunday sun su so sonntag dimanche dim domingo dom 7",
)
_DAY_OF = {word: day for day, words in enumerate(_WEEKDAYS) for word in words.split()}


class BadValue(ValueError):
    """A cell that does not hold what its field needs. The message is a sentence for people."""


def value_of(field: Field, text: str, order: str = "ymd") -> Any:
    """The value of a cell that is not empty. order: one of ORDERS, of its column's dates. Raises BadValue."""
    return _READS[field.reads](field, text) if field.reads is not Reads.DATE else date_of(text, order)


def date_of(text: str, order: str) -> date:
    """A date; years need four digits. Raises BadValue."""
    found = _DATE.fullmatch(text.strip())
    if not found:
        raise BadValue(_("“%(text)s” is not a date. Write it like %(like)s.") % {"text": text, "like": _LIKE[order]})
    parts = dict(zip("ymd" if _ISO.fullmatch(text) else order, (found[1], found[3], found[4]), strict=True))
    if len(parts["y"]) != 4:
        raise BadValue(_("“%(text)s” needs a year of four digits.") % {"text": text})
    try:
        day = date(int(parts["y"]), int(parts["m"]), int(parts["d"]))
    except ValueError as error:
        raise BadValue(_("The date %(text)s does not exist.") % {"text": text}) from error
    if not 1900 <= day.year <= 2200:
        raise BadValue(_("The year of %(text)s cannot be meant.") % {"text": text})
    return day


_LIKE = {"dmy": "31.12.2012", "mdy": "12/31/2012", "ymd": "2012-12-31"}


def date_orders(texts: Iterable[str]) -> list[str]:
    """The orders that read most of the texts; several: a person has to say which. Dates like 2012-12-31 fit all."""
    texts = {text for text in texts if text and not _ISO.fullmatch(text)}
    if not texts:
        return ["ymd"]
    fits = {order: sum(_is_date(text, order) for text in texts) for order in ORDERS}
    best = [order for order in ORDERS if fits[order] == max(fits.values())]
    if "dmy" in best and all("." in text for text in texts):  # nobody writes month.day.year
        return ["dmy"]
    return best if max(fits.values()) else ["dmy"]


def _is_date(text: str, order: str) -> bool:
    try:
        date_of(text, order)
    except BadValue:
        return False
    return True


def _text(field: Field, text: str) -> str:
    value = cleaned(text)
    if len(value) > field.most:
        said = _("%(field)s is longer than %(most)d letters.") % {"field": field.label, "most": field.most}
        raise BadValue(said)
    return value


def _key(field: Field, text: str) -> str:
    if _SHORTENED.fullmatch(text):
        raise BadValue(_("“%(text)s” was shortened by a spreadsheet. Format the column as text.") % {"text": text})
    return _text(field, text)


def _email(field: Field, text: str) -> str:
    value = text.removeprefix("mailto:").strip("<>").lower()
    try:
        validate_email(value)
    except ValidationError as error:
        raise BadValue(_("“%(text)s” is not an e-mail address.") % {"text": text}) from error
    if len(value) > 254:
        raise BadValue(_("“%(text)s” is not an e-mail address.") % {"text": text})
    return value


def _time(field: Field, text: str) -> time:
    found = _TIME.fullmatch(text.strip())
    if found:
        hour, half = int(found[1]), (found[3] or "").lower()[:1]
        if half:
            hour = hour % 12 + (12 if half == "p" else 0)
        if hour < 24 and int(found[2]) < 60:
            return time(hour, int(found[2]))
    raise BadValue(_("“%(text)s” is not a time. Write it like 09:30.") % {"text": text})


def _weekday(field: Field, text: str) -> int:
    day = _DAY_OF.get(folded(text).strip(". "))
    if day is None:
        raise BadValue(_("“%(text)s” is not a day of the week.") % {"text": text})
    return day


def _list(field: Field, text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(_text(field, part) for part in re.split(r"[,;|]", text) if part.strip()))


def _flag(field: Field, text: str) -> bool:
    word = folded(text).strip(". ")
    if word in _YES or word in _NO:
        return word in _YES
    raise BadValue(_("“%(text)s” should be yes or no.") % {"text": text})


def _language(field: Field, text: str) -> str:
    wanted = folded(text)
    for code, name in settings.LANGUAGES:
        if wanted in (code, code.split("-")[0], folded(str(name))):
            return str(code)
    raise BadValue(_("The portal does not have the language “%(text)s”.") % {"text": text})


_READS: dict[Reads, Callable[[Field, str], Any]] = {
    Reads.TEXT: _text,
    Reads.NAME: _text,
    Reads.KEY: _key,
    Reads.EMAIL: _email,
    Reads.TIME: _time,
    Reads.WEEKDAY: _weekday,
    Reads.LIST: _list,
    Reads.FLAG: _flag,
    Reads.LANGUAGE: _language,
}
