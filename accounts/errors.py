"""Errors raised by the services of accounts: each has a code for machines and one sentence for the user."""

from django.utils.functional import Promise


class AccountError(Exception):
    """Base of the errors of accounts. `code` is for machines, the message for people."""

    def __init__(self, code: str, message: str | Promise) -> None:
        super().__init__(message)
        self.code = code

    def __str__(self) -> str:
        return str(self.args[0])
