"""Strict reading of settings from the environment: an impossible value stops the portal with a sentence."""

import warnings
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import environ
from django.core.exceptions import ImproperlyConfigured

_YES_OR_NO = {"true", "on", "ok", "y", "yes", "1", "false", "off", "n", "no", "0"}


class StrictEnv(environ.Env):
    """django-environ with errors instead of silence: `HTTPS=fasle` is refused, not read as False.

    Every reader raises ImproperlyConfigured with the setting's name and never its value, which may be a secret.
    """

    @classmethod
    def parse_value(cls, value: str, cast: Any) -> Any:
        if cast is bool and value.strip().lower() not in _YES_OR_NO:
            raise ValueError("neither true nor false")
        return super().parse_value(value, cast)

    def get_value(self, var: str, *args: Any, **kwargs: Any) -> Any:
        return _checked(var, super().get_value, var, *args, **kwargs)

    def db(self, var: str, **kwargs: Any) -> dict[str, Any]:
        config: dict[str, Any] = _checked(var, super().db_url, var, **kwargs)
        if not config.get("ENGINE"):
            raise _wrong(var)
        return config

    def cache(self, var: str, **kwargs: Any) -> dict[str, Any]:
        return dict(_checked(var, super().cache_url, var, **kwargs))

    def email(self, var: str, **kwargs: Any) -> dict[str, Any]:
        return dict(_checked(var, super().email_url, var, **kwargs))


def _checked(var: str, read: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    try:
        return read(*args, **kwargs)
    except (ValueError, KeyError, TypeError, IndexError):
        raise _wrong(var) from None


def _wrong(var: str) -> ImproperlyConfigured:
    return ImproperlyConfigured(f"The value of {var} cannot be used. See .env.example for what it may be.")


def with_room(cache: dict[str, Any]) -> dict[str, Any]:
    """A cache's settings with room for 100,000 entries, unless they state a number.

    At 300, Django's default, the database's and the process's cache evict entries that are still valid, among them
    turns of the calls' pace, by which processes keep to a quota together.
    """
    if cache["BACKEND"].rpartition(".")[2] not in {"DatabaseCache", "LocMemCache"}:
        return cache
    return {**cache, "OPTIONS": {"MAX_ENTRIES": 100_000, **cache.get("OPTIONS", {})}}


def that_may_be_unavailable(cache: dict[str, Any]) -> dict[str, Any]:
    """A cache's settings; those of Redis with the portal's own backend, which goes on while the server is unavailable.

    Raises ImproperlyConfigured if the package that talks to Redis is missing.
    """
    if cache["BACKEND"] != "django.core.cache.backends.redis.RedisCache":
        return cache
    if find_spec("redis") is None:
        raise ImproperlyConfigured(
            "CACHE_URL is Redis, and the package redis is not installed: pip install -r requirements-production.txt."
        )
    return {**cache, "BACKEND": "portal.shared_cache.SharedCache"}


def traces_to(collector: str) -> str:
    """The address of a collector of traces, or none.

    Raises ImproperlyConfigured if it is no address, or if the package that sends them is missing.
    """
    if collector and not collector.startswith(("http://", "https://")):
        raise _wrong("TRACES_TO")
    if collector and find_spec("opentelemetry") is None:
        raise ImproperlyConfigured(
            "TRACES_TO is set, and OpenTelemetry is not installed: pip install opentelemetry-exporter-otlp-proto-http."
        )
    return collector


def own_folder(folder: Path) -> None:
    """Create a folder that its owner alone may enter; one that is another's or everybody's (/tmp) stays as it is."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    _restrict(folder, 0o700)


def own_file(file: Path) -> None:
    """Create a file that its owner alone may read. SQLite gives its log the same rights."""
    if file.parent.is_dir():
        file.touch(mode=0o600)
        _restrict(file, 0o600)


def _restrict(path: Path, mode: int) -> None:
    found = path.stat().st_mode
    if found & 0o1000 or not found & 0o077:  # a folder for everybody, or private already
        return
    try:
        path.chmod(mode)
    except OSError:
        warnings.warn(f"{path} can be read by others, and its rights cannot be changed.", stacklevel=3)
