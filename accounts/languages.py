"""Which language a person reads: what they chose, kept with their account; before they sign in, with this browser."""

from contextlib import AbstractContextManager

from django.conf import settings
from django.utils import translation

from accounts.models import User


def is_spoken(language: str) -> bool:
    """Whether the portal speaks it (a code like "de")."""
    return language in dict(settings.LANGUAGES)


def language_choose(*, user: User, language: str) -> None:
    """Keep a person's choice, for every browser that they use. What the portal does not speak is left alone."""
    if is_spoken(language):
        user.language = language
        user.save(update_fields=["language"])


def in_language_of(user: User) -> AbstractContextManager[None]:
    """Speak a person's own language, in a mail to them for example; the present one where they never chose."""
    return translation.override(user.language or translation.get_language())
