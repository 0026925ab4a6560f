"""What the services of enrollment refuse: each with a code for machines and one sentence for the person who asked."""

from django.utils.functional import Promise


class EnrollmentError(Exception):
    """Base. `code` is for machines, the message for people; `retryable` says whether the same call may work later."""

    def __init__(self, code: str, message: str | Promise, *, retryable: bool = False) -> None:
        super().__init__(message)
        self.code = code
        self.retryable = retryable

    def __str__(self) -> str:
        return str(self.args[0])


class ErasureUnfinished(EnrollmentError):
    """Something is still there; what was done is stored, and `erasures_resume` goes on from it."""
