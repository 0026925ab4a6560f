"""A person's language: the one they chose, kept with their account; before they sign in, with this browser."""

from contextlib import AbstractContextManager

from django.conf import settings
from django.utils import translation

from accounts.models import User


def is_spoken(language: str) -> bool:
    """True if the portal has this language (a code such as "de")."""
    return language in dict(settings.LANGUAGES)


def language_choose(*, user: User, language: str) -> None:
    """Store a person's choice, for every browser that they use. A language the portal does not have is ignored."""
    if is_spoken(language):
        user.language = language
        user.save(update_fields=["language"])


def in_language_of(user: User) -> AbstractContextManager[None]:
    """Context in a person's own language, for a mail to them for example; the current one if they never chose."""
    return translation.override(user.language or translation.get_language())
