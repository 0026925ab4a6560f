"""Secrets of links that are mailed or shown once: the database keeps their hash alone."""

import base64
import hashlib
import secrets
from uuid import UUID

from django.utils.crypto import salted_hmac


def secret_new() -> str:
    """A new secret of 256 random bits, fit for an address: 43 characters."""
    return secrets.token_urlsafe(32)


def secret_for(purpose: str, pk: UUID) -> str:
    """The secret of a link that is mailed about one row, of the same form as a new one.

    It follows from the portal's SECRET_KEY: a mail that is written again, after a refusal or by a second process, bears
    the same link, and keeps it nowhere.
    """
    digest = salted_hmac(f"accounts.link_secrets.{purpose}", pk.hex, algorithm="sha256").digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def hash_of(secret: str) -> str:
    """Hex SHA-256 of a link's secret, which has 256 bits of its own: no salt is needed."""
    return hashlib.sha256(secret.encode()).hexdigest()
