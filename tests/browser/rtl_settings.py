"""The portal's settings with a language that is written from right to left: Django's Arabic, and our own sentences in
Arabic letters that mean nothing. So every page can be looked at mirrored before anybody translates it."""

import re
from itertools import cycle

from babel.messages import Catalog
from babel.messages.mofile import write_mo

from portal.settings import *  # noqa: F403
from tests.sentences import extracted

LETTERS = dict(zip("abcdefghijklmnopqrstuvwxyz", cycle("ابتثجحخدذرزسشصضطظعغفقكلمنهوي")))
KEPT = re.compile(r"(%\(\w+\)[sd]|%[sd%]|\{\w+\}|<[^>]+>|&\w+;)")


def in_arabic_letters(sentence):
    """Each letter as an Arabic one; placeholders and tags as they are."""
    parts = KEPT.split(sentence)
    return "".join(part if KEPT.fullmatch(part) else "".join(LETTERS.get(c.lower(), c) for c in part) for part in parts)


def pseudo_catalogue(folder):
    """A folder for LOCALE_PATHS with all our sentences so written."""
    folder.mkdir(parents=True, exist_ok=True)
    catalogue = Catalog(locale="ar")
    for message in extracted(folder):
        if isinstance(message.id, tuple):
            plural = in_arabic_letters(message.id[1])
            catalogue.add(message.id, (plural,) * catalogue.num_plurals, context=message.context)
        elif message.id:
            catalogue.add(message.id, in_arabic_letters(message.id), context=message.context)
    target = folder / "ar" / "LC_MESSAGES" / "django.mo"
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.open("wb") as file:
        write_mo(file, catalogue)
    return folder


LANGUAGES = [*LANGUAGES, ("ar", "Arabic")]  # noqa: F405
LOCALE_PATHS = [pseudo_catalogue(DATA_DIR / "locale"), *LOCALE_PATHS]  # noqa: F405
