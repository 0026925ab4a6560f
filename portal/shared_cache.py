"""The cache that all processes share, Redis. While it is unavailable each process goes on with a cache of its own.

What is kept in it may be forgotten, so nothing else stops: limits on requests count in each process by itself, and
what was drawn for all pages is drawn in each process. One use cannot go on like that, the pace of paid calls
(`portal.aws.pace`): it asks by `shared_only`, and photos wait. docs/production.md lists all uses.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any
from uuid import uuid4

from django.core.cache import cache
from django.core.cache.backends.locmem import LocMemCache
from django.core.cache.backends.redis import RedisCache, RedisCacheClient
from django.db import DatabaseError
from django.utils.functional import cached_property

from portal.circuit import Circuit

logger = logging.getLogger(__name__)

PATIENCE = 0.5  # seconds to connect and to answer, each; redis-py itself would wait for ever, and repeat
PAUSE = 5.0  # seconds between two tries of a server that is unavailable
ROOM = 100_000  # entries of the process's own cache
_circuits: dict[str, Circuit] = {}  # by server: Django makes a cache for each thread
_only_shared: ContextVar[bool] = ContextVar("only_shared", default=False)


class CacheUnavailable(Exception):
    """The shared cache does not answer, and what was asked for is of use only if all processes share it."""


@contextmanager
def shared_only() -> Iterator[None]:
    """Context in which CacheUnavailable is raised instead of giving way to the process's own cache."""
    token = _only_shared.set(True)
    try:
        yield
    finally:
        _only_shared.reset(token)


def cache_trouble() -> str:
    """The reason why the cache of the settings keeps nothing that all processes see; empty if it does."""
    key, value = f"trouble-{uuid4().hex}", uuid4().hex
    try:
        with shared_only():
            cache.set(key, value, 10)
            kept = cache.get(key) == value
            cache.delete(key)
    except (CacheUnavailable, DatabaseError) as error:
        return type(error).__name__
    return "" if kept else "It forgot a value at once."


class SharedCache(RedisCache):
    """Django's Redis cache; while the server is unavailable, the process's own memory with the same operations."""

    def __init__(self, server: str | list[str], params: dict[str, Any]) -> None:
        super().__init__(server, params)
        self._where = [server] if isinstance(server, str) else server
        self._how: dict[str, Any] = params.get("OPTIONS", {})
        # Empty at first: limits begin again, for a few minutes and in each process.
        self._alone = LocMemCache(f"away from {server}", {**params, "OPTIONS": {"MAX_ENTRIES": ROOM}})
        self._circuit = _circuits.setdefault(str(server), Circuit(failures=1, pause=PAUSE))

    @cached_property
    def _cache(self) -> Any:
        from redis.backoff import NoBackoff
        from redis.retry import Retry

        patience: dict[str, Any] = {
            "socket_timeout": PATIENCE,
            "socket_connect_timeout": PATIENCE,
            "retry": Retry(NoBackoff(), 0),
        }
        return RedisCacheClient(self._where, **(patience | self._how))

    def add(self, *args: Any, **kwargs: Any) -> bool:
        return bool(self._ask("add", *args, **kwargs))

    def get(self, *args: Any, **kwargs: Any) -> Any:
        return self._ask("get", *args, **kwargs)

    def set(self, *args: Any, **kwargs: Any) -> None:
        self._ask("set", *args, **kwargs)

    def touch(self, *args: Any, **kwargs: Any) -> bool:
        return bool(self._ask("touch", *args, **kwargs))

    def delete(self, *args: Any, **kwargs: Any) -> bool:
        return bool(self._ask("delete", *args, **kwargs))

    def get_many(self, *args: Any, **kwargs: Any) -> Any:
        return self._ask("get_many", *args, **kwargs)

    def has_key(self, *args: Any, **kwargs: Any) -> bool:
        return bool(self._ask("has_key", *args, **kwargs))

    def incr(self, *args: Any, **kwargs: Any) -> int:
        return int(self._ask("incr", *args, **kwargs))

    def set_many(self, *args: Any, **kwargs: Any) -> list[Any]:
        return list(self._ask("set_many", *args, **kwargs))

    def delete_many(self, *args: Any, **kwargs: Any) -> None:
        self._ask("delete_many", *args, **kwargs)

    def clear(self) -> None:
        self._ask("clear")

    def server_time(self) -> float:
        """Seconds since the epoch by the server's clock. Raises CacheUnavailable: the process has no such clock."""
        with shared_only():
            seconds, millionths = self._ask("time")
        return float(seconds) + millionths / 1e6

    def _ask(self, operation: str, *args: Any, **kwargs: Any) -> Any:
        """The operation at the server, else at the process's own cache. Raises CacheUnavailable."""
        from redis.exceptions import RedisError

        if self._circuit.may_ask():
            try:
                answer = self._asked(operation)(*args, **kwargs)
            except (RedisError, OSError) as error:
                if self._circuit.failed():
                    logger.error("The shared cache is unavailable, processes go on alone: %s", type(error).__name__)
            else:
                if self._circuit.answered():
                    self._alone.clear()  # of what the processes noted by themselves nothing is believed any more
                    logger.warning("The shared cache is back.")
                return answer
        if _only_shared.get():
            raise CacheUnavailable
        return getattr(self._alone, operation)(*args, **kwargs)

    def _asked(self, operation: str) -> Any:
        """The server's method: of Django's cache, or for its clock the client's own."""
        return self._cache.get_client().time if operation == "time" else getattr(super(), operation)
