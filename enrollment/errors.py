"""Errors raised by the services of enrollment: each has a code for machines and one sentence for the user."""

from django.utils.functional import Promise


class EnrollmentError(Exception):
    """Base of enrollment's errors. `code` is for machines, the message for people; `retryable`: may work later."""

    def __init__(self, code: str, message: str | Promise, *, retryable: bool = False) -> None:
        super().__init__(message)
        self.code = code
        self.retryable = retryable

    def __str__(self) -> str:
        return str(self.args[0])


class ErasureUnfinished(EnrollmentError):
    """An erasure is incomplete; its progress is stored, and `erasures_resume` continues from there."""


class PictureError(EnrollmentError):
    """An uploaded picture cannot be used. The message is a sentence for the person who sent it."""
