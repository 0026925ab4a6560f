"""Registry of the kinds of mails: apps name theirs, nothing here imports an app."""

from collections.abc import Callable
from dataclasses import dataclass

from django.core.mail import EmailMessage
from django.utils.functional import Promise

from accounts.models import OutboxMail

Compose = Callable[[OutboxMail], EmailMessage]


class MailObsolete(Exception):
    """The mail is not to be sent any more. The message says why, in one sentence for the office."""

    def __init__(self, sentence: str | Promise) -> None:
        super().__init__(str(sentence))


@dataclass(frozen=True, slots=True)
class MailKind:
    """A kind of mail: the function that composes one, and the one that is told what came of each try."""

    name: str
    compose: Compose
    settled: Callable[[OutboxMail], None]


_kinds: dict[str, MailKind] = {}


def mail_kind(name: str, *, settled: Callable[[OutboxMail], None] = lambda row: None) -> Callable[[Compose], Compose]:
    """Register the decorated function as what composes mails of the kind `name`. Raises ValueError if it is taken."""

    def register(compose: Compose) -> Compose:
        if name in _kinds:
            raise ValueError(f"There is a kind of mail called {name} already.")
        _kinds[name] = MailKind(name, compose, settled)
        return compose

    return register


def kind_of(name: str) -> MailKind:
    """The kind of this name. Raises LookupError where no app that runs here has registered it."""
    return _kinds[name]


def kind_names() -> list[str]:
    return list(_kinds)
