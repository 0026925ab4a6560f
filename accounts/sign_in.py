"""allauth adapter without public sign-up."""

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest


class AccountAdapter(DefaultAccountAdapter):
    """People are invited by their school; there is no sign-up."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False
