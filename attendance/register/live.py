"""The version of a register, which its open pages compare, and the people who have it open."""

import functools
import hashlib
import time
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.core.cache import cache
from django.db import connection
from django.db.models import Count, Max, OuterRef, QuerySet, Subquery
from django.utils.crypto import salted_hmac

from accounts.models import Membership, User
from attendance.models import Capture, ClassSession, CodeTry, DetectedFace, RosterEntry
from attendance.models.register_events import RegisterVersion

HERE = 15.0  # seconds after its last request in which a page counts as open: a hidden one sends none
_NOBODY = UUID("00000000-0000-4000-8000-000000000000")  # stands for the session in the prepared query
_AGAIN = 5.0  # seconds in which a page's request is not recorded again
_UNFINISHED = (Capture.State.RECEIVED, Capture.State.RECOGNISING, Capture.State.WAITING)
_ON_UNFINISHED = 2 + len(_UNFINISHED)  # the version's last columns: when to try again, why, and how many of each state


@dataclass(frozen=True, slots=True)
class Version:
    """Hashes of what a register's page shows, 16 hex digits each. While photos are worked at the second one changes
    alone: it is small and quickly drawn.

    settled: of everything but the pictures that are not finished; unfinished: of those.
    """

    settled: str
    unfinished: str


def register_version(session_id: UUID) -> Version:
    """The version of a register. One query, whatever the number of students and photos.

    The marks have a version number of their own, since they may be kept elsewhere; everything else is counted in its
    own table, so that no write has to announce it. Right with any number of web processes and workers.
    """
    sql, values = _version_sql(connection.vendor)
    mine = _stored(session_id)
    with connection.cursor() as cursor:
        cursor.execute(sql, [mine if value == _stored(_NOBODY) else value for value in values])
        row = cursor.fetchone() or ()
    return Version(_hash(row[:-_ON_UNFINISHED]), _hash(row[-_ON_UNFINISHED:]))


def register_tag(version: Version, person: Membership) -> str:
    """The tag by which a person's page says what it shows. Of two parts, with a dot between, as `Version` has them.

    Made with the portal's secret for one person: anyone who has it was let in when it was given.
    """
    parts = (version.settled, version.unfinished)
    return ".".join(own_hash(person, name, part) for name, part in zip(("settled", "unfinished"), parts, strict=True))


def own_hash(person: Membership, *of: object) -> str:
    """A hash for one person, 16 hex digits, made with the portal's secret."""
    whose = (person.institution_id, person.user_id, person.role)
    return salted_hmac("register-live", repr((whose, of))).hexdigest()[:16]


def _hash(row: tuple[Any, ...]) -> str:
    return hashlib.sha256(repr(row).encode()).hexdigest()[:16]


def _stored(pk: UUID) -> Any:
    return ClassSession._meta.pk.get_db_prep_value(pk, connection)


@functools.cache
def _version_sql(vendor: str) -> tuple[str, tuple[Any, ...]]:
    """The query for the session `_NOBODY`, compiled once a database: that costs ten times what running it does."""
    return _version_query(_NOBODY).query.sql_with_params()


def _version_query(pk: UUID) -> QuerySet:
    return ClassSession.objects.filter(pk=pk).order_by().values_list(
        "state", "starts_at", "ends_at", "room", "closed_at", "changed_at",
        Subquery(_mark_number()), Subquery(_of(RosterEntry, Count("pk"))), Subquery(_of(CodeTry, Count("pk"))),
        *(Subquery(_in_state(state)) for state in Capture.State if state not in _UNFINISHED),
        Subquery(_faces(Count("pk"))), Subquery(_faces(Count("decided_at"))), Subquery(_faces(Max("decided_at"))),
        # From here on what is unfinished: `_ON_UNFINISHED` columns.
        Subquery(_of(Capture, Max("retry_at"))), Subquery(_of(Capture, Max("reason"))),
        *(Subquery(_in_state(state)) for state in _UNFINISHED),
    )  # fmt: skip


def _mark_number() -> QuerySet[RegisterVersion, int]:
    rows = RegisterVersion.objects.filter(institution=OuterRef("institution"), session_id=OuterRef("pk"))
    return rows.values_list("number", flat=True)


def _of(model: type[RosterEntry] | type[CodeTry] | type[Capture], what: Count | Max) -> QuerySet:
    return model.objects.filter(session=OuterRef("pk")).order_by().values("session").annotate(n=what).values("n")


def _in_state(state: str) -> QuerySet:
    return _of(Capture, Count("pk")).filter(state=state)


def _faces(what: Count | Max) -> QuerySet:
    rows = DetectedFace.objects.filter(capture__session=OuterRef("pk")).order_by()
    return rows.values("capture__session").annotate(n=what).values("n")


def others_at(session_id: UUID, user: User) -> tuple[str, ...]:
    """Names of the other people who have the register open, sorted.

    Kept in the cache for seconds. If each process has a cache of its own, those at another process are not seen; the
    register itself is right all the same.
    """
    seen, now = cache.get(_open_key(session_id)) or {}, time.time()
    return tuple(sorted(name for pk, (name, at) in seen.items() if pk != user.pk and now - at < HERE))


def others_here(session_id: UUID, user: User) -> tuple[str, ...]:
    """Record that `user` has the register open, and return the others as `others_at` does.

    Written at most every five seconds.
    """
    key, now = _open_key(session_id), time.time()
    seen: dict[UUID, tuple[str, float]] = cache.get(key) or {}
    if user.pk not in seen or now - seen[user.pk][1] > _AGAIN:
        seen = {pk: entry for pk, entry in seen.items() if now - entry[1] < HERE} | {user.pk: (user.name, now)}
        cache.set(key, seen, HERE)
    return others_at(session_id, user)


def _open_key(session_id: UUID) -> str:
    return f"register-open:{session_id}"
