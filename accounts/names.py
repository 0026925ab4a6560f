"""Names of people and things: cleaned where they come in, and folded to one key by which they are sorted and found."""

import unicodedata
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from django import forms
from django.db import models
from django.utils.translation import gettext_lazy as _

# `portal/static/portal/text.js` has the same three tables; a test compares the two.
# Signs that stand for an apostrophe on some keyboards; the first would be taken apart into a blank and an accent.
_APOSTROPHES = str.maketrans(dict.fromkeys("´`’‘ʼʻʹʾʿ′׳ꞌ", "'"))
# Letters that no decomposition takes apart.
_LETTERS = str.maketrans(
    {
        "ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ħ": "h", "ı": "i",
        "ŧ": "t", "ŋ": "n", "ə": "e", "ɓ": "b", "ɗ": "d", "ɖ": "d", "ɛ": "e", "ɔ": "o", "ɣ": "g", "ƙ": "k",
        "ƴ": "y", "ƒ": "f", "ɲ": "n", "ʋ": "v", "ɨ": "i", "ς": "σ",
        "ـ": "", "ٱ": "ا", "ى": "ي", "ی": "ي", "ک": "ك", "ة": "ه", "ہ": "ه", "ھ": "ه",
        "‐": "-", "‑": "-", "‒": "-", "–": "-", "—": "-", "−": "-", "־": "-",
    }
)  # fmt: skip
_DIGITS = str.maketrans("٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹", "0123456789" * 2)
_JOINERS = "\u200c\u200d"  # belong to names in Persian and in scripts of India
_BLANKS = "\u115f\u1160\u3164\uffa0\u2800\u034f\u17b4\u17b5"  # letters and signs by their kind, and nothing to see
_LONGEST_KEY = 240


def folded(text: str) -> str:
    """A text without accents and case, for comparing and sorting: "Émile" and "emile" are the same, ß is ss, Ł is l.

    Arabic letters that keyboards of different countries write differently are the same, and digits are 0 to 9.
    """
    plain = _unmarked(_unmarked(text.translate(_APOSTROPHES)).lower())
    return plain.translate(_LETTERS).translate(_DIGITS)


def cleaned(text: str) -> str:
    """A name in one line, composed, without control characters and without marks that turn the direction of writing.

    Empty where nothing of it can be seen.
    """
    kept = "".join(" " if _breaks(char) else char for char in text if not _is_hidden(char))
    name = unicodedata.normalize("NFC", " ".join(kept.split()))
    return name if any(unicodedata.category(char)[0] in "LNPS" for char in name) else ""


def _unmarked(text: str) -> str:
    return "".join(char for char in unicodedata.normalize("NFKD", text) if unicodedata.category(char) != "Mn")


def _breaks(char: str) -> bool:
    return char.isspace() or unicodedata.category(char) in ("Zl", "Zp")


def _is_hidden(char: str) -> bool:
    """True for control, format and surrogate characters, blanks in disguise, and what is no character at all."""
    if char in _JOINERS or _breaks(char):
        return False
    is_none = ord(char) & 0xFFFE == 0xFFFE or 0xFDD0 <= ord(char) <= 0xFDEF
    return is_none or char in _BLANKS or unicodedata.category(char) in ("Cc", "Cf", "Cs")


class NameOrder(models.TextChoices):
    """The order in which a person's names are written."""

    GIVEN_FIRST = "given", _("Given name first: Amina Diallo")
    FAMILY_FIRST = "family", _("Family name first: Diallo Amina")
    WITH_COMMA = "comma", _("Family name first, with a comma: Diallo, Amina")


def displayed(given: str, family: str, order: str) -> str:
    """A person's name as a school writes it. order: a NameOrder; either part may be empty."""
    if order == NameOrder.GIVEN_FIRST or not (given and family):
        return f"{given} {family}".strip()
    return f"{family}, {given}" if order == NameOrder.WITH_COMMA else f"{family} {given}"


def initials_of(name: str) -> str:
    """Up to two letters, upper case, that stand for a portrait: of the first word and of the last."""
    words = name.split()
    return "".join(word[0] for word in (words[:1] + words[-1:] if len(words) > 1 else words)).upper()


class NameFormField(forms.CharField):
    """A name in a form that is no model's: cleaned, and missing where nothing of it can be seen."""

    def to_python(self, value: Any) -> str:
        text = super().to_python(value) or ""
        return text if "\x00" in text else cleaned(text)  # NUL is refused, as in every form


class NameField(models.CharField):
    """A name, cleaned at every entrance: forms, services, imports and bulk writes."""

    def to_python(self, value: Any) -> Any:
        value = super().to_python(value)
        return cleaned(value) if isinstance(value, str) else value

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        value = super().pre_save(model_instance, add)
        if isinstance(value, str) and (clean := cleaned(value)) != value:
            setattr(model_instance, self.attname, clean)
            return clean
        return value

    def get_prep_value(self, value: Any) -> Any:
        value = super().get_prep_value(value)
        return cleaned(value) if isinstance(value, str) else value


class NameKeyField(models.CharField):
    """The folded key of the row's name, written whenever the row is.

    source: the attribute that it is made from; parts: the fields that this is made from, unless it is a field itself.
    """

    def __init__(self, *args: Any, source: str = "name", parts: Collection[str] = (), **kwargs: Any) -> None:
        self.source = source
        self.parts = frozenset(parts or [source])
        super().__init__(
            *args, **{"max_length": _LONGEST_KEY, "blank": True, "default": "", "editable": False, **kwargs}
        )

    def db_parameters(self, connection: Any) -> Any:
        """PostgreSQL sorts the key by its characters' numbers too, as SQLite and Python do, whatever its locale."""
        parameters = super().db_parameters(connection)
        return {**parameters, "collation": "C"} if connection.vendor == "postgresql" else parameters

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        key = folded(cleaned(str(getattr(model_instance, self.source))))[:_LONGEST_KEY]
        setattr(model_instance, self.attname, key)
        return key

    def key_of(self, values: Mapping[str, Any]) -> str:
        """The key for a write of these values to many rows at once. Raises TypeError where it differs by row."""
        name = values.get(self.source)
        if not isinstance(name, str):
            raise TypeError(f"{self.name} is made from each row's own {', '.join(sorted(self.parts))}: save the rows.")
        return folded(cleaned(name))[:_LONGEST_KEY]


def keys_written_with(model: type[models.Model], names: Collection[str]) -> list[NameKeyField]:
    """The keys of a model that are to be written whenever these of its fields are."""
    keys = [field for field in model._meta.concrete_fields if isinstance(field, NameKeyField)]
    return [key for key in keys if key.parts & set(names) and key.attname not in names]


class NamedQuerySet(models.QuerySet):
    """Rows whose names keep their keys by whatever way they are written."""

    def update(self, **values: Any) -> int:
        keys = keys_written_with(self.model, values)
        return super().update(**values, **{key.attname: key.key_of(values) for key in keys})

    def bulk_update(self, objs: Iterable[Any], fields: Iterable[str], batch_size: int | None = None) -> int:
        rows, names = list(objs), list(fields)
        keys = keys_written_with(self.model, names)
        for key in keys:
            for row in rows:
                key.pre_save(row, add=False)
        return super().bulk_update(rows, [*names, *(key.attname for key in keys)], batch_size=batch_size)


class NamedModel(models.Model):
    """Row whose key is written with its name also where `save` is told to write the name alone."""

    class Meta:
        abstract = True

    def save(self, *args: Any, update_fields: Iterable[str] | None = None, **kwargs: Any) -> None:
        if update_fields is not None:
            names = list(update_fields)
            update_fields = [*names, *(key.attname for key in keys_written_with(type(self), names))]
        super().save(*args, update_fields=update_fields, **kwargs)
