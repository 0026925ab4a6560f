"""The store of marks, chosen by `ATTENDANCE_REPOSITORY`."""

from typing import cast

from accounts.adapters import build_adapter
from accounts.models import Institution
from attendance.repositories.base import AttendanceRepository


def marks_for(institution: Institution) -> AttendanceRepository:
    """The institution's store of marks. Open pages learn of every write through it."""
    # Imported late: models cannot be imported before the apps are ready, and settings name stores in this package.
    from attendance.repositories.announcing import AnnouncingRepository

    repository: AttendanceRepository = build_adapter("ATTENDANCE_REPOSITORY", institution)
    return cast(AttendanceRepository, AnnouncingRepository(repository, institution))
