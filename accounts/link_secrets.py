"""Secrets of links that are mailed or shown once: the database keeps their hash alone."""

import hashlib
import secrets


def secret_new() -> str:
    """A new secret of 256 random bits, fit for an address: 43 characters."""
    return secrets.token_urlsafe(32)


def hash_of(secret: str) -> str:
    """Hex SHA-256 of a link's secret, which has 256 bits of its own: no salt is needed."""
    return hashlib.sha256(secret.encode()).hexdigest()
