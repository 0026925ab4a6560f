"""Registry of the kinds of jobs: apps name theirs, nothing here imports an app."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise

from accounts.jobs.handle import JobHandle
from accounts.models import Job, Role

Work = Callable[[JobHandle], Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class JobKind:
    """A kind of job: its title for people, the function that does the work, the roles that may see and stop it.

    result_page: address of the page that shows a finished job's result. forget: deletes what a job keeps elsewhere,
    such as an uploaded file, before its row is deleted some weeks after its end.
    """

    name: str
    title: str | Promise
    work: Work
    roles: frozenset[Role]
    result_page: Callable[[Job], str] | None = None
    forget: Callable[[Job], None] | None = None


_kinds: dict[str, JobKind] = {}


def job_kind(
    name: str,
    *,
    title: str | Promise,
    roles: Collection[Role],
    result_page: Callable[[Job], str] | None = None,
    forget: Callable[[Job], None] | None = None,
) -> Callable[[Work], Work]:
    """Register the decorated function as the work of the kind `name` (up to 40 letters). Raises ValueError if taken.

    Administrators see every job of their school whose kind names them; anyone else those that they started themselves.
    """

    def register(work: Work) -> Work:
        if name in _kinds:
            raise ValueError(f"There is a kind of job called {name} already.")
        _kinds[name] = JobKind(name, title, work, frozenset(roles), result_page, forget)
        return work

    return register


def kind_of(name: str) -> JobKind | None:
    """The kind of this name; None where no app that runs here has registered it."""
    return _kinds.get(name)


def all_kinds() -> list[JobKind]:
    return list(_kinds.values())
