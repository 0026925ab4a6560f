"""The store of marks, chosen by `ATTENDANCE_REPOSITORY`."""

from accounts.adapters import build_adapter
from accounts.models import Institution
from attendance.repositories.base import AttendanceRepository


def marks_for(institution: Institution) -> AttendanceRepository:
    """The institution's store of marks."""
    repository: AttendanceRepository = build_adapter("ATTENDANCE_REPOSITORY", institution)
    return repository
